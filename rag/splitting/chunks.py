"""Documents into chunks and sentences, each with its exact place in the document's text."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from rag.document import Chunk, Document, Span
from rag.splitting.contexts import Contexts
from rag.splitting.units import Part, Unit, block_sentences, document_parts, joined
from rag.text.blocks import scan_blocks, trim
from rag.text.markup import plain

SPLITTER_VERSION = 2

TARGET_CHARS = 800
# Context takes at most a third of what the model reads.
_CONTEXT_SHARE = 3
_MIN_ROOM_TOKENS = 16
# What a cut costs, beside a chunk's size (the squared relative distance from the target).
_CUT_COST = {"block": 0.02, "item": 0.2, "sentence": 0.35, "bound": 5.0}
_SPLIT_LIST_COST = 10.0
# Most units of a chunk: bounds the work where units are tiny and many.
_MAX_UNITS = 64
_MAX_MARKS = 32
_SPACE_CUT = re.compile(r"\s+")
_COMMA_CUT = re.compile(r"[、，；：）」』】,;:)\]|]+")


def split_sentences(text: str, start: int = 0, end: int | None = None, *, markdown: bool = False) -> list[Span]:
    """Sentences of `text[start:end]`, English and Japanese, as spans over `text`.

    Blank lines end a sentence, line breaks do not. List items are sentences of their own, with their mark (up to
    `rag.splitting.units.MAX_ITEM_CHARS`; longer ones are split). With `markdown`, so are headings, table rows and lines
    of code; rules, fences and the like are none. Spans are trimmed of white space, in order, without overlap; time is
    linear.
    """
    spans = []
    for block in scan_blocks(text, start, end, markdown=markdown):
        spans.extend(block_sentences(text, block))
    return spans


def embedded_text(chunk: Chunk, text: str) -> str:
    """What is embedded for a chunk: its context and its words without markup, a line apart.

    Args:
        chunk: A chunk of the document.
        text: The document's text.
    """
    return _with_context(chunk.context, text[chunk.start : chunk.end])


class Splitter:
    """Cuts documents into chunks that an embedding model reads whole.

    Args:
        count_tokens: Tokens of a text as the model reads it, its special tokens included.
        max_tokens: Most tokens that the model reads.
        target_chars: Length that chunks aim at, in characters; twice that is the most.

    Raises:
        ValueError: If `max_tokens` leaves no room for text, or `target_chars` is below 16.
    """

    def __init__(
        self, count_tokens: Callable[[str], int], max_tokens: int, *, target_chars: int = TARGET_CHARS
    ) -> None:
        self._n_special = count_tokens("")
        if max_tokens - self._n_special < _MIN_ROOM_TOKENS:
            raise ValueError(
                f"max_tokens={max_tokens} leaves no room for text: {self._n_special} are special tokens, "
                f"{_MIN_ROOM_TOKENS} more are needed"
            )
        if target_chars < 16:
            raise ValueError(f"target_chars={target_chars} must be at least 16")
        self._count_tokens = count_tokens
        self._max_tokens = max_tokens
        self._target_chars = target_chars
        self._max_chars = 2 * target_chars
        self._room = max_tokens - self._n_special

    def split(self, document: Document) -> list[Chunk]:
        """Chunks of a document, in order.

        Together they hold all of the text but white space, without overlap; every chunk has a sentence. No chunk
        crosses a heading; a heading's line belongs to the chunk that follows it. What is embedded for a chunk
        (`embedded_text`) has at most `max_tokens` tokens: context is shortened where it takes more than a third of
        them, and a sentence that does not fit is cut between words, or characters. (A single character of more tokens
        than that stays whole.) Time is linear in the length of the text.
        """
        places = _Places(document)
        result = []
        for part in document_parts(document):
            for units, context in self._packed(document, part):
                result.append(places.chunk(units, context))
        return result

    def _packed(self, document: Document, part: Part) -> Iterator[tuple[Sequence[Unit], str]]:
        """Units of each chunk of a part, with the chunk's context."""
        text = document.text
        contexts = Contexts(document.title, part, self._tokens, self._room // _CONTEXT_SHARE)
        units, sizes = self._sized(text, part, contexts)
        ends = self._chunk_ends(units, sizes, contexts)
        i = 0
        while i < len(units):
            j = ends[i]
            context = contexts.best(units[i], first=i == 0)
            # Counts of units add up to that of the chunk, but for what few tokenizers do at their borders.
            while j > i + 1 and not self._fits(text, units[i].start, units[j - 1].end, context):
                j -= max(1, (j - i) // 4)
            if j > i + 1:
                yield units[i:j], context
            else:
                yield from self._alone(text, units[i], contexts.ladder(units[i], first=i == 0))
            i = j

    def _alone(self, text: str, unit: Unit, ladder: Sequence[str]) -> Iterator[tuple[Sequence[Unit], str]]:
        """A unit as a chunk of its own, with the fullest context that fits; in halves where none does."""
        for context in ladder:
            if self._fits(text, unit.start, unit.end, context):
                yield [unit], context
                return
        middle = _boundary(text, unit.start, (unit.start + unit.end + 1) // 2)
        if middle <= unit.start or middle >= unit.end:
            yield [unit], ""
            return
        for start, end in (trim(text, unit.start, middle), trim(text, middle, unit.end)):
            if start < end:
                yield from self._alone(text, _slice(unit, start, end), ladder)

    def _fits(self, text: str, start: int, end: int, context: str) -> bool:
        return self._count_tokens(_with_context(context, text[start:end])) <= self._max_tokens

    def _tokens(self, text: str) -> int:
        """Tokens of a text without the special ones."""
        return max(0, self._count_tokens(text) - self._n_special)

    def _sized(self, text: str, part: Part, contexts: Contexts) -> tuple[list[Unit], list[int]]:
        """Units of a part that each fit into a chunk, and how many tokens each has."""
        units: list[Unit] = []
        sizes: list[int] = []
        for unit in joined(part.units, min(self._target_chars // 16, self._max_tokens // 8)):
            for fitting, size in self._fitting(text, unit, contexts):
                units.append(fitting)
                sizes.append(size)
        return units, sizes

    def _fitting(self, text: str, unit: Unit, contexts: Contexts) -> Iterator[tuple[Unit, int]]:
        if unit.end - unit.start <= self._max_chars:
            size = self._tokens(plain(text[unit.start : unit.end]))
            if size <= self._room:
                yield unit, size
                return
            if unit.parts:
                for smaller in unit.parts:
                    yield from self._fitting(text, smaller, contexts)
                return
        yield from self._cut(text, unit, self._room - contexts.n_tokens(unit, first=False))

    def _cut(self, text: str, unit: Unit, room: int) -> Iterator[tuple[Unit, int]]:
        """A unit that is too long, in pieces of at most `room` tokens, cut between words where it can be."""
        start, step = unit.start, self._max_chars
        while start < unit.end:
            stop = min(start + step, unit.end)
            if stop < unit.end:
                stop = _boundary(text, start, stop)
            begin, end = trim(text, start, stop)
            size = self._tokens(plain(text[begin:end])) if begin < end else 0
            if size > room and stop - start > 1:
                step = max(1, min(int((stop - start) * room / size * 0.95), stop - start - 1))
                continue
            if begin < end:
                yield _slice(unit, begin, end), size
            start = stop
            if size < room * 0.8:
                step = min(self._max_chars, step + step // 4 + 1)

    def _chunk_ends(self, units: Sequence[Unit], sizes: Sequence[int], contexts: Contexts) -> list[int]:
        """For each unit, where a chunk that begins with it should end.

        The cheapest way to cut all that follows, by dynamic programming from the end: a chunk costs the square of its
        relative distance from the target length, a cut what it parts.
        """
        n = len(units)
        whole_groups = self._groups_that_fit(units, sizes, contexts)
        costs = [0.0] * (n + 1)
        ends = [n] * n
        for i in range(n - 1, -1, -1):
            room = self._room - contexts.n_tokens(units[i], first=i == 0)
            best = float("inf")
            n_tokens = 0
            for j in range(i + 1, min(n, i + _MAX_UNITS) + 1):
                n_tokens += sizes[j - 1]
                n_chars = units[j - 1].end - units[i].start
                if j > i + 1 and (n_tokens > room or n_chars > self._max_chars):
                    break
                cost = (n_chars / self._target_chars - 1) ** 2 + costs[j]
                if j < n:
                    cost += _CUT_COST[units[j].cut]
                    if units[j].group in whole_groups and units[j].group == units[j - 1].group:
                        cost += _SPLIT_LIST_COST
                if cost < best:
                    best, ends[i] = cost, j
            costs[i] = best
        return ends

    def _groups_that_fit(self, units: Sequence[Unit], sizes: Sequence[int], contexts: Contexts) -> set[int]:
        """Lists and tables that fit into one chunk with their introduction."""
        n_tokens: dict[int, int] = {}
        begins: dict[int, Unit] = {}
        ends: dict[int, int] = {}
        for unit, size in zip(units, sizes, strict=True):
            n_tokens[unit.group] = n_tokens.get(unit.group, 0) + size
            begins.setdefault(unit.group, unit)
            ends[unit.group] = unit.end
        return {
            group
            for group, begin in begins.items()
            if group >= 0
            and ends[group] - begin.start <= self._max_chars
            and n_tokens[group] + contexts.n_tokens(begin, first=False) <= self._room
        }


class _Places:
    """Section and page of each chunk of one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._section_starts = [section.start for section in document.sections]
        self._page_starts = [page.start for page in document.pages]

    def chunk(self, units: Sequence[Unit], context: str) -> Chunk:
        start, end = units[0].start, units[-1].end
        sentences = tuple(span for unit in units for span in unit.sentences)
        # Headings and rules by themselves: whoever reads a chunk may count on a sentence.
        sentences = sentences or (Span(start, end),)
        return Chunk(
            start=start,
            end=end,
            context=context,
            section=self._section(sentences[0].start),
            page=self._page(sentences[0].start),
            sentences=sentences,
        )

    def _section(self, offset: int) -> str | None:
        i = bisect_right(self._section_starts, offset) - 1
        if i < 0 or offset >= self._document.sections[i].end:
            return None
        return self._document.sections[i].path or None

    def _page(self, offset: int) -> int | None:
        i = bisect_right(self._page_starts, offset) - 1
        if i < 0 or offset >= self._document.pages[i].end:
            return None
        return self._document.pages[i].number


def _with_context(context: str, body: str) -> str:
    shown = plain(body)
    return f"{context}\n{shown}" if context else shown


def _slice(unit: Unit, start: int, end: int) -> Unit:
    """The part of a unit in `text[start:end]`, its sentences cut to it."""
    spans = [
        Span(max(span.start, start), min(span.end, end))
        for span in unit.sentences
        if span.start < end and start < span.end
    ]
    return replace(
        unit, start=start, end=end, sentences=tuple(spans), parts=(), cut="sentence" if start > unit.start else unit.cut
    )


def _boundary(text: str, start: int, stop: int) -> int:
    """The last good place to cut at or before `stop`: behind white space, behind a comma, between characters.

    Only the last third of `text[start:stop]` is searched. A character keeps its combining marks.
    """
    earliest = stop - (stop - start) // 3
    for pattern in (_SPACE_CUT, _COMMA_CUT):
        ends = [found.end() for found in pattern.finditer(text, earliest, stop)]
        if ends:
            return ends[-1]
    for at in range(stop, max(start, stop - _MAX_MARKS), -1):
        if at == len(text) or not (_joins(text[at]) or text[at - 1] == "\u200d"):
            return at
    return stop


def _joins(char: str) -> bool:
    return unicodedata.category(char)[0] == "M" or char == "\u200d" or "\U0001f3fb" <= char <= "\U0001f3ff"
