"""Fit the weights of the answer without a model on open question sets; report the titles that were not fitted.

Half of the titles (every second of them, sorted) are fitted, the other half is reported: the share of answerable
questions whose first sentence, and first three, hold a gold answer; how well questions that the passages do not answer
are told apart; and the gain of answering, a wrong answer costing two right ones.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.extractive_views import ANSWERED_VIEWS, VIEWS, Asker, Reading
from eval.passages import read_passages, write_documents
from eval.weights_file import CONFIDENCE, FittedWeights, render
from rag.abstention import CONFIDENCE_FEATURES, confidence_row
from rag.config import Settings
from rag.errors import ConfigError
from rag.index import Index, build_index
from rag.linear import LinearScore
from rag.question_kinds import Language
from rag.sentence_features import FEATURES

Rows = NDArray[np.float64]

# What the weights of sentences are not fitted on: encyclopaedias hardly ever say that something is not known.
_NOT_FITTED = frozenset({"unsaid"})
_RIDGE = 1e-3
_STEPS = 600
# Sentences that may be shown: an answer counts as right when one of them holds a gold answer.
_N_SHOWN = 3
# Weight of a question that looks answerable and is not, beside one that is: a third of the questions, not half.
_ADVERSARIAL = 0.25
_COST_OF_WRONG = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `fit`."""
    parser.add_argument("files", type=Path, nargs="+", help="open sets of passages and questions, one a language")
    parser.add_argument("--limit", type=int, default=None, metavar="N", help="only the first N questions of each file")
    parser.add_argument(
        "--write", type=Path, default=None, metavar="FILE", help="write the weights (rag/answer_weights.py)"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def main(args: argparse.Namespace) -> int:
    """Carry out `fit`; always 0.

    Raises:
        RagError: If a file or the embedding model cannot be used.
    """
    fitted: dict[Language, FittedWeights] = {}
    reports: dict[str, Any] = {}
    for file in args.files:
        fit_on, held_out = read_views(file, args.limit)
        if not any(r.answerable for r in fit_on) or not any(r.answerable for r in held_out):
            raise ConfigError(
                f"{str(file)!r} has too few titles in its first {args.limit} questions to fit some, report others."
            )
        language = _language(fit_on)
        fitted[language] = fit(fit_on)
        reports[file.name] = {"language": language, **report(fitted[language], held_out)}
    print(json.dumps(reports, indent=2) if args.json else "\n".join(_lines(reports)))
    if args.write is not None:
        args.write.write_text(render(fitted), encoding="utf-8")
    return 0


def read_views(file: Path, limit: int | None = None) -> tuple[list[Reading], list[Reading]]:
    """Readings of the half to fit (with words put out of sight) and of the half to report (as asked), in all views.

    Raises:
        DatasetError: If the file is no open set.
    """
    passages, questions = read_passages(file)
    with tempfile.TemporaryDirectory(prefix="kihon-fit-") as folder:
        work = Path(folder)
        ids = write_documents(passages, work / "corpus")
        settings = Settings(
            corpus_dir=work / "corpus", index_dir=work / "index", data_dir=work / "data", chroma_url=None
        )
        build_index(settings, wait=True)
        with Index.open(settings) as index:
            asker = Asker(index, passages, ids)
            asked = questions[:limit]
            to_fit = [question for question in asked if asker.half_of(question) == "fit"]
            to_report = [question for question in asked if asker.half_of(question) == "report"]
            return (
                list(asker.readings(to_fit, VIEWS, forget=True)),
                list(asker.readings(to_report, VIEWS, forget=False)),
            )


def fit(readings: Sequence[Reading]) -> FittedWeights:
    """Weights of sentences, of topic and of rightness, and the confidence from which answering pays."""
    sentence = _fit_sentences([r for r in readings if r.answerable and r.gold.any()])
    judged = [_Judged(reading, sentence) for reading in readings]
    topic = _fit_logistic(
        [j.row for j in judged if j.on_topic is not None],
        [bool(j.on_topic) for j in judged if j.on_topic is not None],
        names=CONFIDENCE["topic"],
    )
    about = [j for j in judged if j.reading.view in ANSWERED_VIEWS]
    right = _fit_logistic(
        [j.row for j in about],
        [j.right for j in about],
        names=CONFIDENCE["right"],
        weights=[1.0 if j.reading.answerable else _ADVERSARIAL for j in about],
    )
    weights = FittedWeights(sentence=sentence, topic=topic, right=right, answer_from=0.5)
    return weights._replace(answer_from=_best_threshold(weights, judged))


class _Judged:
    """A reading with its best sentence under given weights."""

    def __init__(self, reading: Reading, sentence: LinearScore) -> None:
        scores = sentence.score(reading.rows)
        order = np.argsort(-scores, kind="stable")
        self.reading = reading
        self.first = bool(reading.holds[order[0]])
        self.right = reading.answerable and bool(reading.holds[order[:_N_SHOWN]].any())
        best = int(order[0])
        self.row = confidence_row(
            reading.question, reading.weights, reading.rows[best], scores[order].tolist(), reading.passages[best]
        )

    @property
    def on_topic(self) -> bool | None:
        """Whether it is answerable, or else asked where its subject is absent; `None` for adversarial questions."""
        if self.reading.view in ANSWERED_VIEWS:
            return True if self.reading.answerable else None
        return False

    def confidence(self, weights: FittedWeights) -> float:
        """The product that `rag.abstention` compares with the threshold."""
        value = dict(zip(CONFIDENCE_FEATURES, self.row.tolist(), strict=True))
        return weights.topic.probability_of(value) * weights.right.probability_of(value)


def _fit_sentences(readings: Sequence[Reading]) -> LinearScore:
    """Conditional logit: the chance of a sentence is its share of exp(score) among the sentences of its question."""
    kept = [i for i, name in enumerate(FEATURES) if name not in _NOT_FITTED]
    rows = np.concatenate([reading.rows[:, kept] for reading in readings])
    gold = np.concatenate([reading.gold for reading in readings]).astype(np.float64)
    sizes = np.array([len(reading.rows) for reading in readings])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    scaled = (rows - mean) / spread

    def gradient(w: Rows) -> Rows:
        scores = scaled @ w
        odds = np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), sizes))
        share = odds / np.repeat(np.add.reduceat(odds, starts), sizes)
        right = odds * gold
        right /= np.repeat(np.add.reduceat(right, starts), sizes) + 1e-12
        step: Rows = scaled.T @ (share - right) / len(sizes) + 2 * _RIDGE * w
        return step

    weights = np.zeros(len(FEATURES))
    weights[kept] = _descend(gradient, len(kept)) / spread
    return LinearScore(names=FEATURES, weights=tuple(weights.round(4).tolist()))


