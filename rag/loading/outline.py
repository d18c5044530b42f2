"""The outline of a PDF (its bookmarks) as headings in its text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rag.loading.sections import Heading
from rag.loading.text import clean

if TYPE_CHECKING:
    import pypdfium2

_MAX_ENTRIES = 5000
_MAX_LEVEL = 6
_MAX_CHARS = 300


def outline_headings(document: pypdfium2.PdfDocument, text: str, spans: Sequence[tuple[int, int]]) -> Iterator[Heading]:
    """The entries whose words stand at the beginning of a line of the page that they name, in the text's order.

    An entry that is not found there, or stands before the one above it, is left out: a wrong heading would be worse.
    """
    position = 0
    for number, entry in enumerate(document.get_toc(max_depth=_MAX_LEVEL)):
        if number == _MAX_ENTRIES:
            return
        target = entry.get_dest()
        index = target.get_index() if target else None
        words = clean(entry.get_title())[0][:_MAX_CHARS].split()
        if index is None or not 0 <= index < len(spans) or not words:
            continue
        start, end = spans[index]
        match = _pattern("".join(words)).search(text, max(start, position), end)
        if match:
            position = match.end()
            yield Heading(match.start(), entry.level + 1, " ".join(words))


def _pattern(title: str) -> re.Pattern[str]:
    """A title at the beginning of a line, which may number it ("2.1 "), whatever spaces part its characters."""
    spaced = r"\s*".join(re.escape(char) for char in title)
    return re.compile(rf"^(?:[\dIVX.第章節]{{1,8}}[ \u3000]+)?{spaced}", re.MULTILINE | re.IGNORECASE)
