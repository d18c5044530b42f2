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
