"""A draft of quoted sentences -> parts of an `Answer`: marks set, citations resolved and checked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from rag.answer import Answer, Citation, Conflict
from rag.phrases import abstained_text

if TYPE_CHECKING:
    from rag.document import Document
    from rag.extractive.drafting import Draft, DraftSentence
    from rag.store.reader import Store

logger = logging.getLogger(__name__)


def compose(draft: Draft, language: str, store: Store) -> Iterator[Answer]:
    """Parts of the answer, one a sentence, then what is said about the whole.

    A sentence whose quote does not stand in the stored document at its place is left out: the index has changed between
    search and reading, and a citation is shown only if its words stand where it says.

    Args:
        draft: The sentences, or the abstention.
        language: Language of the question, for what the answer says in its own voice.
        store: Where the documents are.
    """
    if draft.abstained:
        reason = draft.reason or "not_stated"
        text = abstained_text(reason, language)
        yield Answer(text=text, abstained=True, reason=reason, mode="extractive", notices=draft.notices)
        return
    document_of = cache(store.document)
    numbers: dict[int, int] = {}
    separator = ""
    for position, sentence in enumerate(draft.sentences):
        citation = _cited(sentence, len(numbers) + 1, document_of)
        if citation is None:
            continue
        numbers[position] = citation.number
        is_list = "\n" in sentence.shown
        before = "\n" if is_list and separator else separator
        yield Answer(text=f"{before}{sentence.shown} [{citation.number}]", citations=(citation,))
        separator = "\n" if is_list else " "
    if not numbers:
        yield Answer(
            text=abstained_text("not_stated", language), abstained=True, reason="not_stated", mode="extractive"
        )
        return
    conflicts = tuple(
        Conflict(subject=conflict.subject, citations=(numbers[conflict.sentences[0]], numbers[conflict.sentences[1]]))
        for conflict in draft.conflicts
        if conflict.sentences[0] in numbers and conflict.sentences[1] in numbers
    )
    yield Answer(mode="extractive", notices=draft.notices, conflicts=conflicts)


def _cited(sentence: DraftSentence, number: int, document_of: Callable[[str], Document | None]) -> Citation | None:
    record = sentence.document
    document = document_of(record.document_id)
    if document is None or document.sha256 != record.sha256:
        logger.warning("%s has changed since it was searched: its sentence is left out.", record.document_id)
        return None
    return cite(document, sentence.start, sentence.end, number)


def cite(document: Document, start: int, end: int, number: int) -> Citation:
    """The citation of `document.text[start:end]` under a number."""
    return Citation(
        number=number,
        document_id=document.document_id,
        title=document.title,
        publisher=document.publisher,
        date=document.date,
        kind=document.kind,
        status=document.status,
        language=document.language,
        url=document.url,
        section=document.section_at(start),
        page=document.page_at(start),
        start=start,
        end=end,
        quote=document.text[start:end],
    )
