"""Which of the evidence is shown: the best sentence and those that come near it, no repeats."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from rag.extractive.answer_kinds import FORMED_KINDS
from rag.extractive.counts import counts_what_is_asked
from rag.extractive.evidence import Evidence
from rag.extractive.named_persons import asks_for_holder, names_somebody_else, persons_in
from rag.extractive.quoting import Quoter, introduces_list, is_whole_sentence
from rag.figures.reading import Figure, is_supported
from rag.figures.stated import stated_figures, stated_readings
from rag.questions.kinds import Kind
from rag.questions.reading import Question
from rag.retrieval.duplicates import is_official, standing
from rag.text.analysis import content_terms
from rag.text.located import located_terms

# Sentences are shown until they hold this share of the chance that any of those found answers. A reader takes in a
# second sentence sooner than he asks again.
_ENOUGH = 0.97
# Odds below this share of the best one's are not worth a reader's time.
_LEAST_ODDS = 0.01
# On how many sentences the chance is spread.
_CONSIDERED = 24
_REPEATS_FROM = 0.7
# Scores this near say nothing of which sentence is better.
_AS_GOOD = 1.2


def choose(question: Question, evidence: Sequence[Evidence], *, at_most: int, brief: bool = False) -> list[Evidence]:
    """The best sentence, and further ones until it is likely that the answer is among them, without repeats.

    Args:
        question: The question.
        evidence: Best first, at least one.
        at_most: Most sentences.
        brief: Whether room is short: of sentences about as good the shortest goes first.
    """
    chosen: list[Evidence] = []
    if brief and question.kind in _BRIEF:
        near = [one for one in evidence if one.score >= evidence[0].score - _AS_GOOD]
        evidence = [min(near, key=lambda one: len(one.text)), *evidence]
    if question.kind == "list" and evidence[0].kind in ("item", "row"):
        at_most = 1
    considered = evidence[:_CONSIDERED]
    if evidence[0].kind in _LISTED and evidence[0].says_all:  # what is listed under other names says nothing of this
        considered = [one for one in considered if one.kind not in _LISTED or one.says_all]
    odds = [math.exp(one.score - evidence[0].score) for one in considered]
    enough = _ENOUGH * sum(odds)
    held = 0.0
    for one, share in zip(considered, odds, strict=True):
        if chosen and (len(chosen) == at_most or held >= enough or share < _LEAST_ODDS):
            break
        held += share
        if not any(repeats(one, other) for other in chosen):
            chosen.append(one)
    return chosen


def prefer(question: Question, evidence: Sequence[Evidence], quoter: Quoter) -> list[Evidence]:
    """The evidence with its scores and order changed by what the open data cannot teach: lists, definitions, what is
    newest, first hand, of most standing.

    Args:
        question: The question.
        evidence: Best first.
        quoter: Finds the lists.
    """
    if not evidence:
        return []
    if question.kind == "person" and _IN_THEIR_PLACE.search(question.text):
        evidence = sorted(
            (replace(e, score=e.score - _NOBODY_ELSE * _names_only_asked(question, e)) for e in evidence),
            key=lambda e: -e.score,
        )
    gain: dict[int, float] = {}
    near = [one for one in evidence[:_READ] if one.score >= evidence[0].score - _WITHIN]
    newest = max((year for one in near if (year := latest_year(one)) is not None), default=None)
    names_gain = (
        _NAMES_HOLDER if asks_for_holder(question) else _NAMES_SOMEBODY * (_ASKS_WHO.search(question.text) is not None)
    )
    for one in near:
        gain[id(one)] = (
            _list_gain(question, one, quoter)
            + _SECOND_HAND * (_ATTRIBUTED.search(one.text) is not None)
            + _OFFICIAL * is_official(one.record)
            + _STANDING * standing(one.record)
            + _definition_gain(question, one)
            + _newest_gain(question, one, newest)
            + _EXACT_DATE * (question.kind == "date" and date_parts(one) == 3)
            + _FORMLESS * (question.kind in FORMED_KINDS and one.feature("no_answer_form") > 0)
            + _NAMES_HEAD * head_held(question, one)
            + _COUNTS * (question.kind == "number" and counts_what_is_asked(question, one.text))
            + names_gain * (names_gain > 0 and names_somebody_else(question.text, one.text))
            + _INTRODUCES * (question.kind != "list" and introduces_list(one.text))
            + _FRAGMENT * (question.kind != "list" and one.kind == "item" and not is_whole_sentence(one.text))
            + (_SETTLES if question.kind == "yes_no" else _HOLDS_FIGURES) * _figures_held(question, one)
            + _SAYS_ALL * one.says_all
        )
    ranked = [replace(one, score=one.score + gain.get(id(one), -_WITHIN)) for one in evidence]
    return sorted(ranked, key=lambda one: -one.score)


def _names_only_asked(question: Question, one: Evidence) -> bool:
    """Whether a sentence names persons, and none but those of the question."""
    return any(persons_in(one.text)) and not names_somebody_else(question.text, one.text)


# How many sentences are looked at, and how far behind the best in score.
_READ = 24
_WITHIN = 3.0
# Gains on the scale of the score (1 is e times the odds). Not fitted: the open data has hardly any lists, editions or
# figures that grow old.
_WHOLE_LIST = 1.0
_AS_MANY = 1.0
_DEFINES = 3.0
_GLOSSARY = 0.8
_NEWEST = 1.0
_SECOND_HAND = -0.3
_OFFICIAL = 0.5
_STANDING = 0.4
_ATTRIBUTED = re.compile(
    r"\b(?:according to|reported|reports? (?:says?|puts?|names?|named|speaks?)|wrote|commented|is said to)\b"
    r"|\bsome (?:sources|reports|sites)\b|\bnews report (?:still )?\w+\b|によると|によれば|報じ|伝え(?:た|て)|とされる",
    re.IGNORECASE,
)
_ASKS_WHO = re.compile(r"^\W*whom?\b|(?:誰|だれ|どなた)(?:です|でした|か|が|に)", re.IGNORECASE)
_FORMLESS = -2.0
_FRAGMENT = -0.8
_HOLDS_FIGURES = 1.0
_SETTLES = 2.5
_EXACT_DATE = 0.8
_NAMES_HEAD = 1.0
_COUNTS = 1.0
_NAMES_SOMEBODY = 1.5
_NAMES_HOLDER = 3.0
# Who came before or after somebody is nobody of that name.
_NOBODY_ELSE = 8.0
_IN_THEIR_PLACE = re.compile(
    r"\b(?:before|after|preced\w+|predecessors?|succe(?:ed|ss)\w*|replac\w+|t(?:oo|a)ke? over from)\b"
    r"|前任|後任|前に|後に",
    re.IGNORECASE,
)
_LISTED = frozenset(("row", "item"))
_INTRODUCES = -0.7
# One row of a table is like the other, but for the name that the question has.
_SAYS_ALL = 2.0
# Kinds whose answer is a figure, in however short a sentence.
_BRIEF: frozenset[Kind] = frozenset(("date", "number", "money", "percentage", "duration"))
_AGING: frozenset[Kind] = frozenset(("number", "money", "percentage", "person"))


def _list_gain(question: Question, one: Evidence, quoter: Quoter) -> float:
    if question.kind != "list" or one.unsaid or not (one.kind in ("item", "row") or introduces_list(one.text)):
        return 0.0
    quote = quoter.quote(one, as_list=True)
    if quote is None or quote.form != "list":
        return 0.0
    asked = {f.value for f in question.figures if f.kind == "number"}
    return one.feature("near_overlap") * (_WHOLE_LIST * quote.whole + _AS_MANY * (Decimal(quote.n_items) in asked))


def _definition_gain(question: Question, one: Evidence) -> float:
    """A definition begins with what it defines: "X is …", 「Xとは…」, or stands under that name in a glossary."""
    if question.kind != "definition" or not question.terms:
        return 0.0
    opening = {t.term for t in located_terms(one.text)[: 2 * len(question.terms) + 6]}
    if not set(question.terms) <= opening or not _DEFINES_WITH.search(one.text[:120]):
        return 0.0
    return _DEFINES + _GLOSSARY * (one.record.extra.get("glossary") is True)


_DEFINES_WITH = re.compile(
    r"\b(?:is|are|was|were|means|stands for|refers to) (?:an?|the|one|to|for|\w+ (?:that|which|for|of|joined|built))\b"
    r"|\bmeans\b|\bstands for\b|とは|は、"
)


def _newest_gain(question: Question, one: Evidence, newest: int | None) -> float:
    """Of figures and offices that change, older ones stand back unless the question names a time."""
    if (
        question.kind not in _AGING
        or newest is None
        or any(f.kind in ("date", "fiscal_year") for f in question.figures)
    ):
        return 0.0
    year = latest_year(one)
    return 0.0 if year is None else -_NEWEST * min(1.0, (newest - year) / 2)


def _figures_held(question: Question, one: Evidence) -> float:
    """Share of the question's figures that the sentence itself states."""
    if not question.figures:
        return 0.0
    held = stated_readings(one.text)
    return sum(is_supported(figure, held) for figure in question.figures) / len(question.figures)


