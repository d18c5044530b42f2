"""Text -> the same text with every numeral written in ASCII digits, and where each character came from.

Full-width and other scripts' digits, kanji numerals, English number words, scales (億, 兆, million) and Japanese eras
all become plain digits, so that one set of patterns reads them all: `令和七年` and `2025年`, `1兆2390億円` and
`1.239 trillion yen` end up alike. What only looks like a numeral (`一般`, `九州`, the pronoun "one") is left alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal

MAX_DIGITS = 40  # a longer run is compared as it is written, never turned into a number
NUMBER = r"[0-9]++(?:[.,][0-9]++)*+"
NUMBER_START = r"(?<![0-9])(?<![0-9][.,])"  # keeps a failed match from being tried again at every digit of a long run
_EXACT = Context(prec=4 * MAX_DIGITS)  # the default of 28 digits would round, and let an altered digit pass
_SEPARATOR = "\x1f"  # keeps digits apart that stand side by side only after a replacement


@dataclass(slots=True)
class Canonical:
    """`text` in ASCII digits; character `i` of it was written as `source[starts[i]:ends[i]]`.

    `factors` gives, by the offset in `text` where a number begins, the scale it was written with (10**8 for 億).
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    factors: dict[int, Decimal] = field(default_factory=dict)


def canonical(text: str) -> Canonical:
    """The text with all its numerals in ASCII digits. Takes time in proportion to the length."""
    folded = _fold(text)
    for pattern, replacement in _PASSES:
        folded = _substitute(folded, pattern, replacement)
    return folded


def to_decimal(literal: str) -> Decimal | None:
    """Value of digits with thousands separators and a decimal point; `None` if too long or not one number."""
    if len(literal) > MAX_DIGITS:
        return None
    if "," in literal:
        whole, _, fraction = literal.partition(".")
        head, *groups = whole.split(",")
        if len(head) > 3 or any(len(group) != 3 for group in groups) or "," in fraction:
            return None
        literal = literal.replace(",", "")
    return Decimal(literal) if literal.count(".") <= 1 else None


# --- folding and replacing with offsets -----------------------------------------------------------------------------

_ROMAN = {chr(0x2160 + i): str(i + 1) for i in range(12)} | {chr(0x2170 + i): str(i + 1) for i in range(12)}


def _fold(text: str) -> Canonical:
    if text.isascii():
        return Canonical(text, range(len(text)), range(1, len(text) + 1))
    parts: list[str] = []
    starts: list[int] = []
    for offset, char in enumerate(text):
        folded = char if char < "\x80" else _fold_char(char)
        parts.append(folded)
        starts.extend([offset] * len(folded))
    return Canonical("".join(parts), starts, [start + 1 for start in starts])


