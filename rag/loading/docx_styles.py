"""What the styles and the numbering of a Word document say of its paragraphs: headings, lists, hidden words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_HEADING = re.compile(r"(?:heading|見出し|überschrift|titre)\s?([1-9])", re.IGNORECASE)
_CONTENTS = re.compile(r"(?:toc|目次)\s?\d.*", re.IGNORECASE)
_OUTLINE_LEVELS = 9
_MAX_BASES = 20
_OFF = ("0", "false", "off", "none")


def is_on(attributes: Mapping[str, str]) -> bool:
    """Whether a property that is there is meant: `<w:b/>` is on, `<w:b w:val="0"/>` is not."""
    return attributes.get("val", "1").lower() not in _OFF


def number_of(value: str | None) -> int | None:
    """A small whole number of an attribute, or `None`."""
    return int(value) if value is not None and re.fullmatch(r"-?[0-9]{1,9}", value) else None


@dataclass(slots=True)
class Style:
    """One style: what it sets itself, `None` where it leaves that to the style it is based on."""

    name: str = ""
    base: str | None = None
    outline: int | None = None
    number_id: str | None = None
    number_level: int | None = None
    is_hidden: bool | None = None
    is_bold: bool | None = None


class Styles:
    """The styles of a document, filled by `rag.loading.docx_package.Package.parse`."""

    def __init__(self) -> None:
        self.language: str | None = None
        self._styles: dict[str, Style] = {}
        self._open = Style()
        self._in_condition = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        value = attributes.get("val")
        if name == "style":
            self._open = self._styles.setdefault(attributes.get("styleId", ""), Style())
        elif name == "tblStylePr":
            self._in_condition += 1
        elif name == "name":
            self._open.name = self._open.name or value or ""
        elif name == "basedOn":
            self._open.base = value
        elif name == "outlineLvl":
            self._open.outline = number_of(value)
        elif name == "numId":
            self._open.number_id = value
        elif name == "ilvl":
            self._open.number_level = number_of(value)
        elif name == "vanish" and not self._in_condition:
            self._open.is_hidden = is_on(attributes)
        elif name == "b" and not self._in_condition:
            self._open.is_bold = is_on(attributes)
        elif name == "lang" and self.language is None:
            self.language = value

    def end(self, name: str) -> None:
        if name == "tblStylePr":
            self._in_condition -= 1
        elif name == "style":
            self._open = Style()

    def heading_level(self, style_id: str) -> int | None:
        """Level from 1 of the headings that have this style, or `None`."""
        for style in self._lineage(style_id):
            if style.outline is not None:
                return style.outline + 1 if 0 <= style.outline < _OUTLINE_LEVELS else None
            if match := _HEADING.fullmatch(style.name.strip()):
                return int(match[1])
        match = _HEADING.fullmatch(style_id)
        return int(match[1]) if match and style_id not in self._styles else None

    def is_title(self, style_id: str) -> bool:
        """Whether this is the style of a document's title."""
        names = [style.name for style in self._lineage(style_id)] or [style_id]
        return names[0].strip().lower() in ("title", "表題")

    def is_contents(self, style_id: str) -> bool:
        """Whether this is the style of a line in a table of contents."""
        return any(_CONTENTS.fullmatch(style.name.strip()) for style in self._lineage(style_id))

    def is_hidden(self, style_id: str) -> bool:
        """Whether words of this style are not shown."""
        return next((style.is_hidden for style in self._lineage(style_id) if style.is_hidden is not None), False)

    def numbering(self, style_id: str) -> tuple[str | None, int]:
        """Numbering (`None`: none) and level from 0 of paragraphs of this style."""
        level = None
        for style in self._lineage(style_id):
            level = style.number_level if level is None else level
            if style.number_id is not None:
                return style.number_id, level or 0
        return None, 0

    def _lineage(self, style_id: str) -> list[Style]:
        """A style and those it is based on; a ring of them ends somewhere."""
        found: list[Style] = []
        style = self._styles.get(style_id)
        while style is not None and len(found) < _MAX_BASES:
            found.append(style)
            style = self._styles.get(style.base or "")
        return found


class Numbering:
    """The lists of a document, filled by `rag.loading.docx_package.Package.parse`."""

    def __init__(self) -> None:
        self._formats: dict[tuple[str, int], str] = {}  # (abstract list, level) -> format of its numbers
        self._starts: dict[tuple[str, int], int] = {}
        self._abstract_of: dict[str, str] = {}
        self._abstract = self._number = ""
        self._level: int | None = None
        self._counts: dict[str, list[int]] = {}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        value = attributes.get("val")
        if name == "abstractNum":
            self._abstract, self._number = attributes.get("abstractNumId", ""), ""
        elif name == "num":
            self._number, self._abstract = attributes.get("numId", ""), ""
        elif name == "abstractNumId" and self._number:
            self._abstract_of[self._number] = value or ""
        elif name == "lvl" and self._abstract:
            self._level = number_of(attributes.get("ilvl"))
        elif name == "numFmt" and self._abstract and self._level is not None:
            self._formats[self._abstract, self._level] = value or ""
        elif name == "start" and self._abstract and self._level is not None:
            self._starts[self._abstract, self._level] = number_of(value) or 1

    def end(self, name: str) -> None:
        if name == "lvl":
            self._level = None

    def mark(self, number_id: str, level: int) -> str | None:
        """The mark of the next item of a list on a level from 0; `None` where the list has no marks."""
        abstract = self._abstract_of.get(number_id)
        if abstract is None or not 0 <= level < _OUTLINE_LEVELS:
            return None
        kind = self._formats.get((abstract, level), "bullet")
        counts = self._counts.setdefault(number_id, [])
        del counts[level + 1 :]
        while len(counts) <= level:
            counts.append(self._starts.get((abstract, len(counts)), 1) - 1)
        counts[level] += 1
        if kind == "none":
            return None
        return "- " if kind == "bullet" or not 0 <= counts[level] < 1000 else f"{counts[level]}. "
