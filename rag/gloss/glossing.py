"""A text with its Japanese words replaced by English ones, and where each came from."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rag.gloss.lexicon import JAPANESE, Lexicon, lexicon
from rag.gloss.romaji import romaji

# Raised when a text is read otherwise than before under the same lists: vectors made of it are no longer the same.
READING_VERSION = 1

_KATAKANA = re.compile("[ァ-ヺー]+")
_KANA = re.compile("[ぁ-ゖ]")
_NO_KANA = re.compile("[^ぁ-ゖ]")
_DATE = r"(?:(?P<year>[0-9]{4})年)?(?<![0-9])(?P<month>1[0-2]|0?[1-9])月(?![間額])(?:(?P<day>[0-9]{1,2})日)?"
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
# 二つ目, 3冊目: which of several.
ORDINAL_COUNTER = "(?:つ|番|回|本|冊|個|件|点|期|代|度)目"
_NTH = re.compile(f"(?P<n>[一二三四五六七八九十]){ORDINAL_COUNTER}")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
# What looks like a denial and is none, then what is one.
_SET_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile("なければなら(?:ない|ず)?|なければなりません|ねばなら(?:ない|ず)?|なくてはなら(?:ない)?"), "must"),
    (re.compile("かもしれ(?:ない|ません)|かも知れ(?:ない|ません)"), "may"),
    (re.compile("ませんか|もったいない|ないし(?=は|[^たてまな]|$)"), ""),
    (re.compile("ない|なかっ|なく(?=な|て)|なけれ|ません|ざる"), "not"),
)
_UNFINISHED = re.compile("ず(?=に|$)")  # 含めず, 含めずに
_SIGNS = str.maketrans({"。": ".", "、": ",", "・": " ", "「": '"', "」": '"', "『": '"', "』": '"'})

# What each way of reading on costs: the reading of a run that costs least is taken. A word costs the same however long
# it is, so that long ones win; kana between words are endings and particles.
_WORD, _KANA_WORD, _KANJI, _UNKNOWN, _LOAN, _LOAN_LETTER, _SKIPPED = 1.0, 0.5, 1.15, 1.6, 1.7, 0.1, 0.3
# A name in katakana is hardly ever longer; the cost of reading stays linear in the length of the text.
_LONGEST_LOAN = 20
# Longer runs are no sentences: they are not kept.
_LONGEST_KEPT = 200


@dataclass(frozen=True, slots=True)
class Glossed:
    """A piece of a text, `text[start:end]`, and what stands for it.

    Attributes:
        english: What is read in its place.
        places: Of a piece that is no Japanese word, for each letter of `english` the place in the text it comes from.
    """

    start: int
    end: int
    english: str
    places: tuple[int, ...] = ()

    @property
    def is_word(self) -> bool:
        """Whether it is a Japanese word."""
        return not self.places

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Place in the text of `english[start:end]`; that of the whole word for a word."""
        return (self.places[start], self.places[end - 1] + 1) if self.places else (self.start, self.end)


def has_japanese(text: str) -> bool:
    """Whether a text holds anything to gloss."""
    return JAPANESE.search(_in_place(text)) is not None


def gloss(text: str) -> str:
    """A text with its Japanese words in English; any other stays as it is."""
    return " ".join(piece.english for piece in pieces(text)) if has_japanese(text) else text


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
    for run in _cut(known.mixed).finditer(plain):
        found.extend(_between(text, done, run.start()))
        found.extend(_words_of(run, known))
        done = run.end()
    found.extend(_between(text, done, len(text)))
    return found


@lru_cache(maxsize=8)
def _cut(mixed: tuple[str, ...]) -> re.Pattern[str]:
    """What a text is cut into: dates, ordinals, words that hold other letters too, runs of Japanese."""
    others = "|".join(map(re.escape, mixed)) or "(?!)"
    return re.compile(
        rf"{_DATE}|(?<![0-9])(?P<nth>10|[1-9]){ORDINAL_COUNTER}|(?P<mixed>{others})|(?P<run>(?:(?!{others}){JAPANESE.pattern[:-1]})+)"
    )


