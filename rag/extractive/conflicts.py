"""Whether two sources in force say different things of the same subject: other figures, other names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence, Set

from rag.extractive.evidence import Evidence
from rag.extractive.same_subject import are_qualified_alike, comparable, other_name, same_times, says_all
from rag.figures.reading import Figure, is_supported
from rag.figures.stated import stated_figures, stated_readings
from rag.questions.kinds import Kind
from rag.questions.reading import Question
from rag.text.located import Located, folded, located_terms

# Of a kind of question, the figures that answer it.
_ANSWERING: Mapping[Kind, frozenset[str]] = {
    "date": frozenset(("date", "fiscal_year")),
    "number": frozenset(("number",)),
    "money": frozenset(("money",)),
    "percentage": frozenset(("percent",)),
    "duration": frozenset(("number",)),  # a length too: "how long" asks for either
}
_NAMING: frozenset[Kind] = frozenset(("person", "place", "name"))
# What has one holder, one place, one name at a time: of several guests each source may name another.
_ONE_ONLY = re.compile(
    r"\b(?:who|where|which \w+|what)"
    r"(?: is|['’]s| was| heads?| leads?| chairs?| runs?| directs?| founded| wrote| became)\b"
    r"|\bwhose\b|(?:は|が)(?:誰|だれ|どなた|どこ|どちら|何)|(?:誰|だれ|どなた|どこ)(?:です|でし|だ|か|に|の|[？?]|$)",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Z]|[\u30a0-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
# Share of the words of the shorter sentence, answers aside, that the other says too.
_SAME_THING = 0.6
# Of fewer words, figures aside, it is not known what a sentence speaks of.
_LEAST_WORDS = 2
# How many sentences behind the best are read for one that contradicts it.
_READ = 24


def contradicting(question: Question, one: Evidence, others: Sequence[Evidence]) -> Evidence | None:
    """The first of other sentences that says something else of the same subject than one does."""
    return next((other for other in others[:_READ] if disagree(question, one, other)), None)


def disagree(question: Question, one: Evidence, other: Evidence) -> bool:
    """Whether two sentences of different documents in force answer a question differently.

    Only where it is sure: they speak of the same times under the same conditions, and each has one figure of the kind
    asked for, or one name where there can be but one, that the other lacks. Besides, either one says nothing that the
    other does not say too, or each says all that is asked, in whatever words.
    """
    if one.record.document_id == other.record.document_id:
        return False
    if "superseded" in (one.record.status, other.record.status):
        return False
    if question.kind in _NAMING:
        return _ONE_ONLY.search(question.text) is not None and _names_differ(question, one, other)
    return _figures_differ(question, one, other)


def _figures_differ(question: Question, one: Evidence, other: Evidence) -> bool:
    kinds = _ANSWERING.get(question.kind)
    if kinds is None:
        return False
    own, others = (_own_figures(e, beside, kinds) for e, beside in ((one, other), (other, one)))
    if len({f.value for f in own}) != 1 or len({f.value for f in others}) != 1:
        return False
    return (
        comparable(own[0], one.text, others[0], other.text)
        and same_times(one.text, other.text, kinds)
        and are_qualified_alike(one.text, other.text)
        and (_one_says_no_more(question, one, other) or all(says_all(question, e) for e in (one, other)))
    )


def _own_figures(one: Evidence, other: Evidence, kinds: Set[str]) -> list[Figure]:
    """Figures of some kinds that one sentence states and another does not."""
    held = stated_readings(other.text)
    return [f for f in stated_figures(one.text) if f.kind in kinds and not is_supported(f, held)]


def _one_says_no_more(question: Question, one: Evidence, other: Evidence) -> bool:
    """Whether all words of one sentence, figures aside, are the other's too, the question's among them."""
    a, b = (_words_besides_figures(e.text) for e in (one, other))
    if min(len(a), len(b)) < _LEAST_WORDS or not (a <= b or b <= a):
        return False
    return set(question.terms) & a == set(question.terms) & b


def _names_differ(question: Question, one: Evidence, other: Evidence) -> bool:
    if not same_times(one.text, other.text) or not are_qualified_alike(one.text, other.text):
        return False
    if _are_one_but_for_names(question, one, other):
        return True
    return other_name(question, one, other) and all(says_all(question, e) for e in (one, other))


def _are_one_but_for_names(question: Question, one: Evidence, other: Evidence) -> bool:
    """Whether two sentences are one but for a run of names at one place of each."""
    a, b = located_terms(one.text), located_terms(other.text)
    held, others = ({t.term for t in terms} for terms in (a, b))
    shared = held & others
    if not set(question.terms) & held <= others or len(shared) < _SAME_THING * min(len(held), len(others)):
        return False
    return all(_is_run_of_names(e.text, terms, shared) for e, terms in ((one, a), (other, b)))


def _is_run_of_names(text: str, terms: Sequence[Located], shared: Set[str]) -> bool:
    """Whether what is not shared is there, stands together, and holds nothing but names."""
    shown = unicodedata.normalize("NFKC", text)
    own = [i for i, located in enumerate(terms) if located.term not in shared]
    if not own or own[-1] - own[0] >= len(own) or len(shown) != len(folded(text)):
        return False
    return all(_NAME.search(shown[terms[i].start : terms[i].end]) for i in own)


def _words_besides_figures(text: str) -> set[str]:
    return {t.term for t in located_terms(text) if not any(char.isdigit() for char in t.term)}
