"""Persons named with their office in a text: "Prime Minister Sanae Takaichi", 高市早苗首相."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TITLES = (
    r"(?:Prime Minister|Vice President|President|Minister|Chancellor|Governor|Mayor|Chairman|Chairwoman|Chair|Director|"
    r"Secretary|Senator|Professor|Judge|General|Admiral|Colonel|Captain|King|Queen|Emperor|Empress|Pope|Prince|Princess|Duke|"
    r"Bishop)"
)
_ENGLISH = re.compile(
    rf"\b(?P<title>{_TITLES})\s+(?P<name>[A-Z][\w'’-]+(?:\s+(?:(?:van|von|de|al|of)\s+)?[A-Z][\w'’-]+){{0,3}})"
)
_TITLES_JA = r"(?:首相|総理|大統領|大臣|知事|市長|委員長|会長|社長|教授|長官|議長|皇帝|国王)"
_NAME_JA = r"(?:[\u4e00-\u9fff々]{2,5}?|[\u30a1-\u30ff・]{2,20})"
_JAPANESE = re.compile(rf"(?P<name>{_NAME_JA})(?P<title>{_TITLES_JA})")
# The office first: 所長の山田花子さん, 所長は山田花子氏.
_JAPANESE_BEHIND = re.compile(
    rf"(?P<title>{_TITLES_JA}|所長|座長|本部長|理事長|総裁|代表|部長)(?:の|は、?|を|が|に)(?P<name>{_NAME_JA})(?:さん|氏|博士)"
)
# What stands before a Japanese title without being a name.
_NO_NAMES = frozenset("日本 現職 当時 歴代 新任 副 内閣 内閣総理 元 前 担当 国務 各国 同国 英国 米国 韓国 中国".split())

# Words of capitalised names that are no person's.
NO_PERSON = re.compile(
    r"\b(?:[A-Z]{2,}|Institutes?|Agenc(?:y|ies)|Ministr(?:y|ies)|Office|Cabinet|Council|Headquarters|Committee|Commission|"
    r"Act|Law|Plans?|Polic(?:y|ies)|Process|Group|University|Bank|Report|Code|Guidelines?|Framework|Strategy|House|Diet|"
    r"Parliament|Company|Corporation|Association|Federation|Union|Summit|Declaration|Program(?:me)?|Project|Paper|Safety|"
    r"Intelligence|Research|Technology|Cent(?:er|re)|Basic|Digital|National|International|Society|Foundation|Forum|Party|"
    r"Court|Street|River|City|County|Province|Republic|Kingdom|Empire|States|Sea|Ocean|Island|Islands|Mountains?|Church|"
    r"January|February|March|April|June|July|August|September|October|November|December|"
    r"Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b"
)


@dataclass(frozen=True, slots=True)
class Person:
    """A person as named: `text` as written, the title, the name without it."""

    text: str
    title: str
    name: str

    def is_named_in(self, text: str) -> bool:
        """Whether a text names this person: by the last word of an English name, by how a Japanese one begins."""
        key = self.name.split()[-1] if self.name.isascii() else self.name[:2]
        return re.search(rf"\b{re.escape(key)}\b", text) is not None if key.isascii() else key in text


def titled_persons(text: str) -> list[Person]:
    """Persons named with their office in a text, in order."""
    ways = (_ENGLISH, _JAPANESE, _JAPANESE_BEHIND)
    found = sorted((one for way in ways for one in way.finditer(text)), key=lambda one: one.start())
    return [Person(match.group(), match["title"], match["name"]) for match in found if match["name"] not in _NO_NAMES]
