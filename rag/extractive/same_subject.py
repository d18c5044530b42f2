"""Whether two sentences in different words speak of the same: all that is asked, qualified alike, the same unit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from decimal import Decimal
from functools import cache

from rag.extractive.answer_kinds import answer_spans
from rag.extractive.evidence import Evidence, speaks
from rag.figures.reading import Figure
from rag.figures.stated import stated_figures
from rag.questions.reading import Question
from rag.text.analysis import analyse, content_terms
from rag.text.located import located_terms

# From how near a sentence must come to each word of the question, in [0, 1], where it does not say it.
_SAYS_FROM = 0.5
# Figures that tell of which time, edition or version a sentence speaks.
_TELLING_APART = frozenset(("date", "fiscal_year", "ordinal", "version"))
# Two figures of which one is the other rounded differ by no more than this share.
_ROUNDED = Decimal("0.05")
# What makes of the same words another statement: a sentence with one of these and one without are not compared.
_QUALIFIERS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:more than|over|above|at least|exceed\w*)\b|以上|超え|を超",
        r"\b(?:up to|less than|fewer than|under|below|at most)\b|以下|未満|最大",
        r"\b(?:a|per|each|every) year\b|\b(?:annual|yearly)\w*|年間|毎年|年平均",
        r"\b(?:a|per|each|every) day\b|\bdaily\b|[一1１]日(?:に|の|当|あ|平)|毎日",
        r"\b(?:a|per|each|every) (?:month|week|hour)\b|\b(?:month|week|hour)ly\b|毎[月週時]|月間|週間",
        r"\bper (?:person|head|capita|household)\b|人当たり|人あたり",
        r"\b(?:target|goal|aim|hope|intend|expect|forecast|projected|predict|estimat)\w*|\b(?:will|would|should)\b|目標|目指|見込|見通し|予測|予定|推計|めど",
        r"\b(?:request|demand|propos|draft)\w*|要求|要望|提案|案",
        r"\b(?:initial|original|first|previous|former|earlier|until|used to|no longer)\w*|当初|以前|かつて|元|前",
        r"\b(?:deputy|vice|acting|interim|assistant|honorary|next|incoming)\b|副|代理|代行|次期",
        r"\b(?:not|never|no|den(?:y|ied)|without)\b|n['’]t\b|ない|なかっ|ず(?:、|。)|せん",
        r"\b(?:ris|rose|increas|grow|grew|fell|fall|decreas|drop|gain|higher|lower|more|fewer|less)\w*|増|減|上昇|低下|伸び",
        r"\b(?:of (?:which|these|them)|includ\w+|part of|another|further|additional|other)\b|うち|含|追加|ほか|他の",
    )
)
# Forms that no stem has in common.
_IRREGULAR = tuple(
    frozenset(forms.split())
    for forms in (
        "begin began begun", "become became", "bring brought", "build built", "buy bought", "come came", "fall fell",
        "find found", "give gave given", "go went gone", "grow grew grown", "have has had", "hold held", "keep kept",
        "lead led", "leave left", "lose lost", "make made", "meet met", "pay paid", "rise rose risen", "sell sold",
        "send sent", "speak spoke spoken", "spend spent", "take took taken", "win won", "write wrote written",
    )
)  # fmt: skip
_PERSON = re.compile(r"\b[A-Z][a-z'’-]+(?:\s+(?:de|van|von|[A-Z]\.))*\s+[A-Z][\w'’-]+")
_UNIT = re.compile(r"\W*(?:[\w'’-]+\W+){0,2}?[\w'’-]+")


def says_all(question: Question, one: Evidence) -> bool:
    """Whether a sentence says each word of a question, or comes near it, or stands under it."""
    said = {located.term for located in located_terms(f"{one.answering}\n{one.headings}")} | _need_not_be_said()
    said |= {form for forms in _irregular() if forms & said for form in forms}
    words = dict(question.words)
    keys = {words.get(term, term) for term in question.terms}
    held = {words.get(term, term) for term in question.terms if term in said or one.near.get(term, 0.0) >= _SAYS_FROM}
    return keys <= held


@cache
def _need_not_be_said() -> frozenset[str]:
    """Words that a name or a sum may do without: the Larkspur programme is Larkspur, a total budget the budget."""
    return frozenset(analyse("total overall entire programme program project scheme initiative 事業 全体 総額"))


@cache
def _irregular() -> tuple[frozenset[str], ...]:
    """The forms of irregular verbs as terms."""
    return tuple(frozenset(term for form in forms for term in analyse(form)) for forms in _IRREGULAR)


def are_qualified_alike(one: str, other: str) -> bool:
    """Whether two texts state what they state as bound, rate, aim, change, … both or neither."""
    return _qualified(one) == _qualified(other)


def same_times(one: str, other: str, but: Set[str] = frozenset()) -> bool:
    """Whether two texts name the same dates, years, ordinals and versions, those kinds apart."""
    a, b = ({f.value for f in stated_figures(t) if f.kind in _TELLING_APART - but} for t in (one, other))
    return a == b


def comparable(one: Figure, text: str, other: Figure, other_text: str) -> bool:
    """Whether two different figures exclude each other: same sort, currency and unit, neither the other rounded.

    What is counted is compared within one language only; of counts in two languages it is not known.
    """
    if isinstance(one.value, tuple) and isinstance(other.value, tuple) and "money" in (one.kind, other.kind):
        return one.kind == other.kind and one.value[0] == other.value[0] and not _rounded(one.value[1], other.value[1])
    if isinstance(one.value, Decimal) and isinstance(other.value, Decimal):
        if _rounded(one.value, other.value):
            return False
        return one.kind == other.kind and (one.kind == "percent" or _same_unit(one, text, other, other_text))
    return one.kind == other.kind


def other_name(question: Question, one: Evidence, other: Evidence) -> bool:
    """Whether each of two sentences in one language names just one person or place beside those of the question."""
    if speaks(one) != speaks(other):
        return False
    a, b = (list(_names(question, e.text)) for e in (one, other))
    return len(a) == len(b) == 1 and not a[0] & b[0]


def _qualified(text: str) -> tuple[bool, ...]:
    return tuple(pattern.search(text) is not None for pattern in _QUALIFIERS)


def _rounded(one: object, other: object) -> bool:
    """Whether one amount is the other, rounded to the digits that it is given with."""
    if not isinstance(one, Decimal) or not isinstance(other, Decimal) or not one or not other:
        return False
    if abs(one - other) > _ROUNDED * max(abs(one), abs(other)):
        return False
    return any(b.quantize(_last_digit(a)) == a for a, b in ((one, other), (other, one)))


def _last_digit(amount: Decimal) -> Decimal:
    exponent = amount.normalize().as_tuple().exponent
    return Decimal(1).scaleb(int(exponent))


def _same_unit(one: Figure, text: str, other: Figure, other_text: str) -> bool:
    a, b = (_unit(f, t) for f, t in ((one, text), (other, other_text)))
    return bool(a & b)


def _unit(figure: Figure, text: str) -> set[str]:
    """Terms of the words right behind a number; of a Japanese number its counter."""
    behind = text[figure.end :]
    if behind[:1] and not behind[:1].isascii():
        return {behind[0]}
    match = _UNIT.match(behind)
    return set(analyse(match.group())) if match else set()


def _names(question: Question, text: str) -> Iterator[frozenset[str]]:
    spans = [m.span() for m in _PERSON.finditer(text)] if question.kind == "person" else []
    spans += [s for s in answer_spans(text, question.kind) if not any(s[0] < b and a < s[1] for a, b in spans)]
    asked = set(analyse(question.text))
    for start, end in spans:
        terms = frozenset(content_terms(text[start:end]))
        if terms and not terms & asked:
            yield terms
