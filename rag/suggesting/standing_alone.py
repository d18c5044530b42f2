"""Whether a question says by itself what it is about: somebody may read nothing else.

A heading leans on those above it ("And South Korea?", "How high is the fine?"). What points out of it cannot be put
right by rule; what only leaves its subject out can be, with a heading or title put before it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from rag.questions.kinds import Language
from rag.questions.reading import names_in

_LEAD_IN: Final[Mapping[Language, re.Pattern[str]]] = {
    "en": re.compile(
        r"^(?:(?:and|but|so|or|then|also|well|ok|okay)\b[\s,]*)?(?:(?:what about|how about|what of)\b\s*)?",
        re.IGNORECASE,
    ),
    "ja": re.compile(r"^(?:(?:では|じゃあ|それでは|それなら|ちなみに|そして|しかし|でも|だから|また|なら)[、,]\s*)?"),
}
# How a question begins that has a verb.
_ASKING = re.compile(
    r"^(?:(?:in|on|at|by|to|from|for|with|of|under|since|until)\s+)?(?:what|which|who|whom|whose|when|where|why|how|is|"
    r"are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must)\b",
    re.IGNORECASE,
)
_BARE_JA = re.compile(r"^([^。、？?は]{1,20})は[?？]?$")
_HIRAGANA = re.compile(r"[\u3041-\u309f]")
_END = re.compile(r"[?？。.!！\s]+$")

# English words that point to something said before. A relative "that" and the "it" of a later clause do not.
_POINTS = re.compile(
    r"\b(?:he|him|his|she|hers?|they|them|theirs?|this|these|those|its?|the (?:same|former|latter|other|others)|"
    r"such (?:an?|things?))\b|(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bhas )\bthere\b(?! (?:is|are|was|were|"
    r"been|any|a)\b)|\bthat\b(?=[?.,;!]|$)|\b(?:is|are|was|does|did|do|like|about|with)\s+that\b(?! of\b)",
    re.IGNORECASE,
)
_ONLY_LOOKS_SO = re.compile(
    r"\bthis (?:year|month|week|decade|century)\b|\b(?:its|their) own\b|\bis it (?:true|possible|likely|allowed)\b"
    r"|\bthose (?:who|that)\b",
    re.IGNORECASE,
)
# "Is a firm at fault if it …": the pronoun of a later clause has its noun in the one before.
_LATER_CLAUSE = re.compile(
    r"(?:,|\b(?:if|when|because|while|although|before|after|and|that|who|which)\b)", re.IGNORECASE
)
_NOUN = re.compile(r"\b(?:an?|the|my|our|your|each|every|which|whose|people|firms?)\s+\w+|(?<=\s)[A-Z]\w+")
_POINTS_JA = re.compile(
    r"それ(?!ぞれ|とも)|これ(?!まで|から|ほど)|あれ(?!ば)|(?<![一-鿿ぁ-ん])(?:その|この(?!先)|あの|そこ(?!で)|ここ(?!で))|"
    r"同[法社氏案](?![一-鿿])|彼ら?|彼女|上記|前者|後者"
)
# A thing that is pointed at without being named: "the body", "pillar three". Of some there is but one for everybody.
_THE = re.compile(
    r"\b(?:the|pillar|policy|part|chapter|article|version)\s+(?!(?:government|state|public|country|world|people|police|"
    r"economy|population|prime minister|cabinet|army|military|armed forces|law|future|past|internet|young|old)\b)[a-z]"
    r"[\w-]*(?!\s+(?:of|for|on|between|behind|that|who|which)\b)",
    re.IGNORECASE,
)
_SHORT = 4
_NAME = re.compile(
    r"[A-Z]{2,}|第[0-9Ⅰ-Ⅻ一二三四五]+[期条版]|「[^」]+」|日本|[一-鿿]{5,}|[一-鿿]{2,}(?:法|省|庁|院|首相|氏)(?![一-鿿])"
)
_SMALL = frozenset(
    "what which who whom whose when where why how many much long often far old is are was were am do does did has have "
    "had can could will would shall should may might must be been a an the of in on at by for to from with and or as "
    "my our your we i you me us not no any all some so than more most".split()
)
_WORD = re.compile(r"[^\W_][\w'’-]*")


def without_lead_in(question: str, language: Language) -> str:
    """The question without an opening that goes on from another one: "And", "What about", では."""
    rest = _LEAD_IN[language].sub("", question, count=1).strip()
    return rest[:1].upper() + rest[1:] if rest != question and _ASKING.match(rest) else rest


def bare_subject(question: str, language: Language) -> str | None:
    """What a question is about that is only a name with a mark behind it ("South Korea?", 韓国は？); else `None`."""
    if language == "ja":
        match = _BARE_JA.match(question)
        return match[1] if match and not _HIRAGANA.search(match[1].replace("の", "")) else None
    rest = _END.sub("", question)
    # More sentences than one are no name, and a verb can begin a request ("Tell me …").
    is_name = question.endswith("?") and not _ASKING.match(rest) and not re.search(r"[.?!;:,]\s", rest)
    return rest if is_name and not re.match(r"(?:why|tell|give|show|explain|name)\b", rest, re.IGNORECASE) else None


def points_elsewhere(question: str, language: Language) -> bool:
    """Whether a pronoun of the question stands for something outside it."""
    if language == "ja":
        return _POINTS_JA.search(question) is not None
    text = _ONLY_LOOKS_SO.sub(lambda match: "\0" * len(match.group()), question)
    return any(not _has_noun_before(text[: match.start()]) for match in _POINTS.finditer(text))


def names_its_subject(question: str, language: Language) -> bool:
    """Whether the question says what it asks about, other than by "the" and a common noun, or by next to nothing."""
    if has_name(question):
        return True
    if language == "ja":
        return False
    words = [word for word in _WORD.findall(question.casefold()) if word not in _SMALL]
    return len(words) >= _SHORT and _THE.search(question) is None


def has_name(text: str) -> bool:
    """Whether a text has a name: a capitalised word inside it, a katakana word, an abbreviation, what is in quotes.

    In Japanese also a long word of kanji, or one of an office, a law or a person.
    """
    return bool(names_in(text)) or _NAME.search(text) is not None


def _has_noun_before(text: str) -> bool:
    ends = [match.start() for match in _LATER_CLAUSE.finditer(text)]
    return bool(ends) and _NOUN.search(text[: ends[-1]]) is not None
