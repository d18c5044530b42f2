"""What has the form of an answer."""

from __future__ import annotations

import pytest

from rag.extractive.answer_kinds import answer_spans


@pytest.mark.parametrize(
    ("text", "persons"),
    [
        ("The mayor is Ida Vries, says the paper.", ["Ida Vries"]),
        ("It was led by President Ono then.", ["President Ono"]),
        ("It is housed at the Harbour Agency and the Road Safety Institute.", []),
        ("It was passed by the House of Representatives in the Basic Act of May.", []),
        ("港の校長は青木花氏である。", ["青木花氏"]),
    ],
)
def test_persons(text: str, persons: list[str]) -> None:
    found = [text[start:end] for start, end in answer_spans(text, "person")]
    assert [one for one in found if one not in persons] == []
    assert len(found) == len(persons)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("It has 28 articles and 1,200 readers.", ["28", "1,200"]),
        ("The site web3.org speaks of GPT-4 on A4 paper.", []),  # digits of names count nothing
        ("Comments were taken from 5 to 11 December 2025.", []),
        ("第3回は12人で開かれた。", ["3", "12"]),
    ],
)
def test_numbers(text: str, numbers: list[str]) -> None:
    assert [text[start:end] for start, end in answer_spans(text, "number")] == numbers


@pytest.mark.parametrize("text", ["It costs 30 million won.", "手数料は300万ウォンである。", "Cost: 640,000 crowns."])
def test_sums_of_other_countries_are_money(text: str) -> None:
    assert list(answer_spans(text, "money"))
    assert not list(answer_spans("They won 3 prizes.", "money"))