def _fold_char(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if char in _ROMAN:
        return f"{_SEPARATOR}{_ROMAN[char]}{_SEPARATOR}"
    folded = unicodedata.normalize("NFKC", char)
    if category == "No" or (len(folded) > 1 and any(digit.isdecimal() for digit in folded)):
        # ² must not turn 10² into 102, nor ① or ㋀ (1月) glue itself to a digit beside it.
        return f"{_SEPARATOR}{folded}{_SEPARATOR}"
    return folded


def _substitute(
    source: Canonical, pattern: re.Pattern[str], replace: Callable[[re.Match[str]], tuple[str, Decimal] | None]
) -> Canonical:
    """Replace what `replace` gives digits (and their scale) for; the rest stays. Offsets and scales are kept up."""
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    factors: dict[int, Decimal] = {}
    cut = 0
    shifts: list[tuple[int, int]] = [(0, 0)]  # (offset in the source, how much later it stands now)
    length = 0
    for match in pattern.finditer(source.text):
        new = replace(match)
        if new is None:
            continue
        digits, factor = new
        begin, end = match.span()
        before = source.text[begin - 1 : begin]
        after = source.text[end : end + 1]
        digits = (_SEPARATOR if before.isdigit() else "") + digits + (_SEPARATOR if after.isdigit() else "")
        parts += [source.text[cut:begin], digits]
        starts.extend(source.starts[cut:begin])
        ends.extend(source.ends[cut:begin])
        length += begin - cut
        if factor != 1:
            factors[length + (1 if before.isdigit() else 0)] = factor
        starts.extend([source.starts[begin]] * len(digits))
        ends.extend([source.ends[end - 1]] * len(digits))
        length += len(digits)
        cut = end
        shifts.append((end, length - end))
    if cut == 0:
        return source
    parts.append(source.text[cut:])
    starts.extend(source.starts[cut:])
    ends.extend(source.ends[cut:])
    _carry(source.factors, shifts, factors)
    return Canonical("".join(parts), starts, ends, factors)


def _carry(old: dict[int, Decimal], shifts: Sequence[tuple[int, int]], new: dict[int, Decimal]) -> None:
    """Move earlier scales to where their numbers stand now (both lists are in order)."""
    at = 0
    for offset, factor in sorted(old.items()):
        while at + 1 < len(shifts) and shifts[at + 1][0] <= offset:
            at += 1
        new.setdefault(offset + shifts[at][1], factor)


def _plain(value: Decimal) -> str:
    digits = format(value, "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


# --- kanji ----------------------------------------------------------------------------------------------------------

_KANJI_DIGITS = {char: digit for digit, chars in enumerate(("〇零", *"一二三四五六七八九")) for char in chars}
_KANJI_UNITS = {"十": 10, "百": 100, "千": 1000}
_KANJI_SCALES = {"万": 10**4, "億": 10**8, "兆": 10**12, "京": 10**16}
_K = "〇零一二三四五六七八九十百千"
_KANJI_RUN = re.compile(
    rf"(?:{NUMBER_START}{NUMBER}[千百十]?+[万億兆京千百](?:[0-9.,{_K}万億兆京]*[0-9{_K}万億兆京])?|[{_K}][{_K}万億兆京]*)"
)
_SECTION = re.compile(rf"({NUMBER}[千百十]?|[{_K}]+)([万億兆京]?)")
# What counts things after a lone kanji numeral; without one of these it is part of a word (三菱, 四国, 十分).
_COUNTERS = re.compile(
    r"つ|年(?!貢)|月|日(?!本)|人|名(?!古)|件|社|回|割(?!り|合)|条|章|項|号|期|版|本(?!木|松)|点|倍|円|ドル|ユーロ|[かカヶケ箇個]|種類|機関"
    r"|府省|省|段階|原則|方針|柱|番|度目|週|時(?!雨)|分の|秒|歳|代(?!田|理)|%|パーセント|位(?!一体)|大(?=[\u4e00-\u9fff])|分野|項目|要素|世紀"
    r"|学期|半期|周年|都市|層|本柱|冊|台|頭|匹|枚|節|都|県|親"
)
_COUNTERS_OF_ONE = re.compile(
    r"年(?!中|草)|[かカヶケ箇]月|週間|日間|時間|割(?!り|合)|円|条|章|項|号|期(?!一)|版|回目|番目|つ目|人目|世紀|件|名(?!古)|社|分の|%|パーセント"
)
_NO_NUMERAL = re.compile(
    r"五十嵐|八百[屋長万]|千代|百貨|百科|百合|千葉|千歳|三位一体|十二分|十八番|二人三脚|第三[者国]|第三セク|第一(?:に|人者|線|歩|印象)|第[二三]に"
)
_KANJI_BEFORE = re.compile(r"[\u4e00-\u9fff]")
_MAY_PRECEDE = frozenset("約計全各第同他毎満翌昨今近残合総最上下前後後")


def _read_kanji(match: re.Match[str]) -> tuple[str, Decimal] | None:
    run, text, begin, end = match.group(), match.string, match.start(), match.end()
    if len(run) > MAX_DIGITS or not any(char in _K or char in _KANJI_SCALES for char in run):
        return None
    before, after = text[max(0, begin - 1) : begin], text[end : end + 4]
    if (before and before in "数何幾十余") or after[:1] in ("数", "余"):
        return None
    if not run[0].isdigit() and not _is_kanji_numeral(run, text[max(0, begin - 2) : begin], after):
        return None
    return _kanji_value(run)


def _is_kanji_numeral(run: str, lead: str, after: str) -> bool:
    """Whether a run of kanji numerals counts something, by the two characters before it and the four after."""
    before = lead[-1:]
    if _NO_NUMERAL.match(before + run + after) or _NO_NUMERAL.match(run + after):
        return False
    if before == "第" or lead.endswith("分の") or (lead in _ERAS and after.startswith("年")):
        return True
    if (before == "年" and after.startswith("月")) or (before == "月" and after.startswith("日")):
        return True
    if len(run) == 1:
        if _KANJI_BEFORE.match(before) and before not in _MAY_PRECEDE:
            return False
        return bool((_COUNTERS_OF_ONE if run == "一" else _COUNTERS).match(after))
    if all(char in _KANJI_DIGITS for char in run):
        return len(run) >= 3 or bool(_COUNTERS.match(after))
    return not (_KANJI_BEFORE.match(before) and before not in _MAY_PRECEDE) or bool(_COUNTERS.match(after))


def _kanji_value(run: str) -> tuple[str, Decimal] | None:
    total, smallest, at = Decimal(0), Decimal(10**20), 0
    for section in _SECTION.finditer(run):
        number, scale = _section_value(section[1]), Decimal(_KANJI_SCALES.get(section[2], 1))
        if section.start() != at or number is None or scale >= smallest:
            return None
        total, smallest, at = _EXACT.add(total, _EXACT.multiply(number, scale)), scale, section.end()
    return (_plain(total), smallest) if at == len(run) else None


def _section_value(section: str) -> Decimal | None:
    """Value below the first scale: `2,390`, `5千`, `二千三百`, `二〇二五`."""
    if section[0].isdigit():
        unit = _KANJI_UNITS.get(section[-1], 1)
        number = to_decimal(section[:-1] if unit > 1 else section)
        return None if number is None else _EXACT.multiply(number, Decimal(unit))
    if all(char in _KANJI_DIGITS for char in section):
        return Decimal("".join(str(_KANJI_DIGITS[char]) for char in section))
    total, pending, smallest = 0, None, 10_000
    for char in section:
        if char in _KANJI_DIGITS:
            if pending is not None:
                return None
            pending = _KANJI_DIGITS[char]
            continue
        unit = _KANJI_UNITS[char]
        if unit >= smallest:
            return None
        total, pending, smallest = total + (1 if pending is None else pending) * unit, None, unit
    return Decimal(total + (pending or 0))


# --- English --------------------------------------------------------------------------------------------------------

_SMALL = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split()
    )
}
_TENS = {word: 10 * (i + 2) for i, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split())}
_SCALES = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SHORT_SCALES = {"k": 10**3, "m": 10**6, "mn": 10**6, "bn": 10**9, "b": 10**9, "tn": 10**12, "t": 10**12}
_ORDINALS = {
    word: value
    for value, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
        "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split(),
        start=1,
    )
} | {"thirtieth": 30, "fortieth": 40, "fiftieth": 50, "hundredth": 100}
_UNITS_WORD = "|".join(list(_SMALL)[1:10])
_BELOW_100 = rf"(?:(?:{'|'.join(_TENS)})(?:[- ](?:{_UNITS_WORD}))?|{'|'.join(sorted(_SMALL, key=len, reverse=True))})"
_BELOW_1000 = rf"(?:(?:{_BELOW_100}|an?)[- ]hundred(?: and {_BELOW_100}| {_BELOW_100})?|{_BELOW_100})"
_BIG = r"(?:thousand|million|billion|trillion)"
_DENOMINATORS = {
    "half": 2, "halves": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10,
}  # fmt: skip
_FRACTION_WORDS = re.compile(
    rf"\b({_UNITS_WORD})[- ](halves|thirds|quarters|fourths|fifths|sixths|sevenths|eighths|ninths|tenths)\b"
    r"|\bone[- ](half|third|quarter|fourth|fifth|sixth|eighth|tenth)\b(?![- ](?:of \d|plan|edition|largest))",
    re.IGNORECASE,
)
_SCALED_DIGITS = re.compile(
    rf"{NUMBER_START}({NUMBER})"
    r"(?:[ \-\u00a0]?(hundred|thousand|million|billion|trillion)\b(?!s)|[ ]?(bn|tn|mn)\b|([kKMBT])(?![A-Za-z0-9]))",
    re.IGNORECASE,
)
_SHORT_MONEY = re.compile(rf"(?<=[$¥£€])( ?)({NUMBER})( ?)([mbt])(?![A-Za-z0-9])", re.IGNORECASE)
_NUMBER_WORDS = re.compile(
    rf"\b(?:(?:{_BELOW_1000}|an?(?= {_BIG}\b))[- ]{_BIG}(?:,? (?:and )?{_BELOW_1000}[- ]{_BIG})*"
    rf"(?: (?:and )?{_BELOW_1000})?|{_BELOW_1000})\b",
    re.IGNORECASE,
)
_LONE_ONE_COUNTS = re.compile(
    r"[ -](?:per ?cent|percent|%|years?|months?|weeks?|hours?|minutes?|decades?|centur(?:y|ies)|yen|dollars?|euros?"
    r"|pounds?|persons?|members?|points?|times)\b|[ ](?:to|or)[ ](?:two|three|four|five|\d)",
    re.IGNORECASE,
)
_ORDINAL_WORDS = re.compile(
    rf"\b(?:({'|'.join(_TENS)})[- ])?({'|'.join(sorted(_ORDINALS, key=len, reverse=True))})\b", re.IGNORECASE
)
_NO_ORDINAL_AFTER = re.compile(
    r"[- ]part(?:y|ies)\b|[- ]?hand\b|[- ](?:of all|and foremost|name|aid|lady|thing)\b|[- ]countr(?:y|ies)\b",
    re.IGNORECASE,
)


