"""How a command ends: its exit code on Ctrl-C, SIGTERM or a closed pipe, with files and locks closed on the way out."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import NoReturn


class Terminated(BaseException):
    """SIGTERM, raised in the main thread so that files and locks are closed on the way out."""


def ended(command: Callable[[], int]) -> int:
    """Run a command; its exit code, or 130 on Ctrl-C and 143 where `end_process` turned SIGTERM into `Terminated`."""
    try:
        status = command()
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except Terminated:
        return 128 + signal.SIGTERM
    except BrokenPipeError:
        # The reader of our output has left (`… | head -1`): there is nobody to tell, at exit neither.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


def end_process(main: Callable[[], int]) -> NoReturn:
    """Run a program's `main`, which calls `ended`, and leave the process with its exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    code = main()
    if code > 128:
        # Everything of ours is closed. What the libraries still tidy up takes longer than who pressed Ctrl-C waits.
        os._exit(code)
    sys.exit(code)


def _terminate(signum: int, frame: FrameType | None) -> NoReturn:
    raise Terminated
