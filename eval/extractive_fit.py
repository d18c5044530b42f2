"""Fit the weights of the answer without a model on open question sets; report the titles that were not fitted.

Half of the titles (every second of them, sorted) are fitted, the other half is reported: the share of answerable
questions whose first sentence, and first three, hold a gold answer; how well questions that the passages do not answer
are told apart. The confidence from which answers are given is where right ones outweigh wrong ones most.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from eval.extractive_views import ANSWERED_VIEWS, VIEWS, Asker, Reading, View
from eval.passages import HALVES, Half, indexed_passages, read_passages
from eval.weights_file import CONFIDENCE, FittedWeights, render
from rag.errors import ConfigError
from rag.extractive.abstention import CONFIDENCE_FEATURES, N_READ_FOR_FORM, ON_TOPIC_FROM, Best, confidence_row
from rag.extractive.alignment import N_ALIGNED, aligned_scores
from rag.extractive.answer_weights import (
    ALIGNMENT_WEIGHTS,
    ANSWER_FROM,
    RIGHT_WEIGHTS,
    SENTENCE_WEIGHTS,
    TOPIC_WEIGHTS,
)
from rag.extractive.asked import Named
from rag.extractive.evidence import Aligned
from rag.extractive.linear import LinearScore
from rag.extractive.sentence_features import FEATURES
from rag.questions.kinds import Language

Rows = NDArray[np.float64]

# What the weights of sentences are not fitted on: encyclopaedias hardly ever say that something is not known.
_NOT_FITTED = frozenset({"unsaid"})
_RIDGE = 1e-2
_STEPS = 600
# Sentences that may be shown: an answer counts as right when one of them holds a gold answer.
_N_SHOWN = 3
# Weight of a question that looks answerable and is not, beside one that is: a third of the questions, not half.
_ADVERSARIAL = 0.25
# How far below the largest gain a threshold's may lie to be as good.
_AS_GOOD = 0.015
# How often questions are asked, by `_group`.
_ASKED = np.array([1.0, 1.0, 1.0, 0.5])
# What a wrong answer costs, beside an answer that is right; each is a quote that the reader can judge.
_WRONG = 1.25
# Weight of a question in other words than its passage's: few of their words stand in any passage, and with more of them
# questions on other things are hardly told apart.
_REWORDED = 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `fit`."""
    parser.add_argument(
        "files", type=Path, nargs="+", help="open sets of passages and questions; those of a language are fitted in one"
    )
    parser.add_argument(
        "--reworded",
        type=Path,
        nargs="*",
        default=[],
        metavar="FILE",
        help="sets more whose questions are in other words than their passages (unanswerable ones too); none that the "
        "word reader was trained on",
    )
    parser.add_argument("--limit", type=int, default=None, metavar="N", help="only the first N questions of each file")
    parser.add_argument("--each", type=int, default=1, metavar="N", help="only every Nth question of the first files")
    parser.add_argument(
        "--in-use", action="store_true", help="fit nothing, report what the weights in use do with one title's passages"
    )
    parser.add_argument(
        "--write",
        type=Path,
        default=None,
        metavar="FILE",
        help="write the weights (rag/extractive/answer_weights.py); a language of no file keeps those in use",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def main(args: argparse.Namespace) -> int:
    """Carry out `fit`; always 0.

    Raises:
        RagError: If a file, the embedding model or an option cannot be used.
    """
    if args.in_use and args.write is not None:
        raise ConfigError("--in-use fits nothing that --write could write: leave out one of them.")
    fit_on: dict[Language, list[Reading]] = {}
    held_out: dict[str, list[Reading]] = {}
    for file, is_reworded in [*((f, False) for f in args.files), *((f, True) for f in args.reworded)]:
        wanted = _IN_USE if args.in_use else (HALVES, VIEWS)
        each = 1 if is_reworded else args.each
        own, held_out[file.name] = read_views(file, is_reworded, slice(0, args.limit, each), *wanted)
        if not (args.in_use or any(r.answerable for r in own)) or not any(r.answerable for r in held_out[file.name]):
            raise ConfigError(
                f"{str(file)!r} has too few titles in its first {args.limit} questions to fit some, report others."
            )
        fit_on.setdefault(_language(held_out[file.name]), []).extend(own)
    fitted = {
        language: weights_in_use(language) if args.in_use else fit(readings) for language, readings in fit_on.items()
    }
    reports = {
        name: {"language": (language := _language(readings)), **report(fitted[language], readings)}
        for name, readings in held_out.items()
    }
    print(json.dumps(reports, indent=2) if args.json else "\n".join(_lines(reports)))
    if args.write is not None:
        kept = {language: weights_in_use(language) for language in get_args(Language)}
        args.write.write_text(render(kept | fitted), encoding="utf-8")
    return 0


def weights_in_use(language: Language) -> FittedWeights:
    """The weights of `rag.extractive.answer_weights`."""
    return FittedWeights(
        sentence=SENTENCE_WEIGHTS[language],
        alignment=ALIGNMENT_WEIGHTS[language],
        topic=TOPIC_WEIGHTS[language],
        right=RIGHT_WEIGHTS[language],
        answer_from=ANSWER_FROM[language],
    )


# Halves and views that are read to report weights alone: a quarter of all.
_IN_USE: tuple[tuple[Half, ...], tuple[View, ...]] = (("report",), ("title", "other"))


def read_views(
    file: Path,
    is_reworded: bool,
    asked: slice = slice(None),
    halves: Collection[Half] = HALVES,
    views: Collection[View] = VIEWS,
) -> tuple[list[Reading], list[Reading]]:
    """Readings of the half to fit and of the half to report, in the views wanted; of a half that is not, none.

    Raises:
        DatasetError: If a file is no open set.
    """
    passages, questions = read_passages(file)
    with indexed_passages(passages) as (index, ids):
        asker = Asker(index, passages, ids)
        wanted = [question for question in questions[asked] if asker.half_of(question) in halves]
        readings = list(asker.readings(wanted, views, reworded=is_reworded))
    return [r for r in readings if r.half == "fit"], [r for r in readings if r.half == "report"]


def fit(readings: Sequence[Reading]) -> FittedWeights:
    """Weights of sentences, of topic and of rightness, and the confidence from which answering pays."""
    sentence = _fit_sentences([r for r in readings if r.answerable and r.gold.any()])
    alignment = _fit_alignment([r for r in readings if r.answerable], sentence)
    judged = [_Judged(reading, sentence, alignment) for reading in readings]
    told = [j for j in judged if j.on_topic is not None]
    topic = _fit_logistic(
        [j.row for j in told],
        [bool(j.on_topic) for j in told],
        names=CONFIDENCE["topic"],
        weights=_balanced([j.weight for j in told], [bool(j.on_topic) for j in told]),
    )
    about = [j for j in judged if j.reading.view in ANSWERED_VIEWS]
    right = _fit_logistic(
        [j.row for j in about],
        [j.right for j in about],
        names=CONFIDENCE["right"],
        weights=[j.weight for j in about],
    )
    weights = FittedWeights(sentence=sentence, alignment=alignment, topic=topic, right=right, answer_from=0.5)
    return weights._replace(answer_from=_best_threshold(weights, judged))


def _balanced(weights: Sequence[float], labels: Sequence[bool]) -> list[float]:
    """The weights, scaled so that both labels weigh the same in sum."""
    total = {label: sum(w for w, own in zip(weights, labels, strict=True) if own is label) for label in (True, False)}
    return [w / max(total[label], 1e-9) for w, label in zip(weights, labels, strict=True)]


class _Judged:
    """A reading with its best sentence under given weights."""

    def __init__(self, reading: Reading, sentence: LinearScore, alignment: tuple[float, float, float]) -> None:
        first, scores = _in_order(reading, sentence)
        scores = aligned_scores(scores.tolist(), _alignment_of(reading, first), alignment)
        again = np.argsort(-scores, kind="stable")
        order, scores = first[again], scores[again]
        self.reading = reading
        self.first = bool(reading.holds[order[0]])
        self.right = reading.answerable and bool(reading.holds[order[:_N_SHOWN]].any())
        best = int(order[0])
        form = FEATURES.index("new_answer")
        self.row = confidence_row(
            reading.question,
            reading.weights,
            Best(
                row=reading.rows[best],
                scores=scores.tolist(),
                forms=[bool(reading.rows[i, form] > 0) for i in order[:N_READ_FOR_FORM]],
                passage=reading.passages[best],
                named=reading.named[best] if best < len(reading.named) else Named(),
                aligned=Aligned(*_alignment_of(reading, np.array([best]))[0].tolist()),
            ),
        )

    @property
    def weight(self) -> float:
        """What the question counts for: reworded ones less, and tricky unanswerable ones."""
        if self.reading.is_reworded:
            return _REWORDED
        return 1.0 if self.reading.answerable or self.on_topic is False else _ADVERSARIAL

    @property
    def on_topic(self) -> bool | None:
        """Whether it is answerable, or else asked where its subject is absent; `None` for adversarial questions."""
        if self.reading.view in ANSWERED_VIEWS:
            return True if self.reading.answerable else None
        return False

    def confidence(self, weights: FittedWeights) -> float:
        """The product that `rag.extractive.abstention` compares with the threshold."""
        value = dict(zip(CONFIDENCE_FEATURES, self.row.tolist(), strict=True))
        return weights.topic.probability_of(value) * weights.right.probability_of(value)

    def answered(self, weights: FittedWeights, answer_from: float) -> bool:
        """Whether `rag.extractive.abstention` would answer."""
        value = dict(zip(CONFIDENCE_FEATURES, self.row.tolist(), strict=True))
        is_on_topic = weights.topic.probability_of(value) >= ON_TOPIC_FROM[self.reading.question.language]
        return is_on_topic and self.confidence(weights) >= answer_from


def _in_order(reading: Reading, sentence: LinearScore) -> tuple[NDArray[np.intp], Rows]:
    """Numbers of the sentences, best first, with their scores in that order."""
    scores = sentence.score(reading.rows)
    order = np.argsort(-scores, kind="stable")
    return order, scores[order]


def _alignment_of(reading: Reading, order: NDArray[np.intp]) -> Rows:
    """Alignment of the first sentences in an order, `(n, 3)`; where it was not read, the least that was."""
    known = reading.aligned
    least = known.min(axis=0)
    return np.array([known[i] if i < len(known) else least for i in order[:N_ALIGNED]])


def _fit_alignment(readings: Sequence[Reading], sentence: LinearScore) -> tuple[float, float, float]:
    """How much score and alignments count: a conditional logit over the first sentences of each question."""
    questions = []
    for reading in readings:
        order, scores = _in_order(reading, sentence)
        gold = reading.gold[order[:N_ALIGNED]]
        if gold.any():
            columns = np.column_stack([scores[:N_ALIGNED] - scores[0], _alignment_of(reading, order)[:, :2]])
            questions.append((columns, gold, _REWORDED if reading.is_reworded else 1.0))
    by_score, own, around = _fit_choice(*zip(*questions, strict=True)).round(3).tolist()
    return by_score, own, around


def _fit_sentences(readings: Sequence[Reading]) -> LinearScore:
    """Weights of the sentences' features; those that the open data cannot teach stay 0."""
    kept = [i for i, name in enumerate(FEATURES) if name not in _NOT_FITTED]
    weights = np.zeros(len(FEATURES))
    weights[kept] = _fit_choice(
        [reading.rows[:, kept] for reading in readings],
        [reading.gold for reading in readings],
        [_REWORDED if reading.is_reworded else 1.0 for reading in readings],
    )
    return LinearScore(names=FEATURES, weights=tuple(weights.round(4).tolist()))


def _fit_choice(questions: Sequence[Rows], golds: Sequence[NDArray[np.bool_]], counts: Sequence[float]) -> Rows:
    """Conditional logit: the chance of a sentence is its share of exp(score) among the sentences of its question.

    Args:
        questions: Of each question, its sentences' features.
        golds: Which of them answer.
        counts: What each question counts for.
    """
    rows = np.concatenate(list(questions))
    gold = np.concatenate(list(golds)).astype(np.float64)
    share_of = np.array(counts) / np.sum(counts)
    sizes = np.array([len(question) for question in questions])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    scaled = (rows - mean) / spread
    weighted = np.repeat(share_of, sizes)

    def gradient(w: Rows) -> Rows:
        scores = scaled @ w
        odds = np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), sizes))
        share = odds / np.repeat(np.add.reduceat(odds, starts), sizes)
        right = odds * gold
        right /= np.repeat(np.add.reduceat(right, starts), sizes) + 1e-12
        step: Rows = scaled.T @ (weighted * (share - right)) + 2 * _RIDGE * w
        return step

    found: Rows = _descend(gradient, rows.shape[1]) / spread
    return found


