"""What tells a sentence that answers a question: a row of numbers for each sentence of the passages found."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rag.extractive.answer_kinds import answer_spans, has_detector
from rag.questions.reading import Question
from rag.text.analysis import analyse
from rag.text.located import Located, folded, located_terms
from rag.vocabulary.lands import same_land

# Order of the columns of `sentence_rows`, and of the weights fitted to them.
FEATURES = (
    "cosine", "cosine_behind_best", "passage_cosine", "previous_cosine", "overlap", "window_overlap", "passage_overlap",
    "passage_rest", "next_overlap", "bm25", "bigrams", "rarest", "share_of_terms", "score_behind_best",
    "reciprocal_rank", "new_answer", "no_answer_form", "answer_near", "dense_window", "first", "pronoun",
    "log_length", "log_new_terms",
    "largest_missing", "largest_missing_in_passage", "near_overlap", "far_missing", "unsaid", "kanji_overlap",
)  # fmt: skip

# Distance over which two terms count as near, in characters: about eight words, or as much Japanese.
_NEAR_CHARS = {"en": 45.0, "ja": 18.0}
_KANA = re.compile("[\u3041-\u3096]")
_KANJI = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_PRONOUN = re.compile(
    r"(?:it|this|that|these|those|they|he|she|his|her|their|its|such|there|here|however|also|both)\b"
    r"|これ|それ|この|その|彼|あの|同|なお|また|ここ|そこ",
    re.IGNORECASE,
)


# A sentence that says of something only that it is not known or not said.
_UNSAID = re.compile(
    r"\b(?:do(?:es)? not (?:say|state|give|name|tell|mention|list|specify|confirm)"
    r"|not (?:given|stated|known|specified|named|confirmed|checked|found|disclosed|mentioned)"
    r"|cannot be (?:confirmed|found|said|verified)|remains? (?:open|unclear|unknown)"
    r"|unclear|unknown|could not (?:find|confirm|be)|was not found|were not found|no .{1,40} was found)\b"
    r"|確かめられない|確認できない|確認されていない|見つかっていない|見つからない|不明|明らかでない|(?:示(?:され|し)|記(?:され|し)|述べ(?:られ)?|書(?:かれ|い))ていない|載(?:って|せて)いない",
    re.IGNORECASE,
)


# Share of the weight of a term that stands nowhere.
_TELLING = 0.35


def says_unsaid(text: str) -> bool:
    """Whether a text says of something that it is not known or not said."""
    return _UNSAID.search(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence as it is weighed: its words as shown, what leads to it, its cosine with the question.

    `near` has the cosine of the sentence with single words of the question, by term, where those are known.
    """

    text: str
    cosine: float
    lead: str = ""
    near: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A passage as it is weighed; `about` is its title and headings, `score` that of the search."""

    about: str
    score: float
    cosine: float
    sentences: Sequence[Sentence]


@dataclass(frozen=True, slots=True, kw_only=True)
class TermWeights:
    """How much each of the question's terms tells: its inverse document frequency in the index.

    Attributes:
        weight: Weight of each content term, in the question's order.
        known: Sum of the weights of the terms that stand anywhere in the index.
        rarest: The one of them that tells most.
        largest: Weight of a term that stands nowhere.
        same: Terms of names in the question, each with the terms of another name of the same thing.
        ambient: Words of the question, in small letters, for the land that the documents are nearly all about: "Tokyo"
            among texts on Japan, which seldom say so.
        mean_terms: Terms of an ordinary sentence, for BM25's length.
    """

    weight: Mapping[str, float]
    known: float
    rarest: str | None
    largest: float = 1.0
    same: tuple[tuple[frozenset[str], frozenset[str]], ...] = ()
    ambient: frozenset[str] = frozenset()
    mean_terms: float = 30.0

    @property
    def unheard(self) -> float:
        """Share of the terms that stand nowhere in the index, in [0, 1]; pairs with a kana do not count."""
        telling = [weight for term, weight in self.weight.items() if not _KANA.search(term)]
        return sum(weight > self.largest - 1e-9 for weight in telling) / len(telling) if telling else 0.0

    def tells(self, terms: Collection[str]) -> bool:
        """Whether one of the terms is rare enough to tell things apart: "Japan" is not among texts on Japan."""
        known = [self.weight[term] for term in terms if term in self.weight]
        return bool(known) and max(known) / self.largest >= _TELLING

    def share_of(self, terms: Collection[str]) -> float:
        """Share that these terms have of the weight of all that the index knows."""
        return sum(self.weight[t] for t in terms) / self.known

    def largest_of(self, terms: Collection[str]) -> float:
        """The largest weight among these terms, against that of an unknown one; 0 without terms."""
        return max((self.weight[t] for t in terms), default=0.0) / self.largest


def term_weights(
    question: Question,
    frequency: Mapping[str, int],
    n_chunks: int,
    same: Sequence[tuple[frozenset[str], frozenset[str]]] = (),
) -> TermWeights:
    """Weights of a question's terms.

    Reference: BM25's inverse document frequency, Robertson and Zaragoza, 2009, "The Probabilistic Relevance Framework".
    """
    weight = {t: _idf(frequency.get(t, 0), n_chunks) for t in question.terms}
    known = [t for t in weight if frequency.get(t, 0) > 0]
    return TermWeights(
        weight=weight,
        known=sum(weight[t] for t in known) + 1e-9,
        rarest=max(known, key=weight.__getitem__, default=None),
        largest=_idf(0, n_chunks),
        same=tuple(same),
        ambient=_ambient(question, frequency, n_chunks),
    )


def _idf(n_with: int, n_chunks: int) -> float:
    return math.log(1 + (n_chunks - n_with + 0.5) / (n_with + 0.5))


def _ambient(question: Question, frequency: Mapping[str, int], n_chunks: int) -> frozenset[str]:
    """Words for a land of which another word tells nothing."""
    least = _TELLING * _idf(0, n_chunks)
    return frozenset(
        word
        for word in _latin_words(question)
        if any(_idf(frequency.get(term, 0), n_chunks) < least for other in same_land(word) for term in analyse(other))
    )


def _latin_words(question: Question) -> list[str]:
    return re.findall(r"[a-z]+", question.text.casefold())


def terms_weighed(question: Question) -> tuple[str, ...]:
    """The terms whose frequency in the index `term_weights` needs."""
    lands = (other for word in _latin_words(question) for other in same_land(word))
    return (*question.terms, *(term for other in lands for term in analyse(other)))


@dataclass(slots=True)
class _Read:
    """A sentence with its terms read once."""

    terms: tuple[Located, ...]
    counts: Counter[str]
    matched: frozenset[str] = field(default_factory=frozenset)


def sentence_rows(question: Question, passages: Sequence[Passage], weights: TermWeights) -> NDArray[np.float64]:
    """Features of every sentence of the passages, in order: `(n_sentences, len(FEATURES))`."""
    rows: list[list[float]] = []
    best = max((p.score for p in passages), default=0.0)
    for rank, passage in enumerate(passages, start=1):
        rows.extend(_passage_rows(question, passage, weights, score_behind=passage.score - best, rank=rank))
    return np.array(rows, dtype=np.float64).reshape(-1, len(FEATURES))


def _passage_rows(
    question: Question, passage: Passage, weights: TermWeights, *, score_behind: float, rank: int
) -> list[list[float]]:
    weight = weights.weight
    about = _matched(frozenset(t.term for t in _terms(passage.about)), weights)
    read = [_read(s.text, weights) for s in passage.sentences]
    everywhere = frozenset(about).union(*(r.matched for r in read))
    best_cosine = max((s.cosine for s in passage.sentences), default=0.0)
    kanji = _kanji_weights(weights)
    rows = []
    for k, (sentence, here) in enumerate(zip(passage.sentences, read, strict=True)):
        before = _matched(frozenset(t.term for t in _terms(sentence.lead)), weights)
        after = read[k + 1].matched if k + 1 < len(read) else frozenset()
        n_terms = sum(here.counts.values())
        new, absent, close = _answer_form(question, sentence.text, here, weights)
        near, far = _near_overlap(sentence, here.matched | before | about, weights)
        rows.append(
            [
                sentence.cosine,
                sentence.cosine - best_cosine,
                passage.cosine,
                passage.sentences[k - 1].cosine if k else sentence.cosine,
                weights.share_of(here.matched),
                weights.share_of(here.matched | before | about),
                weights.share_of(everywhere),
                weights.share_of(everywhere - here.matched),
                weights.share_of(after),
                _bm25(here, weight, n_terms, weights.mean_terms) / (2.2 * weights.known),
                _bigram_share(question, here),
                float(weights.rarest in here.matched),
                len(here.matched) / max(1, len(weight)),
                score_behind,
                1 / rank,
                new,
                absent,
                close,
                _dense_window(here, weight, _NEAR_CHARS[question.language]) / weights.known,
                float(k == 0),
                float(_PRONOUN.match(sentence.text) is not None),
                math.log1p(n_terms) - 3,
                math.log1p(sum(1 for t in here.counts if t not in weight)) - 2.5,
                weights.largest_of(weight.keys() - here.matched - before - about),
                weights.largest_of(weight.keys() - everywhere),
                near,
                far,
                float(says_unsaid(sentence.text)),
                _kanji_share(here.terms, kanji),
            ]
        )
    return rows


@lru_cache(maxsize=4096)
def _terms(text: str) -> tuple[Located, ...]:
    return tuple(located_terms(text))


def _read(text: str, weights: TermWeights) -> _Read:
    terms = _terms(text)
    counts = Counter(t.term for t in terms)
    return _Read(terms, counts, _matched(counts.keys(), weights))


def _matched(terms: Collection[str], weights: TermWeights) -> frozenset[str]:
    """The question's terms among these, those included whose thing is called otherwise here."""
    matched = weights.weight.keys() & terms
    for name, other in weights.same:
        if other <= set(terms):
            matched |= name & weights.weight.keys()
    return frozenset(matched)


