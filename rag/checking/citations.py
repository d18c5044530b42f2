"""Sentences and the quotes that their marks point to: what the quotes do not carry, for answers of either way."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.answer import Citation, Unsupported
from rag.checking.marks import Mark, MarkStream, parse_marks, reply_sentences, without_marks
from rag.figures.reading import Figure, figures, is_supported, supported_readings
from rag.phrases import is_abstained_text
from rag.text.located import folded
from rag.text.markup import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A sentence of an answer, `text[start:end]`, and the numbers of its marks that exist, in order."""

    start: int
    end: int
    text: str
    numbers: tuple[int, ...]
    marks: tuple[Mark, ...]


def claims(text: str, known: Mapping[int, Citation] | Sequence[int]) -> list[Claim]:
    """Sentences of an answer that say something, with their marks; offsets of the marks count in `text`."""
    marks = parse_marks(text)
    found, at = [], 0
    for span in reply_sentences(text):
        inside = []
        while at < len(marks) and marks[at].start < span.end:
            inside.append(marks[at])
            at += 1
        words = text[span.start : span.end]
        if _says_something(words):
            numbers = dict.fromkeys(number for mark in inside for number in mark.numbers if number in known)
            found.append(Claim(start=span.start, end=span.end, text=words, numbers=tuple(numbers), marks=tuple(inside)))
    return found


def check_text(text: str, citations: Sequence[Citation]) -> list[Unsupported]:
    """Everything in an answer's text that its quotes do not carry, in order.

    Codes: `mark_unknown` (a mark without a citation), `uncited` (a sentence without a mark that holds no quote's own
    words), `figure_unsupported` (a number, percentage, date or year that none of the sentence's quotes holds).
    A sentence without a mark is cited all the same where it belongs to the marked one behind it (two sentences or
    a list quoted together) and stands in that one's quote word for word.

    Args:
        text: An answer's text, with its marks.
        citations: What the marks point to.
    """
    known = {citation.number: citation for citation in citations}
    if is_abstained_text(text.strip()) and not citations:
        return []
    found: list[Unsupported] = []
    said = claims(text, known)
    for index, claim in enumerate(said):
        for mark in claim.marks:
            unknown = [number for number in mark.numbers if number not in known]
            if unknown:
                detail = f"No citation {', '.join(map(str, unknown))} exists."
                found.append(Unsupported(start=mark.start, end=mark.end, code="mark_unknown", detail=detail))
        numbers = claim.numbers or _lent_number(text, said, index, known)
        if not numbers:
            found.append(uncited(claim.start, claim.end))
            continue
        figures = unsupported_in(claim.text, [known[number] for number in numbers])
        if figures and not claim.numbers:  # it does not stand in that quote after all
            found.append(uncited(claim.start, claim.end))
            continue
        found += [figure_unsupported(figure, claim.start, numbers) for figure in figures]
    return sorted(found, key=lambda item: (item.start, item.end))


def uncited(start: int, end: int) -> Unsupported:
    """A sentence without a citation."""
    return Unsupported(start=start, end=end, code="uncited", detail="No quote is given for this sentence.")


def figure_unsupported(figure: Figure, offset: int, numbers: Sequence[int]) -> Unsupported:
    """A figure that no quote holds; `offset` is where its sentence begins in the text."""
    marks = "".join(f"[{number}]" for number in numbers)
    return Unsupported(
        start=offset + figure.start,
        end=offset + figure.end,
        code="figure_unsupported",
        detail=f"{figure.text!r} does not stand in the quotes {marks}.",
    )


def unsupported_in(sentence: str, cited: Sequence[Citation]) -> list[Figure]:
    """Figures of a sentence that the quotes do not hold.

    An ordinal ("the second plan") may also stand in a cited document's title: that is what it is the second of.
    """
    claimed = figures(sentence)
    if not claimed:
        return []
    held = set().union(*(supported_readings(citation.quote) for citation in cited)) if cited else set()
    titles = set().union(*(supported_readings(citation.title) for citation in cited)) if cited else set()
    return [
        figure
        for figure in claimed
        if not is_supported(figure, held) and not (figure.kind == "ordinal" and is_supported(figure, titles))
    ]


def _lent_number(text: str, said: Sequence[Claim], index: int, known: Mapping[int, Citation]) -> tuple[int, ...]:
    """The mark behind an unmarked claim that counts for it too; empty where none does."""
    claim = said[index]
    behind = next((other for other in said[index + 1 :] if other.numbers or _parted(text, claim, other)), None)
    if behind is not None and not _parted(text, claim, behind):
        words = bare_words(without_marks(claim.text))
        for number in behind.numbers:
            if words and words in bare_words(known[number].quote):
                return (number,)
    return ()


def _parted(text: str, first: Claim, second: Claim) -> bool:
    """Whether a blank line stands between two claims, other than before a list item."""
    return bool(_BLANK_LINE.search(text, first.end, second.start)) and not _LIST_ITEM.match(second.text)


_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_LIST_ITEM = re.compile(r"(?:[-*+・•–]|[(（]?[0-9０-９]{1,3}[.)．）])\s*")
_NO_WORD = re.compile(r"[\W_]+")


def _says_something(sentence: str) -> bool:
    return bool(_NO_WORD.sub("", without_marks(sentence)))


def bare_words(text: str) -> str:
    """Letters and digits alone, folded: what remains when markup, spacing and punctuation do not count."""
    return _NO_WORD.sub("", folded(plain(text)))


__all__ = [
    "Claim",
    "Mark",
    "MarkStream",
    "bare_words",
    "check_text",
    "claims",
    "figure_unsupported",
    "parse_marks",
    "reply_sentences",
    "uncited",
    "unsupported_in",
    "without_marks",
]
