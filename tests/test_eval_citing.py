"""Citation recall and precision: ALCE's cases worked by hand, with quotes that do or do not carry a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.citing import CitationScores, citation_scores, supports
from rag.answer import Answer, Citation

STAFF = "The institute has 30 people in its Tokyo office."
HEAD = "Its director is Ilse Varga, who took office in 2024."
WEATHER = "Rain is expected on the northern coast."
QUOTES = {1: STAFF, 2: HEAD, 3: WEATHER}


def cite(number: int, quote: str) -> Citation:
    return Citation(number=number, document_id="corpus/a.md", title="A", start=0, end=len(quote), quote=quote)


def answer(text: str) -> Answer:
    return Answer(text=text, citations=tuple(cite(number, quote) for number, quote in QUOTES.items()))


@pytest.mark.parametrize(
    ("text", "recall", "precision"),
    [
        pytest.param(f"{STAFF} [1] {HEAD} [2]", 1.0, 1.0, id="each sentence its own quote"),
        pytest.param(f"{STAFF} [1] {HEAD}", 0.5, 1.0, id="a sentence without a mark"),
        pytest.param(f"{STAFF} [3] {HEAD} [2]", 0.5, 0.5, id="a quote of something else"),
        pytest.param(f"{STAFF} [1][3]", 1.0, 0.5, id="one citation too many"),
        pytest.param("The institute of Ilse Varga has 30 people in 2024. [1][2]", 1.0, 1.0, id="both are needed"),
        pytest.param(f"{STAFF} [1][9]", 0.0, 0.0, id="a mark to nothing supports nothing"),
        pytest.param("The institute has 99 people in its Tokyo office. [1]", 0.0, 0.0, id="another figure"),
        pytest.param(f"{STAFF} {HEAD}", 0.0, 0.0, id="no mark at all"),
        pytest.param("", 0.0, 0.0, id="no sentence"),
    ],
)
def test_citation_scores_by_hand(text: str, recall: float, precision: float) -> None:
    assert citation_scores(answer(text)) == CitationScores(recall=recall, precision=precision)


def test_sentences_quoted_together_count_with_the_mark_behind_them() -> None:
    together = Answer(text=f"{STAFF} {HEAD} [1]", citations=(cite(1, f"{STAFF} {HEAD}"),))
    assert citation_scores(together) == CitationScores(recall=1.0, precision=1.0)


def test_citations_that_do_not_verify_support_nothing() -> None:
    assert citation_scores(answer(f"{STAFF} [1] {HEAD} [2]"), {1}) == CitationScores(recall=0.5, precision=0.5)


@pytest.mark.parametrize(
    ("sentence", "quotes", "held"),
    [
        pytest.param("The institute has 30 people.", [STAFF], True, id="half of the words and the figure"),
        pytest.param("The institute will close next summer.", [STAFF], False, id="few of the words"),
        pytest.param("The institute has 31 people.", [STAFF], False, id="not the figure"),
        pytest.param("研究所の職員は30人である。", [STAFF], True, id="other language, same figure"),
        pytest.param("研究所は東京にある。", [STAFF], False, id="other language, no figure to compare"),
        pytest.param(
            "研究所には職員が30人いる。", ["研究所には、職員が30人いる。"], True, id="japanese, word for word"
        ),
        pytest.param(STAFF, [], False, id="no quote"),
    ],
)
def test_supports_compares_words_and_figures(sentence: str, quotes: list[str], held: bool) -> None:
    assert supports(sentence, [cite(number, quote) for number, quote in enumerate(quotes, start=1)]) is held


@given(
    st.lists(st.sampled_from([STAFF, HEAD, WEATHER, "[1]", "[2]", "[1][3]", "[7]", "\n\n", "30 people."]), max_size=9)
)
def test_citation_scores_are_shares(parts: list[str]) -> None:
    found = citation_scores(answer(" ".join(parts)), {2})
    assert 0.0 <= found.recall <= 1.0
    assert 0.0 <= found.precision <= 1.0
