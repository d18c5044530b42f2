"""What a sentence has in the form that is asked for: a person, a number of the things counted."""

from __future__ import annotations

import pytest
from built_index import indexed

from rag import create_chain
from rag.extractive.counts import counts_what_is_asked
from rag.extractive.named_persons import names_somebody_else
from rag.questions.reading import read_question


@pytest.mark.parametrize(
    ("question", "text", "names"),
    [
        ("Who runs the yard?", "The yard is run by Ida Vries.", True),
        ("Who is Ida Vries?", "The yard is run by Ida Vries.", False),
        ("Who runs the yard?", "The Harbour Yard Trust (HYT) works on methods for ferries.", False),
        ("Who runs the yard?", "The Harbour Agency looks after it.", False),
        ("Who runs the yard?", "Minister Vries opened it.", True),
        ("造船所の所長は誰ですか", "所長は青木花氏である。", True),
        ("造船所の所長は誰ですか", "造船所は港にある。", False),
    ],
)
def test_somebody_is_named(question: str, text: str, names: bool) -> None:
    assert names_somebody_else(question, text) is names


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("The harbour law has 28 articles in four chapters.", True),
        ("Chapter 1 of the harbour law, Articles 1 to 10, has the general rules.", False),
        ("The harbour law has four chapters.", False),
    ],
)
def test_what_is_asked_for_is_counted(text: str, counts: bool) -> None:
    assert counts_what_is_asked(read_question("How many articles does the harbour law have?"), text) is counts


def test_who_and_how_many_are_answered_by_a_person_and_a_count(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = indexed(
        tmp_path_factory.mktemp("form"),
        {
            "law.md": """---
title: The harbour law and its trust
language: en
---
Chapter 1 of the harbour law, Articles 1 to 10, has the general rules. Chapter 2 of the harbour law has the fees.

The harbour law has 28 articles in four chapters.

The Lamp Trust runs the lamps of the harbour with the ferries and the yards.
The director of the Lamp Trust is Ida Vries.

Offices share the work on harbour policy:

- The Lamp Trust is responsible for the harbour's lamps.
- The Yard Office is responsible for the harbour's yards.

By May 2024 Otto Lang was in charge of harbour policy as minister. Jan Smit was the minister in April 2024.
"""
        },
    )
    chain = create_chain(settings)
    assert "Otto Lang" in chain.invoke("Which minister is responsible for the harbour?").citations[0].quote
    assert "Jan Smit" in chain.invoke("Who was minister for the harbour before Otto Lang?").citations[0].quote
    assert chain.invoke("How much do the ferries of the harbour cost?").abstained  # no sentence on them has a sum
    assert "28 articles" in chain.invoke("How many articles does the harbour law have?").citations[0].quote
    assert "Ida Vries" in chain.invoke("Who runs the Lamp Trust?").citations[0].quote


def test_the_header_of_a_table_tells_its_columns_apart(tmp_path_factory: pytest.TempPathFactory) -> None:
    rows = (
        "| In thousands | 2021 | 2022 |",
        "|---|---|---|",
        "| Ferry passengers | 312 | 314 |",
        "| Boats | 41 | 40 |",
    )
    table = "\n".join(rows)
    settings = indexed(
        tmp_path_factory.mktemp("table"), {"figures.md": f"# The harbour in figures\n\nThe harbour grows.\n\n{table}"}
    )
    chain = create_chain(settings)
    assert "314" in chain.invoke("How many ferry passengers were there in 2022?").text
    assert chain.invoke("How many ferry passengers were there in 2019?").abstained
