"""Two runs over the same questions -> which were fixed, which broke, and how sure the difference is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from eval.answers import MEASURES, Measure
from eval.judging import Result
from eval.measures import N_RESAMPLES
from eval.recorded import RecordedRun, RecordedRunError, read_run
from eval.runner import Run
from rag.document import Frozen

Outcome = Literal["fixed", "broken", "unchanged"]

_SEED = 20251223
_LEVEL = (0.025, 0.975)
# Of a set of abstentions, not of one question: whether a row counts in them depends on the answer.
_NOT_OF_ONE_ROW = ("abstention_precision", "abstention_f1", "abstention_f1_far", "abstention_f1_near")
_LATENCIES = (("latency_p50_ms", 0.5), ("latency_p95_ms", 0.95))


class Flip(Frozen):
    """A measure in which one question counts differently in the two runs: its share of the question, in [0, 1]."""

    measure: str
    a: float
    b: float
    is_better: bool


class RowChange(Frozen):
    """What became of one question: `outcome` by `correct`, and every measure that flipped."""

    id: str
    question: str
    outcome: Outcome
    flips: tuple[Flip, ...] = ()


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


class Comparison(Frozen):
    """Run B beside run A.

    Attributes:
        a: Name of the first run, the one before.
        b: Name of the second.
        n: Questions that both asked.
        fixed: Ids of the questions that only B answers rightly (or rightly abstains from).
        broken: Ids of those that only A does.
        n_unchanged: Questions that both have right, or both wrong.
        p_value: Exact McNemar test, two-sided: how often a difference as large as that between `fixed` and `broken`
            comes about where neither run is better. 1 where no question changed.
        rows: Each question that was fixed, broke, or flipped in any measure, in the order of A.
        only_in_a: Ids of questions that only A asked, or that B asked with other words or other gold.
        only_in_b: The other way round.
        differences: Each measure.
    """

    a: str
    b: str
    n: int
    fixed: tuple[str, ...]
    broken: tuple[str, ...]
    n_unchanged: int
    p_value: float
    rows: tuple[RowChange, ...]
    only_in_a: tuple[str, ...]
    only_in_b: tuple[str, ...]
    differences: tuple[Difference, ...]


def compare(run_a: Run | Path | str, run_b: Run | Path | str, *, other_questions: bool = False) -> Comparison:
    """Run B beside run A, question by question.

    Args:
        run_a: The run before: what `eval.run` gave, or the folder of a recorded run.
        run_b: The run after.
        other_questions: Compare the questions that both runs share although their files differ.

    Raises:
        RecordedRunError: If a folder holds no run, the runs were asked different files of questions, or they share
            no question.
    """
    a, b = _recorded(run_a, "a"), _recorded(run_b, "b")
    if not other_questions and a.data_sha256 and b.data_sha256 and a.data_sha256 != b.data_sha256:
        raise RecordedRunError(
            f"{a.name!r} and {b.name!r} were asked different files of questions (SHA-256 {a.data_sha256[:12]}… and "
            f"{b.data_sha256[:12]}…). Run one of them again, or compare what they share with --other-questions."
        )
    asked_b = {result.row.id: result for result in b.results}
    pairs = [
        (result, asked_b[result.row.id])
        for result in a.results
        if result.row.id in asked_b and asked_b[result.row.id].row == result.row
    ]
    if not pairs:
        raise RecordedRunError(f"{a.name!r} and {b.name!r} share no question: there is nothing to compare.")
    shared = {result.row.id for result, _ in pairs}
    rows = [_change(before, after) for before, after in pairs]
    fixed, broken = (tuple(row.id for row in rows if row.outcome == outcome) for outcome in ("fixed", "broken"))
    return Comparison(
        a=a.name,
        b=b.name,
        n=len(pairs),
        fixed=fixed,
        broken=broken,
        n_unchanged=len(pairs) - len(fixed) - len(broken),
        p_value=mcnemar_p(len(fixed), len(broken)),
        rows=tuple(row for row in rows if row.flips),
        only_in_a=tuple(result.row.id for result in a.results if result.row.id not in shared),
        only_in_b=tuple(result.row.id for result in b.results if result.row.id not in shared),
        differences=tuple(_differences(pairs)),
    )


def mcnemar_p(n_fixed: int, n_broken: int) -> float:
    """Two-sided p-value of the exact McNemar test, a sign test on the questions that changed; in (0, 1].

    Reference: McNemar, Note on the sampling error of the difference between correlated proportions or percentages,
    Psychometrika 12 (1947); exact by the binomial distribution with p = 1/2.
    """
    n = n_fixed + n_broken
    tail = sum(math.comb(n, k) for k in range(min(n_fixed, n_broken) + 1))
    return min(1.0, float(2 * tail / 2**n))


def _recorded(run: Run | Path | str, name: str) -> RecordedRun:
    if isinstance(run, Run):
        return RecordedRun(name=name, results=run.results, summary=run.summary, config={})
    return read_run(Path(run))


def _change(before: Result, after: Result) -> RowChange:
    was, now = before.judgement.correct, after.judgement.correct
    return RowChange(
        id=before.row.id,
        question=before.row.question,
        outcome="unchanged" if was == now else "fixed" if now else "broken",
        flips=tuple(flip for measure in MEASURES if (flip := _flip(measure, before, after)) is not None),
    )


def _flip(measure: Measure, before: Result, after: Result) -> Flip | None:
    if measure.name in _NOT_OF_ONE_ROW:
        return None
    wholes = float(measure.whole(before)), float(measure.whole(after))
    if not all(wholes):
        return None
    a, b = float(measure.part(before)) / wholes[0], float(measure.part(after)) / wholes[1]
    return None if a == b else Flip(measure=measure.name, a=a, b=b, is_better=(b > a) != measure.is_better_low)


def _differences(pairs: Sequence[tuple[Result, Result]]) -> list[Difference]:
    found = [_share_difference(measure, pairs) for measure in MEASURES]
    found += [_latency_difference(name, quantile, pairs) for name, quantile in _LATENCIES]
    return [difference for difference in found if difference is not None]


def _share_difference(measure: Measure, pairs: Sequence[tuple[Result, Result]]) -> Difference | None:
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
        measure.name,
        len(counted),
        lambda draws: values(counted[draws].sum(axis=-2)),
        is_better_low=measure.is_better_low,
    )


def _counted(measure: Measure, result: Result) -> tuple[float, float]:
    whole = float(measure.whole(result))
    return (float(measure.part(result)), whole) if whole else (0.0, 0.0)


def _latency_difference(name: str, quantile: float, pairs: Sequence[tuple[Result, Result]]) -> Difference:
    times = np.array([(before.latency_ms, after.latency_ms) for before, after in pairs], dtype=np.float64)

    def values(draws: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        at = np.quantile(times[draws], quantile, axis=-2)
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
    draws = np.random.default_rng(_SEED).integers(0, n, size=(N_RESAMPLES, n))
    drawn_a, drawn_b = values(draws)
    low, high = np.nanquantile(drawn_b - drawn_a, _LEVEL)
    return Difference(
        measure=name,
        a=round(float(a), 4),
        b=round(float(b), 4),
        difference=round(float(b - a), 4),
        low=round(float(low), 4),
        high=round(float(high), 4),
        n=n,
        is_better_low=is_better_low,
    )
