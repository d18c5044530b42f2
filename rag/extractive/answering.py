"""Hits into an answer made of quoted sentences, or into an abstention with its reason: the answer without a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rag.extractive.abstention import Judgement, as_gap, judge
from rag.extractive.alignment import align
from rag.extractive.answer_kinds import FORMED_KINDS
from rag.extractive.asked import named
from rag.extractive.choosing import choose, date_parts, of_most_standing, of_rank_first, prefer
from rag.extractive.conflicts import contradicting
from rag.extractive.drafting import Draft, drafted
from rag.extractive.editions import Series, series_of, wants_all
from rag.extractive.evidence import Evidence, gather, speaks, weigh, word_vectors
from rag.extractive.fitting import PartAnswer
from rag.extractive.gaps import asked_gaps, gap_notice, is_asked_for, without_gaps
from rag.extractive.named_persons import names_somebody_else
from rag.extractive.order_in_time import Misordered, misordered, order_notice
from rag.extractive.premise import Contradiction, check_premises, premise_notice, share_held, unstated
from rag.extractive.presuppositions import is_borne_out, misstated
from rag.extractive.quoting import Quoter, introduces_list
from rag.extractive.sentence_features import TermWeights
from rag.questions.kinds import Kind, question_language
from rag.questions.order import order_told
from rag.questions.parts import parts_of
from rag.questions.reading import Question, read_question
from rag.questions.statements import statements_of
from rag.questions.told import told_before

if TYPE_CHECKING:
    from rag.config import Settings
    from rag.embedding.model import Vector
    from rag.index.opening import Index
    from rag.retrieval.search import Candidate

# Sentences that may stand in for a chosen one: how many, and how far behind the best in score.
_ALTERNATIVES = 16
_NEARLY = 3.0
# Sentences for each part of a question, by the number of parts.
_PER_PART = {1: 4, 2: 2, 3: 1}

Search = Callable[[str], Sequence["Candidate"]]


def answer_from(
    question: str,
    candidates: Sequence[Candidate],
    index: Index,
    settings: Settings,
    *,
    search: Search | None = None,
) -> Draft:
    """The sentences of the candidates that answer a question, in a readable order, or an abstention.

    Args:
        question: The question, standing alone.
        candidates: Passages found for it, best first.
        index: Where the documents, their term frequencies and the embedding model are.
        settings: The settings.
        search: Finds passages for a part of the question, or for one edition, under the same filter; without it these
            share the candidates.

    Returns:
        At most 4 sentences and 900 characters; each quote has at most 3 sentences and 400 characters, a list 800.
    """
    if not candidates:
        return Draft(abstained=True, reason="no_hits")
    reader = _Reader(index, candidates, question, search)
    told = told_before(question)
    if told is not None and told.asks_alone and all(map(reader.bears_out, told.statements)):
        # What is told beforehand is so: it only hides what is asked.
        drafts = [_answered(reader, asked) for asked in told.asked]
        best = max(drafts, key=lambda draft: (not draft.abstained, draft.confidence))
        if not best.abstained:
            return best
    return _answered(reader, question)


def _answered(reader: _Reader, question: str) -> Draft:
    parts = parts_of(question)
    answers = [reader.answer(part, at_most=_PER_PART[len(parts)], brief=len(parts) > 1) for part in parts]
    if all(not answer.chosen for answer in answers):
        best = max(answers, key=lambda a: a.confidence)
        return Draft(abstained=True, reason=best.reason, notices=tuple(best.notices), confidence=best.confidence)
    return drafted(answers, reader.quoter, question_language(question))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A question with its evidence, best first, and how sure the first answers it.

    `rest` is the share of the question that the first holds, less the name of what has editions; `foreign` is evidence
    in the other language, best first.
    """

    question: Question
    weights: TermWeights
    evidence: list[Evidence]
    judgement: Judgement
    rest: float = 1.0
    foreign: Sequence[Evidence] = ()


# "When was the plan adopted?" asks for the plan's own date: what a sentence gains that states it. Not fitted.
_OWN_DATE = 4.0
# In whatever words it asks, that is searched in a document's.
_DECIDED = {"en": "adopted decided", "ja": "閣議決定"}
# Share of the question, less the name of the thing, that a sentence about one edition must hold.
_REST_FROM = 0.5
# Chance of being on topic from which the other language answers what the question's own is not about.
_SURE_THOUGH_OFF_TOPIC = 0.7
# How far behind another edition's in score one edition's best sentence may be.
_EDITION_BEHIND = 8.0


def _has_form(reading: _Reading) -> bool:
    """Whether the first sentence has something in the form asked for, if any is: a person, where one is."""
    question, first = reading.question, reading.evidence[0]
    if question.kind == "person":
        return names_somebody_else(question.text, first.text)
    return question.kind not in FORMED_KINDS or first.feature("new_answer") > 0


def _can_hold_figure(question: Question, chosen: Sequence[Evidence]) -> bool:
    """Whether one of the sentences to be shown has a figure where one is asked for, or a list or table may have it."""
    return question.kind not in _FIGURES or any(
        one.feature("new_answer") > 0
        or one.kind == "row"
        or (question.kind == "number" and one.kind == "item")  # its list may be counted
        or introduces_list(one.text)
        for one in chosen
    )


