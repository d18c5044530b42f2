"""One question of the conversation with what became of it, and the conversation's bounds."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from rag.answer import Answer
from rag.checking.standing import Standing
from rag.ui.troubles import Trouble

State = Literal["queued", "running", "done", "stopped", "failed"]
Verdict = Literal["up", "down"]

# A session lives in memory, with the hits of each of its answers.
MAX_TURNS = 500
# As many as a number of JavaScript holds, less a few.
_ID_BITS = 48
# The page draws every turn again on each run of the script: the last ones, more where the reader asks for them.
N_SHOWN = 20


class Place(NamedTuple):
    """Kept turns that go for a new one, as far as this session knows of them: `KeptTurn.id` of first and last."""

    first: int
    last: int


@dataclass(slots=True, kw_only=True)
class Turn:
    """A question and its answer, which grows while `state` is `running`.

    Attributes:
        id: Names the turn to the browser; drawn at random, so that what an old tab asks is never about another turn.
        asked: When, UTC (`2026-08-01T09:30:00+00:00`).
        place: Place in the queue while `queued`, from 1.
        stage_ms: Milliseconds of searching, reading and checking; `None` where not ended.
        error: What went wrong when `failed`.
        model: Name of the chat model that was asked; empty for an extract.
        is_offline: Asked to be answered without the chat model.
        is_suggesting: The answer is there, and questions to ask next are being looked for.
        suggestions: Questions to ask next.
        verdict: What the reader said of the answer, once that is kept.
        conversation: Id of the kept conversation that it is asked in; `None` where none could be begun.
        kept_id: `KeptTurn.id`; `None` while it is not kept.
        takes_place_of: The kept turns that it takes the place of; `None`: it is added at the end.
        unkept: Why it could not be kept: a `ConversationError.code`; empty where nothing went wrong.
        standing: What has become of each citation since, by its number; empty for one that was just answered.
        replaced: The turns that this one took the place of, oldest first: an earlier answer to the question, or the
            question as it was before it was edited, with all that followed.
        kept_view: What the page last showed of the turn, with what that depends on (`rag.ui.views`).
    """

    question: str
    id: int = field(default_factory=lambda: secrets.randbits(_ID_BITS))
    asked: str = field(default_factory=lambda: datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"))
    state: State = "queued"
    place: int = 0
    answer: Answer = field(default_factory=Answer)
    stage_ms: tuple[float | None, float | None, float | None] = (None, None, None)
    error: Trouble | None = None
    model: str = ""
    is_offline: bool = False
    is_suggesting: bool = False
    suggestions: tuple[str, ...] = ()
    verdict: Verdict | None = None
    conversation: str | None = None
    kept_id: int | None = None
    takes_place_of: Place | None = None
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


def place_of(replaced: Sequence[Turn], before: Sequence[Turn]) -> Place | None:
    """The kept turns that a new one takes the place of; `None`: it is added at the end.

    Args:
        replaced: The turns of the session that it takes the place of, oldest first.
        before: Those that stay before it. One that should have taken the place of others and was not kept hands on to
            the next what it did not do.
    """
    places = [turn.takes_place_of for turn in (*before, *replaced) if turn.kept_id is None]
    ids = [kept_id for place in places if place is not None for kept_id in place]
    ids += [turn.kept_id for turn in replaced if turn.kept_id is not None]
    return Place(min(ids), max(ids)) if ids else None  # they grow along a conversation


def place_when_kept(turn: Turn) -> Place | None:
    """`Turn.takes_place_of`, with a turn that was stopped for this one and was kept only since."""
    late = turn.replaced[-1].kept_id if turn.replaced else None
    place = turn.takes_place_of
    if late is None:
        return place
    return Place(late, late) if place is None else place._replace(last=max(place.last, late))


def before_place(place: Place | None, turns: Sequence[Turn]) -> list[Turn]:
    """The turns that stay where a new one takes the place of others; all where it is added."""
    return [
        turn for turn in turns if place is None or turn.kept_id is None or not place.first <= turn.kept_id <= place.last
    ]


def replaced_by(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """What a new turn keeps of those it takes the place of: each answered one, without what it had replaced itself."""
    kept: list[Turn] = []
    for turn in turns:
        kept += [*turn.replaced, *([turn] if turn.answer.text else [])]
        turn.replaced = ()
    return tuple(kept[-MAX_TURNS:])
