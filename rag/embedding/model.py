"""What an embedding model is to the rest: texts -> vectors of length 1.

`identity` names everything that shapes a vector (weights, tokenizer, pooling, prefixes, word list, normalisation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]


class EmbeddingModel(Protocol):
    """Turns texts into vectors.

    Attributes:
        identity: SHA-256 (hex) over all that shapes a vector; equal identities give equal vectors.
        name: For people.
        dimension: Length of a vector.
        max_tokens: Most tokens of a passage, its prefix and special tokens included.
        query_prefix: Put before every query.
        passage_prefix: Put before every passage.
    """

    @property
    def identity(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def dimension(self) -> int: ...
    @property
    def max_tokens(self) -> int: ...
    @property
    def query_prefix(self) -> str: ...
    @property
    def passage_prefix(self) -> str: ...

    def count_tokens(self, text: str) -> int:
        """Tokens of a passage as the model reads it, prefix and special tokens included."""
        ...

    def embed_passages(self, texts: Sequence[str]) -> Vector:
        """Vectors of passages: `(len(texts), dimension)` float32, rows of length 1.

        Raises:
            ValueError: If a text is longer than `max_tokens`: it would be cut in silence.
        """
        ...

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """Vectors of the tokens of texts, in context; of a longer text those that fit the window."""
        ...

    def read_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """The same, where the model can, read so that a question's tokens lie near to those that answer it."""
        ...

    def embed_query(self, text: str) -> Vector:
        """Vector of a query: `(dimension,)` float32 of length 1. Of a longer text the mean over its windows."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class TokenVectors:
    """Tokens of a text, special ones left out.

    Attributes:
        offsets: `text[start:end]` of each.
        vectors: `(n, dimension)`, rows of length 1.
        counts: What each counts for where the text is a question, `(n,)`, 1 in sum; None where the model cannot tell.
    """

    offsets: tuple[tuple[int, int], ...]
    vectors: Vector
    counts: Vector | None = None
