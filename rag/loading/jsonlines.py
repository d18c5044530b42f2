"""JSON lines: each object a piece of text with its keys as names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rag.loading.decoding import decode, encoding_notes
from rag.loading.delimited import numbered
from rag.loading.raw import Limits, Raw, Refused
from rag.loading.records import Record, write_records
from rag.loading.signatures import refuse_disguised
from rag.loading.writing import MarkdownWriter
from rag.text.language import language_of

MAX_DEPTH = 20
_MAX_VALUES = 1000  # of one line


class _UnfitError(ValueError):
    """A line that cannot be taken in."""


class _Object(list[tuple[str, Any]]):
    """The pairs of a JSON object, repeated keys kept."""


def read(data: bytes, limits: Limits) -> Raw:
    """Read JSON lines; see `rag.loading.raw.Raw`. A line that is no JSON is left out and named in the notes.

    Raises:
        Refused: For content that is no text, too long, empty, or has no line that can be read.
    """
    refuse_disguised(data, "JSON lines")
    decoded, encoding = decode(data)
    writer = MarkdownWriter(limits)
    bad: list[int] = []
    records: list[Record] = []
    n_chars = 0
    for number, line in enumerate(decoded.split("\n"), 1):
        if not line.strip():
            continue
        try:
            pairs = list(_flat("", _parsed(line), 0))
            if len(pairs) > _MAX_VALUES:
                raise _UnfitError
        except (ValueError, RecursionError):
            bad.append(number)
            continue
        records.append([(name, value.strip()) for name, value in pairs if value.strip()])
        n_chars += sum(len(value) for _, value in records[-1])
        limits.check_chars(n_chars)
    if bad and not records:
        raise Refused("damaged", f"No line is JSON that can be read (the first that is not: line {bad[0]:,}).")
    write_records(writer, records)
    written = writer.finish()
    if not written.text:
        raise Refused("empty", "The file holds no values.")
    notes = [f"Left out, since they are no JSON within the limits: {numbered('line', bad)}."] if bad else []
    return written.raw(language=language_of(written.text), notes=(*encoding_notes(encoding), *notes))


def _parsed(line: str) -> Any:
    """The value of a line, numbers as they are written.

    Raises:
        ValueError: If it is no JSON.
        RecursionError: If it is nested far too deeply.
    """
    return json.loads(line, object_pairs_hook=_Object, parse_int=str, parse_float=str, parse_constant=str)


def _flat(name: str, value: Any, depth: int) -> Iterator[tuple[str, str]]:
    """Names and values: the keys on the way joined by spaces, lists of plain values as one value.

    Raises:
        _UnfitError: If it is nested too deeply.
    """
    if depth > MAX_DEPTH:
        raise _UnfitError
    if isinstance(value, _Object):
        for key, inner in value:
            yield from _flat(f"{name} {key}".strip(), inner, depth + 1)
    elif isinstance(value, list):
        if not any(isinstance(inner, list) for inner in value):
            yield name, ", ".join(_shown(inner) for inner in value if inner is not None)
            return
        for number, inner in enumerate(value, 1):
            yield from _flat(f"{name} {number}".strip(), inner, depth + 1)
    elif value is not None:
        yield name, _shown(value)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
