"""A reader's connections to the store's file, shared between threads."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from rag.store.lock import FileLock
from rag.store.schema import connect

_IDLE = 8  # kept open between calls; Streamlit makes a thread for every run of a page


class Connections:
    """Connections to one file, each used by one thread at a time, a few idle ones kept; and the hold on its folder."""

    def __init__(self, path: Path, held: FileLock | None) -> None:
        self._path = path
        self._held = held
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._closed = False

    @contextlib.contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        connection = connection or connect(self._path, writable=False)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        with self._lock:
            if keep := not self._closed and len(self._idle) < _IDLE:
                self._idle.append(connection)
        if not keep:
            connection.close()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
        if self._held is not None:
            self._held.release()
