"""The order in time that a question takes for granted: "Why was the council set up after the plan was adopted?" """

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.questions.kinds import Kind, Language


@dataclass(frozen=True, slots=True)
class Order:
    """Two things that happened, as a text puts them.

    Attributes:
        text: The text, without what it asks.
        first: What is said to have happened first.
        second: What is said to have happened after it.
    """

    text: str
    first: str
    second: str


def order_told(text: str, language: Language, kind: Kind | None = None) -> Order | None:
    """The order that a text tells, both in clauses of their own; `None` where it tells none.

    Args:
        text: A clause that states something, or a question.
        language: Its language.
        kind: Of a question, the kind of answer that it asks for: only one that asks how or why takes all it says for
            granted.
    """
    if kind is not None and kind not in _TAKES_FOR_GRANTED:
        return None
    text = " ".join(text.split()).strip(" ?.？。")
    for pattern in _JA if language == "ja" else _EN:
        match = pattern.search(text)
        if match is None:
            continue
        parts = match.groupdict()
        one = f"{parts.get('topic') or ''}{parts['one']}".strip(" ,、")
        other = parts["other"].strip(" ,、")
        if language == "en":
            one = _EN_ASKS.sub("", one)
            if not (_EN_HAPPENS.search(one) and _EN_HAPPENS.search(other)):
                continue
        is_first = _IS_FIRST.search(parts["word"]) is not None
        return Order(_EN_ASKS.sub("", text), one if is_first else other, other if is_first else one)
    return None


_TAKES_FOR_GRANTED: frozenset[Kind] = frozenset(("reason", "manner", "other"))
_EN = (
    re.compile(
        r"^(?P<one>[^,;:]+?),?\s+(?:\w+\s+(?:days?|weeks?|months?|years?)\s+)?"
        r"(?P<word>before|after|prior to|ahead of|earlier than|later than)\s+(?P<other>[^,;:]+)$",
        re.IGNORECASE,
    ),
)
_EN_ASKS = re.compile(
    r"^(?:why|how(?: come| (?:is|was) it(?: possible)? that)?)\s+(?:did|was|were|has|had|could|is|are)?\s*",
    re.IGNORECASE,
)
_EN_HAPPENS = re.compile(
    r"\b(?:was|were|been|had|came|come|met|took|take|began|begin|held|went|go|set|put|bring|brought|pass|adopt|enact|open|"
    r"launch|start|found|create|establish|enter|publish|decide|appoint|sign|join|\w{2,}ed|adoption|enactment|launch|"
    r"opening|founding|creation|passage|promulgation|publication|entry)\b",
    re.IGNORECASE,
)
_JA_WORD = r"(?:よりも?|(?<=[のるた]))(?P<word>前|先|早く|後|あと|遅く)"
_JA = (
    # 本部が設置されたのは計画が決定された後
    re.compile(rf"^(?P<one>.+?)のは、?(?P<other>.+?){_JA_WORD}(?:で|だ|な|に|$)"),
    # 韓国は、日本の法律が施行されるより前に自国の法律を施行した
    re.compile(rf"^(?P<topic>[^はが、]{{1,30}}(?:は|が)、?)(?P<other>.+?){_JA_WORD}に?、?(?P<one>.{{4,}})$"),
)
_IS_FIRST = re.compile(r"before|prior|ahead|earlier|前|先|早", re.IGNORECASE)
