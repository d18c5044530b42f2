"""`fetch_sources`: official texts of the list -> files under `fetched/`, each with a record of its content."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import logging
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rag.answer import IndexReport
from rag.config import Settings
from rag.document import Frozen
from rag.errors import FetchError
from rag.fetching.download import Bounds, Downloaded, Validators, download
from rag.fetching.part import Part
from rag.fetching.records import Record, read_records, write_records
from rag.fetching.reply import DownloadFailed
from rag.fetching.sources import OfficialText, chosen, read_sources
from rag.store.durable import sync_folder
from rag.store.lock import FileLock

logger = logging.getLogger(__name__)

FetchVerdict = Literal["added", "updated", "unchanged", "changed", "failed"]


class FetchedFile(Frozen):
    """What became of one entry of the list.

    Attributes:
        id: The entry's.
        document_id: What its file is called in the index.
        verdict: `added`; `updated` (also: put back where the file was missing or altered); `unchanged`; `changed`:
            what the server has now is not what was recorded, and was not taken in; `failed`.
        code: Short cause of `changed` and `failed`.
        reason: The same in words.
        sha256: Of the file under `fetched/`; for `changed` of what the server has now.
    """

    id: str
    document_id: str
    url: str
    verdict: FetchVerdict
    code: str | None = None
    reason: str | None = None
    sha256: str | None = None
    n_bytes: int | None = None


class FetchReport(Frozen):
    """What one run of `fetch_sources` did: counts of entries by verdict; `index` is what indexing them did."""

    added: int
    updated: int
    unchanged: int
    changed: int
    failed: int
    files: tuple[FetchedFile, ...]
    seconds: float
    index: IndexReport | None = None


@dataclass(frozen=True, slots=True)
class FetchProgress:
    """Where a run stands: entries done and in all, id in hand, its bytes had and in all (`None` where unknown)."""

    done: int
    total: int
    id: str
    n_bytes: int
    total_bytes: int | None


Progress = Callable[[FetchProgress], None]


def fetch_sources(
    settings: Settings, ids: Sequence[str] = (), progress: Progress | None = None, *, accept: bool = False
) -> FetchReport:
    """Download official texts of the list into `fetched/`; `build_index` takes them in from there.

    A file is whole or absent: it comes under its name only when it is there to the last byte, is what the list says,
    and has the content that was recorded for it. One entry that fails does not stop the others.

    Args:
        settings: Data folder, list, and limits.
        ids: Entries to fetch; all where none is named.
        progress: Called now and then; from this thread.
        accept: Take in what differs from the list's or the record's SHA-256.

    Raises:
        SourceListError: If the list cannot be used.
        UnknownSourceError: If an id is not in it.
        FetchError: If the folder cannot be written, or another process is fetching.
    """
    started = time.monotonic()
    texts = chosen(read_sources(settings.sources_path), ids, settings.sources_path)
    files = []
    with _alone(settings.roots()["fetched"]) as folder:
        run = _Run(settings, folder, accept=accept)
        for done, text in enumerate(texts):
            file = run.fetch(text, _stepper(progress, done, len(texts), text.id))
            files.append(file)
            logger.info("Fetched %s: %s (%s).", text.id, file.verdict, file.code or "no fault")
    tally = Counter(file.verdict for file in files)
    return FetchReport(
        added=tally["added"],
        updated=tally["updated"],
        unchanged=tally["unchanged"],
        changed=tally["changed"],
        failed=tally["failed"],
        files=tuple(files),
        seconds=time.monotonic() - started,
    )


def _stepper(progress: Progress | None, done: int, total: int, name: str) -> Callable[[int, int | None], None]:
    def step(n_bytes: int, total_bytes: int | None) -> None:
        if progress is not None:
            progress(FetchProgress(done, total, name, n_bytes, total_bytes))

    step(0, None)
    return step


class _Run:
    """Fetches entry by entry; its caller holds the folder's lock."""

    def __init__(self, settings: Settings, folder: Path, *, accept: bool) -> None:
        self._bounds = Bounds(total_s=settings.fetch_timeout_s, max_mb=settings.max_file_mb)
        self._folder = folder
        self._accept = accept
        self._records = read_records(folder)

    def fetch(self, text: OfficialText, step: Callable[[int, int | None], None]) -> FetchedFile:
        """Fetch one entry.

        Raises:
            FetchError: If it cannot be written.
        """
        part = Part(self._folder, text.id)
        try:
            return self._fetch(text, part, step)
        except DownloadFailed as failed:
            return _file(text, "failed", code=failed.code, reason=f"{text.url}: {failed.reason}.")
        except BrokenPipeError:
            raise  # of whoever shows the progress
        except OSError as exc:
            with contextlib.suppress(OSError):
                part.discard()
            raise FetchError(_unwritable(self._folder, exc)) from exc

    def _fetch(self, text: OfficialText, part: Part, step: Callable[[int, int | None], None]) -> FetchedFile:
        record = self._records.get(text.id)
        is_whole = record is not None and self._holds(text, record)
        expected = _expected(text, record)
        known = None
        if record is not None and is_whole and record.url == text.url and record.sha256 == expected:
            known = Validators(etag=record.etag, last_modified=record.last_modified)
        got = download(text, part, self._bounds, step, known=known, expected_sha256=expected)
        if got is None:
            assert record is not None
            self._put(text, record)
            return _file(text, "unchanged", sha256=record.sha256, n_bytes=record.n_bytes)
        if expected is not None and got.sha256 != expected and not self._accept:
            part.discard()
            return _changed(text, got, expected, is_kept=is_whole)
        if record is not None and is_whole and got.sha256 == record.sha256:
            part.discard()
            self._put(text, _record(text, got, record.retrieved))
            return _file(text, "unchanged", sha256=got.sha256, n_bytes=got.n_bytes)
        # The record goes first: a run that ends between the two leaves a file that is no longer vouched for, and the
        # next one finds what the record says and puts it there.
        self._put(text, _record(text, got, datetime.datetime.now(datetime.UTC).date().isoformat()))
        part.path.replace(self._folder / text.file_name)
        part.forget_note()
        sync_folder(self._folder)
        if record is not None and record.file_name != text.file_name:
            (self._folder / record.file_name).unlink(missing_ok=True)
        return _file(text, "added" if record is None else "updated", sha256=got.sha256, n_bytes=got.n_bytes)

    def _holds(self, text: OfficialText, record: Record) -> bool:
        """Whether the entry's file is there as recorded."""
        path = self._folder / text.file_name
        if record.file_name != text.file_name or path.is_symlink() or not path.is_file():
            return False
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == record.sha256

    def _put(self, text: OfficialText, record: Record) -> None:
        """Write a record, with what the list says now."""
        records = {**self._records, text.id: record.model_copy(update={"fields": text.document_fields()})}
        if records != self._records:
            write_records(self._folder, records)
            self._records = records


