"""Answers, hits and reports -> lines for a terminal, with nothing in them that a terminal would obey."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rag.answer import Answer, Citation, Hit, IndexReport, VerifyReport
from rag.text.markup import plain

if TYPE_CHECKING:
    from rag.fetching.fetch import FetchedFile, FetchReport
    from rag.index.description import IndexInfo

_NEAREST = 3
_NEAREST_CHARS = 240


def inert(text: str) -> str:
    """The text with control, format and line-separating characters shown as escapes; `\\n` and tabs stay.

    A document or a model may hold terminal escapes (a colour, a title, a cursor movement): they are shown, not obeyed.
    """
    return "".join(
        char if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else _escape(char)
        for char in text
    )


def one_line(text: str) -> str:
    """The text on one line: `inert`, with white space squeezed."""
    return inert(" ".join(text.split()))


def answer_lines(answer: Answer) -> Iterator[str]:
    """A whole answer: its text, then what follows it (`citation_lines`)."""
    if answer.text:
        yield inert(answer.text)
    yield from after_text_lines(answer)


def after_text_lines(answer: Answer) -> Iterator[str]:
    """What stands below an answer's text: notices, what is unsupported, sources, or the nearest passages."""
    for notice in answer.notices:
        yield f"Note: {one_line(notice.message)}"
    for flaw in answer.unsupported:
        yield f"Unsupported: “{one_line(answer.text[flaw.start : flaw.end])}” ({one_line(flaw.detail)})"
    for conflict in answer.conflicts:
        first, second = conflict.citations
        yield f"Sources differ on {one_line(conflict.subject)}: see [{first}] and [{second}]."
    if answer.citations:
        yield ""
        yield "Sources"
        for citation in answer.citations:
            yield from _citation(citation)
    if answer.abstained and answer.hits:
        yield ""
        yield "Nearest passages (not an answer)"
        for hit in answer.hits[:_NEAREST]:
            yield f"  {_place(hit)}"
            yield f"      {_shortened(hit.text)}"


def hit_lines(hits: tuple[Hit, ...] | list[Hit]) -> Iterator[str]:
    """Hits, best first, two lines each."""
    for hit in hits:
        yield f"{hit.rank:>2}. {hit.score:.3f}  {_place(hit)}"
        yield f"      {_shortened(hit.text)}"


def index_lines(report: IndexReport) -> Iterator[str]:
    """What a run of `index` did; files that were left out are named with the reason."""
    for file in report.files:
        if file.verdict in ("skipped", "rejected"):
            yield f"{file.verdict}: {file.root}/{one_line(file.path)}: {one_line(file.reason or file.code or '')}"
    counts = [f"{getattr(report, name)} {name}" for name in _COUNTS if getattr(report, name)]
    yield (
        f"{', '.join(counts) or 'No files'}. The index holds {report.n_documents} documents in {report.n_chunks} chunks"
        f" ({report.n_embedded} texts embedded, {report.seconds:.1f} s)."
    )


_COUNTS = ("added", "updated", "renamed", "unchanged", "skipped", "rejected", "deleted")


def fetch_lines(report: FetchReport) -> Iterator[str]:
    """What a run of `fetch` did, a line an entry, and what indexing the files did."""
    for file in report.files:
        yield f"{file.verdict}: {one_line(file.document_id)}{_about_fetched(file)}"
    counts = [f"{getattr(report, name)} {name}" for name in _FETCH_COUNTS if getattr(report, name)]
    yield f"{', '.join(counts) or 'No official texts are listed'} ({report.seconds:.1f} s)."
    if report.index is not None:
        yield from index_lines(report.index)


_FETCH_COUNTS = ("added", "updated", "unchanged", "changed", "failed")


def _about_fetched(file: FetchedFile) -> str:
    if file.reason is not None:
        return f": {one_line(file.reason)}"
    return f" ({file.n_bytes or 0:,} bytes, SHA-256 {file.sha256})"


def info_lines(info: IndexInfo) -> Iterator[str]:
    """What is indexed, with what, and what is missing."""
    where = one_line(info.index_dir)
    yield f"Index       {where} ({info.state}{f', {info.generation}' if info.generation else ''})"
    yield (
        f"Documents   {info.n_documents} in {info.n_chunks} chunks, {info.n_sentences} sentences,"
        f" {info.n_bytes / 1e6:.1f} MB"
    )
    for root in info.roots:
        folder = one_line(root.folder) + ("" if root.exists else " (no such folder)")
        yield f"  {root.root:<9} {root.n_documents:>4}  {folder}"
    yield f"Search      {info.engine}{f' at {one_line(info.chroma_url)}' if info.chroma_url else ''}"
    embedding = info.embedding
    yield f"Embedding   {one_line(embedding.name)}" + ("" if embedding.available else " (not available)")
    if info.sources is not None:
        left = len(info.sources.not_fetched)
        how = ": python -m rag fetch" if left else ""
        yield f"Official    {info.sources.n_listed - left} of {info.sources.n_listed} listed texts fetched{how}"
    yield f"Answers     {info.mode}{f', {one_line(info.chat_model)}' if info.chat_model else ''}"
    if info.passport is not None:
        yield "Passport"
        for name, value in info.passport.model_dump().items():
            yield f"  {name:<20} {one_line(str(value))}"
    for sentence in info.missing:
        yield f"Missing: {one_line(sentence)}"


def verify_lines(report: VerifyReport) -> Iterator[str]:
    """The outcome of a check, a line a problem."""
    if report.ok:
        yield "Every quote stands in its document and every sentence is carried by its quotes."
    for problem in report.problems:
        where = f"[{problem.number}] " if problem.number is not None else ""
        yield f"{where}{problem.code}: {one_line(problem.message)}"


def _citation(citation: Citation) -> Iterator[str]:
    about = [citation.title, citation.publisher, citation.date, citation.kind, citation.status]
    if citation.section:
        about.append(citation.section)
    if citation.page is not None:
        about.append(f"p. {citation.page}")
    yield f"  [{citation.number}] {one_line(' · '.join(part for part in about if part))}"
    yield f"      “{one_line(citation.quote)}”"
    yield f"      {one_line(citation.document_id)}:{citation.start}-{citation.end}"


def _place(hit: Hit) -> str:
    about = [hit.title, hit.date, hit.section, f"p. {hit.page}" if hit.page is not None else None]
    return one_line(" · ".join(part for part in about if part)) + f"  ({one_line(hit.document_id)})"


def _shortened(text: str) -> str:
    line = one_line(plain(text))
    return line if len(line) <= _NEAREST_CHARS else line[: _NEAREST_CHARS - 1].rstrip() + "…"


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
