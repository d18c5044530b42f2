"""Text -> blocks of runs for the browser: light Markdown, citation marks and highlights; never HTML.

The browser makes one element a block and one text node a run. Markup is kept as hidden runs, so that the runs of a
stretch, joined, are that stretch to the character: a highlight that the browser shows is the quote itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from rag.answer import Unsupported
from rag.text.blocks import Block, scan_blocks

# `[1]`, full width too; a model's brackets are made plain by the citation check, this only finds what it left.
_MARK = re.compile(r"\[(\d{1,4})\]")
# Bounded repeats, so that no text can make the search quadratic. What is named `x…` is hidden.
_INLINE = re.compile(
    r"(?P<x0>\\)(?P<escaped>[!-/:-@\[-`{-~])"
    r"|(?P<x1>`{1,3})(?P<code>[^`\n]{1,500})(?P<x2>`{1,3})"
    r"|(?P<x3>!?\[)(?P<link>[^\[\]\n]{1,500})(?P<x4>\]\([^()\s]{0,2000}(?:\s\"[^\"\n]{0,300}\")?\))"
    r"|(?P<x5>\*\*|__)(?=\S)(?P<strong>[^*_\n]{1,1000}?)(?<=\S)(?P<x6>\*\*|__)"
    r"|(?<![\w*])(?P<x7>\*)(?=\S)(?P<em>[^*\n]{1,1000}?)(?<=\S)(?P<x8>\*)(?![\w*])"
)
# What Streamlit's Markdown would read as more than text, `:icon:` and `$formula$` included. Code spans may stay: our
# messages put commands into them, and what stands in one is shown as it is.
_MARKDOWN = re.compile(r"[\\*\[\]<>$~|]|:(?=[\w/-]+[:\[])|(?<!\w)_|_(?!\w)")
_STYLES = ("code", "strong", "em")


@dataclass(slots=True)
class _Char:
    """What is known of one character; equal neighbours become one run."""

    hidden: bool = False
    style: str = ""
    quoted: bool = False
    flaw: int | None = None
    mark: int | None = None
    cell: bool = False

    def attributes(self) -> dict[str, Any]:
        known: dict[str, Any] = {}
        if self.hidden:
            known["hidden"] = True
        if self.style:
            known["style"] = self.style
        if self.quoted:
            known["quoted"] = True
        if self.flaw is not None:
            known["flaw"] = self.flaw
        if self.mark is not None:
            known["mark"] = self.mark
        if self.cell:
            known["cell"] = True
        return known


def answer_blocks(text: str, numbers: Collection[int], unsupported: Sequence[Unsupported] = ()) -> list[dict[str, Any]]:
    """Blocks of an answer's text: `{"kind", "level", "runs"}`.

    Args:
        text: `Answer.text`.
        numbers: Numbers of the answer's citations; a mark with any other number stays text.
        unsupported: `Answer.unsupported`; a run that lies in the i-th has `flaw: i`.
    """

    def paint(chars: list[_Char]) -> None:
        for i, flaw in enumerate(unsupported):
            for char in chars[max(0, flaw.start) : flaw.end]:
                char.flaw = i
        for found in _MARK.finditer(text):
            if int(found[1]) in numbers:
                for char in chars[found.start() : found.end()]:
                    char.mark, char.flaw, char.hidden, char.style = int(found[1]), None, False, ""

    return _blocks(text, 0, len(text), list(_lines(text)), paint, markdown=True)


def document_blocks(text: str, start: int, end: int, quote: tuple[int, int], *, markdown: bool) -> list[dict[str, Any]]:
    """Blocks of `text[start:end]` with the characters of `quote` marked `quoted`; offsets count in `text`."""

    def paint(chars: list[_Char]) -> None:
        for char in chars[max(0, quote[0] - start) : max(0, quote[1] - start)]:
            char.quoted = True

    return _blocks(text, start, end, scan_blocks(text, start, end, markdown=markdown), paint, markdown=markdown)


def _lines(text: str) -> Iterator[Block]:
    """Blocks of an answer: each line one of its own.

    Answers are not wrapped, and a sentence behind a list is no part of its last item, as Markdown would have it.
    """
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        for block in scan_blocks(text, start, end):
            indent = len(line) - len(line.lstrip())
            yield replace(block, level=min(indent // 2, 4)) if block.kind == "item" else block
        start = end + 1


def plain_text(text: str) -> str:
    """A sentence of ours, for Streamlit's own elements, which read Markdown: paths and names in it stay as they are."""
    return _MARKDOWN.sub(r"\\\g<0>", text)


