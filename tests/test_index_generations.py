"""An index from one generation to the next: rebuilt, refused, written by one process alone, followed by readers."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from bag_of_words import BagOfWords
from built_index import LONG, counts, texts
from built_index import bag as bag  # fixtures
from built_index import settings as settings

from rag.config import Settings
from rag.errors import (
    IndexLockedError,
    IndexMismatchError,
    IndexNotFoundError,
    RagError,
)
from rag.index.build import IndexProgress, build_index
from rag.index.opening import Index
from rag.store.lock import writer_lock


def test_rebuild_makes_the_next_generation(settings: Settings, bag: BagOfWords) -> None:
    build_index(settings, model=bag)
    with Index.open(settings, model=bag) as index:
        store = index.store
        report = build_index(settings, model=bag, rebuild=True)
        assert (counts(report), report.n_embedded) == ({"added": 4}, bag.n_embedded // 2)
        assert (settings.index_dir / "CURRENT").read_text() == "gen-2\n"
        assert store.document("corpus/act.md") is not None  # a reader of the old one goes on
        assert (settings.index_dir / "gen-1").is_dir()
        del store
        index.refresh()
        assert index.path.name == "gen-2"
        build_index(settings, model=bag)
        assert [path.name for path in sorted(settings.index_dir.glob("gen-*"))] == ["gen-2"]
        assert index.store.n_documents == 4


def test_rebuild_stopped_leaves_the_old_and_is_resumed(settings: Settings, bag: BagOfWords) -> None:
    build_index(settings, model=bag)
    n_embedded = bag.n_embedded

    def stop(progress: IndexProgress) -> None:
        if progress.stage == "read" and progress.done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_index(settings, stop, model=bag, rebuild=True)
    assert (settings.index_dir / "CURRENT").read_text() == "gen-1\n"
    assert len(texts(settings, bag)) == 4
    report = build_index(settings, model=bag, rebuild=True)
    assert counts(report) == {"added": 1, "unchanged": 3}
    assert (settings.index_dir / "CURRENT").read_text() == "gen-2\n"
    assert bag.n_embedded == 2 * n_embedded


def test_other_model_of_equal_dimension_is_refused(settings: Settings, bag: BagOfWords) -> None:
    build_index(settings, model=bag)
    other = BagOfWords(seed="other")
    other.name = "another bag"
    for refused in (
        lambda: build_index(settings, model=other),
        lambda: build_index(settings, model=other, dry_run=True),
        lambda: Index.open(settings, model=other),
    ):
        with pytest.raises(IndexMismatchError, match=r"'bag of words' .* 'another bag' .*--rebuild"):
            refused()
    assert len(texts(settings, bag)) == 4
    build_index(settings, model=other, rebuild=True)
    with Index.open(settings, model=other) as index:
        assert index.store.passport.embedding_name == "another bag"


@pytest.mark.parametrize(("version", "words"), [(99, "made by Kihon"), (0, "made by an older Kihon")])
def test_other_format_is_refused(settings: Settings, bag: BagOfWords, version: int, words: str) -> None:
    build_index(settings, model=bag)
    with sqlite3.connect(settings.index_dir / "gen-1" / "kihon.sqlite3") as db:
        db.execute("UPDATE passport SET value = ? WHERE field = 'schema_version'", [json.dumps(version)])
    db.close()
    for refused in (lambda: build_index(settings, model=bag), lambda: Index.open(settings, model=bag)):
        with pytest.raises(IndexMismatchError, match=f"{words}.*--rebuild"):
            refused()
    assert counts(build_index(settings, model=bag, rebuild=True)) == {"added": 4}


def test_second_writer_is_told_who_holds_the_lock(settings: Settings, bag: BagOfWords) -> None:
    with writer_lock(settings.index_dir):
        started = time.monotonic()
        with pytest.raises(IndexLockedError, match=f"process {os.getpid()} on .* since 20"):
            build_index(settings, model=bag)
        assert time.monotonic() - started < 2
        build_index(settings, model=bag, dry_run=True)


def test_second_writer_waits_when_asked(settings: Settings, bag: BagOfWords) -> None:
    holding, reports = threading.Event(), []

    def hold() -> None:
        with writer_lock(settings.index_dir):
            holding.set()
            time.sleep(0.5)

    holder = threading.Thread(target=hold)
    holder.start()
    holding.wait()
    stages: list[str] = []
    reports.append(build_index(settings, lambda step: stages.append(step.stage), model=bag, wait=True))
    holder.join()
    assert stages[0] == "wait"
    assert stages[stages.count("wait")] == "scan"
    assert counts(reports[0]) == {"added": 4}
    assert reports[0].seconds >= 0.3


def test_reader_follows_each_change(settings: Settings, bag: BagOfWords, corpus: Path) -> None:
    build_index(settings, model=bag)
    with Index.open(settings, model=bag) as index:
        query = bag.embed_query("Penguins live in the far south")
        (corpus / "penguins.txt").write_text("Penguins live in the far south.", "utf-8")
        build_index(settings, model=bag)
        [(key, cosine)] = index.vectors.search(query, 1)
        [stored] = index.store.chunks([key])
        assert (stored.document_id, cosine > 0.8) == ("corpus/penguins.txt", True)
        (corpus / "penguins.txt").unlink()
        build_index(settings, model=bag)
        assert key not in [found for found, _ in index.vectors.search(query, 99)]
        assert index.store.chunks([key]) == []


def test_reader_follows_an_index_that_was_deleted_and_made_again(settings: Settings, bag: BagOfWords) -> None:
    build_index(settings, model=bag)
    with Index.open(settings, model=bag) as index:
        shutil.rmtree(settings.index_dir)
        with pytest.raises(IndexNotFoundError):
            index.refresh()
        (settings.corpus_dir / "act.md").unlink()
        build_index(settings, model=bag)
        assert (index.path.name, index.snapshot().store.n_documents) == ("gen-1", 3)


def test_readers_during_a_build_see_whole_documents(settings: Settings, bag: BagOfWords, corpus: Path) -> None:
    for n in range(30):
        (corpus / f"n{n}.txt").write_text("\n\n".join(LONG.format(n * 100 + i) * 3 for i in range(4)), "utf-8")
    build_index(settings, model=bag)
    stop, failures = threading.Event(), []

    def read() -> None:
        try:
            with Index.open(settings, model=bag) as index:
                while not stop.is_set():
                    store, vectors = index.snapshot()
                    for key, _ in vectors.search(bag.embed_query("quick brown fox"), 20):
                        for stored in store.chunks([key]):
                            document = store.document(stored.document_id)
                            if (
                                document is not None
                                and document.text[stored.chunk.start : stored.chunk.end] != stored.text
                            ):
                                current = store.chunks([key])
                                assert current == [], "a chunk outlived its document's text"
        except (RagError, AssertionError) as exc:
            failures.append(exc)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for round_ in range(3):
        for n in range(0, 30, 3):
            (corpus / f"n{n}.txt").write_text("\n\n".join(LONG.format(f"{round_} {i}") * 3 for i in range(4)), "utf-8")
        build_index(settings, model=bag, rebuild=round_ == 1)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
