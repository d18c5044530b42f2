"""An answer -> the same answer without a document's words: quotes, passages and the sentences made of them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePosixPath
from typing import TypeVar

from rag.answer import Answer, Citation, Hit, Unsupported
from rag.checking.citations import Claim, claims
from rag.phrases import is_abstained_text

ELLIPSIS = "…"
_Source = TypeVar("_Source", Citation, Hit)


def without_document(answer: Answer, document_id: str) -> Answer:
    """The answer without what stands in a document, other than its id, date and the places that were cited.

    Citations stay with an empty quote, hits with an empty text. Of the answer's own text stay the sentences whose marks
    all point to other documents; of one that a model wrote, sentences without a mark go too: nothing says that they are
    not made of the document. Marks stay behind an ellipsis. What was searched for becomes what was asked, for the
    conversation may have put words of the document in.
    """
    gone = {citation.number for citation in answer.citations if citation.document_id == document_id}
    text, unsupported = _kept_text(answer, gone)
    return answer.model_copy(
        update={
            "searched": answer.question,
            "text": text,
            "citations": tuple(_emptied(item, document_id, quote="") for item in answer.citations),
            "hits": tuple(_emptied(item, document_id, text="") for item in answer.hits),
            # What a premise is held against is said in words of the documents.
            "notices": tuple(notice for notice in answer.notices if notice.code != "premise"),
            "unsupported": unsupported,
            "conflicts": tuple(item for item in answer.conflicts if not gone & set(item.citations)),
        }
    )


def _emptied(source: _Source, document_id: str, **words: str) -> _Source:
    if source.document_id != document_id:
        return source
    # Title and headings are words of the document too; the name of its file is the reader's own.
    facts = {"title": PurePosixPath(document_id).name, "publisher": None, "url": None, "section": None}
    return source.model_copy(update={**facts, **words})


def _kept_text(answer: Answer, gone: Collection[int]) -> tuple[str, tuple[Unsupported, ...]]:
    text = answer.text
    if is_abstained_text(text.strip()):
        return text, answer.unsupported
    said = claims(text, [citation.number for citation in answer.citations])
    pieces: list[str] = []
    moved: list[tuple[Claim, int]] = []
    at, length = 0, 0
    for claim, is_kept in zip(said, _which_stay(text, said, gone, answer.mode), strict=True):
        between, at = text[at : claim.start] if length or not at else "", claim.end
        if is_kept:
            moved.append((claim, length + len(between)))
            piece = between + claim.text
        elif claim.marks:
            marks = "".join(text[mark.start : mark.end] for mark in claim.marks)
            piece = f"{between}{ELLIPSIS} {marks}"
        else:
            piece = ""
        pieces.append(piece)
        length += len(piece)
    pieces.append(text[at:])
    unsupported = tuple(
        flaw.model_copy(update={"start": flaw.start - claim.start + start, "end": flaw.end - claim.start + start})
        for flaw in answer.unsupported
        for claim, start in moved
        if claim.start <= flaw.start and flaw.end <= claim.end
    )
    return "".join(pieces), unsupported


def _which_stay(text: str, said: list[Claim], gone: Collection[int], mode: str | None) -> list[bool]:
    """Whether each sentence stays; one without a mark goes with the marked one behind it, as in a quote of several.

    Words that a model wrote behind the last mark of a sentence that has no end are unmarked words: it goes with them.
    """
    stay: list[bool] = []
    behind = False
    for claim in reversed(said):
        if claim.numbers:
            behind = not any(number in gone for number in claim.numbers)
            tail = text[claim.marks[-1].end : claim.end]
            stay.append(behind and not (mode == "llm" and any(char.isalnum() for char in tail)))
        else:
            stay.append(behind and mode != "llm")
    return stay[::-1]
