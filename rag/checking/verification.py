"""An answer, perhaps saved long ago or by someone else -> what of it does not hold against the documents of today."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from rag.answer import Answer, Citation, Problem, ProblemCode, VerifyReport
from rag.checking.citations import bare_words, check_text
from rag.checking.marks import parse_marks
from rag.checking.saved import Saved, read_saved
from rag.errors import AnswerFormatError

if TYPE_CHECKING:
    from rag.checking.evidence import Evidence
    from rag.config import Settings
    from rag.document import Document

MAX_TEXT_CHARS = 60_000
MAX_CITATIONS = 1_000
_CODES: Mapping[str, ProblemCode] = {
    "mark_unknown": "mark_without_citation",
    "uncited": "sentence_uncited",
    "figure_unsupported": "figure_unsupported",
}
_DIGITS = re.compile(r"\d+")
_FACTS = ("title", "publisher", "date", "kind", "status", "language", "url")


def verify(answer: Answer | Evidence | str | bytes | Mapping[str, Any] | list[Any], settings: Settings) -> VerifyReport:
    """Check an answer again from the ground, trusting nothing that it says of itself.

    Every quote must stand in its document at its place, every mark have a citation and the other way round, every
    figure of a sentence stand in its quotes, and every sentence have a mark. What the answer itself lists in
    `unsupported` is a problem all the same. An extractive answer must besides be made of its quotes' own words.

    Of an evidence bundle each document is held against its SHA-256 too: `document_changed` says that it has another
    text now and where the quote still stands, `quote_mismatch` that it stands there no longer.

    Args:
        answer: An answer, a list of answers or an evidence bundle, as a value or as JSON.
        settings: Where the index is.

    Raises:
        AnswerFormatError: If it cannot be read as an answer.
        IndexNotFoundError: If there is no index, and other `IndexStoreError`s if it cannot be used.
    """
    saved = read_saved(answer)
    for read in saved.answers:
        if len(read.text) > MAX_TEXT_CHARS or len(read.citations) > MAX_CITATIONS:
            raise AnswerFormatError(
                f"This answer is too long: at most {MAX_TEXT_CHARS:,} characters and {MAX_CITATIONS:,} citations are "
                "read."
            )
    problems: list[Problem] = []
    with _documents(saved, settings) as documents:
        for position, read in enumerate(saved.answers, start=1):
            found = [*_citation_problems(read, documents), *_text_problems(read)]
            if len(saved.answers) > 1:
                found = [item.model_copy(update={"message": f"Answer {position}: {item.message}"}) for item in found]
            problems += found
    unique = tuple(dict.fromkeys(problems))
    return VerifyReport(ok=not unique, problems=unique)


# --- quotes ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Documents:
    """The documents of today, each read once, and what is recorded of them."""

    get: Callable[[str], Document | None]
    recorded: Mapping[str, str]

    def has_changed(self, document: Document) -> bool:
        """Whether it has another text than the one that was recorded."""
        return self.recorded.get(document.document_id, document.text_sha256) != document.text_sha256


@contextlib.contextmanager
def _documents(saved: Saved, settings: Settings) -> Iterator[_Documents]:
    """The index is opened only where something is cited: what abstains can be checked without one."""
    from rag.store.generation import current_generation
    from rag.store.reader import Store

    if not any(answer.citations for answer in saved.answers):
        yield _Documents(lambda _: None, saved.recorded)
        return
    with Store(current_generation(settings.index_dir)) as store:
        yield _Documents(cache(store.document), saved.recorded)


def _citation_problems(answer: Answer, documents: _Documents) -> Iterator[Problem]:
    marked = {number for mark in parse_marks(answer.text) for number in mark.numbers}
    seen: set[int] = set()
    for citation in answer.citations:
        number = citation.number
        if number in seen:
            yield _problem(
                number, "citation_without_mark", f"Citation [{number}] stands twice; one number is one quote."
            )
        elif number not in marked:
            yield _problem(number, "citation_without_mark", f"Nothing in the text is marked [{number}].")
        seen.add(number)
        document = documents.get(citation.document_id)
        if document is None:
            message = f"Citation [{number}]: the index holds no document {citation.document_id!r}."
            yield _problem(number, "document_missing", message)
            continue
        yield from _quote_problems(answer, citation, document, has_changed=documents.has_changed(document))
    for conflict in answer.conflicts:
        for number in conflict.citations:
            if number not in seen:
                yield _problem(number, "mark_without_citation", f"A conflict names [{number}], which has no citation.")


def _quote_problems(answer: Answer, citation: Citation, document: Document, *, has_changed: bool) -> Iterator[Problem]:
    number, text = citation.number, document.text
    if not (0 <= citation.start < citation.end <= len(text)) or text[citation.start : citation.end] != citation.quote:
        yield _misplaced(answer, citation, document, has_changed=has_changed)
        return
    if has_changed:
        message = (
            f"The text of {document.document_id!r} has changed since (SHA-256 is now {document.text_sha256}); quote "
            f"[{number}] still stands at {citation.start}-{citation.end}."
        )
        yield _problem(number, "document_changed", message)
    for name in _FACTS:
        said, is_now = getattr(citation, name), getattr(document, name)
        if said != is_now:
            message = f"Citation [{number}] gives the {name} {said!r}; that of {document.document_id!r} is {is_now!r}."
            yield _problem(number, "document_changed", message)
    page = document.page_at(citation.start)
    if citation.page != page:
        yield _problem(number, "document_changed", f"Citation [{number}] names page {citation.page}; it is on {page}.")


def _misplaced(answer: Answer, citation: Citation, document: Document, *, has_changed: bool) -> Problem:
    """What to call a quote that does not stand at its place.

    `document_changed`: the quote stands elsewhere in the document now, or a hit of the answer shows that the
    passage around it once was another. `quote_mismatch`: nothing tells that the document ever said so, or its recorded
    SHA-256 tells that it has changed, and the quote stands nowhere in it.
    """
    number, document_id = citation.number, citation.document_id
    if citation.quote and citation.quote in document.text:
        where = document.text.index(citation.quote)
        message = f"Quote [{number}] stands in {document_id!r} at {where}, not at {citation.start}."
        return _problem(number, "document_changed", message)
    if has_changed:
        message = f"Quote [{number}] no longer stands in {document_id!r}, whose text has changed since."
        return _problem(number, "quote_mismatch", message)
    if any(_was_there(citation, hit.document_id, hit.start, hit.text, document.text) for hit in answer.hits):
        message = f"Quote [{number}]: the text of {document_id!r} has changed since, and no longer says this."
        return _problem(number, "document_changed", message)
    return _problem(number, "quote_mismatch", f"Quote [{number}] does not stand in {document_id!r}.")


def _was_there(citation: Citation, document_id: str, start: int, passage: str, text: str) -> bool:
    if document_id != citation.document_id or not start <= citation.start:
        return False
    begin = citation.start - start
    return passage[begin : begin + len(citation.quote)] == citation.quote and passage not in text


# --- text -----------------------------------------------------------------------------------------------------------


def _text_problems(answer: Answer) -> Iterator[Problem]:
    for item in check_text(answer.text, answer.citations):
        words = _shortened(answer.text[item.start : item.end])
        code = _CODES[item.code]
        number = _number_behind(answer, item.start) if code != "sentence_uncited" else None
        yield _problem(number, code, f"{words!r}: {item.detail}")
    for item in answer.unsupported:
        if item.code not in _CODES:  # the others are found again above, or were about marks that are gone
            continue
        words = _shortened(answer.text[max(0, item.start) : max(0, item.end)])
        yield _problem(None, _CODES[item.code], f"The answer itself says of {words!r}: {item.detail}")
    if answer.mode == "extractive":
        yield from _words_not_quoted(answer)
    if answer.abstained and answer.citations:
        for citation in answer.citations:
            message = f"The answer says that there is none, and yet quotes [{citation.number}]."
            yield _problem(citation.number, "citation_without_mark", message)


def _words_not_quoted(answer: Answer) -> Iterator[Problem]:
    """An extractive answer is quotes and marks, nothing else: what stands before a mark is in its quote."""
    quotes = {citation.number: (citation.quote, bare_words(citation.quote)) for citation in answer.citations}
    at = 0
    for mark in parse_marks(answer.text):
        shown = answer.text[at : mark.start]
        at = mark.end
        cited = [(number, *quotes[number]) for number in mark.numbers if number in quotes]
        if not cited or any(bare_words(shown) in words for _, _, words in cited):
            continue
        same_figures = any(_in_order(_DIGITS.findall(shown), _DIGITS.findall(quote)) for _, quote, _ in cited)
        number = cited[0][0]
        code: ProblemCode = "quote_mismatch" if same_figures else "figure_unsupported"
        yield _problem(number, code, f"{_shortened(shown.strip())!r} is not what quote [{number}] says.")


def _in_order(figures: Sequence[str], among: Sequence[str]) -> bool:
    rest = iter(among)
    return all(figure in rest for figure in figures)


def _number_behind(answer: Answer, start: int) -> int | None:
    """Number of the first mark at or after an offset."""
    return next((mark.numbers[0] for mark in parse_marks(answer.text) if mark.end > start), None)


def _shortened(words: str) -> str:
    return words if len(words) <= 80 else f"{words[:79]}…"


def _problem(number: int | None, code: ProblemCode, message: str) -> Problem:
    return Problem(number=number, code=code, message=message)