def _fit_logistic(
    rows: Sequence[Rows], labels: Sequence[bool], *, names: tuple[str, ...], weights: Sequence[float] | None = None
) -> LinearScore:
    """Logistic regression; without weights both labels weigh the same in sum."""
    columns = [CONFIDENCE_FEATURES.index(name) for name in names]
    x, y = np.array(rows)[:, columns], np.array(labels, dtype=np.float64)
    if weights is None:
        w = np.where(y > 0, 0.5 / max(1.0, y.sum()), 0.5 / max(1.0, (1 - y).sum())) * len(y)
    else:
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
    confidences = np.array([j.confidence(weights) for j in judged if j.on_topic is not None])
    right = np.array([j.right for j in judged if j.on_topic is not None])
    grid = np.linspace(0.2, 0.9, 71)
    gains = [_gain(confidences, right, threshold) for threshold in grid]
    return round(float(grid[int(np.argmax(gains))]), 2)


def _gain(confidences: Rows, right: NDArray[np.bool_], threshold: float) -> float:
    """Mean gain of a question: 1 when answered rightly, -2 when wrongly, 0 when not."""
    answered = confidences >= threshold
    return float((answered & right).mean() - _COST_OF_WRONG * (answered & ~right).mean())


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
    judged = [_Judged(reading, weights.sentence) for reading in readings]
    confidence = {id(j): j.confidence(weights) for j in judged}
    found: dict[str, Any] = {"answer_from": weights.answer_from}
    for answered, absent in (("all", "without"), ("title", "other")):
        own = [j for j in judged if j.reading.view == answered]
        yes, no = [j for j in own if j.reading.answerable], [j for j in own if not j.reading.answerable]
        off = [j for j in judged if j.reading.view == absent]
        sure = [j for j in yes if confidence[id(j)] >= weights.answer_from]
        found[answered] = {
            "n": len(yes),
            "first": _mean(j.first for j in yes),
            "first_three": _mean(j.right for j in yes),
            "auroc_off_corpus": auroc([confidence[id(j)] for j in yes], [confidence[id(j)] for j in off]),
            "answered": len(sure) / max(1, len(yes)),
            "right_when_answered": _mean(j.right for j in sure),
            "off_corpus_answered": _mean(confidence[id(j)] >= weights.answer_from for j in off),
        }
        if no:
            found[answered]["auroc_adversarial"] = auroc(
                [confidence[id(j)] for j in yes], [confidence[id(j)] for j in no]
            )
            found[answered]["adversarial_answered"] = _mean(confidence[id(j)] >= weights.answer_from for j in no)
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
        for view in ANSWERED_VIEWS:
            lines.append(f"  {view}: " + ", ".join(f"{k} {v:.4g}" for k, v in found[view].items()))
    return lines


if __name__ == "__main__":
    _parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(_parser)
    sys.exit(main(_parser.parse_args()))
