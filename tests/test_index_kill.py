"""`kill -9` of a run at any moment: documents are wholly in or wholly out, and the next run completes the set."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bag_of_words import BagOfWords

from rag.config import Settings
from rag.index.build import build_index
from rag.index.opening import Index

N_DOCUMENTS = 12
CHILD = """
import sys
sys.path.insert(0, sys.argv[1])
from bag_of_words import BagOfWords
from rag import Settings, build_index
settings = Settings(corpus_dir=sys.argv[2], index_dir=sys.argv[3], data_dir=sys.argv[4])
print("ready", flush=True)
build_index(settings, lambda p: print(p.done, flush=True), rebuild=sys.argv[5] == "rebuild", model=BagOfWords())
print("end", flush=True)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    write(corpus, "first")
    return Settings(corpus_dir=corpus, index_dir=tmp_path / "index", data_dir=tmp_path / "data")


def write(corpus: Path, edition: str) -> None:
    for n in range(N_DOCUMENTS):
        paragraphs = (f"The {edition} report number {n} says {i} things about robots in Tokyo." for i in range(8))
        (corpus / f"n{n:02}.txt").write_text("\n\n".join(paragraphs), "utf-8")


def start(settings: Settings, how: str = "") -> subprocess.Popen[str]:
    folders = [settings.corpus_dir, settings.index_dir, settings.data_dir]
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(Path(__file__).parent), *map(str, folders), how],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def kill(child: subprocess.Popen[str]) -> None:
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert child.stdout is not None
    child.stdout.close()


def held(settings: Settings) -> dict[str, str]:
    """Text of every indexed document, of an index that is sound."""
    with Index.open(settings, model=BagOfWords()) as index:
        assert index.store.check() == []
        documents = [index.store.document(record.document_id) for record in index.store.records()]
        for record in index.store.records():
            assert index.store.chunk_keys(record.key), "a document without its chunks"
    return {document.path: document.text for document in documents if document is not None}


def on_disk(settings: Settings) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in settings.corpus_dir.iterdir()}


@pytest.mark.parametrize("n_done", [1, 7])
def test_kill_after_acknowledged_documents_keeps_them(settings: Settings, n_done: int) -> None:
    child = start(settings)
    assert child.stdout is not None
    for line in child.stdout:
        if line.strip() == str(n_done):  # the document after the n-th is in hand: n are in
            break
    kill(child)
    kept = held(settings)
    assert kept.items() <= on_disk(settings).items()
    assert len(kept) >= n_done
    bag = BagOfWords()
    report = build_index(settings, model=bag)
    assert (report.unchanged, report.added) == (len(kept), N_DOCUMENTS - len(kept))
    assert held(settings) == on_disk(settings)
    assert report.n_embedded == bag.n_embedded


def run_and_kill(settings: Settings, seed: int) -> None:
    """One round: an update or a rebuild, killed at a random moment; then the next run completes it."""
    rng = random.Random(seed)
    before = held(settings)
    write(settings.corpus_dir, f"edition {seed}")
    (settings.corpus_dir / "n03.txt").rename(settings.corpus_dir / "moved.txt")
    (settings.corpus_dir / "n05.txt").unlink()
    after = on_disk(settings)
    child = start(settings, rng.choice(["", "rebuild"]))
    time.sleep(rng.uniform(0, 0.8))
    kill(child)
    for path, text in held(settings).items():
        assert text in (before.get(path), after.get(path))
    build_index(settings, model=BagOfWords())
    assert held(settings) == after
    (settings.corpus_dir / "moved.txt").unlink()


def test_kill_at_random_moments(settings: Settings) -> None:
    build_index(settings, model=BagOfWords())
    for seed in range(4):
        run_and_kill(settings, seed)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_kill_at_many_random_moments(settings: Settings) -> None:
    build_index(settings, model=BagOfWords())
    for seed in range(100, 130):
        run_and_kill(settings, seed)


ORPHANING = """
import os, sys, time
from pathlib import Path
from rag.store.lock import writer_lock
with writer_lock(Path(sys.argv[1])):
    if os.fork() == 0:  # as a process that was just being started, before it closes what it inherits
        os.close(1)
        time.sleep(1.5)
        os._exit(0)
    print("ready", flush=True)
    time.sleep(60)
"""


def test_lock_left_with_a_process_that_was_being_started_is_waited_for(settings: Settings) -> None:
    script = [sys.executable, "-c", ORPHANING, str(settings.index_dir)]
    with subprocess.Popen(script, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGKILL)
        child.wait()
    started = time.monotonic()
    assert build_index(settings, model=BagOfWords()).added == N_DOCUMENTS
    assert time.monotonic() - started > 1, "the lock was free: this tests nothing"


def test_terminated_run_frees_the_lock(settings: Settings) -> None:
    child = start(settings)
    child.send_signal(signal.SIGTERM)
    assert child.wait(10) == -signal.SIGTERM
    assert child.stdout is not None
    child.stdout.close()
    build_index(settings, model=BagOfWords())
    assert held(settings) == on_disk(settings)
    assert not list(settings.index_dir.glob("*.new"))
    assert os.listdir(settings.index_dir).count("CURRENT") == 1  # noqa: PTH208
