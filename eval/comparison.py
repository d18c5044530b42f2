"""Two runs over the same questions -> which were fixed, which broke, and how sure the difference is."""

from __future__ import annotations

from pathlib import Path

from eval.answers import MEASURES
from eval.differences import Difference, differences_of, mcnemar_p, verdict_difference
from eval.judging import Result
from eval.paired import Outcome, pair
from eval.recorded import RecordedRun, RecordedRunError, read_run, verdicts_of
from eval.runner import Run
from eval.shares import Measure
from rag.document import Frozen

# Of a set of answers or abstentions, not of one question: what a row counts for in them is no better and no worse.
_NOT_OF_ONE_ROW = frozenset(
    {
        *("abstention_precision", "abstention_precision_far", "abstention_precision_near"),
        *("abstention_f1", "abstention_f1_far", "abstention_f1_near"),
        *("coverage", "risk"),
    }
)


class Flip(Frozen):
    """A measure in which one question counts differently in the two runs: its share of the question, in [0, 1]."""

    measure: str
    a: float
    b: float
    is_better: bool


class RowChange(Frozen):
    """What became of one question: `outcome` by `correct`, and every measure that flipped.

    `question` is empty between two baselines, which do not keep it.
    """

    id: str
    question: str
    outcome: Outcome
    flips: tuple[Flip, ...] = ()


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

    A baseline keeps verdicts alone: beside one, `correct` is all that is compared.

    Args:
        run_a: The run before: what `eval.run` gave, or the folder of a recorded run or baseline.
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
    paired = pair(a.verdicts, b.verdicts, differing=_reworded(a, b))
    if not paired.outcomes:
        raise RecordedRunError(f"{a.name!r} and {b.name!r} share no question: there is nothing to compare.")
    before, after = ({result.row.id: result for result in run.results} for run in (a, b))
    rows = [_change(id, outcome, before.get(id), after.get(id)) for id, outcome in paired.outcomes.items()]
    if a.results and b.results:
        differences = differences_of([(before[id], after[id]) for id in paired.outcomes])
    else:
        differences = [verdict_difference([(a.verdicts[id], b.verdicts[id]) for id in paired.outcomes])]
    return Comparison(
        a=a.name,
        b=b.name,
        n=len(paired.outcomes),
        fixed=paired.fixed,
        broken=paired.broken,
        n_unchanged=len(paired.unchanged),
        p_value=mcnemar_p(len(paired.fixed), len(paired.broken)),
        rows=tuple(row for row in rows if row.flips),
        only_in_a=paired.only_before,
        only_in_b=paired.only_after,
        differences=tuple(differences),
    )


def _recorded(run: Run | Path | str, name: str) -> RecordedRun:
    if isinstance(run, Run):
        verdicts = verdicts_of(run.results)
        return RecordedRun(name=name, verdicts=verdicts, results=run.results, summary=run.summary, config={})
    return read_run(Path(run))


def _reworded(a: RecordedRun, b: RecordedRun) -> set[str]:
    """Ids of questions that B asked with other words or other gold, where both keep their rows."""
    rows = {result.row.id: result.row for result in a.results}
    return {result.row.id for result in b.results if rows.get(result.row.id, result.row) != result.row}


def _change(id: str, outcome: Outcome, before: Result | None, after: Result | None) -> RowChange:
    known = before or after
    if before is not None and after is not None:
        flips = [flip for measure in MEASURES if (flip := _flip(measure, before, after)) is not None]
    elif outcome == "unchanged":
        flips = []
    else:
        is_right = outcome == "fixed"
        flips = [Flip(measure="correct", a=not is_right, b=is_right, is_better=is_right)]
    return RowChange(
        id=id,
        question="" if known is None else known.row.question,
        outcome=outcome,
        flips=tuple(flips),
    )


def _flip(measure: Measure, before: Result, after: Result) -> Flip | None:
    if measure.name in _NOT_OF_ONE_ROW:
        return None
    wholes = float(measure.whole(before)), float(measure.whole(after))
    if not all(wholes):
        return None
    a, b = float(measure.part(before)) / wholes[0], float(measure.part(after)) / wholes[1]
    return None if a == b else Flip(measure=measure.name, a=a, b=b, is_better=(b > a) != measure.is_better_low)
