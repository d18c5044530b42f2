"""What a reader says of an answer: the form that asks for it, and the case that is kept of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

from pydantic import Field

from rag import Rating, Settings, add_case
from rag.answer import Answer
from rag.document import Frozen
from rag.text.markup import plain, plain_sentence
from rag.ui.labels import Language, label
from rag.ui.passages import hit_sentences, hit_view
from rag.ui.turns import Turn, Verdict, history_of

REASONS: Final[dict[Verdict, tuple[str, ...]]] = {
    "up": ("correct", "complete", "well_sourced"),
    "down": ("wrong", "incomplete", "wrong_source", "outdated", "not_answered", "other"),
}
_MAX_CHARS = 2000
_MAX_SENTENCES = 3
_FORM_LABELS = (
    *("feedback_reason", "feedback_where", "feedback_sentences", "feedback_nowhere", "feedback_unknown"),
    *("feedback_right", "feedback_note", "feedback_send", "cancel", "feedback_private"),
)


class Said(Frozen):
    """What the form sends.

    Attributes:
        verdict: Thumbs up or down.
        reason: One of `REASONS`.
        place: Where the right answer is: in the passage `hit`, in no document, or unknown to the reader.
        hit: Index of the right passage in `Answer.hits`.
        sentences: Indices of its sentences that say it; none: all of it.
        text: What would be right, or a remark.
    """

    verdict: Verdict
    reason: str = Field(max_length=40)
    place: Literal["hit", "nowhere", "unknown"] = "unknown"
    hit: int = Field(default=0, ge=0)
    sentences: tuple[int, ...] = Field(default=(), max_length=_MAX_SENTENCES)
    text: str = Field(default="", max_length=_MAX_CHARS)


class FeedbackError(Exception):
    """The form does not say enough; the message is for the reader."""


def feedback_form(turn: Turn, verdict: Verdict, language: Language) -> dict[str, Any]:
    """The questions of the form; after a thumbs-down with the passages that were found, each in sentences."""
    hits = turn.answer.hits if verdict == "down" else ()
    return {
        "verdict": verdict,
        "title": label(language, f"feedback_title_{verdict}"),
        "labels": {key: label(language, key) for key in _FORM_LABELS},
        "reasons": [{"value": reason, "text": label(language, f"feedback_{reason}")} for reason in REASONS[verdict]],
        "hits": [
            hit_view(hit, language, lambda document_id: None)
            | {"sentences": [plain_sentence(sentence) for sentence in hit_sentences(hit)]}
            for hit in hits
        ],
        "max_sentences": _MAX_SENTENCES,
        "max_chars": _MAX_CHARS,
    }


def keep_feedback(turn: Turn, before: Sequence[Turn], said: Said, settings: Settings, language: Language) -> Rating:
    """Keep what the reader said as a case for the eval suite, and note it in the turn.

    Returns:
        What is to be kept with the turn of it.

    Raises:
        FeedbackError: If a thumbs-down does not say what is right.
        CaseError: If it cannot be kept.
    """
    if said.reason not in REASONS[said.verdict]:
        raise ValueError(f"{said.reason!r} is no reason for a thumbs-{said.verdict}")
    text = said.text.strip()
    gold = _confirmed(turn.answer) if said.verdict == "up" else _corrected(turn.answer, said, text, language)
    correction = f"{said.reason}: {text}" if text else said.reason
    case = add_case(
        turn.question,
        settings,
        given=turn.answer.text,
        correction=correction,
        # As much of the conversation as an answer reads.
        chat_history=history_of(before)[-2 * settings.history_turns :] if settings.history_turns else None,
        **gold,
    )
    turn.verdict = said.verdict
    return Rating(thumb=said.verdict, reason=correction, case_id=case.id)


def _confirmed(answer: Answer) -> dict[str, Any]:
    """A right answer is one that says what this one quoted, or, where there was none, says so again."""
    if answer.abstained:
        return {"is_unanswerable": True}
    if not answer.citations:
        return {"answers": [[plain(answer.text)]]}
    return {
        "answers": [[plain(citation.quote)] for citation in answer.citations],
        "documents": [citation.document_id for citation in answer.citations],
        "quotes": [citation.quote for citation in answer.citations],
    }


def _corrected(answer: Answer, said: Said, text: str, language: Language) -> dict[str, Any]:
    if said.place == "nowhere":
        return {"is_unanswerable": True}
    if said.place == "unknown":
        if not text:
            raise FeedbackError(label(language, "feedback_says_nothing"))
        return {"answers": [[text]]}
    hit = answer.hits[said.hit]
    sentences = hit_sentences(hit)
    quotes = [sentences[i] for i in sorted(set(said.sentences))] or [hit.text]
    return {
        "answers": [[text]] if text else [[plain(quote)] for quote in quotes],
        "documents": [hit.document_id],
        "quotes": quotes,
    }
