"""The index and the uploads folder -> a list of every document that can be asked, or why it cannot."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from rag.answer import FileReport
from rag.config import Root, Settings
from rag.document import Frozen
from rag.loading.files import scan
from rag.retrieval.filters import Filter, parse_filter
from rag.store.generation import current_generation
from rag.store.reader import DocumentRecord, Store


class DocumentInfo(Frozen):
    """One document, or an upload that is not indexed.

    Attributes:
        state: `indexed`; `rejected`: an upload that cannot be, `code` and `reason` say why; `waiting`: an upload that
            the next run of `index` will read.
        title: Of one that is not indexed, its path.
        n_bytes: Size of its file; `None` where that is gone.
        n_pages: `None` for a format without pages.
        added: Day and time (UTC, ISO) when an upload came; `None` for other roots.
    """

    document_id: str
    root: Root
    path: str
    state: Literal["indexed", "rejected", "waiting"]
    title: str
    title_ja: str | None = None
    format: str | None = None
    n_bytes: int | None = None
    n_pages: int | None = None
    n_chunks: int = 0
    language: str | None = None
    kind: str | None = None
    date: str | None = None
    status: str | None = None
    publisher: str | None = None
    url: str | None = None
    sha256: str | None = None
    added: str | None = None
    code: str | None = None
    reason: str | None = None


def list_documents(settings: Settings, filter: Mapping[str, Any] | Filter | None = None) -> list[DocumentInfo]:
    """Every indexed document by root and path, then the uploads that are not indexed.

    Args:
        settings: Folders.
        filter: As a chain takes it; uploads that are not indexed are left out then.

    Raises:
        QuestionError: If the filter has an unknown key or a value of a wrong kind.
        IndexNotFoundError: If there is no index, and other `IndexStoreError`s if it cannot be used.
    """
    wanted = parse_filter(filter)
    with Store(current_generation(settings.index_dir)) as store:
        records, sizes, refusals = store.records(), store.sizes(), store.refusals()
        selected = store.select_documents(wanted)
    inside = {record.key for record in records} if selected is None else set(selected)
    folders = settings.roots()
    order = list(folders)
    indexed = [
        _indexed(record, folders[record.root], *sizes.get(record.key, (0, 0)))
        for record in sorted(records, key=lambda record: (order.index(record.root), record.path))
        if record.key in inside
    ]
    if wanted is not None:
        return indexed
    known = {record.document_id for record in records}
    return indexed + list(_not_indexed(folders["uploads"], known, refusals))


def _indexed(record: DocumentRecord, folder: Path, n_pages: int, n_chunks: int) -> DocumentInfo:
    n_bytes, added = _file_facts(folder / record.path)
    return DocumentInfo(
        document_id=record.document_id,
        root=record.root,
        path=record.path,
        state="indexed",
        title=record.title,
        title_ja=record.title_ja,
        format=record.format,
        n_bytes=n_bytes,
        n_pages=n_pages or None,
        n_chunks=n_chunks,
        language=record.language,
        kind=record.kind,
        date=record.date,
        status=record.status,
        publisher=record.publisher,
        url=record.url,
        sha256=record.sha256,
        added=added if record.root == "uploads" else None,
    )


def _not_indexed(folder: Path, known: set[str], refusals: Mapping[str, FileReport]) -> Iterator[DocumentInfo]:
    for item in scan(folder, "uploads"):
        document_id = f"uploads/{item.path}"
        if document_id in known or not item.path:
            continue
        # What is refused for being no file (a link) has its verdict already.
        refusal = item if isinstance(item, FileReport) else refusals.get(document_id)
        n_bytes, added = _file_facts(folder / item.path)
        yield DocumentInfo(
            document_id=document_id,
            root="uploads",
            path=item.path,
            state="waiting" if refusal is None else "rejected",
            title=item.path,
            n_bytes=n_bytes,
            added=added,
            code=None if refusal is None else refusal.code,
            reason=None if refusal is None else refusal.reason,
        )


def _file_facts(file: Path) -> tuple[int | None, str | None]:
    """Size in bytes and time of the last change, of a regular file."""
    try:
        facts = file.lstat()
    except OSError:
        return None, None
    changed = datetime.datetime.fromtimestamp(facts.st_mtime, datetime.UTC)
    return facts.st_size, changed.isoformat(timespec="seconds")
