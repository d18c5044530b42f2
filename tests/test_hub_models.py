"""Embedding models from a model hub: downloaded once and whole, then had without it; failures are one sentence."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import write_documents
from model_folders import bundled_folder
from model_hub import Cut, ModelHub

from rag import Settings, create_chain
from rag.embedding.model import EmbeddingModel
from rag.errors import IndexMismatchError

NAME = "some/name"
NEEDED = {
    "1_Pooling/config.json",
    "config.json",
    "config_sentence_transformers.json",
    "model.safetensors",
    "modules.json",
    "sentence_bert_config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
}
IDENTITY = (
    "from rag import RagError, Settings; from rag.embedding.choice import load_embedding_model\n"
    "try:\n print(load_embedding_model(Settings()).identity)\n"
    "except RagError as exc:\n print(type(exc).__name__, exc)"
)
VECTORS = (
    "import json; from rag import Settings; from rag.embedding.choice import load_embedding_model\n"
    "model = load_embedding_model(Settings())\n"
    "print(json.dumps([model.identity, model.embed_query('When was it adopted?').tolist()]))"
)


@pytest.fixture
def hub(tiny: Path, tmp_path: Path) -> Iterator[ModelHub]:
    """A hub whose only model is the tiny one, with the files that other runtimes want beside it."""
    folder = Path(shutil.copytree(tiny, tmp_path / "repository"))
    (folder / "onnx").mkdir()
    shutil.copy(folder / "tokenizer.json", folder / "onnx")
    for name in ("onnx/model.onnx", "pytorch_model.bin", "README.md", "train.py"):
        (folder / name).write_text(f"not to be fetched: {name}")
    with ModelHub({NAME: {"main": folder}}) as server:
        yield server


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where the hub's client keeps what it downloads."""
    return tmp_path / "home"


def environment(address: str, home: Path, **more: str) -> dict[str, str]:
    return {
        "HF_ENDPOINT": address,
        "HF_HOME": str(home),
        "RAG_EMBEDDING_MODEL": NAME,
        "PATH": os.environ["PATH"],
    } | more


def run(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, timeout=120, env=env
    )


def identity(address: str, home: Path, **more: str) -> str:
    """What a process of its own says the model is, or the sentence that says why it is not had."""
    done = run("-c", IDENTITY, env=environment(address, home, **more))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.count("\n") == 1
    return done.stdout.strip()


def test_model_is_downloaded_once_and_had_without_the_hub(tmp_path: Path, home: Path, model: EmbeddingModel) -> None:
    with ModelHub({NAME: {"main": bundled_folder()}}) as server:
        env = environment(server.address, home)
        first = run("-c", VECTORS, env=env)
        assert sorted(server.fetched) == sorted({*NEEDED, "data_config.json"})
        n_requests = server.n_requests
        second = run("-c", VECTORS, env=env)
        assert (second.stderr, server.n_requests) == ("", n_requests)
    third = run("-c", VECTORS, env=env)
    assert (third.returncode, third.stderr) == (0, "")
    assert first.stdout == second.stdout == third.stdout
    ours = [model.identity, model.embed_query("When was it adopted?").tolist()]
    found = json.loads(third.stdout)
    assert found[0] == ours[0]
    assert found[1] == pytest.approx(ours[1], abs=1e-6)


def test_only_what_is_read_is_fetched(hub: ModelHub, home: Path) -> None:
    assert len(identity(hub.address, home)) == 64
    assert sorted(hub.fetched) == sorted({*NEEDED, "data_config.json"})


def test_another_revision_is_another_identity(hub: ModelHub, home: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(hub.repositories[NAME]["main"], tmp_path / "v2"))
    weights = bytearray((other / "model.safetensors").read_bytes())
    weights[-5] ^= 1
    (other / "model.safetensors").write_bytes(weights)
    hub.repositories[NAME] = {**hub.repositories[NAME], "v2": other}
    main, v2 = identity(hub.address, home), identity(hub.address, home, RAG_EMBEDDING_REVISION="v2")
    assert len(main) == len(v2) == 64
    assert main != v2
    n_requests = hub.n_requests
    assert identity(hub.address, home) == main
    assert identity(hub.address, home, RAG_EMBEDDING_REVISION="v2") == v2
    assert hub.n_requests == n_requests
    absent = identity(hub.address, home, RAG_EMBEDDING_REVISION="v3")
    assert absent.startswith(f"ModelUnavailableError Embedding model '{NAME}' at revision 'v3' is not on this machine")
    assert "does not offer it (HTTP 404" in absent


