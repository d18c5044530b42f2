"""A chosen sentence into the stretch of its document that can be quoted: lists whole, pronouns with what they mean."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rag.document import Document, Span
from rag.loading.formats import is_markdown
from rag.text.blocks import Block, scan_blocks
from rag.text.markup import plain, plain_sentence
from rag.text.sentences import sentence_spans

if TYPE_CHECKING:
    from rag.extractive.evidence import Evidence

MAX_QUOTE_CHARS = 400
MAX_QUOTE_SENTENCES = 3
MAX_LIST_CHARS = 800
# Text around a sentence that is read to find its list or its predecessor, in characters.
_REACH = 1500

# A pronoun, or what goes on from the sentence before.
_REFERS_BACK = re.compile(
    r"(?:it|this|these|that|those|they|he|she|his|her|their|its|such|both|the (?:former|latter|same)"
    r"|thereafter|otherwise|after that)\b"
    r"|(?:これ|それ|この|その|彼|あの|同(?!時)|両者|ここ|そこ|ただし|以後、|以降、)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?。！？…][\"'”’)\]）」』]*$")
_INTRODUCES = re.compile(r"[:：]\s*$|(?:次|以下)の(?:とおり|通り|点|もの|こと)[^。]*。$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """`document.text[start:end]` and how it is shown; `whole` unless items of a list are left out.

    `n_sentences` is what it counts for in an answer: a list is one.
    """

    start: int
    end: int
    shown: str
    form: Literal["sentence", "list"]
    n_items: int = 0
    whole: bool = True
    n_sentences: int = 1


class Quoter:
    """Makes quotes, reading each document once.

    Args:
        read: Gives a document by its id, or `None` where it is gone.
    """

    def __init__(self, read: Callable[[str], Document | None]) -> None:
        self._read = read
        self._documents: dict[str, Document | None] = {}
        self._quotes: dict[tuple[str, int, bool], Quote | None] = {}

    def quote(self, evidence: Evidence, *, as_list: bool) -> Quote | None:
        """The stretch to quote for a sentence; `None` where no readable one can be made.

        Args:
            evidence: The sentence.
            as_list: Whether an item's whole list is wanted.
        """
        document = self._document(evidence.record.document_id)
        if document is None or document.text[evidence.start : evidence.end] != evidence.written:
            return None
        key = (evidence.record.document_id, evidence.start, as_list)
        if key not in self._quotes:
            self._quotes[key] = self._made(document, evidence, as_list)
        return self._quotes[key]

    def joined(self, one: Quote, other: Quote, document_id: str) -> Quote | None:
        """Two quotes of sentences that follow each other in one paragraph, as one; `None` where it would be too long.

        Args:
            one: A quote of the document.
            other: Another one, before or behind it.
            document_id: The document.
        """
        document = self._document(document_id)
        first, second = sorted((one, other), key=lambda quote: quote.start)
        if document is None or "list" in (one.form, other.form) or second.end - first.start > MAX_QUOTE_CHARS:
            return None
        between = document.text[first.end : second.start]
        n_sentences = first.n_sentences + second.n_sentences
        if between.strip() or between.count("\n") > 1 or n_sentences > MAX_QUOTE_SENTENCES:
            return None
        shown = f"{first.shown}{' ' if between else ''}{second.shown}"
        return Quote(start=first.start, end=second.end, shown=shown, form="sentence", n_sentences=n_sentences)

    def _made(self, document: Document, evidence: Evidence, as_list: bool) -> Quote | None:
        in_list = evidence.kind in ("item", "row")
        fragment = in_list and not is_whole_sentence(evidence.text)
        if (
            introduces_list(evidence.text)
            or fragment
            or (in_list and (evidence.kind == "row" or (as_list and not evidence.unsaid)))
        ):
            found = quote_list(document, evidence.start)
            if found is not None and found.start <= evidence.start < found.end:
                return found
            if evidence.kind == "row" or introduces_list(evidence.text):
                return None
        return quote_sentence(document, evidence.start, evidence.end)

    def _document(self, document_id: str) -> Document | None:
        if document_id not in self._documents:
            self._documents[document_id] = self._read(document_id)
        return self._documents[document_id]


def introduces_list(text: str) -> bool:
    """Whether a sentence ends as one that a list follows."""
    return _INTRODUCES.search(text) is not None


def points_back(text: str) -> bool:
    """Whether a sentence opens with a word that points to the one before it."""
    return _REFERS_BACK.match(text) is not None


def is_whole_sentence(text: str) -> bool:
    """Whether a sentence, or a list item, ends like a sentence and can stand alone."""
    return _SENTENCE_END.search(text.strip()) is not None


def quote_sentence(document: Document, start: int, end: int) -> Quote:
    """The sentence, with the one before it where it opens with a pronoun and both fit.

    Args:
        document: The document.
        start: Where the sentence begins.
        end: Where it ends.
    """
    text = document.text
    if points_back(plain_sentence(text[start:end])):
        paragraph = _block_at(document, start)
        if paragraph is not None and paragraph.kind == "paragraph" and paragraph.start < start:
            before = sentence_spans(text, paragraph.start, start)
            if before and end - before[-1].start <= MAX_QUOTE_CHARS:
                begin = before[-1].start
                shown = plain(text[begin:end]).replace("\n", " ")
                return Quote(start=begin, end=end, shown=shown, form="sentence", n_sentences=2)
    return Quote(start=start, end=end, shown=plain_sentence(text[start:end]), form="sentence")


def quote_list(document: Document, at: int) -> Quote | None:
    """The list around `at` with its introduction, cut behind the last item that fits; `None` outside lists.

    Args:
        document: The document.
        at: An offset inside an item, or inside the introduction.
    """
    blocks = _blocks_around(document, at)
    i = _index_at(blocks, at)
    if i is None:
        return None
    if blocks[i].kind == "paragraph" and i + 1 < len(blocks) and blocks[i + 1].kind in ("item", "header", "row"):
        i += 1
    if blocks[i].kind not in ("item", "header", "row"):
        return None
    first = last = i
    family = ("item",) if blocks[i].kind == "item" else ("header", "row", "mark")
    while first > 0 and blocks[first - 1].kind in family:
        first -= 1
    while last + 1 < len(blocks) and blocks[last + 1].kind in family:
        last += 1
    start = blocks[first].start
    introduction = _introduction(document, blocks[first - 1]) if first > 0 else None
    if introduction is not None and blocks[first].end - introduction.start <= MAX_LIST_CHARS:
        start = introduction.start
    fitting = [b for b in blocks[first : last + 1] if b.end - start <= MAX_LIST_CHARS]
    if not fitting:
        return None
    end = fitting[-1].end
    items = [b for b in fitting if b.kind in ("item", "row") and b.level == blocks[first].level]
    return Quote(
        start=start,
        end=end,
        shown=_shown_list(document.text[start:end]),
        form="list",
        n_items=len(items),
        whole=len(fitting) == last + 1 - first,
    )


def list_items(document: Document, at: int) -> list[Span]:
    """Items of the list around `at`, or none."""
    blocks = _blocks_around(document, at)
    i = _index_at(blocks, at)
    if i is None:
        return []
    if blocks[i].kind == "paragraph" and i + 1 < len(blocks):
        i += 1
    first = last = i
    while first > 0 and blocks[first - 1].kind == "item":
        first -= 1
    while last + 1 < len(blocks) and blocks[last + 1].kind == "item":
        last += 1
    return [Span(b.start, b.end) for b in blocks[first : last + 1] if b.kind == "item"]


def _shown_list(quote: str) -> str:
    return "\n".join(line for line in plain(quote).split("\n") if line.strip())


def _introduction(document: Document, block: Block) -> Span | None:
    """Last sentence of the paragraph before a list."""
    if block.kind != "paragraph":
        return None
    spans = sentence_spans(document.text, block.content, block.end)
    return spans[-1] if spans else None


def _block_at(document: Document, at: int) -> Block | None:
    blocks = _blocks_around(document, at)
    i = _index_at(blocks, at)
    return None if i is None else blocks[i]


def _index_at(blocks: list[Block], at: int) -> int | None:
    i = bisect_right([b.start for b in blocks], at) - 1
    return i if i >= 0 and at < blocks[i].end else None


def _blocks_around(document: Document, at: int) -> list[Block]:
    """Blocks near an offset, from a blank line to a blank line."""
    text = document.text
    start = text.rfind("\n\n", 0, max(0, at - _REACH)) + 1 if at > _REACH else 0
    stop = text.find("\n\n", min(len(text), at + _REACH))
    return scan_blocks(text, start, len(text) if stop < 0 else stop, markdown=is_markdown(document.format))
