"""Whether the evidence carries an answer: how sure, and where not, why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.answer import Reason
from rag.extractive.answer_kinds import FORMED_KINDS
from rag.extractive.answer_weights import ANSWER_FROM, RIGHT_WEIGHTS, TOPIC_WEIGHTS
from rag.extractive.asked import NOTHING_ASKED, Named
from rag.extractive.asked_forms import asked_about
from rag.extractive.lacking import Lack, lack_of
from rag.extractive.sentence_features import FEATURES, TermWeights
from rag.figures.reading import is_supported
from rag.figures.stated import stated_readings
from rag.questions.kinds import Kind, Language
from rag.questions.reading import Question, names_in
from rag.text.analysis import analyse

if TYPE_CHECKING:
    from rag.extractive.evidence import Aligned, Evidence

# What is weighed beside the best sentence's features.
QUESTION_FEATURES = (
    "known_share",
    "full_overlap",
    "full_window",
    "full_passage",
    "lead_of_best",
    "missing_figures",
    "missing_names",
    "missing_head",
    "formless",
    "said",
    "unsaid_words",
    "unsaid_nearby",
    "uncounted",
    "unheard",
    "aligned",
    "aligned_around",
    "least_aligned",
)
CONFIDENCE_FEATURES = (*FEATURES, *QUESTION_FEATURES)
# Sentences of which one must have the form of the answer: those that would be shown.
N_READ_FOR_FORM = 3


# Chance of being on topic below which nothing is answered; in the fit both kinds of question weigh the same. Most
# questions are on topic: of 32 English ones in everyday words on strange documents 10 were taken for others at 0.5,
# 3 at 0.36, while of 80 on other things 3 were answered either way. In Japanese less lets more of those through.
ON_TOPIC_FROM: Mapping[Language, float] = {"en": 0.36, "ja": 0.5}
# Kinds of which no answer goes without its sign: a currency, a percentage, an address.
_UNMISTAKABLE: frozenset[Kind] = frozenset(("money", "percentage", "contact"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How sure the best sentence answers, in [0, 1], and why not where it is not sure enough, or lacks something.

    `on_topic` is the chance, in [0, 1], that it is about what is asked at all; `is_gap` says that a document lists what
    is asked for as not stated.
    """

    confidence: float
    reason: Reason | None
    on_topic: float = 1.0
    lack: Lack | None = None
    is_gap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """What the confidence rests on.

    Attributes:
        row: Features of the best sentence.
        scores: Scores of all sentences, best first.
        forms: Of the best sentences, up to `N_READ_FOR_FORM`, whether each holds something new in the form asked for.
        passage: The best sentence's passage with its title and headings.
        named: How far the best sentences name what is asked for.
        aligned: How well the question's words find counterparts in the best sentence.
    """

    row: NDArray[np.float64]
    scores: Sequence[float]
    forms: Sequence[bool]
    passage: str
    named: Named
    aligned: Aligned


def confidence_row(question: Question, weights: TermWeights, best: Best) -> NDArray[np.float64]:
    """What the confidence is a function of: `(len(CONFIDENCE_FEATURES),)`.

    Args:
        question: The question.
        weights: Weights of its terms.
        best: What was found.
    """
    total = sum(weights.weight.values()) + 1e-9
    known_share = weights.known / total
    value = dict(zip(FEATURES, best.row, strict=True))
    odds = np.exp(np.array(best.scores[:40]) - best.scores[0])
    held = stated_readings(best.passage) if question.figures else set()
    missing = [figure for figure in question.figures if not is_supported(figure, held)]
    lowered = best.passage.casefold()
    absent = [name for name in names_in(question.text) if name.casefold() not in lowered]
    return np.array(
        [
            *best.row,
            known_share,
            value["overlap"] * known_share,
            value["window_overlap"] * known_share,
            value["passage_overlap"] * known_share,
            1 / float(odds.sum()),
            min(2, len(missing)),
            min(2, len(absent)),
            1 - best.named.head,
            float(question.kind in FORMED_KINDS and not any(best.forms)),
            best.named.said,
            best.named.unsaid,
            best.named.unsaid_nearby,
            1 - best.named.counted,
            weights.unheard,
            *best.aligned,
        ]
    )


def judge(
    question: Question, weights: TermWeights, evidence: Sequence[Evidence], *, named: Named = NOTHING_ASKED
) -> Judgement:
    """Confidence in the first of the evidence.

    Args:
        question: The question.
        weights: Weights of its terms.
        evidence: Best first, at least one.
        named: How far the first ones name what is asked for.
    """
    best = Best(
        row=evidence[0].features,
        scores=[one.score for one in evidence],
        forms=[one.feature("new_answer") > 0 for one in evidence[:N_READ_FOR_FORM]],
        passage=evidence[0].surroundings,
        named=named,
        aligned=evidence[0].aligned,
    )
    row = confidence_row(question, weights, best)
    value = dict(zip(CONFIDENCE_FEATURES, row.tolist(), strict=True))
    if value["formless"] and question.kind in _UNMISTAKABLE:
        return Judgement(confidence=0.0, reason="not_stated")
    on_topic = TOPIC_WEIGHTS[question.language].probability_of(value)
    right = RIGHT_WEIGHTS[question.language].probability_of(value)
    confidence = on_topic * (max(right, _ALL_SAID) if _says_all(question, value, evidence[0]) else right)
    if on_topic < ON_TOPIC_FROM[question.language]:
        return Judgement(confidence=confidence, reason="off_topic", on_topic=on_topic)
    lack = lack_of(question, weights, evidence, named)
    sure = lack is None and confidence >= ANSWER_FROM[question.language]
    return Judgement(confidence=confidence, reason=None if sure else "not_stated", on_topic=on_topic, lack=lack)


def _says_all(question: Question, value: Mapping[str, float], best: Evidence) -> bool:
    """Whether the best sentence says each word of the question and has the form asked for.

    Of what a document says about something it is enough that sentence and headings do so in one.
    """
    subject = asked_about(question.text)
    if subject is not None:
        return value["largest_missing_in_passage"] <= 0 and bool(analyse(subject))
    return best.says_all


# Chance of being right then, at least: 37 of 46 such questions of `eval/data/reading/fit` are answered so, and 28 of 50
# of SQuAD's, of which 21 were written to look answered. The rows of tables need it: no open set has any.
_ALL_SAID = 0.6


def as_gap(judgement: Judgement) -> Judgement:
    """The judgement where a document lists what is asked for as not stated: no sentence is likely to answer then."""
    if judgement.reason == "off_topic":
        return judgement
    return replace(judgement, confidence=judgement.confidence * _GAP, reason="not_stated", is_gap=True)


# What is left of a confidence then; it only puts abstentions in order.
_GAP = 0.25
