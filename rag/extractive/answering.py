"""Hits into an answer made of quoted sentences, or into an abstention with its reason: the answer without a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING

from rag.answer import Notice, Reason
from rag.extractive.abstention import Judgement, judge
from rag.extractive.alignment import align
from rag.extractive.asked import named
from rag.extractive.choosing import choose, date_parts, of_most_standing, prefer
from rag.extractive.conflicts import contradicting, disagree
from rag.extractive.editions import Series, series_of, wants_all
from rag.extractive.evidence import Evidence, gather, speaks, weigh, word_vectors
from rag.extractive.premise import Contradiction, check_premises, premise_notice, share_held
from rag.extractive.presuppositions import misstated, statements_of
from rag.extractive.quoting import Quote, Quoter
from rag.extractive.sentence_features import TermWeights
from rag.questions.kinds import question_language
from rag.questions.parts import parts_of
from rag.questions.reading import Question, read_question

if TYPE_CHECKING:
    from rag.config import Settings
    from rag.embedding.model import Vector
    from rag.index.opening import Index
    from rag.retrieval.search import Candidate
    from rag.store.reader import DocumentRecord

MAX_SENTENCES = 4
MAX_CHARS = 900
# Sentences that may stand in for a chosen one: how many, and how far behind the best in score.
_ALTERNATIVES = 16
_NEARLY = 3.0
# Room for a mark and the space around it.
_MARK_CHARS = 6
# Sentences for each part of a question, by the number of parts.
_PER_PART = {1: 4, 2: 2, 3: 1}

Search = Callable[[str], Sequence["Candidate"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftSentence:
    """One quote of an answer: `document.text[start:end]`, and how it is shown (a list has a line for each item)."""

    document: DocumentRecord
    start: int
    end: int
    shown: str
    section: str | None
    page: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftConflict:
    """Two of the sentences (numbers from 0) that say different things of the same subject."""

    subject: str
    sentences: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An answer before its marks are set; without sentences it is an abstention with its reason.

    `confidence` in [0, 1] is the estimated chance that the sentences answer the question.
    """

    sentences: tuple[DraftSentence, ...] = ()
    abstained: bool = False
    reason: Reason | None = None
    notices: tuple[Notice, ...] = ()
    conflicts: tuple[DraftConflict, ...] = ()
    confidence: float = 0.0


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
    parts = parts_of(question)
    answers = [reader.answer(part, at_most=_PER_PART[len(parts)], brief=len(parts) > 1) for part in parts]
    if all(not answer.chosen for answer in answers):
        best = max(answers, key=lambda a: a.confidence)
        return Draft(abstained=True, reason=best.reason, notices=tuple(best.notices), confidence=best.confidence)
    return _draft(answers, reader.quoter, question_language(question))


