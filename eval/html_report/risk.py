"""Results -> the risk–coverage curve: how many are wrong among those of which the answerer was surest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from eval.judging import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskCurve:
    """The curve of one run.

    Attributes:
        points: `(coverage, risk)`, both in [0, 1], one for each number of rows, the surest first.
        area: Mean of the risk over all coverages, in [0, 1]; lower is better.
        best_area: That of the same answers in the best order: every right one before the wrong ones.
        answered: Coverage up to which there are answers; beyond it rows were abstained from, or failed.
        order: What the answers are ordered by: `confidence`, or `score` (of the best hit) where none says it.
    """

    points: tuple[tuple[float, float], ...]
    area: float
    best_area: float
    answered: float
    order: str


def risk_curve(results: Sequence[Result]) -> RiskCurve:
    """The curve over all rows of a run; at least one.

    The risk is the share of wrong ones among the rows covered. Rows that are abstained from or failed come last and
    count as wrong there: who covers them would have to answer. Rows of equal confidence count with their mean, so
    that the order of the questions does not matter.

    References: El-Yaniv and Wiener, On the Foundations of Noise-free Selective Classification, JMLR 11 (2010); Geifman
    and El-Yaniv, Selective Classification for Deep Neural Networks, NeurIPS 2017; area: Geifman, Uziel and El-Yaniv,
    Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers, ICLR 2019.
    """
    answered = [result for result in results if result.judgement.answered]
    has_confidence = any(confidence_of(result) is not None for result in answered)
    sureness: Callable[[Result], float | None] = confidence_of if has_confidence else _best_score
    ranked = sorted(((_known(sureness(result)), not result.judgement.correct) for result in answered), reverse=True)
    losses: list[float] = []
    for _, group in groupby(ranked, key=lambda pair: pair[0]):
        wrong = [loss for _, loss in group]
        losses += [sum(wrong) / len(wrong)] * len(wrong)
    n_silent = len(results) - len(answered)
    points = _points(losses + [1.0] * n_silent)
    best = _points(sorted(float(loss) for _, loss in ranked) + [1.0] * n_silent)
    return RiskCurve(
        points=points,
        area=_area(points),
        best_area=_area(best),
        answered=len(answered) / len(results),
        order="confidence" if has_confidence else "score",
    )


def confidence_of(result: Result) -> float | None:
    """How sure the answerer was, in [0, 1], where the run recorded it."""
    confidence = getattr(result, "confidence", None)
    return confidence if isinstance(confidence, float) else None


def _best_score(result: Result) -> float | None:
    hits = () if result.answer is None else result.answer.hits
    return max((hit.score for hit in hits), default=None)


def _known(sureness: float | None) -> float:
    """Answers that say nothing come after all that do."""
    return float("-inf") if sureness is None else sureness


def _points(losses: Sequence[float]) -> tuple[tuple[float, float], ...]:
    points = []
    wrong = 0.0
    for number, loss in enumerate(losses, start=1):
        wrong += loss
        points.append((number / len(losses), wrong / number))
    return tuple(points)


def _area(points: Sequence[tuple[float, float]]) -> float:
    return sum(risk for _, risk in points) / len(points)
