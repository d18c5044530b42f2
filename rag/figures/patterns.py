"""Canonical text -> drafts of its figures: the patterns of numbers, dates, money and the like, and how each is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from rag.figures.numerals import NUMBER, NUMBER_START, Canonical, to_decimal

FigureKind = Literal[
    "number", "ordinal", "percent", "money", "date", "fiscal_year", "decade", "time", "fraction", "version", "name"
]  # fmt: skip
Date = tuple[int | None, int | None, int | None]
Value = Decimal | Fraction | int | str | Date | tuple[int, int] | tuple[str, Decimal]
Reading = tuple[FigureKind | Literal["words"], Value]  # "words": supports only a figure that is written in words


@dataclass(slots=True)
class Draft:
    """A figure in canonical offsets, before units are shared."""

    kind: FigureKind
    value: Value
    start: int
    end: int
    also: list[Reading]
    literal: str = ""


def read_drafts(source: Canonical) -> list[Draft]:
    """Figures of canonical text in order, each with the further readings that its neighbours' units give it."""
    drafts: list[Draft] = []
    year = 0
    for match in _FIGURE.finditer(source.text):
        read = _READERS.get(match.lastgroup or "")
        for draft in read(match, year) if read else ():
            drafts.append(draft)
            if draft.kind == "date" and isinstance(draft.value, tuple) and isinstance(draft.value[0], int):
                year = draft.value[0]
    _share_units(drafts, source)
    return drafts


# --- patterns over canonical text -----------------------------------------------------------------------------------

_MONTHS = {
    name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)
}
_MONTH = (
    r"(?:(?i:jan(?:uary)?|feb(?:ruary)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?"
    r"|dec(?:ember)?)|Mar(?:ch)?|MAR(?:CH)?|May|MAY)\b\.?"
)
_LONE_MONTH = (
    r"\b(?:January|February|April|June|July|August|September|October|November|December)\b"
    r"|\b(?i:in|of|since|until|by|from|early|late|mid|last|next|during|every|this|through)[ -](?:March|May)\b"
)
_YEAR = r"[0-9]{4}(?![0-9]|[.,][0-9])"
_D = r"(?:3[01]|[12][0-9]|0?[1-9])(?![0-9])"
_M = r"(?:1[0-2]|0?[1-9])(?![0-9])"
_TH = r"(?:st|nd|rd|th)?\b"
_CURRENCIES: dict[str, str] = {
    "$": "USD", "us$": "USD", "a$": "AUD", "c$": "CAD", "hk$": "HKD", "s$": "SGD", "nt$": "TWD", "¥": "JPY", "£": "GBP",
    "€": "EUR", "₩": "KRW", "円": "JPY", "ドル": "USD", "米ドル": "USD", "ユーロ": "EUR", "ポンド": "GBP", "元": "CNY",
    "人民元": "CNY", "ウォン": "KRW", "yen": "JPY", "euro": "EUR", "pound": "GBP", "yuan": "CNY", "dollar": "USD",
    "won": "KRW", "rupee": "INR", "ルピー": "INR", "スイスフラン": "CHF", "豪ドル": "AUD", "香港ドル": "HKD",
    "カナダドル": "CAD",
} | {code.lower(): code for code in ("USD", "JPY", "EUR", "GBP", "CNY", "KRW", "AUD", "CAD", "INR", "CHF")}  # fmt: skip
_MONEY_BEFORE = r"(?:(?:US|A|C|HK|S|NT)?\$|[¥£€₩]|\b(?:USD|JPY|EUR|GBP|CNY|KRW|AUD|CAD|INR|CHF)\b)[ ]?"
_MONEY_AFTER = (
    r"米ドル|豪ドル|香港ドル|カナダドル|ドル|円(?![形卓筒熟滑])|ユーロ|ポンド|人民元|元(?![\u4e00-\u9fff])|ウォン|ルピー|スイスフラン"
    r"|(?i:(?:u\.?s\.? |american |canadian |australian |singapore |hong kong |japanese |chinese )?"
    r"(?:dollars?|yen|euros?|pounds?(?: sterling)?|yuan|rupees?)\b|(?:usd|jpy|eur|gbp|cny|krw|aud|cad|inr|chf)\b"
    # Elsewhere it is a verb: "of 40 games the team with 30 won".
    r"|(?:(?:south )?korean |(?<=000 ))won\b)"
)
_FOREIGN_DOLLARS = {"canadian": "CAD", "australian": "AUD", "singapore": "SGD", "hong": "HKD"}
_PERCENT = r"%(?!\s?ポイント)|(?i:per[ ]?cent\b)|パーセント(?!ポイント)|プロセント"
_SIGN = r"(?:(?<![\w)\]%.'’])[-−▲△](?=[0-9])|マイナス|(?i:\bminus )(?=[0-9]))"
_FISCAL = r"\b(?:FY|(?i:fiscal)(?:\s+(?i:years?))?|(?i:financial\s+years?))[ -]?'?"
_ORDINAL_AFTER = r"st\b|nd\b|rd\b|th\b|番目|つ目|回目|期目|人目|度目|位"

