"""Questions of an open set read as the extractive answerer reads them, against all passages and against some."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from eval.matching import normalise
from eval.passages import Half, Passage, PassageQuestion
from rag.extractive.alignment import N_ALIGNED, alignments
from rag.extractive.asked import Named, named
from rag.extractive.evidence import gather, word_vectors
from rag.extractive.sentence_features import TermWeights, term_weights
from rag.index.opening import Index
from rag.questions.reading import Question, read_question
from rag.retrieval.filters import Filter
from rag.retrieval.search import Retriever
from rag.text.analysis import analyse

# Which passages a question is asked of: all; those of its title alone; and, where none answers it, all but those of its
# half's titles; those of one other title.
View = Literal["all", "title", "without", "other"]
ANSWERED_VIEWS: tuple[View, ...] = ("all", "title")
VIEWS: tuple[View, ...] = get_args(View)

# Sentences of which is read how far they name what is asked for; one further down is hardly ever the best.
N_NAMED = 12
# Of how many questions one is asked where nothing answers it: those are many more than need be.
_UNANSWERED_EACH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A question against the passages of one view.

    Attributes:
        rows: Features of the sentences found, `(n, len(FEATURES))`.
        holds: Whether each sentence holds a gold answer, `(n,)`.
        gold: Whether it does so in the passage that was asked about, `(n,)`.
        passages: Of each sentence, its passage with title and headings.
        aligned: Of each sentence, how well the question's words find counterparts in it, `(n, 3)`; known of the first
            `2 * N_ALIGNED` by the scores in use.
        named: Of each sentence, how far it names what is asked for; known of the first `N_NAMED` by the scores in use.
        is_reworded: Whether the question was written in other words than its passage's.
    """

    question: Question
    half: Half
    view: View
    answerable: bool
    rows: NDArray[np.float64]
    holds: NDArray[np.bool_]
    gold: NDArray[np.bool_]
    passages: tuple[str, ...]
    aligned: NDArray[np.float64]
    named: tuple[Named, ...]
    weights: TermWeights
    is_reworded: bool = False


class Asker:
    """Asks the questions of one open set in an index of its passages.

    Args:
        index: An index of the passages, each a document.
        passages: The passages.
        ids: Document id of each passage id.
    """

    def __init__(self, index: Index, passages: Sequence[Passage], ids: Mapping[str, str]) -> None:
        self._index = index
        self._retriever = Retriever(index, index.settings)
        titles = sorted({passage.title for passage in passages})
        self._half: dict[str, Half] = {title: "report" if i % 2 else "fit" for i, title in enumerate(titles)}
        self._title = {passage.id: passage.title for passage in passages}
        self._documents = {title: [ids[p.id] for p in passages if p.title == title] for title in titles}
        self._ids = ids
        self._terms = {ids[p.id]: Counter(set(analyse(f"{p.title}\n{p.text}"))) for p in passages}

    def half_of(self, asked: PassageQuestion) -> Half:
        """The half that a question's title belongs to."""
        return self._half[self._title[asked.passage_id]]

    def readings(
        self, questions: Sequence[PassageQuestion], views: Collection[View], *, reworded: bool = False
    ) -> Iterator[Reading]:
        """Readings of the questions in each view, in order.

        Args:
            questions: The questions.
            views: The views wanted.
            reworded: Whether they were written in other words than their passages'.
        """
        for number, asked in enumerate(questions):
            for view in views:
                if view not in ANSWERED_VIEWS and number % _UNANSWERED_EACH and not reworded:
                    continue
                reading = self._reading(asked, view, number, reworded)
                if reading is not None:
                    yield reading

    def _reading(self, asked: PassageQuestion, view: View, number: int, reworded: bool) -> Reading | None:
        question = read_question(asked.question)
        title = self._title[asked.passage_id]
        documents = self._asked_of(title, view, number)
        wanted = None if view == "all" else Filter(document_id=tuple(documents))
        candidates = self._retriever.search(asked.question, filter=wanted)
        frequency, n = self._frequency(question, documents, view)
        weights = term_weights(question, frequency, n)
        evidence = gather(question, candidates, weights, word_vectors(question, self._index.model))
        if not evidence:
            return None
        answers = [normalise(answer) for answer in asked.answers]
        holds = np.array([any(a in normalise(e.text) for a in answers) for e in evidence], dtype=bool)
        own = np.array([e.record.document_id == self._ids[asked.passage_id] for e in evidence], dtype=bool)
        return Reading(
            question=question,
            half=self._half[title],
            view=view,
            answerable=asked.answerable and view in ANSWERED_VIEWS,
            rows=np.array([e.features for e in evidence]),
            holds=holds,
            gold=holds & own,
            passages=tuple(e.surroundings for e in evidence),
            aligned=alignments(question, evidence[: 2 * N_ALIGNED], weights, self._index.model),
            named=tuple(named(question, [e, *evidence[:2]], weights, self._index.model) for e in evidence[:N_NAMED]),
            weights=weights,
            is_reworded=reworded,
        )

    def _asked_of(self, title: str, view: View, number: int) -> list[str]:
        if view == "title":
            return self._documents[title]
        if view == "other":
            others = [t for t in self._documents if t != title]
            return self._documents[others[number % len(others)]]
        half = self._half[title]
        return [d for t, ids in self._documents.items() if view == "all" or self._half[t] != half for d in ids]

    def _frequency(self, question: Question, documents: Sequence[str], view: View) -> tuple[dict[str, int], int]:
        """Document frequencies as an index of these documents alone would have them."""
        if view == "all":
            return self._index.store.document_frequency(question.terms), self._index.store.n_chunks
        return {t: sum(t in self._terms[d] for d in documents) for t in question.terms}, len(documents)
