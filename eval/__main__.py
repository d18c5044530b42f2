"""`python -m eval COMMAND`: the eval suite's commands, each a module with `add_arguments` and `main`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from types import ModuleType

from eval import adding, aiming, comparing, fit, reporting, retrieval, suite
from rag.errors import QuestionError, RagError
from rag.terminal.ending import end_process, ended
from rag.terminal.lines import one_line

COMMANDS: dict[str, tuple[ModuleType, str, str]] = {
    "run": (suite, "ask the fixed questions and judge the answers", "python -m eval run --limit 10"),
    "retrieval": (
        retrieval,
        "measure how far up the right document stands",
        "python -m eval retrieval squad-open.jsonl --half report",
    ),
    "compare": (
        comparing,
        "set a run beside an earlier one",
        "python -m eval compare eval/results/before eval/results/latest",
    ),
    "report": (reporting, "write a run as one HTML file", "python -m eval report eval/results/latest"),
    "aims": (
        aiming,
        "set a run's test half beside what is aimed at",
        "python -m eval aims eval/results/latest",
    ),
    "add": (
        adding,
        "keep a corrected answer as a case",
        'python -m eval add --question "Who leads it?" --answer "Murakami|村上" --document corpus/aisi.md',
    ),
    "fit": (fit, "fit the weights of hybrid search on half of a file's titles", "python -m eval fit squad-open.jsonl"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; its exit code: 0 done, 1 an error (one line), 2 wrong usage, 130 and 143 on a signal."""
    args = make_parser().parse_args(argv)
    return ended(lambda: _run(args))


def _run(args: argparse.Namespace) -> int:
    try:
        return int(COMMANDS[args.command][0].main(args))
    except RagError as exc:
        if args.debug:
            raise
        print(f"error: {one_line(str(exc))}", file=sys.stderr)
        return 2 if isinstance(exc, QuestionError) else 1


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(prog="python -m eval", description=__doc__)
    parser.add_argument("--debug", action="store_true", help="show where an error comes from")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, help_text, example) in COMMANDS.items():
        command = commands.add_parser(name, help=help_text, description=module.__doc__, epilog=f"example: {example}")
        module.add_arguments(command)
    return parser


if __name__ == "__main__":
    end_process(main)
