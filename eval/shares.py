"""What a measure over rows is: a share, as the sum of its parts over the sum of its wholes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from eval.judging import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A share over rows: the sum of `part` over the sum of `whole`; `what` says it in words, in [0, 1].

    A row whose `whole` is 0 does not count, and its `part` is not read. `is_better_low` marks measures of harm.
    """

    name: str
    what: str
    part: Callable[[Result], float]
    whole: Callable[[Result], float]
    is_better_low: bool = False


def is_answerable(result: Result) -> float:
    """1 where the documents hold the answer; a failure and an abstention count there as wrong."""
    return result.row.answerable


def speaks(result: Result) -> float:
    """1 where something is answered. Failures included: they count as answers of which nothing holds."""
    return result.judgement.answered or result.answer is None
