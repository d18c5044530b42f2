"""A run -> lines for a terminal: the measures with their intervals, then what failed, by kind of failure."""

from __future__ import annotations

from collections.abc import Iterator

from eval.judging import Result
from eval.resampling import Estimate
from eval.runner import Run
from eval.summary import MEANINGS, Summary
from rag.terminal.lines import one_line

_NAME_WIDTH = 36
# `risk` stands at points of the risk–coverage curve; the report as HTML draws it whole.
_SHOWN_BY_GROUP = ("correct", "risk")
_TEXT_CHARS = 300

FAILURES = {
    "error": "The program failed",
    "citation_fails": "A citation does not verify",
    "premise_accepted": "A false premise is accepted",
    "answered_unanswerable": "Answered, though the documents do not say",
    "abstained": "Abstained, though the documents hold the answer",
    "forbidden": "The answer holds what it must not",
    "facts_missing": "Facts are missing",
    "fact_not_in_its_quote": "A fact stands in the text but not in its own quote",
    "wrong_document": "No citation of a document that holds the answer",
    "premise_not_named": "A false premise is not named",
    "false_alarm": "A premise is called false that is true",
    "unsupported": "The check finds sentences or figures without support",
}


def run_lines(run: Run) -> Iterator[str]:
    """The whole report of a run."""
    yield from summary_lines(run.summary)
    yield from failure_lines(run.results)


def summary_lines(summary: Summary) -> Iterator[str]:
    """A line a measure: value, 95 % interval, rows; what each means; then points of the curve, and groups."""
    yield f"{'measure':<{_NAME_WIDTH}} {'value':>8}  {'95 % interval':<17} {'rows':>4}"
    for name, estimate in summary.items():
        if "/" not in name:
            yield f"{name:<{_NAME_WIDTH}} {_figures(estimate)}  {MEANINGS.get(name, '')}".rstrip()
    yield ""
    for name, estimate in summary.items():
        measure, _, group = name.partition("/")
        if group and (measure in _SHOWN_BY_GROUP or group.startswith("half=")):
            yield f"{f'{measure}, {group}':<{_NAME_WIDTH}} {_figures(estimate)}"


def failure_lines(results: tuple[Result, ...]) -> Iterator[str]:
    """What failed, each row under its gravest failure, with question, what was missing, and the answer."""
    for code, heading in FAILURES.items():
        failed = [result for result in results if result.judgement.failures[:1] == (code,)]
        if failed:
            yield ""
            yield f"{heading} ({len(failed)})"
            for result in failed:
                yield from _failure(result)


def _failure(result: Result) -> Iterator[str]:
    also = ", ".join(result.judgement.failures[1:])
    yield f"  {result.row.id}: {one_line(result.row.question)}" + (f"  (also: {also})" if also else "")
    missing = [
        fact.fact + ("" if fact.in_hits else " (not in the hits)")
        for fact in result.judgement.facts
        if not fact.in_text
    ]
    if missing:
        yield f"      missing: {one_line('; '.join(missing))}"
    for text in result.judgement.forbidden:
        yield f"      holds: {one_line(text)}"
    for problem in result.problems:
        yield f"      {problem.code}: {one_line(problem.message)}"
    if result.answer is None:
        yield f"      {one_line(result.error or '')}"
    else:
        reason = f"[{result.answer.reason}] " if result.answer.reason else ""
        yield f"      got: {reason}{_shortened(result.answer.text)}"


def _figures(estimate: Estimate) -> str:
    # Milliseconds or tokens, a share, dollars.
    digits = 1 if estimate.value > 1 else 6 if 0 < estimate.value < 0.001 else 3
    interval = f"{estimate.low:.{digits}f} – {estimate.high:.{digits}f}"
    return f"{estimate.value:>8.{digits}f}  {interval:<17} {estimate.n:>4}"


def _shortened(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= _TEXT_CHARS else line[: _TEXT_CHARS - 1].rstrip() + "…"
