"""Plain text files."""

from __future__ import annotations

from rag.loading.decoding import decode, encoding_notes
from rag.loading.raw import Limits, Raw, Refused
from rag.loading.signatures import refuse_disguised
from rag.loading.text import clean
from rag.text.language import language_of


def read(data: bytes, limits: Limits) -> Raw:
    """Read a plain text file; see `rag.loading.raw.Raw`.

    Raises:
        Refused: For content that is no text, too long or empty.
    """
    refuse_disguised(data, "text")
    decoded, encoding = decode(data)
    text, n_removed = clean(decoded)
    limits.check_chars(len(text))
    if not text.strip():
        raise Refused("empty", "The file holds no text.")
    return Raw(
        text=text,
        language=language_of(text),
        n_removed=n_removed,
        notes=encoding_notes(encoding),
    )
