"""Questions to ask after an answer, as the library finds them."""

from __future__ import annotations

from collections.abc import Sequence

import rag
from rag import Answer, Settings

N_SUGGESTED = 3


def suggest(answer: Answer, asked: Sequence[str], settings: Settings) -> Sequence[str]:
    """At most three questions that the documents can answer, none of those that were asked."""
    # Not in every version of the library yet: the page does without.
    find = getattr(rag, "next_questions", None)
    return [] if find is None else list(find(answer, settings, N_SUGGESTED, asked=asked))
