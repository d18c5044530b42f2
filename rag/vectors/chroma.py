"""Chroma's folder inside a generation: a cache of the store's chunk vectors, opened by one process at a time.

A damaged folder can look healthy and answer wrongly, or end the process, so nothing but what this module left there is
ever opened: after each change a seal is written beside the folder (the store's revision, SHA-256 of every file), and a
folder that does not match its seal is thrown away and filled again from the store. Nothing is embedded for that.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import shutil
import threading
import time
import weakref
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from rag.embedding.model import Vector
from rag.errors import RagError
from rag.store.durable import replace_file
from rag.store.lock import FileLock
from rag.store.reader import Store
from rag.vectors.dense import HNSW, Engine, ExactVectors, nearest, synchronise
from rag.vectors.unused_slots import clear_unused_slots

logger = logging.getLogger(__name__)

FOLDER_NAME = "chroma"
_SEAL = "chroma.seal"
_DISCARD = "chroma.discard"
_LOCK = "chroma.lock"
_COLLECTION = "chunks"
_LOOK_S = 0.5


class ChromaFailedError(Exception):
    """Whatever Chroma raised; none of its classes leave this module."""


class ChromaFolder:
    """The open folder as `Candidates`; its caller holds the lock on it."""

    def __init__(self, generation: Path) -> None:
        """Open the folder if it is as it was sealed, an empty one otherwise.

        Raises:
            ChromaFailedError: If Chroma cannot open it.
            OSError: If it cannot be written.
        """
        self._path = generation / FOLDER_NAME
        self._seal = generation / _SEAL
        self._whole = False
        if (generation / _DISCARD).exists():
            _throw_away(generation)
        elif not self._is_sealed():
            if self._path.exists():
                logger.warning("Chroma: %s is not as it was left; it is filled again from the index.", self._path)
            _throw_away(generation)
        with _failures():
            import chromadb
            from chromadb.config import Settings as ChromaSettings

            self._client = chromadb.PersistentClient(
                str(self._path.absolute()), settings=ChromaSettings(anonymized_telemetry=False)
            )
            try:
                self._collection: Any = self._client.get_or_create_collection(
                    _COLLECTION, embedding_function=None, configuration={"hnsw": HNSW}
                )
            except BaseException:
                self._client.close()
                raise

    def keys(self) -> list[int]:
        with _failures():
            return [int(key) for key in self._collection.get(include=[])["ids"]]

    def upsert(self, keys: Sequence[int], document_keys: Sequence[int], vectors: Vector) -> None:
        self._break_seal()
        with _failures():
            self._collection.upsert(
                ids=[str(key) for key in keys],
                embeddings=vectors,
                metadatas=[{"document_key": int(key)} for key in document_keys],
            )

    def delete(self, keys: Sequence[int]) -> None:
        self._break_seal()
        with _failures():
            self._collection.delete(ids=[str(key) for key in keys])

    def query(self, vector: Vector, n: int, document_keys: Collection[int] | None) -> list[int]:
        where = None if document_keys is None else {"document_key": {"$in": [int(key) for key in document_keys]}}
        with _failures():
            found = self._collection.query(query_embeddings=[vector], n_results=n, include=[], where=where)
            return [int(key) for key in found["ids"][0]]

    def seal(self) -> None:
        """State that the folder is whole as it lies there now: after opening too, for that writes to it.

        Raises:
            ChromaFailedError: If its files are not what Chroma is known to write.
            OSError: If it cannot be written.
        """
        try:
            clear_unused_slots(self._path)
        except ValueError as exc:
            raise ChromaFailedError(str(exc)) from exc
        self._whole = True
        replace_file(self._seal, json.dumps(_hashes(self._path)).encode())

    def close(self) -> None:
        with _failures():
            self._client.close()
        if self._whole:
            self.seal()

    def _break_seal(self) -> None:
        self._whole = False
        self._seal.unlink(missing_ok=True)

    def _is_sealed(self) -> bool:
        try:
            sealed = json.loads(self._seal.read_text("utf-8"))
            return bool(sealed) and bool(sealed == _hashes(self._path))
        except (OSError, ValueError):
            return False


class ChromaVectors:
    """Dense search through Chroma's folder, brought up to date by a thread of its own.

    Until it is, and whenever Chroma fails, a search is answered exactly from the store: the hits are the same.
    """

    def __init__(self, store: Store, lock: FileLock) -> None:
        self._store = store
        self._exact = ExactVectors(store)
        self._follower = _Follower(weakref.ref(store), store.path.parent, lock)
        # Also at the end of the process; the follower refers to the store weakly, so that what nobody uses can go.
        self._finalizer = weakref.finalize(self, self._follower.close)

    @property
    def engine(self) -> Engine:
        """`chroma` once it is up to date, until then `exact`."""
        with self._follower.borrowed(self._store.revision) as folder:
            return "exact" if folder is None else "chroma"

    def search(self, vector: Vector, k: int, document_keys: Collection[int] | None = None) -> list[tuple[int, float]]:
        """As `VectorSearch.search`."""
        with self._follower.borrowed(self._store.revision) as folder:
            hits = None if folder is None else self._through(folder, vector, k, document_keys)
        if hits is not None:
            return hits
        return self._exact.search(vector, k, document_keys)

    def _through(
        self, folder: ChromaFolder, vector: Vector, k: int, document_keys: Collection[int] | None
    ) -> list[tuple[int, float]] | None:
        try:
            hits = nearest(folder, self._store, vector, k, document_keys)
        except ChromaFailedError as exc:
            logger.warning("Chroma: a search failed (%s); it is filled again from the index.", exc)
            hits = None
        if hits is None:
            self._follower.start_again()
        return hits

    def wait(self, timeout_s: float) -> bool:
        """Whether Chroma is up to date within that time."""
        return self._follower.wait(self._store.revision, timeout_s)

    def close(self) -> None:
        """Close the folder; searches go on exactly."""
        self._finalizer()


def lock_chroma(generation: Path) -> FileLock | None:
    """The held lock on a generation's Chroma folder; `None` where another process has it, or nothing can be written."""
    lock = FileLock(generation / _LOCK)
    with contextlib.suppress(OSError):
        if lock.acquire():
            return lock
    return None


