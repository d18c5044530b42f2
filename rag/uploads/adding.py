"""Bytes and a name -> a file under `uploads/`, indexed, with the verdict on it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import unicodedata
from collections.abc import Iterator
from pathlib import PurePosixPath

from rag.answer import FileReport
from rag.config import Settings
from rag.errors import IndexNotFoundError, UploadError
from rag.index.build import Progress, build_index
from rag.loading.files import files_by_path, find_file, report
from rag.loading.formats import format_of, not_supported
from rag.store.durable import replace_file
from rag.store.generation import current_generation
from rag.store.lock import waiting_lock
from rag.store.reader import Store
from rag.uploads.names import numbered, safe_name

_MB = 1024 * 1024
_LOCK_NAME = ".uploads.lock"
_PART = ".part"


def add_upload(name: str, data: bytes, settings: Settings, progress: Progress | None = None) -> FileReport:
    """Keep a file under `uploads/` of the data folder and index it.

    Args:
        name: What the reader calls it; only its last part counts, made safe (`rag.uploads.names`).
        data: Its bytes.
        settings: Folders and limits.
        progress: As for `build_index`.

    Returns:
        The verdict on this file. `added`, with code `numbered` where another file has its name. `unchanged` with code
        `duplicate`: a document with the same bytes is indexed, and `root` and `path` are that one's. `rejected` or
        `skipped` with code and reason: it was read and cannot be indexed (`scanned`, `encrypted`, `damaged`, …); it is
        kept, and listed with the reason, unless it is empty or of a format that is not read.

    Raises:
        UploadError: If it is too large, too many files or bytes would be kept, or it cannot be written.
        IndexStoreError: And whatever else `build_index` raises; the file is not kept then.
    """
    kept_as = safe_name(name)
    if format_of(kept_as) is None:
        return report("uploads", kept_as, "unsupported", not_supported())
    if not data:
        return report("uploads", kept_as, "empty", "The file is empty (0 bytes).")
    if len(data) > settings.max_file_mb * _MB:
        raise UploadError(
            f"{kept_as!r} has {len(data) / _MB:,.1f} MB; the limit is {settings.max_file_mb:g} MB (RAG_MAX_FILE_MB).",
            code="too_large",
        )
    sha256 = hashlib.sha256(data).hexdigest()
    if (known := _indexed_already(sha256, kept_as, settings)) is not None:
        return known
    path, is_new = _keep(kept_as, data, settings)
    try:
        found = build_index(settings, progress, wait=True)
    except BaseException:
        if is_new:
            with uploads_locked(settings), contextlib.suppress(FileNotFoundError):
                (settings.roots()["uploads"] / path).unlink()
        raise
    verdict = next(file for file in found.files if (file.root, file.path) == ("uploads", path))
    if verdict.verdict == "unchanged":
        return _duplicate(verdict.root, verdict.path)
    if verdict.verdict == "added" and path != kept_as:
        note = f"It is kept as {path!r}: another file is named {kept_as!r}."
        reason = f"{note} {verdict.reason}" if verdict.reason else note
        return verdict.model_copy(update={"code": "numbered", "reason": reason})
    return verdict


@contextlib.contextmanager
def uploads_locked(settings: Settings) -> Iterator[None]:
    """Hold the lock on the uploads folder, for the moment that a change of its files takes.

    Raises:
        UploadError: If the data folder cannot be written, or another process holds it for long; also for any `OSError`
            of the body.
    """
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with waiting_lock(settings.data_dir / _LOCK_NAME):
            yield
    except OSError as exc:
        raise UploadError(
            f"The uploads in {str(settings.data_dir)!r} cannot be changed: {exc.strerror or exc}. Give this user write "
            "access and room, or set RAG_DATA_DIR to another folder.",
            code="unwritable",
        ) from exc


def _indexed_already(sha256: str, name: str, settings: Settings) -> FileReport | None:
    """The verdict where an indexed document of any root has the same bytes and is read in the same way."""
    try:
        with Store(current_generation(settings.index_dir)) as store:
            records = store.records()
    except IndexNotFoundError:
        return None
    for record in records:
        if (
            record.sha256 == sha256
            and _suffix(record.path) == _suffix(name)
            and find_file(settings.roots()[record.root], record.root, record.path) is not None
        ):
            return _duplicate(record.root, record.path)
    return None


def _duplicate(root: str, path: str) -> FileReport:
    reason = f"It is there already as {root}/{path}."
    return FileReport.model_validate(
        {"path": path, "root": root, "verdict": "unchanged", "code": "duplicate", "reason": reason}
    )


def _keep(name: str, data: bytes, settings: Settings) -> tuple[str, bool]:
    """Path of the file under `uploads/`, and whether it was written: one with the same bytes may be there."""
    folder = settings.roots()["uploads"]
    with uploads_locked(settings):
        folder.mkdir(exist_ok=True)
        for remains in folder.glob(f".*{_PART}"):  # of a process that was killed: who writes holds the lock
            remains.unlink()
        files = files_by_path(folder, "uploads")
        sizes = {path: file.stat().st_size for path, file in files.items()}
        for path, size in sizes.items():
            if size == len(data) and _suffix(path) == _suffix(name) and files[path].read_bytes() == data:
                return path, False
        _check_room(len(files), sum(sizes.values()), len(data), settings)
        # Whatever lies there counts, links and hidden files too.
        path = numbered(name, [unicodedata.normalize("NFC", entry.name) for entry in os.scandir(folder)])
        part = folder / f".{secrets.token_hex(8)}{_PART}"
        replace_file(folder / path, data, mode=0o600, part=part)
    return path, True


def _check_room(n_files: int, n_bytes: int, n_more: int, settings: Settings) -> None:
    if n_files >= settings.max_uploads:
        raise UploadError(
            f"{n_files:,} files are uploaded already; the limit is {settings.max_uploads:,} (RAG_MAX_UPLOADS). Delete "
            "some first.",
            code="too_many",
        )
    if n_bytes + n_more > settings.max_uploads_mb * _MB:
        raise UploadError(
            f"The uploads have {n_bytes / _MB:,.1f} MB and would have {(n_bytes + n_more) / _MB:,.1f} MB; the limit is "
            f"{settings.max_uploads_mb:g} MB (RAG_MAX_UPLOADS_MB). Delete some first.",
            code="no_room",
        )


def _suffix(path: str) -> str:
    # Another extension is another reader, and so another text.
    return PurePosixPath(path).suffix.lower()
