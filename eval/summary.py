"""Results -> the summary of a run: each measure with its bootstrap interval, over all rows and by kind and language."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from eval.answers import MEASURES, Measure
from eval.judging import Result
from eval.measures import Estimate

_RESAMPLES = 2000
_SEED = 20251223
_LEVEL = (0.025, 0.975)
# By kind and language only what a reader compares; the whole table would hide it.
_BY_GROUP = ("correct", "answer_match", "fact_in_quotes", "right_document")
_LATENCIES = (("latency_p50_ms", 0.5), ("latency_p95_ms", 0.95))

Summary = dict[str, Estimate]


def summarise(results: Sequence[Result]) -> Summary:
    """Every measure by name; by group as `answer_match/kind=date`, `correct/language=ja`.

    A measure for which no row counts is left out. Intervals are 95 % percentile bootstraps over rows (Efron and
    Tibshirani, An Introduction to the Bootstrap, chapter 13) with a fixed seed: the same results give the same summary.
    """
    estimates = {measure.name: _share(measure, results) for measure in MEASURES}
    estimates |= {name: _latency(results, quantile) for name, quantile in _LATENCIES}
    for label, members in _groups(results):
        for measure in MEASURES:
            if measure.name in _BY_GROUP:
                estimates[f"{measure.name}/{label}"] = _share(measure, members)
    return {name: estimate for name, estimate in estimates.items() if estimate is not None}


def _share(measure: Measure, results: Sequence[Result]) -> Estimate | None:
    pairs = [(float(measure.part(result)), float(measure.whole(result))) for result in results]
    counted = [(part, whole) for part, whole in pairs if whole]
    if not counted:
        return None
    part, whole = np.array(counted, dtype=np.float64).T
    draws = _draws(len(counted))
    return _estimate(part.sum() / whole.sum(), part[draws].sum(axis=1) / whole[draws].sum(axis=1), len(counted))


def _latency(results: Sequence[Result], quantile: float) -> Estimate | None:
    if not results:
        return None
    times = np.array([result.latency_ms for result in results], dtype=np.float64)
    resampled = np.quantile(times[_draws(len(times))], quantile, axis=1)
    return _estimate(float(np.quantile(times, quantile)), resampled, len(times))


def _draws(n: int) -> NDArray[np.int64]:
    return np.random.default_rng(_SEED).integers(0, n, size=(_RESAMPLES, n))


def _estimate(value: float, resampled: NDArray[np.float64], n: int) -> Estimate:
    low, high = np.quantile(resampled, _LEVEL)
    return Estimate(value=round(float(value), 4), low=round(float(low), 4), high=round(float(high), 4), n=n)


def _groups(results: Sequence[Result]) -> list[tuple[str, list[Result]]]:
    keys: tuple[tuple[str, Callable[[Result], str]], ...] = (
        ("kind", lambda result: result.row.kind),
        ("language", lambda result: result.row.language),
    )
    return [
        (f"{name}={value}", list(members))
        for name, key in keys
        for value, members in itertools.groupby(sorted(results, key=key), key)
    ]
