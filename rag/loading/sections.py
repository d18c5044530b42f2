"""Headings to sections: each with what stands under it and the path of headings above."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rag.document import PATH_MARK
from rag.loading.raw import RawSection

_MAX_HEADING_CHARS = 200
_MAX_SECTIONS = 10_000  # what has more is no outline of a text; the last one then reaches to its end


class Heading(NamedTuple):
    """Where a heading begins in the text, its level from 1, and its words."""

    start: int
    level: int
    words: str


def sections(headings: Sequence[Heading], end: int) -> Iterator[RawSection]:
    """The sections of a text that ends at `end`; `headings` in order, no two at one place."""
    headings = headings[:_MAX_SECTIONS]
    above: list[Heading] = []
    for number, heading in enumerate(headings):
        heading = heading._replace(words=_tidied(heading.words))
        above = [*(other for other in above if other.level < heading.level), heading]
        yield RawSection(
            start=heading.start,
            end=headings[number + 1].start if number + 1 < len(headings) else end,
            level=heading.level,
            heading=heading.words,
            path=PATH_MARK.join(other.words for other in above if other.words),
        )


def _tidied(words: str) -> str:
    """On one line, and cut where it is longer than any heading is."""
    words = " ".join(words.split())
    return words if len(words) <= _MAX_HEADING_CHARS else words[: _MAX_HEADING_CHARS - 1] + "…"
