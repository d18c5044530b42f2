"""Text that may hold halves of surrogate pairs -> text that can be encoded."""

from __future__ import annotations


def without_surrogates(text: str) -> str:
    """The text as any file, database or connection can hold it: two halves that make a pair are its character, a lone
    one, which means nothing and cannot be encoded, is U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
