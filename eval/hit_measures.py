"""Measures of the hits behind an answer: how far up stands a document, or a quote, that holds what is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from eval.dataset import Row
from eval.judging import Result
from eval.measures import ndcg_at_k, recall_at_k, reciprocal_rank
from eval.shares import Measure
from rag.answer import Hit

K = 10

Ranking = Callable[[Row, Sequence[Hit]], list[str]]
Gold = Callable[[Row], list[str]]


def ranked_documents(row: Row, hits: Sequence[Hit]) -> list[str]:
    """Ids of the hits' documents, each where its first passage stands."""
    return list(dict.fromkeys(hit.document_id for hit in hits))


def ranked_quotes(row: Row, hits: Sequence[Hit]) -> list[str]:
    """The hits as a ranking of gold quotes, each by its place in the row: `gold:0`, `gold:1`, …

    A quote stands at the first hit that holds it whole. A hit that brings no new one keeps its place as `hit:N`; one
    that brings two takes two places, so that no ranking is better than perfect.
    """
    ranked: list[str] = []
    for number, hit in enumerate(hits):
        held = [
            name
            for name, gold in zip(gold_quotes(row), row.quotes, strict=True)
            if gold.document_id == hit.document_id and gold.quote in hit.text and name not in ranked
        ]
        ranked += held or [f"hit:{number}"]
    return ranked


def gold_quotes(row: Row) -> list[str]:
    """Names of the row's gold quotes in `ranked_quotes`."""
    return [f"gold:{number}" for number in range(len(row.quotes))]


def _gold_documents(row: Row) -> list[str]:
    return list(row.documents)


def _measures(of: str, what: str, ranking: Ranking, gold: Gold) -> tuple[Measure, ...]:
    # A question without hits scores 0: after a failure of the program there are none.
    def measure(name: str, said: str, value: Callable[[Sequence[str], Sequence[str], int], float]) -> Measure:
        return Measure(
            name=f"{of}_{name}@{K}",
            what=f"{said} {what} in the first {K} hits",
            part=lambda result: value(ranking(result.row, _hits(result)), gold(result.row), K),
            whole=lambda result: result.row.answerable and bool(gold(result.row)),
        )

    return (
        measure("Recall", "share of", recall_at_k),
        measure("RR", "1 / rank of the first of", reciprocal_rank),
        measure("nDCG", "gain, discounted by rank, of", ndcg_at_k),
    )


def _hits(result: Result) -> Sequence[Hit]:
    return () if result.answer is None else sorted(result.answer.hits, key=lambda hit: hit.rank)


HIT_MEASURES: tuple[Measure, ...] = (
    *_measures("document", "the documents that hold the answer", ranked_documents, _gold_documents),
    *_measures("quote", "the gold quotes", ranked_quotes, gold_quotes),
)
