"""Text into search terms, for index and query alike."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

from rag.text.stopwords import ENGLISH, JAPANESE_PAIRS, JAPANESE_PARTICLES, JAPANESE_PHRASES

ANALYSER_VERSION = 1

_MAX_TERM_CHARS = 64
# A chain of more hyphens than this is no word: its parts are terms, the joined form is not.
_MAX_JOINED_PARTS = 4
# Letters of Japanese and Chinese after NFKC, cut into pairs; so are scripts that write no spaces between words.
_CJK = "々〆〇ぁ-ゖゝゞァ-ヺー-ヿ一-鿿㐀-䶿\uf900-\ufaff\U00020000-\U000323af"
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
# Parts of words that `\w` leaves out: accents, vowel marks of Hebrew and Arabic, those of the scripts of India.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0963\u0971-\u0dff"
)
_LETTER = rf"(?:(?![{_CJK}{_UNSPACED}])[^\W_]|[{_MARKS}])"
_TERM = re.compile(
    rf"(?P<pairs>[{_CJK}]+|[{_UNSPACED}]+)"
    rf"|(?P<latin>[a-z][a-z0-9]*(?:['’][a-z]+)*(?:[-‐]\n?[a-z0-9]+(?:['’][a-z]+)*)*)(?!{_LETTER})"
    rf"|(?P<number>[0-9]+(?:,[0-9]{{3}})*(?:\.[0-9]+)*(?:[a-z]+)?)(?!{_LETTER})"
    rf"|(?P<other>(?:{_LETTER}(?:['’](?=[^\W\d_]))?)+)"
    r"|(?P<sign>[%$€£¥₩])"
)
_BREAK_IN_CJK = re.compile(rf"(?<=[{_CJK}])[ \t]*\n[ \t]*(?=[{_CJK}])")
_PER_CENT = re.compile(r"\bper cent\b")
_SIGNS = {"%": "percent", "$": "dollar", "€": "euro", "£": "pound", "¥": "yen", "₩": "won"}
_NUMBER = re.compile(r"([0-9,]+)((?:\.[0-9]+)*)([a-z]*)")
_DROPPED_ENDINGS = frozenset({"", "st", "nd", "rd", "th", "s"})
# Letters that every `unicode61` keeps as they are; all others are written as code points.
_SEARCHABLE = "a-z0-9ßæðøþđħŋœα-ωа-џぁ-ゖァ-ヺー々〇一-龥㐀-䶵가-힣"
_SEARCHABLE_TERM = re.compile(f"[{_SEARCHABLE}]+")
_UNSEARCHABLE = re.compile(f"[^{_SEARCHABLE}]")
_ACCENT = re.compile("(?<=[a-z])[\u0300-\u036f]+")
_JAPANESE_PHRASE = re.compile(
    "|".join(sorted(map(re.escape, JAPANESE_PHRASES), key=lambda phrase: (-len(phrase), phrase)))
)
_HIRAGANA = re.compile("[ぁ-ゖ]+")
_stemmers = threading.local()


def analyse(text: str) -> list[str]:
    """Terms of a text, in order, repeats included.

    The text is normalised (NFKC, case folded). Words of Latin script lose their accents and get their English
    Snowball stem; `don't` gives `dont`, a possessive its noun, a hyphenated word its parts and the joined form.
    Numbers lose their thousands separators and leading zeros, `21st` and `1990s` their ending; a decimal point
    becomes `d` (`3.14`: `3d14`); %, $, €, £, ¥ and ₩ give their English name. Runs of Japanese or Chinese give
    overlapping pairs of characters, a run of one that character. Other scripts give words, or pairs where they write
    no spaces.

    Every term consists of letters and digits that SQLite's `unicode61` tokenizer (with `remove_diacritics 0`) keeps
    together; rarer letters are written as their code points. Time is linear in the length.
    """
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    text = _PER_CENT.sub("percent", text)
    if "\n" in text:
        text = _BREAK_IN_CJK.sub("", text)
    terms: list[str] = []
    for found in _TERM.finditer(text):
        kind, run = found.lastgroup, found[0]
        if kind == "latin":
            terms += _latin_terms(run) if len(run) <= _MAX_TERM_CHARS else _words(run, joined=False)
        elif kind == "pairs":
            terms += _pairs(run)
        elif kind == "number":
            terms += _number_terms(run)
        elif kind == "sign":
            terms.append(_SIGNS[run])
        else:
            terms += _other_terms(run)
    return terms


def content_terms(question: str) -> list[str]:
    """Terms that say what a question is about, each once, in order.

    Left out are English function and question words, the set phrases of Japanese questions, and pairs of characters
    that hold a particle. Where nothing is left, all terms of the question are given.
    """
    text = unicodedata.normalize("NFKC", question)
    terms = _content(analyse(_JAPANESE_PHRASE.sub(" ", text)))
    return terms or _content(analyse(text)) or list(dict.fromkeys(analyse(text)))


def is_stop(term: str) -> bool:
    """Whether a term of `analyse` says nothing about a subject: an English function word, a Japanese particle."""
    return term in _stop_terms() or _is_seam(term)


def _content(terms: Iterable[str]) -> list[str]:
    return [term for term in dict.fromkeys(terms) if not is_stop(term)]


@cache
def _stop_terms() -> frozenset[str]:
    return frozenset(term for word in ENGLISH for term in analyse(word)) | JAPANESE_PAIRS


def _is_seam(term: str) -> bool:
    """Whether a pair of Japanese characters is a particle with a letter of the word beside it, or kana alone."""
    n_kana = sum(1 for char in term if _HIRAGANA.match(char))
    if n_kana == 0:
        return False
    if n_kana == len(term):
        return len(term) == 1 or "を" in term
    return len(term) == 2 and not JAPANESE_PARTICLES.isdisjoint(term)


def _pairs(run: str) -> list[str]:
    """Overlapping pairs of characters of a run, or its only character."""
    if not _SEARCHABLE_TERM.fullmatch(run):
        return [_searchable(run[i : i + 2]) for i in range(max(1, len(run) - 1))]
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


@lru_cache(maxsize=65_536)
def _latin_terms(run: str) -> tuple[str, ...]:
    return tuple(_words(run, joined=True))


def _words(run: str, *, joined: bool) -> list[str]:
    """Stems of a word, or of the parts of a hyphenated one and, with `joined`, of the whole."""
    parts = [_bare(part) for part in run.replace("‐", "-").replace("\n", "").split("-")]
    terms = [_number_terms(part)[0] if part.isdigit() else _stem(part) for part in parts if part]
    if joined and 1 < len(terms) <= _MAX_JOINED_PARTS:
        terms.append(_stem("".join(parts)))
    return terms


def _bare(word: str) -> str:
    """A word without its possessive ending and its apostrophes."""
    word = word.replace("’", "'")
    if word.endswith("'s"):
        word = word[:-2]
    return word.replace("'", "")


def _stem(word: str) -> str:
    if len(word) > _MAX_TERM_CHARS:
        return word[:_MAX_TERM_CHARS]
    stemmer: Any = getattr(_stemmers, "english", None)
    if stemmer is None:
        import Stemmer

        # One a thread: a stemmer keeps state while it works.
        stemmer = _stemmers.english = Stemmer.Stemmer("english")
    return str(stemmer.stemWord(word))


def _number_terms(run: str) -> list[str]:
    found = _NUMBER.fullmatch(run)
    assert found is not None  # the pattern of `_TERM` is narrower
    whole, points, ending = found[1].replace(",", ""), found[2], found[3]
    numbers = [number[:_MAX_TERM_CHARS].lstrip("0") or "0" for number in [whole]]
    decimals = points.split(".")[1:]
    if len(decimals) == 1:
        numbers = [f"{numbers[0]}d{decimals[0]}"[:_MAX_TERM_CHARS]]
    else:  # a date or a version: each number for itself
        numbers += [number[:_MAX_TERM_CHARS].lstrip("0") or "0" for number in decimals]
    if ending in _DROPPED_ENDINGS:
        return numbers
    if len(ending) == 1:  # 5g, 3d
        return [*numbers[:-1], numbers[-1] + ending]
    return [*numbers, _stem(ending)]


def _other_terms(run: str) -> list[str]:
    """Terms of a word that is not all a to z: accents off Latin letters, code points for letters that FTS5 may cut."""
    word = _bare(unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFD", run))))
    if not word:
        return []
    if word.isdecimal():
        return _number_terms("".join(str(unicodedata.decimal(char)) for char in word))
    if word.isascii():
        return [_stem(word)]
    return [_searchable(word)]


def _searchable(term: str) -> str:
    """A term in characters that FTS5 keeps together: others become `x` and their code point in hexadecimal."""
    return _UNSEARCHABLE.sub(lambda found: f"x{ord(found[0]):x}", term[:_MAX_TERM_CHARS])[:_MAX_TERM_CHARS]
