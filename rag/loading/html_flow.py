"""The elements of a page in order to the blocks of a text: headings, paragraphs, lists, tables, code."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from rag.loading.nesting import Grid, in_cell, write_grid
from rag.loading.writing import MarkdownWriter, lowered, raised

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form frameset header hgroup hr html legend li main menu ol optgroup p pre section summary table tbody td "
    "tfoot th thead tr ul xmp listing".split()
)
# Programs, what only programs show, other documents, pictures, what is typed into, and readings above Japanese words.
_SKIPPED = frozenset(
    "script style template noscript iframe frame object applet canvas svg audio video picture map head title noframes "
    "noembed button select option optgroup datalist textarea rt rp annotation annotation-xml".split()
)
# Elements without an end: the parser may put into one what only comes after it.
_EMPTY = frozenset("area base br col embed hr img input keygen link meta param source track wbr".split())
# What stands around the text on every page of a site, unless it is inside the text itself.
_AROUND = frozenset("nav footer aside".split())
_ROLES_AROUND = frozenset("navigation search contentinfo complementary menu menubar toolbar dialog alertdialog".split())
_WITHIN_TEXT = ("article", "main", "blockquote", "figure", "section")

_CSS_COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|content-visibility\s*:\s*hidden"
    r"|opacity\s*:\s*0*\.?0+\s*%?\s*(?:[;!]|$)|font-size\s*:\s*0*\.?0+\s*(?:[a-z%]+\s*)?(?:[;!]|$)"
    r"|(?:left|top|right|text-indent)\s*:\s*-\d{3,}|clip(?:-path)?\s*:\s*(?:rect\(\s*0|inset\(\s*(?:50|100)%)",
    re.IGNORECASE,
)
_SPACE = re.compile(r"[ \t\r\n\f\xa0]+")
_CJK = "\u3000-\u30ff\u3400-\u9fff\uff01-\uff65"
_BREAK_IN_CJK = re.compile(rf"(?<=[{_CJK}])[ \t\r\f]*\n[ \t\r\n\f]*(?=[{_CJK}])")
_PARAGRAPHS = re.compile(r"\n[ ]*\n\s*")
_MAX_COLUMNS = 100
_MAX_SPAN = 1000
_MAX_HEADER_ROWS = 3
_MAX_SHORT_CHARS = 200


def is_shown(element: Any) -> bool:
    """Whether neither an element nor what it lies in is hidden or skipped."""
    lineage = (element, *element.iterancestors())
    return not any(other.tag in _SKIPPED or is_hidden(other) for other in lineage)


def is_hidden(element: Any) -> bool:
    """Whether an element's own attributes keep it from being seen; style sheets are not looked at."""
    if element.get("hidden") not in (None, "until-found") or element.get("aria-hidden", "").lower() == "true":
        return True
    style = element.get("style")
    if style is None:
        return False
    style = _CSS_COMMENT.sub("", style)
    return _HIDING.search(style) is not None or _is_unseen(style)


def _is_unseen(style: str) -> bool:
    """Whether words are see-through, or have the colour behind them."""
    said = {
        name.strip().lower(): value.partition("!")[0].strip().lower()
        for name, _, value in (declaration.partition(":") for declaration in style.split(";"))
    }
    color = said.get("color")
    return color == "transparent" or (
        color is not None and color in (said.get("background-color"), said.get("background"))
    )


@dataclass(slots=True)
class _Item:
    """An open list item: its mark, the column it begins in, and whether its first words are written."""

    mark: str
    indent: int
    is_written: bool = False


@dataclass(slots=True)
class _Table:
    """Rows of an open table as far as they are read."""

    rows: list[list[str]] = field(default_factory=list)
    n_header: int = 0
    in_head: bool = False
    all_names: bool = True
    spanning: dict[int, tuple[int, str]] = field(default_factory=dict)  # column -> (rows it goes on for, cell)
    n_chars: int = 0
    cell: list[str | Grid] = field(default_factory=list)  # of the open cell, what stands before its last words
    inner: dict[tuple[int, int], list[str | Grid]] = field(default_factory=dict)


