"""Citation marks in a reply: found, taken out, and kept with their sentences while the text still streams in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from rag.document import Span
from rag.text.sentences import sentence_spans

MAX_NUMBER = 999
_MAX_RANGE = 10  # "[2-5]" is four marks; a wider range is no list of passages

_DIGITS = r"[0-9０-９]{1,3}"
_MARK = (
    rf"(?:[\[［][ \u3000]?{_DIGITS}(?:[ ]?[,、，;；\-–−〜～~][ ]?{_DIGITS}){{0,15}}[ \u3000]?[\]］](?![(:])"
    rf"|【[ \u3000]?{_DIGITS}(?:[ ]?[,、，;；\-–−〜～~][ ]?{_DIGITS}){{0,15}}(?:†[^】\n]{{0,40}})?[ \u3000]?】)"
)
_CODE = (
    r"(?P<fence>^[ ]{0,3}(?P<ticks>`{3,}|~{3,})[^\n]*(?:\n(?![ ]{0,3}(?P=ticks))[^\n]*)*(?:\n[^\n]*|\Z))"
    r"|(?P<code>(?<!`)(?P<tick>`{1,2})(?!`)[^`\n]{1,300}(?P=tick)(?!`))"
)
_MARKS = re.compile(rf"{_CODE}|(?P<mark>{_MARK})", re.MULTILINE)
_TICKS = re.compile(r"`+")
_PART = re.compile(rf"({_DIGITS})(?:[ ]?[\-–−〜～~][ ]?({_DIGITS}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A mark in a text: `text[start:end]` stands for these numbers, as written (0 and unknown ones included)."""

    start: int
    end: int
    numbers: tuple[int, ...]


def parse_marks(text: str) -> list[Mark]:
    """Citation marks of a text, in order: `[1]`, `[1, 2]`, `[2-4]`, `【1】`, `［１］`.

    Footnotes (`[^1]`), links (`[1](…)`), numbers of four digits and more, and whatever stands in code are no marks.
    Whether a number exists is the caller's to judge: models do write `[0]` and `[99]`.
    """
    return [
        Mark(start=match.start(), end=match.end(), numbers=_numbers(match.group()))
        for match in _MARKS.finditer(text)
        if match["mark"]
    ]


def without_marks(text: str) -> str:
    """The text with its marks, and the space before each, taken out."""
    parts, at = [], 0
    for mark in parse_marks(text):
        parts.append(text[at : mark.start].rstrip(" \u3000"))
        at = mark.end
    return "".join([*parts, text[at:]])


def loose_ticks(text: str) -> list[Span]:
    """Runs of backticks that neither open nor close code, in order: further text could make code of them."""
    code = [match.span() for match in _MARKS.finditer(text) if not match["mark"]]
    runs = (run.span() for run in _TICKS.finditer(text))
    return [Span(start, end) for start, end in runs if not any(at <= start and end <= to for at, to in code)]


def opens_fence(sentence: str) -> bool:
    """Whether a sentence is code from its first line on, where it begins a line."""
    return _FENCE.match(sentence) is not None


def _numbers(mark: str) -> tuple[int, ...]:
    numbers: list[int] = []
    for part in _PART.finditer(unicodedata.normalize("NFKC", mark.partition("†")[0])):
        first, last = int(part[1]), int(part[2] or part[1])
        numbers += range(first, last + 1) if first <= last < first + _MAX_RANGE else [first, last]
    return tuple(dict.fromkeys(numbers))


# --- sentences with their marks -------------------------------------------------------------------------------------

_STOP = re.compile(r"\n|[.!?。！？｡…．]+[\"'”’)）\]」』】*_]*")
_MARKS_AFTER = re.compile(rf"(?:[ \t\u3000]*{_MARK})*[.。]?")
# What may yet become a mark once more text has come.
_PARTIAL_MARK = re.compile(r"[ \t\u3000]*(?:[\[［【][^\]］】\n]{0,60})?(?:[\]］])?")
_FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})")
_PARTIAL_FENCE = re.compile(r"[ ]{0,3}[`~]{0,2}")
_ONLY_LIST_MARK = re.compile(r"\s*[(（]?[0-9a-zA-Z０-９]{1,3}[.．]")
_LOOKAHEAD = 24  # characters after a stop that decide whether it ends a sentence
_LOOKBEHIND = 160  # and before it; bounds the work on text with many stops


