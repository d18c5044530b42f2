"""EM and token F1: hand-worked after SQuAD's script, Japanese by characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.overlap import exact_match, token_f1, tokens


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("The  Basic-Plan, of an Act!", ["basicplan", "of", "act"], id="case, punctuation, articles"),
        pytest.param("theory and data", ["theory", "and", "data"], id="articles are words"),
        pytest.param("人工知能、ＡＩ基本計画。", [*"人工知能", "ai", *"基本計画"], id="japanese by characters, NFKC"),
        pytest.param("2025年12月23日", ["2025", "年", "12", "月", "23", "日"], id="figures stay whole"),
        pytest.param("$387.3 billion", ["3873", "billion"], id="as SQuAD's script: the point is punctuation"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_tokens_are_normalised_as_squad_does(text: str, found: list[str]) -> None:
    assert tokens(text) == found


@pytest.mark.parametrize(
    ("text", "facts", "exact", "f1"),
    [
        pytest.param("The Cabinet. [1]", [["cabinet"]], True, 1.0, id="but for article, stop and mark"),
        pytest.param("The Cabinet Office", [["Diet", "the cabinet"]], False, 2 / 3, id="best wording"),
        pytest.param("30 people work there", [["30 people"]], False, 2 * 2 / (4 + 2), id="precision below 1"),
        pytest.param("red and blue", [["red"], ["green", "blue"]], False, 2 * 2 / (3 + 2), id="two facts"),
        pytest.param("red blue", [["red"], ["blue"]], True, 1.0, id="two facts and nothing else"),
        pytest.param("閣議で決定", [["閣議決定"]], False, 2 * 4 / (5 + 4), id="japanese"),
        pytest.param("no no no", [["no"]], False, 2 * 1 / (3 + 1), id="repeats count once in gold"),
        pytest.param("nothing alike", [["else"]], False, 0.0, id="none"),
        pytest.param("", [["else"]], False, 0.0, id="no text"),
    ],
)
def test_exact_match_and_f1_by_hand(text: str, facts: list[list[str]], exact: bool, f1: float) -> None:
    assert exact_match(text, facts) is exact
    assert token_f1(text, facts) == pytest.approx(f1)


@given(text=st.text(max_size=40), wording=st.text(min_size=1, max_size=20))
def test_f1_lies_between_and_is_one_where_the_match_is_exact(text: str, wording: str) -> None:
    f1 = token_f1(text, [[wording]])
    assert 0.0 <= f1 <= 1.0
    if exact_match(text, [[wording]]) and tokens(wording):
        assert f1 == 1.0
