"""Verdicts of two runs by question -> what the later one fixed and what it broke."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """Ids of questions, each list in the order of the later run.

    Attributes:
        fixed: Wrong before, right now.
        broken: Right before, wrong now.
        unchanged: The same in both.
        only_before: Asked in the earlier run alone, in its order.
        only_after: Asked in the later run alone.
    """

    fixed: tuple[str, ...]
    broken: tuple[str, ...]
    unchanged: tuple[str, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]

    @property
    def net_broken(self) -> int:
        """Broken less fixed."""
        return len(self.broken) - len(self.fixed)


def pair(before: Mapping[str, bool], after: Mapping[str, bool]) -> Paired:
    """The two runs question by question; only questions of both are compared.

    Args:
        before: Whether the earlier run answered a question rightly, by its id.
        after: That of the later run.
    """
    both = [id_ for id_ in after if id_ in before]
    return Paired(
        fixed=tuple(id_ for id_ in both if after[id_] and not before[id_]),
        broken=tuple(id_ for id_ in both if before[id_] and not after[id_]),
        unchanged=tuple(id_ for id_ in both if before[id_] == after[id_]),
        only_before=tuple(id_ for id_ in before if id_ not in after),
        only_after=tuple(id_ for id_ in after if id_ not in before),
    )
