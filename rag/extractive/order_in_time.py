"""The order in time that a question takes for granted, against the dates that the documents give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.answer import Notice
from rag.extractive.evidence import Evidence
from rag.extractive.premise import closest, share_held, whole_date
from rag.extractive.presuppositions import IN_ERROR
from rag.extractive.sentence_features import TermWeights
from rag.figures.reading import Figure
from rag.figures.stated import stated_figures
from rag.questions.order import Order
from rag.questions.reading import Question, names_in
from rag.text.analysis import analyse

_Day = tuple[int, ...]
Held = tuple[Question, TermWeights, Sequence[Evidence]]


@dataclass(frozen=True, slots=True)
class Dated:
    """When something happened: year, month and, where said, day; the words for it, and the sentence that says so."""

    when: _Day
    text: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Misordered:
    """An order that the documents contradict: what is said to come first came after the other."""

    order: Order
    first: Dated
    second: Dated


def misordered(order: Order, held_against: Callable[[str], Held]) -> Misordered | None:
    """Where the documents date both events, and the other way round.

    Args:
        order: The order that is taken for granted.
        held_against: What the documents say of an event: it read, the weights of its terms, sentences best first.
    """
    first = _dated(*held_against(order.first))
    second = _dated(*held_against(order.second)) if first is not None else None
    if first is None or second is None:
        return None
    n = min(len(first.when), len(second.when))
    return Misordered(order, first, second) if first.when[:n] > second.when[:n] else None


def order_notice(language: str, found: Misordered) -> Notice:
    """What to tell the reader of the order."""
    first, second, assumed = found.first.text, found.second.text, found.order.text
    if language == "ja":
        message = (
            f"質問は「{assumed}」を前提としていますが、文書によれば順序は逆です（「{second}」の後に「{first}」）。"
        )
    else:
        message = f"The question assumes “{assumed}”; the documents say the reverse: “{second}” came before “{first}”."
    return Notice(code="premise", message=message)


def _dated(event: Question, weights: TermWeights, evidence: Sequence[Evidence]) -> Dated | None:
    """When an event happened, as the sentences say that say most of it; `None` where they do not agree."""
    names = {term for name in names_in(event.text) for term in analyse(name) if weights.tells({term})}
    found: list[tuple[float, Dated]] = []
    for one in evidence[:_READ]:
        share = share_held(event, weights, one, besides=frozenset(), alone=True)
        if (
            share < _ABOUT_FROM
            or IN_ERROR.search(one.text)
            or not names <= set(analyse(f"{one.headings}\n{one.lead}\n{one.text}"))
        ):
            continue
        days = [figure for figure in stated_figures(one.text) if _day_of(figure)]
        if days:
            day = closest(days, one.text, event)
            found.append((share, Dated(_day_of(day), whole_date(one.text, day, days), one)))
    most = max((share for share, _ in found), default=0.0)
    best = [dated for share, dated in found if share >= most - _AS_MUCH]
    agreed, n = Counter(dated.when[:2] for dated in best).most_common(1)[0] if best else ((), 0)
    if n < _AGREE * len(best):
        return None
    return max((dated for dated in best if dated.when[:2] == agreed), key=lambda dated: len(dated.when), default=None)


def _day_of(figure: Figure) -> _Day:
    """Year, month and day of a date, as far as they are said; empty without year and month."""
    if figure.kind != "date" or not isinstance(figure.value, tuple):
        return ()
    said = [part for part in figure.value if isinstance(part, int)]
    is_whole = len(said) >= _YEAR_AND_MONTH and figure.value[0] is not None and figure.value[1] is not None
    return tuple(said) if is_whole else ()


_YEAR_AND_MONTH = 2
_READ = 16
# Share of the event that a sentence must say by itself, and how much less than the most still counts as much.
_ABOUT_FROM = 0.6
_AS_MUCH = 0.06
# Share of those sentences that must give the same month.
_AGREE = 0.65
