"""The names in a question, and whether passages have them, in either language or spelled out."""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from rag.gloss.glossing import gloss, pieces
from rag.gloss.lexicon import lexicon
from rag.questions.reading import Question, names_in
from rag.text.analysis import analyse
from rag.vocabulary.lands import same_land
from rag.vocabulary.thesaurus import thesaurus

if TYPE_CHECKING:
    from rag.extractive.evidence import Evidence
    from rag.extractive.sentence_features import TermWeights


def missing_name(question: Question, weights: TermWeights, read: Sequence[Evidence]) -> str | None:
    """A name of the question that stands in none of the passages, in neither language.

    Words that stand nearly everywhere in the index ("Japan" among documents on Japan) are no names here, nor is what
    stands for the same land ("Tokyo's parliament").
    """
    asked = [(name, words) for name, words in names_of(question) if _tells(name, words, weights)]
    if not asked:
        return None
    whole = unicodedata.normalize("NFKC", "\n".join(f"{one.surroundings}\n{one.lead}" for one in read))
    english = " ".join((whole, *(piece.english for piece in pieces(whole))))
    held = frozenset(word.casefold() for word in _WORD.findall(english))
    terms = frozenset(analyse(whole))
    otherwise = frozenset(term for name, other in weights.same if other <= terms for term in name)
    near = {term for one in read for term, likeness in one.near.items() if likeness >= _NEAR_FROM}
    for name, words in asked:
        of_name = set(analyse(name))
        if name.casefold() in whole.casefold() or of_name & otherwise:
            continue
        if question.language == "ja" and (in_english := gloss(name)) not in ("", name) and in_english in english:
            continue
        if all(is_ordinary(word) for word in words) and of_name & near:
            continue
        is_held = all(_held(word, held) or _is_short_for(word, english) for word in words)
        if not (is_held or _is_first_name(name, question.text, english)):
            return name
    return None


def _tells(name: str, words: Collection[str], weights: TermWeights) -> bool:
    return weights.tells(set(analyse(name))) and not any(word.casefold() in weights.ambient for word in words)


def names_of(question: Question) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each name as the question writes it, and the English words that it may be written with."""
    if question.language == "en":
        for name in names_in(_TOLD_OF_IT.sub("", _OWN_CASE.sub("", question.text))):
            yield from ((word, (word,)) for word in _NAME_WORD.findall(name) if is_name(word))
        return
    text = unicodedata.normalize("NFKC", question.text)
    for piece in pieces(text):
        words = tuple(_NAME_WORD.findall(piece.english))
        name = text[piece.start : piece.end].strip("、。 ")
        if words and all(map(is_name, words)) and not thesaurus().knows(name):
            yield name, words
    yield from ((office.group(), (office.group(),)) for office in _JA_OFFICE.finditer(text))


def is_name(word: str) -> bool:
    """Whether a capitalised word names one thing.

    No month and no fiscal year, no title and no office does, nor a people: "Japanese models" are domestic ones.
    """
    return not (word in _OF_DATES or is_address(word) or _FISCAL_YEAR.fullmatch(word) or _PEOPLE.search(word))


def is_address(word: str) -> bool:
    """Whether a capitalised word is how somebody is called by title or office, or an everyday thing: Ms, CEO, TV."""
    return word.casefold() in _ADDRESSES or (word[:-1].isupper() and word[:-1].casefold() in _ADDRESSES)  # MPs


def _held(word: str, held: Collection[str]) -> bool:
    """Whether a word, or what belongs to the same name (Norman, Normans; Canada, Canadian), is among others."""
    folded = word.casefold()
    if folded in held or any(other in held for other in same_land(folded)):
        return True
    stem = _ENDING.sub("", folded)
    forms = re.compile(rf"{re.escape(stem)}(?:a|e|y|ia|{_ENDINGS})?$")
    return len(stem) >= _STEM_CHARS and any(forms.match(one) for one in held)


def _is_first_name(word: str, question: str, text: str) -> bool:
    """Whether a word of a question stands before a surname that a text has with a title: Ida Vries is Ms Vries."""
    after = re.search(rf"\b{re.escape(word)} (?P<surname>[A-Z][\w'’-]+)", question)
    return after is not None and re.search(rf"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.? {after['surname']}\b", text) is not None


def _is_short_for(word: str, text: str) -> bool:
    """Whether a text spells out an abbreviation: its letters begin words that follow each other."""
    word = word.removesuffix("s")  # SMEs
    if not (word.isupper() and 2 <= len(word) <= _LONGEST_SHORT):
        return False
    spelled = r"\w*(?:[ -](?:of|the|and|for|on|in|sized)\b)*[ -]".join(re.escape(letter) for letter in word)
    return re.search(rf"\b{spelled}", text, re.IGNORECASE) is not None


def is_ordinary(word: str) -> bool:
    """Whether a capitalised word is one that is mostly written small: "Big Tech", "White Paper"."""
    return word.casefold() in _ordinary_words()


def is_ordinary_katakana(word: str) -> bool:
    """Whether a katakana word is one that English writes small: システム, サービス."""
    return lexicon().words.get(word, "A").islower() or thesaurus().knows(word)


@cache
def _ordinary_words() -> frozenset[str]:
    return frozenset(word for gloss in lexicon().words.values() for word in gloss.split() if word.islower())


# What an asker tells of their own case before the question: no document speaks of it. "I'd like to go to Oslo, who …?"
_OWN_CASE = re.compile(
    r"^(?![^.;,?]*\b(?:what|when|where|which|who|whom|whose|why|how)\b)[^.;,?]*\b(?:I|I['’]\w+|we|we['’]\w+|my|our)\b"
    r"[^.;,?]*[.;,]\s+(?=\S+\s+\S)",
    re.IGNORECASE,
)
# What is told of a thing in a clause of its own is held against the documents as a statement.
_TOLD_OF_IT = re.compile(r",\s+(?:who|which|whose)\s[^,;?.]+(?=[,;?.])")
_WORD = re.compile(r"[A-Za-z][\w'’-]*")
# "ChatGPT-style" is no ChatGPT.
_NAME_WORD = re.compile(r"\b[A-Z][A-Za-z0-9]+\b(?!-[a-z])")
_PEOPLE = re.compile(r"(?:ese|[^aeiou]ish|[a-z]{3}ans?)$|^(?:French|German|Dutch|Swiss|Czech|Greek|Thai)$")
_JA_OFFICE = re.compile(r"[\u4e00-\u9fff]{1,6}(?:(?<!各)省|(?<![県府都道官省])庁)(?![\u4e00-\u9fff])")
# What a date is written with is held against the documents as a figure.
_FEASTS = "Christmas Easter Thanksgiving Halloween Ramadan Diwali Hanukkah Xmas Eve".split()
_OF_DATES = frozenset((*calendar.month_name, *calendar.month_abbr, *calendar.day_name, *_FEASTS)) - {""}
_FISCAL_YEAR = re.compile(r"FY[0-9]+")
_ADDRESSES = frozenset(
    "mr mrs ms miss dr prof professor sir pm mp ceo cfo coo cto cio cmo ciso caio hr pr faq ok pdf url "
    "it tv pc cctv vpn usb gps atm id pin sms qr wifi dvd cd".split()
)
_ENDINGS = r"(?:i?ans?|n?s|ese|ish|i)"
_ENDING = re.compile(rf"{_ENDINGS}$")
_STEM_CHARS = 4
_LONGEST_SHORT = 5
# How near in meaning a sentence has to come to an ordinary word, in [0, 1].
_NEAR_FROM = 0.5
