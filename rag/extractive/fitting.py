"""The quotes that fit into one answer: whole sentences, none twice, neighbours together, within its length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.answer import Notice, Reason
from rag.extractive.evidence import Evidence
from rag.extractive.quoting import Quote, Quoter
from rag.questions.reading import Question

MAX_SENTENCES = 4
MAX_CHARS = 900
# Room for a mark and the space around it.
_MARK_CHARS = 6


@dataclass(slots=True, kw_only=True)
class PartAnswer:
    """What was found for one part of a question: each chosen sentence with those that may stand in for it."""

    question: Question
    chosen: list[tuple[Evidence, ...]] = field(default_factory=list)
    reason: Reason | None = None
    notices: list[Notice] = field(default_factory=list)
    confidence: float = 0.0


def fitted(answers: Sequence[PartAnswer], quoter: Quoter) -> list[tuple[Question, Quote, Evidence]]:
    """The quotes of all parts that fit into one answer, in the order of the parts; each part's first goes first."""
    wanted = [(depth, part, ones) for part, answer in enumerate(answers) for depth, ones in enumerate(answer.chosen)]
    taken: list[tuple[int, int, Quote, Evidence]] = []
    n_chars = n_sentences = 0
    for depth, part, ones in sorted(wanted, key=lambda w: (w[2][0].unsaid, *w[:2])):
        for one, quote in _quotes(answers, part, depth, ones, quoter):
            # A sentence that brings the one before it takes the place of that one.
            covered = [t for t in taken if _covers(quote, one, t[2], t[3])]
            n_others = n_sentences - sum(t[2].n_sentences for t in covered)
            n_other_chars = n_chars - sum(len(t[2].shown) + _MARK_CHARS for t in covered)
            rest = [t for t in taken if t not in covered]
            room = MAX_CHARS - n_other_chars - _MARK_CHARS if rest else MAX_CHARS
            if len(quote.shown) > room or any(_overlap(quote, one, t[2], t[3]) for t in rest):
                continue
            if n_others + quote.n_sentences <= MAX_SENTENCES:
                n_chars = n_other_chars + len(quote.shown) + _MARK_CHARS
                n_sentences = n_others + quote.n_sentences
                place = min(((t[0], t[1]) for t in covered), default=(part, depth))
                taken = [*rest, (*place, quote, one)]
            break
    return [(answers[part].question, quote, one) for part, _, quote, one in _joined(taken, quoter)]


def _quotes(
    answers: Sequence[PartAnswer], part: int, depth: int, ones: Sequence[Evidence], quoter: Quoter
) -> list[tuple[Evidence, Quote]]:
    """The quotes that may be shown for one place, first choice first.

    Beside other parts room is short: of the lists found for a part the most compact one goes first.
    """
    answer = answers[part]
    as_list = answer.question.kind == "list"
    if as_list and depth == 0 and len(answers) > 1:
        ones = [*ones, *(one for others in answer.chosen[1:] for one in others)]
    quotes = [(one, quote) for one in ones if (quote := quoter.quote(one, as_list=as_list)) is not None]
    if as_list and depth == 0 and len(answers) > 1:
        most = max((quote.n_items for _, quote in quotes if quote.whole), default=0)
        quotes.sort(key=lambda q: (q[1].n_items < most or not q[1].whole, len(q[1].shown) if q[1].n_items else 0))
    return quotes


def _joined(
    taken: Sequence[tuple[int, int, Quote, Evidence]], quoter: Quoter
) -> list[tuple[int, int, Quote, Evidence]]:
    """The quotes in order, those of neighbouring sentences put together at the place of the first."""
    joined: list[tuple[int, int, Quote, Evidence]] = []
    for part, depth, quote, one in sorted(taken, key=lambda t: t[:2]):
        for i, (other_part, other_depth, other, evidence) in enumerate(joined):
            if other_part == part and evidence.record.document_id == one.record.document_id:
                both = quoter.joined(other, quote, one.record.document_id)
                if both is not None:
                    joined[i] = (part, other_depth, both, evidence)
                    break
        else:
            joined.append((part, depth, quote, one))
    return joined


def _covers(quote: Quote, evidence: Evidence, other: Quote, of: Evidence) -> bool:
    same = evidence.record.document_id == of.record.document_id
    return same and quote.start <= other.start and other.end <= quote.end


def _overlap(quote: Quote, evidence: Evidence, other: Quote, of: Evidence) -> bool:
    same = evidence.record.document_id == of.record.document_id
    return same and quote.start < other.end and other.start < quote.end
