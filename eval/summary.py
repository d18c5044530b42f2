"""Results -> the summary of a run: each measure with its bootstrap interval, over all rows and by group."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from eval.answers import MEASURES
from eval.costs import used
from eval.halves import half_of
from eval.judging import Result
from eval.resampling import Estimate, draws, estimated, estimated_mean, over_samples
from eval.selective import curve_figures, has_confidence
from eval.shares import Measure
from rag.costs import Price, cost_usd

# By kind and language only what a reader compares; the whole table would hide it. By half also what has an aim.
BY_GROUP = ("correct", "answer_match", "fact_in_quotes", "right_document")
BY_HALF = (
    *BY_GROUP,
    *("quotes_verified", "abstention_f1_far", "abstention_f1_near", "false_premises_accepted", "true_twins_answered"),
)
# Points of the risk–coverage curve in the summary; `eval.selective.risk_curve` gives it whole.
_COVERAGES = (0.25, 0.5, 0.75)
LATENCIES = (("latency_p50_ms", 0.5), ("latency_p95_ms", 0.95))

Summary = dict[str, Estimate]

# What each figure of a summary is, in words.
MEANINGS: Mapping[str, str] = {measure.name: measure.what for measure in MEASURES} | {
    "AURC": "area under the risk–coverage curve: share of wrong ones among the surest, mean over coverages",
    "judge_right": "answerable rows that the judge calls right, without those not judged; no answer is wrong",
    "judge_agreement": "judged answers in which judge and answer_match agree",
    "judge_kappa": "the same beyond chance: Cohen's kappa, 1 is full agreement, 0 is chance",
    "judge_failures": "answers that the judge was asked of and did not judge",
    "latency_p50_ms": "milliseconds that half of the answers take at most",
    "latency_p95_ms": "milliseconds that 95 % of the answers take at most",
    "input_tokens": "tokens sent to the chat model for an answer, mean where counted",
    "output_tokens": "tokens that it wrote",
    "cost_usd": "US dollars for an answer, at the price given",
}


def summarise(results: Sequence[Result], price: Price | None = None) -> Summary:
    """Every measure by name; by group as `answer_match/kind=date`, `correct/language=ja`, `correct/half=test`; the risk
    of the surest as `risk/coverage=0.50`.

    A measure for which no row counts is left out, so is what cannot be known: the curve where no answer says how sure
    it is, tokens where none were counted, cost without a price. Intervals are 95 % percentile bootstraps over rows
    (Efron and Tibshirani, An Introduction to the Bootstrap, chapter 13) with a fixed seed: the same results give the
    same summary.
    """
    estimates = {measure.name: _share(measure, results) for measure in MEASURES}
    estimates |= _curve(results)
    estimates |= {name: _latency(results, quantile) for name, quantile in LATENCIES}
    estimates |= _usage(results, price)
    for label, members in _groups(results):
        names = BY_HALF if label.startswith("half=") else BY_GROUP
        for measure in MEASURES:
            if measure.name in names:
                estimates[f"{measure.name}/{label}"] = _share(measure, members)
    return {name: estimate for name, estimate in estimates.items() if estimate is not None}


def _curve(results: Sequence[Result]) -> dict[str, Estimate | None]:
    if not has_confidence(results):
        return {}
    found = curve_figures(results, draws(len(results)), _COVERAGES)
    return {name: estimated(value, resampled, len(results)) for name, (value, resampled) in found.items()}


def _usage(results: Sequence[Result], price: Price | None) -> dict[str, Estimate | None]:
    """Tokens and dollars of an answer, mean over those whose tokens were counted."""
    usages = used(results)
    return {
        "input_tokens": estimated_mean([usage.input_tokens for usage in usages]),
        "output_tokens": estimated_mean([usage.output_tokens for usage in usages]),
        "cost_usd": None if price is None else estimated_mean([cost_usd(usage, price) for usage in usages], digits=6),
    }


def _share(measure: Measure, results: Sequence[Result]) -> Estimate | None:
    wholes = [(result, float(measure.whole(result))) for result in results]
    counted = [(float(measure.part(result)), whole) for result, whole in wholes if whole]
    if not counted:
        return None
    part, whole = np.array(counted, dtype=np.float64).T
    resampled = over_samples(len(counted), lambda drawn: part[drawn].sum(axis=1) / whole[drawn].sum(axis=1))
    return estimated(part.sum() / whole.sum(), resampled, len(counted))


def _latency(results: Sequence[Result], quantile: float) -> Estimate | None:
    if not results:
        return None
    times = np.array([result.latency_ms for result in results], dtype=np.float64)
    resampled = over_samples(len(times), lambda drawn: np.quantile(times[drawn], quantile, axis=1))
    return estimated(float(np.quantile(times, quantile)), resampled, len(times))


def _groups(results: Sequence[Result]) -> list[tuple[str, list[Result]]]:
    keys: tuple[tuple[str, Callable[[Result], str]], ...] = (
        ("kind", lambda result: result.row.kind),
        ("language", lambda result: result.row.language),
        ("half", lambda result: half_of(result.row)),
    )
    return [
        (f"{name}={value}", list(members))
        for name, key in keys
        for value, members in itertools.groupby(sorted(results, key=key), key)
    ]
