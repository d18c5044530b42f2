"""The store, read: documents, chunks, vectors and the lexical index of one SQLite file. Writing: `rag.store.writer`."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import weakref
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from rag.answer import FileReport
from rag.config import Root
from rag.document import Chunk, Document, Source, Span
from rag.embedding.model import Vector
from rag.store.connections import Connections
from rag.store.generation import hold
from rag.store.passport import Passport, read_passport
from rag.store.schema import STORE_NAME, damaged, refusal_report, translated
from rag.store.selection import select_sql
from rag.store.soundness import contradictions, miscounted
from rag.text.surrogates import without_surrogates


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRecord:
    """What is known about a document, without its text; fields as in `Document`."""

    key: int
    document_id: str
    root: Root
    path: str
    format: str
    sha256: str
    title: str
    title_ja: str | None = None
    publisher: str | None = None
    date: str | None = None
    url: str | None = None
    language: str | None = None
    kind: str | None = None
    status: str | None = None
    replaces: str | None = None
    replaced_by: str | None = None
    retrieved: str | None = None
    note: str | None = None
    sources: tuple[Source, ...] = ()
    extra: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredChunk:
    """A chunk as stored; under one `key` nothing of it ever changes.

    Attributes:
        text: `document.text[chunk.start:chunk.end]`.
        vector: `(dimension,)` float32, length 1.
        sentence_vectors: `(len(chunk.sentences), dimension)` float32, rows of length 1.
    """

    key: int
    document_key: int
    document_id: str
    chunk: Chunk
    text: str
    vector: Vector = field(repr=False, compare=False)
    sentence_vectors: Vector = field(repr=False, compare=False)


class ChunkMatrix(NamedTuple):
    """All chunk vectors, by ascending key: `keys` and `document_keys` `(n,)`, `matrix` `(n, dimension)`."""

    keys: NDArray[np.int64]
    document_keys: NDArray[np.int64]
    matrix: Vector


class Store:
    """One generation's SQLite file, read. Safe to share between threads; each call sees whole documents only.

    While it is open, or anything still refers to it, the generation's folder is not removed.

    Args:
        folder: The generation's folder.

    Raises:
        IndexDamagedError: If the file is missing, unreadable or contradicts itself.
        IndexMismatchError: If another version of this program made it.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / STORE_NAME
        with translated(self.path):
            self._pool = Connections(self.path, hold(folder))
        self._finalizer = weakref.finalize(self, self._pool.close)
        self._caching = threading.Lock()
        self._matrix: tuple[int, ChunkMatrix] | None = None
        self._records: tuple[int, dict[int, DocumentRecord]] | None = None
        try:
            with self._reading() as db:
                stored = {field: json.loads(value) for field, value in db.execute("SELECT * FROM passport")}
                self.passport: Passport = read_passport(stored, repr(str(self.path)))
                self.index_id: str = db.execute("SELECT index_id FROM state").fetchone()[0]
                if (contradiction := miscounted(db)) is not None:
                    raise damaged(self.path, contradiction)
            self._inode = self.path.stat().st_ino
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the idle connections; one that a thread still reads from closes when that thread is done."""
        self._finalizer()

    def is_in_place(self) -> bool:
        """Whether the file that was opened is the one that lies at its path now."""
        try:
            return self.path.stat().st_ino == self._inode
        except OSError:
            return False

    @property
    def revision(self) -> int:
        """Grows with each committed change, in whichever process."""
        return int(self._row("SELECT revision FROM state")[0])

    @property
    def n_documents(self) -> int:
        return int(self._row("SELECT n_documents FROM state")[0])

    @property
    def n_chunks(self) -> int:
        return int(self._row("SELECT n_chunks FROM state")[0])

    @property
    def n_sentences(self) -> int:
        return int(self._row("SELECT count(*) FROM sentences")[0])

    def documents_by_root(self) -> dict[str, int]:
        """Number of documents of each root that has any."""
        with self._reading() as db:
            return dict(db.execute("SELECT root, count(*) FROM documents GROUP BY root ORDER BY root"))

    def document(self, document_id: str) -> Document | None:
        """The document with its text, or `None`.

        Raises:
            IndexDamagedError: If its text is not what was stored.
        """
        if document_id != without_surrogates(document_id):
            return None  # no document has such an id, and SQLite cannot be asked for it
        row = self._row(
            "SELECT metadata, layout, text, text_sha256 FROM documents WHERE document_id = ?", document_id, some=False
        )
        if row is None:
            return None
        metadata, layout, text, digest = row
        document = Document.model_validate({**json.loads(metadata), **json.loads(layout), "text": text})
        if document.text_sha256 != digest:
            raise damaged(self.path, f"the text of {document_id!r} is not what was stored")
        return document

    def sizes(self) -> dict[int, tuple[int, int]]:
        """Pages (0 for a format without any) and chunks of every document, by its key."""
        with self._reading() as db:
            rows = db.execute(
                "SELECT d.key, json_array_length(d.layout, '$.pages'), count(c.key) FROM documents d "
                "LEFT JOIN chunks c ON c.document_key = d.key GROUP BY d.key"
            )
            return {key: (n_pages, n_chunks) for key, n_pages, n_chunks in rows}

    def refusals(self) -> dict[str, FileReport]:
        """The verdict on every file that was read and not indexed, by what would be its document's id."""
        with self._reading() as db:
            rows = db.execute("SELECT document_id, verdict, code, reason FROM refusals ORDER BY document_id")
            return {row[0]: refusal_report(*row) for row in rows}

    def boxes(self, document_id: str) -> bytes | None:
        """Character boxes of a document as its loader packed them (zlib, float32 `(n_chars, 4)`), or `None`."""
        row = self._row("SELECT boxes FROM documents WHERE document_id = ?", document_id, some=False)
        return None if row is None else row[0]

    def records(self) -> list[DocumentRecord]:
        """All documents without their text, by key."""
        return list(self._records_by_key().values())

    def record(self, document_key: int) -> DocumentRecord | None:
        """One document without its text, or `None`."""
        return self._records_by_key().get(document_key)

    def select_documents(self, wanted: BaseModel | Mapping[str, object] | None) -> list[int] | None:
        """Keys of the documents that a filter selects, ascending; `None` where there is no filter."""
        if wanted is None:
            return None
        condition, parameters = select_sql(wanted)
        with self._reading() as db:
            # Names of columns come from our own list, values go as parameters.
            rows = db.execute(f"SELECT key FROM documents WHERE {condition} ORDER BY key", parameters)  # noqa: S608
            return [key for (key,) in rows]

    def chunks(self, keys: Sequence[int]) -> list[StoredChunk]:
        """The chunks with these keys, in this order; one deleted meanwhile is left out."""
        wanted = json.dumps([int(key) for key in keys])
        with self._reading() as db:
            rows = db.execute(
                "SELECT c.key, c.document_key, d.document_id, c.start, c.end, c.context, c.section, c.page, c.text, "
                "v.value FROM json_each(?) w JOIN chunks c ON c.key = w.value "
                "JOIN documents d ON d.key = c.document_key JOIN vectors v ON v.id = c.vector",
                [wanted],
            ).fetchall()
            sentences = db.execute(
                "SELECT s.chunk_key, s.start, s.end, v.value FROM json_each(?) w "
                "JOIN sentences s ON s.chunk_key = w.value JOIN vectors v ON v.id = s.vector "
                "ORDER BY s.chunk_key, s.ordinal",
                [wanted],
            ).fetchall()
        spans: dict[int, list[tuple[Span, bytes]]] = {}
        for key, start, end, value in sentences:
            spans.setdefault(key, []).append((Span(start, end), value))
        found = {row[0]: self._stored_chunk(row, spans.get(row[0], [])) for row in rows}
        return [found[key] for key in keys if key in found]

    def chunk_keys(self, document_key: int) -> list[int]:
        """Keys of a document's chunks in the order of its text."""
        with self._reading() as db:
            rows = db.execute("SELECT key FROM chunks WHERE document_key = ? ORDER BY start, key", [document_key])
            return [key for (key,) in rows]

    def chunk_matrix(self) -> ChunkMatrix:
        """All chunk vectors, kept until the revision moves; then only new ones are read."""
        with self._caching:
            with self._reading() as db:
                revision = db.execute("SELECT revision FROM state").fetchone()[0]
                if self._matrix is None or self._matrix[0] != revision:
                    self._matrix = (revision, self._load_matrix(db, self._matrix[1] if self._matrix else None))
            return self._matrix[1]

    def vectors(self, keys: Sequence[int]) -> tuple[list[int], Vector]:
        """Those of the keys that exist, ascending, and their vectors `(n, dim)`."""
        with self._reading() as db:
            rows = db.execute(
                "SELECT c.key, v.value FROM json_each(?) w JOIN chunks c ON c.key = w.value "
                "JOIN vectors v ON v.id = c.vector ORDER BY c.key",
                [json.dumps([int(key) for key in keys])],
            ).fetchall()
        return [key for key, _ in rows], self._stack([value for _, value in rows])

    def lexical(
        self,
        terms: Sequence[str],
        k: int,
        document_keys: Collection[int] | None = None,
        *,
        weights: tuple[float, float, float] = (1.0, 1.0, 1.0),
    ) -> list[tuple[int, float]]:
        """The k best chunks by BM25 over any of the terms, as (chunk key, score), higher is better, best first.

        Args:
            terms: As `rag.text.analysis.analyse` gives them.
            k: Most chunks, >= 0.
            document_keys: Only chunks of these documents compete; `None` for all.
            weights: Of title, context and body.

        Reference: SQLite FTS5, `bm25()`: k1 = 1.2, b = 0.75, smaller is better there.
        """
        if not terms or k < 1 or (document_keys is not None and not document_keys):
            return []
        inside = "" if document_keys is None else "AND rowid IN (SELECT key FROM chunks WHERE document_key IN wanted)"
        sql = (
            "WITH wanted AS (SELECT value FROM json_each(?)) SELECT rowid, -bm25(lexical, ?, ?, ?) AS score "  # noqa: S608
            f"FROM lexical WHERE lexical MATCH ? {inside} ORDER BY score DESC, rowid LIMIT ?"
        )
        keys = json.dumps(sorted(document_keys or ()))
        with self._reading() as db:
            return db.execute(sql, [keys, *weights, _match(terms), k]).fetchall()

    def lexical_scores(
        self,
        terms: Sequence[str],
        chunk_keys: Collection[int],
        *,
        weights: tuple[float, float, float] = (1.0, 1.0, 1.0),
    ) -> dict[int, float]:
        """BM25 of given chunks, as in `lexical`; chunks without any of the terms are left out."""
        if not terms or not chunk_keys:
            return {}
        with self._reading() as db:
            rows = db.execute(
                "SELECT rowid, -bm25(lexical, ?, ?, ?) FROM lexical WHERE lexical MATCH ? "
                "AND rowid IN (SELECT value FROM json_each(?))",
                [*weights, _match(terms), json.dumps([int(key) for key in chunk_keys])],
            )
            return dict(rows.fetchall())

    def document_frequency(self, terms: Sequence[str]) -> dict[str, int]:
        """In how many chunks (title and context included) each term stands; 0 where in none."""
        with self._reading() as db:
            rows = db.execute(
                "SELECT term, doc FROM lexical_terms WHERE term IN (SELECT value FROM json_each(?))",
                [json.dumps(list(terms))],
            )
            known: dict[str, int] = dict(rows.fetchall())
        return {term: known.get(term, 0) for term in terms}

    def check(self) -> list[str]:
        """What contradicts itself in the whole file, as sentences; empty when it is sound. Reads every page."""
        with self._reading() as db:
            return contradictions(db)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with translated(self.path), self._pool.connection() as db:
            db.execute("BEGIN")
            try:
                yield db
            finally:
                db.rollback()

    def _row(self, sql: str, *parameters: object, some: bool = True) -> Any:
        with self._reading() as db:
            row = db.execute(sql, parameters).fetchone()
        if row is None and some:
            raise damaged(self.path, "its state is missing")
        return row

    def _records_by_key(self) -> dict[int, DocumentRecord]:
        with self._caching:
            with self._reading() as db:
                revision = db.execute("SELECT revision FROM state").fetchone()[0]
                if self._records is None or self._records[0] != revision:
                    rows = db.execute("SELECT key, metadata FROM documents ORDER BY key")
                    self._records = (revision, {key: _record(key, json.loads(metadata)) for key, metadata in rows})
            return self._records[1]

    def _load_matrix(self, db: sqlite3.Connection, before: ChunkMatrix | None) -> ChunkMatrix:
        # Keys only grow and their vectors never change: what was read before is kept, less what is gone.
        newest = int(before.keys[-1]) if before is not None and before.keys.size else 0
        listed = np.array(db.execute("SELECT key, document_key FROM chunks ORDER BY key").fetchall(), dtype=np.int64)
        listed = listed.reshape(-1, 2)
        rows = db.execute(
            "SELECT v.value FROM chunks c JOIN vectors v ON v.id = c.vector WHERE c.key > ? ORDER BY c.key", [newest]
        ).fetchall()
        matrix = self._stack([value for (value,) in rows])
        if before is not None and before.keys.size:
            kept = before.matrix[np.isin(before.keys, listed[:, 0], assume_unique=True)]
            matrix = np.concatenate([kept, matrix])
        if len(matrix) != len(listed) or not np.isfinite(matrix).all():
            raise damaged(self.path, f"{len(listed)} chunks expected to have usable vectors, {len(matrix)} found")
        return ChunkMatrix(listed[:, 0].copy(), listed[:, 1].copy(), matrix)

    def _stored_chunk(self, row: tuple[Any, ...], spans: list[tuple[Span, bytes]]) -> StoredChunk:
        key, document_key, document_id, start, end, context, section, page, text, value = row
        return StoredChunk(
            key=key,
            document_key=document_key,
            document_id=document_id,
            chunk=Chunk(
                start=start,
                end=end,
                context=context,
                section=section,
                page=page,
                sentences=tuple(span for span, _ in spans),
            ),
            text=text,
            vector=self._stack([value])[0],
            sentence_vectors=self._stack([value for _, value in spans]),
        )

    def _stack(self, values: list[bytes]) -> Vector:
        dimension = self.passport.embedding_dimension
        if any(len(value) != 4 * dimension for value in values):
            raise damaged(self.path, f"a vector has not {dimension} numbers")
        flat: Vector = np.frombuffer(b"".join(values), dtype="<f4").astype(np.float32, copy=False)
        return flat.reshape(len(values), dimension)


def _match(terms: Sequence[str]) -> str:
    # Quoted, a term is a string to FTS5 whatever it holds: no operator of its query language gets through.
    return " OR ".join('"' + term.replace('"', '""') + '"' for term in dict.fromkeys(terms))


def _record(key: int, metadata: dict[str, Any]) -> DocumentRecord:
    sources = tuple(Source.model_validate(source) for source in metadata.pop("sources", ()))
    return DocumentRecord(key=key, sources=sources, **metadata)
