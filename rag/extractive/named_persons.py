"""The persons whom a sentence names, by title or by the look of their names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.extractive.named_things import is_ordinary
from rag.questions.reading import Question
from rag.text.persons import NO_PERSON, titled_persons
from rag.vocabulary.lands import is_land


def names_somebody_else(question: str, text: str) -> bool:
    """Whether a text names a person whom a question does not."""
    asked = question.casefold()
    return any(name.casefold() not in asked for name in persons_in(text))


def asks_for_holder(question: Question) -> bool:
    """Whether a question asks who holds an office: only a person's name answers it."""
    return question.kind == "person" and _OFFICE.search(question.text) is not None


def persons_in(text: str) -> Iterator[str]:
    """The names of the persons whom a text names, those with a title first."""
    yield from (person.name for person in titled_persons(text))
    yield from (match["name"] for match in _JA_PERSON.finditer(text))
    for match in _FULL_NAME.finditer(text):
        words = match.group().split()
        is_thing = NO_PERSON.search(match.group()) or any(map(is_land, words))
        if not is_thing and not all(map(is_ordinary, words)):
            yield match.group()


_OFFICE = re.compile(
    r"\b(?:president|director|chair(?:man|woman|person|s|ed)?|head|chief|minister|officer|commissioner|governor|mayor|"
    r"secretary|leader|founder|ceo)\b|会長|社長|所長|委員長|座長|議長|大臣|長官|本部長|総裁|知事|市長|理事長|代表|責任者",
    re.IGNORECASE,
)
_JA_PERSON = re.compile(r"(?P<name>[\u4e00-\u9fff々]{2,6}|[\u30a1-\u30fa\u30fc・＝]{2,20})(?:氏|さん|教授|博士)")
# Two or three capitalised words, not part of a longer name, and no word before them that no person has.
_FULL_NAME = re.compile(
    r"(?<![A-Z-]\s)(?<!\b[Tt]he\s)(?<![\w-])(?!(?:The|An?|In|On|At|By|From|For|With|When|This|That|These|Those|Its?)\s)"
    r"[A-Z][a-z'’-]++(?:\s[A-Z]\.)?(?:\s[A-Z][a-z'’-]++){1,2}+(?!\s[A-Z])"
)
