"""Turns made by hand for tests of the page: what an answer may hold, over documents that are indexed."""

from __future__ import annotations

from typing import Any

from rag import Citation, Hit, Settings, get_document
from rag.answer import Answer
from rag.ui.turns import Turn

RTL = "قررت الحكومة الميزانية في عام 2026"
LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitän" * 8
EVIL = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'


def cite(number: int, document_id: str, words: str, settings: Settings, **changes: Any) -> Citation:
    """The citation of words that stand in an indexed document."""
    document = get_document(document_id, settings)
    start = document.text.index(words)
    fields: dict[str, Any] = {
        name: getattr(document, name) for name in ("title", "publisher", "date", "kind", "status")
    }
    fields |= {"language": document.language, "url": document.url, "section": document.section_at(start)}
    fields |= {"start": start, "end": start + len(words), "quote": words, "page": document.page_at(start)}
    return Citation(**{"number": number, "document_id": document_id, **fields, **changes})


def hit(rank: int, document_id: str, words: str, settings: Settings, **changes: Any) -> Hit:
    """The hit of a passage that stands in an indexed document."""
    document = get_document(document_id, settings)
    start = document.text.index(words)
    fields: dict[str, Any] = {name: getattr(document, name) for name in ("root", "path", "title", "publisher", "date")}
    fields |= {"start": start, "end": start + len(words), "text": words, "score": 1 / rank, "rank": rank}
    fields |= {"dense_score": 0.5, "lexical_score": None, "page": document.page_at(start)}
    return Hit(**{"document_id": document_id, **fields, **changes})


def made_citation(number: int = 1, **changes: Any) -> Citation:
    """A citation of a document that need not be there."""
    fields: dict[str, Any] = {
        "number": number,
        "document_id": "corpus/plan.md",
        "title": "The Basic Plan",
        "publisher": "Cabinet of Tests",
        "date": "2025-12-23",
        "kind": "plan",
        "status": "superseded",
        "section": "The Basic Plan › Adoption",
        "page": 3,
        "start": 10,
        "end": 14,
        "quote": "**AI**\n\n- one",
    }
    return Citation(**{**fields, **changes})


def made_hit(rank: int = 1, **changes: Any) -> Hit:
    """A hit of a document that need not be there."""
    fields: dict[str, Any] = {
        "rank": rank,
        "score": 0.5,
        "dense_score": 0.5,
        "lexical_score": 1.0,
        "document_id": "corpus/act.md",
        "path": "act.md",
        "root": "corpus",
        "title": "The AI Act",
        "text": "It has **28** articles.",
        "start": 0,
        "end": 23,
    }
    return Hit(**{**fields, **changes})


def done(answer: Answer, **changes: Any) -> Turn:
    """A turn that was answered."""
    return Turn(**{"id": 1, "question": "q", "state": "done", "answer": answer, "stage_ms": (1.0, 2.0, 3.0), **changes})


def joined_text(blocks: list[dict[str, Any]], **wanted: object) -> str:
    """Text of all runs, hidden ones included, or of those with the wanted attributes."""
    return "".join(
        run["text"]
        for block in blocks
        for run in block["runs"]
        if all(run.get(name) == value for name, value in wanted.items())
    )
