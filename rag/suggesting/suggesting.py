"""`next_questions`: an answer -> further questions that the documents answer."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from rag.answer import Answer
from rag.config import Settings
from rag.extractive.answering import Draft, answer_from
from rag.index.opening import Index
from rag.questions.kinds import Language, question_language
from rag.questions.reading import names_in
from rag.retrieval.search import Candidate, Retriever
from rag.suggesting.wording import about, about_section, heading_question
from rag.text.analysis import content_terms
from rag.text.markup import plain

# Answering one takes about as long as a question of a reader: so many are tried before fewer are given.
_MAX_TRIED = 9
# Share of words in common from which two questions are the same one.
_SAME = 0.75


class _Idea(NamedTuple):
    """A question, and the document that it was made from."""

    question: str
    document_id: str


def next_questions(
    answer: Answer,
    where: Settings | Index,
    n: int = 3,
    *,
    language: Language | None = None,
    asked: Sequence[str] = (),
) -> list[str]:
    """Questions to ask next, best first; fewer than `n`, or none, rather than such as the documents do not answer.

    They are made of headings that are questions, of other headings and of names, near what was cited and found. Each is
    retrieved and answered by extract before it is given, from the document that it was made of and with something that
    the answer has not quoted. Most of the time goes into that: about as much for each as for an answer. `suggestions`
    gives them one by one.

    Args:
        answer: What was answered last.
        where: The settings, or an index that is open.
        n: Most questions.
        language: Of the questions; default: that of the answer's question.
        asked: Questions of the conversation, none of which is given again.

    Raises:
        IndexNotFoundError: If there is no index, and other `IndexStoreError`s if it cannot be used.
    """
    with contextlib.ExitStack() as stack:
        index = where if isinstance(where, Index) else stack.enter_context(Index.open(where))
        return list(islice(suggestions(answer, index, language=language, asked=asked), max(0, n)))


def suggestions(
    answer: Answer, index: Index, *, language: Language | None = None, asked: Sequence[str] = ()
) -> Iterator[str]:
    """As `next_questions`, one by one: whoever takes the first waits only for that."""
    language = language or question_language(answer.question)
    retriever = Retriever(index, index.settings)
    known = [_terms(question) for question in (answer.question, answer.searched, *asked) if question.strip()]
    quoted = {(citation.document_id, citation.start) for citation in answer.citations}
    n_tried = 0
    for idea in _ideas(answer, index, retriever, language):
        terms = _terms(idea.question)
        if n_tried == _MAX_TRIED:
            return
        if not terms or any(_is_same(terms, other) for other in known):
            continue
        n_tried += 1
        draft = _answered(idea.question, index, retriever)
        said = {(sentence.document.document_id, sentence.start) for sentence in draft.sentences}
        if not draft.abstained and idea.document_id in {name for name, _ in said} and said - quoted:
            known.append(terms)
            quoted |= said  # two suggestions with one answer are one
            yield idea.question


def _answered(question: str, index: Index, retriever: Retriever) -> Draft:
    def search(part: str) -> list[Candidate]:
        return retriever.search(part)

    return answer_from(question, search(question), index, index.settings, search=search)


def _ideas(answer: Answer, index: Index, retriever: Retriever, language: Language) -> Iterator[_Idea]:
    """Questions by how well they are put, each kind nearest first; what costs a search comes last."""
    near = [(hit.document_id, hit.title, hit.section, hit.text) for hit in answer.hits if hit.text]
    titles = {citation.document_id: citation.title for citation in answer.citations}
    for document_id, _, section, _ in near:
        if (question := heading_question(section, language)) is not None:
            yield _Idea(question, document_id)
    if titles:
        quotes = " ".join(plain(citation.quote) for citation in answer.citations)
        for candidate in retriever.search(quotes[: index.settings.max_question_chars]):
            hit = candidate.hit
            near.append((hit.document_id, hit.title, hit.section, hit.text))
            if (question := heading_question(hit.section, language)) is not None:
                yield _Idea(question, hit.document_id)
    # Documents that were cited go before others.
    near.sort(key=lambda item: item[0] not in titles)
    for document_id, title, section, _ in near:
        if (question := about_section(title, section, language)) is not None:
            yield _Idea(question, document_id)
    for document_id, title, _, text in near:
        for name in names_in(plain(text)):
            if (question := about(title, name.strip('「」“”"'), language)) is not None:
                yield _Idea(question, document_id)


def _terms(question: str) -> frozenset[str]:
    return frozenset(content_terms(question))


def _is_same(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= _SAME * len(one | other)
