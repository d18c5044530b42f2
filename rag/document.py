"""Documents and their parts: text fixed once at loading, everything else spans over it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from rag.config import Root

# What a document of the corpus, and an official text, says that it is; other documents may say anything.
Kind = Literal["law", "plan", "guideline", "statistics", "report", "news", "commentary"]

# Joins the headings of a section's path.
PATH_MARK = " › "


class Frozen(BaseModel):
    """Base of the values that users get: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Page(Frozen):
    """One page as a span over the document's text; `number` from 1, sizes in PDF points (`None` where unknown)."""

    number: int
    start: int
    end: int
    width: float | None = None
    height: float | None = None


class Section(Frozen):
    """One heading with what stands under it, up to the next heading of any level.

    `start` is where the heading's line begins; `path` joins the headings above and this one with ` › `.
    """

    start: int
    end: int
    level: int
    heading: str
    path: str


class Source(Frozen):
    """A source that a document names: where its facts come from."""

    publisher: str
    title: str
    date: str | None = None
    url: str | None = None


class Document(Frozen):
    """A document: its text and what is known about it.

    `text` is NFC with `\\n` line ends and without invisible characters; every offset in the project counts
    its characters. For Markdown it is the body after the front matter, markup kept; HTML,
    Word documents and tables become Markdown (`rag.loading.formats.is_markdown`).
    `sha256` is that of the file's bytes. `date` and `retrieved` are ISO dates as written (`2025-12-23`, `2025-12`).
    """

    document_id: str
    root: Root
    path: str
    format: str
    text: str
    sha256: str
    title: str
    title_ja: str | None = None
    publisher: str | None = None
    date: str | None = None
    url: str | None = None
    language: str | None = None
    kind: str | None = None
    status: str | None = None
    replaces: str | None = None
    replaced_by: str | None = None
    retrieved: str | None = None
    note: str | None = None
    sources: tuple[Source, ...] = ()
    extra: dict[str, Any] = {}
    pages: tuple[Page, ...] = ()
    sections: tuple[Section, ...] = ()

    @property
    def text_sha256(self) -> str:
        """SHA-256 of the text: unlike `sha256` it says whether offsets still mean what they meant."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def page_at(self, offset: int) -> int | None:
        """Number of the page that holds the character at `offset`, or `None`."""
        for page in self.pages:
            if page.start <= offset < page.end:
                return page.number
        return None

    def section_at(self, offset: int) -> str | None:
        """Heading path that holds the character at `offset`, or `None`."""
        for section in self.sections:
            if section.start <= offset < section.end:
                return section.path or None
        return None


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]`, never empty."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A slice of a document that is embedded: `text[start:end]`.

    `context` (title, heading path, a list's introduction that did not fit) is embedded with it and lies outside the
    span. `sentences` lie inside the span, in order, without overlap; a list item is a sentence.
    """

    start: int
    end: int
    context: str
    section: str | None
    page: int | None
    sentences: tuple[Span, ...]