_BEFORE_NUMBER = rf"(?:(?:{_MONEY_BEFORE})(?=[0-9])|第\s?(?=[0-9]))?{_SIGN}?"
_AFTER_NUMBER = rf"(?:\s?(?:{_PERCENT}|{_MONEY_AFTER})|{_ORDINAL_AFTER})?"

_FIGURE = re.compile(
    "|".join(
        (
            r"(?P<url>https?://[^\s<>\"'()\[\]「」『』【】、。]++)",
            r"(?P<mark>[\[【]\s?[0-9]{1,3}(?:\s?[,、\-–〜~]\s?[0-9]{1,3}){0,8}\s?(?:†[^\]】\s]{0,20})?[\]】]|\[\^[^\]\n]{1,12}\])",
            r"(?P<bullet>(?m:^)[ \t>]{0,12}[0-9]{1,9}[.)](?=\s))",
            r"(?P<one_of>(?<=の)(?:1|一|ひと)つ(?!目))",
            r"(?P<target>(?<=\])\([^()\s]{0,2000}\))",
            rf"(?P<iso>(?<![0-9./-])[0-9]{{4}}(?:-{_M}-{_D}|/{_M}/{_D}|\.\s?{_M}\.\s?{_D}|-(?:1[0-2]|0[1-9])(?![0-9-]))(?![./-]?[0-9]))",
            r"(?P<slashed>(?<![0-9./-])[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}(?![0-9/]))",
            rf"(?P<ja_date>{NUMBER_START}(?:(?:[0-9]{{4}}年|同年)の?\s?)?{_M}\s?月(?:の?\s?{_D}\s?日(?!間))?)",
            r"(?P<ja_bc>紀元前\s?[0-9]{1,4}年)",
            rf"(?P<ja_fiscal>{NUMBER_START}[0-9]{{4}}\s?年度)",
            rf"(?P<decade>{NUMBER_START}(?:[0-9]{{3}}0|[1-9]0)(?:'?s\b|\s?年代|代(?![わ替表理]))|(?<=\s')[0-9]0s\b)",
            rf"(?P<ja_year>{NUMBER_START}[0-9]{{4}}\s?年(?!間))",
            rf"(?P<day_month>\b{_D}{_TH}(?:\s+of)?\s+{_MONTH}(?:,?\s+(?:of\s+)?{_YEAR})?)",
            rf"(?P<month_day>\b{_MONTH}\s+{_D}{_TH}(?!:|[.,][0-9]|\s?%)(?:,?\s+{_YEAR})?)",
            rf"(?P<month_year>\b{_MONTH},?\s+(?:of\s+)?{_YEAR})",
            rf"(?P<month>{_LONE_MONTH})",
            rf"(?P<fiscal>{_FISCAL}(?:20|19)[0-9]{{2}}(?![0-9]|[.,][0-9])|\bFY[ -]?'?[0-9]{{2}}(?![0-9]|[.,][0-9]))",
            rf"(?P<ja_time>(?:午前|午後)?\s?{NUMBER_START}(?:2[0-4]|1[0-9]|0?[0-9])時(?![間点代期計刻給])(?:[0-5]?[0-9]分|半)?)",
            r"(?P<time>(?<![0-9:.,])(?:2[0-4]|[01]?[0-9]):[0-5][0-9](?::[0-5][0-9])?(?![0-9:])(?:\s?(?i:[ap]\.?m\b\.?))?)",
            rf"(?P<clock>{NUMBER_START}(?:1[0-2]|[1-9])\s?(?i:a\.?m\b\.?|p\.?m\b\.?))",
            rf"(?P<ja_fraction>{NUMBER_START}[0-9]{{1,4}}分の[0-9]{{1,4}}(?![0-9]))",
            r"(?P<fraction>(?<![0-9./,])[0-9]{1,4}[/⁄][0-9]{1,4}(?![0-9/]))",
            rf"(?P<wari>{NUMBER_START}[0-9]{{1,2}}(?:\.[0-9])?割(?!り|合)(?:[0-9]分)?)",
            rf"(?P<version>(?:\b(?i:version|ver\.?|v)\s?|バージョン\s?|第\s?)[0-9]{{1,4}}(?:\.[0-9]{{1,6}})+|{NUMBER_START}[0-9]{{1,4}}(?:\.[0-9]{{1,6}})+版)",
            rf"(?P<ja_day>{NUMBER_START}{_D}\s?日(?![間本]))",
            rf"(?P<number>{_BEFORE_NUMBER}{NUMBER_START}{NUMBER}{_AFTER_NUMBER})",
            r"(?P<initial>最初|初(?:めて|の|会合|代|版|回|開催|会議|閣議)|(?<![ぁ-ん\u4e00-\u9fff])初(?=[\u4e00-\u9fff]))",
        )
    )
)