def _fit_logistic(
    rows: Sequence[Rows], labels: Sequence[bool], *, names: tuple[str, ...], weights: Sequence[float]
) -> LinearScore:
    """Weighted logistic regression."""
    columns = [CONFIDENCE_FEATURES.index(name) for name in names]
    x, y = np.array(rows)[:, columns], np.array(labels, dtype=np.float64)
    w = np.array(weights)
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-6
    scaled = np.column_stack([(x - mean) / spread, np.ones(len(x))])
    ridge = np.append(np.full(len(names), _RIDGE), 0.0)

    def gradient(v: Rows) -> Rows:
        chance = 1 / (1 + np.exp(-np.clip(scaled @ v, -30, 30)))
        step: Rows = scaled.T @ (w * (chance - y)) / w.sum() + 2 * ridge * v
        return step

    found = _descend(gradient, len(names) + 1)
    raw = found[:-1] / spread
    return LinearScore(names=names, weights=tuple(raw.round(4).tolist()), bias=round(float(found[-1] - raw @ mean), 4))


def _descend(gradient: Callable[[Rows], Rows], n: int, *, rate: float = 0.05) -> Rows:
    """The least point of a convex function, by Adam from 0 with a falling rate.

    Reference: Kingma and Ba, 2015, "Adam: A Method for Stochastic Optimization".
    """
    at, mean, square = np.zeros(n), np.zeros(n), np.zeros(n)
    for step in range(1, _STEPS + 1):
        slope = gradient(at)
        mean = 0.9 * mean + 0.1 * slope
        square = 0.99 * square + 0.01 * slope**2
        pace = rate * (1 - step / (_STEPS + 1))
        at = at - pace * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-9)
    return at


