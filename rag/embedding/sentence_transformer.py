"""An embedding model through sentence-transformers, from local weights on the CPU.

Its identity is had without importing torch; torch is imported by the first text that is embedded.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from rag.embedding.model import TokenVectors, Vector
from rag.embedding.model_files import ModelFiles, hash_files
from rag.embedding.word_reader import WordReader, made_for
from rag.errors import ModelUnavailableError

_BATCH = 8  # texts of a batch are padded to the longest: 32 of them take a sixth longer, 4 gain nothing
# Everyday kanji; a tokenizer that knows fewer than half of them belongs to a model that reads no Japanese. (One that
# falls back on bytes knows every letter: such a model is taken to read Japanese.)
_EVERYDAY = "閣議決定施策基本計画内閣府総理大臣法律推進技術研究開発産業経済社会教育医療情報管理責任権利"

_UNKNOWN = frozenset(("[UNK]", "<unk>"))


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

    @cached_property
    def reads_japanese(self) -> bool:
        """Whether the tokenizer knows everyday kanji."""
        encoding = self._tokenizer.encode(" ".join(_EVERYDAY), add_special_tokens=False)
        n_unknown = sum(token in _UNKNOWN for token in encoding.tokens)
        return 2 * n_unknown < len(_EVERYDAY)

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

    def read_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        with self._encoding:  # the model is loaded by the first that asks, one at a time
            if self._reader is not None:
                return self._reader.read(texts)
        return self.embed_tokens(texts)

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
    def _reader(self) -> WordReader | None:
        """What reads texts word by word, where these are the weights that it was made for."""
        if hash_files(self._files).get("model.safetensors") != made_for():
            return None
        return WordReader(self._model[0].auto_model, self._tokenizer, self.max_tokens)

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
