"""The index's folder: which generation counts, how the next one takes over, when an old one goes.

INDEX/CURRENT           names the generation that readers open, replaced atomically
INDEX/lock              held by the one writer
INDEX/gen-N/            kihon.sqlite3, chroma/, readers (locked, shared, by every reader)
"""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from pathlib import Path

from rag.errors import IndexDamagedError, IndexNotFoundError, IndexStoreError
from rag.store.durable import replace_file
from rag.store.lock import FileLock

_NAME = re.compile(r"gen-([1-9]\d{0,8})", re.ASCII)
_CURRENT = "CURRENT"
_READERS = "readers"
_REBUILD = "`python -m rag index --rebuild`"


def current_generation(index_dir: Path) -> Path:
    """Folder of the generation that counts.

    Raises:
        IndexNotFoundError: If there is no index.
        IndexDamagedError: If `CURRENT` is unusable while generations are there, or names one that is not.
        IndexStoreError: If the folder cannot be read.
    """
    path = index_dir / _CURRENT
    try:
        name = path.read_text("utf-8").strip()
    except FileNotFoundError:
        if generations(index_dir):
            raise IndexDamagedError(
                f"The index is damaged: {str(path)!r} is missing. Make it again with {_REBUILD}."
            ) from None
        raise IndexNotFoundError(index_dir) from None
    except (IsADirectoryError, UnicodeDecodeError):
        name = ""
    except OSError as exc:
        raise IndexStoreError(
            f"The index {str(index_dir)!r} cannot be read: {exc.strerror or exc}. Give this user read access to it, "
            "or set RAG_INDEX_DIR to another folder."
        ) from exc
    if not _NAME.fullmatch(name) or not (index_dir / name).is_dir():
        raise IndexDamagedError(
            f"The index is damaged: {str(path)!r} names {name!r}, which is not there. Make it again with {_REBUILD}."
        )
    return index_dir / name


def generations(index_dir: Path) -> list[Path]:
    """Folders of all generations, oldest first."""
    if not index_dir.is_dir():
        return []
    found = [path for path in index_dir.iterdir() if _NAME.fullmatch(path.name) and path.is_dir()]
    return sorted(found, key=lambda path: int(path.name.removeprefix("gen-")))


def new_generation(index_dir: Path) -> Path:
    """Make the folder of the next generation; readers do not see it before `switch_to`."""
    newest = generations(index_dir)
    number = int(newest[-1].name.removeprefix("gen-")) + 1 if newest else 1
    folder = index_dir / f"gen-{number}"
    with _explained(index_dir):
        folder.mkdir()
        (folder / _READERS).touch()
    return folder


def switch_to(folder: Path) -> None:
    """Let `CURRENT` name this generation, so that a crash at any moment leaves the old name or the new."""
    index_dir = folder.parent
    path = index_dir / _CURRENT
    with _explained(index_dir):
        if path.is_dir():
            shutil.rmtree(path)
        replace_file(path, f"{folder.name}\n".encode())


def remove_others(kept: Path) -> None:
    """Remove every other generation that no reader has open; one in use goes with a later run."""
    for folder in generations(kept.parent):
        if folder.name != kept.name:
            remove(folder)


def remove(folder: Path) -> bool:
    """Remove a generation unless a reader has it open."""
    lock = FileLock(folder / _READERS)
    with contextlib.suppress(OSError):
        if not lock.acquire():
            return False
        try:
            shutil.rmtree(folder)
        finally:
            lock.release()
    return not folder.exists()


def hold(folder: Path) -> FileLock | None:
    """A held lock that keeps a generation from being removed; `None` where its lock file is missing or sealed."""
    lock = FileLock(folder / _READERS)
    with contextlib.suppress(FileNotFoundError, PermissionError):
        while not lock.acquire(shared=True):
            time.sleep(0.01)  # someone is removing it: in a moment there is no file
        return lock
    return None


class _explained(contextlib.AbstractContextManager[None]):  # noqa: N801 - used as a function
    def __init__(self, index_dir: Path) -> None:
        self._index_dir = index_dir

    def __exit__(self, kind: object, exc: BaseException | None, trace: object) -> None:
        if isinstance(exc, OSError):
            free = shutil.disk_usage(self._index_dir).free if self._index_dir.is_dir() else 0
            raise IndexStoreError(
                f"The index folder {str(self._index_dir)!r} cannot be written: {exc.strerror or exc} "
                f"({free:,} bytes free). The index is as it was before."
            ) from exc
