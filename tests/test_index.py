"""Building an index and opening it: what changes, what stays, what is refused."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from bag_of_words import BagOfWords
from built_index import LONG, counts, texts
from built_index import bag as bag  # fixtures
from built_index import settings as settings
from conftest import DOCUMENTS

from rag.config import Settings
from rag.embedding.model import EmbeddingModel
from rag.errors import (
    CorpusError,
    IndexNotFoundError,
    RagError,
)
from rag.index.build import IndexProgress, build_index
from rag.index.description import describe_index
from rag.index.opening import Index, get_document


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
