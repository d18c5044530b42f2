"""Headings that are questions: what stands under one is its answer (a FAQ, an interview, a list of questions)."""

from __future__ import annotations

import re

from rag.document import PATH_MARK

_ASKS = re.compile(r"[?？][」』\"”’)）]*$|か。?$")
# A heading of more is prose that somebody marked as one.
_MAX_CHARS = 200


def asked_by(section: str | None) -> str | None:
    """The innermost heading of a section path, where it is a question (`… › Who heads the council?`), or `None`."""
    if not section:
        return None
    heading = section.rsplit(PATH_MARK, 1)[-1].strip()
    return heading if len(heading) <= _MAX_CHARS and _ASKS.search(heading) else None
