"""Text with halves of surrogate pairs becomes text that can be encoded, and no other text changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.surrogates import without_surrogates


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a\ud800b", "a\ufffdb", id="high half"),
        pytest.param("\udc00", "\ufffd", id="low half"),
        pytest.param("\udc00\ud800", "\ufffd\ufffd", id="wrong order"),
        pytest.param("\ud83d\ude00", "😀", id="pair"),
    ],
)
def test_without_surrogates_replaces_lone_halves(text: str, expected: str) -> None:
    assert without_surrogates(text) == expected


@given(st.text())
def test_without_surrogates_leaves_other_text(text: str) -> None:
    assert without_surrogates(text) == text
