"""What a question states besides asking, held against the evidence: figures, persons, bodies it takes for granted."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from rag.extractive.evidence import Evidence
from rag.extractive.named_persons import persons_in
from rag.extractive.named_things import is_address
from rag.extractive.numbered import is_age
from rag.extractive.opposites import opposite_words
from rag.extractive.premise import (
    DATES,
    SCOPED,
    Contradiction,
    closest,
    denies,
    exactness,
    share_held,
    terms_touching,
    whole_date,
)
from rag.extractive.sentence_features import TermWeights
from rag.figures.reading import Figure, is_supported
from rag.figures.stated import stated_figures, stated_readings
from rag.gloss.glossing import pieces
from rag.questions.reading import Question
from rag.text.analysis import analyse
from rag.text.persons import Person, titled_persons
from rag.vocabulary.lands import is_land, is_same_land

# Ordinals and version numbers name things rather than state something of them.
_CHECKED = frozenset((*DATES, "percent", "money"))
# Terms that must be left of a question beside a body for another body to stand for it.
_LEAST_TERMS = 3


@dataclass(frozen=True, slots=True)
class _Specific:
    """A figure, person or body that a clause names.

    Attributes:
        text: As written.
        terms: Its terms, which do not count as what is said of it.
        is_date: Whether it is one.
        is_body: Whether it is one.
        is_agent: Whether it does what the clause says.
        stands_in: Whether a text says it.
        others_in: What else of its kind a text says, as written there.
        likeness: How much of it another one shares: the parts of a date.
    """

    text: str
    terms: frozenset[str]
    stands_in: Callable[[str], bool]
    others_in: Callable[[str], Sequence[str]]
    is_date: bool = False
    is_body: bool = False
    is_agent: bool = False
    likeness: Callable[[str], int] = lambda _: 0


def misstated(
    statement: Question, weights: TermWeights, evidence: Sequence[Evidence], *, asks: bool
) -> Contradiction | None:
    """The first figure, person or body of a statement in whose place the evidence says another one, or a denial.

    Only where a sentence says most of the rest of the statement with another one of the same kind, and no sentence with
    the one stated says nearly as much.

    Args:
        statement: The statement, read as a question.
        weights: Weights of its terms.
        evidence: Sentences found for it, best first.
        asks: Whether it is the whole question: a date in it may be what a figure is asked for.
    """
    for specific in _specifics(statement, asks=asks):
        if asks and specific.is_date and statement.kind in SCOPED:
            continue
        if asks and specific.is_body and len(set(statement.terms) - specific.terms) < _LEAST_TERMS:
            continue  # "Who heads the institute?" says nothing of it that another body could stand for
        found = _in_its_place(statement, weights, evidence[:_READ], specific)
        if found is not None:
            return found
    if not asks:
        for one in evidence[:_READ_FOR_DENIAL]:
            share = share_held(statement, weights, one, besides=frozenset(), alone=True)
            if share >= _DENIED_FROM and denies(statement, one):
                return Contradiction(assumed=statement.text, stated=None, evidence=one)
    return None


def is_borne_out(statement: Question, weights: TermWeights, evidence: Sequence[Evidence]) -> bool:
    """Whether a sentence says all that tells of a statement, in these words or near ones, with just its figures.

    Args:
        statement: The statement, read as a question.
        weights: Weights of its terms.
        evidence: Sentences found for it, best first.
    """
    for one in evidence[:_READ_FOR_PROOF]:
        said = f"{one.text}\n{one.lead}\n{one.headings}"
        readings, terms = stated_readings(said), set(analyse(said))
        if (
            share_held(statement, weights, one, besides=frozenset()) >= _BORNE_OUT_FROM
            and all(is_supported(figure, readings) for figure in statement.figures)
            and not _states_others(statement, one.text)
            and all(t in terms or one.near.get(t, 0.0) >= _NEAR_FROM for t in statement.terms if weights.tells({t}))
            and not denies(statement, one)
            and opposite_words(statement.text, one.text) is None
        ):
            return True
    return False


def _states_others(statement: Question, text: str) -> bool:
    """Whether a sentence has a figure of a kind that the statement has one of, and the statement has not."""
    stated = stated_readings(statement.text)
    kinds = {figure.kind for figure in statement.figures if figure.kind in _CHECKED}
    return any(figure.kind in kinds and not is_supported(figure, stated) for figure in stated_figures(text))


_READ_FOR_PROOF = 8
# Share of a statement that the sentence must say, and how near its words must come to those that tell most.
_BORNE_OUT_FROM = 0.7
_NEAR_FROM = 0.5


def _in_its_place(
    statement: Question, weights: TermWeights, evidence: Sequence[Evidence], specific: _Specific
) -> Contradiction | None:
    besides = specific.terms
    if len(set(statement.terms) - besides) < _LEAST_BESIDES:
        return None
    if specific.is_agent:  # a clause of few words: pairs of a kanji and a kana, mostly endings, would outweigh them
        besides |= {t for t in statement.terms if _KANA.search(t)}
    with_it = against = 0.0
    found: list[tuple[float, int, float, Contradiction]] = []
    for one in evidence:
        share = share_held(statement, weights, one, besides=besides, alone=True)
        if specific.stands_in(f"{one.text}\n{one.lead}"):
            with_it = max(with_it, share)
        elif others := specific.others_in(one.text):
            against = max(against, share)
            contradiction = Contradiction(assumed=specific.text, stated=others[0], evidence=one)
            found.append((share, specific.likeness(others[0]), one.score, contradiction))
    sure = against >= _MISSTATED_FROM and with_it <= against - _SAYS_MORE
    unheard = not specific.is_body and against >= _UNHEARD_FROM and with_it <= _HARDLY * against
    if not (sure or unheard):
        return None
    # Of those that say about as much: who is mistaken in a date has mostly one part of it wrong.
    return max((one for one in found if one[0] >= against - _ABOUT_AS_MUCH), key=lambda one: one[1:3])[3]


# Terms that must be left beside what is doubted: one may stand in any sentence.
_LEAST_BESIDES = 2
_READ = 24
# Share of the rest of the statement that a sentence with another figure, person or body must say, and how much more
# that must be than what any sentence with the one stated says; what hardly any sentence holds is doubted sooner.
_MISSTATED_FROM = 0.7
_SAYS_MORE = 0.15
_UNHEARD_FROM = 0.4
_ABOUT_AS_MUCH = 0.15
_HARDLY = 0.4
_READ_FOR_DENIAL = 3
_DENIED_FROM = 0.2


def _specifics(statement: Question, *, asks: bool) -> Iterator[_Specific]:
    text = statement.text
    for figure in stated_figures(text):
        if figure.kind in _CHECKED and not is_age(figure):
            yield _of_figure(statement, figure)
    for match in _WEEKDAY.finditer(text):
        yield _of_weekday(match.group())
    for person in titled_persons(text):
        yield _of_person(statement, person)
    for name in () if asks else persons_in(text):
        if text.startswith(name):
            yield _of_named(statement, name)
    for body in _bodies(text):
        yield _of_body(body, _bodies(text))
    for place in () if asks else _places_of_event(text):
        yield _of_place(place)
    for agent in () if asks else _agents(text):
        yield _of_agent(agent, [*_bodies(text), *_agents(text)])


def _of_figure(statement: Question, figure: Figure) -> _Specific:
    kinds: Collection[str] = DATES if figure.kind in DATES else {figure.kind}

    def others_in(other: str) -> list[str]:
        found = [f for f in stated_figures(other) if f.kind in kinds]
        most = max(map(exactness, found), default=0)
        found = [f for f in found if exactness(f) == most]
        return [whole_date(other, closest(found, other, statement), found)] if found else []

    return _Specific(
        text=whole_date(statement.text, figure, statement.figures),
        terms=frozenset(analyse(figure.text)),
        stands_in=lambda other: is_supported(figure, stated_readings(other)),
        others_in=others_in,
        is_date=figure.kind in DATES,
        likeness=lambda other: max((_parts_shared(figure, f) for f in stated_figures(other)), default=0),
    )


def _parts_shared(one: Figure, other: Figure) -> int:
    """How many of year, month and day two dates share."""
    if not (isinstance(one.value, tuple) and isinstance(other.value, tuple)):
        return 0
    return sum(a is not None and a == b for a, b in zip(one.value, other.value, strict=False))


def _of_weekday(day: str) -> _Specific:
    def others_in(other: str) -> list[str]:
        found = [match.group() for match in _WEEKDAY.finditer(other)]
        return [one for one in found if _weekday(one) != _weekday(day)]

    return _Specific(
        text=day,
        terms=frozenset(analyse(day)),
        stands_in=lambda other: (
            any(_weekday(match.group()) == _weekday(day) for match in _WEEKDAY.finditer(other))
            and IN_ERROR.search(other) is None
        ),
        others_in=others_in,
    )


def _weekday(day: str) -> int:
    """Number of a weekday, from 0."""
    return _JA_WEEKDAYS.index(day[0]) if day[0] in _JA_WEEKDAYS else _EN_WEEKDAYS.index(day[:3].lower())


_EN_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_JA_WEEKDAYS = "月火水木金土日"
_WEEKDAY = re.compile(rf"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?\b|[{_JA_WEEKDAYS}]曜日?", re.IGNORECASE)
# A text that names a day only to say that it is not the right one.
IN_ERROR = re.compile(
    r"\b(?:wrong|mistaken|erroneous|incorrect)(?:ly)?\b|\b(?:in|an) error\b|誤り|誤って|間違", re.IGNORECASE
)


def _of_person(statement: Question, person: Person) -> _Specific:
    return _Specific(
        text=person.text,
        terms=terms_touching(person.text, statement.text),
        stands_in=person.is_named_in,
        others_in=lambda other: [p.text for p in titled_persons(other) if p.title == person.title],
    )


def _of_named(statement: Question, name: str) -> _Specific:
    """Who does what the statement says, where it begins with a name: somebody else does in another sentence."""
    surname = name.split()[-1]
    return _Specific(
        text=name,
        terms=terms_touching(name, statement.text),
        stands_in=lambda other: surname in other,
        others_in=lambda other: list(persons_in(other)),
    )


def _of_body(body: str, asked: Sequence[str]) -> _Specific:
    known = {name.casefold() for name in asked}

    def is_known(name: str) -> bool:
        return name.casefold() in known or any(
            is_short_for(*pair) for one in asked for pair in ((one, name), (name, one))
        )

    return _Specific(
        text=body,
        terms=frozenset(analyse(body)),
        stands_in=lambda other: (
            body.casefold() in other.casefold()
            or any(is_short_for(*pair) for name in _bodies(other) for pair in ((body, name), (name, body)))
        ),
        others_in=lambda other: [name for name in (*_agents(other), *_bodies(other)) if not is_known(name)],
        is_body=True,
    )


def _of_place(place: str) -> _Specific:
    return _Specific(
        text=place,
        terms=frozenset(analyse(f"{place} {_TOOK_PLACE}")),  # one word of these is as good as another
        stands_in=lambda other: any(is_same_land(_last_word(place), _last_word(name)) for name in _places(other)),
        others_in=lambda other: [name for name in _places(other) if is_land(_last_word(name))],
    )


def _places_of_event(text: str) -> list[str]:
    """The countries and capitals in which a text has something take place: "the fair that Tokyo hosted"."""
    return [place for place in _places(text) if is_land(_last_word(place))] if _EVENT.search(text) else []


def _places(text: str) -> list[str]:
    return [match["place"] or match["host"] or match["ja"] for match in _PLACE.finditer(text)]


def _last_word(place: str) -> str:
    """The last word of a place's name, in English: Delhi of New Delhi and of ニューデリー."""
    english = place if place.isascii() else " ".join(piece.english for piece in pieces(place))
    return (english.split() or [place])[-1]


