"""Blocks of Markdown and plain text: their kinds, their depth, and that nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.blocks import scan_blocks


def _kinds(text: str, *, markdown: bool = True) -> list[tuple[str, str, int]]:
    return [(block.kind, text[block.start : block.end], block.level) for block in scan_blocks(text, markdown=markdown)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# One\n\n###### Six ##", [("heading", "# One", 1), ("heading", "###### Six ##", 6)]),
        ("#hashtag\n####### seven", [("paragraph", "#hashtag\n####### seven", 0)]),
        ("Two\n---\n\nOne\n===", [("heading", "Two\n---", 2), ("heading", "One\n===", 1)]),
        ("one\ntwo\n\nthree", [("paragraph", "one\ntwo", 0), ("paragraph", "three", 0)]),
        ("- a\n  - b\n    more\n- c", [("item", "- a", 0), ("item", "- b\n    more", 1), ("item", "- c", 0)]),
        ("- a\n\n  inside\n\nout", [("item", "- a", 0), ("paragraph", "inside", 1), ("paragraph", "out", 0)]),
        ("in\n2024. It went\n1. on", [("paragraph", "in\n2024. It went", 0), ("item", "1. on", 0)]),
        ("> a\n> b\n\nc", [("paragraph", "> a\n> b", 0), ("paragraph", "c", 0)]),
        (
            "```\n# no\n\nx\n```\ny",
            [("mark", "```", 0), ("code", "# no", 0), ("code", "x", 0), ("mark", "```", 0), ("paragraph", "y", 0)],
        ),
        ("```\n# heading", [("paragraph", "```", 0), ("heading", "# heading", 1)]),
        (
            "a | b\n--|--\nc | d\n\ne | f",
            [("header", "a | b", 0), ("mark", "--|--", 0), ("row", "c | d", 0), ("paragraph", "e | f", 0)],
        ),
        ("***\n* * *\n- - -", [("mark", "***", 0), ("mark", "* * *", 0), ("mark", "- - -", 0)]),
        ("", []),
    ],
)
def test_scan_blocks_tells_kinds_apart(text: str, expected: list[tuple[str, str, int]]) -> None:
    assert _kinds(text) == expected


def test_scan_blocks_of_plain_text_knows_only_paragraphs_and_lists() -> None:
    text = "# no heading\n> no quote\n\n・項目\n続き\n\n| a | b |"
    assert _kinds(text, markdown=False) == [
        ("paragraph", "# no heading\n> no quote", 0),
        ("item", "・項目\n続き", 0),
        ("paragraph", "| a | b |", 0),
    ]


def test_scan_blocks_takes_headings_from_elsewhere() -> None:
    text = "第1章 総則\n目的を定める。"
    blocks = scan_blocks(text, markdown=False, headings={0: 1})
    assert [(block.kind, block.start, block.end) for block in blocks] == [
        ("heading", 0, 6),
        ("paragraph", 7, len(text)),
    ]


@given(
    text=st.text(alphabet=st.sampled_from("ab #-*>|`~=_1.)（）・漢\n \t\u3000")) | st.text(),
    markdown=st.booleans(),
    headings=st.dictionaries(st.integers(0, 20), st.integers(1, 6), max_size=3),
)
def test_scan_blocks_cover_all_but_white_space(text: str, markdown: bool, headings: dict[int, int]) -> None:
    blocks = scan_blocks(text, markdown=markdown, headings=headings)
    left, end = [], 0
    for block in blocks:
        assert end <= block.start <= block.content <= block.end
        assert block.start < block.end
        left.append(text[end : block.start])
        end = block.end
    left.append(text[end:])
    assert "".join(left).strip() == ""
