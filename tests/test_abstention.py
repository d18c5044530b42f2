"""How sure an answer is: rows of the right shape, names that stand nowhere, the linear scores behind it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.extractive.abstention import CONFIDENCE_FEATURES, Best, confidence_row
from rag.extractive.answer_weights import ANSWER_FROM, RIGHT_WEIGHTS, SENTENCE_WEIGHTS, TOPIC_WEIGHTS
from rag.extractive.asked import Named
from rag.extractive.evidence import Aligned
from rag.extractive.linear import LinearScore
from rag.extractive.sentence_features import FEATURES, Passage, Sentence, sentence_rows, term_weights
from rag.questions.reading import read_question

PASSAGE = Passage(
    about="The ferry",
    score=0.8,
    cosine=0.6,
    sentences=[
        Sentence(text="The ferry Petrel carries 120 passengers.", cosine=0.7),
        Sentence(text="It was painted in 2019.", cosine=0.1, lead="The ferry Petrel carries 120 passengers."),
    ],
)


def test_weights_have_a_value_for_each_feature() -> None:
    for language in ("en", "ja"):
        assert SENTENCE_WEIGHTS[language].names == FEATURES
        assert set(TOPIC_WEIGHTS[language].names) <= set(CONFIDENCE_FEATURES)
        assert set(RIGHT_WEIGHTS[language].names) <= set(CONFIDENCE_FEATURES)
        assert 0 < ANSWER_FROM[language] < 1


def test_sentence_rows_tell_the_sentence_that_answers() -> None:
    question = read_question("How many passengers does the ferry carry?")
    weights = term_weights(question, {"passeng": 2, "ferri": 3, "carri": 2}, 100)
    rows = sentence_rows(question, [PASSAGE], weights)
    assert rows.shape == (2, len(FEATURES))
    scores = SENTENCE_WEIGHTS["en"].score(rows)
    assert scores[0] > scores[1]
    first = dict(zip(FEATURES, rows[0].tolist(), strict=True))
    assert (first["overlap"], first["new_answer"], first["no_answer_form"]) == (pytest.approx(1.0), 1.0, 0.0)


def test_another_name_of_the_same_thing_counts_as_the_name() -> None:
    question = read_question("How many passengers does the Petrel carry?")
    frequency = {"passeng": 2, "petrel": 1, "carri": 2}
    other = [(frozenset({"petrel"}), frozenset({"gull", "boat"}))]
    passage = Passage(about="", score=0.5, cosine=0.5, sentences=[Sentence(text="The gull boat is red.", cosine=0.4)])
    column = FEATURES.index("overlap")
    without = sentence_rows(question, [passage], term_weights(question, frequency, 100))[0, column]
    with_it = sentence_rows(question, [passage], term_weights(question, frequency, 100, other))[0, column]
    assert without == 0
    assert with_it > 0.3


def test_confidence_row_counts_figures_and_names_that_the_passage_lacks() -> None:
    question = read_question("Did the Petrel sink near Gull Island in 1950?")
    weights = term_weights(question, {}, 10)
    best = Best(
        row=np.zeros(len(FEATURES)),
        scores=[1.0, 0.0],
        forms=[False],
        passage="The Petrel sank in 1950.",
        named=Named(head=0.25, counted=0.0),
        aligned=Aligned(0.5, 0.6, 0.1),
    )
    row = confidence_row(question, weights, best)
    value = dict(zip(CONFIDENCE_FEATURES, row.tolist(), strict=True))
    assert (value["missing_figures"], value["missing_names"]) == (0, 1)
    assert (value["missing_head"], value["formless"], value["uncounted"]) == (0.75, 0.0, 1.0)
    assert (value["aligned"], value["aligned_around"], value["least_aligned"]) == (0.5, 0.6, 0.1)
    assert value["lead_of_best"] == pytest.approx(1 / (1 + math.exp(-1)))


@given(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3), st.floats(-1e3, 1e3))
def test_probability_lies_between_0_and_1(weights: list[float], bias: float) -> None:
    score = LinearScore(names=("a", "b", "c"), weights=tuple(weights), bias=bias)
    assert 0 < score.probability_of({"a": 1.0, "b": -2.0, "c": 0.5}) < 1


def test_linear_score_by_name_is_that_by_position() -> None:
    assert LinearScore.of(bias=1.0, a=2.0, b=-1.0) == LinearScore(names=("a", "b"), weights=(2.0, -1.0), bias=1.0)
    rows = np.array([[1.0, 2.0], [0.0, 1.0]])
    assert LinearScore.of(bias=1.0, a=2.0, b=-1.0).score(rows).tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("question", "unheard"),
    [
        ("Did the Petrel sink?", 0.5),
        ("Did the Petrel fly?", 0.5),
        ("海燕は沈みましたか", 0.0),
        ("帆船は沈みましたか", 1.0),
    ],
)
def test_unheard_is_the_share_of_terms_that_stand_nowhere(question: str, unheard: float) -> None:
    weights = term_weights(read_question(question), {"petrel": 3, "海燕": 2}, 10)
    assert weights.unheard == unheard
