"""Editions: which documents replace which, which one a sentence or a question speaks of."""

from __future__ import annotations

import pytest

from rag.extractive.editions import Series, series_of
from rag.questions.reading import read_question
from rag.store.reader import DocumentRecord


def record(key: int, document_id: str, title: str, **fields: str) -> DocumentRecord:
    return DocumentRecord(
        key=key,
        document_id=document_id,
        root="uploads" if document_id.startswith("uploads/") else "corpus",
        path=document_id.split("/", 1)[1],
        format="markdown",
        sha256="",
        title=title,
        language="en",
        extra={},
        **fields,  # type: ignore[arg-type]  # only text fields are given
    )


RECORDS = [
    record(1, "corpus/a.md", "The first Road Plan (2 May 2020)", date="2020-05-02", replaced_by="corpus/b.md"),
    record(2, "corpus/b.md", "The second Road Plan (3 June 2023)", date="2023-06-03", replaces="corpus/a.md"),
    record(3, "corpus/c.md", "Measures of the first Road Plan", date="2020-05-02", replaced_by="corpus/b.md"),
    record(4, "corpus/d.md", "Bridges", date="2021-01-01"),
    record(5, "uploads/e.md", "The third Road Plan", date="2024-01-01", replaces="corpus/b.md"),
]


@pytest.fixture
def series() -> Series:
    (found,) = series_of(RECORDS)
    return found


def test_an_article_or_a_meeting_of_that_number_is_no_edition() -> None:
    (series,) = series_of(
        [
            record(1, "corpus/a.ja.md", "道路計画（第1期）", date="2020-05-02", replaced_by="corpus/b.ja.md"),
            record(2, "corpus/b.ja.md", "道路計画（第2期）", date="2023-06-03", replaces="corpus/a.ja.md"),
        ]
    )
    assert series.named_in("第2期の計画は短い。") == {1}
    assert series.named_in("第2の計画は短い。") == {1}
    for other in (
        "第2条は計画を定める。",
        "第20条は計画を定める。",
        "第二十条は計画を定める。",
        "第2回の会合で計画が示された。",
    ):
        assert series.named_in(other) == set()


def test_series_of_orders_editions_and_ignores_what_uploads_claim(series: Series) -> None:
    ids = [[document.document_id for document in edition.documents] for edition in series.editions]
    assert ids == [["corpus/a.md", "corpus/c.md"], ["corpus/b.md"]]
    assert series.heads == {"plan"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("The first plan was adopted in spring.", {0}),
        ("The second Road Plan takes the place of the first Road Plan.", {0, 1}),
        ("On 3 June 2023 the council met.", {1}),
        ("The plan has four parts.", set()),
        ("At its first meeting the council talked.", set()),
    ],
)
def test_named_in(series: Series, text: str, named: set[int]) -> None:
    assert series.named_in(text) == named


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("When was the plan adopted?", set()),
        ("When was the second plan adopted?", {1}),
        ("What is the aim of the plan in force?", {1}),
        ("What was the aim of the previous plan?", {0}),
        ("What is the 2020 strategy for?", {0}),
        ("How many roads does the new blueprint name?", {1}),
        ("How many roads were built in 2020?", set()),
        ("How often is the plan revised?", set()),
    ],
)
def test_asked_in(series: Series, question: str, asked: set[int]) -> None:
    assert series.asked_in(question) == asked


def test_a_sentence_speaks_of_the_edition_it_names_else_of_its_documents(series: Series) -> None:
    assert series.edition_of("corpus/d.md", "The first plan was adopted in spring.") == 0
    assert series.edition_of("corpus/b.md", "It has four parts.") == 1
    assert series.edition_of("corpus/d.md", "Bridges are long.") is None


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("When was the plan adopted?", True),
        ("When was the plan now in force adopted?", True),
        ("When was the second plan approved?", True),
        ("When was the budget of the plan adopted?", False),
        ("Where was the plan adopted?", False),
        ("いま効力のある計画はいつ決定されましたか。", True),
        ("いま効力のある計画の予算はいつ決定されましたか。", False),
    ],
)
def test_nothing_but_the_date_of_an_edition_is_asked(series: Series, question: str, asks: bool) -> None:
    japanese = series_of(
        [
            record(1, "corpus/a.ja.md", "道路計画（第1期）", date="2020-05-02", replaced_by="corpus/b.ja.md"),
            record(2, "corpus/b.ja.md", "道路計画（第2期）", date="2023-06-03", replaces="corpus/a.ja.md"),
        ]
    )
    one = series if question.isascii() else japanese[0]
    assert one.asks_when_it_came_to_be(read_question(question)) is asks


def test_asked_of_puts_the_editions_name_into_the_question(series: Series) -> None:
    assert series.asked_of("When was the plan adopted?", 1, "en") == "When was the second Road Plan adopted?"
    assert series.asked_of("What are the plan's aims?", 0, "en") == "What are the first Road Plan's aims?"


def test_asks_beyond_finds_an_edition_that_there_is_not(series: Series) -> None:
    assert series.asks_beyond("When was the third plan adopted?")
    assert not series.asks_beyond("When was the second plan adopted?")


def test_documents_that_replace_each_other_in_a_circle_end() -> None:
    circle = [
        record(1, "corpus/a.md", "First Plan", date="2020-05-02", replaces="corpus/b.md", replaced_by="corpus/b.md"),
        record(2, "corpus/b.md", "Second Plan", date="2023-06-03", replaces="corpus/a.md", replaced_by="corpus/a.md"),
    ]
    assert series_of(circle) == []


def test_a_council_that_bears_the_things_name_is_not_the_thing(series: Series) -> None:
    assert series.concerns("Who wrote the strategy?")
    assert not series.concerns("Who chaired the strategy council when it began?")
    assert not series.concerns("Who sits at the planning table?")
