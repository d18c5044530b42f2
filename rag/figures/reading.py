"""Text -> its figures (numbers, percentages, money, dates, times, ordinals), each with its place and normalised value.

Two figures are equal when they say the same, however written: `80%` and `8割`, `令和7年12月23日` and
`23 December 2025`, `1兆2390億円` and `1.239 trillion yen`. A figure of a sentence is supported when a quote holds an
equal or a more exact one: a year by a date in it, never a date by its year.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal, cast

from rag.figures.numerals import Canonical, canonical
from rag.figures.patterns import Date, Draft, FigureKind, Reading, Value, read_drafts


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure of a text: `source[start:end] == text`.

    `value` by kind: `Decimal` for number and percent (in hundredths); `int` for ordinal, fiscal_year and decade (its
    first year or age); `(currency, Decimal)` for money; `(year, month, day)` for date with `None` for what is not said;
    `(hour, minute)` for time; `Fraction`; the words themselves for version and name. `also` holds further readings of
    the same digits, as in "46.8, 55.2 and 86.4 percent", where the unit of the last is that of all.
    """

    kind: FigureKind
    value: Value
    start: int
    end: int
    text: str
    also: tuple[Reading, ...] = ()

    @property
    def readings(self) -> tuple[Reading, ...]:
        """All readings, the first being the plain one."""
        return ((self.kind, self.value), *self.also)


def figures(text: str) -> list[Figure]:
    """Figures of a text in order, without overlap.

    Citation marks (`[3]`), list numbers at the start of a line, link targets and the pronoun "one" are no figures.
    Takes time in proportion to the length.
    """
    source = canonical(text)
    found: list[Figure] = []
    for draft in read_drafts(source):
        figure = _finish(draft, source, text)
        # One character such as ㋀ (1月) can end one figure and begin the next: it belongs to the first.
        if not found or figure.start >= found[-1].end:
            found.append(figure)
    return found


def unsupported_figures(sentence: str, quotes: Sequence[str]) -> list[Figure]:
    """Figures of a sentence that no quote holds, in order.

    Args:
        sentence: What is claimed; its marks may stay in.
        quotes: The words it rests on.
    """
    claimed = figures(sentence)
    if not claimed:
        return []
    held: set[Reading] = set()
    for quote in quotes:
        held |= supported_readings(quote)
    return [figure for figure in claimed if not is_supported(figure, held)]


def supported_readings(quote: str) -> set[Reading]:
    """Everything that the figures of a quote support, for comparison with `readings` of a sentence's figures."""
    held: set[Reading] = set()
    for figure in figures(quote):
        for reading in figure.readings:
            held.update(_implied_by(reading))
    held.update(_implied_by_words(quote))
    return held


def is_supported(figure: Figure, held: AbstractSet[Reading]) -> bool:
    """Whether one of the figure's readings is among `held` (of `supported_readings`)."""
    if any(_reduce(reading) in held for reading in figure.readings):
        return True
    return not _DIGIT.search(figure.text) and (_IN_WORDS, _reduce(figure.readings[0])[1]) in held


# --- what supports what ---------------------------------------------------------------------------------------------


def _reduce(reading: Reading) -> Reading:
    """A reading in the form that `supported_readings` uses: ordinals and plain counts are told apart nowhere."""
    kind, value = reading
    if kind == "ordinal":
        return "number", Decimal(int(value)) if isinstance(value, int) else value
    return reading


def _implied_by(reading: Reading) -> Iterator[Reading]:
    kind, value = reading
    yield _reduce(reading)
    if kind == "date":
        year, month, day = cast("Date", value)
        for part in (
            (year, None, None),
            (year, month, None),
            (None, month, day),
            (None, month, None),
            (None, None, day),
        ):
            if any(part):
                yield "date", part
        if month is None and day is None and isinstance(year, int):
            yield from (("number", Decimal(year)), ("fiscal_year", year))
    elif kind == "fiscal_year" and isinstance(value, int):
        yield from (("date", (value, None, None)), ("number", Decimal(value)))
    elif kind == "number" and isinstance(value, Decimal):
        if value == value.to_integral_value() and 1000 <= value <= 2999:
            yield "date", (int(value), None, None)
    elif kind == "money":
        yield "number", cast("tuple[str, Decimal]", value)[1]
    elif kind == "version" and isinstance(value, str) and value.count(".") <= 1:
        yield "number", Decimal(value)


# Words that say a small figure without being one. Those marked True support only a figure that is itself in words:
# an article must not let an altered "Article 1" pass.
_WORDS_THAT_IMPLY: tuple[tuple[re.Pattern[str], Literal["number", "fraction"], Decimal | Fraction, bool], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), kind, value, only_words)  # type: ignore[misc]  # the literals are read as str
    for pattern, kind, value, only_words in (
        (r"\b(?:one|once|single|sole|an?)\b|一|ひと|唯", "number", Decimal(1), True),
        (r"\b(?:initial|inaugural|original|earliest|firstly)\b|初", "number", Decimal(1), True),
        (r"\b(?:both|pair|dual)\b|両|二重|双方", "number", Decimal(2), True),
        (r"\b(?:none|no|nil)\b|ゼロ|皆無", "number", Decimal(0), True),
        (r"\b(?:twice|doubl\w+|two-?fold)\b|倍増", "number", Decimal(2), False),
        (r"\b(?:thrice|tripl\w+|three-?fold)\b", "number", Decimal(3), False),
        (r"\bquadrupl\w+", "number", Decimal(4), False),
        (r"\bdozen\b", "number", Decimal(12), False),
        (r"\bhal(?:f|ves)\b|半", "fraction", Fraction(1, 2), False),
        (r"\bquarter\b", "fraction", Fraction(1, 4), False),
        (r"\ba third\b", "fraction", Fraction(1, 3), False),
    )
)
_IN_WORDS: Literal["words"] = "words"
_DIGIT = re.compile(r"[\d①-⑳Ⅰ-ⅿ]")
_LIST_ITEM = re.compile(r"^[ \t]{0,8}(?:[-*+・•]|[0-9]{1,3}[.)])[ \t]", re.MULTILINE)


def _implied_by_words(quote: str) -> Iterator[Reading]:
    for pattern, kind, value, only_words in _WORDS_THAT_IMPLY:
        if pattern.search(quote):
            yield (_IN_WORDS if only_words else kind), value
    n_items = len(_LIST_ITEM.findall(quote))
    if n_items > 1:  # "the four policies" above a list of four
        yield _IN_WORDS, Decimal(n_items)


def _finish(draft: Draft, source: Canonical, text: str) -> Figure:
    start, end = source.starts[draft.start], source.ends[draft.end - 1]
    also = tuple(dict.fromkeys(draft.also))
    return Figure(kind=draft.kind, value=draft.value, start=start, end=end, text=text[start:end], also=also)


__all__ = [
    "Figure",
    "FigureKind",
    "Reading",
    "figures",
    "is_supported",
    "supported_readings",
    "unsupported_figures",
]
