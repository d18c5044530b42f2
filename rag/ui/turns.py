"""One question of the conversation with what became of it, and the conversation's bounds."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from rag.answer import Answer
from rag.checking.standing import Standing

State = Literal["queued", "running", "done", "stopped", "failed"]
Verdict = Literal["up", "down"]

# A session lives in memory, with the hits of each of its answers.
MAX_TURNS = 500
# The page draws every turn again on each run of the script: the last ones, more where the reader asks for them.
N_SHOWN = 20


@dataclass(slots=True, kw_only=True)
class Turn:
    """A question and its answer, which grows while `state` is `running`.

    Attributes:
        id: Number of the turn in its session, from 1; not used again after a turn is replaced.
        asked: When, UTC (`2026-08-01T09:30:00+00:00`).
        place: Place in the queue while `queued`, from 1.
        stage_ms: Milliseconds of searching, reading and checking; `None` where not ended.
        error: One sentence for the reader when `failed`.
        model: Name of the chat model that was asked; empty for an extract.
        is_offline: Asked to be answered without the chat model.
        is_suggesting: The answer is there, and questions to ask next are being looked for.
        suggestions: Questions to ask next.
        verdict: What the reader said of the answer, once that is kept.
        conversation: Id of the kept conversation that it is asked in; `None` where none could be begun.
        number: Its number in the kept conversation, from 1; `None` while it is not kept.
        takes_place_of: Number of the kept turn that it takes the place of, with all that followed.
        unkept: Why it could not be kept: a `ConversationError.code`; empty where nothing went wrong.
        standing: What has become of each citation since, by its number; empty for one that was just answered.
        replaced: The turns that this one took the place of, oldest first: an earlier answer to the question, or the
            question as it was before it was edited, with all that followed.
        kept_view: What the page last showed of the turn, with what that depends on (`rag.ui.views`).
    """

    id: int
    question: str
    asked: str = field(default_factory=lambda: datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"))
    state: State = "queued"
    place: int = 0
    answer: Answer = field(default_factory=Answer)
    stage_ms: tuple[float | None, float | None, float | None] = (None, None, None)
    error: str | None = None
    model: str = ""
    is_offline: bool = False
    is_suggesting: bool = False
    suggestions: tuple[str, ...] = ()
    verdict: Verdict | None = None
    conversation: str | None = None
    number: int | None = None
    takes_place_of: int | None = None
    unkept: str = ""
    standing: Mapping[int, Standing] = field(default_factory=dict)
    replaced: tuple[Turn, ...] = ()
    kept_view: tuple[object, dict[str, Any]] | None = field(default=None, repr=False, compare=False)

    @property
    def is_open(self) -> bool:
        """Whether more of the answer may come."""
        return self.state in ("queued", "running")


def history_of(turns: Sequence[Turn]) -> list[tuple[str, str]]:
    """`chat_history` for the next question: what was asked and answered, oldest first."""
    pairs: list[tuple[str, str]] = []
    for turn in turns:
        if turn.state in ("done", "stopped") and turn.answer.text:
            pairs += [("user", turn.question), ("assistant", turn.answer.text)]
    return pairs


def place_of(replaced: Sequence[Turn], before: Sequence[Turn]) -> int | None:
    """Number of the kept turn from which a new one takes the place; `None`: it is added at the end.

    Args:
        replaced: The turns of the session that it takes the place of, oldest first.
        before: Those that stay before it. One that should have taken the place of others and was not kept hands on to
            the next what it did not do.
    """
    numbers = [turn.takes_place_of for turn in before if turn.number is None]
    numbers += [number for turn in replaced for number in (turn.number, turn.takes_place_of)]
    return min((number for number in numbers if number is not None), default=None)


def replaced_by(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """What a new turn keeps of those it takes the place of: each answered one, without what it had replaced itself."""
    kept: list[Turn] = []
    for turn in turns:
        kept += [*turn.replaced, *([turn] if turn.answer.text else [])]
        turn.replaced = ()
    return tuple(kept[-MAX_TURNS:])