class MarkStream:
    """Cuts a reply that arrives in pieces into sentences, each with the marks behind it.

    A sentence is given out once no further text can change where it ends. The sentences do not depend on how the
    reply was cut into pieces, and joined they are the reply.
    """

    def __init__(self) -> None:
        self._held = ""
        self._begin = 0  # where the sentence in hand begins in what is held
        self._scanned = 0  # it does not end before here

    def feed(self, piece: str) -> list[str]:
        """Sentences that are complete now, each with the white space that follows it."""
        self._held = self._held[self._begin :] + piece
        self._begin, self._scanned = 0, self._scanned - self._begin
        return self._release(final=False)

    def finish(self) -> list[str]:
        """What is left at the end of the reply."""
        released = self._release(final=True)
        if self._begin < len(self._held):
            released.append(self._held[self._begin :])
        self._held, self._begin, self._scanned = "", 0, 0
        return released

    def _release(self, *, final: bool) -> list[str]:
        released = []
        while (end := self._sentence_end(final=final)) is not None:
            released.append(self._held[self._begin : end])
            self._begin = self._scanned = end
        return released

    def _sentence_end(self, *, final: bool) -> int | None:
        """Where the sentence in hand ends, its marks and white space included; `None`: not known yet."""
        text, begin = self._held, self._begin
        fence = _FENCE.match(text, begin)
        if fence:
            return self._fence_end(fence, final=final)
        if not final and _PARTIAL_FENCE.fullmatch(text, begin):
            return None
        for stop in _STOP.finditer(text, self._scanned):
            if stop.group() == "\n":
                return _after_spaces(text, stop.end(), final=final)
            if not final and stop.end() == len(text):
                return None  # more stops or closing marks may follow
            marks = _MARKS_AFTER.match(text, stop.end())
            assert marks is not None
            tail = text[marks.end() : marks.end() + 64]
            if not final:
                if marks.end() + len(tail) == len(text) and _PARTIAL_MARK.fullmatch(tail):
                    return None
                if len(tail) < _LOOKAHEAD and "\n" not in tail:
                    return None
            if self._ends(stop, tail):
                return _after_spaces(text, marks.end(), final=final)
            self._scanned = stop.end()
        return None

    def _ends(self, stop: re.Match[str], tail: str) -> bool:
        text, begin = self._held, self._begin
        if _ONLY_LIST_MARK.fullmatch(text, begin, stop.end()):
            return False
        after = tail[:_LOOKAHEAD].partition("\n")[0]
        if not after.strip():
            return True
        if stop.group() == "." and not after[0].isspace() and after[0] < "\u3000":
            return False
        before = without_marks(text[max(begin, stop.end() - _LOOKBEHIND) : stop.end()])
        spans = sentence_spans(before + after, 0, len(before) + len(after))
        return any(span.end == len(before) for span in spans)

    def _fence_end(self, fence: re.Match[str], *, final: bool) -> int | None:
        """A fenced block is one sentence: nothing in it is a mark."""
        text = self._held
        at = text.find("\n", max(self._begin, self._scanned - 1))
        while at >= 0:
            line_end = text.find("\n", at + 1)
            if line_end < 0:
                break
            if text[at + 1 : line_end].lstrip(" ").startswith(fence[1]):
                return line_end + 1
            at = line_end
            self._scanned = at + 1
        return len(text) if final and self._begin < len(text) else None


def _after_spaces(text: str, at: int, *, final: bool) -> int | None:
    """`at` moved behind the white space there; `None` while more of it may come."""
    end = at
    while end < len(text) and text[end].isspace():
        end += 1
    return end if final or end < len(text) else None


def reply_sentences(text: str) -> list[Span]:
    """Sentences of a reply with their marks, as `MarkStream` cuts it, trimmed of white space; blank ones left out."""
    stream = MarkStream()
    return _spans(text, [*stream.feed(text), *stream.finish()])


def _spans(text: str, sentences: Iterable[str]) -> list[Span]:
    spans, at = [], 0
    for sentence in sentences:
        stripped = sentence.strip()
        if stripped:
            start = at + sentence.index(stripped[0])
            spans.append(Span(start, start + len(stripped)))
        at += len(sentence)
    return spans
