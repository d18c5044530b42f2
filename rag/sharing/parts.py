"""An answer -> what any export shows of it: inert text, sources with their facts, remarks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from rag.answer import Answer, Citation
from rag.loading.text import clean
from rag.sharing.labels import Language, label, named
from rag.text.markup import plain, plain_sentence
from rag.text.surrogates import without_surrogates

_SPACES = re.compile(r"\s+")
# What a reader of addresses might take for their end or for markup.
_DUBIOUS = re.compile(r"[\x00-\x20\x7f-\xa0<>\"'`\[\]\\{}|^\s]")
_BRACKETS = {ord("("): "%28", ord(")"): "%29"}


def visible(text: str) -> str:
    """The text in NFC without control, bidi and invisible characters; halves of surrogate pairs as U+FFFD."""
    return clean(without_surrogates(text))[0]


def one_line(text: str) -> str:
    """`visible`, on one line."""
    return _SPACES.sub(" ", visible(text)).strip()


def answer_body(answer: Answer) -> str:
    """An answer's text without markup, its marks in place; an extract has none, and its lists end where they end."""
    return visible(answer.text if answer.mode == "extractive" else plain(answer.text))


def quote_lines(quote: str) -> list[str]:
    """A quote without markup, a line each list item or row."""
    shown = plain(quote) if "\n" in quote.strip() else plain_sentence(quote)
    return [line for line in visible(shown).split("\n") if line.strip()]


def source_title(citation: Citation) -> str:
    """Title of the document, or its id where it has none to show."""
    return one_line(citation.title) or one_line(citation.document_id)


def source_facts(citation: Citation, language: Language) -> list[str]:
    """Publisher, date, kind, status, section and page, those that are known."""
    facts = [
        citation.publisher,
        citation.date,
        citation.kind and named(language, "kind", citation.kind),
        citation.status and named(language, "status", citation.status),
        citation.section,
        None if citation.page is None else label(language, "page", page=citation.page),
    ]
    return [one_line(fact) for fact in facts if fact and one_line(fact)]


def source_place(citation: Citation) -> str:
    """Where the quote stands in the index: id of the document and offsets."""
    return f"{one_line(citation.document_id)}:{citation.start}-{citation.end}"


def safe_url(url: str | None) -> str | None:
    """The address if it may be a link: http or https, to a host, without anything that could end it early.

    Round brackets, which may stand in addresses and end a link in Markdown, become `%28` and `%29`.
    """
    if not url or _DUBIOUS.search(url) or visible(url) != url:
        return None
    address = url.translate(_BRACKETS)
    try:
        parts = urlsplit(address)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return None
    return address if is_web and not set("@%") & set(parts.netloc) else None


def remarks(answer: Answer, language: Language) -> Iterator[str]:
    """What the reader should know beside the text: notices, what is not carried by quotes, conflicts."""
    for notice in answer.notices:
        yield f"{label(language, 'note')}: {one_line(notice.message)}"
    for flaw in answer.unsupported:
        words = one_line(answer.text[max(0, flaw.start) : max(0, flaw.end)])
        yield f"{label(language, 'unsupported')}: “{words}” ({one_line(flaw.detail)})"
    for conflict in answer.conflicts:
        first, second = conflict.citations
        yield f"{label(language, 'conflict')}: {one_line(conflict.subject)} [{first}] [{second}]"