def nearness(cosines: Mapping[str, float]) -> dict[str, float]:
    """By term, how far a sentence says a word's meaning in other words, in [0, 1], from their cosine."""
    return {t: min(1.0, max(0.0, (cosine - _NEAR_FROM) / (_NEAR_TO - _NEAR_FROM))) for t, cosine in cosines.items()}


def _near_overlap(sentence: Sentence, matched: Collection[str], weights: TermWeights) -> tuple[float, float]:
    """Share of the terms' weight that the sentence holds or comes near to in meaning, and the largest far from it."""
    total = held = far = 0.0
    near = nearness(sentence.near)
    for term, weight in weights.weight.items():
        share = 1.0 if term in matched else near.get(term, 0.0)
        total += weight
        held += weight * share
        far = max(far, weight * (1 - share))
    return held / (total + 1e-9), far / weights.largest


# Cosines of a word with a sentence that speaks of something else, and of the same thing in other words, for MiniLM.
_NEAR_FROM = 0.12
_NEAR_TO = 0.45
# As which a synonym counts.
OTHERWISE = 0.4


def _kanji_weights(weights: TermWeights) -> dict[str, float]:
    """By kanji of the question's compounds, what the least telling of them weighs: 発売 is often written 販売."""
    found: dict[str, float] = {}
    for term, weight in weights.weight.items():
        if len(term) == 2:
            found |= {char: min(weight, found.get(char, weight)) for char in term if _KANJI.match(char)}
    return found


