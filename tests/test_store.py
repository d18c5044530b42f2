"""The store: what is put in comes out, terms are matched as they are, a writer's failure leaves nothing behind."""

from __future__ import annotations

import math
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import pytest
from bag_of_words import BagOfWords
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rag.answer import FileReport
from rag.document import Chunk, Document, Page, Section, Source, Span
from rag.errors import IndexDamagedError, IndexStoreError
from rag.store.generation import new_generation, remove
from rag.store.passport import make_passport
from rag.store.reader import Store
from rag.store.selection import days
from rag.store.writer import PreparedChunk, PreparedDocument, StoreWriter

BAG = BagOfWords(dimension=16)


def document(name: str, text: str, **fields: object) -> Document:
    values = {"root": "corpus", "path": name, "format": "text", "title": name, "sha256": name} | fields
    return Document.model_validate({"document_id": f"{values['root']}/{name}", "text": text, **values})


def prepared(doc: Document, n_chunks: int = 1, terms: str | None = None) -> PreparedDocument:
    """A document cut into pieces of equal length, each with one sentence."""
    size = max(1, math.ceil(len(doc.text) / n_chunks))
    spans = [Span(start, min(start + size, len(doc.text))) for start in range(0, len(doc.text), size)]
    chunks = tuple(
        PreparedChunk(
            chunk=Chunk(start=s.start, end=s.end, context="about", section="A › B", page=1, sentences=(s,)),
            embedded=f"about\n{doc.text[s.start : s.end]}",
            sentences=(doc.text[s.start : s.end],),
            context_terms="about",
            body_terms=doc.text[s.start : s.end] if terms is None else terms,
        )
        for s in spans
    )
    return PreparedDocument(document=doc, boxes=b"boxes", title_terms="title", chunks=chunks)


