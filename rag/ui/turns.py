"""One question of the conversation with what became of it, and the conversation's bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from rag.answer import Answer

State = Literal["queued", "running", "done", "stopped", "failed"]

# The page draws every turn again on each run of the script, and a session lives in memory.
MAX_TURNS = 50


@dataclass(slots=True, kw_only=True)
class Turn:
    """A question and its answer, which grows while `state` is `running`.

    Attributes:
        id: Number of the turn in its session, from 1.
        place: Place in the queue while `queued`, from 1.
        stage_ms: Milliseconds of searching, reading and checking; `None` where not ended.
        error: One sentence for the reader when `failed`.
    """

    id: int
    question: str
    state: State = "queued"
    place: int = 0
    answer: Answer = field(default_factory=Answer)
    stage_ms: tuple[float | None, float | None, float | None] = (None, None, None)
    error: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether more may come."""
        return self.state in ("queued", "running")


def history_of(turns: Sequence[Turn]) -> list[tuple[str, str]]:
    """`chat_history` for the next question: what was asked and answered, oldest first."""
    pairs: list[tuple[str, str]] = []
    for turn in turns:
        if turn.state in ("done", "stopped") and turn.answer.text:
            pairs += [("user", turn.question), ("assistant", turn.answer.text)]
    return pairs
