"""The measures: hand-worked cases, properties, and ir_measures as an oracle."""

from __future__ import annotations

import math
from collections.abc import Callable

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.measures import bootstrap, hit_at_k, ndcg_at_k, paired_difference, recall_at_k, reciprocal_rank
from eval.resampling import Estimate

IDS = st.lists(st.sampled_from([f"d{i}" for i in range(15)]), unique=True, max_size=15)
RELEVANT = st.sets(st.sampled_from([f"d{i}" for i in range(15)]), min_size=1, max_size=5)


def test_measures_of_a_ranking_worked_by_hand() -> None:
    ranked, relevant = ["a", "b", "c", "d"], {"b", "d", "x"}
    assert recall_at_k(ranked, relevant, 2) == 1 / 3
    assert recall_at_k(ranked, relevant, 10) == 2 / 3
    assert hit_at_k(ranked, relevant, 1) == 0.0
    assert hit_at_k(ranked, relevant, 2) == 1.0
    assert reciprocal_rank(ranked, relevant) == 1 / 2
    assert reciprocal_rank(ranked, relevant, 1) == 0.0
    gained = 1 / math.log2(3) + 1 / math.log2(5)
    best = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert ndcg_at_k(ranked, relevant, 10) == pytest.approx(gained / best)


def test_question_without_hits_scores_zero() -> None:
    found = [measure([], {"a"}, 10) for measure in (recall_at_k, hit_at_k, reciprocal_rank, ndcg_at_k)]
    assert found == [0.0] * 4


@pytest.mark.parametrize("measure", [recall_at_k, hit_at_k, reciprocal_rank, ndcg_at_k])
def test_measures_refuse_what_they_are_not_defined_for(measure: object) -> None:
    assert callable(measure)
    with pytest.raises(ValueError, match="no relevant documents"):
        measure(["a"], set(), 10)
    with pytest.raises(ValueError, match="k=0 must be at least 1"):
        measure(["a"], {"a"}, 0)


@given(ranked=IDS, relevant=RELEVANT, k=st.integers(1, 15))
def test_recall_and_hit_never_fall_as_k_grows(ranked: list[str], relevant: set[str], k: int) -> None:
    assert recall_at_k(ranked, relevant, k) <= recall_at_k(ranked, relevant, k + 1)
    assert hit_at_k(ranked, relevant, k) <= hit_at_k(ranked, relevant, k + 1)
    assert reciprocal_rank(ranked, relevant, k) <= reciprocal_rank(ranked, relevant, k + 1)


@given(ranked=IDS, relevant=RELEVANT, k=st.integers(1, 15))
def test_measures_lie_between_zero_and_one(ranked: list[str], relevant: set[str], k: int) -> None:
    for measure in (recall_at_k, hit_at_k, reciprocal_rank, ndcg_at_k):
        assert 0.0 <= measure(ranked, relevant, k) <= 1.0


@given(runs=st.lists(st.tuples(IDS.filter(bool), RELEVANT), min_size=1, max_size=5))
def test_measures_agree_with_ir_measures(runs: list[tuple[list[str], set[str]]]) -> None:
    qrels = {f"q{i}": dict.fromkeys(relevant, 1) for i, (_, relevant) in enumerate(runs)}
    run = {f"q{i}": {d: -float(rank) for rank, d in enumerate(ranked)} for i, (ranked, _) in enumerate(runs)}
    ours: dict[str, Callable[[list[str], set[str]], float]] = {
        "nDCG@10": lambda ranked, relevant: ndcg_at_k(ranked, relevant, 10),
        "R@5": lambda ranked, relevant: recall_at_k(ranked, relevant, 5),
        "RR": reciprocal_rank,
        "RR@3": lambda ranked, relevant: reciprocal_rank(ranked, relevant, 3),
        "Success@1": lambda ranked, relevant: hit_at_k(ranked, relevant, 1),
    }
    for name, measure in ours.items():
        theirs = {m.query_id: m.value for m in ir_measures.iter_calc([ir_measures.parse_measure(name)], qrels, run)}
        found = {f"q{i}": measure(ranked, relevant) for i, (ranked, relevant) in enumerate(runs)}
        assert found == pytest.approx(theirs), name


@given(values=st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_bootstrap_interval_holds_the_mean(values: list[float]) -> None:
    found = bootstrap(values)
    assert found.n == len(values)
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9
    assert found == bootstrap(values)


def test_bootstrap_interval_is_that_of_the_normal_approximation() -> None:
    values = [0.0, 1.0] * 200
    found = bootstrap(values)
    half = 1.96 * 0.5 / math.sqrt(400)
    assert (found.value, found.n) == (0.5, 400)
    assert found.low == pytest.approx(0.5 - half, abs=0.006)
    assert found.high == pytest.approx(0.5 + half, abs=0.006)


def test_bootstrap_of_equal_values_has_no_width() -> None:
    assert bootstrap([0.25, 0.25]) == Estimate(value=0.25, low=0.25, high=0.25, n=2)


def test_bootstrap_refuses_no_values() -> None:
    with pytest.raises(ValueError, match="no values"):
        bootstrap([])


def test_paired_difference_sees_what_unpaired_intervals_hide() -> None:
    others = [i / 100 for i in range(100)]
    values = [value + 0.02 for value in others]
    found = paired_difference(values, others)
    assert found.value == pytest.approx(0.02)
    assert found.low > 0
    assert bootstrap(values).low < bootstrap(others).high


def test_paired_difference_refuses_unequal_lengths() -> None:
    with pytest.raises(ValueError, match="zip"):
        paired_difference([1.0], [1.0, 0.0])
