"""Label catalogue: every word that the page says itself. One TOML file a language, a table for a part of the page."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

Language = Literal["en", "ja"]
LANGUAGES: Final[Mapping[Language, str]] = {"en": "EN", "ja": "日本語"}
N_STARTERS: Final = 6

_FOLDER = Path(__file__).parent


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """All labels of a language by key.

    Raises:
        ValueError: If two tables of the file hold the same key: a mistake in the catalogue.
    """
    labels: dict[str, str] = {}
    for table in tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8")).values():
        if twice := labels.keys() & table.keys():
            raise ValueError(f"{language}.toml has {', '.join(sorted(twice))} in two tables.")
        labels |= table
    return MappingProxyType(labels)


def language_of_locale(locale: str | None) -> Language:
    """Language of the page for a browser's language tag (`ja`, `ja-JP`; anything else: English)."""
    return "ja" if (locale or "").lower().partition("-")[0] == "ja" else "en"


def label(language: Language, key: str, **values: object) -> str:
    """One label, its `{name}`s filled in; `n=1` takes the form `<key>_one` where there is one.

    Raises:
        KeyError: If the catalogue has no such label: a mistake in the page.
    """
    labels = catalogue(language)
    if values.get("n") == 1 and f"{key}_one" in labels:
        key = f"{key}_one"
    return labels[key].format(**values)


def starters(language: Language) -> list[str]:
    """The questions that an empty conversation offers."""
    return [label(language, f"starter_{n}") for n in range(1, N_STARTERS + 1)]


def known(language: Language, prefix: str, value: str, **values: object) -> str | None:
    """Label of a code, or of a value that documents write (`in force`); `None` where the catalogue has none."""
    key = f"{prefix}_{value.strip().lower().replace(' ', '_')}"
    return label(language, key, **values) if key in catalogue(language) else None


def known_or_as_is(language: Language, prefix: str, value: str) -> str:
    """Label of a value that documents write, or the value itself where the catalogue has none."""
    return known(language, prefix, value) or value
