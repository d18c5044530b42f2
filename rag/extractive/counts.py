"""What numbers count, in questions and in sentences: "the four policies", 七つの方針."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from rag.figures.reading import Figure
from rag.figures.stated import stated_figures
from rag.questions.reading import Question
from rag.text.analysis import content_terms


def counted(text: str, figure: Figure) -> frozenset[str]:
    """Terms of what a number counts: those shortly behind it."""
    following = _COUNTED_UNTIL.split(text[figure.end : figure.end + _COUNTED_CHARS], maxsplit=1)[0]
    return frozenset(content_terms(following)) if following.strip() else frozenset()


_COUNTED_CHARS = 24
_COUNTED_UNTIL = re.compile(r"[,.;:!?、。？]|\b(?:of|in|at|for|to|on|by|from|with|under|that|who|which|and|or)\b")


def is_miscounted(question: Question, figure: Figure, texts: Sequence[str]) -> bool:
    """Whether the things that the question counts ("seven policies") are counted in texts about it, and never as many.

    Things that no text counts may have been named otherwise ("pillars" for policies).
    """
    if figure.kind != "number":
        return False
    things = counted(question.text, figure)
    found = [
        f.value for text in texts for f in stated_figures(text) if f.kind == "number" and things & counted(text, f)
    ]
    return bool(found) and figure.value not in found


def counts_what_is_asked(question: Question, text: str) -> bool:
    """Whether a text has a number of what an English question counts: "28 articles" for "How many articles …?"."""
    things = set(question.head)
    return bool(things) and any(f.kind == "number" and things & counted(text, f) for f in stated_figures(text))


def says_how_many(question: Question, figure: Figure) -> bool:
    """Whether a figure says how many things the asker wants to hear: no document need count "which two ministries"."""
    if figure.kind != "number" or not isinstance(figure.value, Decimal) or figure.value > _FEW:
        return False
    before, behind = question.text[: figure.start], question.text[figure.end :]
    if question.language == "ja":
        return _JA_ASKED.match(behind) is not None
    return _EN_ASKED.search(before) is not None and _EN_THINGS.match(behind) is not None


_FEW = 12
_EN_ASKED = re.compile(
    r"\b(?:which|what|name|list|give|who)(?:\s+(?:is|are|was|were|me|all))?(?:\s+(?:the|its|their|these|those))?\s+$",
    re.IGNORECASE,
)
_EN_THINGS = re.compile(
    r"\s+(?:[\w-]+\s+){0,2}?(?!(?:years|months|weeks|days|hours|minutes)\b)[\w-]+s\b", re.IGNORECASE
)
# A counter, what is counted, and the word that asks for it.
_JA_ASKED = re.compile(
    r"(?:つ|人(?!口)|名|社|省|機関|団体|項目|点|件|個|本|か所|種類)[^、。？]{0,12}?(?:は|って|を|に(?:あたる|なる)のは)?"
    r"[^、。？]{0,4}(?:誰|だれ|どこ|何|なに|どの|どれ|教え|挙げ|あげ)"
)
