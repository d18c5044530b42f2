"""The gate of `make eval`: a run beside its baseline and floors -> the reasons why a change must not go in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from eval.dataset import BUNDLED, SUITE
from eval.judging import CITATION_PROBLEMS, Result
from eval.paired import pair
from eval.recorded import verdicts_of
from eval.summary import Summary

# Lowest values on the bundled questions and on the suite: the measured baseline less about what chance moves between
# two sound runs of other wordings. Raised when the baseline rises, never lowered to let a change pass.
FLOORS: Mapping[str, float] = {
    "answer_match": 0.66,
    "fact_in_quotes": 0.66,
    "right_document": 0.7,
    "abstention_f1_far": 0.5,
    "abstention_f1_near": 0.4,
    "true_twins_answered": 0.8,
    "answers_verified": 0.99,
}
SUITE_FLOORS: Mapping[str, float] = {
    "answer_match": 0.58,
    "fact_in_quotes": 0.58,
    "right_document": 0.74,
    "abstention_f1_far": 0.55,
    "abstention_f1_near": 0.4,
    "true_twins_answered": 0.8,
    "answers_verified": 0.99,
}


def floors_of(data: Sequence[Path]) -> Mapping[str, float]:
    """Lowest value by measure of a run over all rows of these files; empty for questions that have none."""
    match [path.resolve() for path in data]:
        case [only] if only == BUNDLED:
            return FLOORS
        case [only] if only == SUITE:
            return SUITE_FLOORS
    return {}


# Broken less fixed, from which on a change must not go in.
MOST_NET_BROKEN = 3


def gate_failures(
    results: Sequence[Result],
    summary: Summary,
    floors: Mapping[str, float] = FLOORS,
    baseline: Mapping[str, bool] | None = None,
    known_accepted: Collection[str] = (),
) -> list[str]:
    """Reasons to fail, a sentence each; empty when the run passes.

    Whatever the questions: no citation that fails to verify, no failure of the program, and no false premise accepted
    but those that are known to be.

    Args:
        results: The rows as judged.
        summary: Their measures.
        floors: Lowest value by measure; empty for other questions than those that they were set on.
        baseline: Whether each question was answered rightly before, by its id; `None`: compare with nothing. A
            question of it that was not asked is a reason to fail: to leave out what went wrong is no way to pass.
        known_accepted: Ids of false premises that the baseline accepts: to accept them still makes nothing worse.
    """
    reasons = [f"{result.row.id}: the program failed: {result.error}" for result in results if result.answer is None]
    for result in results:
        bad = sorted({problem.code for problem in result.problems if problem.code in CITATION_PROBLEMS})
        if bad:
            reasons.append(f"{result.row.id}: a citation does not verify ({', '.join(bad)}).")
        is_accepted = result.answer is not None and result.judgement.premise_accepted
        if is_accepted and result.row.id not in known_accepted:
            reasons.append(f"{result.row.id}: a false premise is accepted.")
    for name, floor in floors.items():
        if name not in summary:
            reasons.append(f"{name} has a floor of {floor:.3f} and was not measured.")
        elif summary[name].value < floor:
            reasons.append(f"{name} is {summary[name].value:.3f}, below its floor of {floor:.3f}.")
    if baseline is not None:
        reasons += _regressions(results, baseline)
    return reasons


def _regressions(results: Sequence[Result], baseline: Mapping[str, bool]) -> list[str]:
    paired = pair(baseline, verdicts_of(results))
    reasons = []
    if paired.net_broken >= MOST_NET_BROKEN:
        fixed = f", {len(paired.fixed)} fixed: {', '.join(paired.fixed)}" if paired.fixed else ", none fixed"
        reasons.append(
            f"{len(paired.broken)} questions are broken against the baseline: {', '.join(paired.broken)}{fixed}."
        )
    if paired.only_before:
        reasons.append(f"questions of the baseline were not asked: {', '.join(paired.only_before)}.")
    return reasons
