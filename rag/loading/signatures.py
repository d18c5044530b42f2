"""What a file's first bytes say it is, whatever its name claims."""

from __future__ import annotations

import re

from rag.loading.raw import Refused

PDF_MARK = b"%PDF-"
_PDF_MARK_WITHIN = 1024  # PDF readers look for it in the first 1024 bytes (ISO 32000-1, implementation note 13)

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (PDF_MARK, "a PDF"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"PK\x05\x06", "a ZIP archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "an SQLite database"),
)
# These begin with letters that a text may begin with too; what follows is never text.
_PATTERNS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"GIF8[79]a.{0,9}[^\t\n\r -~]", re.DOTALL), "a GIF image"),
    (re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)"), "a bzip2 archive"),
    (re.compile(rb"OggS\x00|ID3[\x02-\x04]"), "a recording"),
    (re.compile(rb"RIFF....(WEBP|WAVE|AVI )", re.DOTALL), "a WebP image, a film or a recording"),
    (re.compile(rb"\x00...ftyp", re.DOTALL), "a film or an image"),
)


def content_of(data: bytes) -> str | None:
    """Kind of file that `data` begins like, with its article, or `None` where nothing is recognised (as with text)."""
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    return next((kind for pattern, kind in _PATTERNS if pattern.match(data)), None)


def is_pdf(data: bytes) -> bool:
    """Whether the mark of a PDF stands where readers look for it."""
    return PDF_MARK in data[:_PDF_MARK_WITHIN]


def refuse_disguised(data: bytes, expected: str) -> None:
    """Refuse a file that begins like something else than the text its name promises.

    Raises:
        Refused: With code `wrong_type`, naming what it begins like.
    """
    kind = content_of(data)
    if kind is not None:
        raise Refused("wrong_type", f"The file is named as {expected} but its content is {kind}.")
