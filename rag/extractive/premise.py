"""What a question takes for granted, against the evidence: years, figures and opposites that documents contradict."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from rag.answer import Notice, Reason
from rag.extractive.abstention import Judgement
from rag.extractive.answer_weights import ANSWER_FROM
from rag.extractive.counts import counted, is_miscounted, says_how_many
from rag.extractive.evidence import Evidence
from rag.extractive.numbered import is_age
from rag.extractive.opposites import opposite_words
from rag.extractive.sentence_features import TermWeights
from rag.figures.reading import Figure, Reading, is_supported
from rag.figures.stated import stated_figures, stated_readings
from rag.questions.kinds import Kind
from rag.questions.reading import Question
from rag.text.analysis import analyse
from rag.text.located import folded, located_terms
from rag.text.persons import titled_persons

# A date that scopes a figure ("how many in 2019?") is part of what is asked; elsewhere it is taken for granted.
SCOPED: frozenset[Kind] = frozenset(("number", "money", "percentage", "duration", "name", "date"))
DATES = frozenset(("date", "fiscal_year", "decade"))
_NEGATION = re.compile(
    r"\b(?:no(?!\.\s?\d)|not any|never|without|neither|nor|absence of)\b"
    r"|(?:は|が|も)?(?:ない|なかった|なし|ありません|無い|存在しない|設けていない|置いていない|定めていない)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """One assumption of the question and the sentence that says otherwise.

    Attributes:
        assumed: The words of the question.
        stated: What the document says in their place; `None` where it only denies.
        evidence: The sentence to cite.
    """

    assumed: str
    stated: str | None
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """Outcome of the check: what to tell the reader, what to show in place of an answer, or why to abstain."""

    notices: tuple[Notice, ...] = ()
    shown: list[Evidence] = field(default_factory=list)
    reason: Reason | None = None

    @property
    def replaces(self) -> bool:
        """Whether what is found is shown in place of an answer."""
        return bool(self.shown) or self.reason is not None


def check_premises(
    question: Question, weights: TermWeights, evidence: Sequence[Evidence], judgement: Judgement
) -> Premises:
    """What the question takes for granted, checked against the evidence.

    Args:
        question: The question.
        weights: Weights of its terms.
        evidence: Best first, at least one.
        judgement: Confidence in the first.
    """
    besides = _of_figures(question)
    read = [
        _Match(
            one,
            share_held(question, weights, one, besides=besides),
            share_held(question, weights, one, besides=besides, alone=True),
        )
        for one in evidence[:_READ_FOR_PREMISE]
    ]
    # What would be shown is about it, in whatever words.
    about = [m for i, m in enumerate(read) if m.share >= _ABOUT_FROM or (i < _SHOWN and judgement.reason is None)]
    held: set[Reading] = set()
    for match in about:
        lead = f"{match.evidence.lead}\n{match.evidence.headings}"
        held |= stated_readings(f"{match.evidence.text}\n{lead}")
    anywhere = set[Reading]().union(*(stated_readings(match.evidence.text) for match in read))
    near = [match.evidence.text for match in read if match.share >= _ABOUT_FROM]
    for figure in question.figures:
        if is_age(figure) or _IN_YEARS.match(question.text, figure.end):
            continue  # whom the question is about: another age is no contradiction
        # What no sentence is about cannot be contradicted: other words may have been used for it.
        miscounted = is_miscounted(question, figure, near)
        if figure.kind not in _CHECKED or not about or (is_supported(figure, held) and not miscounted):
            found = _settled_otherwise(question, figure, read)
            if found is None:
                continue
        else:
            found = _contradiction(question, figure, read)
        if found is not None:
            return Premises(notices=(premise_notice(question.language, found),), shown=[found.evidence])
        if figure.kind == "number" and is_supported(figure, anywhere) and not miscounted:
            continue  # as many are counted under another name
        if says_how_many(question, figure) and not miscounted:
            continue
        if judgement.reason is None and judgement.confidence >= _SURE_FROM:
            # Something answers: the reader sees it, and that the figure is not the documents'.
            return Premises(notices=(unstated(question.language, figure.text),))
        return Premises(reason=judgement.reason or "false_premise")
    misnamed = _misnamed(question, weights, evidence[:_READ_FOR_PREMISE])
    if misnamed is not None:
        return Premises(notices=(premise_notice(question.language, misnamed),), shown=[misnamed.evidence])
    best = evidence[0]
    # What a sentence denies has no figure: that the form of the answer is missing is no reason to doubt it.
    sure = judgement.reason is None or (judgement.reason == "not_stated" and read[0].own >= _ABOUT_FROM)
    if sure and denied(question, best):
        return Premises(notices=(_denial(question),), shown=[best])
    unheard = _unheard_name(question, weights, evidence, judgement)
    if unheard is not None:
        return Premises(notices=(unstated(question.language, unheard.assumed),), shown=[unheard.evidence])
    if judgement.reason is not None:
        return Premises()
    words = opposite_words(question.text, best.text)
    if words is not None and question.kind != "yes_no":
        return Premises(
            notices=(
                premise_notice(question.language, Contradiction(assumed=words[0], stated=words[1], evidence=best)),
            ),
            shown=[best],
        )
    return Premises()


# Confidence from which an answer is shown though a figure of the question stands nowhere.
_SURE_FROM = 0.5
_IN_YEARS = re.compile(r"\s?[歳才]|[ -]years?[ -]olds?\b", re.IGNORECASE)
# Ordinals and version numbers name things rather than state something of them.
_CHECKED = frozenset(("date", "fiscal_year", "decade", "percent", "money", "number"))
# Sentences that are read; the share of the question (less its figures) that a sentence must hold to be about the same
# thing, and to be taken as saying something else of it.
_READ_FOR_PREMISE = 16
_ABOUT_FROM = 0.5
_SHOWN = 3
_CONTRADICTS_FROM = 0.7


@dataclass(frozen=True, slots=True)
class _Match:
    """A sentence and the share of the question that it holds, with what leads to it and alone, figures left out."""

    evidence: Evidence
    share: float
    own: float


def share_held(
    question: Question, weights: TermWeights, evidence: Evidence, *, besides: Collection[str], alone: bool = False
) -> float:
    """Share of the question's terms that a sentence, or what leads to it, says in these words or near ones, in [0, 1].

    Args:
        question: The question.
        weights: Weights of its terms.
        evidence: The sentence.
        besides: Terms that do not count; 1 where nothing is left.
        alone: Whether only the sentence itself is read, not what leads to it.
    """
    wanted = [t for t in question.terms if t not in besides]
    held = set(analyse(evidence.text if alone else f"{evidence.text}\n{evidence.lead}\n{evidence.headings}"))
    total = sum(weights.weight[t] for t in wanted)
    near = evidence.near
    return sum(weights.weight[t] * (1.0 if t in held else near.get(t, 0.0)) for t in wanted) / total if total else 1.0


def _of_figures(question: Question) -> frozenset[str]:
    return frozenset(t for figure in question.figures for t in analyse(figure.text))


def _contradiction(question: Question, figure: Figure, read: Sequence[_Match]) -> Contradiction | None:
    """What the evidence says where the question states a figure that it does not hold.

    A sentence contradicts a figure when it is about the same thing and holds another figure of the same kind.
    """
    if figure.kind in DATES and question.kind in SCOPED:
        return None
    found: list[tuple[float, bool, int, float, Contradiction]] = []
    for match in read:
        same = [f for f in stated_figures(match.evidence.text) if _same_family(f, figure)]
        least = _CONTRADICTS_FROM
        if figure.kind == "number":
            things = counted(question.text, figure)
            same = [f for f in same if f.value != figure.value and things & counted(match.evidence.text, f)]
            least = _ABOUT_FROM  # that the same things are counted tells enough
        if match.share < least or not same:
            continue
        stated_one = closest(same, match.evidence.text, question)
        stated = Contradiction(
            assumed=whole_date(question.text, figure, question.figures), stated=stated_one.text, evidence=match.evidence
        )
        found.append((round(match.own, 1), len(same) == 1, exactness(stated_one), match.evidence.score, stated))
    return max(found, key=lambda item: item[:4])[4] if found else None


def _unheard_name(
    question: Question, weights: TermWeights, evidence: Sequence[Evidence], judgement: Judgement
) -> Contradiction | None:
    """The name that the documents do not connect with what is asked, where a sentence says nearly all of the rest."""
    lack = judgement.lack
    if lack is None or lack.kind != "name" or judgement.confidence < ANSWER_FROM[question.language]:
        return None
    besides = _of_figures(question) | frozenset(analyse(lack.asked))
    for one in evidence[:_SHOWN]:
        share = share_held(question, weights, one, besides=besides, alone=True)
        if share >= _SAYS_THE_REST and one.feature("new_answer"):
            return Contradiction(assumed=lack.asked, stated=None, evidence=one)
    return None


# Share of the question, less a name, that a sentence says alone to be shown with the remark that it lacks the name.
_SAYS_THE_REST = 0.75


def _misnamed(question: Question, weights: TermWeights, evidence: Sequence[Evidence]) -> Contradiction | None:
    """The holder of an office whom the evidence names where the question names another: "Mayor Smith built …".

    Only where a sentence says nearly all of the rest of the question, names somebody else under the same title, and no
    sentence about the one whom the question names says as much. A person whom the sentences name under another title
    alone is such a case too: Minister Smith, who is the mayor there.
    """
    for asked in titled_persons(question.text):
        besides = terms_touching(asked.text, question.text)
        about: list[tuple[float, float, Contradiction]] = []
        of_asked = 0.0
        for one in evidence:
            share = share_held(question, weights, one, besides=besides, alone=True)
            persons = titled_persons(one.text)
            if asked.is_named_in(one.text):
                same = [said for said in persons if asked.is_named_in(said.name)]
                if not same or any(said.title == asked.title for said in same):
                    of_asked = max(of_asked, share)
                    continue
                others = same
            else:
                others = [said for said in persons if said.title == asked.title]
            if others:
                found = Contradiction(assumed=asked.text, stated=others[0].text, evidence=one)
                about.append((share, one.score, found))
        best = max(about, key=lambda item: item[:2], default=None)
        if best is not None and best[0] >= max(_MISNAMED_FROM, of_asked + _SAYS_MORE):
            return best[2]
    return None


def terms_touching(words: str, text: str) -> frozenset[str]:
    """Terms of a text that lie in some words of it or reach into them, as pairs of Japanese characters do."""
    start = text.find(words)
    return frozenset(t.term for t in located_terms(text) if t.start < start + len(words) and start < t.end)


# Share of the rest of the question that a sentence about another holder of the office must say by itself, and how much
# more that must be than what any sentence about the one asked for says.
_MISNAMED_FROM = 0.6
_SAYS_MORE = 0.1


def _settled_otherwise(question: Question, figure: Figure, read: Sequence[_Match]) -> Contradiction | None:
    """What the best sentence says in place of a yes/no question's date that stands elsewhere, for something else."""
    if question.kind != "yes_no" or figure.kind not in DATES or not read:
        return None
    if is_supported(figure, stated_readings(read[0].evidence.text)):
        return None
    return _contradiction(question, figure, read[:1])


