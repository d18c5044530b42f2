"""Answers as a reader takes them along: as Markdown, as plain text, and as files to save."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from rag.answer import Answer, Citation
from rag.document import PATH_MARK
from rag.text.markup import plain
from rag.ui.formatting import plain_text
from rag.ui.labels import Language, label
from rag.ui.passages import heading_path, host_of, shown_quote
from rag.ui.turns import Turn

FileKind = Literal["evidence", "conversation_markdown"]
FILE_KINDS: Final[tuple[FileKind, ...]] = ("evidence", "conversation_markdown")

# An answer is light Markdown already; what would fetch or run something elsewhere is made text.
_ACTIVE = re.compile(r"!(?=\[)|<")
_UNSAFE_IN_ADDRESS = re.compile(r"[\s<>]")


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFile:
    """A file for the browser to save."""

    name: str
    media_type: str
    text: str


def answer_plain(answer: Answer, language: Language) -> str:
    """The answer with its marks, and below it each quote with its source."""
    quotes = [
        f"[{citation.number}] “{shown_quote(citation.quote)}” {reference(citation, language)}"
        for citation in answer.citations
    ]
    return "\n\n".join([plain(answer.text).strip(), *_listed(quotes, language, "{title}")])


def answer_markdown(answer: Answer, language: Language) -> str:
    """`answer_plain` as Markdown: quotes and titles in it are text, whatever they hold."""
    quotes = []
    for citation in answer.citations:
        quote = plain_text(shown_quote(citation.quote)).replace("\n", "\n   > ")
        quotes.append(f"\\[{citation.number}\\] {plain_text(reference(citation, language))}\n\n   > {quote}\n")
    text = _ACTIVE.sub(r"\\\g<0>", answer.text).strip()
    return "\n\n".join([text, *_listed(quotes, language, "**{title}**")])


def reference(citation: Citation, language: Language) -> str:
    """Where a quote stands: title, publisher, date, section, page, address; on one line."""
    page = label(language, "page", page=citation.page) if citation.page is not None else None
    section = PATH_MARK.join(heading_path(citation.section, citation.title)) or None
    host = host_of(citation.url)
    address = citation.url if host and not _UNSAFE_IN_ADDRESS.search(citation.url or "") else None
    parts = [citation.title, citation.publisher, citation.date, section, page, address]
    return " ".join(", ".join(part for part in parts if part).split())


def saved_file(kind: FileKind, turn: Turn, turns: Sequence[Turn], language: Language) -> SavedFile:
    """The file that a reader asked for.

    Args:
        kind: `evidence` is the answer of `turn` as JSON, which `python -m rag verify` checks.
        turn: The turn at which it was asked for.
        turns: The whole conversation.
        language: Of the headings in it.
    """
    if kind == "evidence":
        return SavedFile(
            name=f"kihon-answer-{turn.id}.json",
            media_type="application/json",
            text=turn.answer.model_dump_json(indent=2),
        )
    parts = [
        f"## {plain_text(' '.join(each.question.split()))}\n\n{answer_markdown(each.answer, language)}\n"
        for each in turns
        if each.answer.text
    ]
    return SavedFile(name="kihon-conversation.md", media_type="text/markdown", text="\n".join(parts))


def _listed(quotes: Sequence[str], language: Language, heading: str) -> list[str]:
    return ["\n".join([heading.format(title=label(language, "sources")), "", *quotes])] if quotes else []
