"""A text with its Japanese words replaced by English ones, and where each came from."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rag.gloss.lexicon import Lexicon, lexicon
from rag.gloss.romaji import romaji

_JAPANESE = re.compile("[々〆〇ぁ-ゖァ-ヺー一-鿿㐀-䶿\uf900-\ufaff]+")
_DATE_OR_RUN = re.compile(
    rf"(?:(?P<year>[0-9]{{4}})年)?(?<![0-9])(?P<month>1[0-2]|0?[1-9])月(?![間額])(?:(?P<day>[0-9]{{1,2}})日)?|{_JAPANESE.pattern}"
)
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_KATAKANA = re.compile("[ァ-ヺー]+")
_KANA = re.compile("[ぁ-ゖ]")
_NO_KANA = re.compile("[^ぁ-ゖ]")
# 二つ目, 三冊目: which of several.
_NTH = re.compile("(?P<n>[一二三四五六七八九十])(?:つ|番|回|本|冊|個|件|点|期|代|度)目")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_NEGATION = re.compile("ない|なかっ|なく(?=な|て)|ません|ずに")
_SIGNS = str.maketrans({"。": ". ", "、": ", ", "・": " ", "「": '"', "」": '"', "『": '"', "』": '"'})

# What each way of reading on costs: the reading of a run that costs least is taken. A word costs the same however
# long it is, so that long ones win; kana between words are endings and particles and cost next to nothing.
_WORD, _KANA_WORD, _KANJI, _UNKNOWN, _LOAN, _LOAN_LETTER, _SKIPPED = 1.0, 0.5, 1.15, 1.6, 1.7, 0.1, 0.3


@dataclass(frozen=True, slots=True)
class Glossed:
    """A piece of a text, `text[start:end]`, and what stands for it."""

    start: int
    end: int
    english: str
    is_word: bool = False


def has_japanese(text: str) -> bool:
    """Whether a text holds anything to gloss."""
    return _JAPANESE.search(text) is not None


def gloss(text: str) -> str:
    """A text with its Japanese words in English; any other stays as it is."""
    return " ".join(piece.english for piece in pieces(text) if piece.english) if has_japanese(text) else text


def japanese_words(text: str) -> list[tuple[int, int]]:
    """Places of the Japanese words of a text that have a meaning of their own, in order."""
    return [(piece.start, piece.end) for piece in pieces(text) if piece.is_word] if has_japanese(text) else []


def pieces(text: str, words: Lexicon | None = None) -> list[Glossed]:
    """A text as words and what stands between them, in order; endings and particles are left out.

    Args:
        text: The text.
        words: The lexicon; that of this program where none is given.
    """
    known = words or lexicon()
    found: list[Glossed] = []
    done = 0
    plain = _in_place(text)
    for run in _DATE_OR_RUN.finditer(plain):
        found.extend(_between(text, done, run.start()))
        if run["month"] is not None:
            found.append(Glossed(run.start(), run.end(), _english_date(run), is_word=True))
        else:
            found.extend(
                Glossed(run.start() + start, run.start() + end, english, is_word=True)
                for start, end, english in _read(run[0], known)
            )
        done = run.end()
    found.extend(_between(text, done, len(text)))
    return found


def _between(text: str, start: int, end: int) -> Iterator[Glossed]:
    written = text[start:end]
    english = unicodedata.normalize("NFKC", written.translate(_SIGNS)).strip()
    if english:
        yield Glossed(start + len(written) - len(written.lstrip()), end, english)


def _english_date(found: re.Match[str]) -> str:
    return " ".join(part for part in (found["day"], _MONTHS[int(found["month"]) - 1], found["year"]) if part)


def _in_place(text: str) -> str:
    """Normalised letter by letter, where that keeps its length."""
    if text.isascii():
        return text
    letters = (unicodedata.normalize("NFKC", letter) for letter in text)
    return "".join(new if len(new) == 1 else old for new, old in zip(letters, text, strict=True))


def _read(run: str, known: Lexicon) -> tuple[tuple[int, int, str], ...]:
    return _read_ours(run) if known is lexicon() else _cheapest(run, known)


@lru_cache(maxsize=20_000)
def _read_ours(run: str) -> tuple[tuple[int, int, str], ...]:
    return _cheapest(run, lexicon())


def _cheapest(run: str, known: Lexicon) -> tuple[tuple[int, int, str], ...]:
    """The reading of a run of Japanese that costs least, as (start, end, English) of its words."""
    costs = [0.0] + [float("inf")] * len(run)
    steps: list[tuple[int, str]] = [(0, "")] * (len(run) + 1)
    for start in range(len(run)):
        for end, cost, english in _steps(run, start, known):
            if costs[start] + cost < costs[end]:
                costs[end], steps[end] = costs[start] + cost, (start, english)
    words = []
    end = len(run)
    while end:
        start, english = steps[end]
        if english:
            words.append((start, end, english))
        end = start
    return tuple(reversed(words))


def _steps(run: str, start: int, known: Lexicon) -> Iterator[tuple[int, float, str]]:
    """Ways to read on from a place: where each ends, what it costs, the English of it."""
    for end in range(start + 1, min(len(run), start + known.longest) + 1):
        english = known.words.get(run[start:end])
        if english is not None:
            yield end, _WORD if _NO_KANA.search(run, start, end) else _KANA_WORD, english
    letter = run[start]
    if nth := _NTH.match(run, start):
        yield nth.end(), _WORD, _ORDINALS["一二三四五六七八九十".index(nth["n"])]
    negation = _NEGATION.match(run, start)
    if negation is not None:
        yield negation.end(), _SKIPPED, "not"
    if _KANA.match(letter):
        yield start + 1, _SKIPPED, ""
    elif loan := _KATAKANA.match(run, start):
        for end in range(start + 1, loan.end() + 1):
            yield end, _LOAN + _LOAN_LETTER * (end - start), romaji(run[start:end])
    elif letter in known.kanji:
        yield start + 1, _KANJI, known.kanji[letter]
    else:
        yield start + 1, _UNKNOWN, letter
