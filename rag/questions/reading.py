"""A question as the answerer reads it: its kind, its terms, what it asks for, the names and figures it states."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from rag.figures.reading import Figure, figures
from rag.gloss.glossing import japanese_words
from rag.questions.kinds import Kind, Language, question_kind, question_language
from rag.text.analysis import analyse, content_terms
from rag.text.located import folded, located_terms
from rag.vocabulary.thesaurus import thesaurus

__all__ = ["Kind", "Language", "Question", "names_in", "question_kind", "question_language", "read_question"]

_NAME = re.compile(
    r"(?<!^)(?<![.?!]\s)\b(?!I\b)[A-Z][\w&-]*(?:\s+[A-Z0-9][\w&-]*)*|[\u30a1-\u30fa\u30fc]{3,}"
    r"|「[^」]+」|\"[^\"]+\"|“[^”]+”"
)
_KATAKANA = re.compile(r"[\u30a1-\u30fa\u30fc]+")
# What follows the noun that is asked for.
_BEHIND = (
    r"(?=\s+(?:of|in|for|to|on|at|by|from|with|under|against|about|per|that|who|which|does|do|did|is|are|was|were|has|"
    r"have|had|will|can|could|would|should|must|may)\b|\s*[?,.]|\s*$)"
)
_EN_NAMED = re.compile(
    r"\b(?:what|which)\s+(?:(?:is|are|was|were|'s)\s+)?(?:(?:the|a|an|its|their|[\w-]+['’]s)\s+){0,3}"
    rf"(?:(?:kinds?|types?|sorts?)\s+of\s+)?(?P<head>[\w-]+(?:\s+[\w-]+){{0,4}}?){_BEHIND}",
    re.IGNORECASE,
)
# "How many years of guarantee" asks for the guarantee's.
_EN_COUNTED = re.compile(
    r"\bhow (?:many\s+(?:(?:years?|months?|weeks?|days?|hours?|minutes?)\s+of\s+)?"
    r"|much\s+(?!(?:do|does|did|is|are|was|were|will|would|can|could|should|must|may|has|have|had|of|more|less|to|money|"
    r"time|longer|in|for|per)\b))"
    rf"(?P<head>[\w-]+(?:\s+[\w-]+){{0,2}}?){_BEHIND}",
    re.IGNORECASE,
)
_EN_PRICED = re.compile(
    r"\b(?:what|how much)\s+(?:do|does|did|will|would)\s+(?:(?:the|a|an|its|their)\s+)?"
    r"(?P<head>[\w-]+(?:\s+[\w-]+){0,3}?)(?:\s+(?:of|in|for|to|on|at|by|from|with|between)\s[^?]+?)?\s+cost\b",
    re.IGNORECASE,
)
_NUMERAL_BEHIND = re.compile(r"\s+(?:one|two|three|four|five|[0-9]+)$", re.IGNORECASE)
_TO_LAST_PLURAL = re.compile(r"[\w -]*(?:[a-rt-z]s|\bpeople|\b(?:wo)?men|\bchildren)\b", re.IGNORECASE)
_EN_MEASURED = re.compile(r"\bhow\s+(?:much|often|far|long|large|big|high|old|soon)\b", re.IGNORECASE)
# Words with which a question asks what a text says, and those that name the kind of answer, which its form tells.
_ASKING = (
    "say state mention mean define describe explain tell call name think happen know stand refer give list exactly "
    "actually document documents text according 述べ 書か いう 言及 意味"
)
_KIND_WORDS: dict[Kind, str] = {
    "date": "date day year month time when period",
    "percentage": "percentage percent proportion share fraction portion slice people",
    "number": "number many total count people",
    "money": "money amount sum",
    "person": "person people man woman",
    "place": "place location",
    "reason": "reason reasons cause why",
    "duration": "long duration",
    "manner": "way ways manner",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question as the answerer reads it.

    Attributes:
        text: The question, or one part of it with its subject filled in.
        language: `en` or `ja`.
        kind: The kind of answer asked for.
        terms: Content terms as `rag.text.analysis` gives them, in order, each once.
        bigrams: Pairs of neighbouring content terms.
        figures: Numbers, dates and amounts that the question states.
        head: Terms of what is asked for ("phone number" in "What is the phone number of …?"), the noun last.
        words: The terms of Latin letters and those inside one Japanese word, each with its word as asked.
    """

    text: str
    language: Language
    kind: Kind
    terms: tuple[str, ...]
    bigrams: tuple[tuple[str, str], ...]
    figures: tuple[Figure, ...]
    head: tuple[str, ...] = ()
    words: tuple[tuple[str, str], ...] = ()


def read_question(text: str) -> Question:
    """A question read."""
    kind = question_kind(text)
    found = content_terms(text)
    telling = [term for term in found if term not in _asking_terms() and term not in _kind_terms(kind)]
    terms = tuple(telling or found)
    return Question(
        text=text,
        language=question_language(text),
        kind=kind,
        terms=terms,
        bigrams=tuple(pair for pair in pairwise(analyse(text)) if set(pair) <= set(terms)),
        figures=tuple(figures(text)),
        head=tuple(term for term in analyse(_head_of(text)) if term in terms),
        words=_words_of(text, terms),
    )


def names_in(text: str) -> tuple[str, ...]:
    """Names that a question states: capitalised words inside it, katakana words, what stands in quotation marks.

    Katakana words of the thesaurus (プラン, サブタイトル) are no names.
    """
    found = dict.fromkeys(m.group().strip('「」"“”') for m in _NAME.finditer(text))
    return tuple(name for name in found if not (_KATAKANA.fullmatch(name) and thesaurus().knows(name)))


@cache
def _asking_terms() -> frozenset[str]:
    return frozenset(analyse(_ASKING))


@cache
def _kind_terms(kind: Kind) -> frozenset[str]:
    return frozenset(analyse(_KIND_WORDS.get(kind, "")))


def _head_of(text: str) -> str:
    """The words that name what an English question asks for; empty where there are none."""
    # "The decision, which fell in May, came how many days later?" asks for days.
    counted = _EN_COUNTED.search(text) or _EN_PRICED.search(text)
    if counted is not None:
        # "How many bodies take part in it?" counts bodies.
        plural = _TO_LAST_PLURAL.match(counted["head"])
        return plural.group() if plural is not None else _NUMERAL_BEHIND.sub("", counted["head"])
    named, measured = _EN_NAMED.search(text), _EN_MEASURED.search(text)
    # "How often did they meet, and over what stretch?" asks for no stretch first.
    is_first = named is not None and (measured is None or named.start() < measured.start())
    return named["head"] if named is not None and is_first else ""


def _words_of(text: str, terms: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Each term of Latin letters or of one Japanese word with the word of the question that it comes from."""
    shown = folded(text)
    word_at = {place: span for span in japanese_words(shown) for place in range(*span)}
    words: dict[str, str] = {}
    for located in located_terms(text):
        if located.term not in terms or located.term in words:
            continue
        word = shown[located.start : located.end].strip(".,;:!?()[]\"'“”’‘")
        if word.isascii():
            if word.isalpha() and len(word) > 2:
                words[located.term] = word
            continue
        start, end = word_at.get(located.start, (0, 0))
        if located.end <= end:
            words[located.term] = shown[start:end]
    return tuple(words.items())
