"""`next_questions`: an answer -> further questions that the documents answer."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from rag.answer import Answer
from rag.config import Settings
from rag.extractive.answering import Search, answer_from
from rag.extractive.sentence_features import term_weights
from rag.index.opening import Index
from rag.questions.kinds import Language, question_language
from rag.questions.reading import names_in, read_question
from rag.retrieval.filters import parse_filter
from rag.retrieval.search import Retriever, embeddable
from rag.suggesting.wording import Wording, about, about_section, heading_question, is_whole
from rag.text.analysis import content_terms
from rag.text.located import folded
from rag.text.markup import plain

# Answering one takes about as long as a question of a reader: so many are tried before fewer are given.
_MAX_TRIED = 9
# Share of words in common, and cosine, from which two questions are the same one. Headings in other words than the
# question had 0.57 to 0.84 with the one that they repeat, and up to 0.49 with others (13 pairs, MiniLM).
_SAME_WORDS = 0.75
_SAME_VECTOR = 0.55
# After these abstentions there is a topic that the documents have.
_ON_TOPIC = frozenset({"not_stated", "false_premise"})
# A term tells the topic if it weighs this much of what the rarest one does: "AI" in documents about AI does not.
_TELLING = 0.5


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
    filter: Mapping[str, Any] | None = None,
    may_go_on: Callable[[], bool] = lambda: True,
) -> list[str]:
    """Questions to ask next, best first; fewer than `n`, or none, rather than such as the documents do not answer.

    They are made of headings that are questions, of other headings and of names, near what was cited and found. Each
    stands alone: one that leaves its subject out comes behind the heading or title that says it. Each is retrieved and
    answered by extract before it is given, from the document that it was made of and with something that the answer has
    not quoted. Most of the time goes into that: about as much for each as for an answer. `suggestions` gives them one
    by one.

    After an abstention all of them speak of what was asked: they hold a telling word of it. There are none where the
    documents are about something else.

    Args:
        answer: What was answered last.
        where: The settings, or an index that is open.
        n: Most questions.
        language: Of the questions; default: that of the answer's question.
        asked: Questions of the conversation, none of which is given again.
        filter: Only these documents are asked, as for the chain.
        may_go_on: Asked before each step, of some 0.1 to 0.3 s of work; once it says no, what was found is given.

    Raises:
        QuestionError: If the filter is wrong.
        IndexNotFoundError: If there is no index, and other `IndexStoreError`s if it cannot be used.
    """
    with contextlib.ExitStack() as stack:
        index = where if isinstance(where, Index) else stack.enter_context(Index.open(where))
        found = suggestions(answer, index, language=language, asked=asked, filter=filter, may_go_on=may_go_on)
        return list(islice(found, max(0, n)))


def suggestions(
    answer: Answer,
    index: Index,
    *,
    language: Language | None = None,
    asked: Sequence[str] = (),
    filter: Mapping[str, Any] | None = None,
    may_go_on: Callable[[], bool] = lambda: True,
) -> Iterator[str]:
    """As `next_questions`, one by one: whoever takes the first waits only for that."""
    language = language or question_language(answer.question)
    topic = _Topic(answer, index) if answer.abstained else None
    if topic is not None and not topic.words:
        return
    search = _search(index, filter)
    known = [_Asked(text, index) for text in (answer.question, answer.searched, *asked) if text.strip()]
    quoted = {(citation.document_id, citation.start) for citation in answer.citations}
    n_tried = 0
    for wording, document_id in _ideas(answer, index, search, language):
        if n_tried == _MAX_TRIED or not may_go_on():
            return
        if topic is not None and not topic.holds(wording.subject):
            continue
        made = _Asked(wording.question, index, subject=wording.subject)
        if not made.terms or any(made.is_like(other) for other in known):
            continue
        n_tried += 1
        candidates = search(wording.question)
        if not may_go_on():
            return
        draft = answer_from(wording.question, candidates, index, index.settings, search=search)
        said = {(sentence.document.document_id, sentence.start) for sentence in draft.sentences}
        if not draft.abstained and document_id in {name for name, _ in said} and said - quoted:
            known.append(made)
            quoted |= said  # two suggestions with one answer are one
            yield wording.question


class _Asked:
    """A question as it is compared with others: by its words, and by what its subject means."""

    def __init__(self, question: str, index: Index, *, subject: str | None = None) -> None:
        self.terms = frozenset(content_terms(question))
        self._text = folded(question)
        self._vector = index.model.embed_query(embeddable(subject or question))

    def is_like(self, other: _Asked) -> bool:
        n_common, n_all = len(self.terms & other.terms), len(self.terms | other.terms)
        if self._text == other._text or n_common >= _SAME_WORDS * n_all:
            return True
        return float(self._vector @ other._vector) >= _SAME_VECTOR


class _Topic:
    """What a question without an answer is about: those of its words that tell something and that the documents have.

    Attributes:
        words: Each with its search term; none where the documents are about something else.
    """

    def __init__(self, answer: Answer, index: Index) -> None:
        question = read_question(answer.searched or answer.question)
        store, _ = index.snapshot()
        frequency = store.document_frequency(question.terms)
        weights = term_weights(question, frequency, store.n_chunks).weight
        known = {term: weight for term, weight in weights.items() if frequency[term]}
        least = _TELLING * max(known.values(), default=0.0)
        telling = {(term, word) for term, word in question.words if term in known and known[term] >= least}
        self.words = telling if answer.reason in _ON_TOPIC else set()

    def holds(self, subject: str) -> bool:
        """Whether a subject has one of the words; a Japanese one whole, for two letters of it stand in many others."""
        terms, text = content_terms(subject), folded(subject)
        return any(term in terms if word.isascii() else word in text for term, word in self.words)


def _search(index: Index, filter: Mapping[str, Any] | None) -> Search:
    retriever, chosen = Retriever(index, index.settings), parse_filter(filter)
    return lambda text: retriever.search(text, filter=chosen)


def _ideas(answer: Answer, index: Index, search: Search, language: Language) -> Iterator[_Idea]:
    """Questions by how well they are put, each kind nearest first; what costs a search comes last."""
    near = [(hit.document_id, hit.title, hit.section, hit.text) for hit in answer.hits if hit.text]
    titles = {citation.document_id: citation.title for citation in answer.citations}
    yield from _headings(near, language)
    if titles:
        quotes = " ".join(plain(citation.quote) for citation in answer.citations)
        hits = [candidate.hit for candidate in search(quotes[: index.settings.max_question_chars])]
        more = [(hit.document_id, hit.title, hit.section, hit.text) for hit in hits]
        yield from _headings(more, language)
        near += more
    # Documents that were cited go before others.
    near.sort(key=lambda item: item[0] not in titles)
    for document_id, title, section, _ in near:
        if (wording := about_section(title, section, language)) is not None:
            yield _Idea(wording, document_id)
    for document_id, title, _, text in near:
        shown = plain(text)
        for name in names_in(shown):
            if is_whole(name, shown) and (wording := about(title, name.strip('「」“”"'), language)) is not None:
                yield _Idea(wording, document_id)


def _headings(near: Sequence[tuple[str, str, str | None, str]], language: Language) -> Iterator[_Idea]:
    """Questions of the headings over passages; those that need no words of ours go first."""
    made = [(heading_question(section, language, title), document_id) for document_id, title, section, _ in near]
    ideas = [_Idea(wording, document_id) for wording, document_id in made if wording is not None]
    yield from sorted(ideas, key=lambda idea: idea.wording.question != idea.wording.subject)
