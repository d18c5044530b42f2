"""The embedding model: texts -> vectors of length 1, from local weights on the CPU.

`identity` names everything that shapes a vector (weights, tokenizer, pooling, prefixes, normalisation) and is had
without importing torch; torch is imported by the first text that is embedded.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.config import Settings
from rag.embedding.model_files import ModelFiles, find_model, hash_files
from rag.errors import ModelUnavailableError

Vector = NDArray[np.float32]

_BATCH = 32  # larger ones gain nothing on a CPU

# What a model's authors want before a query and before a passage: (part of the name, query, passage); first match
# counts. From the model cards. A model that states its own prompts, or a setting, goes before this table.
_FAMILIES = (
    ("e5-mistral", "Instruct: Given a question, retrieve passages that answer it\nQuery: ", ""),
    ("e5-large-instruct", "Instruct: Given a question, retrieve passages that answer it\nQuery: ", ""),
    ("qwen3-embedding", "Instruct: Given a question, retrieve passages that answer it\nQuery:", ""),
    ("e5-", "query: ", "passage: "),
    ("glucose-base-ja", "query: ", "passage: "),
    ("ruri-v3", "検索クエリ: ", "検索文書: "),
    ("ruri-", "クエリ: ", "文章: "),
    ("embeddinggemma", "task: search result | query: ", "title: none | text: "),
    ("nomic-embed-text", "search_query: ", "search_document: "),
    ("arctic-embed-l-v2", "query: ", ""),
    ("arctic-embed-m-v2", "query: ", ""),
    ("arctic-embed", "Represent this sentence for searching relevant passages: ", ""),
    ("mxbai-embed", "Represent this sentence for searching relevant passages: ", ""),
    ("bge-m3", "", ""),
    ("bge-small-zh", "为这个句子生成表示以用于检索相关文章：", ""),
    ("bge-base-zh", "为这个句子生成表示以用于检索相关文章：", ""),
    ("bge-large-zh", "为这个句子生成表示以用于检索相关文章：", ""),
    ("bge-", "Represent this sentence for searching relevant passages: ", ""),
)


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

    def embed_query(self, text: str) -> Vector:
        """Vector of a query: `(dimension,)` float32 of length 1. Of a longer text the mean over its windows."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class TokenVectors:
    """Tokens of a text: `text[start:end]` of each, special ones left out, and their vectors, rows of length 1."""

    offsets: tuple[tuple[int, int], ...]
    vectors: Vector


def load_embedding_model(settings: Settings) -> EmbeddingModel:
    """The model that the settings name; one object for equal settings while its files stay as they are.

    Raises:
        ModelUnavailableError: If it cannot be had.
    """
    files = find_model(settings.embedding_model, settings.embedding_revision)
    query, passage = _prefixes(files, settings)
    key = (files.stamp, query, passage)
    with _loading:
        if key not in _models:
            _models[key] = SentenceTransformerModel(files, query_prefix=query, passage_prefix=passage)
        return _models[key]


_models: dict[tuple[object, str, str], SentenceTransformerModel] = {}
_loading = threading.Lock()