@dataclass(slots=True, kw_only=True)
class _PartAnswer:
    """What was found for one part of a question: each chosen sentence with those that may stand in for it."""

    question: Question
    chosen: list[tuple[Evidence, ...]] = field(default_factory=list)
    reason: Reason | None = None
    notices: list[Notice] = field(default_factory=list)
    confidence: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A question with its evidence, best first, and how sure the first answers it.

    `rest` is the share of the question that the first holds, less the name of what has editions.
    """

    question: Question
    weights: TermWeights
    evidence: list[Evidence]
    judgement: Judgement
    rest: float = 1.0


# "When was the plan adopted?" asks for the plan's own date: what a sentence gains that states it. Not fitted.
_OWN_DATE = 4.0
# In whatever words it asks, that is searched in a document's.
_DECIDED = {"en": "adopted decided", "ja": "閣議決定"}
# Share of the question, less the name of the thing, that a sentence about one edition must hold.
_REST_FROM = 0.5
# How far behind another edition's in score one edition's best sentence may be.
_EDITION_BEHIND = 8.0


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

    def answer(self, text: str, *, at_most: int, brief: bool) -> _PartAnswer:
        """The sentences that answer one part, or why there are none."""
        plain = self._read(text, self._found(text))
        editions = self._by_edition(text, plain.question)
        answer = _PartAnswer(
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
        sure = {n: reading for n, reading in editions.items() if reading.judgement.reason is None}
        # What no document is about is not contradicted by one either.
        presumed = None if plain.judgement.reason == "off_topic" else self._presumed(plain, pooled)
        if presumed is not None:
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
                own = next(iter(sure.values())).evidence if sure else plain.evidence
                answer.chosen = _with_stand_ins(plain.question, own, at_most=at_most, brief=brief)
        if answer.chosen:
            answer.confidence = max(
                answer.confidence, *(reading.judgement.confidence for reading in sure.values()), 0.0
            )
        return answer

    def _presumed(self, plain: _Reading, pooled: Sequence[Evidence]) -> Contradiction | None:
        """What the question states besides asking, and the documents contradict."""
        question = plain.question
        for text in statements_of(question.text, question.language):
            statement = read_question(text)
            weights = weigh(statement, self._store)
            evidence = gather(statement, self._found(text), weights, word_vectors(statement, self._model))
            found = misstated(statement, weights, evidence, asks=False)
            if found is not None:
                return found
        return misstated(question, plain.weights, pooled, asks=True)

    def _by_edition(self, text: str, question: Question) -> dict[int, _Reading]:
        """Readings of the question for each edition, where it speaks of something that has several and names none."""
        for series in self._series:
            if not series.concerns(text) or wants_all(text) or series.asked_in(text):
                continue
            readings = {}
            for number in range(len(series.editions)):
                asked = series.asked_of(text, number, question.language)
                asks_when = series.asks_when_it_came_to_be(question.kind, question.terms)
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
            if one.asks_when_it_came_to_be(question.kind, question.terms):
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
        evidence = align(question, gather(question, candidates, weights, words, vector), weights, self._model)
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
            rest = 1.0 if series is None else share_held(question, weights, own[0], besides=rest_besides)
            reading = _Reading(question=question, weights=weights, evidence=own, judgement=judgement, rest=rest)
            # What stands in the question's language is quoted; the other only where that does not answer.
            if judgement.reason is None:
                return reading
            best = best or reading
        judgement = Judgement(confidence=0.0, reason="not_stated")
        return best or _Reading(question=question, weights=weights, evidence=[], judgement=judgement)


def _with_stand_ins(
    question: Question, evidence: Sequence[Evidence], *, at_most: int, brief: bool
) -> list[tuple[Evidence, ...]]:
    """The chosen sentences, the first with those about as good that may stand in for it, shortest last."""
    chosen = [of_most_standing(one, evidence) for one in choose(question, evidence, at_most=at_most, brief=brief)]
    against = contradicting(question, chosen[0], evidence)
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


def _draft(answers: Sequence[_PartAnswer], quoter: Quoter, language: str) -> Draft:
    shown = _fitting(answers, quoter)
    notices = [notice for answer in answers for notice in answer.notices]
    if any(not answer.chosen for answer in answers):
        notices.append(_unanswered([a.question for a in answers if not a.chosen], language))
    if shown and all(speaks(evidence) != language for _, _, evidence in shown):
        notices.append(_other_language(language))
    confidence = min(a.confidence for a in answers if a.chosen)
    if not shown:
        return Draft(abstained=True, reason="not_stated", confidence=confidence)
    return Draft(
        sentences=tuple(_sentence(quote, evidence) for _, quote, evidence in shown),
        notices=tuple(notices),
        conflicts=_conflicts(shown),
        confidence=confidence,
    )


def _fitting(answers: Sequence[_PartAnswer], quoter: Quoter) -> list[tuple[Question, Quote, Evidence]]:
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
    answers: Sequence[_PartAnswer], part: int, depth: int, ones: Sequence[Evidence], quoter: Quoter
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


def _conflicts(shown: Sequence[tuple[Question, Quote, Evidence]]) -> tuple[DraftConflict, ...]:
    """Pairs of the sentences shown for the same part that give different figures for the same thing."""
    found = []
    for (i, (question, _, one)), (j, (other_question, _, other)) in combinations(enumerate(shown), 2):
        if question is other_question and disagree(question, one, other):
            found.append(DraftConflict(subject=question.text, sentences=(i, j)))
    return tuple(found)


def _sentence(quote: Quote, evidence: Evidence) -> DraftSentence:
    chunk = evidence.candidate.stored.chunk
    return DraftSentence(
        document=evidence.record,
        start=quote.start,
        end=quote.end,
        shown=quote.shown,
        section=chunk.section,
        page=chunk.page,
    )


def _covers(quote: Quote, evidence: Evidence, other: Quote, of: Evidence) -> bool:
    same = evidence.record.document_id == of.record.document_id
    return same and quote.start <= other.start and other.end <= quote.end


def _overlap(quote: Quote, evidence: Evidence, other: Quote, of: Evidence) -> bool:
    same = evidence.record.document_id == of.record.document_id
    return same and quote.start < other.end and other.start < quote.end


def _unanswered(parts: Sequence[Question], language: str) -> Notice:
    asked = " / ".join(part.text for part in parts)
    if language == "ja":
        return Notice(code="part_unanswered", message=f"文書から答えられない部分があります：{asked}")
    return Notice(code="part_unanswered", message=f"The documents do not answer this part of the question: {asked}")


def _other_language(language: str) -> Notice:
    if language == "ja":
        return Notice(code="other_language", message="答えは英語の文書だけにあります。")
    return Notice(code="other_language", message="Only documents in Japanese state the answer.")
