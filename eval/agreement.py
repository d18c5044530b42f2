"""Rulings of a judge beside the verdicts by code -> the judged share, and how far the two agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from eval.judging import Result
from eval.model_judge import Ruling, is_judged
from eval.resampling import Estimate, estimated, estimated_mean, over_samples

Flags = NDArray[np.float64]


def judge_figures(results: Sequence[Result], rulings: Mapping[str, Ruling]) -> dict[str, Estimate]:
    """`judge_right`, `judge_agreement`, `judge_kappa` and `judge_failures`; those for which no row counts are left out.

    `judge_right` is the share of the answerable rows that the judge calls right; abstentions and failures of the
    program count as wrong there, and answers that were not judged do not count: they stand in `judge_failures`.
    Agreement is with `answer_match`, over the answers that were judged.

    Args:
        results: The rows of a run.
        rulings: By id of the question.
    """
    asked = [(result, rulings[result.row.id]) for result in results if is_judged(result) and result.row.id in rulings]
    judged = [(result, ruling.verdict) for result, ruling in asked if ruling.verdict is not None]
    n_without = sum(result.row.answerable and not is_judged(result) for result in results)
    right = _flags([verdict == "right" for _, verdict in judged])
    matched = _flags([result.judgement.matched for result, _ in judged])
    figures = {
        "judge_right": estimated_mean(np.concatenate([right, np.zeros(n_without)])),
        "judge_agreement": estimated_mean(_flags(list(right == matched))),
        "judge_kappa": _kappa(right, matched),
        "judge_failures": estimated_mean(_flags([ruling.verdict is None for _, ruling in asked])),
    }
    return {name: figure for name, figure in figures.items() if figure is not None}


def cohen_kappa(a: Flags, b: Flags) -> Flags:
    """Agreement of two judges beyond chance: 1 is full, 0 what chance gives, below it less than that.

    `(observed - expected) / (1 - expected)`, where chance agrees as often as the shares of their verdicts let it. NaN
    where it is undefined: both judges give one and the same verdict to every question.

    Args:
        a: Verdicts of the one, 1 for right and 0 for wrong, over the last axis.
        b: Those of the other, in the same order.

    Reference: Cohen, A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20
    (1960).
    """
    observed = (a == b).mean(axis=-1)
    share_a, share_b = a.mean(axis=-1), b.mean(axis=-1)
    expected = share_a * share_b + (1 - share_a) * (1 - share_b)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected < 1, (observed - expected) / (1 - expected), np.nan)


def counts(rulings: Sequence[Ruling]) -> dict[str, int]:
    """How many answers got which verdict."""
    verdicts = [ruling.verdict for ruling in rulings]
    return {"right": verdicts.count("right"), "wrong": verdicts.count("wrong"), "not_judged": verdicts.count(None)}


def _kappa(a: Flags, b: Flags) -> Estimate | None:
    if not len(a) or np.isnan(value := float(cohen_kappa(a, b))):
        return None
    return estimated(value, over_samples(len(a), lambda drawn: cohen_kappa(a[drawn], b[drawn])), len(a))


def _flags(values: Sequence[bool]) -> Flags:
    return np.array(values, dtype=np.float64)
