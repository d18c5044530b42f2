"""Answers and their confidence -> the risk–coverage curve: how wrong are the surest 10 %, 50 %, all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.judging import Result

# Below every confidence, which lies in [0, 1]: answers that say none, then what was not answered at all.
_UNKNOWN = -1.0
_LAST = -2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """The surest `coverage` of the rows; `risk` of them are wrong. `confidence` is that of the last of them, `None`
    where it says none or was not answered."""

    coverage: float
    risk: float
    confidence: float | None


def risk_coverage(results: Sequence[Result]) -> list[CurvePoint]:
    """The risk–coverage curve: a point for each number of rows, the surest first; empty without rows.

    The risk is the share of wrong ones (not `correct`) among the rows covered. Rows that are abstained from or failed
    come last and are wrong there: who covers them would have to answer, and there is no answer. Rows of one confidence
    count with their mean, so that the curve does not depend on the order of the questions.

    References: El-Yaniv and Wiener, On the Foundations of Noise-free Selective Classification, JMLR 11 (2010); Geifman
    and El-Yaniv, Selective Classification for Deep Neural Networks, NeurIPS 2017.
    """
    if not results:
        return []
    confidences, losses = _arrays(results)
    order = np.argsort(-confidences, kind="stable")
    return [
        CurvePoint(
            coverage=number / len(results),
            risk=float(risk),
            confidence=results[at].confidence if confidences[at] >= 0 else None,
        )
        for number, (at, risk) in enumerate(zip(order, _risks(confidences, losses), strict=True), start=1)
    ]


def has_confidence(results: Sequence[Result]) -> bool:
    """Whether any answer says how sure it is: without one the curve has no order to speak of."""
    return any(result.judgement.answered and result.confidence is not None for result in results)


def curve_figures(
    results: Sequence[Result], draws: NDArray[np.int64], coverages: Sequence[float]
) -> dict[str, tuple[float, NDArray[np.float64]]]:
    """The area under the curve (`AURC`, lower is better) and its height at some coverages (`risk/coverage=0.50`).

    The area is the mean of the risk over all coverages 1/n, 2/n, …, 1.

    Args:
        results: The rows; at least one.
        draws: Indices of resampled rows, `(n_resamples, n)`.
        coverages: In (0, 1].

    Returns:
        Each figure, and that of each of the resamples.

    Reference: Geifman, Uziel and El-Yaniv, Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers, ICLR 2019,
    section 3.
    """
    confidences, losses = _arrays(results)
    places = [math.ceil(coverage * len(results)) - 1 for coverage in coverages]
    names = ["AURC", *(f"risk/coverage={coverage:.2f}" for coverage in coverages)]

    def figures(risks: NDArray[np.float64]) -> list[float]:
        return [float(risks.mean()), *risks[places].tolist()]

    resampled = np.array([figures(_risks(confidences[draw], losses[draw])) for draw in draws], dtype=np.float64)
    values = figures(_risks(confidences, losses))
    return {name: (values[at], resampled[:, at]) for at, name in enumerate(names)}


def _arrays(results: Sequence[Result]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    confidences = [
        _LAST if not r.judgement.answered else _UNKNOWN if r.confidence is None else r.confidence for r in results
    ]
    losses = [not (r.judgement.answered and r.judgement.correct) for r in results]
    return np.array(confidences, dtype=np.float64), np.array(losses, dtype=np.float64)


def _risks(confidences: NDArray[np.float64], losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean loss of the surest 1, 2, …, n."""
    _, group, sizes = np.unique(-confidences, return_inverse=True, return_counts=True)
    means = np.bincount(group, weights=losses) / sizes
    return np.cumsum(np.repeat(means, sizes)) / np.arange(1, len(losses) + 1)