def whole_date(text: str, figure: Figure, others: Sequence[Figure]) -> str:
    """The words of a figure with those of the dates that it touches: "March 2024" where each stands by itself.

    Args:
        text: The text.
        figure: One of its figures.
        others: Its figures, in order.
    """
    start, end = figure.start, figure.end
    for other in others:
        if figure.kind in DATES and other.kind in DATES:
            if 0 <= other.start - end <= _TOUCHING:
                end = other.end
            elif 0 <= start - other.end <= _TOUCHING:
                start = other.start
    words = text[start:end]
    for opening, closing in ("()", "（）"):
        if words.count(opening) > words.count(closing):
            words = words + closing if text.startswith(closing, end) else words[: words.rindex(opening)].rstrip()
    return words


def exactness(figure: Figure) -> int:
    """How many parts of a date a figure says: 3 with a day, 1 for a year; 0 for what is no date."""
    return (
        sum(part is not None for part in figure.value)
        if figure.kind == "date" and isinstance(figure.value, tuple)
        else 0
    )


_TOUCHING = 2


def _same_family(one: Figure, other: Figure) -> bool:
    if one.kind in DATES and other.kind in DATES:
        return True
    return one.kind == other.kind


def closest(found: Sequence[Figure], text: str, question: Question) -> Figure:
    """The figure whose clause, with the one before it, holds most of the question's words; the later of equals."""
    clauses = [match.span() for match in _CLAUSE.finditer(text)]
    held = [len({t.term for t in located_terms(text[a:b])} & set(question.terms)) for a, b in clauses]

    def belonging(figure: Figure) -> tuple[float, int]:
        k = next((i for i, (a, b) in enumerate(clauses) if a <= figure.start < b), 0)
        return held[k] + 0.9 * (held[k - 1] if k else 0), figure.start

    return max(found, key=belonging)


