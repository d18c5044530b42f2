"""A document as parts between headings, each a row of units: the pieces that chunks are put together from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rag.document import Document, Span
from rag.loading.formats import is_markdown
from rag.text.blocks import Block, scan_blocks
from rag.text.markup import plain, plain_sentence
from rag.text.sentences import sentence_spans

# A list item up to this length is one sentence whatever stops it holds; a longer one is split, to be quotable.
MAX_ITEM_CHARS = 300
# How much of an introducing sentence, a parent item or a table's header later chunks carry as context.
_MAX_LEAD_CHARS = 300
# From so many units on, small ones are joined across lists and paragraphs too: no prose looks like that.
_MANY_UNITS = 20_000

Cut = Literal["block", "item", "sentence", "bound"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A piece that is moved whole: `text[start:end]`. The units of a part hold all of it but white space.

    Attributes:
        sentences: Its sentences, inside the span; none for headings, rules and the like.
        cut: What a cut before this unit parts; `bound` belongs to the unit before it (a list to its introduction).
        group: Number of the list or table that it belongs to, with the sentence that introduces it; -1 for none.
        lead: What a chunk that begins here needs as context beside the headings, as plain text.
        parts: The units that were joined to this one, if any.
    """

    start: int
    end: int
    sentences: tuple[Span, ...]
    cut: Cut
    group: int = -1
    lead: tuple[str, ...] = ()
    parts: tuple[Unit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What stands between two headings: no chunk reaches beyond it.

    Attributes:
        units: Its heading lines, then the text under them.
        path: Headings above it and its own, as plain text, outermost first.
        n_own: How many of `path`, from its end, are lines of this part.
    """

    units: list[Unit]
    path: tuple[str, ...]
    n_own: int


def document_parts(document: Document) -> Iterator[Part]:
    """Parts of a document, in order, at least one unit in each."""
    headings = {section.start: section.level for section in document.sections if section.heading}
    blocks = scan_blocks(document.text, markdown=is_markdown(document.format), headings=headings)
    stack: list[tuple[int, str]] = []
    begin = 0
    for i, block in enumerate(blocks):
        if block.kind == "heading" and i > begin and blocks[i - 1].kind != "heading":
            yield _part(document.text, blocks[begin:i], stack)
            begin = i
    if begin < len(blocks):
        yield _part(document.text, blocks[begin:], stack)


def block_sentences(text: str, block: Block) -> list[Span]:
    """Sentences of one block: a heading, a row, a line of code and a list item of common length are one each."""
    if block.kind == "mark":
        return []
    start = _unquoted(text, block.start, block.end) if block.quoted else block.start
    if block.kind not in ("paragraph", "item"):
        return [Span(start, block.end)]
    if block.kind == "item" and block.end - block.start <= MAX_ITEM_CHARS:
        return [Span(start, block.end)]
    spans = sentence_spans(text, block.content, block.end)
    if block.quoted:
        begins = [_unquoted(text, span.start, span.end) for span in spans]
        spans = [Span(begin, span.end) for begin, span in zip(begins, spans, strict=True) if begin < span.end]
    if block.kind == "item" and spans:
        spans[0] = Span(start, spans[0].end)
    return spans


def joined(units: Sequence[Unit], max_chars: int) -> list[Unit]:
    """Units with neighbours put together while they stay within `max_chars`: fewer to weigh, and to count tokens of."""
    across = len(units) > _MANY_UNITS
    result: list[Unit] = []
    pending: list[Unit] = []
    for unit in units:
        if pending and (
            unit.end - pending[0].start > max_chars
            or not (across or (unit.group == pending[0].group and unit.lead == pending[0].lead))
        ):
            result.append(_join(pending))
            pending = []
        pending.append(unit)
    if pending:
        result.append(_join(pending))
    return result


def _join(units: list[Unit]) -> Unit:
    if len(units) == 1:
        return units[0]
    sentences = tuple(span for unit in units for span in unit.sentences)
    return replace(units[0], end=units[-1].end, sentences=sentences, parts=tuple(units))


def _part(text: str, blocks: Sequence[Block], stack: list[tuple[int, str]]) -> Part:
    """Part made of some blocks; `stack` holds the headings above it and is brought up to date."""
    n_own = 0
    for block in blocks:
        if block.kind != "heading":
            break
        while stack and stack[-1][0] >= block.level:
            stack.pop()
            n_own = max(0, n_own - 1)
        heading = plain_sentence(plain(text[block.start : block.end]))
        if heading:
            stack.append((block.level, heading))
            n_own += 1
    return Part(units=_Units(text).of(blocks), path=tuple(heading for _, heading in stack), n_own=n_own)


class _Units:
    """Units of the blocks of one part."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._units: list[Unit] = []
        self._group = -1
        self._n_groups = 0
        self._lead: tuple[str, ...] = ()
        self._parents: list[str] = []  # the items that enclose the current one, by depth

    def of(self, blocks: Sequence[Block]) -> list[Unit]:
        previous: Block | None = None
        for block in blocks:
            self._take(block, previous)
            previous = block
        return self._units

    def _take(self, block: Block, previous: Block | None) -> None:
        before = previous.kind if previous else ""
        cut: Cut = "bound" if before in ("heading", "header") else "block"
        if block.kind == "item":
            if before not in ("item", "paragraph") or not self._in_list(previous):
                self._open_group(before, cut)
            self._add_item(block, "item" if self._in_list(previous) else "bound")
        elif block.kind in ("header", "row"):
            self._add_row(block, before, cut)
        elif block.kind == "code":
            self._add(block, "item" if before == "code" else "bound")
        elif block.kind == "mark" and before in ("header", "code"):
            self._add(block, "bound")
        elif block.kind == "paragraph" and block.level and self._in_list(previous):
            self._add(block, "item")
        else:
            self._close_group()
            self._add(block, cut)

    def _in_list(self, previous: Block | None) -> bool:
        if previous is None or self._group < 0:
            return False
        return previous.kind == "item" or (previous.kind == "paragraph" and previous.level > 0)

    def _open_group(self, before: str, cut: Cut) -> None:
        """Begin a list or table; the last sentence of a paragraph right before it introduces it."""
        self._close_group()
        self._group = self._n_groups
        self._n_groups += 1
        if before == "paragraph" and self._units:
            introduction = replace(self._units[-1], group=self._group)
            self._units[-1] = introduction
            if introduction.sentences:
                last = introduction.sentences[-1]
                self._lead = (_lead(self._text[last.start : last.end]),)

    def _close_group(self) -> None:
        self._group, self._lead, self._parents = -1, (), []

    def _add_item(self, block: Block, cut: Cut) -> None:
        del self._parents[block.level :]
        lead = self._lead + tuple(self._parents[-1:])
        self._add(block, cut, lead)
        while len(self._parents) < block.level:
            self._parents.append("")
        self._parents.append(_lead(self._text[block.start : block.end]))

    def _add_row(self, block: Block, before: str, cut: Cut) -> None:
        if before not in ("header", "row", "mark") or self._group < 0:
            self._open_group(before, cut)
            cut = "bound" if self._lead or before == "heading" else "block"
        else:
            cut = "item" if before == "row" else "bound"
        self._add(block, cut)
        if block.kind == "header":
            self._lead += (_lead(self._text[block.start : block.end]),)

    def _add(self, block: Block, cut: Cut, lead: tuple[str, ...] | None = None) -> None:
        """Append the units of one block, a sentence each; what lies between sentences goes to the later one."""
        spans = block_sentences(self._text, block)
        context = self._lead if lead is None else lead
        if len(spans) < 2 or block.kind in ("heading", "header"):
            sentences = () if block.kind in ("heading", "header") else tuple(spans)
            unit = Unit(start=block.start, end=block.end, sentences=sentences, cut=cut, group=self._group, lead=context)
            self._units.append(unit)
            return
        start = block.start
        for i, span in enumerate(spans):
            end = block.end if i == len(spans) - 1 else span.end
            self._units.append(
                Unit(
                    start=start,
                    end=end,
                    sentences=(span,),
                    cut="sentence" if i else cut,
                    group=self._group,
                    lead=context,
                )
            )
            start = _skip_space(self._text, end, block.end)


def _lead(text: str) -> str:
    shown = plain_sentence(text[: 2 * _MAX_LEAD_CHARS])
    return shown if len(shown) <= _MAX_LEAD_CHARS else shown[:_MAX_LEAD_CHARS].rstrip() + "…"


def _skip_space(text: str, start: int, end: int) -> int:
    while start < end and text[start].isspace():
        start += 1
    return start


def _unquoted(text: str, start: int, end: int) -> int:
    while start < end and (text[start] == ">" or text[start].isspace()):
        start += 1
    return start
