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
from rag.retrieval.search import Candidate, Retriever, embeddable
from rag.suggesting.wording import Wording, about, about_section, heading_question
from rag.text.analysis import content_terms
from rag.text.markup import plain

# Answering one takes about as long as a question of a reader: so many are tried before fewer are given.
_MAX_TRIED = 9
# Share of words in common, and cosine, from which two questions are the same one. Headings in other words than the
# question had 0.57 to 0.84 with the one that they repeat, and up to 0.49 with others (13 pairs, MiniLM).
_SAME_WORDS = 0.75
_SAME_VECTOR = 0.55


class _Idea(NamedTuple):
    """A question, and the document that it was made from."""

    wording: Wording
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
    known = [_Asked(text, index) for text in (answer.question, answer.searched, *asked) if text.strip()]
    quoted = {(citation.document_id, citation.start) for citation in answer.citations}
    n_tried = 0
    for wording, document_id in _ideas(answer, index, retriever, language):
        if n_tried == _MAX_TRIED:
            return
        made = _Asked(wording.question, index, subject=wording.subject)
        if not made.terms or any(made.is_like(other) for other in known):
            continue
        n_tried += 1
        draft = _answered(wording.question, index, retriever)
        said = {(sentence.document.document_id, sentence.start) for sentence in draft.sentences}
        if not draft.abstained and document_id in {name for name, _ in said} and said - quoted:
            known.append(made)
            quoted |= said  # two suggestions with one answer are one
            yield wording.question


class _Asked:
    """A question as it is compared with others: by its words, and by what its subject means."""

    def __init__(self, question: str, index: Index, *, subject: str | None = None) -> None:
        self.terms = frozenset(content_terms(question))
        self._vector = index.model.embed_query(embeddable(subject or question))

    def is_like(self, other: _Asked) -> bool:
        n_common, n_all = len(self.terms & other.terms), len(self.terms | other.terms)
        return n_common >= _SAME_WORDS * n_all or float(self._vector @ other._vector) >= _SAME_VECTOR


def _answered(question: str, index: Index, retriever: Retriever) -> Draft:
    def search(part: str) -> list[Candidate]:
        return retriever.search(part)

    return answer_from(question, search(question), index, index.settings, search=search)


def _ideas(answer: Answer, index: Index, retriever: Retriever, language: Language) -> Iterator[_Idea]:
    """Questions by how well they are put, each kind nearest first; what costs a search comes last."""
    near = [(hit.document_id, hit.title, hit.section, hit.text) for hit in answer.hits if hit.text]
    titles = {citation.document_id: citation.title for citation in answer.citations}
    for document_id, _, section, _ in near:
        if (wording := heading_question(section, language)) is not None:
            yield _Idea(wording, document_id)
    if titles:
        quotes = " ".join(plain(citation.quote) for citation in answer.citations)
        for candidate in retriever.search(quotes[: index.settings.max_question_chars]):
            hit = candidate.hit
            near.append((hit.document_id, hit.title, hit.section, hit.text))
            if (wording := heading_question(hit.section, language)) is not None:
                yield _Idea(wording, hit.document_id)
    # Documents that were cited go before others.
    near.sort(key=lambda item: item[0] not in titles)
    for document_id, title, section, _ in near:
        if (wording := about_section(title, section, language)) is not None:
            yield _Idea(wording, document_id)
    for document_id, title, _, text in near:
        for name in names_in(plain(text)):
            if (wording := about(title, name.strip('「」“”"'), language)) is not None:
                yield _Idea(wording, document_id)
