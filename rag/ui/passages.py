"""A citation or a hit -> the card that the browser shows of it: what it quotes, of what, and what that is worth."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from rag import DocumentInfo
from rag.answer import Citation, Hit
from rag.checking.standing import Standing
from rag.document import PATH_MARK, Document
from rag.sharing.parts import safe_url
from rag.splitting.units import block_sentences
from rag.text.blocks import scan_blocks
from rag.text.markup import plain, plain_sentence
from rag.ui.labels import Language, known_or_as_is, label

_EXCERPT_CHARS = 320
_TONES = {"in force": "good", "superseded": "warn", "draft": "warn"}
_UNQUOTABLE = ("heading", "mark", "header")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A document that took the place of another."""

    document_id: str
    title: str


FindNewer = Callable[[str], Edition | None]
"""The edition that took the place of the document with this id, if it is indexed."""


def citation_view(
    citation: Citation, language: Language, find_newer: FindNewer, standing: Standing | None = None
) -> dict[str, Any]:
    """One citation as a card shows it; `standing`: what has become of it since it was given, where that was looked up.

    A document may have been superseded since as well.
    """
    view = {
        "number": citation.number,
        "label": label(language, "citation_label", number=citation.number, title=citation.title),
        "quote": shown_quote(citation.quote),
        **_source(citation, language, find_newer, is_old=standing == "stands" or standing == "changed"),
    }
    if standing == "removed" or not citation.quote:
        view["remark"] = label(language, "quote_removed")
    elif standing == "changed":
        view["remark"] = label(language, "quote_changed")
    return view


def hit_view(hit: Hit, language: Language, find_newer: FindNewer) -> dict[str, Any]:
    """A passage that was found, with its beginning and its score."""
    blocks = [block for block in scan_blocks(hit.text) if block.kind not in ("heading", "mark")]
    text = "\n".join(plain(hit.text[block.start : block.end]) for block in blocks) or plain(hit.text)
    if len(text) > _EXCERPT_CHARS:
        text = text[: _EXCERPT_CHARS - 1].rstrip() + "…"
    view = {
        "quote": text,
        "score": label(language, "score", score=f"{hit.score:.2f}"),
        **_source(hit, language, find_newer),
    }
    return view if hit.text else view | {"remark": label(language, "quote_removed")}


def hit_sentences(hit: Hit) -> list[str]:
    """The sentences of a passage, each as it stands in the document, a list item without its mark."""
    return [
        hit.text[max(span.start, block.content) : span.end]
        for block in scan_blocks(hit.text)
        if block.kind not in _UNQUOTABLE
        for span in block_sentences(hit.text, block)
    ]


def edition_view(edition: Edition, language: Language) -> dict[str, Any]:
    """The pointer from a superseded document to the one that took its place: a line, and what opening it shows."""
    return {
        "text": label(language, "newer_edition", title=edition.title),
        "document_id": edition.document_id,
        "title": edition.title,
        "start": 0,
        "end": 0,
    }


def status_view(status: str, language: Language) -> dict[str, str]:
    """A document's status as a badge: its word and its tone (`good`, `warn`, `plain`)."""
    tone = _TONES.get(status.strip().lower(), "plain")
    return {"text": known_or_as_is(language, "status", status), "tone": tone}


def meta_view(source: Citation | Hit | Document | DocumentInfo, language: Language) -> list[str]:
    """Who published a document, when, and what it is; what is known of that."""
    kind = known_or_as_is(language, "kind", source.kind) if source.kind else None
    return [part for part in (source.publisher, source.date, kind) if part]


def link_view(url: str | None, language: Language) -> dict[str, str | None]:
    """The link to a document's original, and what it says: `{"url", "original"}`; both `None` where it may be none."""
    address = safe_url(url)
    if address is None:
        return {"url": None, "original": None}
    return {"url": address, "original": label(language, "original", host=urlsplit(address).hostname)}


def heading_path(section: str | None, title: str) -> list[str]:
    """Headings above a passage, from the outermost on; the document's own title is left out."""
    headings = [plain(part) for part in (section or "").split(PATH_MARK) if part]
    return headings[1:] if headings and headings[0] == title else headings


def shown_quote(quote: str) -> str:
    """A quote without markup: a lone list item without its dash, a list without blank lines."""
    return re.sub(r"\n{2,}", "\n", plain(quote)) if "\n" in quote.strip() else plain_sentence(quote)


def _is_superseded(status: str | None) -> bool:
    return status is not None and status.strip().lower() == "superseded"


def _source(
    source: Citation | Hit, language: Language, find_newer: FindNewer, *, is_old: bool = False
) -> dict[str, Any]:
    page = label(language, "page", page=source.page) if source.page is not None else None
    section = heading_path(source.section, source.title)
    view: dict[str, Any] = {
        "document_id": source.document_id,
        "start": source.start,
        "end": source.end,
        "title": source.title,
        "meta": meta_view(source, language),
        "language": source.language,
        "place": [part for part in (PATH_MARK.join(section), page) if part],
    }
    if source.status:
        view["status"] = status_view(source.status, language)
    # Finding it loads the document: only where there may be one.
    newer = find_newer(source.document_id) if is_old or _is_superseded(source.status) else None
    if newer is not None:
        view["status"] = status_view("superseded", language)
        view["newer"] = edition_view(newer, language)
    return view
