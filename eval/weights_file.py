"""Fitted weights -> the Python module that holds them, `rag/extractive/answer_weights.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from rag.extractive.linear import LinearScore
from rag.questions.kinds import Language

# Confidence features that tell whether the passages speak of the subject, and whether the sentence answers.
CONFIDENCE: Mapping[str, tuple[str, ...]] = {
    "topic": (
        "cosine", "passage_cosine", "full_overlap", "full_window", "full_passage", "known_share",
        "largest_missing_in_passage", "missing_names", "missing_figures", "near_overlap", "far_missing", "said",
        "unsaid_nearby", "unheard", "aligned", "aligned_around", "least_aligned",
    ),
    "right": (
        "cosine", "passage_cosine", "overlap", "window_overlap", "full_window", "near_overlap", "far_missing",
        "new_answer", "no_answer_form", "answer_near", "bigrams", "largest_missing", "missing_names",
        "missing_figures", "missing_head", "formless", "log_length", "reciprocal_rank", "kanji_overlap", "said",
        "unsaid_words", "unsaid_nearby", "uncounted", "aligned", "aligned_around", "least_aligned",
    ),
}  # fmt: skip


class FittedWeights(NamedTuple):
    """What is fitted for one language."""

    sentence: LinearScore
    alignment: tuple[float, float, float]
    topic: LinearScore
    right: LinearScore
    answer_from: float


def render(fitted: Mapping[Language, FittedWeights]) -> str:
    """The module's source."""
    lines = [
        '"""Weights of the answer without a model, made by a command: fit anew rather than edit.',
        "",
        "`python -m eval.extractive_fit FILE … --reworded FILE … --write rag/extractive/answer_weights.py`",
        '"""',
        "",
        "from rag.extractive.linear import LinearScore",
        "",
    ]
    for name, field in (("SENTENCE_WEIGHTS", "sentence"), ("TOPIC_WEIGHTS", "topic"), ("RIGHT_WEIGHTS", "right")):
        lines.append(f"{name}: dict[str, LinearScore] = {{")
        for language, weights in fitted.items():
            score: LinearScore = getattr(weights, field)
            lines += [f'    "{language}": LinearScore.of(', f"        bias={score.bias!r},"]
            lines += [
                f"        {feature}={weight!r}," for feature, weight in zip(score.names, score.weights, strict=True)
            ]
            lines.append("    ),")
        lines.append("}")
    lines.append("# What score, alignment and alignment with its surroundings of a sentence count for.")
    alignment = {language: weights.alignment for language, weights in fitted.items()}
    lines.append(f"ALIGNMENT_WEIGHTS: dict[str, tuple[float, float, float]] = {alignment!r}")
    lines.append(f"ANSWER_FROM: dict[str, float] = { ({lang: w.answer_from for lang, w in fitted.items()})!r}")
    return "\n".join(lines).replace("'", '"') + "\n"