_Read = Callable[[re.Match[str], int], Iterable[Draft]]


def _one(match: re.Match[str], kind: FigureKind, value: Value, *also: Reading) -> list[Draft]:
    return [Draft(kind, value, match.start(), match.end(), list(also))]


def _numbers(match: re.Match[str]) -> list[int]:
    return [int(digits) for digits in re.findall(r"[0-9]+", match.group())]


def _month_in(words: str) -> int:
    return next(_MONTHS[word[:3].lower()] for word in re.findall(r"[A-Za-z]+", words) if word[:3].lower() in _MONTHS)


def _read_iso(match: re.Match[str], _: int) -> list[Draft]:
    year, month, *day = _numbers(match)
    return _one(match, "date", (year, month, day[0] if day else None))


def _read_slashed(match: re.Match[str], _: int) -> list[Draft]:
    first, second, year = _numbers(match)
    us, world = (year, first, second), (year, second, first)
    if first > 12:
        return _one(match, "date", world)
    return _one(match, "date", us) if second > 12 else _one(match, "date", us, ("date", world))


def _read_ja_date(match: re.Match[str], last_year: int) -> list[Draft]:
    words, numbers = match.group(), _numbers(match)
    year: int | None = None
    if words.startswith("同年"):
        year = last_year or None
    elif "年" in words:
        year = numbers.pop(0)
    return _one(match, "date", (year, numbers[0], numbers[1] if len(numbers) > 1 else None))


def _read_day(match: re.Match[str], _: int) -> list[Draft]:
    day = _numbers(match)[0]
    return _one(match, "date", (None, None, day), ("number", Decimal(day)))


def _read_year(match: re.Match[str], _: int) -> list[Draft]:
    return _one(match, "date", (_numbers(match)[0], None, None))


def _read_bc(match: re.Match[str], _: int) -> list[Draft]:
    return _one(match, "date", (-_numbers(match)[0], None, None))


def _read_fiscal(match: re.Match[str], _: int) -> list[Draft]:
    year = _numbers(match)[0]
    return _one(match, "fiscal_year", year + 2000 if year < 100 else year)


def _read_decade(match: re.Match[str], _: int) -> list[Draft]:
    return _one(match, "decade", _numbers(match)[0])


def _read_english_date(match: re.Match[str], _: int) -> list[Draft]:
    words = match.group()
    digits = re.findall(r"[0-9]+", words)
    year = int(digits.pop()) if len(digits[-1]) == 4 else None
    return _one(match, "date", (year, _month_in(words), int(digits[0]) if digits else None))


def _read_lone_month(match: re.Match[str], _: int) -> list[Draft]:
    word = re.search(r"[A-Za-z]+$", match.group())
    assert word is not None
    return [Draft("date", (None, _month_in(word[0]), None), match.start() + word.start(), match.end(), [])]


