"""What a question names by its number, and the time that it asks a figure of: whether a sentence tells of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from rag.figures.reading import Figure, figures, is_supported
from rag.figures.stated import stated_readings
from rag.questions.kinds import Kind
from rag.questions.reading import Question
from rag.text.analysis import analyse, is_stop
from rag.vocabulary.terms import Expansion
from rag.vocabulary.thesaurus import thesaurus

if TYPE_CHECKING:
    from rag.extractive.sentence_features import TermWeights


def missing_figure(question: Question, weights: TermWeights, found: Sequence[str]) -> str | None:
    """What the question names by its number, or the time that it asks for a figure of, where no text tells of it.

    One text has to tell of all of it, and of what bears a number also something else that is asked about: "the second
    term" of another thing is another term.
    """
    numbered = list(_numbered(question.text))
    times = _times(question)
    if not numbered and not times:
        return None
    about = found
    if numbered:
        telling = {term for term in question.terms if weights.tells({term}) and not any(c.isdigit() for c in term)}
        about = [text for text in found if telling & set(analyse(text))] or found
    together = len(times) < 2  # figures of two times may stand in two sentences
    for text in about if together else ():
        if all(_has_numbered(text, one, question.text) for one in numbered) and _has_times(text, times):
            return None
    for one in numbered:
        if not any(_has_numbered(text, one, question.text) for text in about):
            return one.text
    for one in times:
        if not any(_has_times(text, [one]) for text in found):
            return one.text
    return (numbered or times)[0].text if together else None


def _times(question: Question) -> list[Figure]:
    """The times that a question asks for a figure of."""
    if question.kind not in _AT_A_TIME:
        return []
    return [figure for figure in question.figures if figure.kind in _TIMES and not is_age(figure)]


def _has_times(text: str, times: Sequence[Figure]) -> bool:
    held = stated_readings(text) if times else set()
    return all(is_supported(figure, held) for figure in times)


def is_age(figure: Figure) -> bool:
    """Whether a figure that reads like a decade is people's age: 70代, "in their 70s"."""
    return figure.kind == "decade" and isinstance(figure.value, int) and figure.value < _AGES_BELOW


def _numbered(text: str) -> Iterator[Figure]:
    """Figures that tell one thing of several from the others: ordinals from the second on, versions, articles, ages."""
    for figure in figures(text):
        match figure.kind:
            case "ordinal":
                tells = figure.value != 1 and not text.startswith("-", figure.end)  # a second-in-command is one
            case "decade":
                tells = is_age(figure)
            case "number":
                tells = _EN_NUMBERED.search(text[: figure.start]) is not None or _is_release(figure, text)
            case kind:
                tells = kind == "version"
        if tells:
            yield figure


def _is_release(figure: Figure, text: str) -> bool:
    """Whether a number is a product's version: "Tallow 7.3"."""
    before = _NAMED_BY.search(text[: figure.start])
    return "." in figure.text and before is not None and not is_stop(before["noun"].casefold())


def _has_numbered(text: str, wanted: Figure, question: str) -> bool:
    same = [one for one in figures(text) if str(one.value) == str(wanted.value)]
    if wanted.kind in ("version", "decade"):
        return any(one.kind == wanted.kind for one in same)
    if _is_release(wanted, question):
        return bool(same)
    behind = _JA_BEHIND.match(question, wanted.end)
    if behind is not None:  # 二つ目の計画 is 第2期の計画, whatever counts it
        beside = (text[max(0, one.start - _NEAR_CHARS_JA) : one.end + _NEAR_CHARS_JA] for one in same)
        return any(behind["noun"] in words for words in beside)
    counter = _COUNTER.match(question, wanted.end)
    if counter is not None and any(_COUNTER.match(text, one.end) for one in same):
        alike = _OF_EDITIONS if counter.group() in _OF_EDITIONS else counter.group()
        return any(text.startswith(tuple(alike), one.end) for one in same)
    if _EDITION.match(question, wanted.end) and any(one.kind == "ordinal" for one in same):
        return True  # of a plan, whatever its documents call it
    nouns = _terms_behind(question, wanted.end) if wanted.kind == "ordinal" and counter is None else frozenset()
    if not nouns:
        return any(one.kind == "ordinal" or _EN_NUMBERED.search(text[: one.start]) for one in same)
    otherwise = [one.others for one in _wordings(question) if nouns & set(one.terms)]
    nouns |= {other[0] for others in otherwise for other in others if len(other) == 1}
    return any(nouns & _terms_of_numbered(text, one) for one in same)


def _terms_of_numbered(text: str, figure: Figure) -> frozenset[str]:
    """Terms of what a figure may number: those behind an ordinal, or the capitalised word before a number."""
    if figure.kind == "ordinal":
        return _terms_behind(text, figure.end)
    named = _NAMED_BY.search(text[: figure.start])
    return frozenset(analyse(named["noun"])) if named is not None else frozenset()


def _terms_behind(text: str, place: int) -> frozenset[str]:
    return frozenset(analyse(" ".join(_WORD.findall(text, place, place + _NEAR_CHARS)[:_NEAR_WORDS])))


def _wordings(question: str) -> Sequence[Expansion]:
    """What documents may say in place of a question's words: "Policy 3" is the third pillar."""
    return thesaurus().expansions(question, wordings=True)


_AT_A_TIME: Final = frozenset[Kind](("number", "money", "percentage", "duration"))
_TIMES: Final = frozenset(("date", "fiscal_year", "decade"))
_WORD = re.compile(r"[A-Za-z][\w'’-]*")
_NEAR_CHARS = 80
_NEAR_WORDS = 3
_AGES_BELOW = 120
_EN_NUMBERED = re.compile(r"\b(?:article|section|chapter|clause|paragraph|volume|part|phase|annex)\s*$", re.IGNORECASE)
_EDITION = re.compile(r"\s+(?:edition|version|iteration|issue)\b", re.IGNORECASE)
_OF_EDITIONS = "期版弾次"
_NAMED_BY = re.compile(r"\b(?P<noun>[A-Z][a-z]+) $")
_JA_BEHIND = re.compile(r"の(?P<noun>[\u4e00-\u9fff]{2,}|[\u30a1-\u30fa\u30fc]{2,})")
_NEAR_CHARS_JA = 12
_COUNTER = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
