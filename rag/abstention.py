"""Whether the evidence carries an answer: how sure, and where not, why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.analysis import analyse
from rag.answer import Reason
from rag.answer_kinds import FORMED_KINDS
from rag.answer_weights import ANSWER_FROM, RIGHT_WEIGHTS, TOPIC_WEIGHTS
from rag.figures import is_supported
from rag.question import Question, names_in
from rag.sentence_features import FEATURES, TermWeights
from rag.stated import stated_readings

if TYPE_CHECKING:
    from rag.evidence import Evidence

# What is weighed beside the best sentence's features.
QUESTION_FEATURES = (
    "known_share",
    "full_overlap",
    "full_window",
    "full_passage",
    "lead_of_best",
    "missing_figures",
    "missing_names",
)
CONFIDENCE_FEATURES = (*FEATURES, *QUESTION_FEATURES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How sure the best sentence answers, in [0, 1], and why not where it is not sure enough."""

    confidence: float
    reason: Reason | None


# What is left of the confidence where the thing asked for, or a name that the question states, is nowhere. Not fitted:
# the unanswerable questions of the open data change words that their passages hold.
_WITHOUT_FORM = 0.5
_WITHOUT_HEAD = 0.55
_WITHOUT_NAME = 0.6


def absent_names(question: Question, weights: TermWeights, evidence: Sequence[Evidence]) -> list[str]:
    """Names in the question whose rarest word tells much and stands nowhere in the best passages."""
    said = " ".join(one.surroundings for one in evidence)
    held = set(analyse(said)) if said else set()
    found = []
    for name in names_in(question.text):
        terms = [t for t in analyse(name) if t in weights.weight]
        rarest = max(terms, key=weights.weight.__getitem__, default=None)
        if rarest is None or rarest in held or weights.weight[rarest] < _TELLING * weights.largest:
            continue
        if not any(rarest in one and other <= held for one, other in weights.same):
            found.append(name)
    return found


# Passages that are read for names, and how rare a name must be, against a word that stands nowhere.
_READ_FOR_NAMES = 1
_TELLING = 0.35


def confidence_row(
    question: Question, weights: TermWeights, best: NDArray[np.float64], scores: Sequence[float], passage: str
) -> NDArray[np.float64]:
    """What the confidence rests on: `(len(CONFIDENCE_FEATURES),)`.

    Args:
        question: The question.
        weights: Weights of its terms.
        best: Features of the best sentence.
        scores: Scores of all sentences, best first.
        passage: The best sentence's passage with its title and headings.
    """
    total = sum(weights.weight.values()) + 1e-9
    known_share = weights.known / total
    value = dict(zip(FEATURES, best, strict=True))
    odds = np.exp(np.array(scores[:40]) - scores[0])
    held = stated_readings(passage) if question.figures else set()
    missing = [figure for figure in question.figures if not is_supported(figure, held)]
    lowered = passage.casefold()
    absent = [name for name in names_in(question.text) if name.casefold() not in lowered]
    return np.array(
        [
            *best,
            known_share,
            value["overlap"] * known_share,
            value["window_overlap"] * known_share,
            value["passage_overlap"] * known_share,
            1 / float(odds.sum()),
            min(2, len(missing)),
            min(2, len(absent)),
        ]
    )


def judge(
    question: Question, weights: TermWeights, evidence: Sequence[Evidence], *, missing_head: bool = False
) -> Judgement:
    """Confidence in the first of the evidence.

    Args:
        question: The question.
        weights: Weights of its terms.
        evidence: Best first, at least one.
        missing_head: Whether nothing like the thing asked for is named in the best of it.
    """
    best = evidence[0]
    row = confidence_row(question, weights, best.features, [e.score for e in evidence], best.surroundings)
    value = dict(zip(CONFIDENCE_FEATURES, row.tolist(), strict=True))
    on_topic = TOPIC_WEIGHTS[question.language].probability_of(value)
    confidence = on_topic * RIGHT_WEIGHTS[question.language].probability_of(value)
    if question.kind in FORMED_KINDS and value["no_answer_form"] > 0:
        confidence *= _WITHOUT_FORM
    if missing_head:
        confidence *= _WITHOUT_HEAD
    confidence *= _WITHOUT_NAME ** len(absent_names(question, weights, evidence[:_READ_FOR_NAMES]))
    if confidence >= ANSWER_FROM[question.language]:
        return Judgement(confidence=confidence, reason=None)
    return Judgement(confidence=confidence, reason="off_topic" if on_topic < 0.5 else "not_stated")