def head_held(question: Question, one: Evidence) -> float:
    """How far the sentence, or what leads to it, names the thing asked for, in [0, 1]; 1 where none is named."""
    if not question.head:
        return 1.0
    noun = question.head[-1]
    held = {t.term for t in located_terms(f"{one.text}\n{one.lead}")}
    return 1.0 if noun in held else one.near.get(noun, 0.0)


def date_parts(one: Evidence) -> int:
    """How exact the most exact date of a sentence is: 3 with a day, 2 with a month, 1 for a year, 0 without a date."""
    parts = [
        sum(p is not None for p in f.value)
        for f in stated_figures(one.text)
        if f.kind == "date" and isinstance(f.value, tuple)
    ]
    return max(parts, default=0)


def latest_year(one: Evidence) -> int | None:
    """The latest year, not after the document's own date, that a sentence names."""
    limit = int((one.record.date or "9999")[:4])
    years = [year for f in stated_figures(one.text) if (year := _year(f)) is not None and year <= limit]
    return max(years, default=None)


def _year(figure: Figure) -> int | None:
    if figure.kind == "fiscal_year" and isinstance(figure.value, int):
        return figure.value
    if figure.kind == "date" and isinstance(figure.value, tuple) and isinstance(figure.value[0], int):
        return figure.value[0]
    return None


