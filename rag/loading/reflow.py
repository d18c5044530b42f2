"""Lines of pages to running text: broken lines joined, paragraphs parted, every character with its box.

A PDF says where glyphs stand, not what belongs together. Whether a line goes on in the next one is judged as a reader
would: by the distance between them, by indentation, and by whether the next line's first word would still have fitted.
"""

from __future__ import annotations

import math
import re
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.loading.lines import NOWHERE, Line, PageLines, clean_line, is_cjk

_JOINED = ""
_ENDS_SENTENCE = re.compile(r"[.!?。！？…:：][\])）」』”’\"']*$")
_BULLET = re.compile(r"[•‣◦▪▫■□●○◆◇▶►➢・※✓①-⑳㋐-㋾❶-❿]|[–—\-*][ \u3000]")
_NUMBERED = re.compile(
    r"[(（]?(?:\d{1,3}|[a-zA-Zア-ン]|[ivxIVX]{1,5})[)）.．、][ \u3000]?\D"
    r"|第[0-9０-９一二三四五六七八九十百]+[条章節項]|[0-9０-９]{1,2}[ \u3000]\D"
)
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")

# A first half that is hardly ever split off a longer word, so that the hyphen belongs to a compound.
_COMPOUNDING = frozenset("all cross half high ill long low non open self short so well".split())

_SAME_SIZE = 0.87
_WIDE_LEADING = 1.2
_WIDEST_LEADING = 2.5  # in sizes; double-spaced text has 2.3
_NARROW = 0.4
_WINDOW = 3  # lines before and after that show how far lines go
_CENTRED = 0.5


@dataclass(slots=True)
class Flowed:
    """Running text: `boxes` has four floats a character, `spans` one span a page; the spans cover the text."""

    text: str
    boxes: array[float]
    spans: list[tuple[int, int]]
    n_removed: int


