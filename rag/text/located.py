"""Terms of a text with their places: those of `rag.text.analysis`, so that a question's can be found in a sentence."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from rag.text.analysis import analyse

# Runs that give pairs of characters, and everything else between white space.
_CJK = "々〆〇ぁ-ゖゝゞァ-ヺー-ヿ一-鿿㐀-䶿\uf900-\ufaff"
_PIECE = re.compile(rf"(?P<cjk>[{_CJK}]+)|[^\s{_CJK}]+")


@dataclass(frozen=True, slots=True)
class Located:
    """A term and where it stands: `folded(text)[start:end]`."""

    term: str
    start: int
    end: int


def folded(text: str) -> str:
    """Text as it is compared: NFKC, case folded."""
    return unicodedata.normalize("NFKC", text).casefold()


def located_terms(text: str) -> list[Located]:
    """Terms of a text in order, each with its place in `folded(text)`; Japanese runs give overlapping bigrams."""
    found: list[Located] = []
    for match in _PIECE.finditer(folded(text)):
        run, start, end = match.group(), match.start(), match.end()
        if not match["cjk"]:
            found.extend(Located(term, start, end) for term in _piece_terms(run))
        elif len(run) == 1:
            found.append(Located(run, start, end))
        else:
            found.extend(Located(run[i : i + 2], start + i, start + i + 2) for i in range(len(run) - 1))
    return found


@lru_cache(maxsize=50_000)
def _piece_terms(piece: str) -> tuple[str, ...]:
    return tuple(analyse(piece))