def _kanji_share(terms: Collection[Located], kanji: Mapping[str, float]) -> float:
    total = sum(kanji.values())
    held = {char for located in terms for char in located.term}
    return sum(weight for char, weight in kanji.items() if char in held) / total if total else 0.0


def _bm25(here: _Read, weight: Mapping[str, float], n_terms: int, mean_terms: float) -> float:
    # k1 = 1.2, b = 0.6: sentences vary less in length than documents do.
    norm = 1.2 * (0.4 + 0.6 * n_terms / mean_terms)
    return sum(weight[t] * max(1, here.counts[t]) * 2.2 / (max(1, here.counts[t]) + norm) for t in here.matched)


def _bigram_share(question: Question, here: _Read) -> float:
    if not question.bigrams:
        return 0.0
    terms = [t.term for t in here.terms]
    pairs = set(itertools.pairwise(terms))
    return sum(pair in pairs for pair in question.bigrams) / len(question.bigrams)


def _answer_form(question: Question, text: str, here: _Read, weights: TermWeights) -> tuple[float, float, float]:
    """Whether something new has the form of the answer, whether nothing has, and how near it stands to the terms."""
    if not has_detector(question.kind):
        return 0.0, 0.0, 0.0
    shown = folded(text)
    asked = folded(question.text)
    spans = list(answer_spans(shown if question.kind not in ("person", "place", "name") else text, question.kind))
    fresh = [
        (a, b)
        for a, b in spans
        if folded(text[a:b] if question.kind in ("person", "place", "name") else shown[a:b]) not in asked
    ]
    if not spans:
        return 0.0, 1.0, 0.0
    places = [t for t in here.terms if t.term in weights.weight]
    nearest = 0.0
    for start, end in fresh[:12]:
        pull: dict[str, float] = {}
        for t in places:
            gap = max(0, t.start - end, start - t.end)
            pull[t.term] = max(pull.get(t.term, 0.0), math.exp(-gap / _NEAR_CHARS[question.language]))
        nearest = max(nearest, sum(weights.weight[term] * p for term, p in pull.items()) / weights.known)
    return float(bool(fresh)), 0.0, nearest


def _dense_window(here: _Read, weight: Mapping[str, float], near_chars: float) -> float:
    """Largest sum of weights of matched terms around one of them, each fading with its distance."""
    places = [t for t in here.terms if t.term in weight][:60]
    densest = 0.0
    for centre in places:
        pull: dict[str, float] = {}
        for t in places:
            pull[t.term] = max(pull.get(t.term, 0.0), math.exp(-abs(t.start - centre.start) / (2 * near_chars)))
        densest = max(densest, sum(weight[term] * p for term, p in pull.items()))
    return densest
