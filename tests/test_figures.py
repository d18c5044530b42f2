from __future__ import annotations

import time
import unicodedata
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.figures.reading import Figure, figures, unsupported_figures

ERAS = (("令和", 2018, 2019, 2050), ("平成", 1988, 1989, 2018), ("昭和", 1925, 1926, 1988))
MONTHS = "January February March April May June July August September October November December".split()
KANJI = dict(zip("0123456789", "〇一二三四五六七八九", strict=True))


def read(text: str) -> list[tuple[str, object, str]]:
    return [(figure.kind, figure.value, figure.text) for figure in figures(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("about 26.7% of people", [("percent", Decimal("26.7"), "26.7%")]),
        ("26.7 per cent", [("percent", Decimal("26.7"), "26.7 per cent")]),
        ("約８割", [("percent", Decimal(80), "８割")]),
        ("eighty percent", [("percent", Decimal(80), "eighty percent")]),
        ("up 19.4 percentage points", [("number", Decimal("19.4"), "19.4")]),
        ("Act No. 53 of 2025", [("number", Decimal(53), "53"), ("date", (2025, None, None), "2025")]),
        ("令和7年12月23日", [("date", (2025, 12, 23), "令和7年12月23日")]),
        ("令和七年十二月二十三日に", [("date", (2025, 12, 23), "令和七年十二月二十三日")]),
        ("2025年（令和7年）12月23日", [("date", (2025, 12, 23), "2025年（令和7年）12月23日")]),
        ("令和元年", [("date", (2019, None, None), "令和元年")]),
        ("on Tuesday, December 23rd, 2025", [("date", (2025, 12, 23), "December 23rd, 2025")]),
        ("2025/12/23", [("date", (2025, 12, 23), "2025/12/23")]),
        ("12月23日", [("date", (None, 12, 23), "12月23日")]),
        (
            "2025年9月12日、同年12月23日",
            [("date", (2025, 9, 12), "2025年9月12日"), ("date", (2025, 12, 23), "同年12月23日")],
        ),
        ("In May the 3 plans may", [("date", (None, 5, None), "May"), ("number", Decimal(3), "3")]),
        ("FY2025", [("fiscal_year", 2025, "FY2025")]),
        ("令和7年度", [("fiscal_year", 2025, "令和7年度")]),
        ("in the 1990s", [("decade", 1990, "1990s")]),
        ("20代", [("decade", 20, "20代")]),
        ("1兆2390億円", [("money", ("JPY", Decimal(1_239_000_000_000)), "1兆2390億円")]),
        ("$6.4bn", [("money", ("USD", Decimal(6_400_000_000)), "$6.4bn")]),
        ("48,000 people in 47 countries", [("number", Decimal(48000), "48,000"), ("number", Decimal(47), "47")]),
        ("10:20 to 3 p.m.", [("time", (10, 20), "10:20"), ("time", (15, 0), "3 p.m.")]),
        ("午後1時5分", [("time", (13, 5), "午後1時5分")]),
        ("第Ⅱ期", [("ordinal", 2, "第Ⅱ")]),
        ("twenty-first", [("ordinal", 21, "twenty-first")]),
        ("version 1.20", [("version", "1.20", "version 1.20")]),
        ("two thirds", [("fraction", Fraction(2, 3), "two thirds")]),
        ("−3 and 5-6", [("number", Decimal(-3), "−3"), ("number", Decimal(5), "5"), ("number", Decimal(6), "6")]),
        ("１２³", [("number", Decimal(12), "１２"), ("number", Decimal(3), "³")]),
        ("約4つの方針の1つ", [("number", Decimal(4), "4")]),
        ("三百二十一人", [("number", Decimal(321), "三百二十一")]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_figures_are_read(text: str, expected: list[tuple[str, object, str]]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "one of the plans, the one in force",
        "no one; one another",
        "三菱、四国、九州、統一、一般、十分、第三者、一部、五輪、千葉",
        "数千人、数十の",
        "Adopted. [1][2] and [1, 3]【4】［５］",
        "1. item\n  2) item",
        "[text](https://example.org/2025/12)",
        "at first; third-party; First, we",
        "it may, they march",
        "",
    ],
)
def test_words_marks_and_list_numbers_are_no_figures(text: str) -> None:
    assert figures(text) == []


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("in 2025", "on 23 December 2025"),
        ("令和7年", "December 2025"),
        ("in December 2025", "2025年12月23日"),
        ("12月23日", "23 December 2025"),
        ("80%", "個人の利用率を8割に"),
        ("four policies", "4つの方針"),
        ("四つ", "four"),
        ("第18条", "Article 18"),
        ("the second plan", "第Ⅱ期計画"),
        ("the first meeting", "初会合"),
        ("twice", "2倍"),
        ("2倍", "doubling its staff"),
        ("1.239 trillion yen", "1兆2390億円"),
        ("¥1.239 trillion", "1,239 billion yen"),
        ("about 1 trillion", "約1兆円"),
        ("55.2%", "46.8, 55.2 and 86.4 percent"),
        ("28 May 2025", "On 4 February, 28 May and 1 September 2025"),
        ("13 July 2026", "13-14 July 2026"),
        ("100億円", "100〜200億円"),
        ("fiscal 2024", "fiscal years 2023 and 2024"),
        ("2020年", "2016-20"),
        ("four policies", "The policies are:\n- a\n- b\n- c\n- d"),
        ("one year", "a year"),
        ("version 1.2", "第1.2版"),
        ("10:20", "午前10時20分"),
        ("1,500 people", "1500人"),
        ("1500 people", "1,500人"),
    ],
)
def test_an_equal_or_more_exact_figure_supports(sentence: str, quote: str) -> None:
    assert unsupported_figures(sentence, [quote]) == []