def size_text(n_bytes: int) -> str:
    """Size of a file: `310 B`, `1.4 KB`, `25 MB`."""
    if n_bytes < 1000:
        return f"{n_bytes} B"
    kilobytes = n_bytes / 1024
    number, unit = (kilobytes, "KB") if kilobytes < 1000 else (kilobytes / 1024, "MB")
    return f"{number:.0f} {unit}" if number >= 10 or number == int(number) else f"{number:.1f} {unit}"


def _blocks(
    text: str, start: int, end: int, found: Sequence[Block], paint: Callable[[list[_Char]], None], *, markdown: bool
) -> list[dict[str, Any]]:
    chars = [_Char() for _ in range(end - start)]
    # The white space between two blocks goes, hidden, to the end of the first: nothing is left out.
    bounds = [start, *(block.start for block in found[1:]), end]
    for block, left, right in zip(found, bounds, bounds[1:], strict=False):
        _style_block(text, block, chars, start, (left, right), markdown=markdown)
    paint(chars)
    return [
        {
            "kind": block.kind,
            "level": block.level,
            "start": left,
            **({"mark": text[block.start : block.content].strip()} if block.kind == "item" else {}),
            "runs": list(_runs(text, chars, start, left, right)),
        }
        for block, left, right in zip(found, bounds, bounds[1:], strict=False)
    ]


def _style_block(
    text: str, block: Block, chars: list[_Char], base: int, bounds: tuple[int, int], *, markdown: bool
) -> None:
    """Hide a block's markup and the white space around it, and note the style of its words."""
    is_mark = block.kind == "mark"
    content, stop = (block.end, block.end) if is_mark else (block.content, block.end)
    for left, right in ((bounds[0], content), (stop, bounds[1])):
        for at in range(left, right):
            chars[at - base].hidden = True
    if not markdown or is_mark or block.kind == "code":
        return
    for found in _INLINE.finditer(text, block.content, block.end):
        for name, piece in found.groupdict().items():
            if piece is None:
                continue
            for at in range(*found.span(name)):
                chars[at - base].hidden |= name.startswith("x")
                chars[at - base].style = name if name in _STYLES else chars[at - base].style
    if block.kind in ("header", "row"):
        for at in range(block.start, block.end):
            if text[at] == "|":
                chars[at - base].hidden = chars[at - base].cell = True


def _runs(text: str, chars: Sequence[_Char], base: int, start: int, end: int) -> Iterator[dict[str, Any]]:
    """Runs of equal characters; two marks that touch stay two runs, because each ends with its bracket."""
    at = start
    for _, group in groupby(range(start, end), key=lambda i: _key(text, chars, base, i)):
        n = sum(1 for _ in group)
        yield {"text": text[at : at + n], **chars[at - base].attributes()}
        at += n


def _key(text: str, chars: Sequence[_Char], base: int, i: int) -> tuple[object, ...]:
    char = chars[i - base]
    # `[1][1]` are two marks: the offset of the opening bracket tells them apart.
    begins = text.rfind("[", max(0, i - 6), i + 1) if char.mark is not None else None
    return (char.hidden, char.style, char.quoted, char.flaw, char.mark, char.cell, begins)
