"""The sentences of a model's reply -> checked text: its marks turned into quotes, what is unsupported named."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answer import Answer, Citation, Unsupported
from rag.checking.citations import figure_unsupported, uncited, unsupported_in
from rag.checking.composing import cite
from rag.checking.marks import Mark, parse_marks, without_marks
from rag.checking.support import Passage, Support

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
        text = _without_strays(text + sentence[at:], own, dropped)
        citations = tuple(list(self._numbers.values())[known:])
        unsupported = self._unsupported(text, cited, dropped) if says_something else ()
        self._length += len(text)
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
        if not cited:
            found.append(uncited(begin, end))
        else:
            quotes = list(cited.values())
            found += [figure_unsupported(figure, begin, list(cited)) for figure in unsupported_in(stripped, quotes)]
        return tuple(found)


def _without_strays(text: str, own: set[int], dropped: list[tuple[str, str]]) -> str:
    """The text without marks that came about where one was taken out of another: "[ [9]0]" leaves "[0]"."""
    while strays := [mark for mark in parse_marks(text) if mark.start not in own]:
        stray = strays[-1]
        dropped += [("mark_unknown", f"The model cited [{n}] inside another mark.") for n in stray.numbers]
        before = text[: stray.start].rstrip(" \u3000")
        own = {start if start < stray.start else start - (stray.end - len(before)) for start in own}
        text = before + text[stray.end :]
    return text
