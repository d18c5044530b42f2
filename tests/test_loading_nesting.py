"""Tables with tables in their cells, of Word documents and HTML pages alike."""

from __future__ import annotations

import time

import pytest
from docx_files import document, paragraph

from rag.loading import docx, html
from rag.loading.nesting import MAX_NESTED, Grid, in_cell, write_grid
from rag.loading.raw import Limits
from rag.loading.writing import MarkdownWriter

LIMITS = Limits(max_pages=10, max_document_chars=2_000_000)
SHIPS = Grid(rows=[["Year", "Ships"], ["2021", "381"], ["2022", "402"]])
FEES = Grid(rows=[["Adults", "800 yen"], ["Children", "free"]])


def written(table: Grid) -> str:
    writer = MarkdownWriter(LIMITS)
    write_grid(writer, table)
    return writer.finish().text.removesuffix("\n")


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        pytest.param(
            Grid(
                rows=[["Pier", "Traffic"], ["North", ""], ["South", "closed"]],
                n_header=1,
                inner={(1, 1): [SHIPS]},
            ),
            "- Pier: North; Traffic, Year: 2021; Ships: 381.\n"
            "- Pier: North; Traffic, Year: 2022; Ships: 402.\n"
            "- Pier: South; Traffic: closed.",
            id="names",
        ),
        pytest.param(
            Grid(
                rows=[["Pier", "Traffic"], ["North", ""], ["South", ""]],
                inner={(1, 1): [SHIPS], (2, 1): [SHIPS]},
            ),
            "- Pier: North; Traffic, Year: 2021; Ships: 381.\n"
            "- Pier: North; Traffic, Year: 2022; Ships: 402.\n"
            "- Pier: South; Traffic, Year: 2021; Ships: 381.\n"
            "- Pier: South; Traffic, Year: 2022; Ships: 402.",
            id="names that nothing marks",
        ),
        pytest.param(
            Grid(rows=[["Hours", "9 to 17"], ["Fees", ""]], inner={(1, 1): [FEES]}),
            "- Hours: 9 to 17.\n- Fees; Adults: 800 yen.\n- Fees; Children: free.",
            id="no names",
        ),
        pytest.param(
            Grid(rows=[["a", "b"], ["long " * 30, "x"]], n_header=1, inner={(1, 1): [FEES]}),
            f"- a: {('long ' * 30).strip()}; b: x.\n- b, Adults: 800 yen.\n- b, Children: free.",
            id="too long to say again",
        ),
        pytest.param(
            Grid(rows=[["Fees of 2024:"]], inner={(0, 0): ["Fees of 2024:", FEES, "No cards."]}),
            "Fees of 2024:\n\n| Adults | 800 yen |\n| Children | free |\n\nNo cards.",
            id="arranged",
        ),
    ],
)
def test_write_grid(table: Grid, expected: str) -> None:
    assert written(table) == expected


def test_in_cell_takes_words_where_there_is_no_table() -> None:
    assert in_cell(Grid(rows=[["a"], ["b"]]), 2) == ["a", "b"]
    assert in_cell(Grid(rows=[["a", "b"]]), 2) == ["a b"]
    assert in_cell(Grid(rows=[["a"]], inner={(0, 0): ["a", FEES]}), 2) == ["a", FEES]
    assert in_cell(FEES, 2) == [FEES]
    assert in_cell(FEES, MAX_NESTED + 1) == ["Adults 800 yen", "Children free"]


def cells(*rows: tuple[str, ...]) -> str:
    """A table of Word; a cell that is none gets the paragraph that Word wants behind it."""

    def cell(words: str) -> str:
        held = words + paragraph("") if words.startswith("<w:tbl>") else paragraph(words)
        return f"<w:tc>{held}</w:tc>"

    lines = ("".join(map(cell, row)) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{line}</w:tr>' for line in lines)}</w:tbl>"


INNER = (("Year", "Ships"), ("2021", "381"), ("2022", "402"))
ROWS = "- Pier: North; Traffic, Year: 2021; Ships: 381.\n- Pier: North; Traffic, Year: 2022; Ships: 402.\n"


def test_docx_rows_of_an_inner_table_stand_alone() -> None:
    body = cells(("Pier", "Traffic"), ("North", cells(*INNER)), ("South", "closed in 2011"))
    assert docx.read(document(body), LIMITS).text == f"{ROWS}- Pier: South; Traffic: closed in 2011.\n"


def test_html_rows_of_an_inner_table_stand_alone() -> None:
    inner = "<table><tr><th>Year<th>Ships<tr><td>2021<td>381<tr><td>2022<td>402</table>"
    page = f"<table><tr><th>Pier<th>Traffic<tr><td>North<td>{inner}</td></tr><tr><td>South<td>closed</table>"
    assert html.read(page.encode(), LIMITS).text == f"{ROWS}- Pier: South; Traffic: closed.\n"


def test_html_title_of_an_inner_table_stands_with_its_rows() -> None:
    inner = "<table><caption>By ship</caption><tr><td>Adults<td>800 yen<tr><td>Children<td>free</table>"
    page = f"<table><tr><th>Isle<th>Fees<tr><td>Sado<td>{inner}</td></tr></table>"
    assert html.read(page.encode(), LIMITS).text == (
        "- Isle: Sado; Fees: By ship; Fees, Adults: 800 yen.\n- Isle: Sado; Fees: By ship; Fees, Children: free.\n"
    )


def test_html_tables_that_arrange_stay_paragraphs() -> None:
    inner = "<table><tr><td>Adults<td>800 yen<tr><td>Children<td>free</table>"
    page = f"<table><tr><td>Home<td><p>Fees:</p>{inner}<p>No cards.</p></td></tr></table>"
    assert html.read(page.encode(), LIMITS).text == (
        "Home\n\nFees:\n\n| Adults | 800 yen |\n| Children | free |\n\nNo cards.\n"
    )


@pytest.mark.parametrize("n", [4, 60])
def test_nesting_does_not_grow_the_text(n: int) -> None:
    page, body = "core", "core"
    for _ in range(n):
        page = f"<table><tr><th>a<th>b<tr><td>1<td>{page}</td></tr></table>"
        body = cells(("a", "b"), ("1", body))
    started = time.monotonic()
    for text in (html.read(page.encode(), LIMITS).text, docx.read(document(body), LIMITS).text):
        assert text.count("core") == 1
        assert len(text) < 40 * n
    assert time.monotonic() - started < 10
