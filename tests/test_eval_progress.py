"""Progress of a run: a bar where somebody looks, lines in a log."""

from __future__ import annotations

import io

from eval.progress import asking_bar


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_log_gets_a_line_at_the_end() -> None:
    log = io.StringIO()
    with asking_bar(log) as progress:
        for done in range(4):
            progress(done, 3)
    assert log.getvalue() == "asked: 3 of 3\n"


def test_terminal_gets_a_bar_with_counts() -> None:
    terminal = _Terminal()
    with asking_bar(terminal) as progress:
        progress(2, 7)
        progress(7, 7)
    assert "Asked" in terminal.getvalue()
    assert "7/7" in terminal.getvalue()
