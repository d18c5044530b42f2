"""The bundled model's second reading, word by word: a question's words near to those that answer them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from rag.config import Settings
from rag.embedding import word_reader
from rag.embedding.choice import load_embedding_model
from rag.embedding.model import EmbeddingModel, TokenVectors
from rag.embedding.model_files import BUNDLED, find_model
from rag.embedding.sentence_transformer import SentenceTransformerModel
from rag.errors import ModelUnavailableError


def share(model: EmbeddingModel, question: str, text: str) -> float:
    asked, read = model.read_tokens([question, text])
    assert asked.counts is not None
    return float((asked.vectors @ read.vectors.T).max(axis=1) @ asked.counts)


@pytest.mark.parametrize(
    ("question", "answer", "other"),
    [
        (
            "How much do I have to pay to bring my bike?",
            "Bicycles are carried for a fee of 4,000 yen.",
            "My bike may be brought on weekdays if there is room for it.",
        ),
        (
            "Who is in charge of the dam?",
            "The river authority runs the barrage.",
            "The dam was charged with water in spring.",
        ),
        (
            "By when must parents hand in the form?",
            "The slip is due on 3 May.",
            "The form asks parents for names and illnesses.",
        ),
        (
            "犬を飼ってもいい?",
            "ペットの飼育は小動物に限り認める。",
            "犬の散歩は公園で行われている。",
        ),
    ],
)  # fmt: skip
def test_words_of_a_question_find_those_that_answer(
    model: EmbeddingModel, question: str, answer: str, other: str
) -> None:
    assert share(model, question, answer) > share(model, question, other)


def test_tokens_have_places_lengths_and_counts(model: EmbeddingModel) -> None:
    text = "Who pays the fee?"
    tokens, empty = model.read_tokens([text, ""])
    assert [text[start:end] for start, end in tokens.offsets] == ["Who", "pays", "the", "fee", "?"]
    np.testing.assert_allclose(np.linalg.norm(tokens.vectors, axis=1), 1, atol=1e-5)
    assert tokens.counts is not None
    assert float(tokens.counts.sum()) == pytest.approx(1)
    assert empty.offsets == ()
    assert empty.counts is not None
    assert empty.counts.shape == (0,)
    assert empty.vectors.shape == (0, 384)


def test_a_text_is_read_alike_in_any_company(model: EmbeddingModel) -> None:
    texts = [f"Sentence {n} speaks of " + "many things and " * n for n in range(20)]
    together = model.read_tokens(texts)
    for text, tokens in zip(texts, together, strict=True):
        [alone] = model.read_tokens([text])
        assert alone.offsets == tokens.offsets
        np.testing.assert_allclose(alone.vectors, tokens.vectors, atol=1e-4)


def test_what_is_longer_than_the_window_is_cut(model: EmbeddingModel) -> None:
    [tokens] = model.read_tokens(["word " * 1000])
    assert len(tokens.offsets) == model.max_tokens - 2


def test_sentences_keep_their_vectors(model: EmbeddingModel) -> None:
    before = model.embed_passages(["A sentence of the plan."])
    model.read_tokens(["A sentence of the plan."])
    np.testing.assert_array_equal(model.embed_passages(["A sentence of the plan."]), before)


def test_threads_that_come_first_find_one_model() -> None:
    fresh = SentenceTransformerModel(find_model(BUNDLED))
    with ThreadPoolExecutor(8) as pool:
        read = [pool.submit(fresh.read_tokens, ["Who pays the fee?"]) for _ in range(4)]
        embedded = [pool.submit(fresh.embed_query, "Who pays the fee?") for _ in range(4)]
        assert {len(one.result()[0].offsets) for one in read} == {5}
        assert {one.result().shape for one in embedded} == {(384,)}


def test_another_model_reads_with_its_own_tokens(tiny: Path) -> None:
    [tokens] = load_embedding_model(Settings(embedding_model=str(tiny))).read_tokens(["the plan"])
    assert isinstance(tokens, TokenVectors)
    assert tokens.counts is None


def test_damaged_changes_are_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = tmp_path / "word_reader.safetensors"
    damaged.write_bytes(b"no tensors")
    monkeypatch.setattr(word_reader, "CHANGES", damaged)
    with pytest.raises(ModelUnavailableError, match="a part of this program, cannot be read"):
        word_reader.made_for()