def put(writer: StoreWriter, item: PreparedDocument) -> None:
    missing = writer.missing_vectors(item.embedded_texts())
    writer.put(item, dict(zip(missing, BAG.embed_passages([text[:40] for text in missing]), strict=True)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    generation = new_generation(tmp_path)
    StoreWriter(generation, make_passport(BAG)).close()
    return generation


def test_document_comes_back_as_it_was_put(folder: Path) -> None:
    doc = document(
        "a.pdf",
        "One two three.\nFour five.",
        title_ja="題",
        publisher="P",
        date="2025-12-23",
        url="https://example.org/a",
        language="en",
        kind="law",
        status="in force",
        note="n",
        sources=(Source(publisher="S", title="T"),),
        extra={"k": [1, None, "x"]},
        pages=(Page(number=1, start=0, end=14, width=10.5), Page(number=2, start=14, end=25)),
        sections=(Section(start=0, end=25, level=1, heading="H", path="H"),),
    )
    with StoreWriter(folder) as writer:
        put(writer, prepared(doc, 2))
    with Store(folder) as store:
        assert store.document("corpus/a.pdf") == doc
        assert store.document("corpus/b.pdf") is None
        assert (store.boxes("corpus/a.pdf"), store.boxes("corpus/b.pdf")) == (b"boxes", None)
        [record] = store.records()
        assert {**doc.model_dump(exclude={"text", "pages", "sections", "sources"})}.items() <= {
            field: getattr(record, field) for field in record.__slots__
        }.items()
        assert record.sources == doc.sources
        assert store.record(record.key) == record
        keys, owners, matrix = store.chunk_matrix()
        assert (len(keys), set(owners.tolist()), matrix.shape) == (2, {record.key}, (2, 16))
        second, first = store.chunks([int(keys[1]), int(keys[0])])
        assert (first.text + second.text, first.chunk.section) == (doc.text, "A › B")
        assert second.vector.tolist() == matrix[1].tolist()
        assert first.sentence_vectors.shape == (1, 16)
        assert (store.n_documents, store.n_chunks, store.n_sentences) == (1, 2, 2)
        assert store.check() == []


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60),
    n_chunks=st.integers(1, 5),
)
@example(text="a\0b が \U0001f469‍\U0001f680", n_chunks=2)
def test_any_text_comes_back(text: str, n_chunks: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        generation = new_generation(Path(place))
        doc = document("a.txt", text)
        with StoreWriter(generation, make_passport(BAG)) as writer:
            put(writer, prepared(doc, n_chunks))
        with Store(generation) as store:
            assert store.document("corpus/a.txt") == doc
            keys = store.chunk_keys(store.records()[0].key)
            chunks = store.chunks(keys)
            assert "".join(stored.text for stored in chunks) == text
            assert all(doc.text[c.chunk.start : c.chunk.end] == c.text for c in chunks)


def lexical(bodies: list[str], terms: list[str]) -> tuple[list[tuple[int, float]], dict[str, int]]:
    with tempfile.TemporaryDirectory() as place:
        generation = new_generation(Path(place))
        with StoreWriter(generation, make_passport(BAG)) as writer:
            for n, body in enumerate(bodies):
                put(writer, prepared(document(f"{n}", f"text {n}"), terms=body))
        with Store(generation) as store:
            return store.lexical(terms, 99), store.document_frequency(terms)


TERMS = st.sampled_from(
    ["plan", "計画", "画を", "1234", "3.5", "c++", 'a"b', "OR", "near(", "*", "-x", "col:y", "é", "ß", "が"]
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    bodies=st.lists(st.lists(TERMS, min_size=1, max_size=6), min_size=1, max_size=5), terms=st.lists(TERMS, max_size=4)
)
def test_terms_are_matched_as_they_are(bodies: list[list[str]], terms: list[str]) -> None:
    found, frequency = lexical([" ".join(body).casefold() for body in bodies], [term.casefold() for term in terms])
    wanted = {term.casefold() for term in terms}
    holding = {n + 1 for n, body in enumerate(bodies) if wanted & {term.casefold() for term in body}}
    assert {key for key, _ in found} == holding
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    assert all(score >= 0 for _, score in found)
    assert frequency == {term: sum(term in {other.casefold() for other in body} for body in bodies) for term in wanted}


def test_lexical_scores_are_bm25() -> None:
    """Against the formula in FTS5's documentation, over one column (the others hold the same everywhere)."""
    bodies = ["robot tokyo plan", "robot robot budget plan law", "law law", "research cabinet law policy", "tea"]
    terms = ["robot", "tokyo"]
    found, _ = lexical(bodies, terms)
    lengths = [len(body.split()) + 2 for body in bodies]  # with title and context, a term each
    mean = sum(lengths) / len(lengths)
    expected = {}
    for n, body in enumerate(bodies):
        counts, score = Counter(body.split()), 0.0
        for term in terms:
            holding = sum(term in other.split() for other in bodies)
            idf = math.log((len(bodies) - holding + 0.5) / (holding + 0.5))
            tf = counts[term]
            score += max(idf, 1e-6) * tf * 2.2 / (tf + 1.2 * (1 - 0.75 + 0.75 * lengths[n] / mean))
        if score:
            expected[n + 1] = score
    assert dict(found) == pytest.approx(expected)


def test_filter_comes_before_ranking(folder: Path) -> None:
    with StoreWriter(folder) as writer:
        for n in range(30):
            put(
                writer,
                prepared(document(f"{n:02}", f"text {n}", kind="law" if n >= 28 else "plan"), terms="plan " * (30 - n)),
            )
    with Store(folder) as store:
        laws = store.select_documents({"kind": "law"})
        assert laws is not None
        assert [key for key, _ in store.lexical(["plan"], 5, laws)] == [29, 30]
        scores = dict(store.lexical(["plan"], 99))
        assert store.lexical_scores(["plan"], [29, 3, 999]) == {29: scores[29], 3: scores[3]}
        assert store.lexical(["plan"], 5, []) == []
        assert store.lexical(["plan"], 0) == []
        assert store.lexical([], 5) == []
        assert store.lexical_scores(["plan"], []) == {}


def test_select_documents(folder: Path) -> None:
    dates = {"a": "2025-12-23", "b": "2025-12", "c": "2026", "d": None, "e": "2026-07-14"}
    with StoreWriter(folder) as writer:
        for n, (name, date) in enumerate(dates.items()):
            put(writer, prepared(document(name, f"text {n}", date=date, language="ja" if name == "d" else "en")))
    with Store(folder) as store:

        def selected(**wanted: object) -> str:
            return "".join(r.path for r in store.records() if r.key in (store.select_documents(wanted) or []))

        assert store.select_documents(None) is None
        assert selected() == "abcde"
        assert selected(language="ja") == "d"
        assert selected(language=["en", "ja"], document_id=["corpus/a", "corpus/d", "corpus/x"]) == "ad"
        assert selected(date_from="2025-12-24") == "bce"
        assert selected(date_from="2025-12-24", date_to="2026-06") == "bc"
        assert selected(date_to="2025-12-22") == "b"
        assert selected(date_from="2025", date_to="2025") == "ab"
        assert selected(root="uploads") == ""
        with pytest.raises(ValueError, match="colour"):
            selected(colour="red")


@pytest.mark.parametrize(
    ("date", "first", "last"),
    [
        ("2025-12-23", "2025-12-23", "2025-12-23"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2025", "2025-01-01", "2025-12-31"),
        ("2025-13", None, None),
        ("autumn 2025", None, None),
        (None, None, None),
    ],
)
def test_days(date: str | None, first: str | None, last: str | None) -> None:
    assert days(date) == (first, last)


def test_failed_put_leaves_the_document_as_it_was(folder: Path) -> None:
    with StoreWriter(folder) as writer:
        put(writer, prepared(document("a", "the old text")))
        with Store(folder) as store:
            revision = store.revision
        with pytest.raises(IndexStoreError):
            writer.put(prepared(document("a", "the new text")), {})  # its vectors are missing
        put(writer, prepared(document("b", "another")))
    with Store(folder) as store:
        texts = {record.path: store.document(record.document_id) for record in store.records()}
        assert {path: doc.text for path, doc in texts.items() if doc} == {"a": "the old text", "b": "another"}
        assert store.revision == revision + 1
        assert store.check() == []


def test_keys_are_never_used_twice(folder: Path) -> None:
    seen: set[int] = set()
    with StoreWriter(folder) as writer, Store(folder) as store:
        for n in range(5):
            put(writer, prepared(document("a", f"text {n}"), 3))
            keys = set(store.chunk_matrix().keys.tolist())
            assert not keys & seen
            seen |= keys
            if n % 2:
                writer.delete("corpus/a")
                assert store.chunk_matrix().keys.size == 0
                assert store.chunks(sorted(keys)) == []


def test_chunk_matrix_equals_a_fresh_one(folder: Path) -> None:
    with StoreWriter(folder) as writer, Store(folder) as store:
        for n in range(12):
            put(writer, prepared(document(f"{n % 5}", f"some text {n} " * 5), 1 + n % 4))
            if n % 3 == 2:
                writer.delete(f"corpus/{(n + 2) % 5}")
            with Store(folder) as fresh:
                for kept, read in zip(store.chunk_matrix(), fresh.chunk_matrix(), strict=True):
                    np.testing.assert_array_equal(kept, read)


def test_refusals_hold_under_their_limits_only(folder: Path) -> None:
    report = FileReport(path="a/b.md", root="uploads", verdict="rejected", code="empty", reason="Nothing in it.")
    with StoreWriter(folder) as writer:
        writer.refuse(report, "hash", "limits")
        assert writer.refusal("uploads/a/b.md", "hash", "limits") == report
        assert writer.refusal("uploads/a/b.md", "other", "limits") is None
        assert writer.refusal("uploads/a/b.md", "hash", "other") is None
        writer.forget_refusals({"uploads/a/b.md"})
        assert writer.refusal("uploads/a/b.md", "hash", "limits") == report
        writer.forget_refusals(set())
        assert writer.refusal("uploads/a/b.md", "hash", "limits") is None


def read_all(folder: Path) -> None:
    with Store(folder) as store:
        store.document("corpus/a")
        store.chunk_matrix()
        store.lexical(["x"], 1)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE documents SET text = text || '!'", "not what was stored"),
        ("DELETE FROM documents", "1 documents and 1 chunks expected, 0 and"),
        ("DELETE FROM chunks", "1 documents and 1 chunks expected, 1 and 0 found"),
        ("DELETE FROM passport WHERE field = 'embedding_identity'", "passport is not whole"),
        ("DELETE FROM vectors", "usable vectors"),
        ("UPDATE vectors SET value = x'00000000'", "a vector has not 16 numbers"),
        ("DROP TABLE state", "state"),
        ("DROP TABLE lexical", "lexical"),
    ],
)
def test_contradictions_are_said(folder: Path, sql: str, words: str) -> None:
    with StoreWriter(folder) as writer:
        put(writer, prepared(document("a", "some text")))
    db = sqlite3.connect(folder / "kihon.sqlite3")
    db.execute(sql)
    db.commit()
    db.close()
    with pytest.raises(IndexDamagedError, match=f"{words}.*--rebuild"):
        read_all(folder)


