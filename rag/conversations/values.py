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


class Replaced(Frozen):
    """A question with its answer, without hits, that another turn took the place of."""

    question: str
    answer: Answer


class KeptTurn(Frozen):
    """A question with its answer.

    Attributes:
        id: Names the turn to `Conversations.replace` and `rate`; no other turn ever has it.
        number: Its place in the conversation, from 1, which another turn may take later.
        asked: When, UTC (`2026-08-01T09:30:00+00:00`).
        replaced: The turns that it took the place of, oldest first: asked in other words, and what followed.
    """

    id: int
    number: int
    question: str
    answer: Answer
    asked: str
    rating: Rating | None = None
    replaced: tuple[Replaced, ...] = ()


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