def _words_of(run: re.Match[str], known: Lexicon) -> Iterator[Glossed]:
    if run["run"] is not None:
        for start, end, english in _read(run["run"], known):
            yield Glossed(run.start() + start, run.start() + end, english)
    elif run["mixed"] is not None:
        yield Glossed(run.start(), run.end(), known.words[run["mixed"]])
    elif run["nth"] is not None:
        yield Glossed(run.start(), run.end(), _ORDINALS[int(run["nth"]) - 1])
    else:
        date = (run["day"], _MONTHS[int(run["month"]) - 1], run["year"])
        yield Glossed(run.start(), run.end(), " ".join(part for part in date if part))


def _between(text: str, start: int, end: int) -> Iterator[Glossed]:
    """What is no Japanese, white space around it left out; signs are written as English ones."""
    read: list[str] = []
    places: list[int] = []
    for place in range(start, end):
        letters = unicodedata.normalize("NFKC", text[place].translate(_SIGNS))
        letters = letters if JAPANESE.search(letters) is None else " "
        read += letters
        places += [place] * len(letters)
    while read and read[-1].isspace():
        read.pop()
    first = next((i for i, letter in enumerate(read) if not letter.isspace()), len(read))
    if first < len(read):
        kept = tuple(places[first : len(read)])
        yield Glossed(kept[0], kept[-1] + 1, "".join(read[first:]), kept)


def _in_place(text: str) -> str:
    """Normalised letter by letter, where that keeps its length."""
    if text.isascii():
        return text
    letters = (unicodedata.normalize("NFKC", letter) for letter in text)
    return "".join(new if len(new) == 1 else old for new, old in zip(letters, text, strict=True))


def _read(run: str, known: Lexicon) -> tuple[tuple[int, int, str], ...]:
    return _read_ours(run) if known is lexicon() and len(run) <= _LONGEST_KEPT else _cheapest(run, known)


@lru_cache(maxsize=20_000)
def _read_ours(run: str) -> tuple[tuple[int, int, str], ...]:
    return _cheapest(run, lexicon())


def _cheapest(run: str, known: Lexicon) -> tuple[tuple[int, int, str], ...]:
    """The reading of a run of Japanese that costs least, as (start, end, English) of its words.

    Time is linear in the length of the run.
    """
    costs = [0.0] + [float("inf")] * len(run)
    steps: list[tuple[int, str | None]] = [(0, "")] * (len(run) + 1)
    for start in range(len(run)):
        for end, cost, english in _steps(run, start, known):
            if costs[start] + cost < costs[end]:
                costs[end], steps[end] = costs[start] + cost, (start, english)
    words = []
    end = len(run)
    while end:
        start, english = steps[end]
        english = romaji(run[start:end]) if english is None else english
        if english:
            words.append((start, end, english))
        end = start
    return tuple(reversed(words))


def _steps(run: str, start: int, known: Lexicon) -> Iterator[tuple[int, float, str | None]]:
    """Ways to read on from a place: where each ends, what it costs, the English of it; `None` for Latin letters."""
    for end in range(start + 1, min(len(run), start + known.longest) + 1):
        english = known.words.get(run[start:end])
        if english is not None:
            yield end, _WORD if _NO_KANA.search(run, start, end) else _KANA_WORD, english
    letter = run[start]
    if nth := _NTH.match(run, start):
        yield nth.end(), _WORD, _ORDINALS["一二三四五六七八九十".index(nth["n"])]
    for pattern, english in _SET_FORMS:
        if form := pattern.match(run, start):
            yield form.end(), _SKIPPED, english
            break
    if start > 1 and _UNFINISHED.match(run, start):
        yield start + 1, _SKIPPED, "not"
    if _KANA.match(letter):
        yield start + 1, _SKIPPED, ""
    elif loan := _KATAKANA.match(run, start, start + _LONGEST_LOAN):
        for end in range(start + 1, loan.end() + 1):
            yield end, _LOAN + _LOAN_LETTER * (end - start), None
    elif letter in known.kanji:
        yield start + 1, _KANJI, known.kanji[letter]
    else:
        yield start + 1, _UNKNOWN, letter