@pytest.mark.parametrize(
    ("sentence", "quote", "missing"),
    [
        ("on 23 December 2025", "in December 2025", ["23 December 2025"]),
        ("in December 2025", "in 2025", ["December 2025"]),
        ("on 24 December 2025", "on 23 December 2025", ["24 December 2025"]),
        ("26.8%", "26.7%", ["26.8%"]),
        ("80 people", "80%", ["80"]),
        ("80%", "80 people", ["80%"]),
        ("1 trillion dollars", "1 trillion yen", ["1 trillion dollars"]),
        ("1.24 trillion yen", "1.239 trillion yen", ["1.24 trillion yen"]),
        ("Article 1", "an Article 2", ["1"]),
        ("version 1.20", "version 1.2", ["version 1.20"]),
        ("the third plan", "the second plan", ["third"]),
        ("in November", "in December", ["November"]),
        ("-5%", "5%", ["-5%"]),
        ("2026年", "令和7年", ["2026年"]),
        ("G8", "G7", ["8"]),
        ("四十人", "30人", ["四十"]),
        ("30,00 people", "3,000 people", ["30", "00"]),
        ("12345678901234567890123456789", "12345678901234567890123456780", ["12345678901234567890123456789"]),
        ("9" * 60, "9" * 61, ["9" * 60]),
        ("https://example.org/1", "https://example.org/2", ["https://example.org/1"]),
    ],
)
def test_another_figure_does_not_support(sentence: str, quote: str, missing: list[str]) -> None:
    assert [figure.text for figure in unsupported_figures(sentence, [quote])] == missing


def test_figures_are_gathered_over_all_quotes() -> None:
    assert unsupported_figures("26.7% in 2024", ["26.7 percent", "令和6年"]) == []


@st.composite
def dates(draw: st.DrawFn) -> tuple[int, int, int]:
    return draw(st.integers(1926, 2050)), draw(st.integers(1, 12)), draw(st.integers(1, 28))


def in_kanji(value: int) -> str:
    tens, ones = divmod(value, 10)
    return ("" if tens == 0 else "十" if tens == 1 else KANJI[str(tens)] + "十") + (KANJI[str(ones)] if ones else "")


def ways_to_write_a_date(year: int, month: int, day: int) -> list[str]:
    name = MONTHS[month - 1]
    ways = [
        f"{day} {name} {year}",
        f"{name} {day}, {year}",
        f"{day} {name[:3]} {year}",
        f"{year}-{month:02}-{day:02}",
        f"{year}/{month}/{day}",
        f"{year}年{month}月{day}日",
        "".join(chr(ord(char) + 0xFEE0) for char in str(year)) + f"年{month}月{day}日",
    ]
    for era, base, first, last in ERAS:
        if first <= year <= last:
            number = "元" if year - base == 1 else str(year - base)
            ways.append(f"{era}{number}年{month}月{day}日")
            ways.append(f"{year}年（{era}{number}年）{month}月{day}日")
            ways.append(f"{era}{in_kanji(year - base)}年{in_kanji(month)}月{in_kanji(day)}日")
    return ways


