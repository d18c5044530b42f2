"""Tables with tables in their cells: rows that stand alone, each with the cells of the rows around it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rag.loading.records import Record, looks_like_header, named, write_records, write_table
from rag.loading.writing import MarkdownWriter

MAX_NESTED = 5
"""Tables further in are read as words of their cell: the text around each of their rows would outgrow them."""

# Of the cells around an inner table, as much as is said again with each of its rows.
_MAX_AROUND_CHARS = 120
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table that has been read.

    Attributes:
        rows: The words of each cell, without those of tables in it.
        n_header: How many rows, from the first, are marked as naming the columns.
        inner: For each cell with tables in it, by row and column: its paragraphs and tables in order.
    """

    rows: Sequence[Sequence[str]]
    n_header: int = 0
    inner: dict[tuple[int, int], list[str | Grid]] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """Columns of the longest row."""
        return max(map(len, self.rows), default=0)

    def words(self) -> list[str]:
        """All paragraphs and, as one each, all rows: the table as words of a cell."""
        found: list[str] = []
        for at, row in enumerate(self.rows):
            blocks = [block for column in range(len(row)) for block in self.inner.get((at, column), ())]
            found.append(" ".join(filter(None, row)))
            found += [words for block in blocks if isinstance(block, Grid) for words in block.words()]
        return [words for words in found if words]


def in_cell(table: Grid, depth: int) -> list[str | Grid]:
    """What a table at a depth (the outermost: 1) becomes inside a cell: itself, or words where it is none."""
    if table.width > 1 and depth <= MAX_NESTED and (table.inner or len(table.rows) > 1):
        return [table]
    if table.width == 1 and table.inner and depth <= MAX_NESTED:
        return [block for at, row in enumerate(table.rows) if row for block in table.inner.get((at, 0), [row[0]])]
    return list(table.words())


def write_grid(writer: MarkdownWriter, table: Grid) -> None:
    """Write a table, one that only arranges paragraphs and tables as these."""
    if not table.inner:
        write_table(writer, table.rows, n_header=table.n_header)
    elif table.width == 1 or len(table.rows) == 1:
        for at, row in enumerate(table.rows):
            for column, words in enumerate(row):
                for block in table.inner.get((at, column), [words]):
                    if isinstance(block, Grid):
                        write_grid(writer, block)
                    else:
                        writer.paragraph(block)
    else:
        write_records(writer, list(_records(table)), with_headings=False)


def _records(table: Grid) -> Iterator[Record]:
    """The rows, of each inner table those too: a row's own cells before each row inside."""
    n_header = table.n_header or int(_begins_with_names(table))
    head = [[*row, *[""] * (table.width - len(row))] for row in table.rows[:n_header]]
    names = [" ".join(dict.fromkeys(filter(None, column))) for column in zip(*head, strict=True)]
    for at, row in enumerate(table.rows):
        if at < n_header:
            continue
        own = _record(names, row)
        inner = [
            (column, block)
            for column in range(len(row))
            for block in table.inner.get((at, column), ())
            if isinstance(block, Grid)
        ]
        around = _around(own)
        if own and (len(around) < len(own) or not inner):
            yield own
        for column, block in inner:
            above = names[column] if column < len(names) else ""
            for record in _records(block):
                (name, value), *rest = record
                yield [*around, (", ".join(filter(None, (above, name))), value), *rest]


def _record(names: Sequence[str], row: Sequence[str]) -> Record:
    """A row's values with their names; in a table without any, the first of two values is the other's."""
    if names:
        return named(names, row)
    values = [value for value in row if value]
    return [(values[0].rstrip(":："), values[1])] if len(values) == 2 else [("", value) for value in values]


def _around(own: Record) -> Record:
    """The first values of a row that are short enough to be said again."""
    n_chars = 0
    for count, (name, value) in enumerate(own):
        n_chars += len(name) + len(value) + 4
        if n_chars > _MAX_AROUND_CHARS:
            return own[:count]
    return own


def _begins_with_names(table: Grid) -> bool:
    """Whether a first row that nothing marks names the columns: below it stand figures or tables, in it none."""
    first, rest = table.rows[0], table.rows[1:]
    if any(at == 0 for at, _ in table.inner) or not looks_like_header(first, rest):
        return False
    for column, name in enumerate(first):
        values = [row[column] for row in rest if column < len(row) and row[column]]
        n_inner = sum((at, column) in table.inner for at in range(1, len(table.rows)))
        if (len(values) + n_inner < len(rest)) or _DIGIT.search(name):
            continue
        if (len(rest) > 1 and n_inner == len(rest)) or (values and all(map(_DIGIT.search, values))):
            return True
    return False
