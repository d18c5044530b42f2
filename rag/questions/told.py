"""What a question tells beside asking: "The Act came into force in June. What does it aim at?" """

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.questions.followup import names_of
from rag.questions.kinds import question_language
from rag.questions.parts import with_subject
from rag.text.sentences import sentence_spans

# More than that is a text, not a question: each statement is looked for in the documents.
_MAX_TOLD = 3
# Names of the statements that may be what is asked about.
_MAX_SUBJECTS = 3


@dataclass(frozen=True, slots=True)
class Told:
    """A question that states something, in sentences before it or in a clause on somebody, and what it asks without.

    Attributes:
        statements: What it states, in order, at least one.
        asked: What is asked, once with each thing put in that it may be about, and once as it stands.
    """

    statements: tuple[str, ...]
    asked: tuple[str, ...]


def told_before(question: str) -> Told | None:
    """The question taken apart; `None` where it tells nothing or very much, or its last sentence does not ask."""
    language = question_language(question)
    clause = _EN_WHO.match(question)
    if clause is not None:
        return Told((f"{clause['name']} {clause['clause']}",), (f"{clause['before']} {clause['after']}",))
    sentences = [question[span.start : span.end].strip() for span in sentence_spans(question, 0, len(question))]
    tag, asks = _JA if language == "ja" else _EN
    n_told = 0
    while n_told < len(sentences) and (tag.search(sentences[n_told]) or not asks.search(sentences[n_told])):
        n_told += 1
    if not 0 < n_told < len(sentences) or n_told > _MAX_TOLD:
        return None
    told = [tag.sub("", sentence) for sentence in sentences[:n_told]]
    asked = " ".join(sentences[n_told:])
    if (quoted := _QUOTED.search(told[-1])) is not None:
        asked = _THAT_TERM.sub(lambda _: quoted.group(), asked)
    # What a term means is asked of nothing else.
    is_of_term = quoted is not None and quoted.group() in asked
    about = [] if is_of_term else list(dict.fromkeys(subject for one in told for subject in _subjects(one, language)))
    if language == "ja":
        variants = [f"{one}の{_JA_IT.sub('', asked)}" for one in about if one not in asked]
    else:
        variants = [with_subject(asked, one) for one in about]
    return Told(tuple(told), tuple(dict.fromkeys((*variants[:_MAX_SUBJECTS], asked))))


def _subjects(statement: str, language: str) -> Iterator[str]:
    if language == "en":
        names = (name.strip(".,") for name in names_of(statement))
        yield from (name for name in names if name not in _NO_SUBJECTS)
    elif (topic := _JA_TOPIC.match(statement)) is not None:
        yield topic["subject"]


_EN = (
    re.compile(
        r",\s*(?:right|correct|yes|no|true|(?:is|was|did|does|has|are|were|do)n['’]t \w+)\s*\?\s*$", re.IGNORECASE
    ),
    re.compile(
        r"\?\s*$|\b(?:what|when|where|which|who|whom|whose|why|how)\b"
        r"|^(?:please|tell|give|name|list|explain|describe|summari[sz]e)\b",
        re.IGNORECASE,
    ),
)
_JA = (
    re.compile(r"(?:です|ます|でした|ました|だ|だった)よ?ね[。？?]?$"),
    re.compile(r"[？?]$|か。?$|いつ|どこ|だれ|誰|なに|何|なぜ|どの|どう|どれ|どんな|いくら|いくつ|とは|教えて|挙げて"),
)
# "Where does Ida Vries, who led the council, live?"
_EN_WHO = re.compile(
    r"(?P<before>[^.?!,]*?\b(?P<name>[A-Z][\w&'’-]*(?:\s+[A-Z][\w&'’-]*){0,4})),\s+(?:who|which)\s+(?P<clause>[^,;?]+),\s+"
    r"(?P<after>[^.?!]+\?)\s*$"
)
# "They met on "cold storage". What does that expression mean?"
_QUOTED = re.compile(r"\"[^\"]{2,60}\"|“[^”]{2,60}”|「[^」]{2,40}」")
_THAT_TERM = re.compile(
    r"\b(?:that|this)\s+(?:expression|term|word|phrase|notion|concept)\b|(?:この|その)(?:言葉|用語|語|表現|概念)",
    re.IGNORECASE,
)
_NO_SUBJECTS = frozenset((*calendar.month_name, *calendar.day_name, *"The A An One I I'd I'm We This That It".split()))
_JA_TOPIC = re.compile(r"(?P<subject>[^、。？?]{2,40}?)(?:は|が)")
_JA_IT = re.compile(r"^(?:その|それの|この|これの|同(?!じ))")
