"""Countries by the words that stand for them: their names, their peoples, their capitals."""

from __future__ import annotations

from typing import Final

# A capital or a people stands for its country in the news: what one is written with, and what it may stand for.
_LANDS: Final = (
    ("tokyo", "japan", "japanese"),
    ("seoul", "korea", "korean"),
    ("beijing", "china", "chinese"),
    ("taipei", "taiwan"),
    ("delhi", "india"),
    ("canberra", "australia"),
    ("washington", "america", "american", "us", "usa", "states"),
    ("ottawa", "canada"),
    ("london", "britain", "british", "uk", "england", "english", "kingdom"),
    ("paris", "france", "french"),
    ("berlin", "germany", "german"),
    ("rome", "italy"),
    ("madrid", "spain", "spanish"),
    ("bern", "switzerland", "swiss"),
    ("hague", "netherlands", "dutch"),
    ("moscow", "russia"),
    ("brussels", "eu", "europe", "european"),
)
_SAME_LAND = {word: tuple(other for other in land if other != word) for land in _LANDS for word in land}


def same_land(word: str) -> tuple[str, ...]:
    """The other words for the same land, in small letters; none for a word that stands for no land."""
    return _SAME_LAND.get(word.casefold(), ())


def is_land(word: str) -> bool:
    """Whether a word is a country, its people or its capital."""
    return bool(same_land(word))


def is_same_land(word: str, other: str) -> bool:
    """Whether two words are the same country, its people or its capital."""
    return word.casefold() == other.casefold() or other.casefold() in same_land(word)
