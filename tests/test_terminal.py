"""What is printed cannot make a terminal do anything."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from rag.terminal.lines import inert, one_line


def test_inert_shows_escapes_and_keeps_text() -> None:
    assert inert("a\x1b[31mb\u202ec\td\ne　第Ⅱ期") == "a\\x1b[31mb\\u202ec\td\ne　第Ⅱ期"


@given(st.text())
def test_inert_leaves_nothing_that_a_terminal_obeys(text: str) -> None:
    assert not {unicodedata.category(char) for char in inert(text) if char not in "\n\t"} & {"Cc", "Cf", "Cs"}
    assert inert(inert(text)) == inert(text)


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1
