"""Where a quote stands on its pages: from one box a character to one rectangle a line."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.document import Page

_SAME_LINE = 0.5  # share of the lower height that two boxes of one line overlap by
_MAX_GAP = 3.0  # in heights: what is further apart stands in another column or cell


@dataclass(frozen=True, slots=True)
class LineBox:
    """A rectangle around the part of a line that was asked for, in PDF points from the page's lower left corner.

    `page` is the page's number, from 1; the page is taken as displayed (cropped and turned), `Page.width` by
    `Page.height` large.
    """

    page: int
    x0: float
    y0: float
    x1: float
    y1: float


def line_boxes(boxes: bytes, pages: Sequence[Page], start: int, end: int) -> list[LineBox]:
    """Rectangles that cover `document.text[start:end]`, one a line, in reading order.

    Args:
        boxes: `Loaded.boxes` of the document.
        pages: `Document.pages`.
        start: First character.
        end: Character after the last.

    Returns:
        The rectangles; none where the span holds nothing that stands on a page.
    """
    places = unpack(boxes)
    lines: list[LineBox] = []
    for page in pages:
        part = places[max(start, page.start) : min(end, page.end)]
        if start < page.end and end > page.start:
            lines.extend(LineBox(page.number, *map(float, line)) for line in _lines(part))
    return lines


def unpack(boxes: bytes) -> NDArray[np.float32]:
    """The boxes as an array (n_chars, 4)."""
    return np.frombuffer(zlib.decompress(boxes), dtype=np.float32).reshape(-1, 4)


def _lines(places: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """Unite boxes that follow one another on a line, written across or downwards."""
    line: NDArray[np.float32] | None = None
    last: NDArray[np.float32] | None = None
    for box in places[~np.isnan(places).any(axis=1)]:
        if line is not None and last is not None and (_goes_on(line, box) or _goes_down(line, last, box)):
            line = np.concatenate([np.minimum(line[:2], box[:2]), np.maximum(line[2:], box[2:])])
        else:
            if line is not None:
                yield line
            line = box
        last = box
    if line is not None:
        yield line


def _goes_on(line: NDArray[np.float32], box: NDArray[np.float32]) -> bool:
    height = min(line[3] - line[1], box[3] - box[1])
    overlap = min(line[3], box[3]) - max(line[1], box[1])
    gap = max(line[0], box[0]) - min(line[2], box[2])
    return bool(overlap >= _SAME_LINE * height and gap <= _MAX_GAP * (box[3] - box[1]))


def _goes_down(line: NDArray[np.float32], last: NDArray[np.float32], box: NDArray[np.float32]) -> bool:
    """Whether `box` goes on a column: right below the last one (or above it, where a line is turned)."""
    width = box[2] - box[0]
    centre = (box[0] + box[2]) / 2
    is_column = line[2] - line[0] <= 1.5 * max(width, last[2] - last[0])
    gap = max(last[1] - box[3], box[1] - last[3])
    return bool(is_column and line[0] <= centre <= line[2] and -0.5 * width <= gap <= 0.5 * width)
