"""Markup taken out: what goes, what stays, and that plain text comes back as it was."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.markup import plain, plain_sentence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**bold** *em* __bold__ _em_ ~~old~~", "bold em bold em old"),
        ("***both*** **a *b* c**", "both a b c"),
        ("**「引用」**は*強調*語と**太字**です", "「引用」は強調語と太字です"),
        ("`a * b` and ``x ` y``", "a * b and x ` y"),
        ("`not closed and **bold**", "`not closed and bold"),
        ("[text](https://a.b/c) and [t](u 'title')", "text and t"),
        ('[Plan (2025)](a_(b)_c "t").', "Plan (2025)."),
        ("[text][ref] but [1][2] and [3]", "text but [1][2] and [3]"),
        ("[a **b** [c]](u)", "a b [c]"),
        ("![alt *x*](i.png) [![badge](b.svg)](u)", "alt x badge"),
        ("<https://a.b/c>", "https://a.b/c"),
        ("said so[^1] and more[^note].", "said so and more."),
        (r"\*not em\* \# \_x\_ C:\dir", r"*not em* # _x_ C:\dir"),
        ("<b>x</b> &amp; <script>", "<b>x</b> &amp; <script>"),
        ("# Title", "Title"),
        ("## Title with `code` ##", "Title with code"),
        ("Title\n=====\ntext", "Title\ntext"),
        ("> quoted *text*\n> goes on\n>> deeper", "quoted text goes on deeper"),
        ("* a\n+ b\n- c\n1. d\n2) e\n・f", "- a\n- b\n- c\n1. d\n2) e\n・f"),
        ("- a\n  goes on\n  - b\n    - c\n- d", "- a goes on\n  - b\n    - c\n- d"),
        ("| a | **b** |\n|---|:-:|\n| 1 | 2 |", "a | b\n1 | 2"),
        ("a\n\n---\n\nb", "a\n\nb"),
        ("```python\nx = a*b*c\n\ny = 1\n```", "x = a*b*c\ny = 1"),
        ("one\ntwo  \nthree\\\nfour", "one two three four"),
        ("人工知\n能の\nAI 計画", "人工知能の AI 計画"),
        ("long-\nterm plan", "long-term plan"),
        ("  a \t b\u3000c  ", "a b c"),
        ("a\n\n\n\nb", "a\n\nb"),
        ("", ""),
        (" \n ", ""),
    ],
)
def test_plain_takes_markup_out(text: str, expected: str) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2 * 3 * 4 = 24, 2*3*4, 2**3, a_b_c, snake_case_name",
        "a < b > c & d | e",
        "It costs $5 [1], see [note] (here) ~ 3!",
        "C# and #hashtag, 5 - 3, x = y",
        "「引用」（括弧）【注】・※1",
        "f(x) = [a, b](c d)",
        "* alone",
    ],
)
def test_plain_leaves_plain_text_alone(text: str) -> None:
    assert plain(text) == ("- alone" if text == "* alone" else text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- **AI Hub** (AIハブ): a place.", "AI Hub (AIハブ): a place."),
        ("* item\n  goes on", "item goes on"),
        ("1. first", "first"),
        ("（1）項目", "項目"),
        ("①項目", "項目"),
        ("・項目", "項目"),
        ("> - quoted item", "quoted item"),
        ("**Cut in the middle. ", "Cut in the middle."),
        ("of bold** text", "of bold text"),
        ("| a | b |", "a | b"),
        ("1.5 trillion yen", "1.5 trillion yen"),
        ("-5 degrees", "-5 degrees"),
        ("", ""),
    ],
)
def test_plain_sentence_is_one_line_without_mark(text: str, expected: str) -> None:
    assert plain_sentence(text) == expected


@given(
    st.text(alphabet=st.characters(exclude_characters="*_`[]<>#|~\\&!>-+=・•◦‣●◆◇■□▪▫➢✓○–", exclude_categories=["Cs"]))
)
def test_plain_changes_only_white_space_of_plain_text(text: str) -> None:
    shown = plain(text)
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", text)
    assert plain(shown) == shown


@given(st.text(alphabet=st.sampled_from("ab *_`[](){}<>#|~\\!-+=\n\t\"'1.漢か。：:^0")))
def test_plain_of_any_markup_is_a_tidy_subsequence(text: str) -> None:
    shown = plain(text)
    # Nothing is invented but list marks, cell borders and indentation.
    rest = iter(re.sub(r"[\s|]", "", text.replace("*", "-").replace("+", "-")))
    assert all(char in rest for char in re.sub(r"[\s|]", "", shown.replace("*", "-").replace("+", "-")))
    assert shown == shown.strip()
    assert "\n\n\n" not in shown
    assert "\n" not in plain_sentence(text)


@pytest.mark.parametrize(
    "text",
    [
        "*" * 200_000,
        "*a " * 70_000,
        "[" * 200_000,
        "[a](" * 50_000,
        "![a" * 70_000,
        "`a``b" * 40_000,
        "\\" * 200_000,
        "> " * 100_000,
        "_a" * 100_000,
        "~~" * 100_000,
        "<http:" * 40_000,
        "[^" * 100_000,
        " \n" * 100_000,
        "a|" * 100_000,
    ],
    ids=str.split("stars em brackets links images ticks escapes quotes under strike address notes blank pipes"),
)
def test_plain_takes_linear_time(text: str) -> None:
    started = time.process_time()
    plain(text)
    assert time.process_time() - started < 5
