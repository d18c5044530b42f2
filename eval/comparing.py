"""`python -m eval compare`: what a change did, question by question, and how sure one can be of it."""

# ruff: noqa: T201  # a command: its prints are its output

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from eval.comparison import Comparison, compare
from eval.differences import Difference
from eval.paired import Outcome
from rag.terminal.lines import one_line

_NAME_WIDTH = 36


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `compare`."""
    parser.add_argument("a", metavar="A", type=Path, help="folder of the run before")
    parser.add_argument("b", metavar="B", type=Path, help="folder of the run after")
    parser.add_argument(
        "--other-questions", action="store_true", help="compare what both were asked although the files differ"
    )
    parser.add_argument("--json", action="store_true", help="print the comparison as JSON")


def main(args: argparse.Namespace) -> int:
    """Carry out `compare`; always 0: whether a change may go in is for the gate to say.

    Raises:
        RecordedRunError: If the two cannot be compared.
    """
    comparison = compare(args.a, args.b, other_questions=args.other_questions)
    if args.json:
        print(comparison.model_dump_json(indent=2))
    else:
        print("\n".join(comparison_lines(comparison)))
    return 0


def comparison_lines(comparison: Comparison) -> Iterator[str]:
    """The whole comparison: what was fixed, what broke, the test, and each measure with its interval."""
    yield f"A: {one_line(comparison.a)}   B: {one_line(comparison.b)}   questions of both: {comparison.n}"
    yield (
        f"fixed {len(comparison.fixed)}, broken {len(comparison.broken)}, unchanged {comparison.n_unchanged}; "
        f"exact McNemar test p = {comparison.p_value:.3g}"
    )
    for outcome, heading in _HEADINGS.items():
        yield from _rows(comparison, outcome, heading)
    for name, ids in (("A", comparison.only_in_a), ("B", comparison.only_in_b)):
        if ids:
            yield ""
            yield f"Only in {name}, or asked otherwise there ({len(ids)}): {one_line(', '.join(ids))}"
    yield ""
    yield f"{'measure':<{_NAME_WIDTH}} {'A':>9} {'B':>9} {'B - A':>9}  {'95 % interval':<20} {'rows':>4}"
    for difference in comparison.differences:
        yield _difference(difference)


_HEADINGS: dict[Outcome, str] = {
    "broken": "Broken",
    "fixed": "Fixed",
    "unchanged": "As right or wrong as before, but otherwise",
}


def _rows(comparison: Comparison, outcome: Outcome, heading: str) -> Iterator[str]:
    rows = [row for row in comparison.rows if row.outcome == outcome]
    if rows:
        yield ""
        yield f"{heading} ({len(rows)})"
    for row in rows:
        yield f"  {one_line(row.id)}: {one_line(row.question)}"
        flips = [f"{'+' if flip.is_better else '-'}{flip.measure}" for flip in row.flips if flip.measure != "correct"]
        if flips:
            yield f"      {', '.join(flips)}"


def _difference(difference: Difference) -> str:
    digits = 1 if difference.measure.endswith("_ms") else 3
    interval = f"{difference.low:+.{digits}f} – {difference.high:+.{digits}f}"
    is_sure = difference.low > 0 or difference.high < 0
    better = (difference.difference > 0) != difference.is_better_low
    verdict = ("better" if better else "worse") if is_sure else ""
    return (
        f"{difference.measure:<{_NAME_WIDTH}} {difference.a:>9.{digits}f} {difference.b:>9.{digits}f} "
        f"{difference.difference:>+9.{digits}f}  {interval:<20} {difference.n:>4}  {verdict}"
    ).rstrip()
