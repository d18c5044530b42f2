"""Measures of answers: what share of the rows came out how.

Definitions follow ALCE (Gao et al., "Enabling Large Language Models to Generate Text with Citations", EMNLP 2023) for
citations, with verbatim quotes in place of an entailment model, and SQuAD 2.0 (Rajpurkar et al., ACL 2018) for
unanswerable questions. Every row counts in every measure that its kind has: a failure of the program is wrong, as is an
abstention where the documents hold the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from eval.dataset import TRUE_TWIN, Row
from eval.judging import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A share over rows: the sum of `part` over the sum of `whole`; `what` says it in words, in [0, 1].

    A row whose `whole` is 0 does not count, and its `part` is not read. `is_better_low` marks measures of harm.
    """

    name: str
    what: str
    part: Callable[[Result], float]
    whole: Callable[[Result], float]
    is_better_low: bool = False


def _is_alarm(row: Row) -> bool:
    return row.answerable and not row.is_false_premise


def _answerable(result: Result) -> float:
    return result.row.answerable


def _speaks(result: Result) -> float:
    # Failures included: they count as answers of which nothing holds.
    return result.judgement.answered or result.answer is None


def _abstained(result: Result) -> float:
    # A false premise may be abstained from or set right: it has measures of its own.
    return result.judgement.abstained and not result.row.is_false_premise


def _f1(name: str, what: str, positive: Callable[[Row], bool]) -> Measure:
    # F1 = 2 TP / (2 TP + FP + FN) = 2 TP / (abstentions + unanswerable rows): a ratio of sums like the others.
    return Measure(
        name=name,
        what=what,
        part=lambda result: 2 * (positive(result.row) and result.judgement.abstained),
        whole=lambda result: (
            (_abstained(result) if result.row.answerable or positive(result.row) else 0) + positive(result.row)
        ),
    )


def _is_unanswerable(row: Row) -> bool:
    return not row.answerable


def _is_far(row: Row) -> bool:
    return row.is_far


def _is_near(row: Row) -> bool:
    return not row.answerable and not row.is_far


MEASURES: tuple[Measure, ...] = (
    Measure(
        name="correct",
        what="rows answered rightly, or rightly abstained from",
        part=lambda result: result.judgement.correct,
        whole=lambda result: 1,
    ),
    Measure(
        name="answer_match",
        what="answerable rows whose text holds every fact and nothing forbidden",
        part=lambda result: result.judgement.matched,
        whole=_answerable,
    ),
    Measure(
        name="facts_found",
        what="facts of answerable rows that stand in the text",
        part=lambda result: result.judgement.answered and sum(fact.in_text for fact in result.judgement.facts),
        whole=lambda result: len(result.row.answers),
    ),
    Measure(
        name="fact_in_quotes",
        what="answerable rows that match with every fact in its own quote",
        part=lambda result: result.judgement.quoted,
        whole=_answerable,
    ),
    Measure(
        name="right_document",
        what="answerable rows with a citation of a document that holds the answer",
        part=lambda result: result.judgement.right_document,
        whole=_answerable,
    ),
    Measure(
        name="facts_in_hits",
        what="answerable rows with every fact in a retrieved passage (the most that sentence choice can reach)",
        part=lambda result: all(fact.in_hits for fact in result.judgement.facts),
        whole=_answerable,
    ),
    Measure(
        name="quotes_verified",
        what="citations that stand verbatim in their document and are marked in the text",
        part=lambda result: result.judgement.n_verbatim,
        whole=lambda result: 1 if result.answer is None else result.judgement.n_citations,
    ),
    Measure(
        name="answers_verified",
        what="answers in which `verify` finds nothing: quotes, marks, figures, no uncited sentence",
        part=lambda result: result.judgement.verified,
        whole=_speaks,
    ),
    Measure(
        name="figures_supported",
        what="answers with every figure in its quotes",
        part=lambda result: result.judgement.figures_supported,
        whole=_speaks,
    ),
    Measure(
        name="abstention_precision",
        what="abstentions that are right (without false premises)",
        part=lambda result: not result.row.answerable,
        whole=_abstained,
    ),
    Measure(
        name="abstention_recall_far",
        what="questions about something else that are abstained from",
        part=lambda result: result.judgement.abstained,
        whole=lambda result: result.row.is_far,
    ),
    Measure(
        name="abstention_recall_near",
        what="unanswerable questions on the subject that are abstained from",
        part=lambda result: result.judgement.abstained,
        whole=lambda result: _is_near(result.row),
    ),
    _f1("abstention_f1", "F1 of abstaining, all unanswerable questions", _is_unanswerable),
    _f1("abstention_f1_far", "F1 of abstaining: far questions against the answerable", _is_far),
    _f1("abstention_f1_near", "F1 of abstaining: near questions against the answerable", _is_near),
    Measure(
        name="false_premises_accepted",
        what="false premises that the answer goes along with",
        part=lambda result: result.judgement.premise_accepted,
        whole=lambda result: result.row.is_false_premise,
        is_better_low=True,
    ),
    Measure(
        name="false_premises_named",
        what="false premises that a notice or the reason names",
        part=lambda result: result.judgement.premise_named,
        whole=lambda result: result.row.is_false_premise,
    ),
    Measure(
        name="true_twins_answered",
        what="true twins of false premises that match, with no premise notice",
        part=lambda result: result.judgement.matched and not result.judgement.premise_named,
        whole=lambda result: result.row.kind == TRUE_TWIN,
    ),
    Measure(
        name="false_alarms",
        what="answerable rows without a false premise that get a premise notice",
        part=lambda result: result.judgement.premise_named,
        whole=lambda result: _is_alarm(result.row),
        is_better_low=True,
    ),
    Measure(
        name="errors",
        what="rows at which the program failed",
        part=lambda result: result.answer is None,
        whole=lambda result: 1,
        is_better_low=True,
    ),
)