def _read_time(match: re.Match[str], _: int) -> list[Draft]:
    words, numbers = match.group().lower(), _numbers(match)
    hour, minute = numbers[0], numbers[1] if len(numbers) > 1 else 30 if words.endswith("半") else 0
    if ("午後" in words or "p" in words) and hour < 12:
        hour += 12
    elif ("午前" in words or "a" in words) and hour == 12:
        hour = 0
    return _one(match, "time", (hour, minute))


def _read_fraction(match: re.Match[str], _: int) -> list[Draft]:
    first, second = _numbers(match)
    above, below = (second, first) if "分" in match.group() else (first, second)
    if below == 0:
        return _one(match, "name", match.group())
    return _one(match, "fraction", Fraction(above, below))


def _read_wari(match: re.Match[str], _: int) -> list[Draft]:
    tenths, *hundredths = re.findall(r"[0-9.]+", match.group())
    return _one(match, "percent", (Decimal(tenths) * 10 + (Decimal(hundredths[0]) if hundredths else 0)))


def _read_version(match: re.Match[str], _: int) -> list[Draft]:
    literal = re.search(r"[0-9.]*[0-9]", match.group())
    assert literal is not None
    return _one(match, "version", literal[0])


def _read_url(match: re.Match[str], _: int) -> list[Draft]:
    words = match.group().rstrip(".,;:!?")
    if not re.search(r"[0-9]", words):
        return []
    return [Draft("name", words, match.start(), match.start() + len(words), [])]


def _read_initial(match: re.Match[str], _: int) -> list[Draft]:
    return _one(match, "ordinal", 1)


_PARTS = re.compile(rf"(?P<before>[^0-9]*)(?P<literal>{NUMBER})(?P<after>.*)", re.DOTALL)


def _read_number(match: re.Match[str], _: int) -> list[Draft]:
    parts = _PARTS.fullmatch(match.group())
    assert parts is not None
    before, literal, after = parts["before"], parts["literal"], parts["after"].strip()
    at = match.start() + parts.start("literal")
    pieces = [literal] if to_decimal(literal) is not None or len(literal) > 200 else re.split(r",", literal)
    drafts = []
    for index, piece in enumerate(pieces):
        begin = match.start() if index == 0 else at
        last = index == len(pieces) - 1
        draft = _number(before if index == 0 else "", piece, after if last else "")
        draft.start, draft.end = begin, match.end() if last else at + len(piece)
        drafts.append(draft)
        at += len(piece) + 1
    return drafts


def _number(before: str, literal: str, after: str) -> Draft:
    value = to_decimal(literal)
    if value is None:  # too long, or more than one decimal point: compared as written
        return Draft("version" if literal.count(".") > 1 and len(literal) < 40 else "name", literal, 0, 0, [])
    if re.search(r"[-−▲△]|マイナス|minus", before, re.IGNORECASE):
        value = -value
    if after and re.fullmatch(_PERCENT, after):
        return Draft("percent", value, 0, 0, [])
    currency = _currency(before, after)
    if currency:
        return Draft("money", (currency, value), 0, 0, [])
    if (after and re.fullmatch(_ORDINAL_AFTER, after)) or "第" in before:
        return Draft("ordinal" if value == value.to_integral_value() else "number", int(value), 0, 0, [])
    if len(literal) == 4 and "." not in literal and 1000 <= value <= 2999:
        return Draft("date", (int(value), None, None), 0, 0, [("number", value)], literal)
    return Draft(
        "number", value, 0, 0, [("version", literal)] if "." in literal and "," not in literal else [], literal
    )


def _currency(before: str, after: str) -> str | None:
    sign = re.sub(r"[\s\-−▲△]|マイナス|minus", "", before).lower()
    if sign in _CURRENCIES:
        return _CURRENCIES[sign]
    word = after.lower()
    if word in _CURRENCIES:
        return _CURRENCIES[word]
    if not re.fullmatch(_MONEY_AFTER, after):
        return None
    words = re.sub(r"[^a-z ]", "", word).split()
    noun = next(
        (_CURRENCIES.get(item.removesuffix("s")) for item in words if item.removesuffix("s") in _CURRENCIES), None
    )
    return _FOREIGN_DOLLARS.get(words[0], noun) if words else None