def test_download_that_breaks_off_goes_on(hub: ModelHub, home: Path) -> None:
    hub.cut = Cut(after=5000, times=1)
    assert len(identity(hub.address, home)) == 64
    assert hub.fetched.count("model.safetensors") == 2


def test_download_cut_for_good_is_one_sentence_and_the_next_try_completes(hub: ModelHub, home: Path) -> None:
    hub.cut = Cut(after=0, times=1000)
    said = identity(hub.address, home)
    assert said.startswith(f"ModelUnavailableError Embedding model '{NAME}' is not on this machine")
    assert "breaks the download off" in said
    hub.cut = None
    assert len(identity(hub.address, home)) == 64


def test_pickled_weights_are_neither_fetched_nor_read(hub: ModelHub, home: Path) -> None:
    (hub.repositories[NAME]["main"] / "model.safetensors").unlink()
    said = identity(hub.address, home)
    assert said.startswith(f"ModelUnavailableError Embedding model '{NAME}' has no safetensors weights")
    assert "pytorch_model.bin" not in hub.fetched


def test_cache_that_cannot_be_written_is_said(hub: ModelHub, home: Path) -> None:
    home.write_text("a file where the folder should be")
    said = identity(hub.address, home)
    assert said.startswith("ModelUnavailableError")
    assert "its files could not be kept" in said


def test_name_of_the_bundled_model_does_not_make_a_download_the_bundled_one(hub: ModelHub, home: Path) -> None:
    name = "sentence-transformers/all-MiniLM-L6-v2"
    hub.repositories[name] = hub.repositories[NAME]
    assert identity(hub.address, home, RAG_EMBEDDING_MODEL=name) == identity(hub.address, home)


def test_index_of_a_hub_model_refuses_another(hub: ModelHub, home: Path, tmp_path: Path) -> None:
    corpus, index = write_documents(tmp_path / "corpus"), tmp_path / "index"
    where = ["--corpus", str(corpus), "--index", str(index)]
    env = environment(hub.address, home, RAG_DATA_DIR=str(tmp_path / "data"))
    built = run("-m", "rag", "index", "--json", *where, env=env)
    assert (built.returncode, json.loads(built.stdout)["n_documents"]) == (0, 4), built.stderr
    asked = run("-m", "rag", "ask", "When was the Basic Plan adopted?", "--json", *where, env=env)
    assert (asked.returncode, asked.stderr) == (0, "")
    bundled = Settings(corpus_dir=corpus, index_dir=index, data_dir=tmp_path / "data")
    with pytest.raises(IndexMismatchError) as caught:
        create_chain(bundled).invoke("When was the Basic Plan adopted?")
    for part in (NAME, "all-MiniLM-L6-v2", "python -m rag index --rebuild"):
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("is_there", "revision", "words"),
    [(True, "", "does not offer it"), (True, "abc123", "does not offer it"), (False, "", "does not answer")],
)
def test_model_that_cannot_be_had_is_one_sentence(
    hub: ModelHub, home: Path, is_there: bool, revision: str, words: str
) -> None:
    address = hub.address if is_there else "http://127.0.0.1:1"
    more = {"RAG_EMBEDDING_REVISION": revision} if revision else {}
    started = time.monotonic()
    said = identity(address, home, RAG_EMBEDDING_MODEL="nobody/nothing", **more)
    assert time.monotonic() - started < 30
    assert said.startswith("ModelUnavailableError Embedding model 'nobody/nothing'")
    for part in (words, address, str(home), "hf download nobody/nothing", "`bundled`", revision):
        assert part in said
