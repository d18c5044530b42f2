"""Answers are judged as a strict reader would: whole figures, own quotes, premises, abstentions; measures by hand."""

from __future__ import annotations

from typing import Any

import pytest
from eval_runs import make_row
from hypothesis import given
from hypothesis import strategies as st

from eval.answers import MEASURES
from eval.dataset import Row
from eval.halves import half_of
from eval.judging import FactFound, Judgement, Result, judge
from eval.matching import normalise, statements, states
from eval.summary import summarise
from rag.answer import Answer, Citation, Hit, Notice, Problem

QUOTE = "The institute has 30 people."


def cite(number: int, quote: str = QUOTE, document_id: str = "corpus/a.md") -> Citation:
    return Citation(number=number, document_id=document_id, title="A", start=0, end=len(quote), quote=quote)


def hit(text: str) -> Hit:
    return Hit(
        rank=1,
        score=1.0,
        dense_score=None,
        lexical_score=None,
        document_id="corpus/a.md",
        path="a.md",
        root="corpus",
        title="A",
        text=text,
        start=0,
        end=len(text),
    )


def row(**changes: Any) -> Row:
    return make_row(changes.pop("id", "staff"), **changes)


def unanswerable(kind: str) -> Row:
    return row(id=kind, kind=kind, answerable=False, answers=(), documents=(), quotes=())


RIGHT = Answer(text="The institute has 30 people. [1]", citations=(cite(1),), hits=(hit(QUOTE),))
ABSTAINED = Answer(text="The documents do not say.", abstained=True, reason="not_stated")
FALSE_PREMISE = row(id="premise", kind="false_premise", forbidden=("has 99 people",))
CALLED_FALSE = Notice(code="premise", message="The question says 99.")


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("A share of 30% [1].", "30%"),
        ("３０％である", "30%"),
        ("30 % of firms", "30%"),
        ("about 180,000 officials", "180000"),
        ("約 18万 人", "18万"),
        ("on 23 December 2025 [2][3].", "23 December 2025"),
        ("from 2025 to 2026", "2025"),
        ("It rose to 58.8%, from 26.7%", "58.8%"),
        ("生成AIを使う人", "AIを使う"),
        ("the “reliable”\n  AI’s aims", '"reliable" AI\'s'),
        ("BACKDOORS in models", "backdoor"),
        ("四つの章からなる", "四つの章"),
        ("令和 7 年 12 月 23 日", "令和7年12月23日"),
        ("public–private total", "public-private"),
        ("It costs 387.3 billion yen.", "387.3 billion"),
        ("第II期", "第Ⅱ期"),
    ],
)
def test_states_finds_a_fact_however_written(text: str, wording: str) -> None:
    assert states(text, ["no such thing", wording])


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("130%", "30%"),
        ("1.30%", "30%"),
        ("30% of firms", "30"),
        ("30 billion", "30"),
        ("30.5 people", "30"),
        ("1,180,000 officials", "180,000"),
        ("180,000,000 officials", "180,000"),
        ("320 billion yen", "20 billion"),
        ("1兆320億円", "320億"),
        ("18万5000人", "18万"),
        ("14 June 2025", "4 June 2025"),
        ("二十四つの章", "四つの章"),
        ("blackmail", "mail"),
        ("2,025", "25"),
        ("", "30%"),
    ],
)
def test_states_matches_whole_figures_and_word_beginnings_only(text: str, wording: str) -> None:
    assert not states(text, [wording])


@given(st.text(), st.text(min_size=1), st.text())
def test_normalise_is_settled_after_one_pass_and_states_never_fails(before: str, wording: str, after: str) -> None:
    once = normalise(before + wording)
    assert " ".join(once.split()) == once
    assert states(before + wording + after, [wording]) in (True, False)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_states_tells_numbers_apart(number: int, other: int) -> None:
    assert states(f"In all {number:,} people.", [str(other)]) == (number == other)


def test_statements_cuts_behind_runs_of_marks() -> None:
    assert statements("One [1]. Two [2][3]. Three.") == [
        ("One", frozenset({1})),
        (". Two", frozenset({2, 3})),
        (". Three.", frozenset()),
    ]
    assert statements("一つ。[1]二つ。 [2]\n") == [("一つ。", frozenset({1})), ("二つ。", frozenset({2}))]


def test_judge_right_answer() -> None:
    found = judge(row(), RIGHT)
    assert found.f1 == pytest.approx(2 * 2 / (4 + 2))  # "institute has 30 people" against "30 people"
    assert found.model_copy(update={"f1": 0.6667}) == Judgement(
        answered=True,
        facts=(FactFound(fact="30 people", in_text=True, in_quotes=True, in_hits=True),),
        matched=True,
        quoted=True,
        right_document=True,
        n_citations=1,
        n_verbatim=1,
        verified=True,
        figures_supported=True,
        f1=0.6667,
        citation_recall=1.0,
        citation_precision=1.0,
        correct=True,
    )