_FIGURES: frozenset[Kind] = frozenset(("number", "money", "percentage"))


class _Reader:
    """Reads passages for the parts of one question."""

    def __init__(self, index: Index, candidates: Sequence[Candidate], question: str, search: Search | None) -> None:
        self._store = index.store
        self._model = index.model
        self._candidates = candidates
        self._whole = question
        self._search = search
        self._series = series_of(self._store.records())
        self._vectors: dict[str, Vector] = {}
        self.quoter = Quoter(self._store.document)

    def answer(self, text: str, *, at_most: int, brief: bool) -> PartAnswer:
        """The sentences that answer one part, or why there are none."""
        plain = self._read(text, self._found(text))
        editions = self._by_edition(text, plain.question)
        answer = PartAnswer(
            question=plain.question, confidence=plain.judgement.confidence, reason=plain.judgement.reason
        )
        pooled = sorted(
            {id(e): e for r in (plain, *editions.values()) for e in r.evidence}.values(), key=lambda e: -e.score
        )
        if not pooled:
            answer.reason = "not_stated"
            return answer
        if any(series.asks_beyond(text) for series in self._series):
            answer.reason = "false_premise"
            return answer
        sure = {
            n: reading for n, reading in editions.items() if reading.judgement.reason is None and _has_form(reading)
        }
        # What no document is about is not contradicted by one either.
        presumed = None if plain.judgement.reason == "off_topic" else self._presumed(plain, pooled)
        order = (
            None if plain.judgement.reason == "off_topic" or presumed is not None else self._misordered(plain.question)
        )
        if order is not None:
            answer.notices.append(order_notice(plain.question.language, order))
            answer.chosen = [(order.second.evidence,), (order.first.evidence,)]
            answer.reason = None
        elif presumed is not None:
            answer.notices.append(premise_notice(plain.question.language, presumed))
            answer.chosen = [(presumed.evidence,)]
            answer.reason = None
        else:
            premises = check_premises(plain.question, plain.weights, pooled, plain.judgement)
            answer.notices.extend(premises.notices)
            if premises.replaces:
                answer.chosen = [(one,) for one in premises.shown]
                answer.reason = premises.reason
            elif len(sure) > 1:
                numbers = sorted(sure, key=lambda n: (sure[n].evidence[0].unsaid, -n))
                answer.chosen = [
                    _with_stand_ins(plain.question, sure[n].evidence, at_most=1, brief=brief)[0] for n in numbers
                ]
            elif sure or plain.judgement.reason is None:
                own = next(iter(sure.values())) if sure else plain
                answer.chosen = _with_stand_ins(
                    plain.question, own.evidence, at_most=at_most, brief=brief, foreign=own.foreign
                )
                if not _can_hold_figure(plain.question, [one[0] for one in answer.chosen]):
                    answer.chosen, answer.reason = [], "not_stated"
        if not answer.chosen and plain.judgement.is_gap:
            answer.notices.append(gap_notice(plain.question.language))
        lack = plain.judgement.lack
        if not answer.chosen and lack is not None and lack.kind in ("number", "name"):
            answer.notices.append(unstated(plain.question.language, lack.asked))
        if answer.chosen:
            answer.confidence = max(
                answer.confidence, *(reading.judgement.confidence for reading in sure.values()), 0.0
            )
        return answer

    def bears_out(self, statement: str) -> bool:
        """Whether a sentence of the documents says what a statement says."""
        read, weights, evidence = self._held_against(statement)
        return misstated(read, weights, evidence, asks=False) is None and is_borne_out(read, weights, evidence)

    def _presumed(self, plain: _Reading, pooled: Sequence[Evidence]) -> Contradiction | None:
        """What the question states besides asking, and the documents contradict."""
        question = plain.question
        for text in statements_of(question.text, question.language):
            contradiction = misstated(*self._held_against(text), asks=False)
            if contradiction is not None:
                return contradiction
        return misstated(question, plain.weights, pooled, asks=True)

    def _misordered(self, question: Question) -> Misordered | None:
        """The order in time that the question takes for granted, and the documents contradict."""
        before = told_before(question.text)
        stated = [*statements_of(question.text, question.language), *(before.statements if before is not None else ())]
        told = [order_told(text, question.language) for text in stated]
        for order in (*told, order_told(question.text, question.language, question.kind)):
            if order is not None and (found := misordered(order, self._held_against)) is not None:
                return found
        return None

    def _held_against(self, text: str) -> tuple[Question, TermWeights, list[Evidence]]:
        """A statement read, the weights of its terms, and what is found for it, best first."""
        statement = read_question(text)
        weights = weigh(statement, self._store)
        found = gather(statement, self._found(text), weights, word_vectors(statement, self._model))
        return statement, weights, without_gaps(found)

    def _by_edition(self, text: str, question: Question) -> dict[int, _Reading]:
        """Readings of the question for each edition, where it speaks of something that has several and names none."""
        for series in self._series:
            if not series.concerns(text) or wants_all(text) or series.asked_in(text):
                continue
            readings = {}
            for number in range(len(series.editions)):
                asked = series.asked_of(text, number, question.language)
                asks_when = series.asks_when_it_came_to_be(question)
                if asks_when:
                    asked = f"{asked} {_DECIDED[question.language]}"
                found = self._found(asked)
                reading = self._read(text, found, series, number)
                if asks_when and reading.evidence and series.says_when_it_came_to_be(number, reading.evidence[0].text):
                    # It says just what is asked, whatever the words.
                    sure = Judgement(confidence=reading.judgement.confidence, reason=None)
                    reading = replace(reading, rest=1.0, judgement=sure)
                if reading.evidence and reading.rest >= _REST_FROM:
                    readings[number] = reading
            best = max((reading.evidence[0].score for reading in readings.values()), default=0.0)
            return {
                n: reading for n, reading in readings.items() if reading.evidence[0].score >= best - _EDITION_BEHIND
            }
        return {}

    def _with_own_dates(
        self, question: Question, evidence: list[Evidence], series: Series | None, number: int
    ) -> list[Evidence]:
        """Scores raised of what says when an edition came to be, where the question asks just that."""
        asked: list[tuple[Series, int]] = [(series, number)] if series is not None else []
        if series is None:
            for one in self._series:
                named = one.asked_in(question.text) if one.concerns(question.text) else frozenset()
                asked += [(one, n) for n in named] if len(named) == 1 else []
        for one, n in asked:
            if one.asks_when_it_came_to_be(question):
                evidence = [
                    replace(e, score=e.score + _OWN_DATE) if one.says_when_it_came_to_be(n, e.text) else e
                    for e in evidence
                ]
        return evidence

    def _found(self, text: str) -> Sequence[Candidate]:
        return self._candidates if self._search is None or text == self._whole else self._search(text)

    def _read(
        self, text: str, candidates: Sequence[Candidate], series: Series | None = None, number: int = 0
    ) -> _Reading:
        """A question read against passages; with a series, only what speaks of one of its editions counts."""
        question = read_question(text)
        vector = None
        if candidates is not self._candidates or text != self._whole:  # found with other words than these
            vector = self._vectors.get(text)
            if vector is None:
                vector = self._vectors[text] = self._model.embed_query(text)
        weights = weigh(question, self._store)
        words = word_vectors(question, self._model)
        found = gather(question, candidates, weights, words, vector)
        gaps = asked_gaps(question, found, weights, self._model)
        evidence = align(question, without_gaps(found), weights, self._model)
        if series is not None:
            evidence = [e for e in evidence if series.edition_of(e.record.document_id, e.text) == number]
        evidence = self._with_own_dates(question, evidence, series, number)
        rest_besides = frozenset[str]() if series is None else series.terms
        best: _Reading | None = None
        for language in (question.language, "ja" if question.language == "en" else "en"):
            own = prefer(question, [e for e in evidence if speaks(e) == language], self.quoter)
            if not own:
                continue
            judgement = judge(question, weights, own, named=named(question, own, weights, self._model))
            if is_asked_for(question, gaps, own[0]):
                judgement = as_gap(judgement)
            rest = 1.0 if series is None else share_held(question, weights, own[0], besides=rest_besides)
            reading = _Reading(
                question=question,
                weights=weights,
                evidence=own,
                judgement=judgement,
                rest=rest,
                foreign=[e for e in evidence if speaks(e) != language],
            )
            # What stands in the question's language is quoted; the other only where that does not answer, and is surer
            # where that is about something else.
            is_unlikely = best is not None and best.judgement.reason == "off_topic"
            if judgement.reason is None and not (is_unlikely and judgement.on_topic < _SURE_THOUGH_OFF_TOPIC):
                return reading
            best = best or reading
        judgement = Judgement(confidence=0.0, reason="not_stated")
        return best or _Reading(question=question, weights=weights, evidence=[], judgement=judgement)


def _with_stand_ins(
    question: Question,
    evidence: Sequence[Evidence],
    *,
    at_most: int,
    brief: bool,
    foreign: Sequence[Evidence] = (),
) -> list[tuple[Evidence, ...]]:
    """The chosen sentences, the first with those about as good that may stand in for it, shortest last.

    Of the evidence in the other language only what contradicts the first is shown.
    """
    chosen = [of_most_standing(one, evidence) for one in choose(question, evidence, at_most=at_most, brief=brief)]
    chosen = of_rank_first(question, chosen, evidence)[:at_most]
    against = contradicting(question, chosen[0], evidence) or contradicting(question, chosen[0], foreign)
    if against is not None and at_most > 1:  # both are shown, whatever else would be
        rest = [one for one in chosen[1:] if one is not against]
        chosen = [chosen[0], against, *rest][:at_most]
        return [(one,) for one in chosen]
    near = [
        e
        for e in evidence[:_ALTERNATIVES]
        if not e.unsaid and e.score >= evidence[0].score - _NEARLY and date_parts(e) >= date_parts(evidence[0])
    ]
    return [(chosen[0], *sorted(near, key=lambda e: -len(e.text))), *((one,) for one in chosen[1:])]
