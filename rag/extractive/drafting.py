"""What was found for each part of a question into the draft of an answer: quotes, notices, conflicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from rag.answer import Notice, Reason
from rag.extractive.conflicts import disagree
from rag.extractive.evidence import Evidence, speaks
from rag.extractive.fitting import PartAnswer, fitted
from rag.extractive.quoting import Quote, Quoter
from rag.questions.reading import Question

if TYPE_CHECKING:
    from rag.store.reader import DocumentRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftSentence:
    """One quote of an answer: `document.text[start:end]`, and how it is shown (a list has a line for each item)."""

    document: DocumentRecord
    start: int
    end: int
    shown: str
    section: str | None
    page: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftConflict:
    """Two of the sentences (numbers from 0) that say different things of the same subject."""

    subject: str
    sentences: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An answer before its marks are set; without sentences it is an abstention with its reason.

    `confidence` in [0, 1] is the estimated chance that the sentences answer the question.
    """

    sentences: tuple[DraftSentence, ...] = ()
    abstained: bool = False
    reason: Reason | None = None
    notices: tuple[Notice, ...] = ()
    conflicts: tuple[DraftConflict, ...] = ()
    confidence: float = 0.0


def drafted(answers: Sequence[PartAnswer], quoter: Quoter, language: str) -> Draft:
    """The draft of what was found for the parts of a question, of which at least one is answered.

    Args:
        answers: The parts, in order.
        quoter: Cuts the quotes.
        language: Of the question, for the notices.
    """
    shown = fitted(answers, quoter)
    notices = [notice for answer in answers for notice in answer.notices]
    if any(not answer.chosen for answer in answers):
        notices.append(_unanswered([a.question for a in answers if not a.chosen], language))
    if shown and all(speaks(evidence) != language for _, _, evidence in shown):
        notices.append(_other_language(language))
    confidence = min(a.confidence for a in answers if a.chosen)
    if not shown:
        return Draft(abstained=True, reason="not_stated", confidence=confidence)
    return Draft(
        sentences=tuple(_sentence(quote, evidence) for _, quote, evidence in shown),
        notices=tuple(notices),
        conflicts=_conflicts(shown),
        confidence=confidence,
    )


def _conflicts(shown: Sequence[tuple[Question, Quote, Evidence]]) -> tuple[DraftConflict, ...]:
    """Pairs of the sentences shown for the same part that give different figures for the same thing."""
    found = []
    for (i, (question, _, one)), (j, (other_question, _, other)) in combinations(enumerate(shown), 2):
        if question is other_question and disagree(question, one, other):
            found.append(DraftConflict(subject=question.text, sentences=(i, j)))
    return tuple(found)


def _sentence(quote: Quote, evidence: Evidence) -> DraftSentence:
    chunk = evidence.candidate.stored.chunk
    return DraftSentence(
        document=evidence.record,
        start=quote.start,
        end=quote.end,
        shown=quote.shown,
        section=chunk.section,
        page=chunk.page,
    )


def _unanswered(parts: Sequence[Question], language: str) -> Notice:
    asked = " / ".join(part.text for part in parts)
    if language == "ja":
        return Notice(code="part_unanswered", message=f"文書から答えられない部分があります：{asked}")
    return Notice(code="part_unanswered", message=f"The documents do not answer this part of the question: {asked}")


def _other_language(language: str) -> Notice:
    if language == "ja":
        return Notice(code="other_language", message="答えは英語の文書だけにあります。")
    return Notice(code="other_language", message="Only documents in Japanese state the answer.")