@pytest.mark.parametrize(
    ("asked", "answer", "failures"),
    [
        (row(), ABSTAINED, ("abstained",)),
        (row(), None, ("error",)),
        (row(), RIGHT.model_copy(update={"text": "It has 130 people. [1]"}), ("facts_missing",)),
        (row(answers=(("30 people",), ("Tokyo",))), RIGHT, ("facts_missing",)),
        (row(forbidden=("institute has",)), RIGHT, ("forbidden",)),
        (row(documents=("corpus/b.md",), quotes=()), RIGHT, ("wrong_document",)),
        (row(), RIGHT.model_copy(update={"citations": (cite(1, "It has a staff."),)}), ("fact_not_in_its_quote",)),
        (row(), RIGHT.model_copy(update={"notices": (CALLED_FALSE,)}), ("false_alarm",)),
        (unanswerable("unanswerable_far"), ABSTAINED, ()),
        (unanswerable("unanswerable_near"), RIGHT, ("answered_unanswerable",)),
        (unanswerable("unanswerable_near"), None, ("error",)),
    ],
)
def test_judge_names_what_went_wrong(asked: Row, answer: Answer | None, failures: tuple[str, ...]) -> None:
    found = judge(asked, answer)
    assert found.failures == failures
    assert found.correct == (failures in ((), ("wrong_document",), ("fact_not_in_its_quote",), ("false_alarm",)))


def test_judge_wants_the_fact_in_the_quote_of_its_own_mark() -> None:
    other = "The institute sits in Tokyo."
    swapped = Answer(
        text="The institute has 30 people. [1] The institute sits in Tokyo. [2]", citations=(cite(1, other), cite(2))
    )
    found = judge(row(), swapped)
    assert (found.matched, found.quoted) == (True, False)


@pytest.mark.parametrize(
    ("answer", "accepted", "correct", "named"),
    [
        pytest.param(RIGHT, False, True, False, id="set right, no notice"),
        pytest.param(RIGHT.model_copy(update={"notices": (CALLED_FALSE,)}), False, True, True, id="set right, named"),
        pytest.param(Answer(text="It has staff. [1]", notices=(CALLED_FALSE,)), False, False, True, id="named only"),
        pytest.param(Answer(text="It has staff. [1]"), True, False, False, id="neither"),
        pytest.param(
            Answer(text="It has 99 people, not 30 people. [1]", notices=(CALLED_FALSE,)),
            True,
            False,
            True,
            id="forbidden",
        ),
        pytest.param(ABSTAINED, False, False, False, id="abstained"),
        pytest.param(
            ABSTAINED.model_copy(update={"reason": "false_premise"}), False, True, True, id="abstained, reason given"
        ),
        pytest.param(None, True, False, False, id="failed"),
    ],
)
def test_judge_false_premise(answer: Answer | None, accepted: bool, correct: bool, named: bool) -> None:
    found = judge(FALSE_PREMISE, answer)
    assert (found.premise_accepted, found.correct, found.premise_named) == (accepted, correct, named)


def test_judge_counts_citations_that_do_not_verify() -> None:
    answer = RIGHT.model_copy(update={"text": "It has 30 people. [1][2]", "citations": (cite(1), cite(2))})
    problems = (
        Problem(number=2, code="quote_mismatch", message="differs"),
        Problem(number=1, code="figure_unsupported", message="30"),
    )
    found = judge(row(), answer, problems)
    assert (found.n_citations, found.n_verbatim, found.verified, found.figures_supported) == (2, 1, False, False)
    assert found.failures == ("citation_fails", "unsupported")


def result(asked: Row, answer: Answer | None, latency_ms: float = 10.0, *problems: Problem) -> Result:
    return Result(
        row=asked,
        answer=answer,
        error=None if answer else "RuntimeError: planted",
        problems=problems,
        latency_ms=latency_ms,
        judgement=judge(asked, answer, problems),
    )


