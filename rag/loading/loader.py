"""One file to one document: the parent opens, bounds, waits and judges, the child process reads."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any

from pydantic import ValidationError

from rag.answer import FileReport
from rag.config import Root, Settings
from rag.document import Document, Page, Section
from rag.loading.child import Child
from rag.loading.files import read_file, report
from rag.loading.formats import FORMATS, Format, format_of, not_supported
from rag.loading.metadata import document_fields
from rag.loading.raw import Refused

LOADER_VERSION = 3
"""Grows when the same bytes would give another text: a document read by an earlier one has to be read again."""

_MAX_TITLE_CHARS = 300
# A reply holds the text (at most 4 bytes a character, 6 where JSON escapes), its boxes (16, hardly ever so many once
# compressed), headings with their paths, and front matter.
_REPLY_BYTES_PER_CHAR = 32
_REPLY_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A file that was read.

    Attributes:
        document: The document.
        boxes: Where its characters stand on their pages, for `rag.loading.boxes.line_boxes`: a zlib-compressed float32
            array (len(document.text), 4) of x0, y0, x1, y1 in PDF points, NaN for a character without a place; `None`
            for a format without pages.
        n_removed: Invisible characters taken out.
        notes: Sentences for the report, on these and whatever else had to be put right.
    """

    document: Document
    boxes: bytes | None
    n_removed: int
    notes: tuple[str, ...] = ()

    @property
    def reason(self) -> str | None:
        """The notes as the `reason` of a `FileReport`, or `None`."""
        return " ".join(self.notes) or None


class Loader:
    """Reads files one after another in one child process, which starts with the first of them.

    A context manager; leaving it ends the child. Not for several threads at once.
    """

    def __init__(self, settings: Settings, *, formats: Sequence[Format] = FORMATS) -> None:
        self._formats = tuple(formats)
        self._max_mb = settings.max_file_mb
        self._limits = {"max_pages": settings.max_pages, "max_document_chars": settings.max_document_chars}
        self._child = Child(
            memory_mb=settings.parse_memory_mb,
            timeout_s=settings.parse_timeout_s,
            max_reply_bytes=_REPLY_BYTES + _REPLY_BYTES_PER_CHAR * settings.max_document_chars,
        )

    def __enter__(self) -> Loader:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def child_pid(self) -> int | None:
        """Process id of the child, or `None` while there is none."""
        return self._child.pid

    def close(self) -> None:
        """End the child process; a later `load` starts another."""
        self._child.close()

    def load(self, file: Path, *, root: Root, path: str) -> Loaded | FileReport:
        """Read one file.

        Args:
            file: Where it lies. Its last parts are those of `path`, in whatever Unicode form.
            root: Which root it belongs to; only `corpus` gives rank by what a file says of itself.
            path: Path relative to the root, POSIX; its NFC is part of the document's id.

        Returns:
            The document, or the verdict on a file that is skipped or rejected, with code and reason. No content of a
            file makes this raise.

        Raises:
            RagError: If the child process cannot be started.
        """
        path = unicodedata.normalize("NFC", path)
        try:
            return self._load(file, root, path)
        except Refused as refused:
            return report(root, path, refused.code, refused.reason)

    def _load(self, file: Path, root: Root, path: str) -> Loaded:
        known = format_of(PurePosixPath(path).name, self._formats)
        if known is None:
            raise Refused("unsupported", not_supported(self._formats))
        data = read_file(file, path, max_mb=self._max_mb)
        if not data:
            raise Refused("empty", "The file is empty (0 bytes).")
        header, boxes = self._child.read(known.module, self._limits, data)
        try:
            return _loaded(header, boxes, data=data, root=root, path=path, format_name=known.name)
        except (ValidationError, KeyError, TypeError, ValueError):
            raise Refused("damaged", "The file is damaged: its reader gave no usable text.") from None


def _loaded(header: dict[str, Any], boxes: bytes, *, data: bytes, root: Root, path: str, format_name: str) -> Loaded:
    fields, notes = document_fields(header["front_matter"], root)
    sections = tuple(Section.model_validate(section) for section in header["sections"])
    title = fields.pop("title", None) or header["title"]
    language = fields.pop("language", None) or header["language"]
    document = Document(
        document_id=f"{root}/{path}",
        root=root,
        path=path,
        format=format_name,
        text=header["text"],
        sha256=hashlib.sha256(data).hexdigest(),
        title=_cut(title or PurePosixPath(path).stem),
        language=language,
        pages=tuple(Page.model_validate(page) for page in header["pages"]),
        sections=sections,
        **fields,
    )
    n_removed = int(header["n_removed"])
    if n_removed:
        notes.insert(0, f"{n_removed:,} invisible character{'s' if n_removed > 1 else ''} taken out.")
    return Loaded(
        document=document,
        boxes=boxes if header["has_boxes"] else None,
        n_removed=n_removed,
        notes=(*header["notes"], *notes),
    )


def _cut(title: str) -> str:
    return title if len(title) <= _MAX_TITLE_CHARS else title[: _MAX_TITLE_CHARS - 1] + "…"
