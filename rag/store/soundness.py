"""The store's file against itself: what in it contradicts what else is in it."""

from __future__ import annotations

import sqlite3

_CONTRADICTIONS = {
    "chunks without a document": "SELECT count(*) FROM chunks WHERE document_key NOT IN (SELECT key FROM documents)",
    "chunks without a vector": "SELECT count(*) FROM chunks WHERE vector NOT IN (SELECT id FROM vectors)",
    "sentences without a chunk": "SELECT count(*) FROM sentences WHERE chunk_key NOT IN (SELECT key FROM chunks)",
    "sentences without a vector": "SELECT count(*) FROM sentences WHERE vector NOT IN (SELECT id FROM vectors)",
    "chunks without search terms": "SELECT count(*) FROM chunks WHERE key NOT IN (SELECT rowid FROM lexical)",
    "search terms without a chunk": "SELECT count(*) FROM lexical WHERE rowid NOT IN (SELECT key FROM chunks)",
    "vectors that nothing uses": (
        "SELECT count(*) FROM vectors WHERE (SELECT unswept FROM state) = 0 AND id NOT IN "
        "(SELECT vector FROM chunks UNION SELECT vector FROM sentences)"
    ),
}


def miscounted(db: sqlite3.Connection) -> str | None:
    """Whether other numbers of documents and chunks are there than the state says, in words; quick."""
    stated = db.execute("SELECT n_documents, n_chunks FROM state").fetchone()
    found = db.execute("SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM chunks)").fetchone()
    if stated == found:
        return None
    return f"{stated[0]} documents and {stated[1]} chunks expected, {found[0]} and {found[1]} found"


def contradictions(db: sqlite3.Connection) -> list[str]:
    """What contradicts itself in the whole file, as sentences; empty when it is sound. Reads every page."""
    problems = [row[0] for row in db.execute("PRAGMA integrity_check(5)") if row[0] != "ok"]
    for what, sql in _CONTRADICTIONS.items():
        if n := db.execute(sql).fetchone()[0]:
            problems.append(f"{n} {what}")
    return problems
