"""The values that users get: hits, citations, answers and reports, as frozen pydantic models with a JSON form."""

from __future__ import annotations

from typing import Literal

from rag.config import Root
from rag.document import Frozen

Mode = Literal["extractive", "llm"]
Reason = Literal["no_hits", "filtered_out", "off_topic", "not_stated", "false_premise", "empty_index"]


class Hit(Frozen):
    """A retrieved chunk: `document.text[start:end] == text`. Scores: higher is better; `rank` from 1."""

    rank: int
    score: float
    dense_score: float | None
    lexical_score: float | None
    document_id: str
    path: str
    root: Root
    title: str
    text: str
    start: int
    end: int
    section: str | None = None
    page: int | None = None
    language: str | None = None
    date: str | None = None
    kind: str | None = None
    status: str | None = None
    publisher: str | None = None
    url: str | None = None


class Citation(Frozen):
    """What a mark `[number]` points to: `get_document(document_id).text[start:end] == quote`."""

    number: int
    document_id: str
    title: str
    publisher: str | None = None
    date: str | None = None
    kind: str | None = None
    status: str | None = None
    language: str | None = None
    url: str | None = None
    section: str | None = None
    page: int | None = None
    start: int
    end: int
    quote: str


class Notice(Frozen):
    """Something the reader should know of this answer (`llm_failed`, `unverified`, `premise`, …)."""

    code: str
    message: str


class Unsupported(Frozen):
    """A stretch of `Answer.text` that its quotes do not carry; `start` and `end` are offsets in `text`."""

    start: int
    end: int
    code: str
    detail: str


class Conflict(Frozen):
    """Two citations that give different figures or names for the same thing."""

    subject: str
    citations: tuple[int, int]


class Timings(Frozen):
    """Milliseconds spent; `None` where the stage has not ended."""

    search: float | None = None
    read: float | None = None
    check: float | None = None
    total: float | None = None


class Usage(Frozen):
    """Tokens that a chat model counted."""

    input_tokens: int
    output_tokens: int
    total_tokens: int


class Answer(Frozen):
    """An answer, or a part of one while it is streamed: parts add up with `+` to the whole.

    `text` carries `[n]` marks, each the `number` of one of `citations`. With `abstained`, `reason` says why,
    `citations` is empty and `hits` holds the nearest passages.
    """

    question: str = ""
    searched: str = ""
    text: str = ""
    citations: tuple[Citation, ...] = ()
    abstained: bool = False
    reason: Reason | None = None
    mode: Mode | None = None
    notices: tuple[Notice, ...] = ()
    hits: tuple[Hit, ...] = ()
    unsupported: tuple[Unsupported, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    timings_ms: Timings = Timings()
    usage: Usage | None = None

    def __add__(self, other: Answer) -> Answer:
        """Append a later part: text and lists concatenate, of scalars the last that is known counts."""
        return Answer(
            question=other.question or self.question,
            searched=other.searched or self.searched,
            text=self.text + other.text,
            citations=self.citations + other.citations,
            abstained=self.abstained or other.abstained,
            reason=other.reason or self.reason,
            mode=other.mode or self.mode,
            notices=self.notices + other.notices,
            hits=self.hits + other.hits,
            unsupported=self.unsupported + other.unsupported,
            conflicts=self.conflicts + other.conflicts,
            timings_ms=Timings(**(self.timings_ms.model_dump() | other.timings_ms.model_dump(exclude_none=True))),
            usage=other.usage or self.usage,
        )


Verdict = Literal["added", "updated", "renamed", "unchanged", "skipped", "rejected", "deleted"]


class FileReport(Frozen):
    """What became of one file: `verdict`, a short `code` and the `reason` in words."""

    path: str
    root: Root
    verdict: Verdict
    code: str | None = None
    reason: str | None = None


class IndexReport(Frozen):
    """What one run of `build_index` did: counts of files by verdict, and the size of the index afterwards."""

    added: int
    updated: int
    renamed: int
    unchanged: int
    skipped: int
    rejected: int
    deleted: int
    files: tuple[FileReport, ...]
    n_documents: int
    n_chunks: int
    n_embedded: int
    seconds: float


ProblemCode = Literal[
    "document_missing",
    "document_changed",
    "quote_mismatch",
    "mark_without_citation",
    "citation_without_mark",
    "figure_unsupported",
    "sentence_uncited",
]


class Problem(Frozen):
    """One thing that does not hold in an answer; `number` is the citation's, or `None`."""

    number: int | None
    code: ProblemCode
    message: str


class VerifyReport(Frozen):
    """Outcome of `verify`: `ok` when nothing was found."""

    ok: bool
    problems: tuple[Problem, ...] = ()