_READERS: dict[str, _Read] = {
    "url": _read_url,
    "iso": _read_iso,
    "slashed": _read_slashed,
    "ja_date": _read_ja_date,
    "ja_bc": _read_bc,
    "ja_fiscal": _read_fiscal,
    "fiscal": _read_fiscal,
    "decade": _read_decade,
    "ja_year": _read_year,
    "day_month": _read_english_date,
    "month_day": _read_english_date,
    "month_year": _read_english_date,
    "month": _read_lone_month,
    "ja_time": _read_time,
    "time": _read_time,
    "clock": _read_time,
    "ja_fraction": _read_fraction,
    "fraction": _read_fraction,
    "wari": _read_wari,
    "version": _read_version,
    "ja_day": _read_day,
    "number": _read_number,
    "initial": _read_initial,
}

# --- units that one figure lends to its neighbours ------------------------------------------------------------------

_JOINS = re.compile(
    r"(?:[ \x1f]*(?:,|、|・|,?[ ]?\band\b|,?[ ]?\bor\b|\bto\b|\bthrough\b|-|–|—|〜|~|ー|から|と|や"
    r"|及び|および|または|又は|へ|より|/)[ \x1f]*"
    r"(?:約|about |around |nearly |over |roughly )?)"
)
_MAX_JOIN = 16


def _share_units(drafts: Sequence[Draft], source: Canonical) -> None:
    """Give figures joined to a fuller one its unit, scale, year or month as a further reading."""
    for right, left in pairwise(reversed(drafts)):
        between = source.text[left.end : right.start]
        if len(between) <= _MAX_JOIN and _JOINS.fullmatch(between):
            left.also += _lent(left, right, source, forwards=False)
    for left, right in pairwise(drafts):
        between = source.text[left.end : right.start]
        if len(between) <= _MAX_JOIN and _JOINS.fullmatch(between):
            right.also += _lent(right, left, source, forwards=True)
            if between.strip() in ("-", "–", "〜", "~"):
                right.also += _short_year(left, right)


def _lent(to: Draft, by: Draft, source: Canonical, *, forwards: bool) -> list[Reading]:
    readings: list[Reading] = []
    for kind, value in ((by.kind, by.value), *by.also):
        if kind == "date" and isinstance(value, tuple):
            readings += _lent_date(to, value)
        elif forwards or to.kind != "number" or not isinstance(to.value, Decimal):
            continue
        else:
            factor = source.factors.get(by.start, Decimal(1)) if to.start not in source.factors else Decimal(1)
            scaled = to.value * factor
            if kind == "percent":
                readings.append(("percent", to.value))
            elif kind == "money" and isinstance(value, tuple):
                readings.append(("money", (str(value[0]), scaled)))
            elif kind == "fiscal_year" or factor != 1:
                readings.append(("number", scaled))
    if by.kind == "fiscal_year" and to.kind == "date" and isinstance(to.value, tuple) and to.value[1:] == (None, None):
        readings.append(("fiscal_year", int(to.value[0] or 0)))
    return readings


def _short_year(first: Draft, last: Draft) -> list[Reading]:
    """2016-20 -> 2020."""
    if first.kind != "date" or not isinstance(first.value, tuple) or not isinstance(first.value[0], int):
        return []
    if last.kind != "number" or not isinstance(last.value, Decimal) or len(last.literal) != 2:
        return []
    year = first.value[0] // 100 * 100 + int(last.value)
    return [("date", (year, None, None))] if year > first.value[0] else []


def _lent_date(to: Draft, by: tuple[object, ...]) -> list[Reading]:
    year, month, day = (part if isinstance(part, int) else None for part in by)
    if to.kind == "date" and isinstance(to.value, tuple):
        own_year, own_month, own_day = (part if isinstance(part, int) else None for part in to.value)
        if own_month and not own_year and year:
            return [("date", (year, own_month, own_day))]
        if own_day and not own_month and month and day:
            return [("date", (year, month, own_day))]
    elif (
        to.kind in ("number", "ordinal")
        and month
        and day
        and isinstance(to.value, Decimal | int)
        and 1 <= to.value <= 31
        and to.value == int(to.value)
    ):
        return [("date", (year, month, int(to.value)))]
    return []