class SentenceTransformerModel:
    """An `EmbeddingModel` through sentence-transformers. Safe to share between threads."""

    def __init__(self, files: ModelFiles, *, query_prefix: str = "", passage_prefix: str = "") -> None:
        self._files = files
        self.name = files.name
        self.dimension = files.dimension
        self.max_tokens = files.max_tokens
        self.query_prefix = query_prefix
        self.passage_prefix = passage_prefix
        # Fast tokenizers raise "Already borrowed" when two threads pad at once, and torch fills the cores with one.
        self._encoding = threading.Lock()

    @cached_property
    def identity(self) -> str:
        parts = {
            "files": hash_files(self._files),
            "query_prefix": self.query_prefix,
            "passage_prefix": self.passage_prefix,
            "max_tokens": self.max_tokens,
            "normalised": True,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def count_tokens(self, text: str) -> int:
        return len(self._tokenizer.encode(self.passage_prefix + text).ids)

    def embed_passages(self, texts: Sequence[str]) -> Vector:
        for text in texts:
            if (n_tokens := self.count_tokens(text)) > self.max_tokens:
                raise ValueError(
                    f"a passage of {n_tokens} tokens exceeds the window of {self.max_tokens}: {text[:60]!r}…"
                )
        return self._encode([self.passage_prefix + text for text in texts])

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        if not texts:
            return []
        with self._encoding:
            found = self._model.encode(
                list(texts),
                batch_size=_BATCH,
                prompt="",
                output_value="token_embeddings",
                convert_to_numpy=False,
                show_progress_bar=False,
            )
        tokens = []
        for text, vectors in zip(texts, found, strict=True):
            encoding = self._tokenizer.encode(text)
            places = [
                i for i, special in enumerate(encoding.special_tokens_mask) if not special and i < vectors.shape[0]
            ]
            rows = vectors[places].numpy().astype(np.float32)
            lengths = np.linalg.norm(rows, axis=1, keepdims=True)
            tokens.append(
                TokenVectors(
                    offsets=tuple(encoding.offsets[i] for i in places), vectors=rows / np.maximum(lengths, 1e-9)
                )
            )
        return tokens

    def embed_query(self, text: str) -> Vector:
        windows = self._windows(text)
        vectors = self._encode([self.query_prefix + window for window in windows])
        mean = vectors.mean(axis=0)
        unit: Vector = vectors[0] if len(windows) == 1 else (mean / np.linalg.norm(mean)).astype(np.float32)
        return unit

    def _windows(self, text: str) -> list[str]:
        """`text` in pieces that fit the window behind the query's prefix: nothing is cut off."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        room = self.max_tokens - len(self._tokenizer.encode(self.query_prefix).ids)
        if len(encoding.ids) <= room or room < 1:
            return [text]
        # Four tokens of slack: a piece tokenised alone may differ at its edges.
        offsets = encoding.offsets[:: max(1, room - 4)]
        starts = [0, *(start for start, _ in offsets[1:])]
        return [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]

    def _encode(self, texts: list[str]) -> Vector:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        with self._encoding:
            vectors = self._model.encode(
                texts,
                batch_size=_BATCH,  # the library sorts by length before it makes batches
                prompt="",
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        result: Vector = np.ascontiguousarray(vectors, dtype=np.float32)
        if result.shape != (len(texts), self.dimension):
            raise ModelUnavailableError(
                f"Embedding model {self.name!r} gives vectors of {result.shape[-1]} numbers where its files say "
                f"{self.dimension} ({str(self._files.folder)!r})."
            )
        return result

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        path = self._files.transformer / "tokenizer.json"
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as exc:  # the Rust side raises no narrower class
            raise ModelUnavailableError(
                f"Embedding model {self.name!r}: {str(path)!r} cannot be read ({exc})."
            ) from exc
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _model(self) -> Any:
        hash_files(self._files)
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # it would write over ours
        try:
            # Always a local folder: the library never gets a name that it could fetch.
            model = SentenceTransformer(
                str(self._files.folder),
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except Exception as exc:  # of torch, safetensors, transformers
            raise ModelUnavailableError(
                f"Embedding model {self.name!r} cannot be loaded from {str(self._files.folder)!r}: {exc}"
            ) from exc
        model.default_prompt_name = None
        model.max_seq_length = self.max_tokens
        return model


def _prefixes(files: ModelFiles, settings: Settings) -> tuple[str, str]:
    name = f"{files.name}/{files.folder.name}".lower()
    known = next(((query, passage) for part, query, passage in _FAMILIES if part in name), ("", ""))
    own = files.prompts
    query = own.get("query", known[0])
    passage = own.get("document") or own.get("passage") or known[1]
    return (
        query if settings.query_prefix is None else settings.query_prefix,
        passage if settings.passage_prefix is None else settings.passage_prefix,
    )
