"""Progress of indexing and fetching -> a bar with an estimate on a terminal, a few lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from rag.terminal.lines import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from rag.fetching.fetch import FetchProgress
    from rag.index.build import IndexProgress

_LOG_EVERY_S = 10.0
_NAME_CHARS = 44


@contextmanager
def progress_bar(stream: TextIO | None = None) -> Iterator[Callable[[IndexProgress], None]]:
    """A callback for `build_index` that draws on a terminal, or writes a line every ten seconds elsewhere.

    Args:
        stream: Where to; default: standard error, so that results on standard output stay clean.
    """
    stream = stream if stream is not None else sys.stderr
    if not stream.isatty():
        yield _Lines(stream)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=stream), transient=True) as bar:
        task = bar.add_task("Looking for changes", total=None)

        def show(step: IndexProgress) -> None:
            # markup=False has no effect on a column's text: brackets in a file name are escaped instead.
            name = one_line(step.path)[-_NAME_CHARS:].replace("[", r"\[")
            bar.update(task, completed=step.done, total=step.total or None, description=name or "Looking for changes")

        yield show


@contextmanager
def download_bar(stream: TextIO | None = None) -> Iterator[Callable[[FetchProgress], None]]:
    """A callback for `fetch_sources`, as `progress_bar` is for `build_index`; the bar is that of the file in hand."""
    stream = stream if stream is not None else sys.stderr
    if not stream.isatty():
        yield _DownloadLines(stream)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(file=stream), transient=True) as bar:
        task = bar.add_task("Fetching", total=None)

        def show(step: FetchProgress) -> None:
            name = f"{step.done + 1} of {step.total}  {step.id[-_NAME_CHARS:]}"
            bar.update(task, completed=step.n_bytes, total=step.total_bytes, description=name)

        yield show


class _DownloadLines:
    """A line now and then, for logs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._last = time.monotonic()

    def __call__(self, step: FetchProgress) -> None:
        now = time.monotonic()
        if now - self._last >= _LOG_EVERY_S:
            self._last = now
            place = f"{step.done + 1} of {step.total}"
            print(f"fetching: {place}, {step.id}, {step.n_bytes:,} bytes", file=self._stream, flush=True)


class _Lines:
    """A line now and then, for logs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._last = time.monotonic()

    def __call__(self, step: IndexProgress) -> None:
        now = time.monotonic()
        if step.total and now - self._last >= _LOG_EVERY_S:
            self._last = now
            print(f"indexing: {step.done} of {step.total} files", file=self._stream, flush=True)
