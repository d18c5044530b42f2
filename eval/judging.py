"""An answer beside its row -> what is right and wrong in it (`Judgement`)."""

from __future__ import annotations

from collections.abc import Sequence

from eval.citing import CitationScores, citation_scores
from eval.dataset import Row
from eval.matching import statements, states
from eval.overlap import exact_match, token_f1
from rag.answer import Answer, Problem
from rag.document import Frozen
from rag.figures.reading import figures
from rag.text.markup import plain

CITATION_PROBLEMS = frozenset(
    {"document_missing", "document_changed", "quote_mismatch", "mark_without_citation", "citation_without_mark"}
)


class FactFound(Frozen):
    """Where one fact of a row was found.

    Attributes:
        fact: Its first wording.
        in_text: In the answer's text.
        in_quotes: In the text, and in a quote with which that place is marked.
        in_hits: In a passage that was retrieved; where not, no sentence choice could have found it.
    """

    fact: str
    in_text: bool
    in_quotes: bool
    in_hits: bool


class Judgement(Frozen):
    """What is right and wrong in one answer.

    Attributes:
        answered: There is an answer, and it does not abstain.
        abstained: It says that the documents do not hold the answer.
        facts: The row's facts, in its order.
        forbidden: Forbidden texts that the answer holds.
        matched: It is answered with every fact and nothing forbidden. False for unanswerable rows.
        quoted: `matched`, with each fact in its own quote.
        right_document: A citation is of one of the row's documents.
        premise_named: A `premise` notice is given, or the abstention's reason is `false_premise`.
        premise_accepted: The row has a false premise, and the answer goes along with it (`judge` says when).
        n_citations: Citations given.
        n_verbatim: Those that pass the check.
        verified: Nothing was found by `verify`.
        figures_supported: `verify` found no figure that is missing from its quotes.
        figure_missed: It is answered, and a fact that holds a figure is missing: another figure is given, or none.
        exact: It is answered with the facts' wordings and nothing else (`eval.overlap`).
        f1: Token F1 of the text against the facts' wordings; 0 without an answer.
        citation_recall: Share of its sentences that their quotes support (`eval.citing`); 0 without an answer.
        citation_precision: Share of its citations that are needed for that.
        correct: As a reader would say; `judge` says when.
        failures: Codes of what went wrong, the gravest first; empty when nothing did.
    """

    answered: bool = False
    abstained: bool = False
    facts: tuple[FactFound, ...] = ()
    forbidden: tuple[str, ...] = ()
    matched: bool = False
    quoted: bool = False
    right_document: bool = False
    premise_named: bool = False
    premise_accepted: bool = False
    n_citations: int = 0
    n_verbatim: int = 0
    verified: bool = False
    figures_supported: bool = False
    figure_missed: bool = False
    exact: bool = False
    f1: float = 0.0
    citation_recall: float = 0.0
    citation_precision: float = 0.0
    correct: bool = False
    failures: tuple[str, ...] = ()


class Result(Frozen):
    """One row asked: the answer or the error, what `verify` found, the time it took, and the judgement.

    `confidence` in [0, 1] is what the chain said of its own answer, `None` where it said nothing.
    """

    row: Row
    answer: Answer | None
    error: str | None
    problems: tuple[Problem, ...]
    latency_ms: float
    confidence: float | None = None
    judgement: Judgement


def judge(row: Row, answer: Answer | None, problems: Sequence[Problem] = ()) -> Judgement:
    """What is right and wrong in an answer.

    A false premise is accepted when the question is answered (not abstained) and the answer holds a forbidden text, or
    neither holds every fact that sets it right nor carries a `premise` notice. A failure counts as accepted.

    An answer is correct when it matches (answerable); when it abstains (unanswerable); for a false premise, when it
    matches or abstains saying that the premise is false.

    Args:
        row: The question with its gold.
        answer: What was answered; `None` where the program failed.
        problems: What `verify` found.
    """
    if answer is None:
        return Judgement(
            facts=tuple(
                FactFound(fact=words[0], in_text=False, in_quotes=False, in_hits=False) for words in row.answers
            ),
            premise_accepted=row.is_false_premise,
            failures=("error",),
        )
    answered = not answer.abstained
    facts = tuple(_find(words, answer) for words in row.answers)
    forbidden = tuple(text for text in row.forbidden if states(answer.text, [text]))
    complete = bool(facts) and all(fact.in_text for fact in facts)
    matched = row.answerable and answered and complete and not forbidden
    named = answer.reason == "false_premise" or any(notice.code == "premise" for notice in answer.notices)
    flawed = {
        problem.number for problem in problems if problem.code in CITATION_PROBLEMS and problem.number is not None
    }
    cited = citation_scores(answer, flawed) if answered else CitationScores()
    judgement = Judgement(
        answered=answered,
        abstained=answer.abstained,
        facts=facts,
        forbidden=forbidden,
        matched=matched,
        quoted=matched and all(fact.in_quotes for fact in facts),
        right_document=answered and any(citation.document_id in row.documents for citation in answer.citations),
        premise_named=named,
        premise_accepted=row.is_false_premise and answered and (bool(forbidden) or not (named or complete)),
        n_citations=len(answer.citations),
        n_verbatim=sum(citation.number not in flawed for citation in answer.citations),
        verified=not problems,
        figures_supported=all(problem.code != "figure_unsupported" for problem in problems),
        figure_missed=answered
        and any(asks_figure([words]) and not states(answer.text, words) for words in row.answers),
        exact=row.answerable and answered and exact_match(answer.text, row.answers),
        f1=token_f1(answer.text, row.answers) if row.answerable and answered else 0.0,
        citation_recall=cited.recall,
        citation_precision=cited.precision,
        correct=matched
        or (not row.answerable and answer.abstained)
        or (row.is_false_premise and answer.abstained and named),
    )
    return judgement.model_copy(update={"failures": tuple(_failures(row, judgement, problems))})


def asks_figure(facts: Sequence[Sequence[str]]) -> bool:
    """Whether a fact's first wording holds a figure: a number, share, sum, date or time."""
    return any(figures(wordings[0]) for wordings in facts)


def _find(wordings: Sequence[str], answer: Answer) -> FactFound:
    quotes = {citation.number: plain(citation.quote) for citation in answer.citations}
    return FactFound(
        fact=wordings[0],
        in_text=states(answer.text, wordings),
        in_quotes=any(
            states(piece, wordings) and any(states(quotes.get(number, ""), wordings) for number in numbers)
            for piece, numbers in statements(answer.text)
        ),
        in_hits=any(states(plain(hit.text), wordings) for hit in answer.hits),
    )


def _failures(row: Row, found: Judgement, problems: Sequence[Problem]) -> list[str]:
    codes = []
    if any(problem.code in CITATION_PROBLEMS for problem in problems):
        codes.append("citation_fails")
    if found.premise_accepted:
        codes.append("premise_accepted")
    if not row.answerable and found.answered:
        codes.append("answered_unanswerable")
    if row.answerable and not found.correct:
        codes.append("abstained" if found.abstained else "forbidden" if found.forbidden else "facts_missing")
    if found.matched and not found.quoted:
        codes.append("fact_not_in_its_quote")
    if row.answerable and found.answered and not found.right_document:
        codes.append("wrong_document")
    if row.is_false_premise and not found.premise_named:
        codes.append("premise_not_named")
    if row.answerable and not row.is_false_premise and found.premise_named:
        codes.append("false_alarm")
    if any(problem.code not in CITATION_PROBLEMS for problem in problems):
        codes.append("unsupported")
    return codes
