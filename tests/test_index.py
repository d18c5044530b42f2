"""Building an index and opening it: what changes, what stays, what is refused."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from bag_of_words import BagOfWords
from conftest import DOCUMENTS

from rag.answer import IndexReport
from rag.config import Settings
from rag.embedding.model import EmbeddingModel
from rag.errors import (
    CorpusError,
    IndexDamagedError,
    IndexLockedError,
    IndexMismatchError,
    IndexNotFoundError,
    RagError,
)
from rag.index.build import IndexProgress, build_index
from rag.index.description import describe_index
from rag.index.opening import Index, get_document
from rag.store.lock import writer_lock

LONG = "The quick brown fox number {} jumps over the lazy dog and runs away into the deep dark forest. "


@pytest.fixture
def settings(tmp_path: Path, corpus: Path) -> Settings:
    return Settings(corpus_dir=corpus, index_dir=tmp_path / "index", data_dir=tmp_path / "data")


@pytest.fixture
def bag() -> BagOfWords:
    return BagOfWords()


def counts(report: IndexReport) -> dict[str, int]:
    """The counts that are not 0."""
    names = ("added", "updated", "renamed", "unchanged", "skipped", "rejected", "deleted")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


def texts(settings: Settings, bag: BagOfWords) -> dict[str, str]:
    """Text of every indexed document."""
    with Index.open(settings, model=bag) as index:
        ids = [record.document_id for record in index.store.records()]
        found = {document_id: index.store.document(document_id) for document_id in ids}
        assert index.store.check() == []
    return {document_id: document.text for document_id, document in found.items() if document is not None}


def rows(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    """All rows of the store that make up its content."""
    path = next(settings.index_dir.glob("gen-*")) / "kihon.sqlite3"
    db = sqlite3.connect(path)
    try:
        tables = ("documents", "chunks", "sentences", "vectors", "lexical", "refusals")
        return {table: sorted(db.execute(f"SELECT * FROM {table}").fetchall(), key=repr) for table in tables}
    finally:
        db.close()


def test_build_index_adds_every_document(settings: Settings, bag: BagOfWords) -> None:
    report = build_index(settings, model=bag)
    assert counts(report) == {"added": 4}
    assert [(file.path, file.verdict) for file in report.files] == [(name, "added") for name in sorted(DOCUMENTS)]
    assert report.n_documents == 4
    assert report.n_chunks >= 4
    assert report.n_embedded == bag.n_embedded
    body = DOCUMENTS["act.md"].split("---\n", 2)[2].strip("\n")
    assert get_document("corpus/act.md", settings).text.strip("\n") == body


def test_build_index_twice_changes_nothing(settings: Settings, bag: BagOfWords) -> None:
    build_index(settings, model=bag)
    before, n_embedded = rows(settings), bag.n_embedded
    report = build_index(settings, model=bag)
    assert counts(report) == {"unchanged": 4}
    assert (report.n_embedded, bag.n_embedded) == (0, n_embedded)
    assert rows(settings) == before


def test_build_index_second_run_needs_no_torch(small_settings: Settings) -> None:
    program = (
        "import sys; from rag import Settings, build_index; "
        f"report = build_index(Settings(corpus_dir={str(small_settings.corpus_dir)!r}, "
        f"index_dir={str(small_settings.index_dir)!r}, data_dir={str(small_settings.data_dir)!r})); "
        "print(report.unchanged, report.n_embedded, 'torch' in sys.modules, 'chromadb' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["4", "0", "False", "False"]


def test_build_index_updates_only_what_changed(settings: Settings, bag: BagOfWords, corpus: Path) -> None:
    build_index(settings, model=bag)
    with Index.open(settings, model=bag) as index:
        kept = {
            key
            for record in index.store.records()
            if record.path != "act.md"
            for key in index.store.chunk_keys(record.key)
        }
    text = (corpus / "act.md").read_text("utf-8")
    (corpus / "act.md").write_text(text.replace("28 articles", "29 articles"), "utf-8")
    report = build_index(settings, model=bag)
    assert counts(report) == {"updated": 1, "unchanged": 3}
    assert report.n_embedded == 2  # the chunk and the sentence that changed
    assert "29 articles" in texts(settings, bag)["corpus/act.md"]
    with Index.open(settings, model=bag) as index:
        assert kept <= set(index.store.chunk_matrix().keys.tolist())
        assert not index.store.lexical(["28"], 5)


def test_build_index_ignores_the_clock(settings: Settings, bag: BagOfWords, corpus: Path) -> None:
    build_index(settings, model=bag)
    path = corpus / "gardening.txt"
    stat = path.stat()
    path.write_text(path.read_text("utf-8").replace("six", "ten"), "utf-8")  # as long as before
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    os.utime(corpus / "act.md", (4_000_000_000, 4_000_000_000))
    assert counts(build_index(settings, model=bag)) == {"updated": 1, "unchanged": 3}


def test_build_index_renames_without_embedding(settings: Settings, bag: BagOfWords, corpus: Path) -> None:
    build_index(settings, model=bag)
    with Index.open(settings, model=bag) as index:
        before = index.store.chunk_matrix().keys.tolist()
    (corpus / "sub").mkdir()
    (corpus / "plan.md").rename(corpus / "sub" / "the-plan.md")
    (corpus / "gardening.txt").rename(corpus / "tomatoes.txt")  # its title comes from its name
    report = build_index(settings, model=bag)
    assert counts(report) == {"renamed": 2, "unchanged": 2}
    assert report.n_embedded == 0
    with Index.open(settings, model=bag) as index:
        assert index.store.chunk_matrix().keys.tolist() == before
        assert index.store.document("corpus/plan.md") is None
        document = index.store.document("corpus/tomatoes.txt")
        assert document is not None
        assert (document.title, document.path) == ("tomatoes", "tomatoes.txt")
        [(key, _)] = index.store.lexical(
            ["tomato"], 9, index.store.select_documents({"document_id": document.document_id})
        )
        assert index.store.chunks([key])[0].document_id == "corpus/tomatoes.txt"
        assert index.store.check() == []


def test_build_index_swaps_without_embedding(settings: Settings, bag: BagOfWords, corpus: Path) -> None:
    build_index(settings, model=bag)
    act, plan = (corpus / "act.md").read_bytes(), (corpus / "plan.md").read_bytes()
    (corpus / "act.md").write_bytes(plan)
    (corpus / "plan.md").write_bytes(act)
    report = build_index(settings, model=bag)
    assert counts(report) == {"updated": 2, "unchanged": 2}
    assert report.n_embedded == 0
    assert get_document("corpus/plan.md", settings).title == "The AI Act"


def test_build_index_deletes_text_terms_and_vectors(settings: Settings, bag: BagOfWords, corpus: Path) -> None:
    (corpus / "secret.txt").write_text("The zebrafish password is xylophone. Never tell it to anybody.", "utf-8")
    build_index(settings, model=bag)
    with Index.open(settings, model=bag) as index:
        [key] = index.store.chunk_keys(index.store.select_documents({"document_id": "corpus/secret.txt"})[0])  # type: ignore[index]
        vector = index.store.chunks([key])[0].vector.tobytes()
    (corpus / "secret.txt").unlink()
    report = build_index(settings, model=bag)
    assert counts(report) == {"unchanged": 4, "deleted": 1}
    left = b"".join(path.read_bytes() for path in settings.index_dir.rglob("*") if path.is_file())
    assert b"zebrafish" not in left
    assert b"xylophon" not in left
    assert vector not in left
    with pytest.raises(CorpusError, match=r"corpus/secret\.txt"):
        get_document("corpus/secret.txt", settings)


def test_build_index_judges_deletion_per_root(settings: Settings, bag: BagOfWords) -> None:
    for root in ("uploads", "fetched"):
        folder = settings.data_dir / root
        folder.mkdir(parents=True)
        (folder / "act.md").write_text(DOCUMENTS["act.md"], "utf-8")
    report = build_index(settings, model=bag)
    assert counts(report) == {"added": 6}
    assert report.n_documents == 6
    (settings.corpus_dir / "act.md").unlink()
    assert counts(build_index(settings, model=bag)) == {"unchanged": 5, "deleted": 1}
    assert {"fetched/act.md", "uploads/act.md"} <= texts(settings, bag).keys()


def test_build_index_keeps_all_when_the_corpus_is_missing(settings: Settings, bag: BagOfWords, corpus: Path) -> None:
    build_index(settings, model=bag)
    corpus.rename(corpus.with_name("moved"))
    with pytest.raises(CorpusError, match="corpus'"):
        build_index(settings, model=bag)
    assert len(texts(settings, bag)) == 4


def test_build_index_remembers_refusals(settings: Settings, bag: BagOfWords, corpus: Path) -> None:
    (corpus / "empty.md").write_bytes(b"")
    (corpus / "broken.pdf").write_bytes(b"%PDF-1.7 this is none")
    (corpus / "left-out.md").write_text("---\ntitle: x\nindex: false\n---\nText.\n", "utf-8")
    first = build_index(settings, model=bag)
    assert counts(first) == {"added": 4, "skipped": 1, "rejected": 2}
    second = build_index(settings, model=bag)
    assert counts(second) == {"unchanged": 4, "skipped": 1, "rejected": 2}
    refused = [file for file in first.files if file.verdict in ("skipped", "rejected")]
    assert [file for file in second.files if file.verdict != "unchanged"] == refused


def test_build_index_takes_a_rejected_files_text_out(settings: Settings, bag: BagOfWords, corpus: Path) -> None:
    build_index(settings, model=bag)
    (corpus / "act.md").write_bytes(b"---\ntitle: [unclosed\n---\ntext")
    report = build_index(settings, model=bag)
    assert counts(report) == {"rejected": 1, "unchanged": 3}
    assert "taken out" in str(report.files[0].reason)
    assert "corpus/act.md" not in texts(settings, bag)


def test_build_index_rejects_too_many_chunks(settings: Settings, bag: BagOfWords, corpus: Path) -> None:
    (corpus / "long.txt").write_text("\n\n".join(LONG.format(n) * 9 for n in range(20)), "utf-8")
    strict = settings.model_copy(update={"max_document_chunks": 5})
    report = build_index(strict, model=bag)
    [file] = [file for file in report.files if file.verdict == "rejected"]
    assert (file.path, file.code) == ("long.txt", "too_many_chunks")
    assert "RAG_MAX_DOCUMENT_CHUNKS" in str(file.reason)
    assert counts(build_index(settings, model=bag)) == {
        "added": 1,
        "unchanged": 4,
    }  # under other limits it is read again


def test_build_index_rejects_vectors_that_are_no_numbers(settings: Settings, corpus: Path) -> None:
    class Broken(BagOfWords):
        def embed_passages(self, texts: object) -> object:  # type: ignore[override]
            vectors = super().embed_passages(texts)  # type: ignore[arg-type]
            for row, text in zip(vectors, texts, strict=True):  # type: ignore[call-overload]
                if "Tomatoes" in text:
                    row[3] = float("nan")
            return vectors

    report = build_index(settings, model=Broken())  # type: ignore[arg-type]
    assert counts(report) == {"added": 3, "rejected": 1}
    assert [(f.path, f.code) for f in report.files if f.verdict == "rejected"] == [("gardening.txt", "bad_vector")]


def test_build_index_shares_vectors_of_equal_files(settings: Settings, bag: BagOfWords, corpus: Path) -> None:
    build_index(settings, model=bag)
    (corpus / "copy.md").write_text(DOCUMENTS["act.md"], "utf-8")
    report = build_index(settings, model=bag)
    assert (counts(report), report.n_embedded) == ({"added": 1, "unchanged": 4}, 0)
    (corpus / "act.md").unlink()
    assert counts(build_index(settings, model=bag)) == {"deleted": 1, "unchanged": 4}
    assert "corpus/copy.md" in texts(settings, bag)


def test_build_index_dry_run_changes_nothing(settings: Settings, bag: BagOfWords, corpus: Path) -> None:
    assert counts(build_index(settings, model=bag, dry_run=True)) == {"added": 4}
    assert not settings.index_dir.exists()
    build_index(settings, model=bag)
    before = rows(settings)
    (corpus / "act.md").write_text("New text of the act.", "utf-8")
    (corpus / "plan.md").rename(corpus / "new.md")
    (corpus / "gardening.txt").unlink()
    (corpus / "empty.txt").write_bytes(b"")
    report = build_index(settings, model=bag, dry_run=True)
    assert counts(report) == {"updated": 1, "renamed": 1, "deleted": 1, "rejected": 1, "unchanged": 1}
    assert (report.n_embedded, report.n_documents) == (0, 4)
    assert rows(settings) == before


def test_build_index_reports_progress(settings: Settings, bag: BagOfWords) -> None:
    steps: list[IndexProgress] = []
    build_index(settings, steps.append, model=bag)
    assert steps[0] == IndexProgress(0, 0, "", "scan")
    assert [step.path for step in steps if step.stage == "read"] == [f"corpus/{name}" for name in sorted(DOCUMENTS)]
    assert {step.total for step in steps[1:]} == {4}
    assert [step.done for step in steps] == sorted(step.done for step in steps)


def test_build_index_stopped_keeps_whole_documents(settings: Settings, bag: BagOfWords) -> None:
    def stop(progress: IndexProgress) -> None:
        if progress.stage == "embed" and progress.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_index(settings, stop, model=bag)
    assert len(texts(settings, bag)) == 2
    n_embedded = bag.n_embedded
    assert counts(build_index(settings, model=bag)) == {"added": 2, "unchanged": 2}
    fresh = BagOfWords()
    build_index(settings.model_copy(update={"index_dir": settings.index_dir.with_name("fresh")}), model=fresh)
    assert fresh.n_embedded == bag.n_embedded
    assert n_embedded < bag.n_embedded


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


def test_no_index_is_said(settings: Settings, bag: BagOfWords) -> None:
    with pytest.raises(IndexNotFoundError, match="python -m rag index"):
        Index.open(settings, model=bag)
    with pytest.raises(IndexNotFoundError):
        get_document("corpus/act.md", settings)


def test_describe_index(small_settings: Settings, settings: Settings) -> None:
    info = describe_index(small_settings)
    assert (info.state, info.generation, info.engine, info.mode, info.missing) == (
        "ready",
        "gen-1",
        "exact",
        "extractive",
        (),
    )
    assert (info.n_documents, [root.n_documents for root in info.roots]) == (4, [4, 0, 0])
    assert info.passport is not None
    assert info.n_sentences >= info.n_chunks > 4
    none = describe_index(settings)
    assert (none.state, none.generation, none.passport, none.n_documents) == ("missing", None, None, 0)
    assert "python -m rag index" in none.missing[0]
    lost = describe_index(small_settings.model_copy(update={"embedding_model": "./nowhere"}))
    assert (lost.state, lost.embedding.available) == ("ready", False)
    assert "nowhere" in lost.missing[0]


def test_empty_corpus_makes_an_empty_index(settings: Settings, bag: BagOfWords) -> None:
    shutil.rmtree(settings.corpus_dir)
    settings.corpus_dir.mkdir()
    report = build_index(settings, model=bag)
    assert (counts(report), report.n_documents) == ({}, 0)
    with Index.open(settings, model=bag) as index:
        assert index.vectors.search(bag.embed_query("anything"), 5) == []
        assert index.store.lexical(["anyth"], 5) == []


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


def test_full_disk_costs_time_alone(settings: Settings, bag: BagOfWords, corpus: Path) -> None:
    # A file that may not grow stands for a full disk: the child can write so much to any one file.
    for n in range(20):
        (corpus / f"n{n}.txt").write_text("\n\n".join(LONG.format(n * 100 + i) * 3 for i in range(20)), "utf-8")
    build_index(settings, model=bag, rebuild=True)
    complete = texts(settings, bag)
    shutil.rmtree(settings.index_dir)
    program = (
        "import resource, sys; sys.path.insert(0, 'tests'); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2); "
        "from bag_of_words import BagOfWords; from rag import Settings, build_index, RagError\n"
        f"s = Settings(corpus_dir={str(corpus)!r}, index_dir={str(settings.index_dir)!r})\n"
        "try:\n build_index(s, model=BagOfWords())\n"
        "except RagError as exc:\n print(type(exc).__name__, exc); sys.exit(1)"
    )
    for kilobytes in (4, 40, 150, 400):
        done = subprocess.run(
            [sys.executable, "-c", program, str(kilobytes * 1024)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stdout.split(" ", 1)[0], done.stderr) == (1, "IndexStoreError", ""), done.stdout
        assert str(settings.index_dir) in done.stdout
        assert "bytes free" in done.stdout
        if kilobytes > 40:
            assert texts(settings, bag).items() <= complete.items()
        else:  # not even the tables fitted
            with pytest.raises(IndexNotFoundError):
                texts(settings, bag)
    build_index(settings, model=bag)
    assert texts(settings, bag) == complete


def error_of(use: Callable[[], object]) -> str | None:
    try:
        use()
    except RagError as exc:
        return str(exc)
    return None


def damage(path: Path, how: str) -> None:
    data = path.read_bytes()
    match how:
        case "delete":
            path.unlink()
        case "empty":
            path.write_bytes(b"")
        case "halve":
            path.write_bytes(data[: len(data) // 2])
        case "flip":
            middle = len(data) // 2
            path.write_bytes(data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :])
        case "noise":
            path.write_bytes(bytes((31 * i + 7) % 256 for i in range(len(data))))
        case "folder":
            path.unlink()
            path.mkdir()


@pytest.mark.parametrize("how", ["delete", "empty", "halve", "flip", "noise", "folder"])
@pytest.mark.parametrize("name", ["CURRENT", "lock", "gen-1/kihon.sqlite3", "gen-1/readers"])
def test_damage_ends_in_the_right_answer_or_a_clear_error(
    settings: Settings, bag: BagOfWords, name: str, how: str
) -> None:
    build_index(settings, model=bag)
    right = texts(settings, bag)
    path = settings.index_dir / name
    if path.stat().st_size == 0 and how in ("halve", "flip", "noise"):
        return  # nothing to damage
    damage(path, how)
    for use in (lambda: texts(settings, bag), lambda: build_index(settings, model=bag)):
        if (error := error_of(use)) is not None:
            assert str(settings.index_dir) in error
            assert "sqlite3." not in error
    if name != "lock" or how != "folder":
        build_index(settings, model=bag, rebuild=True)
        assert texts(settings, bag) == right


def test_model_that_cannot_be_had_is_said(settings: Settings) -> None:
    lost = settings.model_copy(update={"embedding_model": "./no-such-model"})
    with pytest.raises(RagError, match="no-such-model"):
        build_index(lost)
    assert not settings.index_dir.exists()


def test_bundled_model_finds_the_right_passage(small_index: Index, model: EmbeddingModel) -> None:
    [(key, cosine)] = small_index.vectors.search(model.embed_query("How often should I water my vegetables?"), 1)
    [stored] = small_index.store.chunks([key])
    assert stored.document_id == "corpus/gardening.txt"
    assert 0.2 < cosine < 1
    assert stored.sentence_vectors.shape == (len(stored.chunk.sentences), model.dimension)


def test_damaged_index_is_not_overwritten(settings: Settings, bag: BagOfWords) -> None:
    build_index(settings, model=bag)
    (settings.index_dir / "gen-1" / "kihon.sqlite3").write_bytes(b"")
    with pytest.raises(IndexDamagedError, match=r"kihon\.sqlite3.*--rebuild"):
        build_index(settings, model=bag)
    assert (settings.index_dir / "gen-1" / "kihon.sqlite3").read_bytes() == b""