def _read_fraction_words(match: re.Match[str]) -> tuple[str, Decimal]:
    if match[3]:
        return f"1/{_DENOMINATORS[match[3].lower()]}", Decimal(1)
    denominator = match[2].lower()
    return f"{_SMALL[match[1].lower()]}/{_DENOMINATORS.get(denominator) or _DENOMINATORS[denominator[:-1]]}", Decimal(1)


def _read_scaled_digits(match: re.Match[str]) -> tuple[str, Decimal] | None:
    scale = Decimal(
        _SCALES.get((match[2] or "").lower(), 0) or _SHORT_SCALES.get((match[3] or match[4] or "").lower(), 0)
    )
    if match[4] and match[4] not in "kKMBT":
        return None
    return _scaled(match[1], scale)


def _read_short_money(match: re.Match[str]) -> tuple[str, Decimal] | None:
    return _scaled(match[2], Decimal(_SHORT_SCALES[match[4].lower()]))


def _scaled(literal: str, scale: Decimal) -> tuple[str, Decimal] | None:
    number = to_decimal(literal)
    return None if number is None else (_plain(_EXACT.multiply(number, scale)), scale)


def _read_words(match: re.Match[str]) -> tuple[str, Decimal] | None:
    words = re.findall(r"[a-z]+", match.group().lower())
    if words == ["one"] and not _LONE_ONE_COUNTS.match(match.string, match.end()):
        return None  # a pronoun or an article: "the one in force", "one of the four"
    total = current = 0
    largest = Decimal(1)
    for word in words:
        if word in _SMALL:
            current += _SMALL[word]
        elif word in _TENS:
            current += _TENS[word]
        elif word == "hundred":
            current = (current or 1) * 100
        elif word in _SCALES:
            total, current = total + (current or 1) * _SCALES[word], 0
            largest = max(largest, Decimal(_SCALES[word]))
        elif word in ("a", "an"):
            current = 1
    return str(total + current), largest


