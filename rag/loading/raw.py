"""What readers take and give: limits in, raw documents out, and the refusal of a file that is none."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import Any, Literal

Code = Literal[
    "too_large",
    "too_many_pages",
    "too_long",
    "timeout",
    "memory",
    "scanned",
    "encrypted",
    "damaged",
    "wrong_type",
    "encoding",
    "front_matter",
    "empty",
    "not_listed",
    "unsupported",
    "unreadable",
    "symlink",
    "special_file",
    "duplicate_name",
]

SKIPPED: frozenset[Code] = frozenset({"not_listed", "unsupported", "symlink", "special_file"})
"""Causes for which a file is passed over; with any other it is rejected."""


class Refused(Exception):  # noqa: N818 - a refusal is an outcome, not an error
    """A file is not taken in: `code` for programs, `reason` as one sentence for people."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(reason)
        self.code: Code = code
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on one document; each is a setting of the same name."""

    max_pages: int
    max_document_chars: int

    def check_chars(self, n_chars: int) -> None:
        """Refuse a text that is too long, or has become so.

        Raises:
            Refused: With code `too_long`.
        """
        if n_chars > self.max_document_chars:
            raise Refused(
                "too_long",
                f"The text is longer than {self.max_document_chars:,} characters, "
                "the limit of one document (RAG_MAX_DOCUMENT_CHARS).",
            )

    def check_pages(self, n_pages: int) -> None:
        """Refuse a document of too many pages.

        Raises:
            Refused: With code `too_many_pages`.
        """
        if n_pages > self.max_pages:
            raise Refused(
                "too_many_pages",
                f"The document has {n_pages:,} pages; the limit is {self.max_pages:,} (RAG_MAX_PAGES).",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPage:
    """A page as a span over the text; sizes in PDF points, as displayed."""

    number: int
    start: int
    end: int
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSection:
    """A heading with what stands under it, as a span over the text; see `rag.document.Section`."""

    start: int
    end: int
    level: int
    heading: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A document as its reader gives it, before its source is known.

    Attributes:
        text: Final text: NFC, `\\n` line ends, no invisible characters.
        title: The first heading, where that names the document.
        front_matter: What the file says of itself: strings, numbers, truth values, lists and mappings.
        language: By script, or `None` where that does not say.
        boxes: Four float32 for each character of `text` (x0, y0, x1, y1 in PDF points of the page as displayed, from
            its lower left corner; NaN where a character has no place), or `None` for a format without pages.
        n_removed: Invisible characters taken out.
        notes: Sentences on how the file had to be read.
    """

    text: str
    title: str | None = None
    front_matter: dict[str, Any] = field(default_factory=dict)
    language: str | None = None
    pages: tuple[RawPage, ...] = ()
    sections: tuple[RawSection, ...] = ()
    boxes: array[float] | None = None
    n_removed: int = 0
    notes: tuple[str, ...] = ()
