"""Verdicts of two runs by question -> what the later one fixed and what it broke."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["fixed", "broken", "unchanged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """What became of each question.

    Attributes:
        outcomes: Of the questions of both runs, by id, in the order of the earlier run.
        only_before: Ids of those that only the earlier run was asked, in its order.
        only_after: Ids of those that only the later run was asked, in its order.
    """

    outcomes: Mapping[str, Outcome]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]

    @property
    def fixed(self) -> tuple[str, ...]:
        """Ids of those that were wrong before and are right now."""
        return self._of("fixed")

    @property
    def broken(self) -> tuple[str, ...]:
        """Ids of those that were right before and are wrong now."""
        return self._of("broken")

    @property
    def unchanged(self) -> tuple[str, ...]:
        """Ids of those that both runs have right, or both wrong."""
        return self._of("unchanged")

    @property
    def net_broken(self) -> int:
        """Broken less fixed."""
        return len(self.broken) - len(self.fixed)

    def _of(self, outcome: Outcome) -> tuple[str, ...]:
        return tuple(id for id, found in self.outcomes.items() if found == outcome)


def pair(before: Mapping[str, bool], after: Mapping[str, bool], *, differing: Collection[str] = ()) -> Paired:
    """The two runs question by question; only questions of both are compared.

    Args:
        before: Whether the earlier run answered a question rightly, by its id.
        after: That of the later run.
        differing: Ids that stand for other questions in the later run: they count as asked by each run alone.
    """
    both = [id for id in before if id in after and id not in differing]
    outcomes = {id: _outcome(before[id], after[id]) for id in both}
    return Paired(
        outcomes=outcomes,
        only_before=tuple(id for id in before if id not in outcomes),
        only_after=tuple(id for id in after if id not in outcomes),
    )


def _outcome(was: bool, now: bool) -> Outcome:
    return "unchanged" if was == now else "fixed" if now else "broken"
