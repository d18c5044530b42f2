"""What is kept: conversations, their turns, and what a reader thought of an answer."""

from __future__ import annotations

from typing import Literal

from rag.answer import Answer
from rag.document import Frozen


class Rating(Frozen):
    """A reader's verdict on an answer: thumb, reason in their words, and the case that was stored of it, if any."""

    thumb: Literal["up", "down"]
    reason: str = ""
    case_id: str | None = None


class KeptTurn(Frozen):
    """A question with its answer; `number` from 1, `asked` in UTC (`2026-08-01T09:30:00+00:00`)."""

    number: int
    question: str
    answer: Answer
    asked: str
    rating: Rating | None = None


class ConversationInfo(Frozen):
    """A conversation without its turns. The id cannot be guessed; times are UTC, ISO."""

    id: str
    title: str
    created: str
    changed: str
    n_turns: int


class Conversation(ConversationInfo):
    """A conversation with its turns, oldest first; all of them, or the last ones."""

    turns: tuple[KeptTurn, ...] = ()
