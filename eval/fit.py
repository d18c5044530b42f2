"""`python -m eval fit`: the weights of `rag.retrieval.fusion` that put the right passages first.

They are fitted on half of a file's titles.
"""

# ruff: noqa: T201  # a command: its prints are its output

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.measures import hit_at_k, ndcg_at_k
from eval.passages import Judged, judged_file
from eval.retrieval import indexed
from rag.index.opening import Index
from rag.retrieval.fusion import FEATURES
from rag.retrieval.search import Candidate, Retriever

Row = NDArray[np.float64]

_N_CHUNKS = 40
_ROUNDS = 4  # the best sentence depends on the weights: fitted, chosen anew, fitted again
_STEPS = 50
_RIDGE = 1e-4
_SENTENCE = slice(3, 5)


@dataclass(frozen=True, slots=True)
class _Case:
    """What was found for one question; `gold` marks the rows of the right document."""

    judged: Judged
    found: tuple[Candidate, ...]
    gold: NDArray[np.bool_]

    def features(self, weights: Row) -> Row:
        """`(n, len(FEATURES))`, each chunk's sentence being its best under these weights."""
        rows = []
        for candidate in self.found:
            sentences = np.column_stack([candidate.sentence_dense, candidate.sentence_coverage])
            best = sentences[int((sentences @ weights[_SENTENCE]).argmax())]
            rows.append([*candidate.features[: _SENTENCE.start], *best])
        return np.array(rows)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `fit`."""
    parser.add_argument("file", metavar="FILE", type=Path, help="passages and questions, JSONL")
    parser.add_argument(
        "--reworded", metavar="FILE", type=Path,
        help="the same passages with questions in other words than theirs; they count as much in sum",
    )  # fmt: skip
    parser.add_argument("--index", metavar="DIR", type=Path, help="keep the index here, and use it again (temporary)")


def main(args: argparse.Namespace) -> int:
    """Carry out `fit`; always 0."""
    with indexed(args.file, args.index) as (index, judged):
        asked = {"as asked": _cases(index, judged)}
        if args.reworded is not None:
            asked["reworded"] = _cases(index, judged_file(args.reworded))
    most = max(map(len, asked.values()))
    counts = {name: most / max(1, len(cases)) for name, cases in asked.items()}
    weights = fit([(c, counts[name]) for name, cases in asked.items() for c in cases if c.judged.half != "report"])
    print("weights: " + ", ".join(f"{name} {w:.3f}" for name, w in zip(FEATURES, weights / weights.sum(), strict=True)))
    for name, cases in asked.items():
        for half in ("fit", "report"):
            ranked = [(_ranking(case, weights), case.judged.document_ids) for case in cases if case.judged.half == half]
            if ranked:
                ndcg = np.mean([ndcg_at_k(ids, relevant, 10) for ids, relevant in ranked])
                hit = np.mean([hit_at_k(ids, relevant, 1) for ids, relevant in ranked])
                print(f"{name}, {half}: nDCG@10 {ndcg:.4f}, hit@1 {hit:.4f} of {len(ranked)} whose passage was found")
    return 0


def _cases(index: Index, judged: Sequence[Judged]) -> list[_Case]:
    cases = [_case(index, item) for item in judged]
    return [case for case in cases if case.gold.any() and not case.gold.all()]


def fit(cases: Sequence[tuple[_Case, float]]) -> Row:
    """Weights under which a softmax over each question's chunks gives the right ones the most probability.

    Args:
        cases: Questions, and what each counts for.

    Reference: Cao et al., Learning to rank: from pairwise approach to listwise approach, ICML 2007 (the top-one loss).
    """
    weights: Row = np.full(len(FEATURES), 10.0)
    for _ in range(_ROUNDS):
        lists = [(case.features(weights), case.gold, count) for case, count in cases]
        for _ in range(_STEPS):
            step = _newton_step(weights, lists)
            weights = weights + step
            if np.abs(step).max() < 1e-3:
                break
    return weights


def _newton_step(weights: Row, lists: Sequence[tuple[Row, NDArray[np.bool_], float]]) -> Row:
    total = sum(count for _, _, count in lists)
    gradient: Row = -_RIDGE * total * weights
    curvature: Row = _RIDGE * total * np.eye(len(weights))
    for features, gold, count in lists:
        scores = features @ weights
        chances: Row = np.exp(scores - scores.max())
        chances = chances / chances.sum()
        # Of several right chunks the one that stands highest counts: it decides the document's rank.
        right = features[np.flatnonzero(gold)[scores[gold].argmax()]]
        mean = chances @ features
        gradient += count * (right - mean)
        centred = features - mean
        curvature += count * (centred * chances[:, None]).T @ centred
    step: Row = np.asarray(np.linalg.solve(curvature, gradient), dtype=np.float64)
    step *= min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-9))  # damped: the first steps may overshoot
    return step


def _case(index: Index, judged: Judged) -> _Case:
    found = tuple(Retriever(index, index.settings).search(judged.query, k=_N_CHUNKS))
    return _Case(
        judged, found, np.array([not judged.document_ids.isdisjoint((c.hit.document_id, *c.duplicates)) for c in found])
    )


def _ranking(case: _Case, weights: Row) -> list[str]:
    order = np.argsort(-(case.features(weights) @ weights), kind="stable")
    return list(dict.fromkeys(case.found[i].hit.document_id for i in order))
