"""The bundled model's second reading of a text: word by word, a question's words near to those that answer them.

A model that was trained for whole sentences puts "how much" no nearer to "4,000 yen" than to "Tuesday". `WordReader` is
that model with small changes to its layers (LoRA: Hu et al., 2021), trained by `eval.word_reader_fit` so that the words
of a question find their counterparts (MaxSim: Khattab and Zaharia, 2020, "ColBERT") in the sentence that answers rather
than in those beside it. Stored vectors are not touched: only the sentences that compete for an answer are read so.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rag.embedding.model import TokenVectors
from rag.errors import ModelUnavailableError

CHANGES = Path(__file__).parent / "weights" / "word_reader.safetensors"
# A step of the model's layers that is changed by `up @ down`.
DOWN, UP = ".down", ".up"
# What a token of a question counts for: a linear score, made to sum to 1.
COUNTS, COUNTS_BIAS = "counts.weight", "counts.bias"

_BATCH = 8  # as for sentences


def made_for() -> str:
    """SHA-256 (hex) of the weights that the changes were trained on.

    Raises:
        ModelUnavailableError: If the file of the changes cannot be read.
    """
    return _open()[1]


class WordReader:
    """Reads texts token by token. Not safe to share between threads.

    Args:
        transformer: The model whose weights the changes were trained on; it stays as it is.
        tokenizer: Its tokenizer, without padding or truncation.
        max_tokens: Its window, special tokens included; what is longer is cut.
    """

    def __init__(self, transformer: Any, tokenizer: Any, max_tokens: int) -> None:
        self._transformer, self._counts, self._bias = _changed(transformer)
        self._tokenizer = tokenizer
        self._max_tokens = max_tokens

    def read(self, texts: Sequence[str]) -> list[TokenVectors]:
        """Tokens of the texts, their vectors, and what each counts for where the text is a question."""
        encodings = [self._tokenizer.encode(text) for text in texts]
        by_length = sorted(range(len(texts)), key=lambda i: len(encodings[i].ids))
        found: dict[int, TokenVectors] = {}
        for start in range(0, len(texts), _BATCH):
            batch = by_length[start : start + _BATCH]
            found |= zip(batch, self._read([encodings[i] for i in batch]), strict=True)
        return [found[i] for i in range(len(texts))]

    def _read(self, encodings: Sequence[Any]) -> list[TokenVectors]:
        import torch

        longest = min(self._max_tokens, max(len(encoding.ids) for encoding in encodings))
        ids = torch.zeros((len(encodings), longest), dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            kept = _within(encoding.ids, longest)
            ids[row, : len(kept)] = torch.tensor(kept)
            mask[row, : len(kept)] = 1
        with torch.inference_mode():
            states = self._transformer(input_ids=ids, attention_mask=mask).last_hidden_state.numpy()
        read = []
        for encoding, state in zip(encodings, states, strict=True):
            places = [
                i
                for i, special in enumerate(_within(encoding.special_tokens_mask, longest))
                if not special
            ]  # fmt: skip
            rows = state[places]
            scores = np.exp((own := rows @ self._counts + self._bias) - own.max(initial=-np.inf))
            lengths = np.linalg.norm(rows, axis=1, keepdims=True)
            read.append(
                TokenVectors(
                    offsets=tuple(encoding.offsets[i] for i in places),
                    vectors=rows / np.maximum(lengths, 1e-9),
                    counts=scores / scores.sum() if places else scores,
                )
            )
        return read


def _within(values: Sequence[int], longest: int) -> list[int]:
    """What fits the window, with the token that ends a text."""
    return [*values] if len(values) <= longest else [*values[: longest - 1], values[-1]]


def _open() -> tuple[dict[str, Any], str]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(CHANGES, framework="pt") as file:
            return {name: file.get_tensor(name).float() for name in file.keys()}, (file.metadata() or {})["made_for"]  # noqa: SIM118
    except (OSError, SafetensorError, KeyError) as exc:
        raise ModelUnavailableError(
            f"{str(CHANGES)!r}, a part of this program, cannot be read ({exc}). Install it again."
        ) from exc


def _changed(transformer: Any) -> tuple[Any, Any, float]:
    """The transformer with its changes, which shares the word vectors with the original; weights and bias of counts."""
    import torch

    changes, _ = _open()
    shared = transformer.embeddings
    changed = copy.deepcopy(transformer, memo={id(shared): shared})
    changed.eval()
    with torch.no_grad():
        for name in [name.removesuffix(DOWN) for name in changes if name.endswith(DOWN)]:
            changed.get_submodule(name).weight += changes[name + UP] @ changes[name + DOWN]
    return changed, changes[COUNTS][0].numpy(), float(changes[COUNTS_BIAS][0])
