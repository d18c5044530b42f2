"""Front matter to the fields of a `Document`: types put right, what fits nowhere kept in `extra`, each change noted."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any

from rag.config import Root
from rag.document import Source

_TEXT_FIELDS = ("title", "title_ja", "publisher", "url", "kind", "status", "replaces", "replaced_by", "note")
_DATE_FIELDS = ("date", "retrieved")
# What gives a document rank, or takes it from another. An upload cannot claim to be law; what a fetched file is, the
# list of official texts says (rag.index.official).
_RANK_FIELDS = ("kind", "status", "publisher", "replaces", "replaced_by")

_LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]+)*")
_LANGUAGE_NAMES = {"english": "en", "japanese": "ja", "日本語": "ja", "英語": "en", "jp": "ja"}

_ISO_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")
_DATE_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ]\d\d:\d\d.*")
_NUMERIC_DATE = re.compile(r"(\d{4})(?:[/.年-]\s?(\d\d?)(?:[/.月-]\s?(\d\d?)日?|月)?|年)")
_ERA_DATE = re.compile(r"(令和|平成|昭和)(\d\d?|元)年(?:(\d\d?)月(?:(\d\d?)日)?)?")
_ERA_STARTS = {"令和": 2018, "平成": 1988, "昭和": 1925}
_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" for name in _MONTHS)
_DAY_FIRST = re.compile(rf"(?:(\d\d?) )?({_MONTH})\.?,? (\d{{4}})", re.IGNORECASE)
_MONTH_FIRST = re.compile(rf"({_MONTH})\.? (\d\d?),? (\d{{4}})", re.IGNORECASE)


def document_fields(front_matter: Mapping[str, Any], root: Root) -> tuple[dict[str, Any], list[str]]:
    """Turn front matter into fields of `rag.document.Document`.

    Returns:
        The fields, with `extra` for unknown keys, for values of a wrong type, and for what a file outside the corpus
        says of its own rank; and notes on what could not be used.
    """
    fields: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    notes: list[str] = []
    for key, value in front_matter.items():
        if value is None or key == "index":
            continue
        if root != "corpus" and key in _RANK_FIELDS:
            extra[key] = value
            continue
        known, used = _field(key, value)
        if used is not None:
            fields[key] = used
            continue
        extra[key] = value
        if known:
            notes.append(f"The front matter's {key!r} could not be used: {_shown(value)}.")
    return fields | {"extra": extra}, notes


def iso_date(value: Any) -> str | None:
    """A date as `2025-12-23`, `2025-12` or `2025`, or `None` for what is no date.

    Read are ISO dates, those that begin with the year (2025/12/23, 2025年12月23日, 令和7年12月23日) and those with an
    English month; 23/12/2025 is not, since nobody can tell which number is the month.
    """
    text = str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if (match := _DATE_TIME.fullmatch(text)) is not None:
        text = match[1]
    if match := _ISO_DATE.fullmatch(text) or _NUMERIC_DATE.fullmatch(text):
        return _valid_date(match[1], match[2], match[3])
    if match := _ERA_DATE.fullmatch(text):
        year = _ERA_STARTS[match[1]] + (1 if match[2] == "元" else int(match[2]))
        return _valid_date(year, match[3], match[4])
    if match := _DAY_FIRST.fullmatch(text):
        return _valid_date(match[3], _month(match[2]), match[1])
    if match := _MONTH_FIRST.fullmatch(text):
        return _valid_date(match[3], _month(match[1]), match[2])
    return None


def _field(key: str, value: Any) -> tuple[bool, Any]:
    """Whether `key` is known, and its value as the document holds it (`None`: cannot be used)."""
    if key in _TEXT_FIELDS:
        return True, _text(value)
    if key in _DATE_FIELDS:
        return True, iso_date(value)
    if key == "language":
        return True, _language(value)
    if key == "sources":
        return True, _sources(value)
    return False, None


def _text(value: Any) -> str | None:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, (list, dict)) or value is None:
        return None
    return " ".join(str(value).split()) or None


def _language(value: Any) -> str | None:
    name = str(value).strip().lower()
    name = _LANGUAGE_NAMES.get(name, name)
    match = _LANGUAGE.fullmatch(name)
    return match[1] if match else None


def _sources(value: Any) -> tuple[Source, ...] | None:
    """The named sources; `None` unless each entry is a title or a mapping with a title or a publisher."""
    entries = value if isinstance(value, list) else [value]
    sources = []
    for entry in entries:
        parts = entry if isinstance(entry, dict) else {"title": entry}
        title, publisher = _text(parts.get("title")), _text(parts.get("publisher"))
        if title is None and publisher is None:
            return None
        date = parts.get("date")
        sources.append(
            Source(
                publisher=publisher or "",
                title=title or "",
                date=iso_date(date) or _text(date),
                url=_text(parts.get("url")),
            )
        )
    return tuple(sources)


def _valid_date(year: str | int, month: str | int | None, day: str | int | None) -> str | None:
    try:
        date = datetime.date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    return date.isoformat()[: 10 if day else 7 if month else 4]


def _month(name: str) -> int:
    return next(number for number, full in enumerate(_MONTHS, 1) if full.startswith(name[:3].lower()))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
