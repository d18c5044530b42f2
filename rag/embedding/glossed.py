"""A model that reads no Japanese, with Japanese put before it word by word in English."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rag.embedding.model import EmbeddingModel, TokenVectors, Vector
from rag.gloss.glossing import READING_VERSION, Glossed, gloss, has_japanese, pieces
from rag.gloss.lexicon import lexicon


class GlossedModel:
    """An `EmbeddingModel` for which Japanese words are replaced by English ones; other text is read as it is.

    Questions and passages of both languages so come to lie in one space. A passage counts as long as the longer of
    what is written and what is read: chunks stay as long as they would be without.

    Args:
        model: A model that does not know Japanese letters.
    """

    def __init__(self, model: EmbeddingModel) -> None:
        self._model = model
        self.name = model.name
        self.dimension = model.dimension
        self.max_tokens = model.max_tokens
        self.query_prefix = model.query_prefix
        self.passage_prefix = model.passage_prefix

    @property
    def identity(self) -> str:
        """SHA-256 (hex) over the model's own, the word list's, and how texts are read by it."""
        parts = f"{self._model.identity} {lexicon().identity} {READING_VERSION}"
        return hashlib.sha256(parts.encode()).hexdigest()

    def count_tokens(self, text: str) -> int:
        """Tokens of a passage as written or as read, whichever are more."""
        written = self._model.count_tokens(text)
        return max(written, self._model.count_tokens(gloss(text))) if has_japanese(text) else written

    def embed_passages(self, texts: Sequence[str]) -> Vector:
        """Vectors of passages, as `EmbeddingModel.embed_passages`."""
        return self._model.embed_passages([gloss(text) for text in texts])

    def embed_query(self, text: str) -> Vector:
        """Vector of a query, as `EmbeddingModel.embed_query`."""
        return self._model.embed_query(gloss(text))

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """Vectors of the tokens of texts; a token's place is that of the word that it was read for."""
        return _as_written(texts, self._model.embed_tokens([gloss(text) for text in texts]))

    def read_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """The same, as `EmbeddingModel.read_tokens`."""
        return _as_written(texts, self._model.read_tokens([gloss(text) for text in texts]))


def _as_written(texts: Sequence[str], found: Sequence[TokenVectors]) -> list[TokenVectors]:
    return [
        _in_places(pieces(text), tokens) if has_japanese(text) else tokens
        for text, tokens in zip(texts, found, strict=True)
    ]


def _in_places(read: Sequence[Glossed], tokens: TokenVectors) -> TokenVectors:
    """The tokens of a gloss with their places in the text that was glossed."""
    starts = np.cumsum([0, *(len(piece.english) + 1 for piece in read[:-1])]).tolist()
    offsets = []
    for start, end in tokens.offsets:
        i = max(0, bisect_right(starts, start) - 1)
        offsets.append(read[i].span(start - starts[i], min(end - starts[i], len(read[i].english))))
    return replace(tokens, offsets=tuple(offsets))
