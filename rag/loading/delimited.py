"""CSV and its kin: delimiter and header found, each row a piece of text with the names of its columns."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from rag.loading.decoding import decode, encoding_notes
from rag.loading.raw import Limits, Raw, Refused
from rag.loading.records import looks_like_header, named, write_records
from rag.loading.signatures import refuse_disguised
from rag.loading.writing import MarkdownWriter
from rag.text.language import language_of

# In the order of what a file is taken for that could be two: a comma also stands in prose and decimals.
_DELIMITERS = "\t;|,"
_NO_DELIMITER = "\x1f"
_SAMPLE_LINES = 500
_MIN_SHARE = 0.5  # of rows of one length
_MAX_TITLE_LINES = 5
_MAX_FAULTS = 1000
_MAX_NAMED = 5  # line numbers that a note lists


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """Cells of a record, the number of the line on which it begins, and whether it had to be read as it stands."""

    line: int
    cells: list[str]
    is_broken: bool = False


def read(data: bytes, limits: Limits) -> Raw:
    """Read a table of delimited values; see `rag.loading.raw.Raw`.

    Raises:
        Refused: For content that is no text, too long, empty, or has no rows that can be made out.
    """
    refuse_disguised(data, "a table")
    decoded, encoding = decode(data)
    csv.field_size_limit(len(decoded) + 1)  # what is too long is so as a whole
    lines = list(io.StringIO(decoded, newline=None))
    delimiter, n_skipped = _delimiter(lines)
    rows = list(_bounded(_rows(lines[n_skipped:], delimiter, n_skipped), limits))
    titles, rows = _parted(rows)
    has_header = bool(rows) and looks_like_header(rows[0].cells, [row.cells for row in rows[1 : 1 + _SAMPLE_LINES]])
    names = (
        rows[0].cells
        if has_header
        else [f"Column {n + 1}" for n in range(max((len(r.cells) for r in rows), default=0))]
    )
    if len(names) == 1 and not has_header:
        names = [""]
    body = rows[1:] if has_header else rows
    writer = MarkdownWriter(limits)
    for title in titles:
        writer.paragraph(title)
    write_records(writer, [named(names, row.cells) for row in body])
    written = writer.finish()
    if not written.text:
        raise Refused("empty", "The table holds no values.")
    return written.raw(
        title=titles[0] if titles else None,
        language=language_of(written.text),
        notes=(*encoding_notes(encoding), *_notes(body, names, has_header)),
    )


def _delimiter(lines: Sequence[str]) -> tuple[str, int]:
    """The delimiter, and how many lines only say which it is (`sep=;`, as Excel writes it)."""
    first = lines[0].strip().lower() if lines else ""
    if len(first) == 5 and first.startswith("sep=") and first[4] in _DELIMITERS:
        return first[4], 1
    best, best_key = _NO_DELIMITER, (_MIN_SHARE, 1)
    for delimiter in _DELIMITERS:
        reader = csv.reader(lines[:_SAMPLE_LINES], delimiter=delimiter, skipinitialspace=True)
        widths = Counter(len(row) for row in reader if row)
        width, n = max(widths.items(), key=lambda item: (item[0] > 1, item[1]), default=(1, 0))
        key = (round(n / max(widths.total(), 1), 1), width)
        if width > 1 and key > best_key:
            best, best_key = delimiter, key
    return best, 0


def _rows(lines: list[str], delimiter: str, n_skipped: int) -> Iterator[_Row]:
    """The records; where quotes do not add up, the line is read as it stands and reading goes on behind it.

    Raises:
        Refused: With code `damaged` if that happens all the time.
    """
    at = n_faults = 0
    while at < len(lines):
        begin = at
        reader = csv.reader(islice(lines, at, None), delimiter=delimiter, strict=True, skipinitialspace=True)
        try:
            for cells in reader:
                if any(map(str.strip, cells)):
                    yield _Row(line=begin + n_skipped + 1, cells=cells)
                begin = at + reader.line_num
            return
        except csv.Error:
            n_faults += 1
            if n_faults > _MAX_FAULTS:
                raise Refused(
                    "damaged", f"The quotes of the table do not add up in more than {_MAX_FAULTS:,} lines."
                ) from None
            cells = lines[begin].rstrip("\n").split(delimiter)
            yield _Row(line=begin + n_skipped + 1, cells=cells, is_broken=True)
            at = begin + 1


def _bounded(rows: Iterator[_Row], limits: Limits) -> Iterator[_Row]:
    """The rows, as long as their values are not too long for a document."""
    n_chars = 0
    for row in rows:
        n_chars += sum(len(cell.strip()) for cell in row.cells)
        limits.check_chars(n_chars)
        yield row


def _parted(rows: list[_Row]) -> tuple[list[str], list[_Row]]:
    """Lines above the table that are its title (one cell where the table has several), and the table's rows."""
    width = Counter(len(row.cells) for row in rows).most_common(1)[0][0] if rows else 0
    titles: list[str] = []
    for row in rows[:_MAX_TITLE_LINES] if width > 1 else []:
        title, *others = (cell.strip() for cell in row.cells)
        if not title or any(others) or len(rows) == len(titles) + 1:
            break
        titles.append(title)
    return titles, rows[len(titles) :]


def _notes(rows: Sequence[_Row], names: Sequence[str], has_header: bool) -> Iterator[str]:
    if not has_header and len(names) > 1:
        yield "No line with the names of the columns was found: they are numbered."
    broken = [row.line for row in rows if row.is_broken]
    if broken:
        yield f"Quotes do not add up in {numbered('line', broken)}: read as it stands."
    longer = [row.line for row in rows if len(row.cells) > len(names)]
    if longer:
        yield f"There are more values than columns in {numbered('line', longer)}."


def numbered(what: str, numbers: Sequence[int]) -> str:
    """`line 3`, `lines 3 and 5`, or the first few of many: `12 lines (3, 5, 9, 10, 14, …)`."""
    if len(numbers) == 1:
        return f"{what} {numbers[0]:,}"
    listed = ", ".join(f"{number:,}" for number in numbers[:_MAX_NAMED])
    return f"{len(numbers):,} {what}s ({listed}{', …' if len(numbers) > _MAX_NAMED else ''})"
