"""The sentences of a model's reply -> checked text: its marks turned into quotes, what is unsupported named."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answer import Answer, Citation, Unsupported
from rag.checking.citations import figure_unsupported, uncited, unsupported_in
from rag.checking.composing import cite
from rag.checking.marks import Mark, loose_ticks, opens_fence, parse_marks, reply_sentences, without_marks
from rag.checking.support import Passage, Support
from rag.document import Span

_WORD = re.compile(r"[^\W_]")
_LEAD_IN = re.compile(r"[:：][*_ ]*\n")
_LIST_ITEM = re.compile(r"\s*(?:[-*+・•–]|[(（]?[0-9０-９]{1,3}[.)．）])\s*")


class Resolver:
    """Turns the marks of one reply, passage numbers, into citations, sentence by sentence.

    Citations are numbered from 1 in the order of their first use; one number is one quote.

    Args:
        passages: What the model was shown; its mark `[1]` means the first.
    """

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages
        self._numbers: dict[tuple[str, int, int], Citation] = {}
        self._length = 0  # characters released so far: offsets in the whole text count from there
        self._begins_line = True  # whether the next character begins a line, spaces apart
        self._claim = ""
        self._lead_in = ""  # "The four policies are:", held until the list shows which passage it is from

    @property
    def n_citations(self) -> int:
        """How many citations there are so far."""
        return len(self._numbers)

    def resolve(self, sentence: str) -> Answer:
        """The next sentence as it is released: its text with new marks, new citations, what is unsupported.

        Marks that point to no passage, or to one that does not carry the sentence, are taken out and named. A sentence
        that introduces a list and has no mark comes with the first item and gets that one's. White space around
        the sentence is kept. Offsets count in the whole text, that is in the sum of all that was returned.
        """
        released = Answer()
        if self._lead_in:
            lead_in, self._lead_in = self._lead_in, ""
            marks = parse_marks(sentence) if _LIST_ITEM.match(sentence) else []
            if marks:
                words = lead_in.rstrip()
                lead_in = f"{words} {sentence[marks[0].start : marks[0].end]}{lead_in[len(words) :]}"
            released = self._resolved(lead_in)
        if _LEAD_IN.search(sentence) and not parse_marks(sentence):
            self._lead_in = sentence
            return released
        return released + self._resolved(sentence)

    def finish(self) -> Answer:
        """What is still held at the end of the reply."""
        lead_in, self._lead_in = self._lead_in, ""
        return self._resolved(lead_in) if lead_in else Answer()

    def _resolved(self, sentence: str) -> Answer:
        sentence = _without_loose_ticks(sentence)
        marks = parse_marks(sentence)
        words = without_marks(sentence).strip()
        says_something = bool(_WORD.search(words))
        if says_something:
            self._claim = words
        known = len(self._numbers)
        cited: dict[int, Citation] = {}
        dropped: list[tuple[str, str]] = []
        text = ""
        own: set[int] = set()  # where the new marks begin
        at = 0
        for mark in marks:
            text += sentence[at : mark.start]
            new = self._resolve_mark(mark, cited, dropped)
            own |= {len(text) + found.start for found in parse_marks(new)}
            text = text + new if new else text.rstrip(" \u3000")
            at = mark.end
        text = _settled(text + sentence[at:], own, dropped)
        if not self._begins_line and opens_fence(text):
            text = f"\n{text}"  # within a line it would be no fence, and its marks marks
        citations = tuple(list(self._numbers.values())[known:])
        unsupported = self._unsupported(text, cited, dropped) if says_something else ()
        self._length += len(text)
        if text.strip(" "):
            self._begins_line = text.rstrip(" ").endswith("\n")
        return Answer(text=text, citations=citations, unsupported=unsupported)

    def _resolve_mark(self, mark: Mark, cited: dict[int, Citation], dropped: list[tuple[str, str]]) -> str:
        """The mark under its new numbers, each once a sentence; empty where nothing remains."""
        new = []
        for number in mark.numbers:
            if not 1 <= number <= len(self._passages):
                # Models do write [0] and [99]. As a list index 0 is -1, which would quietly cite the last passage.
                dropped.append(("mark_unknown", f"The model cited [{number}], and no passage had that number."))
                continue
            passage = self._passages[number - 1]
            support = passage.support(self._claim) if self._claim else None
            if support is None:
                dropped.append(("mark_dropped", f"The model cited passage [{number}], which does not say this."))
                continue
            if not support.compared and not support.n_figures:
                dropped.append(("weak_support", "The quote is in another language: its words could not be compared."))
            citation = self._citation(passage, support)
            if citation.number not in cited:
                cited[citation.number] = citation
                new.append(f"[{citation.number}]")
        return "".join(new)

    def _citation(self, passage: Passage, support: Support) -> Citation:
        key = (passage.document.document_id, support.start, support.end)
        if key not in self._numbers:
            self._numbers[key] = cite(passage.document, support.start, support.end, len(self._numbers) + 1)
        return self._numbers[key]

    def _unsupported(
        self, text: str, cited: dict[int, Citation], dropped: Sequence[tuple[str, str]]
    ) -> tuple[Unsupported, ...]:
        stripped = text.strip()
        begin = self._length + text.index(stripped)
        end = begin + len(stripped)
        found = [Unsupported(start=begin, end=end, code=code, detail=detail) for code, detail in dict.fromkeys(dropped)]
        for span in reply_sentences(text):  # one, or several where backticks that kept them together are gone
            sentence, begin = text[span.start : span.end], self._length + span.start
            numbers = {number for mark in parse_marks(sentence) for number in mark.numbers}
            quotes = [citation for number, citation in cited.items() if number in numbers]
            if quotes:
                found += [figure_unsupported(f, begin, sorted(numbers)) for f in unsupported_in(sentence, quotes)]
            elif _WORD.search(sentence):
                found.append(uncited(begin, begin + len(sentence)))
        return tuple(found)


def _without_loose_ticks(text: str) -> str:
    """The text without backticks that open no code in it: in the whole reply they might, and hide a mark."""
    while loose := loose_ticks(text):
        text = _without(text, loose, set())[0]
    return text


def _settled(text: str, own: set[int], dropped: list[tuple[str, str]]) -> str:
    """The text without what came about where a mark was taken out: "[ [9]0]" leaves "[0]", "`a`[9]`b`" no code."""
    while True:
        strays = [mark for mark in parse_marks(text) if mark.start not in own]
        if strays:
            dropped += [("mark_unknown", f"The model cited [{n}] inside another mark.") for n in strays[-1].numbers]
            begin = len(text[: strays[-1].start].rstrip(" \u3000"))
            text, own = _without(text, [Span(begin, strays[-1].end)], own)
        elif loose := loose_ticks(text):
            text, own = _without(text, loose, own)
        else:
            return text


def _without(text: str, spans: Sequence[Span], places: set[int]) -> tuple[str, set[int]]:
    """The text without these spans, which are in order, and places in it that lie in none, moved with it."""
    for span in reversed(spans):
        text = text[: span.start] + text[span.end :]
        places = {place if place < span.end else place - (span.end - span.start) for place in places}
    return text, places
