"""The elements of a Word document's body in order to the blocks of a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rag.loading.docx_styles import Numbering, Styles, is_on, number_of
from rag.loading.nesting import Grid, in_cell, write_grid
from rag.loading.writing import MarkdownWriter, lowered, raised

# Deleted and moved words, earlier looks, commands of fields, a second form of what stands there already, readings above
# words, pictures and embedded files. (Text boxes are read: they are paragraphs inside `drawing` and `pict`.)
_LEFT_OUT = frozenset(
    "del moveFrom Fallback rt instrText delText delInstrText object binData sectPr altChunk pPrChange rPrChange "
    "tblPrChange tblPrExChange trPrChange tcPrChange sectPrChange numberingChange".split()
)
_COUNTED = frozenset("del moveFrom".split())
_MAX_COLUMNS = 100
_MAX_LEVELS = 9
# Footnotes that draw the line above the others.
_NO_NOTES = ("separator", "continuationSeparator", "continuationNotice")


@dataclass(slots=True)
class _Paragraph:
    """An open paragraph: its words so far and what its properties say."""

    words: list[str] = field(default_factory=list)
    style: str = ""
    outline: int | None = None
    number_id: str | None = None
    number_level: int | None = None
    is_bold: bool = True  # as long as no run is not


@dataclass(slots=True)
class _Run:
    """An open run: stretch of words of one look."""

    begin: int
    shift: str = ""
    is_hidden: bool = False
    is_bold: bool = False


@dataclass(slots=True)
class _Table:
    """An open table; `cell` holds the paragraphs and tables of the open cell."""

    rows: list[list[str]] = field(default_factory=list)
    cell: list[str | Grid] = field(default_factory=list)
    inner: dict[tuple[int, int], list[str | Grid]] = field(default_factory=dict)
    n_header: int = 0
    is_name_row: bool = False
    all_bold: bool = True
    bold_rows: list[bool] = field(default_factory=list)
    span: int = 1
    goes_on: bool = False  # the cell continues the one above it


class DocxBody:
    """Filled by `rag.loading.docx_package.Package.parse`; call `finish` behind each part."""

    def __init__(self, writer: MarkdownWriter, styles: Styles, numbering: Numbering) -> None:
        self.title: str | None = None
        self.n_hidden = 0
        self._writer = writer
        self._styles = styles
        self._numbering = numbering
        self._skipping = 0  # depth inside what is left out
        self._takes_words = False
        self._paragraphs: list[_Paragraph] = []
        self._runs: list[_Run] = []
        self._tables: list[_Table] = []
        self._in_properties = 0  # of a run, not of a paragraph's mark
        self._in_mark = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if self._skipping or name in _LEFT_OUT or attributes.get("type") in _NO_NOTES:
            if name in _COUNTED and not (self._skipping or self._in_mark) and self._paragraphs:
                self.n_hidden += 1
            self._skipping += 1
        elif name == "p":
            self._paragraphs.append(_Paragraph())
        elif name == "r":
            self._runs.append(_Run(len(self._paragraphs[-1].words) if self._paragraphs else 0))
        elif name == "t":
            self._takes_words = True
        elif name in ("br", "cr"):
            self._put("\n")
        elif name in ("tab", "ptab"):
            self._put(" ")
        elif name == "noBreakHyphen":
            self._put("-")
        elif name == "tbl":
            self._tables.append(_Table())
        elif name == "pPr":
            self._in_mark += 1
        elif name == "rPr" and self._runs and not self._in_mark:
            self._in_properties += 1
        elif self._in_properties:
            self._start_run_property(name, attributes)
        else:
            self._start_property(name, attributes)

    def words(self, words: str) -> None:
        if self._takes_words and not self._skipping:
            self._put(words)

    def end(self, name: str) -> None:
        if self._skipping:
            self._skipping -= 1
        elif name == "t":
            self._takes_words = False
        elif name == "rPr" and self._in_properties:
            self._in_properties -= 1
        elif name == "pPr":
            self._in_mark -= 1
        elif name == "r" and self._runs:
            self._end_run(self._runs.pop())
        elif name == "p" and self._paragraphs:
            self._end_paragraph(self._paragraphs.pop())
        elif name in ("tc", "tr", "tbl") and self._tables:
            self._end_in_table(name, self._tables[-1])

    def finish(self) -> None:
        """Write what a broken part has left open."""
        while self._paragraphs:
            self._end_paragraph(self._paragraphs.pop())
        self._runs.clear()
        self._tables.clear()
        self._skipping = self._in_properties = self._in_mark = 0
        self._takes_words = False

    def _put(self, words: str) -> None:
        if self._paragraphs and not (self._runs and self._runs[-1].is_hidden):
            self._paragraphs[-1].words.append(words)
        elif self._paragraphs and words.strip():
            self.n_hidden += 1

    def _start_run_property(self, name: str, attributes: Mapping[str, str]) -> None:
        run = self._runs[-1]
        if name in ("vanish", "specVanish", "webHidden"):
            run.is_hidden = is_on(attributes)
        elif name == "rStyle":
            run.is_hidden = run.is_hidden or self._styles.is_hidden(attributes.get("val", ""))
        elif name == "vertAlign":
            run.shift = attributes.get("val", "")
        elif name == "b":
            run.is_bold = is_on(attributes)

    def _start_property(self, name: str, attributes: Mapping[str, str]) -> None:
        """A property of the open paragraph or table."""
        paragraph = self._paragraphs[-1] if self._paragraphs else None
        table = self._tables[-1] if self._tables else None
        value = attributes.get("val")
        if paragraph is not None and name == "pStyle":
            paragraph.style = value or ""
        elif paragraph is not None and name == "outlineLvl":
            paragraph.outline = number_of(value)
        elif paragraph is not None and name == "numId":
            paragraph.number_id = value
        elif paragraph is not None and name == "ilvl":
            paragraph.number_level = number_of(value)
        elif table is not None and name == "tr":
            table.rows.append([])
            table.is_name_row, table.all_bold = False, True
        elif table is not None and name == "tc":
            table.cell.clear()
            table.span, table.goes_on = 1, False
        elif table is not None and name == "gridSpan":
            table.span = number_of(value) or 1
        elif table is not None and name == "vMerge":
            table.goes_on = value != "restart"
        elif table is not None and name == "tblHeader":
            table.is_name_row = is_on(attributes)

    def _end_run(self, run: _Run) -> None:
        if not self._paragraphs:
            return
        paragraph = self._paragraphs[-1]
        words = "".join(paragraph.words[run.begin :])
        if words.strip():
            paragraph.is_bold = paragraph.is_bold and run.is_bold
            if run.shift in ("superscript", "subscript"):
                paragraph.words[run.begin :] = [(raised if run.shift == "superscript" else lowered)(words)]

    def _end_paragraph(self, paragraph: _Paragraph) -> None:
        words = "".join(paragraph.words)
        if not words.strip() or self._styles.is_contents(paragraph.style):
            return
        if self._styles.is_hidden(paragraph.style):
            self.n_hidden += 1
        elif self._tables:
            self._tables[-1].cell.append(words)
            self._tables[-1].all_bold = self._tables[-1].all_bold and paragraph.is_bold
        elif self._paragraphs:
            # A text box inside a paragraph: its words stand before the rest of that paragraph.
            self._writer.paragraph(words)
        else:
            self._write(paragraph, words)

    def _write(self, paragraph: _Paragraph, words: str) -> None:
        level = self._styles.heading_level(paragraph.style)
        if paragraph.outline is not None:
            level = paragraph.outline + 1 if 0 <= paragraph.outline < _MAX_LEVELS else None
        if self._styles.is_title(paragraph.style):
            level = 1
            self.title = self.title or " ".join(words.split())
        if level is not None:
            self._writer.heading(level, words)
            return
        number_id, number_level = self._styles.numbering(paragraph.style)
        number_id = paragraph.number_id if paragraph.number_id is not None else number_id
        number_level = paragraph.number_level if paragraph.number_level is not None else number_level
        mark = self._numbering.mark(number_id, number_level) if number_id is not None else None
        if mark is None:
            self._writer.paragraph(words)
        else:
            self._writer.item(words, mark=mark, indent=4 * number_level)

    def _end_in_table(self, name: str, table: _Table) -> None:
        if name == "tc":
            self._end_cell(table)
        elif name == "tr" and table.rows:
            table.bold_rows.append(table.all_bold)
            if table.is_name_row and table.n_header == len(table.rows) - 1:
                table.n_header += 1
        elif name == "tbl":
            self._tables.pop()
            if not table.n_header and len(table.rows) > 1 and table.bold_rows[:2] == [True, False]:
                table.n_header = 1
            grid = Grid(rows=table.rows, n_header=table.n_header, inner=table.inner)
            if self._tables:
                self._tables[-1].cell += in_cell(grid, len(self._tables) + 1)
            else:
                write_grid(self._writer, grid)

    def _end_cell(self, table: _Table) -> None:
        if not table.rows:
            return
        row = table.rows[-1]
        words = " ".join(" ".join(block for block in table.cell if isinstance(block, str)).split())
        if any(isinstance(block, Grid) for block in table.cell):
            table.inner[len(table.rows) - 1, len(row)] = list(table.cell)
        if table.goes_on and len(table.rows) > 1 and len(row) < len(table.rows[-2]):
            words = table.rows[-2][len(row)]
        row.append(words)
        row += [""] * min(table.span - 1, _MAX_COLUMNS - len(row))
        table.cell.clear()
