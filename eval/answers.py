"""Measures of answers: what share of the rows came out how.

Definitions follow ALCE (Gao et al., "Enabling Large Language Models to Generate Text with Citations", EMNLP 2023) for
citations, with verbatim quotes in place of an entailment model, SQuAD (Rajpurkar et al., EMNLP 2016) for EM and F1, and
SQuAD 2.0 (Rajpurkar et al., ACL 2018) for unanswerable questions. Coverage and risk are those of selective prediction
(El-Yaniv and Wiener, JMLR 2010). Every row counts in every measure that its kind has: a failure of the program is
wrong, as is an abstention where the documents hold the answer.
"""

from __future__ import annotations

from collections.abc import Callable

from eval.dataset import TRUE_TWIN, Row
from eval.hit_measures import HIT_MEASURES
from eval.judging import Result, asks_figure
from eval.shares import Measure, is_answerable, speaks


def _is_alarm(row: Row) -> bool:
    return row.answerable and not row.is_false_premise


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


def _precision(name: str, what: str, positive: Callable[[Row], bool]) -> Measure:
    return Measure(
        name=name,
        what=what,
        part=lambda result: positive(result.row),
        whole=lambda result: _abstained(result) if result.row.answerable or positive(result.row) else 0,
    )


def _recall(name: str, what: str, positive: Callable[[Row], bool]) -> Measure:
    return Measure(
        name=name,
        what=what,
        part=lambda result: result.judgement.abstained,
        whole=lambda result: positive(result.row),
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
        whole=is_answerable,
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
        whole=is_answerable,
    ),
    Measure(
        name="right_document",
        what="answerable rows with a citation of a document that holds the answer",
        part=lambda result: result.judgement.right_document,
        whole=is_answerable,
    ),
    Measure(
        name="EM",
        what="answerable rows whose text is the facts and nothing else (near 0 for sentences)",
        part=lambda result: result.judgement.exact,
        whole=is_answerable,
    ),
    Measure(
        name="F1",
        what="answerable rows: F1 of the text's tokens against the facts'",
        part=lambda result: result.judgement.f1,
        whole=is_answerable,
    ),
    Measure(
        name="facts_in_hits",
        what="answerable rows with every fact in a retrieved passage (the most that sentence choice can reach)",
        part=lambda result: all(fact.in_hits for fact in result.judgement.facts),
        whole=is_answerable,
    ),
    *HIT_MEASURES,
    Measure(
        name="citation_recall",
        what="sentences of an answer that their quotes support, mean over answers",
        part=lambda result: result.judgement.citation_recall,
        whole=speaks,
    ),
    Measure(
        name="citation_precision",
        what="citations of an answer that are needed for that, mean over answers",
        part=lambda result: result.judgement.citation_precision,
        whole=speaks,
    ),
    Measure(
        name="quotes_from_right_document",
        what="citations of answerable rows that are of a document that holds the answer",
        part=lambda result: (
            0
            if result.answer is None
            else sum(citation.document_id in result.row.documents for citation in result.answer.citations)
        ),
        whole=lambda result: (
            0 if not result.row.answerable else 1 if result.answer is None else len(result.answer.citations)
        ),
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
        whole=speaks,
    ),
    Measure(
        name="figures_supported",
        what="answers with every figure in its quotes",
        part=lambda result: result.judgement.figures_supported,
        whole=speaks,
    ),
    Measure(
        name="figure_errors",
        what="answers to questions for a figure that give another, or none",
        part=lambda result: result.answer is None or result.judgement.figure_missed,
        whole=lambda result: asks_figure(result.row.answers) and speaks(result),
        is_better_low=True,
    ),
    Measure(
        name="coverage",
        what="rows that are answered, not abstained from",
        part=lambda result: result.judgement.answered,
        whole=lambda result: 1,
    ),
    Measure(
        name="risk",
        what="answers that are wrong",
        part=lambda result: not result.judgement.correct,
        whole=speaks,
        is_better_low=True,
    ),
    _precision("abstention_precision", "abstentions that are right (without false premises)", _is_unanswerable),
    _precision("abstention_precision_far", "abstentions from far or answerable questions: the far ones", _is_far),
    _precision("abstention_precision_near", "abstentions from near or answerable questions: the near ones", _is_near),
    _recall("abstention_recall", "unanswerable questions that are abstained from", _is_unanswerable),
    _recall("abstention_recall_far", "questions about something else that are abstained from", _is_far),
    _recall("abstention_recall_near", "unanswerable questions on the subject that are abstained from", _is_near),
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
