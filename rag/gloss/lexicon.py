"""The word list that comes with the program: Japanese words with the English word or words that say about the same.

Each line of `words/*.tsv` is a Japanese word, a tab and its gloss; of a word that comes twice the first file by name,
and in it the first line, counts. `words/kanji.tsv` has single kanji as parts of compounds that no list has.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rag.gloss.inflection import beginnings

_FOLDER = Path(__file__).resolve().parent / "words"
_KANJI = "kanji.tsv"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words and kanji with their glosses.

    Attributes:
        words: By the beginning that all forms of a word share, its gloss.
        kanji: By single kanji.
        mixed: Words that hold other letters too (生成AI), longest first.
        longest: Characters of the longest key of `words`.
        identity: SHA-256 (hex) over the lists.
    """

    words: Mapping[str, str]
    kanji: Mapping[str, str]
    mixed: tuple[str, ...]
    longest: int
    identity: str


def make_lexicon(words: Iterable[tuple[str, str]], kanji: Iterable[tuple[str, str]]) -> Lexicon:
    """A lexicon of (word, gloss) pairs; of equal keys a word goes before forms of others, then the earlier.

    Only where a word of two letters looks like a form of a verb (借り, 行き) the verb goes first: it is met more often.
    """
    exact: dict[str, str] = {}
    for word, gloss in words:
        exact.setdefault(word, gloss)
    forms: dict[str, str] = {}
    for word, gloss in exact.items():
        for start in beginnings(word, exact.keys()):
            if start != word:
                forms.setdefault(start, gloss)
    known = forms | {word: gloss for word, gloss in exact.items() if not (word in forms and len(word) == _VERB_FORM)}
    of_kanji: dict[str, str] = {}
    for character, gloss in kanji:
        of_kanji.setdefault(character, gloss)
    listed = sorted(known.items()) + sorted(of_kanji.items())
    return Lexicon(
        words=known,
        kanji=of_kanji,
        mixed=tuple(sorted((word for word in exact if not JAPANESE.fullmatch(word)), key=lambda w: (-len(w), w))),
        longest=max(map(len, known), default=0),
        identity=hashlib.sha256(repr(listed).encode()).hexdigest(),
    )


# Letters that a Japanese run consists of.
JAPANESE = re.compile("[々〆〇ぁ-ゖァ-ヺー一-鿿㐀-䶿\uf900-\ufaff]+")
_VERB_FORM = 2


@cache
def lexicon() -> Lexicon:
    """The lists that come with this program."""
    files = sorted(path for path in _FOLDER.glob("*.tsv") if path.name != _KANJI)
    return make_lexicon((pair for file in files for pair in _pairs(file)), _pairs(_FOLDER / _KANJI))


def _pairs(path: Path) -> list[tuple[str, str]]:
    pairs = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        word, tab, gloss = line.partition("\t")
        if not (word and tab and gloss):
            raise ValueError(f"{path.name}, line {number}: not a word, a tab and a gloss: {line!r}")
        pairs.append((word, gloss))
    return pairs