def test_open_generation_is_not_removed(folder: Path) -> None:
    with StoreWriter(folder) as writer:
        put(writer, prepared(document("a", "some text")))
    store = Store(folder)
    assert not remove(folder)
    other = store
    del store
    assert not remove(folder)
    assert other.n_documents == 1
    del other  # not closed, only let go
    assert remove(folder)
    assert not folder.exists()


def test_sealed_index_is_read_and_not_written() -> None:
    # Not in pytest's folder, which is closed to others.
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        folder = new_generation(Path(place))
        with StoreWriter(folder, make_passport(BAG)) as writer:
            put(writer, prepared(document("a", "some text"), terms="word"))
        for path in (folder, *folder.iterdir()):
            path.chmod(0o555 if path.is_dir() else 0o444)
        program = (
            "import os, sys; from pathlib import Path; from rag import RagError; from rag.store.reader import Store\n"
            "from rag.store.writer import StoreWriter; folder = Path(sys.argv[1]); nobody = 65534\n"
            "if os.getuid() == 0: os.setuid(nobody)\n"  # root may write everything
            "store = Store(folder)\n"
            "print(store.document('corpus/a').text, len(store.lexical(['word'], 5)), len(store.chunk_matrix().keys))\n"
            "try:\n StoreWriter(folder).delete('corpus/a')\n"
            "except RagError as exc:\n print('no permission' in str(exc), str(folder) in str(exc))"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, folder], capture_output=True, text=True, check=False, timeout=60
        )
        folder.chmod(0o755)
        assert (done.stdout.splitlines(), done.stderr) == (["some text 1 1", "True True"], "")


