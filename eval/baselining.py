"""Options of `run` -> the baseline that it is compared with, or writes."""

# ruff: noqa: T201  # part of a command: its prints are its output

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from eval.baseline import read_baseline, write_baseline
from eval.dataset import Row
from eval.paired import pair
from eval.recorded import RecordedRun, RecordedRunError, verdict_of, verdicts_of
from eval.runner import Run
from rag.errors import ConfigError
from rag.terminal.lines import one_line


def check_baseline(args: argparse.Namespace, folder: Path | None) -> None:
    """Raise `ConfigError` where a baseline may not be written, or not be compared with."""
    if args.write_baseline and (is_part(args) or args.cases or folder is None):
        raise ConfigError(
            "A committed baseline is of all the questions of one bundled file and no others: leave out --limit, "
            "--half, --cases and other --data. With --baseline DIR it may be of other questions, but of all of them."
        )
    if args.write_baseline and folder is not None and folder.resolve() == args.out.resolve():
        raise ConfigError(
            f"The baseline would be written over the run itself in {str(args.out)!r}. Name another folder with --out."
        )
    if args.cases and args.baseline:
        raise ConfigError("No baseline holds your cases: leave out --baseline, or --cases.")


def baseline_to_compare(args: argparse.Namespace, folder: Path | None) -> RecordedRun | None:
    """The baseline to compare with; `None` where there is nothing to compare with.

    Raises:
        ConfigError: If there is none where one must be.
        RecordedRunError: If it cannot be read.
    """
    if args.write_baseline or args.cases or folder is None:
        return None
    baseline = read_baseline(folder)
    if baseline is None:
        raise ConfigError(f"No baseline in {str(folder)!r}. Write one with `python -m eval run --write-baseline`.")
    if baseline.answerer != args.answerer:
        print(f"The baseline is of the answerer {baseline.answerer}: not compared.", file=sys.stderr)
        return None
    return baseline


def compared(
    args: argparse.Namespace, rows: Sequence[Row], baseline: RecordedRun | None
) -> tuple[Mapping[str, bool] | None, Collection[str]]:
    """Verdicts of the baseline as far as its questions are asked for, and the false premises that it accepts."""
    if baseline is None:
        return None, ()
    asked = {row.id for row in rows} if is_part(args) else baseline.verdicts.keys()
    return {id: correct for id, correct in baseline.verdicts.items() if id in asked}, baseline.accepted


def replace_baseline(folder: Path, done: Run, config: dict[str, object]) -> RecordedRun | None:
    """Write the baseline, and say on standard error what it changes: that belongs into its commit. The baseline."""
    try:
        before = read_baseline(folder)
    except RecordedRunError as exc:
        print(f"baseline: the one before cannot be read: {one_line(str(exc))}", file=sys.stderr)
        before = None
    write_baseline(folder, done, config)
    print(f"baseline: written to {folder}", file=sys.stderr)
    if before is not None:
        paired = pair(before.verdicts, verdicts_of(done.results))
        for name in ("fixed", "broken", "only_before", "only_after"):
            ids: tuple[str, ...] = getattr(paired, name)
            _say(name, ids)
    verdicts = [verdict_of(result) for result in done.results]
    _say("accepts false premises", [verdict.id for verdict in verdicts if verdict.premise_accepted])
    return read_baseline(folder)


def _say(what: str, ids: Sequence[str]) -> None:
    print(f"baseline: {what} {len(ids)}{': ' if ids else ''}{', '.join(ids)}", file=sys.stderr)


def is_part(args: argparse.Namespace) -> bool:
    """Whether only some of the questions of the files are asked."""
    return args.limit is not None or args.half is not None
