"""Everyday words that say about the same, English and Japanese: people seldom ask in a document's own words.

`words/en.txt` and `words/ja.txt` have a group of such words a line, separated by commas; `#` begins a comment line.
`words/en_wordings.txt` has a word of questions a line and, behind a colon, what documents may say in its place; it is
not read the other way round (a question about a vehicle is answered by a car, not one about a car by a vehicle).
They are general vocabulary (administration, law, business, statistics, daily life, the short names of ministries and
countries); names of any other one thing belong into a glossary document (`rag.vocabulary.terms`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from pathlib import Path

from rag.text.analysis import analyse, is_stop
from rag.text.located import folded
from rag.vocabulary.terms import Expansion
from rag.vocabulary.words import FOLDER

_MIN_JAPANESE_CHARS = 2


class Thesaurus:
    """Finds words of groups in questions: English ones by their stems, Japanese ones as written.

    Args:
        english: Groups of English words.
        japanese: Groups of Japanese words.
        wordings: By English word, what documents may say in its place.
    """

    def __init__(
        self,
        english: Iterable[Collection[str]],
        japanese: Iterable[Collection[str]],
        wordings: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self._english = _indexed(english, _stems)
        self._wordings: dict[str, list[str]] = {}
        for word, others in (wordings or {}).items():
            self._wordings.setdefault(_stems(word), []).extend(others)
        self._read: dict[str, tuple[tuple[str, ...], ...]] = {}
        known = _indexed(japanese, folded)
        # A Latin word of the Japanese list ("pr") would be found inside English ones.
        self._japanese = {word: others for word, others in known.items() if not word.isascii()}
        self._longest = max(map(len, self._japanese), default=0)

    def knows(self, word: str) -> bool:
        """Whether a Japanese word stands in a group."""
        return folded(word) in self._japanese

    def expansions(self, question: str, *, wordings: bool = False) -> list[Expansion]:
        """The words of a question that have synonyms, in order, each once; of overlapping ones the longest.

        Args:
            question: The question.
            wordings: Whether what documents may say in a word's place counts too. That tells sentences of passages that
                were found apart; to find passages by, it is too much, in too many senses of the words.
        """
        found: dict[str, Expansion] = {}
        stems = analyse(question)
        i = 0
        while i < len(stems):
            for n in range(min(_MAX_WORDS, len(stems) - i), 0, -1):
                word = " ".join(stems[i : i + n])
                others = self._said_otherwise(word) if wordings else self._english.get(word)
                if others:
                    found.setdefault(word, _expansion(word, word.split(), others))
                    i += n - 1
                    break
            i += 1
        text = folded(question)
        i = 0
        while i < len(text):
            for n in range(min(self._longest, len(text) - i), 0, -1):
                word = text[i : i + n]
                if word in self._japanese:
                    found.setdefault(word, _expansion(word, analyse(word), self._japanese[word]))
                    i += n - 1
                    break
            i += 1
        return [one for one in found.values() if one.terms and one.others]

    def _said_otherwise(self, stems: str) -> tuple[tuple[str, ...], ...]:
        """Terms of each way to say an English word; of 50,000 wordings only those asked for are analysed."""
        known = self._read.get(stems)
        if known is None:
            own = set(stems.split())
            others = dict.fromkeys(self._english.get(stems, ()))
            others.update(dict.fromkeys(_terms(analyse(other)) for other in self._wordings.get(stems, ())))
            known = self._read[stems] = tuple(terms for terms in others if set(terms) - own)
        return known


# Words of an English phrase.
_MAX_WORDS = 4
# What a word counts for when it is met by a synonym instead of by itself.
_SYNONYM = 0.6


def _expansion(word: str, terms: Iterable[str], others: tuple[tuple[str, ...], ...]) -> Expansion:
    return Expansion(name=word, terms=_terms(terms), others=others, counts=_SYNONYM)


@cache
def thesaurus() -> Thesaurus:
    """The thesaurus that comes with this program."""
    return Thesaurus(
        read_groups(FOLDER / "en.txt"),
        read_groups(FOLDER / "ja.txt"),
        read_wordings(FOLDER / "en_wordings.txt"),
    )


def read_groups(path: Path) -> list[tuple[str, ...]]:
    """Groups of a file, in order."""
    lines = path.read_text(encoding="utf-8").splitlines()
    groups = [tuple(word.strip() for word in line.split(",")) for line in lines if line and not line.startswith("#")]
    return [tuple(word for word in group if word) for group in groups]


def read_wordings(path: Path) -> dict[str, tuple[str, ...]]:
    """By word of a file, its other wordings."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, _, others = line.partition(":")
        if others and not line.startswith("#"):
            found[word.strip()] = tuple(other for other in map(str.strip, others.split(",")) if other)
    return found


def _stems(word: str) -> str:
    return " ".join(analyse(word))


def _indexed(groups: Iterable[Collection[str]], key: Callable[[str], str]) -> dict[str, tuple[tuple[str, ...], ...]]:
    """By key of a word, the terms of each word that shares a group with it."""
    others: dict[str, dict[tuple[str, ...], None]] = {}
    for group in groups:
        words = {word: _terms(analyse(word)) for word in group}
        for word, own in words.items():
            if own and (len(word) >= _MIN_JAPANESE_CHARS):
                alike = others.setdefault(key(word), {})
                alike.update({terms: None for terms in words.values() if terms and not set(terms) <= set(own)})
    return {word: tuple(alike) for word, alike in others.items()}


def _terms(terms: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(term for term in terms if not is_stop(term)))