_TOOK_PLACE = "hosted held took place convened met 開かれた 開催 行われた 主催"
_EVENT = re.compile(r"\b(?:hosted|held|took place|convened|met)\b|開かれ|開い|開催|行われ|主催")
_NAMED_PLACE = r"(?:[A-Z][a-z]+\s)?[A-Z][a-z]+"
_PLACE = re.compile(
    rf"\b(?:in|at|hosted by)\s+(?P<place>{_NAMED_PLACE})\b|\b(?P<host>[A-Z][a-z]+)\s+(?:hosted|held)\b"
    r"|(?P<ja>[\u30a1-\u30fa\u30fc]{2,}|(?<![\u4e00-\u9fff])[\u4e00-\u9fff]{2,3})(?=で(?!の?は|も|あ|き|す))"
)


def is_short_for(short: str, name: str) -> bool:
    """Whether a name is the first letters of another, or of its end: AISI is the Japan AI Safety Institute.

    A word in capitals counts whole or with its first letter.
    """
    if not short.isupper():
        return False
    ends = {""}
    for word in reversed(re.findall(r"\b[A-Z][\w&-]*", name)):
        ends = {letters + end for end in ends for letters in ({word, word[0]} if word.isupper() else {word[0]})}
        ends = {end for end in ends if short.endswith(end)}
        if short in ends and word != short:
            return True
    return False


