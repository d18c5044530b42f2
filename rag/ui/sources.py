"""A stretch of a document around a quote, or a page of it -> the data that the source viewer shows."""

from __future__ import annotations

from typing import Any

from rag import PagePicture
from rag.document import Document
from rag.loading.formats import is_markdown
from rag.ui.formatting import document_blocks
from rag.ui.labels import Language, label
from rag.ui.passages import Edition, edition_view, heading_path, link_view, meta_view, status_view

# Enough to read around a quote; a document of the bundled corpus mostly fits whole.
_AROUND_CHARS = 6_000
_MORE_CHARS = 12_000
_MAX_CHARS = 60_000


def source_view(
    document: Document,
    start: int,
    end: int,
    language: Language,
    *,
    above: int = 0,
    below: int = 0,
    newer: Edition | None = None,
) -> dict[str, Any]:
    """What the viewer shows of `document` around the quote `text[start:end]`.

    Args:
        document: The document.
        start: Where the quote begins; put inside the text where it lies outside.
        end: Where it ends.
        language: Language of the labels.
        above: How often the reader asked for more above.
        below: How often for more below.
        newer: The document that took the place of this one.
    """
    text = document.text
    start = min(max(0, start), len(text))
    end = min(max(start, end), len(text))
    left, right = _window(text, start, end, above, below)
    prose = is_markdown(document.format)
    page = document.page_at(start)
    return {
        "document_id": document.document_id,
        "start": start,
        "end": end,
        "title": document.title,
        "meta": meta_view(document, language),
        "status": status_view(document.status, language) if document.status else None,
        "note": document.note,
        "newer": edition_view(newer, language) if newer else None,
        "path": heading_path(document.section_at(start), document.title),
        "page": label(language, "page", page=page) if page is not None else None,
        "has_pages": document.format == "pdf" and bool(document.pages),
        "language": document.language,
        **link_view(document.url, language),
        "prose": prose,
        "blocks": _with_pages(
            document_blocks(text, left, right, (start, end), markdown=prose), document, right, language
        ),
        "has_above": left > 0,
        "has_below": right < len(text),
        "above": above,
        "below": below,
    }


def picture_view(picture: PagePicture, image: str, language: Language) -> dict[str, Any]:
    """What the viewer shows of a page of a PDF; `image` is the picture in base64."""
    return {
        "media_type": picture.media_type,
        "image": image,
        "alt": label(language, "page_picture", page=picture.page),
        "marks": [
            {"left": mark.left, "top": mark.top, "width": mark.width, "height": mark.height} for mark in picture.marks
        ],
        "page": picture.page,
        "nth": label(language, "page_of", page=picture.page, n_pages=picture.n_pages),
        "previous": picture.page - 1 if picture.page > 1 else None,
        "next": picture.page + 1 if picture.page < picture.n_pages else None,
        "unmarked": None if picture.marks else label(language, "page_unmarked"),
    }


def _window(text: str, start: int, end: int, above: int, below: int) -> tuple[int, int]:
    """Bounds of what is shown: whole lines around the quote, a few thousand characters each way."""
    left = max(0, start - min(_AROUND_CHARS + above * _MORE_CHARS, _MAX_CHARS))
    right = min(len(text), end + min(_AROUND_CHARS + below * _MORE_CHARS, _MAX_CHARS))
    if left > 0:
        paragraph = text.find("\n\n", left, start)
        left = paragraph + 2 if paragraph >= 0 else left
    if right < len(text):
        paragraph = text.rfind("\n\n", end, right)
        right = paragraph if paragraph >= 0 else right
    return left, right


def _with_pages(
    blocks: list[dict[str, Any]], document: Document, right: int, language: Language
) -> list[dict[str, Any]]:
    """Blocks with a marker before the first block of each page."""
    if len(document.pages) < 2:
        return blocks
    marked: list[dict[str, Any]] = []
    pages = [page for page in document.pages if page.start < right]
    for block in blocks:
        while pages and pages[0].start <= block["start"]:
            page = pages.pop(0)
            if not pages or pages[0].start > block["start"]:
                marked.append(
                    {"kind": "page", "level": 0, "runs": [], "text": label(language, "page", page=page.number)}
                )
        marked.append(block)
    return marked
