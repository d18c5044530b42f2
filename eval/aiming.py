"""`python -m eval aims`: how a run stands to the aims of the project, on the half of the questions kept for testing."""

# ruff: noqa: T201  # a command: its prints are its output

from __future__ import annotations

import argparse
import json
from pathlib import Path

from eval.aims import aim_lines, aims_of
from eval.recorded import RecordedRunError, read_run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `aims`."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="folder of a run")
    parser.add_argument("--json", action="store_true", help="print the aims as JSON")


def main(args: argparse.Namespace) -> int:
    """Carry out `aims`; always 0: what must hold is for the gate to say.

    Raises:
        RecordedRunError: If the folder holds no run, or a baseline, which keeps no answers.
    """
    run = read_run(args.folder)
    if not run.results:
        raise RecordedRunError(f"{str(args.folder)!r} is a baseline: it keeps no answers. Give the folder of a run.")
    aims = aims_of(run.results)
    if args.json:
        print(json.dumps([aim.model_dump() | {"is_reached": aim.is_reached} for aim in aims], indent=2))
    else:
        print("\n".join(aim_lines(aims)))
    return 0