def _best_threshold(weights: FittedWeights, judged: Sequence[_Judged]) -> float:
    """The confidence from which answering gains most on questions that are answerable and that are not.

    As many in sum are asked as they come, reworded, and of other documents, and half as many reworded without an
    answer; those that were written to look answered take no part. The gain hardly changes over a wide range: of
    thresholds about as good the middle one is taken.
    """
    counted = [j for j in judged if j.on_topic is not None or j.reading.is_reworded]
    asked = [j for j in counted if j.answered(weights, 0.0)]
    group = np.array([_group(j) for j in asked])
    mass = (_ASKED / np.maximum(1, np.bincount([_group(j) for j in counted], minlength=len(_ASKED))))[group]
    confidences = np.array([j.confidence(weights) for j in asked])
    right = np.array([j.right for j in asked])
    grid = np.linspace(0.02, 0.9, 89)
    gains = np.array([_gain(confidences, right, mass, threshold) for threshold in grid])
    as_good = grid[gains >= gains.max() - _AS_GOOD * abs(gains.max())]
    return round(float(as_good[len(as_good) // 2]), 2)


def _group(judged: _Judged) -> int:
    if judged.on_topic is False:
        return 2
    if not judged.reading.is_reworded:
        return 0
    return 1 if judged.reading.answerable else 3


def _gain(confidences: Rows, right: NDArray[np.bool_], mass: Rows, threshold: float) -> float:
    """1 for a right answer, 1 less `_WRONG` for a wrong one, 0 for none."""
    answered = confidences >= threshold
    return float(mass[answered].sum() - _WRONG * mass[answered & ~right].sum())


def auroc(higher: Sequence[float], lower: Sequence[float]) -> float:
    """Chance that a value of the first is above one of the second, ties counting half: area under the ROC curve.

    Not a number where either is empty.
    """
    if not higher or not lower:
        return math.nan
    ordered = np.sort(np.array(lower))
    below = np.searchsorted(ordered, higher, side="left")
    not_above = np.searchsorted(ordered, higher, side="right")
    return float((below + not_above).mean() / 2 / len(ordered))


def report(weights: FittedWeights, readings: Sequence[Reading]) -> dict[str, Any]:
    """Measures of weights on readings."""
    judged = [_Judged(reading, weights.sentence, weights.alignment) for reading in readings]
    confidence = {id(j): j.confidence(weights) for j in judged}
    found: dict[str, Any] = {"answer_from": weights.answer_from}
    for (answered, absent), reworded in product((("all", "without"), ("title", "other")), (False, True)):
        alike = [j for j in judged if j.reading.is_reworded is reworded]
        own = [j for j in alike if j.reading.view == answered]
        yes, no = [j for j in own if j.reading.answerable], [j for j in own if not j.reading.answerable]
        off = [j for j in alike if j.reading.view == absent]
        sure = [j for j in yes if j.answered(weights, weights.answer_from)]
        if not yes:
            continue
        name = f"{answered}, reworded" if reworded else answered
        found[name] = {
            "n": len(yes),
            "first": _mean(j.first for j in yes),
            "first_three": _mean(j.right for j in yes),
            "auroc_off_corpus": auroc([confidence[id(j)] for j in yes], [confidence[id(j)] for j in off]),
            "answered": len(sure) / max(1, len(yes)),
            "right_when_answered": _mean(j.right for j in sure),
            "off_corpus_answered": _mean(j.answered(weights, weights.answer_from) for j in off),
        }
        if no:
            kind = "near" if reworded else "adversarial"
            found[name][f"auroc_{kind}"] = auroc([confidence[id(j)] for j in yes], [confidence[id(j)] for j in no])
            found[name][f"{kind}_answered"] = _mean(j.answered(weights, weights.answer_from) for j in no)
    return found


def _mean(values: Any) -> float:
    listed = [float(value) for value in values]
    return sum(listed) / len(listed) if listed else 0.0


def _language(readings: Sequence[Reading]) -> Language:
    n_japanese = sum(reading.question.language == "ja" for reading in readings)
    return "ja" if n_japanese * 2 > len(readings) else "en"


def _lines(reports: Mapping[str, Any]) -> list[str]:
    lines = []
    for name, found in reports.items():
        lines.append(f"{name} ({found['language']}), held-out titles; answering from {found['answer_from']}")
        for view, measured in found.items():
            if isinstance(measured, dict):
                lines.append(f"  {view}: " + ", ".join(f"{k} {v:.4g}" for k, v in measured.items()))
    return lines


if __name__ == "__main__":
    _parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(_parser)
    sys.exit(main(_parser.parse_args()))