def discard(generation: Path, *, wait_s: float = 0.0) -> bool:
    """Throw Chroma's folder away: a cache keeps in its files what was deleted from it.

    A process that has it open is told by a file beside it. It looks twice a second, throws the folder away by itself
    and fills it again; one that was killed before leaves that to whoever opens the folder next.

    Args:
        generation: Folder of the generation.
        wait_s: How long to wait for such a process, in seconds.

    Returns:
        Whether it is gone.
    """
    give_up = time.monotonic() + wait_s
    marker = generation / _DISCARD
    with contextlib.suppress(OSError):
        marker.touch()
        while marker.exists():
            if (lock := lock_chroma(generation)) is not None:
                try:
                    _throw_away(generation)
                finally:
                    lock.release()
            elif time.monotonic() >= give_up:
                return False
            else:
                time.sleep(_LOOK_S / 10)
        return True
    return False


class _Follower:
    """The thread that fills Chroma's folder and keeps it at the store's revision."""

    def __init__(self, store: weakref.ref[Store], generation: Path, lock: FileLock) -> None:
        self._store = store
        self._generation = generation
        self._lock = lock
        self._folder: ChromaFolder | None = None
        self._revision = -1
        self._n_failures = 0
        self._n_borrowed = 0
        self._closing = False
        self._fresh = False
        self._changed = threading.Condition()
        self._wanted = 0
        self._thread = threading.Thread(target=self._run, name="kihon-chroma", daemon=True)
        self._thread.start()

    @contextlib.contextmanager
    def borrowed(self, revision: int) -> Iterator[ChromaFolder | None]:
        """The folder if it is at this revision, kept open until given back; otherwise it is asked to go there."""
        with self._changed:
            folder = self._folder if self._revision == revision else None
            if folder is None:
                self._wanted = revision
                self._changed.notify_all()
            else:
                self._n_borrowed += 1
        try:
            yield folder
        finally:
            if folder is not None:
                with self._changed:
                    self._n_borrowed -= 1
                    self._changed.notify_all()

    def wait(self, revision: int, timeout_s: float) -> bool:
        with self._changed:
            self._wanted = revision
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self._revision == revision or self._given_up, timeout_s) and (
                self._revision == revision
            )

    def start_again(self) -> None:
        """Fill the folder anew: it failed, or gave fewer chunks than there are."""
        with self._changed:
            if self._revision >= 0:
                self._n_failures += 1
                self._revision, self._fresh = -1, True
                self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._closing = True
            self._revision = -1
            self._changed.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join()

    @property
    def _given_up(self) -> bool:
        return self._closing or self._n_failures > 2

    def _run(self) -> None:
        try:
            while self._next():
                try:
                    self._follow()
                except (ChromaFailedError, RagError, OSError) as exc:
                    logger.warning("Chroma: cannot be used now (%s); searching without it.", exc)
                    with self._changed:
                        self._n_failures += 1
                        self._fresh = True
                        self._changed.notify_all()
        finally:
            self._shut()
            with contextlib.suppress(OSError):
                if (self._generation / _DISCARD).exists():
                    _throw_away(self._generation)
            self._lock.release()

    def _next(self) -> bool:
        """Wait for work; false when there is none any more."""
        with self._changed:
            while not self._changed.wait_for(
                lambda: self._given_up or self._fresh or self._wanted != self._revision, _LOOK_S
            ):
                if (self._generation / _DISCARD).exists():
                    self._revision, self._fresh = -1, True
            return not self._given_up

    def _follow(self) -> None:
        if self._fresh:
            self._shut()
            _throw_away(self._generation)
            self._fresh = False
        if self._folder is None:
            self._folder = ChromaFolder(self._generation)
        store = self._store()
        if store is None:
            return
        revision = synchronise(self._folder, store, stop=lambda: self._closing)
        del store
        if self._closing:
            return
        self._folder.seal()
        with self._changed:
            self._revision = self._wanted = revision
            self._changed.notify_all()

    def _shut(self) -> None:
        with self._changed:
            folder, self._folder = self._folder, None
            # A folder closed under a search in Chroma's own code could end the process.
            self._changed.wait_for(lambda: self._n_borrowed == 0)
        if folder is not None:
            with contextlib.suppress(ChromaFailedError, OSError):
                folder.close()


@contextlib.contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as exc:  # a panic in Chroma's Rust code is no `Exception`
        raise ChromaFailedError(f"{type(exc).__name__}: {exc}") from exc


def _hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    result = {}
    for path in files:
        with path.open("rb") as stream:
            result[path.relative_to(folder).as_posix()] = hashlib.file_digest(stream, "sha256").hexdigest()
    return result


def _throw_away(generation: Path) -> None:
    """Remove folder and seal, and last the request for it; the caller holds the lock."""
    (generation / _SEAL).unlink(missing_ok=True)
    _remove(generation / FOLDER_NAME)
    (generation / _DISCARD).unlink(missing_ok=True)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
