"""Measures of a ranking, and how sure one can be of their mean: small pure functions.

A question without hits scores 0 in every measure; it does not vanish from the mean.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np

from eval.resampling import Estimate, interval, over_samples


def recall_at_k(ranked_ids: Sequence[str], relevant_ids: Collection[str], k: int) -> float:
    """Share of the relevant documents found in the first k: Recall@k, in [0, 1].

    Args:
        ranked_ids: Document ids, best first, no repeats.
        relevant_ids: Ids judged relevant for this question; at least one.
        k: Cutoff in documents, >= 1.

    Raises:
        ValueError: If `relevant_ids` is empty (recall is undefined then, not 0) or `k` is below 1.

    Reference: Manning, Raghavan and Schütze, Introduction to Information Retrieval, section 8.4.
    """
    relevant = _checked(relevant_ids, k)
    return len(relevant.intersection(ranked_ids[:k])) / len(relevant)


def hit_at_k(ranked_ids: Sequence[str], relevant_ids: Collection[str], k: int) -> float:
    """1 if any of the first k documents is relevant, else 0: Success@k. Arguments and errors as in `recall_at_k`."""
    return float(not _checked(relevant_ids, k).isdisjoint(ranked_ids[:k]))


def reciprocal_rank(ranked_ids: Sequence[str], relevant_ids: Collection[str], k: int | None = None) -> float:
    """1 / rank of the first relevant document (within the first k), 0 where there is none: RR, RR@k, in [0, 1].

    Arguments and errors as in `recall_at_k`.

    Reference: Voorhees, The TREC-8 Question Answering Track Report (1999).
    """
    relevant = _checked(relevant_ids, 1 if k is None else k)
    for rank, document_id in enumerate(ranked_ids[:k], start=1):
        if document_id in relevant:
            return 1 / rank
    return 0.0


def ndcg_at_k(ranked_ids: Sequence[str], relevant_ids: Collection[str], k: int) -> float:
    """Normalised discounted cumulative gain of the first k, relevance being 0 or 1: nDCG@k, in [0, 1].

    A relevant document at rank r gains 1 / log2(r + 1); the sum is divided by that of a perfect ranking. Arguments and
    errors as in `recall_at_k`.

    Reference: Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques, TOIS 20 (2002).
    """
    relevant = _checked(relevant_ids, k)
    gained = sum(
        1 / math.log2(rank + 1) for rank, document_id in enumerate(ranked_ids[:k], start=1) if document_id in relevant
    )
    best = sum(1 / math.log2(rank + 1) for rank in range(1, min(k, len(relevant)) + 1))
    return gained / best


def bootstrap(values: Sequence[float]) -> Estimate:
    """Mean of one measure's values over the questions, not rounded, with its 95 % percentile bootstrap interval.

    Args:
        values: One value a question; at least one. Equal values give equal intervals.

    Raises:
        ValueError: If there are no values.

    Reference: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    if len(values) == 0:
        raise ValueError("no values: a mean needs at least one question")
    sample = np.asarray(values, dtype=np.float64)
    low, high = interval(over_samples(len(sample), lambda drawn: sample[drawn].mean(axis=1)))
    return Estimate(value=float(sample.mean()), low=low, high=high, n=len(sample))


def paired_difference(values: Sequence[float], others: Sequence[float]) -> Estimate:
    """Mean of `values[i] - others[i]` with its 95 % paired bootstrap interval; without 0 in it the two differ.

    Args:
        values: One value a question.
        others: Those of the other system, for the same questions in the same order.

    Raises:
        ValueError: If the two differ in length, or are empty.

    Reference: Sakai, Evaluating evaluation metrics based on the bootstrap, SIGIR 2006.
    """
    return bootstrap([a - b for a, b in zip(values, others, strict=True)])


def _checked(relevant_ids: Collection[str], k: int) -> frozenset[str]:
    if not relevant_ids:
        raise ValueError("no relevant documents: the measure is undefined for such a question, not 0")
    if k < 1:
        raise ValueError(f"k={k} must be at least 1")
    return frozenset(relevant_ids)
