"""Rows of tables as text that stands alone: each value with the name of its column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.loading.writing import MarkdownWriter
from rag.text.headings import asked_by

# A table up to here is quoted whole, head and all (see `rag.extractive.quoting`); of a longer one only rows can be.
_MAX_TABLE_CHARS = 700
# A value that is longer, or has several sentences, is prose: it is split and quoted sentence by sentence.
_MAX_VALUE_CHARS = 200
# An item up to 300 characters is one sentence (`rag.splitting.units`), and a longer one may be too long to quote.
_MAX_ITEM_CHARS = 280
_MIN_PROSE_CHARS = 60
_MAX_LABEL_CHARS = 120
_MAX_ASKING = 100  # values of a row that are looked at
_SENTENCES = re.compile(r"[.!?。！？][\s\"”」』)）]*(?=\S)")
_ENDS = re.compile(r"[.!?。！？…:：;][\"”」』)）]*$")
_CJK_END = re.compile("[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef々〆]$")
_PARAGRAPHS = re.compile(r"\n[^\S\n]*\n")
_LABELS = frozenset(
    "title name question subject headline heading label id 題名 タイトル 名称 名前 氏名 件名 質問 見出し 項目".split()
)

_NUMBER = re.compile(r"[-+△▲(]?\s*[¥￥$€£]?\s*\d[\d.,'\s]*[%％)]?")
_DATE = re.compile(r"\d{1,4}[-/.年]\d{1,2}[-/.月]\d{0,4}日?(?:[T\s].*)?|\d{1,2}:\d\d.*")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20|21)\d\d")
_MAX_NAME_CHARS = 100


Record = list[tuple[str, str]]
"""Names and values of one row, without empty values."""


def named(names: Sequence[str], values: Sequence[str]) -> Record:
    """A row's values with the names of their columns: none where that is empty, its number where there are too few."""
    return [
        (names[column].strip() if column < len(names) else f"Column {column + 1}", value.strip())
        for column, value in enumerate(values)
        if value.strip()
    ]


def write_records(writer: MarkdownWriter, records: Sequence[Record], *, with_headings: bool = True) -> None:
    """Each row as a list item of `name: value` pairs, with its prose in paragraphs of their own.

    Args:
        writer: Where they are written.
        records: The rows.
        with_headings: Whether each row stands under a heading of its own (its question, title or first value) where
            most rows hold prose or ask something.
    """
    n_talking = sum(any(_is_prose(value) or asked_by(value) for _, value in record[:_MAX_ASKING]) for record in records)
    headed = with_headings and n_talking * 2 > len(records)
    for number, record in enumerate(records, 1):
        if record:
            _write_record(writer, record, number if headed else None)


def _write_record(writer: MarkdownWriter, record: Record, number: int | None) -> None:
    """One row, under a heading where it has a number for want of another name."""
    prose = [_is_prose(value) for _, value in record]
    short = [pair for pair, is_long in zip(record, prose, strict=True) if not is_long]
    label = None
    if number is not None:
        label = _label(short)
        writer.heading(2, label or f"Row {number}")
    # What says no more than the heading is not said twice.
    if len(short) > 1 or (short and _on_one_line(short[0][1]) != label):
        for parts in _in_items(short):
            writer.item(_sentence(parts))
    for (name, value), is_long in zip(record, prose, strict=True):
        if is_long:
            for part, paragraph in enumerate(_PARAGRAPHS.split(value)):
                words = _pair(name, paragraph) if part == 0 else paragraph
                writer.paragraph(words, indent=0 if number is not None or not short else 2)


def _in_items(short: Record) -> Iterator[list[str]]:
    """The pairs of a row, those of a wide one in several items of which each begins with what the row is called."""
    label = _label(short)
    called = next((_pair(name, _on_one_line(value)) for name, value in short if _on_one_line(value) == label), "")
    parts: list[str] = []
    size = 0
    for name, value in short:
        pair = _pair(name, _on_one_line(value))
        if parts and size + len(pair) > _MAX_ITEM_CHARS:
            yield parts
            parts = [called] if called and pair != called and len(called) <= _MAX_LABEL_CHARS else []
            size = sum(map(len, parts))
        parts.append(pair)
        size += len(pair) + 2
    yield parts


def write_table(writer: MarkdownWriter, rows: Sequence[Sequence[str]], *, n_header: int) -> None:
    """A table inside a document: as one where it can be quoted whole, else row by row.

    Args:
        writer: Where it is written.
        rows: Its rows, of any lengths.
        n_header: How many of them, from the first, name the columns.
    """
    width = max(map(len, rows), default=0)
    filled = [[*row, *[""] * (width - len(row))] for row in rows]
    head, body = filled[:n_header], [row for row in filled[n_header:] if any(cell.strip() for cell in row)]
    names = [
        " ".join(dict.fromkeys(cell.strip() for cell in column if cell.strip())) for column in zip(*head, strict=True)
    ]
    if not body:
        for name in names:
            writer.paragraph(name)
    elif width == 1:
        for row in filled:
            writer.paragraph(row[0])
    elif sum(len(cell) + 3 for row in filled for cell in row) <= _MAX_TABLE_CHARS:
        writer.table([names, *body] if names else body, has_header=bool(names))
    elif names:
        write_records(writer, [named(names, row) for row in body], with_headings=False)
    else:
        for row in body:
            values = [_on_one_line(cell) for cell in row if cell.strip()]
            writer.item(_sentence([_pair(*values)] if len(values) == 2 else values))


def looks_like_header(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Whether the first row of a table names its columns.

    It does unless it holds what a name is not: the same word twice, a number, a date, an address, a word that is a
    value of the same column further down. Years may be names (`country, 2023, 2024`).
    """
    names = [cell.strip() for cell in first]
    given = [name for name in names if name]
    if not rest or len(set(given)) < len(given) or 2 * len(given) < len(names) or not given:
        return False
    if any(len(name) > _MAX_NAME_CHARS or "\n" in name for name in given):
        return False
    data = [name for name in given if _NUMBER.fullmatch(name) or _DATE.fullmatch(name) or _ADDRESS.fullmatch(name)]
    if data and not (all(_YEAR.fullmatch(name) for name in data) and len(data) < len(given)):
        return False
    return not any(
        name and any(len(row) > column and row[column].strip() == name for row in rest)
        for column, name in enumerate(names)
    )


def _pair(name: str, value: str) -> str:
    return f"{_on_one_line(name)}: {value}" if name else value


def _sentence(parts: Sequence[str]) -> str:
    """Parts as one sentence with its stop: what ends like one is quoted alone."""
    text = "; ".join(parts)
    if _ENDS.search(text):
        return text
    return text + ("。" if _CJK_END.search(text) else ".")


def _on_one_line(value: str) -> str:
    return " ".join(value.split())


def _is_prose(value: str) -> bool:
    return len(value) > _MAX_VALUE_CHARS or (len(value) > _MIN_PROSE_CHARS and len(_SENTENCES.findall(value)) > 0)


def _label(short: Record) -> str | None:
    """What a row is called: what it asks, the value of a column such as `title`, else the first that is short."""
    fitting = [(name, _on_one_line(value)) for name, value in short if len(value) <= _MAX_LABEL_CHARS]
    asked = (value for _, value in fitting if asked_by(value))
    titles = (value for name, value in fitting if name.lower() in _LABELS)
    return next(asked, None) or next(titles, None) or next((value for _, value in fitting), None)