def of_most_standing(one: Evidence, others: Sequence[Evidence]) -> Evidence:
    """The sentence of most standing among those that say what one says about as well; that one where none has more.

    It must state each of its figures, and come near it in score; what no longer stands gives way to more.
    """
    stated = stated_figures(one.text)
    near = _AS_GOOD if standing(one.record) >= 0 else _WITHIN
    best = one
    for other in others[:_READ]:
        if other.score < one.score - near or standing(other.record) <= standing(best.record):
            continue
        held = stated_readings(other.text)
        if repeats(one, other) and all(is_supported(figure, held) for figure in stated):
            best = other
    return best


def of_rank_first(question: Question, chosen: Sequence[Evidence], evidence: Sequence[Evidence]) -> list[Evidence]:
    """The chosen sentences, before an upload's the first of a law, a plan or an official text that answers as well.

    It must come near in score, have the form of an answer, and say of the question what the upload says: of what only
    the upload speaks, nobody else is heard.
    """
    first = chosen[0]
    if first.record.root == "corpus" or is_official(first.record):
        return list(chosen)
    asked = set(question.terms)
    said = asked & _said(first)
    for other in evidence[:_READ]:
        if other.score < first.score - _WITHIN or not (standing(other.record) > 0 or is_official(other.record)):
            continue
        has_form = question.kind not in FORMED_KINDS or other.feature("no_answer_form") <= 0
        if has_form and said <= _said(other):
            return [other, *(one for one in chosen if one is not other)]
    return list(chosen)


def _said(one: Evidence) -> set[str]:
    return {located.term for located in located_terms(f"{one.answering}\n{one.headings}")}


def repeats(one: Evidence, other: Evidence) -> bool:
    """Whether a sentence says nothing that another does not say: same figures, nearly the same words."""
    a, b = set(content_terms(one.text)), set(content_terms(other.text))
    if not a or not b:
        return True
    shared = len(a & b) / min(len(a), len(b))
    new_figures = {f.value for f in stated_figures(one.text)} - {f.value for f in stated_figures(other.text)}
    return shared >= (_REPEATS_FROM if not new_figures else 0.9)
