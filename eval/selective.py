"""Answers and how sure they are -> the risk–coverage curve: how wrong are the surest 10 %, 50 %, all."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from eval.judging import Result

Order = Literal["confidence", "score"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """The surest `coverage` of the rows; `risk` of them are wrong. `sureness` is that of the last of them, `None`
    where it says none or was not answered."""

    coverage: float
    risk: float
    sureness: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskCurve:
    """The risk–coverage curve of a run.

    Attributes:
        points: One for each number of rows, the surest first.
        area: Mean of the risk over all coverages, in [0, 1]; lower is better.
        best_area: That of the same answers in the best order: every right one before the wrong ones.
        answered: Coverage up to which there are answers; beyond it rows were abstained from, or failed.
        order: What the answers are ordered by: `confidence`, or `score` (of the best hit) where none says it.
    """

    points: tuple[CurvePoint, ...]
    area: float
    best_area: float
    answered: float
    order: Order


def risk_curve(results: Sequence[Result]) -> RiskCurve:
    """The curve over all rows of a run.

    The risk is the share of wrong ones (not `correct`) among the rows covered. Rows that are abstained from or failed
    come last and are wrong there: who covers them would have to answer, and there is no answer. Rows of one confidence
    count with their mean, so that the curve does not depend on the order of the questions.

    Raises:
        ValueError: If there is no row.

    References: El-Yaniv and Wiener, On the Foundations of Noise-free Selective Classification, JMLR 11 (2010); Geifman
    and El-Yaniv, Selective Classification for Deep Neural Networks, NeurIPS 2017.
    """
    if not results:
        raise ValueError("a curve needs at least one row")
    order: Order = "confidence" if has_confidence(results) else "score"
    sureness = [_SURENESS[order](result) if result.judgement.answered else None for result in results]
    places, losses = _places(results, sureness), _losses(results)
    risks = _risks(places, losses)
    last = np.argsort(places, kind="stable")
    return RiskCurve(
        points=tuple(
            CurvePoint(coverage=number / len(results), risk=float(risk), sureness=sureness[at])
            for number, (at, risk) in enumerate(zip(last, risks, strict=True), start=1)
        ),
        area=_area(risks),
        best_area=_area(_risks(np.arange(len(losses)), np.sort(losses))),
        answered=sum(result.judgement.answered for result in results) / len(results),
        order=order,
    )


def has_confidence(results: Sequence[Result]) -> bool:
    """Whether any answer says how sure it is: without one the scores of the hits are all there is to order by."""
    return any(result.judgement.answered and result.confidence is not None for result in results)


def curve_figures(
    results: Sequence[Result], draws: NDArray[np.int64], coverages: Sequence[float]
) -> dict[str, tuple[float, NDArray[np.float64]]]:
    """The area under the curve by confidence (`AURC`) and its height at some coverages (`risk/coverage=0.50`).

    The area is the mean of the risk over all coverages 1/n, 2/n, …, 1; lower is better.

    Args:
        results: The rows; at least one.
        draws: Indices of resampled rows, `(n_resamples, n)`.
        coverages: In (0, 1].

    Returns:
        Each figure, and that of each of the resamples.

    Reference: Geifman, Uziel and El-Yaniv, Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers, ICLR 2019,
    section 3.
    """
    places, losses = _places(results, [result.confidence for result in results]), _losses(results)
    heights = [math.ceil(coverage * len(results)) - 1 for coverage in coverages]
    names = ["AURC", *(f"risk/coverage={coverage:.2f}" for coverage in coverages)]

    def figures(risks: NDArray[np.float64]) -> list[float]:
        return [_area(risks), *risks[heights].tolist()]

    resampled = np.array([figures(_risks(places[draw], losses[draw])) for draw in draws], dtype=np.float64)
    values = figures(_risks(places, losses))
    return {name: (values[at], resampled[:, at]) for at, name in enumerate(names)}


def _confidence(result: Result) -> float | None:
    return result.confidence


def _best_score(result: Result) -> float | None:
    hits = () if result.answer is None else result.answer.hits
    return max((hit.score for hit in hits), default=None)


_SURENESS: dict[Order, Callable[[Result], float | None]] = {"confidence": _confidence, "score": _best_score}


def _places(results: Sequence[Result], sureness: Sequence[float | None]) -> NDArray[np.int64]:
    """Place of each row, the surest lowest, equal ones on one place: answers that say how sure they are, those that do
    not, what was not answered."""
    keys = [
        (2, 0.0) if not result.judgement.answered else (1, 0.0) if sure is None else (0, -sure)
        for result, sure in zip(results, sureness, strict=True)
    ]
    ranks = {key: rank for rank, key in enumerate(sorted(set(keys)))}
    return np.array([ranks[key] for key in keys], dtype=np.int64)


def _losses(results: Sequence[Result]) -> NDArray[np.float64]:
    wrong = [not (result.judgement.answered and result.judgement.correct) for result in results]
    return np.array(wrong, dtype=np.float64)


def _risks(places: NDArray[np.int64], losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean loss of the surest 1, 2, …, n."""
    _, group, sizes = np.unique(places, return_inverse=True, return_counts=True)
    means = np.bincount(group, weights=losses) / sizes
    return np.cumsum(np.repeat(means, sizes)) / np.arange(1, len(losses) + 1)


def _area(risks: NDArray[np.float64]) -> float:
    return float(risks.mean())
