"""Runs of the eval suite made by hand, for tests of what reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from eval.dataset import GoldQuote, Row
from eval.judging import Result, judge
from eval.run_folder import open_run
from eval.runner import Run
from eval.summary import summarise
from rag.answer import Answer, Citation, Hit, Problem

SHA256 = "ab" * 32
QUOTE = "The institute has 30 people."
PASSAGE = f"It was founded in 2024. {QUOTE} It sits in Kessen."


def make_row(id: str, **changes: Any) -> Row:
    """A question whose answer is `QUOTE`."""
    values: dict[str, Any] = {
        "id": id,
        "question": f"How many people work there ({id})?",
        "language": "en",
        "kind": "number",
        "answerable": True,
        "answers": (("30 people",),),
        "documents": ("corpus/a.md",),
        "quotes": (GoldQuote(document_id="corpus/a.md", quote=QUOTE),),
    }
    return Row(**(values | changes))


def unanswerable(id: str, kind: str = "unanswerable_near", **changes: Any) -> Row:
    """A question that the documents do not answer."""
    return make_row(id, **{"kind": kind, "answerable": False, "answers": (), "documents": (), "quotes": ()} | changes)


def hit(text: str = PASSAGE, *, score: float = 0.9, **changes: Any) -> Hit:
    """A hit in the only document."""
    values: dict[str, Any] = {
        "rank": 1, "score": score, "dense_score": None, "lexical_score": None, "document_id": "corpus/a.md",
        "path": "a.md", "root": "corpus", "title": "The institute", "text": text, "start": 100, "end": 100 + len(text),
    }  # fmt: skip
    return Hit(**(values | changes))


def right(text: str = f"{QUOTE} [1]", *, score: float = 0.9, **changes: Any) -> Answer:
    """An answer that quotes `QUOTE` out of `PASSAGE`."""
    start = 100 + PASSAGE.index(QUOTE)
    citation = Citation(
        number=1, document_id="corpus/a.md", title="The institute", date="2026-01-15", start=start,
        end=start + len(QUOTE), quote=QUOTE,
    )  # fmt: skip
    return Answer(**({"text": text, "citations": (citation,), "hits": (hit(score=score),)} | changes))


def wrong(text: str = "It has 31 people. [1]", *, score: float = 0.9, **changes: Any) -> Answer:
    """The same with another figure in its text."""
    return right(text, score=score, **changes)


def abstained(*, score: float = 0.2) -> Answer:
    """No answer."""
    return Answer(text="The documents do not say.", abstained=True, reason="not_stated", hits=(hit(score=score),))


def make_result(
    row: Row, answer: Answer | None, *, problems: tuple[Problem, ...] = (), error: str | None = None, ms: float = 20.0
) -> Result:
    """A row as it was asked and judged."""
    return Result(
        row=row, answer=answer, error=error, problems=problems, latency_ms=ms, judgement=judge(row, answer, problems)
    )


def make_run(*results: Result) -> Run:
    """A run of these results."""
    return Run(results=results, summary=summarise(results))


def write(folder: Path, *results: Result, sha256: str = SHA256) -> Path:
    """A recorded run of these results; its folder."""
    config = {
        "data": {"name": "mine.jsonl", "sha256": sha256, "rows": len(results)},
        "index": {"documents": 1, "chunks": 1},
        "settings": {"retrieval": "hybrid", "answerer": "extractive"},
        "finished": "2026-08-01T09:30:00+00:00",
        "seconds": 1.5,
    }
    with open_run(folder, config, [result.row for result in results]) as opened:
        for result in results:
            opened.add(result)
        opened.finish(summarise(results), {})
    return folder


def read_results(file: Path) -> list[Result]:
    """Results of a `rows.jsonl`, whether its run has ended or not."""
    return [Result.model_validate_json(line) for line in file.read_text(encoding="utf-8").split("\n") if line]