def reflow(pages: Sequence[PageLines]) -> Flowed:
    """Join the lines of all pages into one text, NFC and without invisible characters."""
    n_removed = 0
    for page in pages:
        for line in page.lines:
            n_removed += clean_line(line)
            line.measure()
        page.lines[:] = [line for line in page.lines if line.text]
    judge = _Judge(pages)
    words = _words(pages)
    text: list[str] = []
    boxes = array("f")
    starts: list[int] = []
    previous: Line | None = None
    for page in pages:
        starts.append(len(boxes) // 4)
        for number, line in enumerate(page.lines):
            if previous is not None:
                separator = judge.between(previous, line) if number else judge.across_pages(previous, line)
                if separator == _JOINED:
                    separator = _joint(previous, line)
                    if previous.is_hyphenated and not _keeps_hyphen(previous.text, line.text, words):
                        text[-1] = text[-1][:-1]
                        del boxes[-4:]
                text.append(separator)
                boxes.extend(NOWHERE * len(separator))
            if number == 0:
                starts[-1] = len(boxes) // 4
            text.append(line.text)
            boxes.extend(line.boxes)
            previous = line
    starts[0] = 0
    length = len(boxes) // 4
    spans = list(zip(starts, [*starts[1:], length], strict=True))
    return Flowed(text="".join(text), boxes=boxes, spans=spans, n_removed=n_removed)


class _Judge:
    """Says what stands between two lines: nothing (`_JOINED`, they belong together), a line break or a blank line."""

    def __init__(self, pages: Sequence[PageLines]) -> None:
        self._around: dict[int, _Around] = {}
        for page in pages:
            widths = sorted(line.end - line.start for line in page.lines if not math.isnan(line.size))
            usual_width = widths[len(widths) * 3 // 4] if widths else 0.0
            for number, line in enumerate(page.lines):
                start, end = _edges(page.lines, number)
                self._around[id(line)] = _Around(
                    start=start,
                    end=end,
                    before=_step(page.lines, number),
                    after=_step(page.lines, number + 1),
                    usual_width=usual_width,
                )

    def between(self, above: Line, below: Line) -> str:
        """Separator of two lines that follow one another on a page."""
        if above.is_hyphenated:
            return _JOINED
        if not _same_kind(above, below):
            return "\n\n"
        step = above.base - below.base
        if abs(step) < 0.5 * above.size:
            return (
                " " if 0 <= below.start - above.end < 3 * above.size else "\n"
            )  # parts of one line, or cells of a table
        goes_up = step < 0  # to the top of the next column
        if 0 < step < 3 * above.size and _BULLET.match(below.text):
            return "\n"
        # Within a paragraph lines are no further apart than before and after.
        usual = min(self._around[id(above)].before, self._around[id(below)].after)
        if not goes_up and step > min(_WIDE_LEADING * usual, _WIDEST_LEADING * below.size):
            return "\n\n"
        if goes_up:
            return _JOINED if self._goes_on(above, below) else "\n\n"
        return self._within_block(above, below)

    def across_pages(self, above: Line, below: Line) -> str:
        """Separator of the last line of a page and the first of the next."""
        if above.is_hyphenated and below.text[:1].islower():
            return _JOINED
        return _JOINED if _same_kind(above, below) and self._goes_on(above, below) else "\n\n"

    def _within_block(self, above: Line, below: Line) -> str:
        around = self._around[id(above)]
        left, right = around.start, around.end
        room = right - above.end
        is_short = room > below.first_word + 0.3 * above.size + (1.5 * above.size if is_cjk(below.text[0]) else 0)
        ends = bool(_ENDS_SENTENCE.search(above.text))
        is_indented = 0.7 * below.size < below.start - left < 6 * below.size
        if above.is_row or below.is_row:
            return "\n"
        if (ends or is_short) and _NUMBERED.match(below.text):
            return "\n"
        if (ends or is_short) and is_indented and above.start - left < 0.5 * above.size:
            return "\n\n"
        if is_short and ends:
            return "\n\n"
        is_centred = (
            abs((above.start + above.end) - (below.start + below.end)) < 2 * _CENTRED * above.size
            and abs(above.start - below.start) > above.size
        )
        is_narrow = above.end - above.start < _NARROW * around.usual_width and not below.text[:1].islower()
        if not is_centred and (is_narrow or (is_short and room > below.first_word + 0.25 * (right - left))):
            return "\n"  # a heading, an address, a row of a table
        return _JOINED

    def _goes_on(self, above: Line, below: Line) -> bool:
        """Whether a sentence is plainly cut between two lines that do not stand below one another."""
        if _ENDS_SENTENCE.search(above.text) or not below.text or not above.text:
            return False
        if below.text[0].islower():
            return True
        is_full = self._around[id(above)].end - above.end < 2.5 * above.size
        is_prose = above.end - above.start > 10 * above.size
        return bool(
            is_full
            and is_prose
            and is_cjk(above.text[-1])
            and is_cjk(below.text[0])
            and not _NUMBERED.match(below.text)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What the lines around one show: where they begin and end, how far they are, how wide most of the page's are."""

    start: float
    end: float
    before: float
    after: float
    usual_width: float


def _edges(lines: Sequence[Line], number: int) -> tuple[float, float]:
    """Where the lines over and under one begin and end, as far as they follow one another."""
    line = lines[number]
    start, end = line.start, line.end
    for direction in (-1, 1):
        for distance in range(1, _WINDOW + 1):
            index = number + direction * distance
            if not (0 <= index < len(lines) and _is_stacked(lines[index], line)):
                break
            start, end = min(start, lines[index].start), max(end, lines[index].end)
    return start, end


def _step(lines: Sequence[Line], number: int) -> float:
    """How far a line stands below the one before it; infinite where it does not."""
    if not (0 < number < len(lines) and _is_stacked(lines[number - 1], lines[number])):
        return math.inf
    step = lines[number - 1].base - lines[number].base
    return step if step > 0.5 * lines[number].size else math.inf


def _is_stacked(one: Line, other: Line) -> bool:
    """Whether two lines of the same kind stand over one another."""
    overlap = min(one.end, other.end) - max(one.start, other.start)
    return _same_kind(one, other) and overlap >= 0.5 * min(one.end - one.start, other.end - other.start)


def _same_kind(one: Line, other: Line) -> bool:
    """Same direction and about the same size; false where a line has no place."""
    # A line of one or two characters does not show its direction.
    if one.is_vertical != other.is_vertical and min(len(one.text), len(other.text)) > 2:
        return False
    return min(one.size, other.size) >= _SAME_SIZE * max(one.size, other.size)


def _words(pages: Sequence[PageLines]) -> Counter[str]:
    """How often each word stands whole on a line, lower case, compounds with their hyphens."""
    return Counter(word.lower() for page in pages for line in page.lines for word in _whole_words(line))


def _whole_words(line: Line) -> Iterator[str]:
    for match in _WORD.finditer(line.text):
        if not (line.is_hyphenated and match.end() == len(line.text) - 1):
            yield match[0]
            if "-" in match[0]:
                yield from match[0].split("-")


def _joint(above: Line, below: Line) -> str:
    """What joins two lines that belong together: a space, or nothing in Japanese and behind a hyphen."""
    if above.is_hyphenated or is_cjk(above.text[-1]) or is_cjk(below.text[0]):
        return ""
    if above.text[-1] in "-/" and above.text[-2:-1].isalnum():
        return ""  # 2025-/2026
    return " "


def _keeps_hyphen(above: str, below: str, words: Counter[str]) -> bool:
    """Whether a hyphen at the end of a line joins a compound (it stays) or parts a word (it goes).

    The document itself is asked first: how does it write the word elsewhere?
    """
    first = re.search(r"([^\W\d_]+)-$", above)
    second = re.match(r"[^\W\d_]+", below)
    if first is None or second is None or not second[0][0].islower():
        return True
    one, other = first[1].lower(), second[0].lower()
    joined, compound = words[one + other], words[f"{one}-{other}"]
    if joined or compound:
        return compound > joined
    return one in _COMPOUNDING or bool(words[one] and words[other] and min(len(one), len(other)) > 2)
