"""Blocks of a document to its text: Markdown that reads back as the words that were put in, headings with their places.

For formats whose own markup is no text (HTML, DOCX, tables): what they become splits, quotes and shows like Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rag.loading.raw import Limits, Raw
from rag.loading.sections import Heading, sections
from rag.loading.text import clean
from rag.text.markup import plain

MAX_LEVEL = 6
# What is longer is prose that somebody marked as a heading.
_MAX_HEADING_CHARS = 300
# Deeper lists are not indented further: the columns of a hostile one would outgrow its words.
_MAX_INDENT = 24

_SPACES = re.compile(r"[^\S\n]+")
_SPECIAL = re.compile(r"[\\`*_\[\]<~]")
# Lines that Markdown reads as more than words: headings, quotations, fences, rules, underlines, rows of tables.
_LINE_MARK = re.compile(r"#{1,6}(?:\s|$)|>|`{3}|~{3}|\||[-=*_](?:\s*[-=*_]){2,}$|[-=]+$|[ \t|:-]*-[ \t|:-]*$")
_CLOSING_HASHES = re.compile(r"(?<=[ \t])(?=#+$)")
_TICKS = re.compile(r"`{3,}")
_DASHES = re.compile(r":?-+:?")

_RAISED = str.maketrans("0123456789+-=()−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾⁻")
_LOWERED = str.maketrans("0123456789+-=()−", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎₋")
_SHIFTABLE = re.compile(r"[0-9+\-=()−]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A finished text, its headings in order, and how many invisible characters were taken out."""

    text: str
    headings: list[Heading]
    n_removed: int

    def raw(
        self,
        *,
        title: str | None = None,
        language: str | None = None,
        front_matter: dict[str, Any] | None = None,
        notes: tuple[str, ...] = (),
    ) -> Raw:
        """The document as its reader gives it; without a `title` the first heading of level 1 is it."""
        found = tuple(sections(self.headings, len(self.text)))
        first = next((section.heading for section in found if section.level == 1), None)
        return Raw(
            text=self.text,
            title=title or first,
            front_matter=front_matter or {},
            language=language,
            sections=found,
            n_removed=self.n_removed,
            notes=notes,
        )


class MarkdownWriter:
    """Puts a text together block by block; words come raw and are cleaned and escaped here.

    A line end inside words is a line break of the same block. Words that are empty leave nothing.

    Raises:
        Refused: From any method, with code `too_long`, as soon as the text is.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._pieces: list[str] = []
        self._length = 0
        self._headings: list[Heading] = []
        self._n_removed = 0
        self._last = ""

    def heading(self, level: int, words: str) -> None:
        """A heading of `level`, from 1; its lines are joined."""
        shown = " ".join(self._lines(words))
        if len(shown) > _MAX_HEADING_CHARS:
            self.paragraph(words)
        elif shown:
            level = min(max(level, 1), MAX_LEVEL)
            start = self._length + (2 if self._pieces else 0)
            marked = _CLOSING_HASHES.sub(r"\\", _escaped([shown])[0])
            self._add("heading", f"{'#' * level} {marked}")
            self._headings.append(Heading(start, level, shown))

    def paragraph(self, words: str, *, indent: int = 0, quoted: bool = False) -> None:
        """A paragraph; `indent` columns make it belong to a list item, `quoted` a quotation."""
        lines = [_guarded(line) for line in _escaped(self._lines(words))]
        if lines:
            prefix = ("> " if quoted else "") + " " * min(indent, _MAX_INDENT)
            self._add("paragraph", "\n".join(prefix + line for line in lines))

    def item(self, words: str, *, mark: str = "- ", indent: int = 0, quoted: bool = False) -> None:
        """A list item behind its mark, `indent` columns in."""
        lines = _escaped(self._lines(words))
        if lines:
            first = ("> " if quoted else "") + " " * min(indent, _MAX_INDENT)
            rest = first + " " * min(len(mark), 4)
            body = "\n".join([first + mark + lines[0], *(rest + _guarded(line) for line in lines[1:])])
            self._add("item", body, close=self._last == "item")

    def code(self, words: str) -> None:
        """Lines that are kept as they are."""
        cleaned, n_removed = clean(words)
        self._n_removed += n_removed
        body = cleaned.strip("\n").expandtabs(4)
        if body.strip():
            longest = max((len(ticks) for ticks in _TICKS.findall(body)), default=2)
            fence = "`" * max(3, longest + 1)
            self._add("code", f"{fence}\n{body}\n{fence}")

    def table(self, rows: Sequence[Sequence[str]], *, has_header: bool) -> None:
        """A table of rows of equal length; with `has_header` the first row names the columns."""
        for number, row in enumerate(rows):
            cells = [_cell(" ".join(self._lines(cell))) for cell in row]
            if any(cells):
                self._add("row", f"| {' | '.join(cells)} |", close=number > 0)
            if number == 0 and has_header:
                self._add("row", f"|{' --- |' * len(row)}", close=True)

    def expect(self, n_chars: int) -> None:
        """Refuse at once what will be too long: so many characters are yet to be written."""
        self._limits.check_chars(self._length + n_chars)

    def finish(self) -> Written:
        """The text and what is known of it."""
        text = "".join(self._pieces)
        return Written(text=f"{text}\n" if text else "", headings=self._headings, n_removed=self._n_removed)

    def _lines(self, words: str) -> list[str]:
        cleaned, n_removed = clean(words)
        self._n_removed += n_removed
        lines = (_SPACES.sub(" ", line).strip() for line in cleaned.split("\n"))
        return [line for line in lines if line]

    def _add(self, kind: str, body: str, *, close: bool = False) -> None:
        """Append a block: a blank line before it, or with `close` none."""
        gap = "" if not self._pieces else "\n" if close else "\n\n"
        self._pieces += (gap, body)
        self._length += len(gap) + len(body)
        self._limits.check_chars(self._length)
        self._last = kind


def raised(text: str) -> str:
    """Superscript: figures as such characters, since 10 to the 12th must not read as 1012; other words as they are."""
    return text.translate(_RAISED) if _SHIFTABLE.fullmatch(text.strip()) else text


def lowered(text: str) -> str:
    """Subscript, as `raised`."""
    return text.translate(_LOWERED) if _SHIFTABLE.fullmatch(text.strip()) else text


def _escaped(lines: list[str]) -> list[str]:
    """The lines of one block, with backslashes where their characters would be read as markup."""
    whole = " ".join(lines)
    # A backslash at a line's end would be read as a line break.
    lines = [whole] if any(line.endswith("\\") for line in lines) else lines
    if not _SPECIAL.search(whole) or plain(f"x {whole}") == f"x {whole}":
        return lines if whole else []
    return [_SPECIAL.sub(r"\\\g<0>", line) for line in lines]


def _guarded(line: str) -> str:
    """A line of running words that is not read as a block of another kind."""
    return f"\\{line}" if _LINE_MARK.match(line) else line


def _cell(words: str) -> str:
    """Words of a cell; a bar would end it, and a row of nothing but dashes would end the table's head."""
    if _DASHES.fullmatch(words):
        return "–"
    return _escaped([words.replace("|", "｜")])[0] if words else ""
