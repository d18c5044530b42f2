"""What a server's reply says: its state, kind, length and validator, and its body unpacked."""

from __future__ import annotations

import email.utils
import zlib
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

    from rag.fetching.sources import TextFormat

KINDS: dict[TextFormat, str] = {
    "html": "an HTML page", "markdown": "Markdown", "pdf": "a PDF", "text": "plain text",
}  # fmt: skip
MEDIA_TYPES: dict[TextFormat, tuple[str, ...]] = {
    "html": ("text/html", "application/xhtml+xml"),
    "markdown": ("text/markdown", "text/plain"),
    "pdf": ("application/pdf", "application/x-pdf"),
    "text": ("text/plain",),
}
_PIECE = 64 * 1024
# RFC 9110, 8.8.2.2: a date is a safe validator once it is a minute older than the reply.
_SETTLED_S = 60


class DownloadFailed(Exception):  # noqa: N818 - an outcome, not an error
    """A file was not had: `code` for programs, `reason` as one sentence for people."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def coding_of(response: httpx.Response) -> str:
    """How the body is packed; `identity` where it is not."""
    return str(response.headers.get("content-encoding", "identity")).strip().lower()


async def decoded(response: httpx.Response, coding: str) -> AsyncIterator[bytes]:
    """The body in small pieces, unpacked where the server packs it unasked: what is unpacked is never held whole."""
    if coding == "identity":
        async for piece in response.aiter_raw():
            yield piece
        return
    if coding not in ("gzip", "x-gzip"):
        raise DownloadFailed("wrong_type", f"the server packs it as {coding[:50]!r}, unasked")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        async for packed in response.aiter_raw():
            piece = unpacker.decompress(packed, _PIECE)
            while piece:
                yield piece
                piece = unpacker.decompress(unpacker.unconsumed_tail, _PIECE)
    except zlib.error:
        raise DownloadFailed("cut", "what the server has packed cannot be unpacked") from None
    if not unpacker.eof:
        raise DownloadFailed("cut", "the reply ended before it was whole")


def length_of(response: httpx.Response, at: int) -> int | None:
    """Bytes of the whole file, as the reply's head says."""
    length = response.headers.get("content-length", "")
    return at + int(length) if length.isdecimal() and length.isascii() else None


def validator_of(response: httpx.Response) -> str | None:
    """What `If-Range` may be given: a strong entity tag, or a date that has settled."""
    etag = response.headers.get("etag")
    if etag is not None and etag.startswith('"'):
        return str(etag)
    modified, sent = response.headers.get("last-modified"), response.headers.get("date")
    try:
        age = email.utils.parsedate_to_datetime(sent) - email.utils.parsedate_to_datetime(modified)
    except (TypeError, ValueError):
        return None
    return str(modified) if age.total_seconds() >= _SETTLED_S else None


def in_words(code: int) -> str:
    """A status code with what it means."""
    try:
        return f"HTTP {code} ({HTTPStatus(code).phrase})"
    except ValueError:
        return f"HTTP {code}"
