"""A deterministic embedding model without weights: words -> signs, added up. Texts that share words lie close."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np

from rag.embedding.model import TokenVectors, Vector

_WORDS = re.compile(r"[a-z0-9]+|[^\W_a-z0-9]")


class BagOfWords:
    """An `EmbeddingModel` that needs no torch; for tests of everything but the embedding itself."""

    name = "bag of words"
    query_prefix = ""
    passage_prefix = ""

    def __init__(self, *, dimension: int = 64, max_tokens: int = 128, seed: str = "") -> None:
        self.dimension = dimension
        self.max_tokens = max_tokens
        self.seed = seed
        self.identity = hashlib.sha256(f"bag of words {dimension} {max_tokens} {seed}".encode()).hexdigest()
        self.n_embedded = 0

    def count_tokens(self, text: str) -> int:
        return len(_WORDS.findall(text.casefold())) + 2

    def embed_passages(self, texts: Sequence[str]) -> Vector:
        for text in texts:
            if self.count_tokens(text) > self.max_tokens:
                raise ValueError(f"{self.count_tokens(text)} tokens")
        self.n_embedded += len(texts)
        return np.stack([self._vector(text) for text in texts]) if texts else np.zeros((0, self.dimension), np.float32)

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        found = []
        for text in texts:
            words = list(_WORDS.finditer(text.casefold()))
            vectors = [self._vector(word.group()) for word in words]
            found.append(
                TokenVectors(
                    offsets=tuple(word.span() for word in words),
                    vectors=np.stack(vectors) if vectors else np.zeros((0, self.dimension), np.float32),
                )
            )
        return found

    def read_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        return self.embed_tokens(texts)

    def embed_query(self, text: str) -> Vector:
        return self._vector(text)

    def _vector(self, text: str) -> Vector:
        total = np.zeros(self.dimension)
        total[0] = 0.01  # of a text without words too the vector has a direction
        for word in _WORDS.findall(text.casefold()):
            digest = hashlib.shake_256(f"{self.seed}{word}".encode()).digest(self.dimension // 8)
            total += np.unpackbits(np.frombuffer(digest, dtype=np.uint8)) * 2.0 - 1.0
        vector: Vector = (total / np.linalg.norm(total)).astype(np.float32)
        return vector