@given(date=dates(), data=st.data())
def test_a_date_supports_itself_in_any_notation_and_no_other(date: tuple[int, int, int], data: st.DataObject) -> None:
    other = data.draw(dates())
    sentence = data.draw(st.sampled_from(ways_to_write_a_date(*date)))
    quote = data.draw(st.sampled_from(ways_to_write_a_date(*date)))
    elsewhere = data.draw(st.sampled_from(ways_to_write_a_date(*other)))
    assert unsupported_figures(sentence, [f"It was on {quote}."]) == []
    assert bool(unsupported_figures(sentence, [f"It was on {elsewhere}."])) == (other != date)


@given(thousandths=st.integers(1, 9_999_999), other=st.integers(1, 9_999_999), data=st.data())
def test_a_sum_supports_itself_in_any_notation_and_no_other(thousandths: int, other: int, data: st.DataObject) -> None:
    def ways(value: int) -> list[str]:
        billions = Decimal(value) / 10
        trillion, hundred_million = divmod(value, 10_000)
        split = (f"{trillion}兆" if trillion else "") + (f"{hundred_million}億" if hundred_million else "")
        return [
            f"{billions} billion yen",
            f"{billions:,} billion yen",
            f"¥{billions}bn",
            f"{billions / 1000} trillion yen",
            f"{split}円",
            f"{value}億円",
            f"{value * 10**8:,}円",
        ]

    sentence, quote = (data.draw(st.sampled_from(ways(thousandths))) for _ in range(2))
    assert unsupported_figures(sentence, [quote]) == []
    assert bool(unsupported_figures(sentence, [data.draw(st.sampled_from(ways(other)))])) == (other != thousandths)


SENTENCES = (
    "Usage rose from 9.1% in fiscal 2023 to 26.7% in fiscal 2024 and 58.8% in the 2026 white paper.",
    "On 12 September 2025 the headquarters met for the first time, with 48,000 people in 47 countries.",
    "The sum of 387.3 billion yen, 3.7 times that of 2025, goes to 1.239 trillion yen.",
    "本部は令和7年9月1日に設置され、第18条と第１９条に基づき1兆2390億円を確保した。",
    "Version 1.2 of 31 March 2026 replaces version 1.1; the G7 met from 10:20 to 10:30.",
    "利用率を8割に引き上げ、20代は44.7%、1,500人の調査では3分の2が賛成した。",
)


def digits_of(figure: Figure) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", figure.text) if char.isdecimal())


@given(sentence=st.sampled_from(SENTENCES), data=st.data())
def test_a_changed_digit_is_not_supported(sentence: str, data: st.DataObject) -> None:
    places = [index for index, char in enumerate(sentence) if char.isdecimal()]
    at = data.draw(st.sampled_from(places))
    digit = data.draw(st.sampled_from([digit for digit in "0123456789" if int(digit) != int(sentence[at])]))
    altered = sentence[:at] + digit + sentence[at + 1 :]
    held = {digits_of(figure) for figure in figures(sentence)}
    new = [figure for figure in figures(altered) if figure.start <= at < figure.end]
    assert new, "every digit of these sentences belongs to a figure"
    if digits_of(new[0]) not in held:  # one figure of the quote into another is beyond this check
        assert new[0] in unsupported_figures(altered, [sentence])


def test_a_decimal_with_a_thousands_separator_is_a_number() -> None:
    assert unsupported_figures("The area is 8,352.6 km.", ["An area of 8352.6 km, in all."]) == []
    assert [figure.text for figure in unsupported_figures("It is 8,352.7 km.", ["It is 8,352.6 km."])] == ["8,352.7"]


@given(
    st.text(alphabet=st.characters(codec="utf-8"), max_size=60)
    | st.text("0123456789.,/-:%年月日万億一二十 []$¥第", max_size=40)
)
def test_figures_stand_in_the_text_in_order_and_support_themselves(text: str) -> None:
    found: list[Figure] = figures(text)
    assert all(text[figure.start : figure.end] == figure.text for figure in found)
    assert all(left.end <= right.start for left, right in pairwise(found))
    assert unsupported_figures(text, [text]) == []


@pytest.mark.parametrize(
    "unit", ["1", "1,", "1.2", "一", "二十", "1万", "[1,", "1/", "第 ", "one hundred ", "Jan ", "twenty-", "(", "令和"]
)
def test_reading_takes_time_in_proportion_to_the_length(unit: str) -> None:
    def seconds(n_chars: int) -> float:
        start = time.perf_counter()
        figures(unit * (n_chars // len(unit)))
        return time.perf_counter() - start

    seconds(2_000)
    short = min(seconds(5_000) for _ in range(3))
    assert seconds(50_000) < 60 * short + 0.5
