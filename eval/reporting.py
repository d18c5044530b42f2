"""`python -m eval report`: a run as one HTML file that opens anywhere, without network, and can be sent to others."""

# ruff: noqa: T201  # a command: its prints are its output

from __future__ import annotations

import argparse
import contextlib
import os
from pathlib import Path

from eval.html_report.page import report_html
from eval.recorded import RecordedRunError, read_run
from rag.errors import ConfigError
from rag.terminal.lines import one_line

_NAME = "report.html"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `report`."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="folder of a run")
    parser.add_argument("--out", metavar="FILE", type=Path, help=f"where to write it (DIR/{_NAME})")


def main(args: argparse.Namespace) -> int:
    """Carry out `report`; always 0.

    Raises:
        RecordedRunError: If the folder holds no run.
        ConfigError: If the file cannot be written.
    """
    out: Path = args.out or args.folder / _NAME
    write_report(args.folder, out)
    print(f"Written to {one_line(str(out))}.")
    return 0


def write_report(folder: Path, out: Path) -> None:
    """Write the report of a run; whoever opens the file meanwhile sees the old one or the new one whole."""
    run = read_run(folder)
    if not run.results:
        raise RecordedRunError(f"{str(folder)!r} is a baseline: it keeps no answers. Give the folder of a run.")
    page = report_html(run).encode()
    fresh = out.with_name(f".{out.name}.{os.getpid()}.new")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(page)
        fresh.replace(out)
    except OSError as exc:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise ConfigError(f"The report {str(out)!r} cannot be written: {exc.strerror}. Name another --out.") from exc