def test_summarise_by_hand() -> None:
    far, near = unanswerable("unanswerable_far"), unanswerable("unanswerable_near")
    assert {half_of(asked) for asked in (row(), far, near)} == {"tuning"}
    results = [
        result(row(id="1"), RIGHT),
        result(row(id="2"), ABSTAINED),
        result(row(id="3"), None),
        result(far, ABSTAINED),
        result(near, RIGHT),
        result(FALSE_PREMISE, ABSTAINED, 30.0),
    ]
    values = {name: (estimate.value, estimate.n) for name, estimate in summarise(results).items()}
    assert values == {
        "correct": (0.3333, 6),
        "answer_match": (0.25, 4),
        "facts_found": (0.25, 4),
        "fact_in_quotes": (0.25, 4),
        "right_document": (0.25, 4),
        "EM": (0.0, 4),
        "F1": (0.1667, 4),
        "facts_in_hits": (0.25, 4),
        "document_Recall@10": (0.25, 4),
        "document_RR@10": (0.25, 4),
        "document_nDCG@10": (0.25, 4),
        "quote_Recall@10": (0.25, 4),
        "quote_RR@10": (0.25, 4),
        "quote_nDCG@10": (0.25, 4),
        "citation_recall": (0.6667, 3),
        "citation_precision": (0.6667, 3),
        "quotes_from_right_document": (0.5, 2),
        "quotes_verified": (0.6667, 3),
        "answers_verified": (0.6667, 3),
        "figures_supported": (0.6667, 3),
        "figure_errors": (0.5, 2),  # the failure
        "coverage": (0.3333, 6),
        "risk": (0.6667, 3),
        "abstention_precision": (0.5, 2),
        "abstention_precision_far": (0.5, 2),
        "abstention_precision_near": (0.0, 1),
        "abstention_recall": (0.5, 2),
        "abstention_recall_far": (1.0, 1),
        "abstention_recall_near": (0.0, 1),
        "abstention_f1": (0.5, 3),  # 1 true, 1 false, 1 missed
        "abstention_f1_far": (0.6667, 2),  # 1 true, 1 false
        "abstention_f1_near": (0.0, 2),  # 1 false, 1 missed
        "false_premises_accepted": (0.0, 1),
        "false_premises_named": (0.0, 1),
        "false_alarms": (0.0, 3),
        "errors": (0.1667, 6),
        "latency_p50_ms": (10.0, 6),
        "latency_p95_ms": (25.0, 6),
        "correct/kind=false_premise": (0.0, 1),
        "answer_match/kind=false_premise": (0.0, 1),
        "fact_in_quotes/kind=false_premise": (0.0, 1),
        "right_document/kind=false_premise": (0.0, 1),
        "correct/kind=number": (0.3333, 3),
        "answer_match/kind=number": (0.3333, 3),
        "fact_in_quotes/kind=number": (0.3333, 3),
        "right_document/kind=number": (0.3333, 3),
        "correct/kind=unanswerable_far": (1.0, 1),
        "correct/kind=unanswerable_near": (0.0, 1),
        "correct/language=en": (0.3333, 6),
        "answer_match/language=en": (0.25, 4),
        "fact_in_quotes/language=en": (0.25, 4),
        "right_document/language=en": (0.25, 4),
        "correct/half=tuning": (0.3333, 6),
        "answer_match/half=tuning": (0.25, 4),
        "fact_in_quotes/half=tuning": (0.25, 4),
        "right_document/half=tuning": (0.25, 4),
        "quotes_verified/half=tuning": (0.6667, 3),
        "abstention_f1_far/half=tuning": (0.6667, 2),
        "abstention_f1_near/half=tuning": (0.0, 2),
        "false_premises_accepted/half=tuning": (0.0, 1),
    }


def test_summarise_gives_the_same_interval_each_time() -> None:
    results = [result(row(id=str(number)), RIGHT if number % 2 else ABSTAINED) for number in range(40)]
    first, second = summarise(results), summarise(results)
    assert first == second
    # Normal approximation: 0.5 ± 1.96 * sqrt(0.25 / 40) = 0.345 to 0.655.
    found = first["answer_match"]
    assert (found.value, found.n) == (0.5, 40)
    assert (found.low, found.high) == pytest.approx((0.345, 0.655), abs=0.03)


def test_summarise_of_nothing_is_empty() -> None:
    assert summarise([]) == {}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [row(), FALSE_PREMISE, row(kind="true_twin"), unanswerable("unanswerable_far"), unanswerable("x")]
            ),
            st.sampled_from([RIGHT, ABSTAINED, None, RIGHT.model_copy(update={"notices": (CALLED_FALSE,)})]),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_measures_are_shares(pairs: list[tuple[Row, Answer | None]]) -> None:
    for question, answer in pairs:
        one = result(question, answer)
        for measure in MEASURES:
            if measure.whole(one):
                assert 0 <= measure.part(one) <= measure.whole(one), measure.name
    for name, estimate in summarise([result(question, answer) for question, answer in pairs]).items():
        assert estimate.low <= estimate.value <= estimate.high, name


def test_failures_are_the_worst_there_is() -> None:
    kinds = [row(), FALSE_PREMISE, row(kind="true_twin"), unanswerable("unanswerable_far"), unanswerable("x")]
    summary = summarise([result(asked, None) for asked in kinds])
    for measure in MEASURES:
        # Nothing was abstained from, nor named.
        if measure.name != "false_alarms" and not measure.name.startswith("abstention_precision"):
            assert summary[measure.name].value == (1 if measure.is_better_low else 0), measure.name