class HtmlFlow:
    """Writes the words of one element; nothing recurses, so no nesting is too deep."""

    def __init__(self, writer: MarkdownWriter) -> None:
        self.n_hidden = 0
        self._writer = writer
        self._words: list[str] = []
        self._heading = 0
        self._n_quotes = 0
        self._n_pre = 0
        self._lists: list[int | None] = []  # the number of the last item of each open list, `None` without numbers
        self._items: list[_Item] = []
        self._term = ""  # terms whose explanation is yet to come
        self._explained = ""  # and those that have one already
        self._tables: list[_Table] = []
        self._shifts: list[int] = []  # where the words of each open sup or sub begin

    def write(self, main: Any) -> None:
        """Write all of `main`."""
        walk = etree.iterwalk(main, events=("start", "end"))
        skipped: Any = None
        for event, element in walk:
            if event == "start":
                if self._is_skipped(element, main):
                    skipped = element
                    walk.skip_subtree()
                    continue
                self._start(element.tag, element)
                self._add(element.text)
            else:
                if element is skipped:
                    skipped = None
                else:
                    self._end(element.tag, element)
                if element is not main:
                    self._add(element.tail)
        self._flush()

    def _is_skipped(self, element: Any, main: Any) -> bool:
        tag = element.tag
        if not isinstance(tag, str) or tag in _SKIPPED:
            return True
        if element is main or tag in _EMPTY:
            return False
        if is_hidden(element) or (tag == "dialog" and element.get("open") is None):
            self.n_hidden += any(words.strip() for words in element.itertext())
            return True
        around = tag in _AROUND or element.get("role") in _ROLES_AROUND
        return around and (tag == "nav" or next(element.iterancestors(*_WITHIN_TEXT), None) is None)

    def _add(self, text: str | None) -> None:
        if text:
            self._words.append(text if self._n_pre else _SPACE.sub(" ", _BREAK_IN_CJK.sub("", text)))

    def _start(self, tag: str, element: Any) -> None:
        if tag == "br":
            self._words.append("\n")
        elif tag in ("sup", "sub"):
            self._shifts.append(len(self._words))
        elif self._tables:
            self._start_in_table(self._tables[-1], tag)
        elif tag in _BLOCKS or tag in _HEADINGS:
            if tag == "dt" and element.getparent().tag == "dt":  # one without its end, as the parser reads it
                self._end_term()
            self._flush()
            self._start_block(tag, element)

    def _start_block(self, tag: str, element: Any) -> None:
        if tag in _HEADINGS:
            self._heading = _HEADINGS[tag]
        elif tag == "blockquote":
            self._n_quotes += 1
        elif tag in ("pre", "xmp", "listing"):
            self._n_pre += 1
        elif tag in ("ul", "ol", "menu", "dir"):
            self._lists.append(_number(element.get("start"), 1) - 1 if tag == "ol" else None)
        elif tag == "li":
            self._open_item(self._next_mark())
        elif tag == "dd":
            self._open_item("- ")
            self._term = self._term or self._explained
        elif tag == "hr":
            self._term = self._explained = ""
        elif tag == "table" and _is_data(element):
            self._tables.append(_Table())

    def _next_mark(self) -> str:
        if not self._lists or self._lists[-1] is None:
            return "- "
        self._lists[-1] += 1
        return f"{self._lists[-1]}. " if 0 <= self._lists[-1] < _MAX_SPAN else "- "

    def _open_item(self, mark: str) -> None:
        above = self._items[-1] if self._items else None
        indent = above.indent + min(len(above.mark), 4) if above is not None and above.is_written else 0
        self._items.append(_Item(mark, indent))

    def _end(self, tag: str, element: Any) -> None:
        if tag in ("sup", "sub"):
            self._end_shift(tag)
        elif self._tables:
            self._end_in_table(self._tables[-1], tag, element)
        elif tag == "dt":
            self._end_term()
        elif tag in _BLOCKS or tag in _HEADINGS:
            self._flush()
            if tag == "blockquote":
                self._n_quotes = max(0, self._n_quotes - 1)
            elif tag in ("pre", "xmp", "listing"):
                self._n_pre = max(0, self._n_pre - 1)
            elif tag in ("ul", "ol", "menu", "dir") and self._lists:
                self._lists.pop()
            elif tag in ("li", "dd") and self._items:
                self._items.pop()
                if self._term == self._explained:
                    self._term = ""
            elif tag == "dl":
                self._write_term()
                self._explained = ""

    def _end_shift(self, tag: str) -> None:
        begin = self._shifts.pop() if self._shifts else len(self._words)
        words = "".join(self._words[begin:])
        self._words[begin:] = [(raised if tag == "sup" else lowered)(words)]

    def _end_term(self) -> None:
        """Several terms before an explanation share it."""
        term = " ".join("".join(self._words).split())
        self._words.clear()
        if term:
            self._term, self._explained = ", ".join(filter(None, (self._term, term))), ""

    def _write_term(self) -> None:
        """Terms that nothing explains are an item by themselves."""
        term, self._term = self._term, ""
        self._writer.item(term, quoted=self._n_quotes > 0)

    def _flush(self) -> None:
        """Write the words that have come since the last block began."""
        words = "".join(self._words)
        self._words.clear()
        self._shifts.clear()
        heading, self._heading = self._heading, 0
        if not words.strip():
            return
        if heading:
            self._writer.heading(heading, words)
            # What follows stands under the heading, not in the list around it.
            self._items = [_Item("", 0, is_written=True) for _ in self._items]
        elif self._n_pre and "\n" in words.strip():
            self._writer.code(words)
        else:
            for part in _PARAGRAPHS.split(words):
                self._write_part(part)

    def _write_part(self, words: str) -> None:
        quoted = self._n_quotes > 0
        item = self._items[-1] if self._items else None
        if item is None or item.is_written:
            indent = item.indent + min(len(item.mark), 4) if item else 0
            self._writer.paragraph(words, indent=indent, quoted=quoted)
            return
        if self._term and words.strip():
            words, self._term, self._explained = f"{self._term}: {words.strip()}", "", self._term
        self._writer.item(words, mark=item.mark, indent=item.indent, quoted=quoted)
        item.is_written = bool(words.strip())

    def _start_in_table(self, table: _Table, tag: str) -> None:
        if tag == "table":
            self._end_words(table)
            self._tables.append(_Table())
        elif tag in ("td", "th", "caption"):
            self._words.clear()
            table.cell.clear()
            table.all_names = table.all_names and tag != "td"
        elif tag == "tr":
            self._words.clear()
            table.rows.append([])
            table.all_names = True
            self._fill_spans(table)
        elif tag == "thead":
            table.in_head = True
        elif tag in _BLOCKS:
            self._words.append(" ")

    def _end_in_table(self, table: _Table, tag: str, element: Any) -> None:
        if tag in ("td", "th"):
            self._add_cell(table, element)
        elif tag == "caption":
            if len(self._tables) > 1:
                self._end_words(self._tables[-2])
            else:
                self._writer.paragraph("".join(self._words))
            self._words.clear()
        elif tag == "tr" and table.rows:
            is_head = bool(table.rows[-1]) and (table.in_head or table.all_names)
            if is_head and table.n_header == len(table.rows) - 1 and table.n_header < _MAX_HEADER_ROWS:
                table.n_header += 1
        elif tag == "thead":
            table.in_head = False
        elif tag == "table":
            self._tables.pop()
            self._words.clear()
            rows = table.rows if table.inner else [row for row in table.rows if row]
            n_header = table.n_header if len(rows) == len(table.rows) else 0
            grid = Grid(rows=rows, n_header=n_header, inner=table.inner)
            if self._tables:
                self._tables[-1].cell += in_cell(grid, len(self._tables) + 1)
            else:
                write_grid(self._writer, grid)
        elif tag in _BLOCKS:
            self._words.append(" ")

    def _end_words(self, table: _Table) -> None:
        """Put the words before a table inside a cell, or that table's title, into the cell."""
        words = " ".join("".join(self._words).split())
        self._words.clear()
        if words:
            table.cell.append(words)

    def _add_cell(self, table: _Table, element: Any) -> None:
        self._end_words(table)
        words = " ".join(block for block in table.cell if isinstance(block, str))
        if not table.rows:
            table.rows.append([])
        row = table.rows[-1]
        if any(isinstance(block, Grid) for block in table.cell):
            table.inner[len(table.rows) - 1, len(row)] = list(table.cell)
        table.cell.clear()
        across = min(_number(element.get("colspan"), 1), _MAX_COLUMNS)
        down = min(_number(element.get("rowspan"), 1), _MAX_SPAN)
        for part in range(max(across, 1)):
            if len(row) >= _MAX_COLUMNS:
                break
            # Names that span columns belong to each of them; a value only once.
            shown = words if part == 0 or element.tag == "th" else ""
            if down > 1:
                table.spanning[len(row)] = (down - 1, shown)
            row.append(shown)
            table.n_chars += len(shown) + 1
        self._fill_spans(table)

    def _fill_spans(self, table: _Table) -> None:
        """Cells from rows above that reach into this one, from its next column on."""
        row = table.rows[-1]
        while len(row) in table.spanning:
            left, shown = table.spanning[len(row)]
            if left <= 1:
                del table.spanning[len(row)]
            else:
                table.spanning[len(row)] = (left - 1, shown)
            row.append(shown)
            table.n_chars += len(shown) + 1
        # A cell that reaches into a thousand rows is a thousand cells by now.
        self._writer.expect(table.n_chars)


