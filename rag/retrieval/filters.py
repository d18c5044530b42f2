"""The filter of a question: which documents may be searched, checked before any work."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import ConfigDict, ValidationError, field_validator, model_validator

from rag.config import Root
from rag.document import Frozen
from rag.errors import QuestionError
from rag.store.selection import days

Values = tuple[str, ...]


class Filter(Frozen):
    """Documents to search: those that satisfy every key that is given. `Store.select_documents` carries it out.

    Each of the first six keys holds the values of which a document must have one. Dates are ISO, inclusive, and may be
    partial (`2025-12` begins on its first day and ends on its last). With a date, undated documents are left out.
    """

    model_config = ConfigDict(strict=True)

    document_id: Values | None = None
    root: Values | None = None
    language: Values | None = None
    kind: Values | None = None
    status: Values | None = None
    publisher: Values | None = None
    date_from: str | None = None
    date_to: str | None = None

    @field_validator("document_id", "root", "language", "kind", "status", "publisher", mode="before")
    @classmethod
    def _check_values(cls, value: object) -> Values | None:
        if value is None:
            return None
        values = (value,) if isinstance(value, str) else value
        if not isinstance(values, list | tuple | set | frozenset) or not all(isinstance(item, str) for item in values):
            raise ValueError(f"must be a string or a list of strings, not {_shown(value)}")
        if not values:
            raise ValueError("is an empty list, which no document satisfies; leave the key out instead")
        return tuple(sorted(values) if isinstance(values, set | frozenset) else values)

    @field_validator("root")
    @classmethod
    def _check_root(cls, values: Values | None) -> Values | None:
        for value in values or ():
            if value not in get_args(Root):
                raise ValueError(f"{value!r} is none of {', '.join(get_args(Root))}")
        return values

    @field_validator("date_from", "date_to", mode="before")
    @classmethod
    def _check_date(cls, value: object) -> str | None:
        if value is None:
            return None
        if isinstance(value, datetime.date):  # a datetime is one too: its day counts
            return value.isoformat()[:10]
        if not isinstance(value, str) or not _is_date(value.strip()):
            raise ValueError(f"must be a date such as '2025-12-23', '2025-12' or '2025', not {_shown(value)}")
        return value.strip()

    @model_validator(mode="after")
    def _check_order(self) -> Filter:
        first, last = days(self.date_from)[0], days(self.date_to)[1]
        if first is not None and last is not None and first > last:
            raise ValueError(f"date_from ({self.date_from}) is after date_to ({self.date_to})")
        return self


def parse_filter(value: Mapping[str, Any] | Filter | None) -> Filter | None:
    """A question's filter; `None` where it selects nothing (no keys, or all of them `None`).

    Raises:
        QuestionError: If it is no mapping, or a key is unknown or its value of a wrong kind; the message names the keys
            that there are.
    """
    if value is None or isinstance(value, Filter):
        return value if value != Filter() else None
    keys = ", ".join(Filter.model_fields)
    if not isinstance(value, Mapping):
        raise QuestionError(f"The filter must be a dict with any of {keys}, not {_shown(value)}.")
    try:
        parsed = Filter.model_validate({str(key): item for key, item in value.items()})
    except ValidationError as exc:
        raise QuestionError(f"The filter cannot be used: {_explain(exc)}. Its keys are {keys}.") from None
    return parsed if parsed != Filter() else None


def _is_date(text: str) -> bool:
    if days(text) == (None, None):
        return False
    try:
        datetime.date.fromisoformat({4: f"{text}-01-01", 7: f"{text}-01"}.get(len(text), text))
    except ValueError:  # 30 February
        return False
    return True


def _explain(exc: ValidationError) -> str:
    parts = []
    for error in exc.errors(include_url=False):
        name = str(error["loc"][0]) if error["loc"] else ""
        if error["type"] == "extra_forbidden":
            parts.append(f"{name!r} is no key of it")
        else:
            parts.append(f"{name} {error['msg'].removeprefix('Value error, ')}".strip())
    return "; ".join(parts)


def _shown(value: object) -> str:
    return f"{value!r:.60} ({type(value).__name__})"
