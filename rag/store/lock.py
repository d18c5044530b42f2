"""Locks of the operating system: they die with their owner, so a killed run never blocks the next."""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rag.errors import IndexLockedError, IndexStoreError

_POLL_S = 0.2
_SHORT_POLL_S = 0.02
# A holder killed while it starts a process leaves a copy of its lock there, until that process has loaded its program.
_ORPHAN_S = 10.0


class FileLock:
    """An exclusive or shared lock on a file of its own, held until `release`; never blocks."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self, *, shared: bool = False) -> bool:
        """Take the lock; false if another holds it. A shared one needs only the right to read the file.

        Raises:
            OSError: If the file cannot be opened.
        """
        flags = os.O_RDONLY if shared else os.O_RDWR | os.O_CREAT
        descriptor = os.open(self.path, flags | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def write(self, text: str) -> None:
        """Replace the file's content; its holder tells who it is."""
        assert self._descriptor is not None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)


@contextlib.contextmanager
def writer_lock(index_dir: Path, *, wait: bool = False, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the index's lock: one writer at a time.

    Args:
        index_dir: The index's folder; made where missing.
        wait: Wait for another holder to end, instead of raising.
        on_wait: Called a few times a second while waiting; what it raises ends the wait.

    Raises:
        IndexLockedError: If another process or thread holds it; the message says who and since when.
        IndexStoreError: If the folder cannot be written.
    """
    lock = FileLock(index_dir / "lock")
    try:
        index_dir.mkdir(parents=True, exist_ok=True)
        give_up = time.monotonic() + _ORPHAN_S
        while not lock.acquire():
            if wait:
                if on_wait is not None:
                    on_wait()
                time.sleep(_POLL_S)
            elif _is_dead(_holder(lock.path)) and time.monotonic() < give_up:
                time.sleep(_SHORT_POLL_S)
            else:
                raise IndexLockedError(_held(lock.path))
        lock.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": _now()}))
    except OSError as exc:
        lock.release()
        raise IndexStoreError(
            f"The index folder {str(index_dir)!r} cannot be written: {exc.strerror or exc}. Give this user write "
            "access to it, or set RAG_INDEX_DIR to another folder."
        ) from exc
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def waiting_lock(path: Path, *, wait_s: float = 10.0) -> Iterator[None]:
    """Hold a lock for a moment's work, waiting for others who do the same.

    Args:
        path: The lock's file; made where missing.
        wait_s: How long to wait, in seconds.

    Raises:
        TimeoutError: If another holds it all that time.
        OSError: If the file cannot be opened.
    """
    lock = FileLock(path)
    give_up = time.monotonic() + wait_s
    while not lock.acquire():
        if time.monotonic() > give_up:
            raise TimeoutError(f"another process has held {str(path)!r} for {wait_s:.0f} s")
        time.sleep(_SHORT_POLL_S)
    try:
        yield
    finally:
        lock.release()


def _holder(path: Path) -> tuple[int, str, str] | None:
    """Process id, host and time that the lock's holder wrote; `None` where it wrote nothing readable."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        holder = json.loads(path.read_text("utf-8"))
        return int(holder["pid"]), str(holder["host"]), str(holder["since"])
    return None


def _is_dead(holder: tuple[int, str, str] | None) -> bool:
    """Whether the holder was a process of this machine that has ended."""
    if holder is None or holder[1] != socket.gethostname():
        return False
    try:
        os.kill(holder[0], 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # another user's process, or a number that is none
        pass
    return False


def _held(path: Path) -> str:
    holder = _holder(path)
    who = f"process {holder[0]} on {holder[1]!r}, since {holder[2]}" if holder else "another process"
    return (
        f"The index {str(path.parent)!r} is being written by {who}. Wait for it to end, "
        "or run `python -m rag index --wait`."
    )


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).astimezone().isoformat(timespec="seconds")
