"""What documents themselves list as not stated: "The sources do not state: - how many votes …".

An item of such a list answers nothing, and is held against what would: where it fits the question about as well, there
is no answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag.answer import Notice
from rag.extractive.alignment import align, alignment_back
from rag.extractive.answer_kinds import FORMED_KINDS
from rag.extractive.asked_forms import asked_about
from rag.extractive.quoting import introduces_list
from rag.extractive.sentence_features import TermWeights, says_unsaid
from rag.figures.reading import is_supported
from rag.figures.stated import stated_readings
from rag.questions.kinds import Kind, question_kind
from rag.questions.reading import Question

if TYPE_CHECKING:
    from rag.embedding.model import EmbeddingModel
    from rag.extractive.evidence import Evidence

# How many of them are held against an answer.
_N_READ = 4
# How far a gap's score may be behind an answer's, and how well its words have to find counterparts in the question: of
# the project's own questions 2 in 100 answerable ones are taken for gaps then. Set by hand: the open data has no gaps.
_BEHIND = 0.5
_ASKED_FROM = 0.57


def without_gaps(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The evidence that says something: lists of what is not stated left out, with what introduces them."""
    return [e for e in evidence if not _is_gap(e) and not (introduces_list(e.text) and says_unsaid(e.text))]


def asked_gaps(
    question: Question, evidence: Sequence[Evidence], weights: TermWeights, model: EmbeddingModel
) -> list[Evidence]:
    """What the documents list as not stated and the question may ask for, best first.

    A definition is never among them, nor what is said about something: of what documents write about, they list details
    as not stated.

    Args:
        question: The question.
        evidence: Best first.
        weights: Weights of the question's terms.
        model: Gives tokens their vectors in context.
    """
    if question.kind == "definition" or asked_about(question.text) is not None:
        return []
    gaps = align(question, [e for e in evidence if _is_gap(e) and _may_ask(question, e)][:_N_READ], weights, model)
    asked = alignment_back(question, [gap.text for gap in gaps], model)
    return [gap for gap, share in zip(gaps, asked, strict=True) if share >= _ASKED_FROM]


def is_asked_for(question: Question, gaps: Sequence[Evidence], best: Evidence) -> bool:
    """Whether rather a gap is what the question asks for than what the best sentence says.

    A list speaks for the documents of its own folder: what a reader added may tell more. The best sentence may be a gap
    itself: it says that something is not stated, and has nothing in the form asked for. A gap that lacks a figure of
    the question is another one's where the best sentence has the figure.
    """
    if best.unsaid and question.kind in FORMED_KINDS and not best.feature("new_answer"):
        return True
    held = stated_readings(best.text)
    figures = [figure for figure in question.figures if is_supported(figure, held)]
    return any(
        gap.record.root == best.record.root
        and gap.score >= best.score - (_BEHIND if question.kind == "yes_no" or not _WHETHER.match(gap.text) else 0.0)
        and all(is_supported(figure, stated_readings(f"{gap.text}\n{gap.lead}")) for figure in figures)
        for gap in gaps
    )


def gap_notice(language: str) -> Notice:
    """What to tell the reader of an abstention for which the documents themselves name the gap."""
    if language == "ja":
        return Notice(code="gap", message="文書はこの点を、参照した資料が示していないこととして挙げています。")
    return Notice(code="gap", message="The documents list this among the points that their sources do not state.")


def _may_ask(question: Question, gap: Evidence) -> bool:
    """Whether a gap may be what a question of its kind asks: "who sat on the panel" is not "how often did it meet?"."""
    family = next((kinds for kinds in _ASKED_ALIKE if question.kind in kinds), None)
    of_gap = question_kind(gap.text)
    if family is None or of_gap in family:
        return True
    is_named = family is _MEASURES and _ASKS_NO_MEASURE.match(gap.text) is not None
    return not is_named and not any(of_gap in kinds for kinds in _ASKED_ALIKE)


# Kinds that tell questions apart, those together that the wording of a gap may mix up.
_MEASURES: frozenset[Kind] = frozenset(("number", "money", "percentage", "duration"))
_ASKED_ALIKE: tuple[frozenset[Kind], ...] = (
    _MEASURES,
    frozenset(("date",)),
    frozenset(("person", "place", "name")),
    frozenset(("reason",)),
)

_ASKS_NO_MEASURE = re.compile(r"(?:which|who|whom|whose|when|where|why|(?:the )?names? of)\b", re.IGNORECASE)
# That it is not known whether something is so says less on how many or when.
_WHETHER = re.compile(r"(?:whether|if)\b", re.IGNORECASE)


def _is_gap(one: Evidence) -> bool:
    return one.kind == "item" and says_unsaid(one.lead)
