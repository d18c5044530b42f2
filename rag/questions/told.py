"""What a question tells beside asking: "The Act came into force in June. What does it aim at?" """

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.questions.kinds import question_language
from rag.questions.parts import with_subject
from rag.questions.referents import names_of
from rag.text.analysis import is_stop
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
        asks_alone: Whether that says what is asked. "Vries left the council. On which date?" asks for the date of
            what it tells, and means nothing without it.
    """

    statements: tuple[str, ...]
    asked: tuple[str, ...]
    asks_alone: bool = True


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
    return Told(tuple(told), tuple(dict.fromkeys((*variants[:_MAX_SUBJECTS], asked))), asks_alone=_says_what(asked))


def _says_what(asked: str) -> bool:
    """Whether a question holds a word for what it asks, beside those that only give its form ("On what date?")."""
    if question_language(asked) == "ja":
        return _JA_SAYS_WHAT.search(_JA_FORM.sub("", asked)) is not None
    return any(word.lower() not in _EN_FORM and not is_stop(word.lower()) for word in _EN_WORD.findall(asked))


def _subjects(statement: str, language: str) -> Iterator[str]:
    if language == "en":
        names = (name.strip(".,") for name in names_of(statement))
        yield from (name for name in names if name not in _NO_SUBJECTS)
    elif (topic := _JA_TOPIC.match(statement)) is not None:
        yield topic["subject"]


_EN_WORD = re.compile(r"[A-Za-z]+")
_EN_FORM = frozenset(
    "how when why date dates day month year time place amount sum number figure share percentage price name names "
    "person reason mean means meant meaning refer refers referred stand stands called call explain exactly precisely "
    "roughly please do does did one tell give say happen happened case come comes came take true correct long far "
    "large big high many much".split()
)
_JA_FORM = re.compile(
    r"何[年月日時人件円割回点]?|いつ|どこ|誰|だれ|どなた|なぜ|どうして|いくら|いくつ|どれ(?:くらい|ぐらい)|日付|年月日|時期|場所|人物|"
    r"名前|金額|意味|理由|こと|もの|言葉|用語|教えて|具体的|正確|頃"
)
_JA_SAYS_WHAT = re.compile(r"[\u3400-\u9fff\u30a1-\u30fa]{2,}|[A-Za-z]{2,}")
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
_NO_SUBJECTS = frozenset(
    (
        *calendar.month_name,
        *calendar.day_name,
        *"The A An One I I'd I'm We This That These Those It They He She There".split(),
    )
)
_JA_TOPIC = re.compile(r"(?P<subject>[^、。？?]{2,40}?)(?:は|が)")
_JA_IT = re.compile(r"^(?:その|それの|この|これの|同(?!じ))")
