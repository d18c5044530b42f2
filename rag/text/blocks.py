"""Text into its blocks, with offsets: headings, paragraphs, list items, table rows, code lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["heading", "paragraph", "item", "header", "row", "code", "mark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """`text[start:end]`, trimmed of white space; blocks lie in order and cover all but white space.

    Attributes:
        kind: `header` is the first row of a table that has a delimiter row; `mark` has nothing to read (a rule, a
            code fence, a table's delimiter row); `code` is one line of a fenced block.
        content: Where the words begin, after a heading's, a quotation's or a list item's mark.
        level: A heading's level from 1; an item's depth from 0; for a paragraph the depth of the items it belongs to.
        quoted: Whether its lines begin with `>`.
        after_blank: Whether a blank line (or the text's beginning) stands before it.
    """

    kind: Kind
    start: int
    end: int
    content: int
    level: int = 0
    quoted: bool = False
    after_blank: bool = False


# What begins a list item, English and Japanese; after marks such as ・ and （1） no space is needed.
_SPACE = r"[ \t\u3000]"
LIST_MARK = re.compile(
    rf"(?:(?P<bullet>[-*+–]{_SPACE}+|[・•◦‣●◆◇■□▪▫➢✓]{_SPACE}*|○(?!○){_SPACE}*)"
    rf"|(?P<number>\d{{1,3}}[.)]{_SPACE}+|[０-９]{{1,3}}[．.)）]{_SPACE}*"
    rf"|[（(](?:[0-9０-９]{{1,3}}|[ivx]{{2,4}}|[a-zA-Zａ-ｚＡ-Ｚア-ン一二三四五六七八九十])[)）]{_SPACE}*"
    rf"|[a-z]\){_SPACE}+|[①-⑳㉑-㉟㊱-㊿❶-❿]{_SPACE}*))(?=\S)"
)
_FIRST_NUMBER = re.compile(r"[（(]?(?:0?1|[０]?１|[aAａＡアi一]|[①❶])(?![0-9０-９])")
_QUOTE = re.compile(r"[ \t]{0,3}(?:>[ \t]?)+")
_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(?=\S)")
_UNDERLINE = re.compile(r" {0,3}(=|-)\1{2,}[ \t]*")
_RULE = re.compile(r" {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_DELIMITER_ROW = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
_MAX_SETEXT_CHARS = 200


def scan_blocks(
    text: str,
    start: int = 0,
    end: int | None = None,
    *,
    markdown: bool = True,
    headings: Mapping[int, int] | None = None,
) -> list[Block]:
    """Blocks of `text[start:end]`, in order; linear in its length.

    Without `markdown` only blank lines, list marks and the given headings count: what looks like markup is text.

    Args:
        text: The whole text; offsets count in it.
        start: Where to begin.
        end: Where to stop; `None` is the end of the text.
        markdown: Whether `text` is Markdown.
        headings: Level of each heading that is known from elsewhere, by the offset at which its line begins.
    """
    scanner = _Scanner(text, start, len(text) if end is None else end, markdown, headings or {})
    return scanner.run()


@dataclass(slots=True)
class _Open:
    """A block that further lines may still join."""

    kind: Kind
    start: int
    content: int
    end: int
    level: int
    quoted: bool
    after_blank: bool
    n_lines: int = 1


class _Scanner:
    """One pass over the lines."""

    def __init__(self, text: str, start: int, end: int, markdown: bool, headings: Mapping[int, int]) -> None:
        self._text = text
        self._markdown = markdown
        self._headings = headings
        self._lines = _line_spans(text, start, end)
        self._blocks: list[Block] = []
        self._open: _Open | None = None
        self._blank = True
        self._indents: list[int] = []  # content columns of the list items that enclose the current line
        self._unclosed: dict[str, int] = {}  # fence character -> shortest fence known to have no end

    def run(self) -> list[Block]:
        i = 0
        while i < len(self._lines):
            i = self._take(i)
        self._flush()
        return self._blocks

    def _take(self, i: int) -> int:
        """Handle line `i` (and what belongs to it); return the next line's number."""
        line_start, line_end = self._lines[i]
        line = self._text[line_start:line_end]
        if not line or line.isspace():
            self._flush()
            self._blank = True
            return i + 1
        if line_start in self._headings:
            self._add_heading(line_start, line_end, self._headings[line_start])
            return i + 1
        if self._markdown:
            taken = self._take_markdown(i, line_start, line_end, line)
            if taken:
                return taken
        self._take_prose(line_start, line_end, line, quoted=False)
        return i + 1

    def _take_markdown(self, i: int, line_start: int, line_end: int, line: str) -> int:
        """As `_take`, for what only Markdown has; 0 where the line is prose."""
        if line.lstrip()[0] not in "#=-*_`~>" and "|" not in line:
            return 0
        atx = _ATX.match(line)
        if atx:
            self._add_heading(line_start, line_end, len(atx[1]), mark=atx.end())
            return i + 1
        last = self._open
        if last and last.kind == "paragraph" and not last.quoted and last.n_lines == 1:
            underline = _UNDERLINE.fullmatch(line)
            if underline and last.end - last.start <= _MAX_SETEXT_CHARS:
                last.kind, last.level, last.end = "heading", 1 if underline[1] == "=" else 2, line_end
                self._flush()
                return i + 1
        if _RULE.fullmatch(line):
            self._flush()
            self._add("mark", line_start, line_end)
            return i + 1
        fence = _FENCE.match(line)
        if fence:
            closing = self._closing_fence(i, fence[1])
            if closing:
                return self._add_code(i, closing)
        quote = _QUOTE.match(line)
        if quote:
            self._take_quoted(line_start, line_end, line, quote.end())
            return i + 1
        return self._take_table(i, line_start, line_end, line)

    def _take_quoted(self, line_start: int, line_end: int, line: str, mark: int) -> None:
        inner = line[mark:]
        if not inner or inner.isspace():
            self._flush()
            self._blank = True
            # Covered, though there is nothing to read in it.
            self._add("mark", line_start, line_end)
            self._blank = True
        else:
            self._take_prose(line_start, line_end, inner, quoted=True, mark=mark)

    def _take_table(self, i: int, line_start: int, line_end: int, line: str) -> int:
        if "|" not in line:
            return 0
        in_table = bool(self._blocks) and not self._blank and self._open is None
        in_table = in_table and self._blocks[-1].kind in ("header", "row", "mark")
        if in_table and _DELIMITER_ROW.fullmatch(line):
            self._add("mark", line_start, line_end)
            return i + 1
        following = self._lines[i + 1] if i + 1 < len(self._lines) else (0, 0)
        below = self._text[following[0] : following[1]]
        if "|" in below and "-" in below and _DELIMITER_ROW.fullmatch(below):
            self._flush()
            self._add("header", line_start, line_end)
            return i + 1
        stripped = line.strip()
        is_row = len(stripped) > 2 and stripped[0] == "|" and stripped[-1] == "|"
        if is_row or (in_table and self._blocks[-1].kind in ("row", "mark") and self._is_below_table()):
            self._flush()
            self._add("row", line_start, line_end)
            return i + 1
        return 0

    def _is_below_table(self) -> bool:
        last = self._blocks[-1]
        if last.kind == "row":
            return True
        return len(self._blocks) > 1 and self._blocks[-2].kind == "header" and "|" in self._text[last.start : last.end]

    def _take_prose(self, line_start: int, line_end: int, inner: str, *, quoted: bool, mark: int = 0) -> None:
        """A line of a paragraph or of a list item; `inner` is the line after its quotation marks."""
        body = inner.lstrip()
        column = len(inner) - len(body)
        begin = line_start + mark + column
        found = LIST_MARK.match(body) if body else None
        last = self._open
        if last and last.quoted != quoted:
            self._flush()
            last = None
        if found and not self._blank and last and last.kind == "paragraph" and found["number"]:
            # A number that begins a line of running text is no list, unless it is the first of one.
            found = found if _FIRST_NUMBER.match(body) else None
        if found:
            self._flush()
            self._start_item(line_start, line_end, begin, column, found, quoted)
        elif last:
            last.end = line_end
            last.n_lines += 1
        else:
            self._start_paragraph(line_start, line_end, begin, column, quoted)
        self._blank = False

    def _start_item(
        self, line_start: int, line_end: int, begin: int, column: int, found: re.Match[str], quoted: bool
    ) -> None:
        while self._indents and column < self._indents[-1]:
            self._indents.pop()
        level = len(self._indents)
        # One column is enough to nest under a narrow mark such as ・.
        self._indents.append(column + max(1, min(found.end(), 4)))
        start = line_start if quoted else begin
        self._open = _Open("item", start, begin + found.end(), line_end, level, quoted, self._blank)

    def _start_paragraph(self, line_start: int, line_end: int, begin: int, column: int, quoted: bool) -> None:
        while self._indents and (column < 2 or column < self._indents[-1]):
            self._indents.pop()
        start = line_start if quoted else begin
        self._open = _Open("paragraph", start, begin, line_end, len(self._indents), quoted, self._blank)

    def _closing_fence(self, i: int, fence: str) -> int:
        """Number of the line that closes the fence opened on line `i`; 0 where none does."""
        char = fence[0]
        if len(fence) >= self._unclosed.get(char, len(fence) + 1):
            return 0
        for j in range(i + 1, len(self._lines)):
            line_start, line_end = self._lines[j]
            if self._text.find(fence, line_start, line_end) < 0:
                continue
            line = self._text[line_start:line_end].strip()
            if line.count(char) == len(line):
                return j
        self._unclosed[char] = len(fence)
        return 0

    def _add_code(self, i: int, closing: int) -> int:
        self._flush()
        self._add("mark", *self._lines[i])
        for line_start, line_end in self._lines[i + 1 : closing]:
            self._add("code", line_start, line_end)
        self._add("mark", *self._lines[closing])
        return closing + 1

    def _add_heading(self, line_start: int, line_end: int, level: int, *, mark: int = 0) -> None:
        self._flush()
        self._indents.clear()
        if not mark:
            known = _ATX.match(self._text, line_start, line_end)
            mark = known.end() - line_start if known else 0
        self._add("heading", line_start, line_end, content=line_start + mark, level=level)
        self._blank = True

    def _add(self, kind: Kind, start: int, end: int, *, content: int | None = None, level: int = 0) -> None:
        start, end = trim(self._text, start, end)
        if start == end:
            return
        at = start if content is None else max(start, content)
        self._blocks.append(Block(kind=kind, start=start, end=end, content=at, level=level, after_blank=self._blank))
        self._blank = False

    def _flush(self) -> None:
        if self._open is None:
            return
        block, self._open = self._open, None
        start, end = trim(self._text, block.start, block.end)
        self._blocks.append(
            Block(
                kind=block.kind,
                start=start,
                end=end,
                content=min(block.content, end),
                level=block.level,
                quoted=block.quoted,
                after_blank=block.after_blank,
            )
        )


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Span of `text[start:end]` without the white space around it; empty where nothing is left."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return start, max(start, start + len(piece.strip()))


def _line_spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Spans of the lines, without their line ends."""
    spans = []
    while start <= end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        spans.append((start, stop))
        start = stop + 1
    return spans
