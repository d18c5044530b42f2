"""Where documents and gold quotes stand among the hits: by hand, and with ir_measures as an oracle."""

from __future__ import annotations

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.dataset import GoldQuote, Row
from eval.hit_measures import HIT_MEASURES, gold_quotes, ranked_documents, ranked_quotes
from eval.judging import Result, judge
from rag.answer import Answer, Hit

QUOTES = [("corpus/d0.md", "It has 30 people."), ("corpus/d0.md", "It sits in Tokyo."), ("corpus/d1.md", "30人いる。")]
ROW = Row(
    id="staff",
    question="How many people work there?",
    language="en",
    kind="number",
    answerable=True,
    answers=(("30",),),
    documents=("corpus/d0.md", "corpus/d1.md"),
    quotes=tuple(GoldQuote(document_id=document_id, quote=quote) for document_id, quote in QUOTES),
)


def hit(rank: int, document: int, text: str) -> Hit:
    return Hit(
        rank=rank,
        score=1 / rank,
        dense_score=None,
        lexical_score=None,
        document_id=f"corpus/d{document}.md",
        path=f"d{document}.md",
        root="corpus",
        title="D",
        text=text,
        start=0,
        end=len(text),
    )


def result(hits: list[Hit] | None, row: Row = ROW) -> Result:
    answer = None if hits is None else Answer(text="It has 30 people.", hits=tuple(hits))
    return Result(
        row=row,
        answer=answer,
        error=None if answer else "RuntimeError: planted",
        problems=(),
        latency_ms=1.0,
        judgement=judge(row, answer),
    )


def measured(hits: list[Hit] | None) -> dict[str, float]:
    one = result(hits)
    return {measure.name: measure.part(one) / measure.whole(one) for measure in HIT_MEASURES}


def test_rankings_name_documents_once_and_quotes_where_they_first_stand() -> None:
    hits = [
        hit(1, 2, "It has 30 people."),  # the words, but another document
        hit(2, 0, "It has 30 people. It sits in Tokyo."),
        hit(3, 0, "It sits in Tokyo."),
    ]
    assert ranked_documents(ROW, hits) == ["corpus/d2.md", "corpus/d0.md"]
    assert ranked_quotes(ROW, hits) == ["hit:0", "gold:0", "gold:1", "hit:2"]


def test_hit_measures_by_hand() -> None:
    found = measured([hit(2, 1, "30人いる。"), hit(1, 3, "Nothing.")])  # by rank, whatever the order
    assert found == {
        "document_Recall@10": pytest.approx(1 / 2),
        "document_RR@10": pytest.approx(1 / 2),
        "document_nDCG@10": pytest.approx(0.63093 / 1.63093, abs=1e-4),
        "quote_Recall@10": pytest.approx(1 / 3),
        "quote_RR@10": pytest.approx(1 / 2),
        "quote_nDCG@10": pytest.approx(0.63093 / 2.13093, abs=1e-4),
    }


@pytest.mark.parametrize("hits", [pytest.param([], id="no hits"), pytest.param(None, id="failed")])
def test_hit_measures_are_zero_without_hits(hits: list[Hit] | None) -> None:
    assert set(measured(hits).values()) == {0.0}


def test_hit_measures_count_answerable_rows_with_gold_only() -> None:
    bare = ROW.model_copy(update={"quotes": ()})
    far = ROW.model_copy(update={"answerable": False, "answers": (), "documents": (), "quotes": ()})
    counted = {row.id: [bool(m.whole(result([], row))) for m in HIT_MEASURES] for row in (bare,)}
    assert counted == {"staff": [True] * 3 + [False] * 3}
    assert not any(measure.whole(result([], far)) for measure in HIT_MEASURES)


PASSAGES = st.lists(
    st.tuples(st.integers(0, 3), st.sets(st.sampled_from([quote for _, quote in QUOTES]))), min_size=1, max_size=14
)


@given(PASSAGES)
def test_hit_measures_agree_with_ir_measures(passages: list[tuple[int, set[str]]]) -> None:
    hits = [hit(rank, document, " ".join(sorted(held))) for rank, (document, held) in enumerate(passages, start=1)]
    rankings = {
        "document": (ranked_documents(ROW, hits), list(ROW.documents)),
        "quote": (ranked_quotes(ROW, hits), gold_quotes(ROW)),
    }
    for of, (ranked, gold) in rankings.items():
        qrels = {"q": dict.fromkeys(gold, 1)}
        run = {"q": {name: -float(rank) for rank, name in enumerate(ranked)}}
        for name, theirs in (("Recall", "R@10"), ("RR", "RR@10"), ("nDCG", "nDCG@10")):
            expected = ir_measures.calc_aggregate([ir_measures.parse_measure(theirs)], qrels, run)
            assert measured(hits)[f"{of}_{name}@10"] == pytest.approx(next(iter(expected.values()))), (of, name)
