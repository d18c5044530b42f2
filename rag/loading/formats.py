"""The registry of formats: a further one is a reader in a file of its own and its line here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A file format and the module that reads it.

    Attributes:
        name: What `Document.format` says.
        extensions: Endings of file names, lower case, with the dot.
        module: Dotted name of a module with `read(data: bytes, limits: Limits) -> Raw`, which raises `Refused` for a
            file that is no document. Only the child process imports it.
        is_markdown: Whether the text that it gives is Markdown (`rag.loading.writing` writes such).
    """

    name: str
    extensions: tuple[str, ...]
    module: str
    is_markdown: bool = False


FORMATS: tuple[Format, ...] = (
    Format(name="markdown", extensions=(".md", ".markdown"), module="rag.loading.markdown", is_markdown=True),
    Format(name="text", extensions=(".txt", ".text"), module="rag.loading.plain"),
    Format(name="pdf", extensions=(".pdf",), module="rag.loading.pdf"),
    Format(name="html", extensions=(".html", ".htm", ".xhtml"), module="rag.loading.html", is_markdown=True),
    Format(name="docx", extensions=(".docx",), module="rag.loading.docx", is_markdown=True),
    Format(name="csv", extensions=(".csv", ".tsv"), module="rag.loading.delimited", is_markdown=True),
    Format(name="jsonl", extensions=(".jsonl", ".ndjson"), module="rag.loading.jsonlines", is_markdown=True),
)

_MARKDOWN = frozenset(known.name for known in FORMATS if known.is_markdown)


def is_markdown(format_name: str) -> bool:
    """Whether the text of a document of this format (`Document.format`) is Markdown."""
    return format_name in _MARKDOWN


def not_supported(formats: Sequence[Format] = FORMATS) -> str:
    """What is said of a file in another format."""
    extensions = ", ".join(extension for known in formats for extension in known.extensions)
    return f"The format is not supported; read are {extensions}."


def format_of(name: str, formats: Sequence[Format] = FORMATS) -> Format | None:
    """The format that a file name ends in, whatever its case, or `None`."""
    lowered = name.lower()
    for known in formats:
        # A name that is nothing but the ending (".md") is a hidden file, not a Markdown file.
        if any(lowered.endswith(extension) and len(lowered) > len(extension) for extension in known.extensions):
            return known
    return None
