"""Lines of a page as a PDF gives them: characters with boxes, brought into their stored form and measured."""

from __future__ import annotations

import math
import re
import statistics
import unicodedata
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.loading.text import dropped_indices, segments

NOWHERE = (math.nan,) * 4
"""The box of a character without a place."""

_CJK_BLOCKS = "\u2e80-\u9fff\uf900-\ufaff\uff01-\uff65\U00020000-\U0003ffff"
_CJK = re.compile(f"[{_CJK_BLOCKS}]")
_UNBROKEN = re.compile(f"[^\\s{_CJK_BLOCKS}]+")  # no line end in it
_LEADER = re.compile(r"(?:[.…・·] ?){4}")
_CELL_GAP = 1.5  # in sizes
_MARK_CHARS = 4  # a list mark such as "(10)", behind which a gap means nothing
_MADE_UP_GAP = 0.35  # in heights


def is_cjk(char: str) -> bool:
    """Whether a character is written without spaces around it: kana, ideographs and their punctuation."""
    return bool(_CJK.match(char))


@dataclass(slots=True)
class Line:
    """A line as the file gives it: characters, four floats each, and whether the hyphen at its end parts a word.

    `start`, `end` and `first_word` (its length) run along the line, `base` and `size` across it, whichever way it is
    written. `is_row` says that it has gaps as between the cells of a table, or a leader as in a table of contents.
    """

    text: str
    boxes: array[float]
    is_hyphenated: bool = False
    is_vertical: bool = field(init=False, default=False)
    start: float = field(init=False, default=math.nan)
    end: float = field(init=False, default=math.nan)
    base: float = field(init=False, default=math.nan)
    size: float = field(init=False, default=math.nan)
    first_word: float = field(init=False, default=0.0)
    is_row: bool = field(init=False, default=False)

    def measure(self) -> None:
        """Find direction, extent and size from the boxes."""
        at = [
            4 * index
            for index, char in enumerate(self.text)
            if not char.isspace() and self.boxes[4 * index] == self.boxes[4 * index]
        ]
        if not at:
            return
        x0, y0, x1, y1 = ([self.boxes[place + side] for place in at] for side in range(4))
        self.is_vertical = len(at) > 2 and (max(y1) - min(y0)) > 2 * (max(x1) - min(x0))
        word = _UNBROKEN.match(self.text)
        last = min(len(word[0]) if word else 1, len(at)) - 1
        if self.is_vertical:
            # Downwards, columns from right to left: turned so that "along" and "below" grow as in lines across.
            self.start, self.end = -max(y1), -min(y0)
            self.base, self.size = statistics.median(x0), statistics.median(b - a for a, b in zip(x0, x1, strict=True))
            self.first_word = -min(y0[: last + 1]) - self.start
        else:
            self.start, self.end = min(x0), max(x1)
            self.base, self.size = statistics.median(y0), statistics.median(b - a for a, b in zip(y0, y1, strict=True))
            self.first_word = max(x1[: last + 1]) - self.start
            self.is_row = _has_cells(x0, x1, self.size) or bool(_LEADER.search(self.text))


def _has_cells(x0: Sequence[float], x1: Sequence[float], size: float) -> bool:
    """Whether a line has a gap as between the cells of a table; in a justified line all gaps are about as wide."""
    gaps = [left - right for left, right in zip(x0[_MARK_CHARS:], x1[_MARK_CHARS - 1 :], strict=False)]
    between_words = [gap for gap in gaps if gap > 0.2 * size]
    widest = max(between_words, default=0.0)
    return widest > _CELL_GAP * size and (len(between_words) == 1 or widest > 1.3 * statistics.median(between_words))


@dataclass(slots=True)
class PageLines:
    """A page: its size in points as displayed, and its lines in the file's order."""

    width: float
    height: float
    lines: list[Line]


def clean_line(line: Line) -> int:
    """Bring a line's characters into their stored form, boxes alongside; returns how many were taken out."""
    chars, boxes = _tidied(line)
    text = "".join(chars)
    dropped = set(dropped_indices(text))
    if dropped:
        chars = [char for index, char in enumerate(chars) if index not in dropped]
        boxes = [box for index, box in enumerate(boxes) if index not in dropped]
        text = "".join(chars)
    if not unicodedata.is_normalized("NFC", text):
        chars, boxes = _composed(text, boxes)
    line.text = "".join(chars)
    line.boxes = array("f", (side for box in boxes for side in box))
    return len(dropped)


def _tidied(line: Line) -> tuple[list[str], list[Sequence[float]]]:
    """White space as single spaces and none at the ends; ligatures and radicals as the characters they stand for."""
    chars: list[str] = []
    boxes: list[Sequence[float]] = []
    for index, char in enumerate(line.text):
        box = line.boxes[4 * index : 4 * index + 4]
        if char.isspace():
            if chars and chars[-1] != " ":
                chars.append(" ")
                boxes.append(box)
            continue
        if len(chars) > 1 and chars[-1] == " " and _is_made_up(chars[-2], boxes[-2], boxes[-1], char, box):
            del chars[-1], boxes[-1]
        meant = _meant(char)
        chars.extend(meant)
        boxes.extend(_parts(box, len(meant)))
    if chars and chars[-1] == " ":
        del chars[-1], boxes[-1]
    return chars, boxes


def _is_made_up(
    before: str, before_box: Sequence[float], space_box: Sequence[float], after: str, after_box: Sequence[float]
) -> bool:
    """Whether a space is only spread-out Japanese: none in the file, and a fraction of a character wide."""
    if not (math.isnan(space_box[0]) and _CJK.match(before) and _CJK.match(after)):
        return False
    return after_box[0] - before_box[2] < _MADE_UP_GAP * (after_box[3] - after_box[1])


def _meant(char: str) -> str:
    """The characters behind a presentation form that fonts bring into PDFs: ligatures (ﬁ) and Kangxi radicals (⽇)."""
    if "\ufb00" <= char <= "\ufb06" or "\u2e80" <= char <= "\u2fd5":
        return unicodedata.normalize("NFKC", char)
    return char


def _parts(box: Sequence[float], n: int) -> list[Sequence[float]]:
    """A box cut into `n` of the same width."""
    if n == 1:
        return [box]
    width = (box[2] - box[0]) / n
    return [(box[0] + part * width, box[1], box[0] + (part + 1) * width, box[3]) for part in range(n)]


def _composed(text: str, boxes: Sequence[Sequence[float]]) -> tuple[list[str], list[Sequence[float]]]:
    """NFC, with the box of a composed character around those that it was made of."""
    chars: list[str] = []
    composed: list[Sequence[float]] = []
    for start, end in segments(text):
        made = unicodedata.normalize("NFC", text[start:end])
        chars.extend(made)
        known = [box for box in boxes[start:end] if not math.isnan(box[0])]
        around: Sequence[float] = NOWHERE
        if known:
            around = (
                *map(min, zip(*(box[:2] for box in known), strict=True)),
                *map(max, zip(*(box[2:] for box in known), strict=True)),
            )
        composed.extend([around] * len(made))
    return chars, composed
