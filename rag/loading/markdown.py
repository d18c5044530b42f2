"""Markdown files: front matter, body and headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rag.loading.decoding import decode, encoding_notes
from rag.loading.frontmatter import split_front_matter
from rag.loading.raw import Limits, Raw, Refused
from rag.loading.sections import Heading, sections
from rag.loading.signatures import refuse_disguised
from rag.loading.text import clean
from rag.text.language import language_of

# A fence may open on the line of a list item or inside a quote.
_FENCE = re.compile(r"[ \t]*(?:(?:[-+*>]|\d{1,9}[.)])[ \t]+)*(`{3,}(?=[^`]*$)|~{3,})")
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$")
_CONTAINER = re.compile(r" {0,3}(?:[>|]|(?:[-+*]|\d{1,9}[.)])(?:[ \t]|$))")
_INDENTED = re.compile(r"(?: {4}| {0,3}\t)")

_LINK = re.compile(r"!?\[([^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])")
_EMPHASIS = re.compile(r"(?<!\\)(\*{1,3}|_{2,3}|~~|`+)(?=\S)(.+?)(?<=\S)\1")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def read(data: bytes, limits: Limits) -> Raw:
    """Read a Markdown file; see `rag.loading.raw.Raw`.

    Raises:
        Refused: For content that is no Markdown, broken front matter, too long a text or an empty one, and for files
            that say `index: false`.
    """
    refuse_disguised(data, "Markdown")
    decoded, encoding = decode(data)
    whole, n_removed = clean(decoded)
    front_matter, text = split_front_matter(whole)
    front_matter = _cleaned(front_matter)
    if _is_unlisted(front_matter.get("index")):
        raise Refused("not_listed", "Its front matter says `index: false`.")
    limits.check_chars(len(text))
    if not text.strip():
        raise Refused("empty", "The file holds no text.")
    found = tuple(sections(list(_headings(text)), len(text)))
    return Raw(
        text=text,
        front_matter=front_matter,
        language=language_of(text),
        sections=found,
        title=next((section.heading for section in found if section.heading), None),
        n_removed=n_removed,
        notes=encoding_notes(encoding),
    )


def _cleaned(value: Any) -> Any:
    """Front matter with cleaned strings: YAML escapes can write characters that may not stand in a text."""
    if isinstance(value, str):
        return clean(value)[0]
    if isinstance(value, dict):
        return {clean(key)[0]: _cleaned(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    return value


def _is_unlisted(index: Any) -> bool:
    return index is False or (isinstance(index, str) and index.strip().lower() in ("false", "no", "off"))


def _headings(text: str) -> Iterator[Heading]:
    """Start, level and words of each heading outside fenced code (CommonMark 0.31, sections 4.2, 4.3 and 4.5)."""
    fence = ""
    paragraph: list[tuple[int, str]] = []  # lines that an underline would turn into a heading
    in_container = False  # after a list item, quote or table row: what follows without a blank line belongs to it
    offset = 0
    for line in text.split("\n"):
        start, offset = offset, offset + len(line) + 1
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line[mark.end() :].strip():
                fence = ""
            continue
        heading = None
        if mark:
            fence = mark[1]
        elif atx := _ATX.match(line):
            heading = Heading(start, len(atx[1]), _words(atx[2] or ""))
        elif paragraph and (underline := _UNDERLINE.match(line)):
            level = 1 if underline[1].startswith("=") else 2
            heading = Heading(paragraph[0][0], level, _words(" ".join(part for _, part in paragraph)))
        elif _CONTAINER.match(line) and not _RULE.match(line):
            paragraph, in_container = [], True
            continue
        elif line.strip() and not _RULE.match(line):
            if not in_container and (paragraph or not _INDENTED.match(line)):
                paragraph.append((start, line.strip()))
            continue
        paragraph, in_container = [], False
        if heading:
            yield heading


def _words(heading: str) -> str:
    """A heading's words without its markup."""
    words = _LINK.sub(r"\1", heading.strip())
    for _ in range(3):  # emphasis within emphasis
        words = _EMPHASIS.sub(r"\2", words)
    return _ESCAPE.sub(r"\1", words)
