"""The store, written: one transaction a document, so that a reader or a kill sees it wholly or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rag.answer import FileReport
from rag.config import Root
from rag.document import Chunk, Document
from rag.embedding.model import Vector
from rag.loading.loader import LOADER_VERSION
from rag.store.passport import Passport
from rag.store.schema import STORE_NAME, connect, create, refusal_report, translated
from rag.store.selection import days

_APART = {"text", "pages", "sections"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedChunk:
    """A chunk ready to be stored.

    Attributes:
        embedded: Text whose vector is the chunk's.
        sentences: Texts whose vectors are its sentences', one for each of `chunk.sentences`.
        context_terms: Search terms of the context, joined by spaces.
        body_terms: Search terms of the text, joined by spaces.
    """

    chunk: Chunk
    embedded: str
    sentences: tuple[str, ...]
    context_terms: str
    body_terms: str

    def embedded_texts(self) -> tuple[str, ...]:
        return (self.embedded, *self.sentences)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedDocument:
    """A document ready to be stored, less the vectors; `title_terms` are search terms joined by spaces."""

    document: Document
    boxes: bytes | None
    title_terms: str
    chunks: tuple[PreparedChunk, ...]

    def embedded_texts(self) -> list[str]:
        """Every text that needs a vector, each once, in reading order."""
        return list(dict.fromkeys(text for chunk in self.chunks for text in chunk.embedded_texts()))


@dataclass(frozen=True, slots=True)
class Indexed:
    """What the store knows of an indexed file: `sha256` of its bytes, version of the loader that read them, and of a
    fetched one what it is described with."""

    root: Root
    path: str
    sha256: str
    loader_version: int
    fields: Mapping[str, Any] = field(default_factory=dict)


class StoreWriter:
    """The one writer of a generation's file; its caller holds the index's lock. Used by one thread.

    Raises:
        IndexStoreError: From any method, if the file cannot be read or written; nothing of that call is kept then.
    """

    def __init__(self, folder: Path, passport: Passport | None = None) -> None:
        """Open the file in `folder`, or make it there where a passport is given."""
        self.path = folder / STORE_NAME
        with translated(self.path):
            self._db = connect(self.path, writable=True) if passport is None else create(self.path)
        if passport is not None:
            self._begin_file(passport)

    def __enter__(self) -> StoreWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with translated(self.path):
            self._db.close()

    def indexed(self) -> dict[str, Indexed]:
        """Every indexed file by `document_id`."""
        with translated(self.path):
            rows = self._db.execute(
                "SELECT document_id, root, path, sha256, loader_version, "
                "CASE root WHEN 'fetched' THEN metadata ELSE '{}' END FROM documents ORDER BY key"
            )
            return {
                document_id: Indexed(root, path, sha256, loader_version, json.loads(fields))
                for document_id, root, path, sha256, loader_version, fields in rows
            }

    def refusal(self, document_id: str, sha256: str, limits: str) -> FileReport | None:
        """The verdict on a file with these bytes that was not indexed under the same limits, or `None`."""
        with translated(self.path):
            row = self._db.execute(
                "SELECT document_id, verdict, code, reason FROM refusals "
                "WHERE document_id = ? AND sha256 = ? AND limits = ?",
                [document_id, sha256, limits],
            ).fetchone()
        return None if row is None else refusal_report(*row)

    def missing_vectors(self, texts: Iterable[str]) -> list[str]:
        """Those of the texts whose vectors are not stored."""
        with translated(self.path):
            return [text for text in texts if self._vector_id(text) is None]

    def put(self, prepared: PreparedDocument, vectors: Mapping[str, Vector]) -> None:
        """Store a document in place of what stood under its id; `vectors` holds those that are missing."""
        document = prepared.document
        with self._writing() as db:
            replaced = self._remove(document.document_id)
            db.execute("DELETE FROM refusals WHERE document_id = ?", [document.document_id])
            for text, vector in vectors.items():
                value = np.ascontiguousarray(vector, dtype="<f4").tobytes()
                db.execute("INSERT OR IGNORE INTO vectors (hash, value) VALUES (?, ?)", [_hash(text), value])
            key = self._insert_document(prepared)
            for chunk in prepared.chunks:
                self._insert_chunk(key, chunk, document, prepared.title_terms)
            self._advance(1, len(prepared.chunks), unswept=replaced)

    def rename(self, document_id: str, document: Document, boxes: bytes | None, title_terms: str) -> None:
        """Give an indexed document of the same text a new id, path and title; its chunks and their keys stay."""
        row = _document_row(document, boxes)
        assignments = ", ".join(f"{column} = ?" for column in row)
        with self._writing() as db:
            db.execute("DELETE FROM refusals WHERE document_id = ?", [row["document_id"]])
            # Columns are our own names.
            db.execute(f"UPDATE documents SET {assignments} WHERE document_id = ?", [*row.values(), document_id])  # noqa: S608
            db.execute(
                "UPDATE lexical SET title = ? WHERE rowid IN (SELECT c.key FROM chunks c "
                "JOIN documents d ON d.key = c.document_key WHERE d.document_id = ?)",
                [title_terms, row["document_id"]],
            )
            self._advance(0, 0, unswept=True)

    def delete(self, document_id: str) -> None:
        """Remove a document with all that is kept of it; its vectors go with the next `sweep`."""
        with self._writing() as db:
            db.execute("DELETE FROM refusals WHERE document_id = ?", [document_id])
            if self._remove(document_id):
                self._advance(0, 0, unswept=True)

    def refuse(self, report: FileReport, sha256: str, limits: str) -> None:
        """Remember why a file is not indexed; what was indexed of it before goes away."""
        document_id = f"{report.root}/{report.path}"
        with self._writing() as db:
            if self._remove(document_id):
                self._advance(0, 0, unswept=True)
            db.execute(
                "INSERT OR REPLACE INTO refusals VALUES (?, ?, ?, ?, ?, ?)",
                [document_id, sha256, limits, report.verdict, report.code, report.reason],
            )

    def forget_refusals(self, present: Iterable[str]) -> None:
        """Drop remembered verdicts on files that are not among the present ones."""
        with self._writing() as db:
            db.execute(
                "DELETE FROM refusals WHERE document_id NOT IN (SELECT value FROM json_each(?))",
                [json.dumps(list(present))],
            )

    def sweep(self) -> bool:
        """Take vectors and search terms of deleted text out of the file; false where there was nothing to do."""
        with translated(self.path):
            if not self._db.execute("SELECT unswept FROM state").fetchone()[0]:
                return False
        with self._writing() as db:
            db.execute(
                "DELETE FROM vectors WHERE id NOT IN (SELECT vector FROM chunks UNION SELECT vector FROM sentences)"
            )
            # A deleted row's terms stay in FTS5's segments until they are merged.
            db.execute("INSERT INTO lexical (lexical) VALUES ('optimize')")
            db.execute("UPDATE state SET unswept = 0")
        with translated(self.path):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return True

    def compact(self) -> bool:
        """Write the file anew and empty its log, so that nothing that was deleted is left in any page.

        `secure_delete` fills with zeros what is deleted, but copies of a row stay where SQLite has moved rows between
        pages before.

        Returns:
            Whether the log could be emptied; a reader that does not end keeps it.
        """
        with translated(self.path):
            self._db.execute("VACUUM")
            is_busy, _, _ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not is_busy

    def counts(self) -> tuple[int, int]:
        """Documents and chunks in the file."""
        with translated(self.path):
            documents, chunks = self._db.execute("SELECT n_documents, n_chunks FROM state").fetchone()
        return documents, chunks

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with translated(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.commit()
            finally:
                # After an error, Ctrl-C included; a full disk has rolled back by itself already.
                if self._db.in_transaction:
                    self._db.rollback()

    def _begin_file(self, passport: Passport) -> None:
        with self._writing() as db:
            for field, value in passport.model_dump(mode="json").items():
                db.execute("INSERT INTO passport VALUES (?, ?)", [field, json.dumps(value, ensure_ascii=False)])
            db.execute("INSERT INTO state VALUES (1, ?, 1, 0, 0, 0)", [uuid.uuid4().hex])

    def _vector_id(self, text: str) -> int | None:
        row = self._db.execute("SELECT id FROM vectors WHERE hash = ?", [_hash(text)]).fetchone()
        return None if row is None else row[0]

    def _insert_document(self, prepared: PreparedDocument) -> int:
        row = _document_row(prepared.document, prepared.boxes)
        sql = f"INSERT INTO documents ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"  # noqa: S608 - our names
        key = self._db.execute(sql, list(row.values())).lastrowid
        assert key is not None
        return key

    def _insert_chunk(self, document_key: int, prepared: PreparedChunk, document: Document, title_terms: str) -> None:
        chunk = prepared.chunk
        text = document.text[chunk.start : chunk.end]
        key = self._db.execute(
            'INSERT INTO chunks (document_key, start, "end", context, section, page, text, vector) '
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                document_key,
                chunk.start,
                chunk.end,
                chunk.context,
                chunk.section,
                chunk.page,
                text,
                self._vector_id(prepared.embedded),
            ],
        ).lastrowid
        for ordinal, (span, sentence) in enumerate(zip(chunk.sentences, prepared.sentences, strict=True)):
            self._db.execute(
                "INSERT INTO sentences VALUES (?, ?, ?, ?, ?)",
                [key, ordinal, span.start, span.end, self._vector_id(sentence)],
            )
        self._db.execute(
            "INSERT INTO lexical (rowid, title, context, body) VALUES (?, ?, ?, ?)",
            [key, title_terms, prepared.context_terms, prepared.body_terms],
        )

    def _remove(self, document_id: str) -> bool:
        row = self._db.execute("SELECT key FROM documents WHERE document_id = ?", [document_id]).fetchone()
        if row is None:
            return False
        self._db.execute("DELETE FROM lexical WHERE rowid IN (SELECT key FROM chunks WHERE document_key = ?)", row)
        n_chunks = self._db.execute("DELETE FROM chunks WHERE document_key = ?", row).rowcount
        self._db.execute("DELETE FROM documents WHERE key = ?", row)
        self._db.execute("UPDATE state SET n_documents = n_documents - 1, n_chunks = n_chunks - ?", [n_chunks])
        return True

    def _advance(self, n_documents: int, n_chunks: int, *, unswept: bool) -> None:
        self._db.execute(
            "UPDATE state SET revision = revision + 1, n_documents = n_documents + ?, n_chunks = n_chunks + ?, "
            "unswept = max(unswept, ?)",
            [n_documents, n_chunks, unswept],
        )


def _document_row(document: Document, boxes: bytes | None) -> dict[str, object]:
    layout = document.model_dump(mode="json", include={"pages", "sections"})
    first_day, last_day = days(document.date)
    return {
        "document_id": document.document_id,
        "root": document.root,
        "path": document.path,
        "sha256": document.sha256,
        "loader_version": LOADER_VERSION,
        "language": document.language,
        "kind": document.kind,
        "status": document.status,
        "publisher": document.publisher,
        "first_day": first_day,
        "last_day": last_day,
        "metadata": json.dumps(document.model_dump(mode="json", exclude=_APART), ensure_ascii=False),
        "layout": json.dumps(layout, ensure_ascii=False),
        "text": document.text,
        "text_sha256": document.text_sha256,
        "boxes": boxes,
    }


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
