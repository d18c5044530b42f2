"""Whether two sources in force say different things of the same subject: other figures, other names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence, Set

from rag.extractive.choosing import latest_year
from rag.extractive.evidence import Evidence
from rag.figures.reading import is_supported
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
# How many sentences behind the best are read for one that contradicts it.
_READ = 24


def contradicting(question: Question, one: Evidence, others: Sequence[Evidence]) -> Evidence | None:
    """The first of other sentences that says something else of the same subject than one does."""
    return next((other for other in others[:_READ] if disagree(question, one, other)), None)


def disagree(question: Question, one: Evidence, other: Evidence) -> bool:
    """Whether two sentences of different documents in force answer a question differently.

    Only where it is sure: the other says the question's words that the one says, they say nearly the same otherwise,
    speak of the same times, and each has one figure of the kind asked for that the other lacks; or, where one person,
    place or name is asked for, nothing but names differs.
    """
    if one.record.document_id == other.record.document_id:
        return False
    if "superseded" in (one.record.status, other.record.status):
        return False
    if question.kind != "date" and latest_year(one) != latest_year(other):
        return False
    asked = set(question.terms)
    if not asked & {t.term for t in located_terms(one.text)} <= {t.term for t in located_terms(other.text)}:
        return False
    if question.kind in _NAMING:
        return _ONE_ONLY.search(question.text) is not None and _names_differ(one, other)
    return _figures_differ(question.kind, one, other)


def _figures_differ(kind: Kind, one: Evidence, other: Evidence) -> bool:
    kinds = _ANSWERING.get(kind)
    if kinds is None:
        return False
    readings = [stated_readings(e.text) for e in (one, other)]
    own = [f for f in stated_figures(one.text) if f.kind in kinds and not is_supported(f, readings[1])]
    others = [f for f in stated_figures(other.text) if f.kind in kinds and not is_supported(f, readings[0])]
    if len({f.value for f in own}) != 1 or len({f.value for f in others}) != 1:
        return False
    a, b = (_words_besides_figures(e.text) for e in (one, other))
    return len(a) > 1 and len(b) > 1 and len(a & b) >= _SAME_THING * min(len(a), len(b))


def _names_differ(one: Evidence, other: Evidence) -> bool:
    """Whether two sentences are one but for a run of names at one place of each."""
    a, b = located_terms(one.text), located_terms(other.text)
    shared = {t.term for t in a} & {t.term for t in b}
    if len(shared) < _SAME_THING * min(len({t.term for t in a}), len({t.term for t in b})):
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