def _read_ordinal(match: re.Match[str]) -> tuple[str, Decimal] | None:
    after = match.string[match.end() : match.end() + 14]
    before = match.string[max(0, match.start() - 3) : match.start()].lower()
    enumerates = match.group()[0].isupper() and after.startswith(",")  # "Second, the plan …"
    if enumerates or _NO_ORDINAL_AFTER.match(after) or (before == "at " and match[2].lower() == "first"):
        return None
    value = _ORDINALS[match[2].lower()]
    if match[1]:
        if value > 9:
            return None
        value += _TENS[match[1].lower()]
    return f"{value}th", Decimal(1)


# --- eras -----------------------------------------------------------------------------------------------------------

_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "明治": 1867, "R": 2018, "H": 1988, "S": 1925}
_ERA_NAMES = {"reiwa": 2018, "heisei": 1988, "showa": 1925, "taisho": 1911, "meiji": 1867}
_ERA_YEAR = re.compile(
    r"(令和|平成|昭和|大正|明治)\s?(元|[0-9]{1,2})(?=\s?年|\)\s?年|\s?\([0-9]{4}\s?年?\)\s?年|[./-][0-9]{1,2}[./-][0-9]{1,2})"
)
_ERA_LETTER = re.compile(r"(?<![A-Za-z0-9])([RHS])([0-9]{1,2})(?=年|\.[0-9]{1,2}\.[0-9]{1,2})")
_ERA_ENGLISH = re.compile(r"\b(Reiwa|Heisei|Showa|Taisho|Meiji) (?:year )?([0-9]{1,2})\b(?!%)", re.IGNORECASE)
# 2025年(令和7年)12月23日 and 令和7(2025)年12月23日: the year stands twice, between it and its month a parenthesis.
_YEAR_TWICE = re.compile(r"([0-9]{4})\s?年?\s?\(\s?(?:西暦)?\1\s?年?\s?\)\s?年?(?=度|\s?[0-9]{1,2}\s?月|\s?に|\s?の)")


def _read_era(match: re.Match[str]) -> tuple[str, Decimal]:
    return str(_ERAS[match[1]] + (1 if match[2] == "元" else int(match[2]))), Decimal(1)


def _read_era_english(match: re.Match[str]) -> tuple[str, Decimal]:
    return str(_ERA_NAMES[match[1].lower()] + int(match[2])), Decimal(1)


def _read_year_twice(match: re.Match[str]) -> tuple[str, Decimal]:
    return f"{match[1]}年", Decimal(1)


_PASSES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[str, Decimal] | None]], ...] = (
    (_KANJI_RUN, _read_kanji),
    (_FRACTION_WORDS, _read_fraction_words),
    (_SHORT_MONEY, _read_short_money),
    (_SCALED_DIGITS, _read_scaled_digits),
    (_ORDINAL_WORDS, _read_ordinal),
    (_NUMBER_WORDS, _read_words),
    (_ERA_YEAR, _read_era),
    (_ERA_LETTER, _read_era),
    (_ERA_ENGLISH, _read_era_english),
    (_YEAR_TWICE, _read_year_twice),
)
