"""A filter's keys -> an SQL condition over the store's documents."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from rag.text.surrogates import without_surrogates

_VALUES = ("document_id", "root", "language", "kind", "status", "publisher")
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def select_sql(wanted: BaseModel | Mapping[str, object]) -> tuple[str, list[str]]:
    """A condition over `documents` and its parameters; keys as in the contract (a value, or several = any of).

    Dates are inclusive and may be partial: `2025-12` begins on its first day and ends on its last. A document dated
    with a month alone is selected if any of its days is. Undated ones are left out as soon as a date is asked for.
    """
    keys = wanted.model_dump(exclude_none=True) if isinstance(wanted, BaseModel) else dict(wanted)
    conditions, parameters = ["1"], []
    for key in _VALUES:
        if (value := keys.pop(key, None)) is None:
            continue
        values = [value] if isinstance(value, str) or not isinstance(value, Sequence | set | frozenset) else list(value)
        conditions.append(f"{key} IN ({', '.join('?' * len(values))})")
        parameters += [without_surrogates(str(item)) for item in values]
    if (since := keys.pop("date_from", None)) is not None:
        conditions.append("last_day >= ?")
        parameters.append(days(str(since))[0] or str(since))
    if (until := keys.pop("date_to", None)) is not None:
        conditions.append("first_day <= ?")
        parameters.append(days(str(until))[1] or str(until))
    if keys:
        raise ValueError(f"unknown filter keys: {sorted(keys)}")
    return " AND ".join(conditions), parameters


def days(date: str | None) -> tuple[str | None, str | None]:
    """First and last day (ISO) of a date that may lack day or month; `None` twice where it is no ISO date."""
    found = _DATE.fullmatch(date.strip()) if date else None
    if found is None:
        return None, None
    year, month, day = found[1], found[2], found[3]
    if month is None:
        return f"{year}-01-01", f"{year}-12-31"
    if not 1 <= int(month) <= 12 or int(year) < 1:
        return None, None
    last = calendar.monthrange(int(year), int(month))[1]
    return (f"{year}-{month}-{day}",) * 2 if day else (f"{year}-{month}-01", f"{year}-{month}-{last}")
