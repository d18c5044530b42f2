"""The store's tables, how its file is opened, and how SQLite's errors become ours."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from rag.answer import FileReport
from rag.errors import IndexDamagedError, IndexLockedError, IndexStoreError

STORE_NAME = "kihon.sqlite3"

# Keys of chunks and documents are never used twice (AUTOINCREMENT), so a vector cache can tell what is new by key.
# `lexical` holds text that is analysed already, terms joined by spaces: its tokenizer may only split at white space.
TABLES = """
CREATE TABLE passport (field TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    index_id TEXT NOT NULL,             -- one per generation; names the collection on a Chroma server
    revision INTEGER NOT NULL,          -- grows with each committed change
    n_documents INTEGER NOT NULL,       -- counted in the same transactions as the rows: they must agree
    n_chunks INTEGER NOT NULL,
    unswept INTEGER NOT NULL            -- 1 while vectors and terms of deleted text may remain
);
CREATE TABLE documents (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    document_id TEXT NOT NULL UNIQUE,
    root TEXT NOT NULL,
    path TEXT NOT NULL,
    sha256 TEXT NOT NULL,               -- of the file's bytes
    loader_version INTEGER NOT NULL,    -- of the loader that read them
    language TEXT,
    kind TEXT,
    status TEXT,
    publisher TEXT,
    first_day TEXT,                     -- of `date`: 2025-12 spans 2025-12-01 to 2025-12-31
    last_day TEXT,
    metadata TEXT NOT NULL,             -- JSON: the document without text, pages and sections
    layout TEXT NOT NULL,               -- JSON: pages and sections
    text TEXT NOT NULL,
    text_sha256 TEXT NOT NULL,
    boxes BLOB
);
CREATE TABLE chunks (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    document_key INTEGER NOT NULL REFERENCES documents(key) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    context TEXT NOT NULL,
    section TEXT,
    page INTEGER,
    text TEXT NOT NULL,
    vector INTEGER NOT NULL
);
CREATE INDEX chunks_of_document ON chunks(document_key);
CREATE TABLE sentences (
    chunk_key INTEGER NOT NULL REFERENCES chunks(key) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    vector INTEGER NOT NULL,
    PRIMARY KEY (chunk_key, ordinal)
) WITHOUT ROWID;
CREATE TABLE vectors (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,          -- SHA-256 of the embedded text
    value BLOB NOT NULL                 -- float32, little endian
);
CREATE TABLE refusals (                 -- files that were read and not indexed, so that they are not read again
    document_id TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL,
    limits TEXT NOT NULL,               -- the settings under which the verdict holds
    verdict TEXT NOT NULL,
    code TEXT,
    reason TEXT
) WITHOUT ROWID;
CREATE VIRTUAL TABLE lexical USING fts5(
    title, context, body, tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* P* S* Co'"
);
CREATE VIRTUAL TABLE lexical_terms USING fts5vocab(lexical, row);
"""


def connect(path: Path, *, writable: bool) -> sqlite3.Connection:
    """An existing store's connection, usable from any one thread at a time; transactions are begun by hand.

    Raises:
        sqlite3.Error: See `translated`.
    """
    if writable:
        connection = _open(path, "rw")
        # FULL: a document that was reported as done outlives a power cut too. Embedding costs far more than the sync.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA foreign_keys = ON")
    else:
        connection = _open_reader(path)
        connection.execute("PRAGMA query_only = ON")
    return connection


def create(path: Path) -> sqlite3.Connection:
    """A new, empty store's connection: tables, no passport yet."""
    path.touch(exist_ok=False)
    connection = connect(path, writable=True)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(f"BEGIN; {TABLES} COMMIT;")
    return connection


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's and the system's errors on the store at `path` into `IndexStoreError`s that say what to do."""
    try:
        yield
    except sqlite3.Error as exc:
        raise _translate(exc, path) from exc
    except OSError as exc:
        raise IndexStoreError(f"The index {str(path)!r} cannot be used: {exc.strerror or exc}.") from exc


def refusal_report(document_id: str, verdict: str, code: str | None, reason: str | None) -> FileReport:
    """A row of `refusals` as the verdict that it keeps."""
    root, _, path = document_id.partition("/")
    return FileReport.model_validate({"path": path, "root": root, "verdict": verdict, "code": code, "reason": reason})


def damaged(path: Path, what: str) -> IndexDamagedError:
    """The error for a store that contradicts itself: the file, what is wrong, the command."""
    return IndexDamagedError(
        f"The index {str(path)!r} is damaged: {what}. Make it again with `python -m rag index --rebuild`."
    )


def _open(path: Path, mode: str) -> sqlite3.Connection:
    address = f"file:{quote(str(path.absolute()))}?mode={mode}"
    return sqlite3.connect(address, uri=True, timeout=10, check_same_thread=False, isolation_level=None)


def _open_reader(path: Path) -> sqlite3.Connection:
    if os.access(path.parent, os.W_OK) and os.access(path, os.W_OK):
        return _open(path, "rw")  # a reader of a WAL file writes its -shm beside it
    connection = _open(path, "ro")
    try:
        connection.execute("SELECT revision FROM state").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        # A sealed folder: nobody writes, the log is empty, so the file alone is the whole index.
        wal = path.with_name(f"{path.name}-wal")
        if wal.exists() and wal.stat().st_size:
            raise
        connection = _open(path, "ro&immutable=1")
    return connection


def _translate(exc: sqlite3.Error, path: Path) -> IndexStoreError:
    code = (getattr(exc, "sqlite_errorcode", None) or 0) & 0xFF
    place = repr(str(path))
    if code == sqlite3.SQLITE_BUSY:
        return IndexLockedError(f"The index {place} is in use by another process; try again in a moment.")
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        free = shutil.disk_usage(path.parent).free if path.parent.is_dir() else 0
        return IndexStoreError(
            f"The index {place} cannot be written or read: the disk is full or failing ({free:,} bytes free). What was "
            "indexed before is kept; make room and run `python -m rag index` again."
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        if not path.is_file():
            return damaged(path, "the file is missing")
        return IndexStoreError(
            f"The index {place} cannot be opened: no permission. Give this user read and write access to "
            f"{str(path.parent)!r}, or set RAG_INDEX_DIR to another folder."
        )
    return damaged(path, str(exc))