def _expected(text: OfficialText, record: Record | None) -> str | None:
    """SHA-256 that the content must have: the record's, until the list names another than it did then."""
    if record is not None and text.sha256 in (None, record.listed_sha256):
        return record.sha256
    return text.sha256


def _record(text: OfficialText, got: Downloaded, retrieved: str) -> Record:
    return Record(
        file_name=text.file_name,
        sha256=got.sha256,
        listed_sha256=text.sha256,
        n_bytes=got.n_bytes,
        url=text.url,
        etag=got.validators.etag,
        last_modified=got.validators.last_modified,
        retrieved=retrieved,
        fields=text.document_fields(),
    )


def _changed(text: OfficialText, got: Downloaded, expected: str, *, is_kept: bool) -> FetchedFile:
    kept = "The file that was fetched before is kept. " if is_kept else ""
    reason = (
        f"{text.url}: the content is not the one that is expected: SHA-256 {got.sha256} instead of {expected}. {kept}"
        f"See what has changed there, and take it in with `python -m rag fetch {text.id} --accept`."
    )
    return _file(text, "changed", code="changed", reason=reason, sha256=got.sha256, n_bytes=got.n_bytes)


def _file(
    text: OfficialText,
    verdict: FetchVerdict,
    *,
    code: str | None = None,
    reason: str | None = None,
    sha256: str | None = None,
    n_bytes: int | None = None,
) -> FetchedFile:
    return FetchedFile(
        id=text.id, document_id=f"fetched/{text.file_name}", url=text.url, verdict=verdict,
        code=code, reason=reason, sha256=sha256, n_bytes=n_bytes,
    )  # fmt: skip


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[Path]:
    """The folder, made where missing and held against any other run.

    Raises:
        FetchError: If another run holds it, or it cannot be written.
    """
    lock = FileLock(folder / ".lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_ours = lock.acquire()
    except OSError as exc:
        raise FetchError(_unwritable(folder, exc)) from exc
    if not is_ours:
        raise FetchError(f"Another process is fetching into {str(folder)!r}. Wait for it to end, then run this again.")
    try:
        yield folder
    finally:
        lock.release()


def _unwritable(folder: Path, exc: OSError) -> str:
    free = f" ({shutil.disk_usage(folder).free:,} bytes free)" if folder.is_dir() else ""
    return (
        f"{str(folder)!r} cannot be written: {exc.strerror or exc}{free}. What was fetched before is as it was; make "
        "room or give this user write access, or set RAG_DATA_DIR to another folder, and run this again."
    )
