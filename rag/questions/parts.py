"""A compound question into the questions it is made of, each standing alone."""

from __future__ import annotations

import re

from rag.questions.kinds import question_language

_MAX_PARTS = 3
_MAX_CHARS = 600

_WH = r"(?:what|when|where|which|who|whom|whose|why|how)"
_AUXILIARY = r"(?:is|are|was|were|do|does|did|has|have|had|can|will|would|many|much)"
_EN_SEAM = re.compile(
    rf"\?\s+(?=\S)|(?:,|;)?\s+(?:and|but|or)\s+(?:also\s+)?(?={_WH}\b)|;\s+(?={_WH}\b)|,\s+(?={_WH}\s+{_AUXILIARY}\b)",
    re.IGNORECASE,
)
_EN_ASKS = re.compile(rf"\b{_WH}\b|^(?:is|are|was|were|do|does|did|has|have|can|list|name)\b", re.IGNORECASE)
_EN_PRONOUN = re.compile(
    r"\b(?P<owner>its|their|his|her)\b|\b(?:it|they|them|he|she|him|this|that|these|those)\b", re.IGNORECASE
)
_EN_NAME = re.compile(
    r"(?<!^)(?<![.?!]\s)(?:the\s+)?\b[A-Z][\w'’&-]*(?:\s+(?:(?:of|for|and|on|in|the)\s+)?[A-Z0-9][\w'’&-]*)*"
)
_EN_SUBJECT = re.compile(rf"^\W*{_WH}\b[^?]*?\b{_AUXILIARY}\s+(?P<subject>\S+(?:\s+\S+){{0,8}})", re.IGNORECASE)
_LAST_WORD = re.compile(r"\s+\w+\W*$")

_JA_ASKS = re.compile(r"いつ|どこ|だれ|誰|なに|何|なぜ|どの|どう|どれ|どんな|いくら|いくつ|とは|[？?]")
_JA_SEAM = re.compile(r"[？?。]\s*(?=\S)|、\s*(?:また、?|そして、?)?")
_JA_TOPIC = re.compile(r"^(?P<subject>[^、。？?]{2,40}?)(?:は|が|の)")
_JA_IT = re.compile(r"^(?:その|それの|同|この)")


def parts_of(text: str) -> tuple[str, ...]:
    """The questions that a question is made of; one that is simple, or too long to take apart, comes back by itself.

    A later part that has no subject of its own gets the first part's: "When was X adopted, and what are its aims?"
    gives "When was X adopted?" and "what are X's aims?".
    """
    if len(text) > _MAX_CHARS:
        return (text,)
    parts = _japanese(text) if question_language(text) == "ja" else _english(text)
    return parts if 1 < len(parts) <= _MAX_PARTS else (text,)


def _english(text: str) -> tuple[str, ...]:
    parts = [part for piece in _EN_SEAM.split(text) if (part := piece.strip(" ,;?"))]
    if len(parts) < 2 or any(not _EN_ASKS.search(part) or len(part.split()) < 2 for part in parts):
        return (text,)
    subject = _english_subject(parts[0])
    return (f"{parts[0]}?", *(f"{with_subject(part, subject)}?" for part in parts[1:]))


def _english_subject(part: str) -> str:
    """What the first part speaks of: its longest name, else what follows its auxiliary, less the verb."""
    names = [match.group() for match in _EN_NAME.finditer(part)]
    if names:
        return max(names, key=len)
    match = _EN_SUBJECT.match(part)
    if match is None:
        return ""
    subject = match["subject"]
    return _LAST_WORD.sub("", subject) or subject


def with_subject(part: str, subject: str) -> str:
    """A question with what it is about in its pronoun's place, or behind it; one that names something stays."""
    if not subject or _EN_NAME.search(part):
        return part
    filled, n = _EN_PRONOUN.subn(lambda m: f"{subject}'s" if m["owner"] else subject, part, count=1)
    return filled if n else f"{part} ({subject})"


def _japanese(text: str) -> tuple[str, ...]:
    parts: list[str] = []
    for piece in _JA_SEAM.split(text):
        part = piece.strip(" 、。？?")
        if not part:
            continue
        # A piece that asks nothing belongs to the one that follows it.
        if parts and not _JA_ASKS.search(parts[-1]):
            parts[-1] = f"{parts[-1]}、{part}"
        else:
            parts.append(part)
    if len(parts) > 1 and not _JA_ASKS.search(parts[-1]):
        last = parts.pop()
        parts[-1] = f"{parts[-1]}、{last}"
    match = _JA_TOPIC.match(parts[0]) if parts else None
    subject = match["subject"] if match else ""
    rest = [part if not subject or subject in part else f"{subject}の{_JA_IT.sub('', part)}" for part in parts[1:]]
    return (parts[0], *rest) if rest else (text,)
