"""How far a run has come -> a bar with an estimate on a terminal, a line now and then in a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

_LOG_EVERY_S = 10.0


@contextmanager
def asking_bar(stream: TextIO, what: str = "asked") -> Iterator[Callable[[int, int], None]]:
    """A callback for `eval.runner.run`: called with the number of questions asked (or judged: `what`), and of all."""
    if not stream.isatty():
        yield _Lines(stream, what)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=stream)) as bar:
        task = bar.add_task(what.capitalize(), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class _Lines:
    """A line every ten seconds, and one at the end."""

    def __init__(self, stream: TextIO, what: str) -> None:
        self._stream = stream
        self._what = what
        self._last = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done == total or now - self._last >= _LOG_EVERY_S:
            self._last = now
            print(f"{self._what}: {done} of {total}", file=self._stream, flush=True)