_CLAUSE = re.compile(r"[^,;，、；]+")


def denied(question: Question, best: Evidence) -> bool:
    """Whether the best sentence denies the existence of what an affirmative question asks about."""
    return question.kind in _PRESUMING and denies(question, best)


def denies(question: Question, one: Evidence) -> bool:
    """Whether a sentence denies what is said without a negation: it has one beside a term of the question."""
    if _NEGATION.search(question.text):
        return False
    shown = folded(one.text)
    places = [t for t in located_terms(one.text) if t.term in question.terms]
    for match in _NEGATION.finditer(shown):
        if question.language == "ja":  # the negation follows what it negates
            if any(0 <= match.start() - t.end <= _NEGATED_NEAR_JA for t in places):
                return True
        elif any(0 <= t.start - match.end() <= _NEGATED_NEAR for t in places):
            return True
    return False


# Kinds of question that take for granted that there is something to name or count.
_PRESUMING: frozenset[Kind] = frozenset(("number", "money", "percentage", "list", "date", "duration", "person"))
_NEGATED_NEAR = 12
_NEGATED_NEAR_JA = 6


def premise_notice(language: str, found: Contradiction) -> Notice:
    """What to tell the reader of an assumption that a document contradicts."""
    if language == "ja":
        stated = f"文書には「{found.stated}」とあります" if found.stated else "文書の記述と合いません"
        return Notice(code="premise", message=f"質問は「{found.assumed}」を前提としていますが、{stated}。")
    stated = f"the document says “{found.stated}”" if found.stated else "the document says otherwise"
    return Notice(code="premise", message=f"The question assumes “{found.assumed}”; {stated}.")


def unstated(language: str, assumed: str) -> Notice:
    """What to tell the reader of a figure or name in the question that no document confirms or contradicts."""
    if language == "ja":
        return Notice(code="premise", message=f"質問は「{assumed}」を前提としていますが、文書には見当たりません。")
    return Notice(code="premise", message=f"The question assumes “{assumed}”, which the documents found do not state.")


def _denial(question: Question) -> Notice:
    if question.language == "ja":
        return Notice(code="premise", message="質問が前提としていることを、文書は否定しています。")
    return Notice(code="premise", message="The question assumes something that the document denies.")