def test_compacting_takes_out_the_copies_that_moving_rows_left(folder: Path) -> None:
    """`secure_delete` alone leaves some here: SQLite moves rows between pages and forgets where they were."""
    random = Random(2)
    with StoreWriter(folder) as writer:
        living: list[str] = []
        for number in range(120):
            word = "Quobble" if number % 2 else "plain"
            name = f"{word}-{random.randbytes(random.choice([9, 90, 300, 700])).hex()}"
            put(writer, prepared(document(name, f"{word} {'x' * random.choice([20, 200, 600, 1500])}")))
            living.append(name)
            if number % 2 == 0:
                writer.delete(f"corpus/{living.pop(random.randrange(len(living)))}")
        for name in living:
            if name.startswith("Quobble"):
                writer.delete(f"corpus/{name}")
        writer.sweep()
        assert writer.compact()
        assert b"Quobble" not in writer.path.read_bytes()
        assert writer.path.with_name(f"{writer.path.name}-wal").stat().st_size == 0


def test_compacting_says_that_a_reader_keeps_the_log(folder: Path) -> None:
    with Store(folder) as store, StoreWriter(folder) as writer:
        writer._db.execute("PRAGMA busy_timeout = 50")
        put(writer, prepared(document("a.txt", "some text")))
        with store._reading() as db:
            assert db.execute("SELECT count(*) FROM documents").fetchone() == (1,)
            assert not writer.compact()
        assert writer.compact()
