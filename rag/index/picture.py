"""A page of an indexed PDF -> its picture with the place of a quote on it."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rag.config import Settings
from rag.document import Document
from rag.errors import CorpusError
from rag.loading.boxes import LineBox, line_boxes
from rag.loading.child import Child
from rag.loading.files import find_file, read_file
from rag.loading.pdf_picture import MEDIA_TYPE
from rag.loading.raw import Refused
from rag.store.generation import current_generation
from rag.store.reader import Store

_MODULE = "rag.loading.pdf_picture"
_FORMAT = "pdf"
_TIMEOUT_S = 20.0
# The picture has at most 4 million pixels (`rag.loading.pdf_picture`); a larger reply is none of its.
_MAX_PICTURE_BYTES = 8 * 1024 * 1024
_MAX_KEPT_BYTES = 32 * 1024 * 1024
# Each drawing is a process that may take `parse_memory_mb`.
_AT_ONCE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A rectangle on a page, in shares of its width and height, from the upper left corner."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePicture:
    """A page as people see it.

    Attributes:
        page: Its number, from 1.
        n_pages: Pages of the document.
        image: The picture.
        media_type: Of `image`.
        marks: Where the quote stands on the page, a rectangle a line; none where it is on another page.
    """

    page: int
    n_pages: int
    image: bytes
    media_type: str
    marks: tuple[Mark, ...]


def get_page_picture(
    document_id: str, settings: Settings, *, start: int = 0, end: int = 0, page: int | None = None
) -> PagePicture:
    """The picture of a page of an indexed PDF, drawn from its file, with the quote `text[start:end]` marked.

    The file must still be the one that was indexed: on another the quote could stand elsewhere. It is drawn in a child
    process with the limits of reading; pictures in demand are kept.

    Args:
        document_id: The document.
        settings: Name the index and the folders.
        start: Where the quote begins in the document's text.
        end: Where it ends.
        page: Number of the page; default: the one on which the quote begins.

    Raises:
        CorpusError: If there is no such document (code `document_missing`) or page (`no_page`), the format has no
            pages to draw (`no_pictures`), the file is gone (`file_missing`) or has changed (`file_changed`), or it
            cannot be drawn (the codes of a rejected file).
        IndexNotFoundError: If there is no index.
    """
    with Store(current_generation(settings.index_dir)) as store:
        document = store.document(document_id)
        boxes = store.boxes(document_id)
    if document is None:
        raise CorpusError(f"No document {document_id!r} in the index.", path=document_id, code="document_missing")
    if document.format != _FORMAT or boxes is None:
        raise CorpusError(
            f"{document_id!r} is no PDF: only those have pages to draw.", path=document_id, code="no_pictures"
        )
    number = page if page is not None else document.page_at(start) or 1
    if not 1 <= number <= len(document.pages):
        raise CorpusError(
            f"{document_id!r} has no page {number:,}; it has {len(document.pages):,}.", path=document_id, code="no_page"
        )
    data = _indexed_file(document, settings)
    image = _KEPT.get((document.sha256, number), lambda: _draw(data, number, document_id, settings))
    lines = [line for line in line_boxes(boxes, document.pages, start, end) if line.page == number]
    return PagePicture(
        page=number,
        n_pages=len(document.pages),
        image=image,
        media_type=MEDIA_TYPE,
        marks=tuple(_marks(document, number, lines)),
    )


def _marks(document: Document, number: int, lines: list[LineBox]) -> list[Mark]:
    page = document.pages[number - 1]
    if not page.width or not page.height:
        return []
    return [
        Mark(
            left=line.x0 / page.width,
            top=1 - line.y1 / page.height,
            width=(line.x1 - line.x0) / page.width,
            height=(line.y1 - line.y0) / page.height,
        )
        for line in lines
    ]


def _indexed_file(document: Document, settings: Settings) -> bytes:
    """The bytes of the document's file, which must be those that were indexed."""
    try:
        data = read_file(_file_of(document, settings), document.path, max_mb=settings.max_file_mb)
    except Refused as refused:
        raise CorpusError(
            f"The file of {document.document_id!r} cannot be read: {refused.reason}",
            path=document.document_id,
            code=refused.code,
        ) from None
    if hashlib.sha256(data).hexdigest() != document.sha256:
        raise CorpusError(
            f"The file of {document.document_id!r} has changed since it was indexed. Run `python -m rag index`.",
            path=document.document_id,
            code="file_changed",
        )
    return data


def _file_of(document: Document, settings: Settings) -> Path:
    folder = settings.roots()[document.root]
    file = find_file(folder, document.root, document.path)
    if file is not None:
        return file
    if (folder / document.path).exists():
        return folder / document.path  # a link: reading it says that links are not followed
    raise CorpusError(
        f"The file of {document.document_id!r} is gone. Put it back, or run `python -m rag index` to forget it.",
        path=document.document_id,
        code="file_missing",
    )


def _draw(data: bytes, number: int, document_id: str, settings: Settings) -> bytes:
    child = Child(
        memory_mb=settings.parse_memory_mb,
        timeout_s=min(_TIMEOUT_S, settings.parse_timeout_s),
        max_reply_bytes=_MAX_PICTURE_BYTES,
    )
    try:
        with _SEATS, child:
            image = child.draw(_MODULE, number, data)
    except Refused as refused:
        raise CorpusError(
            f"Page {number:,} of {document_id!r} cannot be drawn: {refused.reason}",
            path=document_id,
            code=refused.code,
        ) from None
    # The child has read a file that may be hostile: what comes back is taken for a picture only if it is one.
    if image[:4] + image[8:12] != b"RIFFWEBP":
        raise CorpusError(f"Page {number:,} of {document_id!r} gave no picture.", path=document_id, code="damaged")
    return image


class _Kept:
    """The pictures that were asked for last, bounded in bytes. Thread-safe."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._n_bytes = 0
        self._pictures: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, int], draw: Callable[[], bytes]) -> bytes:
        """The picture, drawn where it is not there."""
        with self._lock:
            if key in self._pictures:
                self._pictures.move_to_end(key)
                return self._pictures[key]
        image = draw()
        with self._lock:
            if key not in self._pictures:
                self._pictures[key] = image
                self._n_bytes += len(image)
            while self._n_bytes > self._max_bytes:
                _, dropped = self._pictures.popitem(last=False)
                self._n_bytes -= len(dropped)
        return image


_SEATS = threading.BoundedSemaphore(_AT_ONCE)
_KEPT = _Kept(_MAX_KEPT_BYTES)
