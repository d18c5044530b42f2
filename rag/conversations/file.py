"""The SQLite file of the conversations: its tables, short transactions, and what becomes of a damaged one."""

from __future__ import annotations

import contextlib
import datetime
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from rag.errors import ConversationError
from rag.store.lock import waiting_lock

FILE_NAME = "conversations.sqlite3"
SCHEMA_VERSION = 2
_LOCK_NAME = ".conversations.lock"
_BUSY_S = 10.0
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

# Since version 2.
_VERSIONS = """CREATE TABLE versions (            -- what a turn took the place of, oldest first
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        turn INTEGER NOT NULL REFERENCES turns(key) ON DELETE CASCADE,
        question TEXT NOT NULL,
        answer TEXT NOT NULL                -- JSON of an `Answer` without hits
    )"""
_VERSIONS_INDEX = "CREATE INDEX versions_of_turn ON versions(turn)"
_SET_VERSION = f"PRAGMA user_version = {SCHEMA_VERSION}"

# `folded` is what a search looks through; answers lie apart, so that it need not read past them.
_TABLES = (
    """CREATE TABLE conversations (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        owner BLOB NOT NULL,                -- SHA-256: whoever reads the file learns no session id or login
        title TEXT NOT NULL,
        folded TEXT NOT NULL,
        created TEXT NOT NULL,
        changed TEXT NOT NULL
    )""",
    "CREATE INDEX conversations_of_owner ON conversations(owner, changed)",
    """CREATE TABLE turns (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation INTEGER NOT NULL REFERENCES conversations(key) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        question TEXT NOT NULL,
        folded TEXT NOT NULL,
        asked TEXT NOT NULL,
        rating TEXT,                        -- JSON of a `Rating`
        UNIQUE (conversation, number)
    )""",
    """CREATE TABLE answers (
        turn INTEGER PRIMARY KEY REFERENCES turns(key) ON DELETE CASCADE,
        answer TEXT NOT NULL                -- JSON of an `Answer`
    )""",
    """CREATE TABLE uploads (                 -- which uploads an answer speaks of
        document_id TEXT NOT NULL,
        turn INTEGER NOT NULL REFERENCES turns(key) ON DELETE CASCADE,
        PRIMARY KEY (document_id, turn)
    ) WITHOUT ROWID""",
    "CREATE INDEX uploads_of_turn ON uploads(turn)",
    _VERSIONS,
    _VERSIONS_INDEX,
    _SET_VERSION,
)
# What a file of an earlier version lacks; the first statement fails where it is none of ours: that stays as it is.
_ADDED = {1: ("SELECT key FROM turns LIMIT 1", _VERSIONS, _VERSIONS_INDEX, _SET_VERSION)}


class ConversationsFile:
    """Opens the file for each transaction anew: several threads and processes use it at once."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / FILE_NAME

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection inside a transaction that sees one state.

        Raises:
            ConversationError: If the file cannot be read; a damaged one has been set aside then.
        """
        with self._opened() as db:
            db.execute("BEGIN")
            try:
                yield db
            finally:
                db.rollback()

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection inside a transaction that is kept if the body ends well.

        Raises:
            ConversationError: If the file cannot be written, and as `reading`; nothing of the body is kept then.
        """
        with self._opened() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.commit()
            finally:
                if db.in_transaction:
                    db.rollback()

    def compact(self) -> None:
        """Write the file anew and empty its log: what was deleted is in no page afterwards.

        Raises:
            ConversationError: As `writing`, and if another process reads it all the while (`busy`).
        """
        with self._opened() as db:
            db.execute("VACUUM")
            is_busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if is_busy:
            raise self._error("busy", "is being read by another process, and its log holds what was deleted")

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            with contextlib.closing(self._connect()) as db:
                yield db
        except sqlite3.Error as exc:
            raise self._translated(exc) from exc
        except OSError as exc:
            raise self._error("unwritable", f"cannot be used: {exc.strerror or exc}") from exc

    def _connect(self) -> sqlite3.Connection:
        if not self.path.exists():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Nobody else reads what is asked.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        address = f"file:{quote(str(self.path.absolute()))}?mode=rw"
        db = sqlite3.connect(address, uri=True, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA secure_delete = ON")
            db.execute("PRAGMA foreign_keys = ON")
            self._bring_up(db)
        except BaseException:
            db.close()
            raise
        return db

    def _bring_up(self, db: sqlite3.Connection) -> None:
        """Make the tables in a new file, those that an earlier version lacks, and refuse one of a later version."""
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            db.execute("PRAGMA journal_mode = WAL")
        if version < SCHEMA_VERSION:
            db.execute("BEGIN IMMEDIATE")
            # Another process may have come first.
            now = db.execute("PRAGMA user_version").fetchone()[0]
            for statement in _TABLES if now == 0 else _ADDED.get(now, ()):
                db.execute(statement)
            db.commit()
        elif version > SCHEMA_VERSION:
            raise self._error("version", f"was written by a later version of this program (schema {version})")

    def _translated(self, exc: sqlite3.Error) -> ConversationError:
        code = (getattr(exc, "sqlite_errorcode", None) or 0) & 0xFF
        if code == sqlite3.SQLITE_BUSY:
            return self._error("busy", "is in use by another process; try again in a moment")
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            free = shutil.disk_usage(self.path.parent).free
            return self._error("unwritable", f"cannot be written: the disk is full or failing ({free:,} bytes free)")
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            return self._error("unwritable", "cannot be opened: give this user read and write access to its folder")
        if code not in _DAMAGED and not self._has_other_tables(exc):
            return self._error("unwritable", f"cannot be used: {exc}")
        return self._set_aside(exc)

    @staticmethod
    def _has_other_tables(exc: sqlite3.Error) -> bool:
        return isinstance(exc, sqlite3.OperationalError) and "no such" in str(exc)

    def _set_aside(self, exc: sqlite3.Error) -> ConversationError:
        """Rename the damaged file with its log, so that the next call begins a new one and nothing is lost."""
        stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S%fZ")
        kept = self.path.with_name(f"{FILE_NAME}.damaged-{stamp}")
        try:
            with waiting_lock(self.path.with_name(_LOCK_NAME)):
                if not self._is_damaged():
                    return self._error("busy", "was damaged and has been replaced just now; try again")
                for ending in ("-wal", "-shm", ""):
                    with contextlib.suppress(FileNotFoundError):
                        self.path.with_name(FILE_NAME + ending).rename(kept.with_name(kept.name + ending))
        except OSError as failed:
            return self._error(
                "unwritable", f"is damaged ({exc}), and cannot be set aside: {failed.strerror or failed}"
            )
        return self._error(
            "damaged",
            f"is damaged ({exc}). It was set aside as {kept.name!r} and a new one is begun; `sqlite3 {kept.name} "
            "'.recover'` shows what can be saved",
        )

    def _is_damaged(self) -> bool:
        """Whether the file that lies there now fails: another process may have replaced it meanwhile."""
        try:
            with contextlib.closing(self._connect()) as db:
                for table in ("conversations", "turns", "answers", "uploads", "versions"):
                    db.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - our names
                return bool(db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok")
        except sqlite3.Error:
            return True

    def _error(self, code: str, what: str) -> ConversationError:
        return ConversationError(f"The file of conversations {str(self.path)!r} {what}.", code=code)
