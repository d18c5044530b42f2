"""Results of two runs over the same questions -> how large the differences are, and how sure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from eval.answers import MEASURES
from eval.halves import HALVES, half_of
from eval.judging import Result
from eval.resampling import interval, over_samples
from eval.shares import Measure
from eval.summary import BY_HALF, LATENCIES
from rag.document import Frozen


class Difference(Frozen):
    """A measure over the shared questions: its value in each run and `b - a` with its 95 % interval.

    `n` questions count in one run at least. Without 0 between `low` and `high` the runs differ in this measure.
    """

    measure: str
    a: float
    b: float
    difference: float
    low: float
    high: float
    n: int
    is_better_low: bool = False


def mcnemar_p(n_fixed: int, n_broken: int) -> float:
    """Two-sided p-value of the exact McNemar test, a sign test on the questions that changed; in (0, 1].

    Reference: McNemar, Note on the sampling error of the difference between correlated proportions or percentages,
    Psychometrika 12 (1947); exact by the binomial distribution with p = 1/2.
    """
    n = n_fixed + n_broken
    # Each binomial coefficient from the one before: `math.comb` anew for each takes a second for a few thousand.
    tail = term = 1
    for k in range(1, min(n_fixed, n_broken) + 1):
        term = term * (n - k + 1) // k
        tail += term
    return min(1.0, float(2 * tail / 2**n))


def differences_of(pairs: Sequence[tuple[Result, Result]]) -> list[Difference]:
    """Each measure over results of the same questions, the run before and the run after, and some by half
    (`correct/half=test`); left out is where nothing counts in one of the runs."""
    found = [_share_difference(measure, pairs) for measure in MEASURES]
    found += [_latency_difference(name, quantile, pairs) for name, quantile in LATENCIES]
    by_half = [measure for measure in MEASURES if measure.name in BY_HALF]
    for half in HALVES:
        members = [pair for pair in pairs if half_of(pair[0].row) == half]
        found += [_share_difference(measure, members, f"/half={half}") for measure in by_half]
    return [difference for difference in found if difference is not None]


def verdict_difference(correct: Sequence[tuple[bool, bool]]) -> Difference:
    """The measure `correct` where the verdicts before and after are all that is known."""
    verdicts = np.array(correct, dtype=np.float64)

    def values(drawn: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        at = verdicts[drawn].mean(axis=-2)
        return at[..., 0], at[..., 1]

    return _difference("correct", len(verdicts), values, is_better_low=False)


def _share_difference(measure: Measure, pairs: Sequence[tuple[Result, Result]], group: str = "") -> Difference | None:
    """Difference of two ratios of sums; both are drawn over the same questions (paired bootstrap).

    Reference: Sakai, Evaluating evaluation metrics based on the bootstrap, SIGIR 2006.
    """
    sums = [_counted(measure, before) + _counted(measure, after) for before, after in pairs]
    counted = np.array([row for row in sums if row[1] or row[3]], dtype=np.float64)
    if not len(counted) or not counted[:, 1].any() or not counted[:, 3].any():
        return None

    def values(sample: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        with np.errstate(invalid="ignore"):  # 0/0: nothing counts in this sample, which then says nothing
            return sample[..., 0] / sample[..., 1], sample[..., 2] / sample[..., 3]

    return _difference(
        measure.name + group,
        len(counted),
        lambda drawn: values(counted[drawn].sum(axis=-2)),
        is_better_low=measure.is_better_low,
    )


def _counted(measure: Measure, result: Result) -> tuple[float, float]:
    whole = float(measure.whole(result))
    return (float(measure.part(result)), whole) if whole else (0.0, 0.0)


def _latency_difference(name: str, quantile: float, pairs: Sequence[tuple[Result, Result]]) -> Difference:
    times = np.array([(before.latency_ms, after.latency_ms) for before, after in pairs], dtype=np.float64)

    def values(drawn: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        at = np.quantile(times[drawn], quantile, axis=-2)
        return at[..., 0], at[..., 1]

    return _difference(name, len(times), values, is_better_low=True)


def _difference(
    name: str,
    n: int,
    values: Callable[[NDArray[np.int64]], tuple[NDArray[np.float64], NDArray[np.float64]]],
    *,
    is_better_low: bool,
) -> Difference:
    """The difference of `values` over all of `n` questions, with the interval over samples of them."""
    a, b = values(np.arange(n))

    def differences(drawn: NDArray[np.int64]) -> NDArray[np.float64]:
        of_a, of_b = values(drawn)
        return of_b - of_a

    low, high = interval(over_samples(n, differences))
    return Difference(
        measure=name,
        a=round(float(a), 4),
        b=round(float(b), 4),
        difference=round(float(b - a), 4),
        low=round(low, 4),
        high=round(high, 4),
        n=n,
        is_better_low=is_better_low,
    )
