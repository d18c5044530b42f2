"""How well each word of a question finds its counterpart in a sentence: word by word, in context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.extractive.answer_weights import ALIGNMENT_WEIGHTS
from rag.extractive.evidence import Aligned, Evidence
from rag.extractive.lately import Lately
from rag.extractive.sentence_features import TermWeights
from rag.questions.reading import Question
from rag.text.located import located_terms

if TYPE_CHECKING:
    from rag.embedding.model import EmbeddingModel, TokenVectors

# Sentences that are aligned, best first: 12 do as well as 40 on the open questions, at about 9 ms each where they were
# not read lately.
N_ALIGNED = 16


def align(
    question: Question, evidence: Sequence[Evidence], weights: TermWeights, model: EmbeddingModel
) -> list[Evidence]:
    """The evidence in a better order, best first: the first sentences are read word by word.

    Args:
        question: The question.
        evidence: Best first.
        weights: Weights of the question's terms.
        model: Gives tokens their vectors in context.
    """
    if not evidence:
        return []
    found = alignments(question, evidence[:N_ALIGNED], weights, model)
    scores = aligned_scores([one.score for one in evidence], found, ALIGNMENT_WEIGHTS[question.language])
    rest = found.min(axis=0)
    scored = [
        replace(one, score=score, aligned=Aligned(*(found[i] if i < len(found) else rest).tolist()))
        for i, (one, score) in enumerate(zip(evidence, scores.tolist(), strict=True))
    ]
    return sorted(scored, key=lambda one: -one.score)


def aligned_scores(
    scores: Sequence[float], alignment: NDArray[np.float64], by: tuple[float, float, float]
) -> NDArray[np.float64]:
    """Final scores from scores, best first, and the alignment of the first of them.

    What was not read word by word is taken to align as badly as the worst.

    Args:
        scores: `(n,)`.
        alignment: Of the first of them, as `alignments` gives it.
        by: What score, alignment with the sentence and alignment with its surroundings count for.
    """
    full = np.vstack([alignment, np.tile(alignment.min(axis=0), (len(scores) - len(alignment), 1))])
    final: NDArray[np.float64] = by[0] * np.array(scores) + by[1] * full[:, 0] + by[2] * full[:, 1]
    return final


def alignments(
    question: Question, evidence: Sequence[Evidence], weights: TermWeights, model: EmbeddingModel
) -> NDArray[np.float64]:
    """How well the question's words find counterparts in each sentence, and in it with what stands around it.

    Columns as in `Aligned`, in [-1, 1]: the mean over the question's tokens of the cosine with the nearest token of the
    sentence; the same with the sentence before and the headings too; the least of the latter among the question's
    terms. A token counts for what the model gives it or, where it gives nothing, for what the term weighs that it
    belongs to. `(len(evidence), 3)`; 0 where the question has no terms.

    Reference: "MaxSim" of Khattab and Zaharia, 2020, "ColBERT".
    """
    texts = [(one.answering, *(text for text in (one.lead, one.headings) if text)) for one in evidence]
    [asked] = _read_tokens([question.text], model)
    of_terms = _token_weights(question, asked, weights)
    if not of_terms.sum():
        return np.zeros((len(evidence), 3))
    counts = of_terms > 0
    share = of_terms / of_terms.sum() if asked.counts is None else asked.counts
    distinct = list(dict.fromkeys(text for around in texts for text in around))
    nearest = {
        text: (asked.vectors @ read.vectors.T).max(axis=1) if len(read.vectors) else np.zeros(len(share))
        for text, read in zip(distinct, _read_tokens(distinct, model), strict=True)
    }
    rows = []
    for own, *around in texts:
        best = np.max([nearest[own], *(nearest[text] for text in around)], axis=0)
        rows.append([float(nearest[own] @ share), float(best @ share), float(best[counts].min())])
    return np.array(rows)


def alignment_back(question: Question, texts: Sequence[str], model: EmbeddingModel) -> list[float]:
    """The other way round: how well each text's words find counterparts in the question, in [-1, 1].

    Args:
        question: The question.
        texts: The texts; one without words gets 0.
        model: Gives tokens their vectors in context.
    """
    [asked] = _tokens([question.text], model)
    if not len(asked.vectors):
        return [0.0] * len(texts)
    read = _tokens(texts, model)
    return [float((one.vectors @ asked.vectors.T).max(axis=1).mean()) if len(one.vectors) else 0.0 for one in read]


def _token_weights(question: Question, asked: TokenVectors, weights: TermWeights) -> NDArray[np.float64]:
    terms = [located for located in located_terms(question.text) if located.term in weights.weight]
    return np.array(
        [
            max((weights.weight[t.term] for t in terms if t.start < end and start < t.end), default=0.0)
            for start, end in asked.offsets
        ]
    )


def _tokens(texts: Sequence[str], model: EmbeddingModel) -> list[TokenVectors]:
    """Token vectors of texts; those of sentences met lately are kept."""
    found = _TOKENS.of(model.identity, texts, model.embed_tokens)
    return [found[text] for text in texts]


def _read_tokens(texts: Sequence[str], model: EmbeddingModel) -> list[TokenVectors]:
    found = _READ_TOKENS.of(model.identity, texts, model.read_tokens)
    return [found[text] for text in texts]


_TOKENS = Lately["TokenVectors"](n_kept=1024)
_READ_TOKENS = Lately["TokenVectors"](n_kept=2048)