def _of_agent(agent: str, asked: Sequence[str]) -> _Specific:
    acts = re.compile(rf"{re.escape(agent)}(?:が|は|も|によ)")
    return replace(
        _of_body(agent, asked), is_body=False, is_agent=True, stands_in=lambda other: acts.search(other) is not None
    )


_EN_BODY = (
    r"(?:Agency|Ministry|Institute|Office|Headquarters|Council|Committee|Commission|University|Bank|Court|Department|"
    r"Corporation|Association|Federation|Authority|Bureau|Foundation|Laboratory|Organi[sz]ation)"
)
_BODY = re.compile(
    rf"\b(?:[A-Z][\w&-]+\s+){{1,4}}{_EN_BODY}\b|\b{_EN_BODY}\s+of\s+[A-Z][\w&-]+(?:(?:,|\s+and|,\s+and)?\s+[A-Z][\w&-]+)*"
    r"|\b[A-Z]{3,6}\b|[\u4e00-\u9fff\u30a1-\u30fa\u30fc]{2,14}?(?:研究所|機構|大学|委員会|協会|財団|銀行|裁判所|省|庁)"
)


def _bodies(text: str) -> list[str]:
    """Ministries, agencies and the like that a text names, in order; abbreviations in capitals count."""
    found = (match.group() for match in _BODY.finditer(text))
    return [name for name in dict.fromkeys(found) if not is_address(name)]


_KANA = re.compile("[\u3041-\u3096]")
# Who does something in a Japanese clause: a name in katakana or Latin letters before が.
_AGENT = re.compile(
    r"(?<![\u30a1-\u30fc\uff65・A-Za-z])(?:[\u30a1-\u30fa\u30fc]{4,}|[A-Z][A-Za-z]{2,})(?:社|庁|省)?(?=が)"
)


def _agents(text: str) -> list[str]:
    return list(dict.fromkeys(match.group() for match in _AGENT.finditer(text)))