def _is_data(table: Any) -> bool:
    """Whether a table holds data: no heading or list in it, and more than one column; with tables in it, see below."""
    if table.get("role") in ("presentation", "none"):
        return False
    if next(table.iter(*_HEADINGS, "ul", "ol", "pre", "main", "article"), None) is not None:
        return False
    if any(inner is not table for inner in table.iter("table")):
        return _is_grid(table)
    return any(sum(cell.tag in ("td", "th") for cell in row) > 1 for row in table.iter("tr"))


def _is_grid(table: Any) -> bool:
    """Whether a table with tables in it is more than a way to arrange these: names, or rows of short words."""
    parts = [table, *(part for part in table if part.tag in ("thead", "tbody", "tfoot"))]
    rows = [[cell for cell in row if cell.tag in ("td", "th")] for part in parts for row in part if row.tag == "tr"]
    cells = [cell for row in rows for cell in row]
    if len(rows) < 2 or len({len(row) for row in rows}) > 1 or len(rows[0]) < 2:
        return False
    plain = [cell for cell in cells if next(cell.iter("table"), None) is None]
    if any(cell.tag == "th" for cell in plain):
        return True
    return 2 * len(plain) > len(cells) and all(len("".join(cell.itertext())) <= _MAX_SHORT_CHARS for cell in plain)


def _number(value: str | None, default: int) -> int:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 7 else default
