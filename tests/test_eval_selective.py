"""The risk–coverage curve, by hand and as properties; tokens and what they cost."""

from __future__ import annotations

import numpy as np
import pytest
from eval_runs import abstained, make_result, make_row, right, wrong
from hypothesis import given
from hypothesis import strategies as st

from eval.costs import totals
from eval.dataset import Row
from eval.judging import Judgement, Result
from eval.selective import curve_figures, has_confidence, risk_curve
from eval.summary import summarise
from rag.answer import Answer, Usage
from rag.costs import Price, cost_usd

ROW = Row(id="rain", question="Will it rain?", language="en", kind="fact", answerable=True, answers=(("yes",),))
USAGE = Usage(input_tokens=2000, output_tokens=100, total_tokens=2100)


def result(confidence: float | None, is_right: bool, *, silent: bool = False, usage: Usage | None = None) -> Result:
    return Result(
        row=ROW,
        answer=Answer(text="yes", abstained=silent, usage=usage),
        error=None,
        problems=(),
        latency_ms=1.0,
        confidence=confidence,
        judgement=Judgement(answered=not silent, abstained=silent, correct=is_right, matched=is_right),
    )


def points(results: list[Result]) -> list[tuple[float, float, float | None]]:
    return [(point.coverage, point.risk, point.sureness) for point in risk_curve(results).points]


def test_curve_by_hand() -> None:
    asked = [result(0.2, False), result(0.9, True), result(0.5, True), result(0.99, True, silent=True)]
    assert points(asked) == [(0.25, 0.0, 0.9), (0.5, 0.0, 0.5), (0.75, pytest.approx(1 / 3), 0.2), (1.0, 0.5, None)]
    curve = risk_curve(asked)
    assert curve.area == curve.best_area == pytest.approx((1 / 3 + 1 / 2) / 4)
    assert (curve.answered, curve.order) == (0.75, "confidence")
    found = curve_figures(asked, np.array([[0, 1, 2, 3], [1, 1, 1, 1]]), [0.5, 0.75])
    assert {name: value for name, (value, _) in found.items()} == {
        "AURC": pytest.approx((0 + 0 + 1 / 3 + 1 / 2) / 4),
        "risk/coverage=0.50": 0.0,
        "risk/coverage=0.75": pytest.approx(1 / 3),
    }
    assert found["AURC"][1].tolist() == pytest.approx([found["AURC"][0], 0.0])


def test_rows_of_one_confidence_count_with_their_mean() -> None:
    asked = [result(0.5, True), result(0.5, False), result(0.1, True)]
    assert [risk for _, risk, _ in points(asked)] == pytest.approx([0.5, 0.5, 1 / 3])
    assert points(asked[::-1]) == points(asked)


def test_failures_and_abstentions_come_last_and_are_wrong() -> None:
    failed = result(None, False).model_copy(update={"answer": None, "judgement": Judgement()})
    asked = [failed, result(None, True), result(0.0, True)]
    assert points(asked) == [(pytest.approx(1 / 3), 0.0, 0.0), (pytest.approx(2 / 3), 0.0, None), (1.0, 1 / 3, None)]


def test_curve_of_nothing_and_of_answers_that_do_not_say_how_sure_they_are() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        risk_curve([])
    assert not has_confidence([result(None, True), result(0.5, True, silent=True)])
    assert "AURC" not in summarise([result(None, True)])
    assert summarise([result(0.5, True)])["AURC"].value == 0.0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.booleans()), min_size=1, max_size=30))
def test_curve_covers_all_and_ends_at_the_share_of_wrong_ones(rows: list[tuple[float, bool, bool]]) -> None:
    asked = [result(confidence, is_right, silent=silent) for confidence, is_right, silent in rows]
    curve = risk_curve(asked)
    coverages = [point.coverage for point in curve.points]
    assert coverages == pytest.approx([n / len(asked) for n in range(1, len(asked) + 1)])
    n_wrong = sum(silent or not is_right for _, is_right, silent in rows)
    assert curve.points[-1].risk == pytest.approx(n_wrong / len(rows))
    best = [result(1.0 if is_right else 0.0, is_right, silent=silent) for _, is_right, silent in rows]
    assert curve.best_area == pytest.approx(risk_curve(best).area)
    assert curve.best_area <= curve.area + 1e-9
    assert risk_curve(asked[::-1]).area == pytest.approx(curve.area)
    if has_confidence(asked):
        draws = np.zeros((1, len(rows)), dtype=np.int64)
        assert curve_figures(asked, draws, [1.0])["AURC"][0] == pytest.approx(curve.area)


def scored(score: float, *, correct: bool) -> Result:
    return make_result(make_row("a"), right(score=score) if correct else wrong(score=score))


def test_curve_goes_by_the_score_of_the_best_hit_where_no_answer_says_how_sure_it_is() -> None:
    asked = [scored(0.5, correct=True), scored(-0.9, correct=False), scored(0.9, correct=True)]
    asked += [make_result(make_row("b"), abstained(score=0.99))]
    assert points(asked) == [(0.25, 0.0, 0.9), (0.5, 0.0, 0.5), (0.75, pytest.approx(1 / 3), -0.9), (1.0, 0.5, None)]
    assert risk_curve(asked).order == "score"
    assert risk_curve([result(0.0, True), *asked]).points[0].sureness == 0.0


def test_answers_without_any_hit_come_before_abstentions() -> None:
    asked = [make_result(make_row("a"), abstained()), make_result(make_row("b"), right(hits=()))]
    assert points(asked) == [(0.5, 0.0, None), (1.0, 0.5, None)]


def test_cost_needs_tokens_and_a_price() -> None:
    price = Price(input=0.25, output=2.0)
    asked = [result(None, True, usage=USAGE), result(None, True)]
    assert cost_usd(USAGE, price) == pytest.approx(0.0007)
    assert totals(asked, price) == {"answers": 1, "input_tokens": 2000, "output_tokens": 100, "cost_usd": 0.0007}
    assert totals(asked, None)["cost_usd"] is None
    priced, unpriced, uncounted = summarise(asked, price), summarise(asked), summarise(asked[1:], price)
    assert (priced["cost_usd"].value, priced["cost_usd"].n) == (0.0007, 1)
    assert (unpriced["input_tokens"].value, unpriced["output_tokens"].value) == (2000.0, 100.0)
    assert "cost_usd" not in unpriced
    assert not {"input_tokens", "output_tokens", "cost_usd"} & uncounted.keys()
