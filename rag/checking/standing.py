"""A kept answer -> whether each of its quotes still stands where it says, in the documents of today."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Literal

from rag.answer import Answer, Citation

if TYPE_CHECKING:
    from rag.config import Settings
    from rag.document import Document

Standing = Literal["stands", "changed", "removed"]


def current(answer: Answer, settings: Settings) -> dict[int, Standing]:
    """What has become of each citation, by its number.

    `stands`: the document has these words at this place. `changed`: it is there, and has others. `removed`: the
    document is not in the index any more, or its quote was taken out of the answer when it was deleted.

    Raises:
        IndexNotFoundError: If there is no index, and other `IndexStoreError`s if it cannot be used.
    """
    return current_all([answer], settings)[0]


def current_all(answers: Iterable[Answer], settings: Settings) -> list[dict[int, Standing]]:
    """`current` of many answers, with each document read once."""
    from rag.store.generation import current_generation
    from rag.store.reader import Store

    with Store(current_generation(settings.index_dir)) as store:
        document_of = cache(store.document)
        return [
            {citation.number: _standing(citation, document_of(citation.document_id)) for citation in answer.citations}
            for answer in answers
        ]


def _standing(citation: Citation, document: Document | None) -> Standing:
    if document is None or not citation.quote:
        return "removed"
    return "stands" if document.text[citation.start : citation.end] == citation.quote else "changed"
