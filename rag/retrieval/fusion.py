"""Exact features of the chunks found for a question, and one score from them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rag.store.reader import StoredChunk
from rag.text.analysis import analyse, content_terms, is_stop
from rag.text.markup import plain_sentence
from rag.vocabulary.terms import Expansion

Row = NDArray[np.float64]

# Columns of `Evidence.features` and of the weights: the chunk's cosine (its context is embedded with it), the share of
# the question's terms that stand in it, the share of the question's neighbouring terms that are neighbours in it,
# and of its best sentence the cosine and the share of terms (those of the context count as said by every sentence).
FEATURES = ("cosine", "coverage", "pairs", "sentence_cosine", "sentence_coverage")
_SENTENCE = slice(3, 5)
_PAIRS = 2

# `python -m eval fit squad-open.jsonl` and `… jsquad-open.jsonl`: listwise logistic regression on half of the titles,
# divided by its sum; the second with `--reworded` questions. The bundled model reads Japanese word by word only, hence
# the two rows; the second also weighs a Japanese passage found for an English question.
_WEIGHTS_LATIN = (0.30, 0.07, 0.12, 0.31, 0.20)
_WEIGHTS_CJK = (0.39, 0.38, 0.05, 0.18, 0.00)

# What a single kanji of the question counts for, of the least rare of its pairs that holds it: a compound is often
# written otherwise in the document (発売 as 販売, 人口 as 人々). Of 0.25, 0.5 and 0.75 the best on the half fitted.
_KANJI_WEIGHT = 0.5

_ASCII = "\x7f"
_KANJI = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_LETTER = re.compile(r"[^\W\d_]")


class ChunkTerms:
    """Search terms of one chunk by sentence; never changes, since a chunk does not.

    Attributes:
        n_sentences: Sentences of the chunk, at least one.
        pairs: Neighbouring terms of its text, function words and Japanese left out, joined by a space.
        words: All terms of its text in order, those of the context left out.
        is_cjk: Whether most of them are Japanese or Chinese.
    """

    __slots__ = ("_places", "is_cjk", "n_sentences", "pairs", "words")

    def __init__(self, stored: StoredChunk) -> None:
        chunk = stored.chunk
        self.n_sentences = len(chunk.sentences)
        about = analyse(chunk.context)
        places: dict[str, int] = dict.fromkeys((*about, *_kanji_of(about)), (1 << self.n_sentences) - 1)
        pairs: list[str] = []
        words: list[str] = []
        for i, span in enumerate(chunk.sentences):
            found = analyse(plain_sentence(stored.text[span.start - chunk.start : span.end - chunk.start]))
            for term in (*found, *_kanji_of(found)):
                places[term] = places.get(term, 0) | 1 << i
            words += found
            pairs += neighbours(found)
        self._places = places
        self.pairs = frozenset(pairs)
        self.words = tuple(words)
        self.is_cjk = 2 * sum(map(_is_cjk, words)) > len(words)

    def sentences_with(self, term: str) -> int:
        """Sentences that hold a term, or whose context does, as the bits of a number."""
        return self._places.get(term, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was found in n chunks.

    Attributes:
        features: `(n, len(FEATURES))`.
        scores: `(n,)`, in [0, 1].
        sentence_cosines: For each chunk its sentences' cosines.
        sentence_coverages: For each chunk its sentences' shares of the question's terms.
    """

    features: Row
    scores: Row
    sentence_cosines: tuple[Row, ...]
    sentence_coverages: tuple[Row, ...]

    @property
    def cosines(self) -> Row:
        """For each chunk its cosine with the question, in [-1, 1]."""
        return self.features[:, 0]

    @property
    def coverages(self) -> Row:
        """For each chunk the share of the question's terms that stand in it, by weight, in [0, 1]."""
        return self.features[:, 1]


class Query:
    """A question as it is matched: terms with their weights, pairs of neighbours, other names.

    Args:
        text: The question.
        expansions: Other names of what it names.
    """

    def __init__(self, text: str, expansions: Sequence[Expansion] = ()) -> None:
        self.text = text
        self.terms = tuple(content_terms(text))
        self._kanji = tuple(kanji for kanji in dict.fromkeys(_kanji_of(self.terms)) if kanji not in self.terms)
        own = set(self.terms)
        self._expansions = [expansion for expansion in expansions if own.intersection(expansion.terms)]
        self.other_terms = tuple(
            dict.fromkeys(term for e in self._expansions for other in e.others for term in other if term not in own)
        )
        self.pairs = tuple(dict.fromkeys(neighbours(analyse(text))))

    @cached_property
    def cjk_share(self) -> float:
        """Share of Japanese and Chinese characters among the question's letters, in [0, 1]."""
        n_letters = len(_LETTER.findall(self.text))
        return min(1.0, len(_CJK.findall(self.text)) / n_letters) if n_letters else 0.0

    def weights(self, chunks: Sequence[ChunkTerms]) -> Row:
        """Weights of `FEATURES` for each chunk, `(n, len(FEATURES))`, by the script of question and chunk, of sum 1.

        A question without pairs of neighbours has no weight on them.
        """
        share = np.array([max(self.cjk_share, float(chunk.is_cjk)) for chunk in chunks])[:, None]
        weights = (1 - share) * np.array(_WEIGHTS_LATIN) + share * np.array(_WEIGHTS_CJK)
        if not self.pairs:
            weights[:, _PAIRS] = 0.0
        normalised: Row = weights / weights.sum(axis=1, keepdims=True)
        return normalised

    def evidence(
        self,
        vector: NDArray[np.float32],
        stored: Sequence[StoredChunk],
        terms: Sequence[ChunkTerms],
        frequencies: Mapping[str, int],
        n_chunks: int,
    ) -> Evidence:
        """What the chunks hold for this question.

        Args:
            vector: The question's `(dim,)`.
            stored: The chunks, at least one.
            terms: Theirs.
            frequencies: In how many chunks of the store each of `self.terms` and `self.other_terms` stands.
            n_chunks: Chunks in the store.
        """
        counts = [chunk.n_sentences for chunk in terms]
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.intp)
        matched = self._matched(terms, starts, sum(counts))
        idf = self._idf(frequencies, n_chunks)
        cosines = np.stack([chunk.vector for chunk in stored]).astype(np.float64) @ vector
        sentence_cosines = np.concatenate([chunk.sentence_vectors for chunk in stored]).astype(np.float64) @ vector
        sentence_coverages = self._coverages(matched, idf)
        coverages = self._coverages(np.maximum.reduceat(matched, starts, axis=0), idf)
        weights = self.weights(terms)
        of_sentence = np.repeat(weights[:, _SENTENCE], counts, axis=0)
        best = _first_of_largest((of_sentence * np.column_stack([sentence_cosines, sentence_coverages])).sum(1), starts)
        pairs = self._pair_shares(terms, idf)
        features = np.column_stack([cosines, coverages, pairs, sentence_cosines[best], sentence_coverages[best]])
        return Evidence(
            features=features,
            # Comparable between questions: a weighted mean of shares and cosines.
            scores=np.clip((features * weights).sum(axis=1), 0.0, 1.0),
            sentence_cosines=tuple(np.split(sentence_cosines, starts[1:])),
            sentence_coverages=tuple(np.split(sentence_coverages, starts[1:])),
        )

    @cached_property
    def _columns(self) -> dict[str, int]:
        """Terms that are looked for, with their columns: own ones, single kanji, other names."""
        # A single kanji may be another name too: each term has one column, own ones first.
        looked_for = dict.fromkeys((*self.terms, *self._kanji, *self.other_terms))
        return {term: column for column, term in enumerate(looked_for)}

    def _idf(self, frequencies: Mapping[str, int], n_chunks: int) -> Row:
        known = (*self.terms, *self.other_terms)
        weight = dict(
            zip(known, idf_weights([frequencies.get(term, 0) for term in known], n_chunks).tolist(), strict=True)
        )
        for kanji in self._kanji:
            weight[kanji] = _KANJI_WEIGHT * min(weight[term] for term in self.terms if kanji in term)
        return np.array([weight[term] for term in self._columns])

    def _matched(self, chunks: Sequence[ChunkTerms], starts: NDArray[np.intp], n_sentences: int) -> NDArray[np.bool_]:
        """Which sentence (row) holds which term (column)."""
        matched = np.zeros((n_sentences, len(self._columns)), dtype=np.bool_)
        for start, chunk in zip(starts.tolist(), chunks, strict=True):
            for term, column in self._columns.items():
                bits, row = chunk.sentences_with(term), start
                while bits:
                    if bits & 1:
                        matched[row, column] = True
                    bits >>= 1
                    row += 1
        return matched

    def _coverages(self, matched: NDArray[np.bool_], idf: Row) -> Row:
        """Share of the question's terms in each row, by weight; another name stands in for the question's."""
        n_own = len(self.terms) + len(self._kanji)
        total = idf[:n_own].sum()
        if total == 0:
            return np.zeros(len(matched))
        covered = matched[:, :n_own] @ idf[:n_own]
        for expansion in self._expansions:
            named = [self._columns[term] for term in self._own(expansion.terms)]
            best = np.zeros(len(matched))
            for other in expansion.others:
                columns = [self._columns[term] for term in other]
                best = np.maximum(best, matched[:, columns] @ idf[columns] / idf[columns].sum())
            covered += np.maximum(0.0, expansion.counts * best * idf[named].sum() - matched[:, named] @ idf[named])
        shares: Row = np.minimum(covered / total, 1.0)
        return shares

    def _own(self, terms: Sequence[str]) -> list[str]:
        """Those of the question's terms and kanji that belong to these terms."""
        own = {*self.terms, *self._kanji}
        return [term for term in dict.fromkeys((*terms, *_kanji_of(terms))) if term in own]

    def _pair_shares(self, chunks: Sequence[ChunkTerms], idf: Row) -> Row:
        if not self.pairs:
            return np.zeros(len(chunks))
        weight = dict(zip(self.terms, idf, strict=False))
        rarity = [sum(weight.get(term, 0.0) for term in pair.split(" ")) for pair in self.pairs]
        total = sum(rarity) or 1.0
        shares = [sum(w for pair, w in zip(self.pairs, rarity, strict=True) if pair in c.pairs) / total for c in chunks]
        return np.array(shares)


def _kanji_of(terms: Iterable[str]) -> list[str]:
    """The single kanji of Japanese terms of more than one character."""
    return [char for term in terms if len(term) == 2 and term > _ASCII for char in term if _KANJI.match(char)]


def neighbours(terms: Sequence[str]) -> list[str]:
    """Pairs of neighbouring terms, joined by a space; function words are passed over.

    Japanese takes no part: its bigrams overlap, so that they say by themselves what stands beside what.
    """
    kept = [term for term in terms if _takes_part(term)]
    return [f"{a} {b}" for a, b in pairwise(kept)]


@lru_cache(maxsize=65_536)
def _is_cjk(term: str) -> bool:
    return _CJK.match(term) is not None


@lru_cache(maxsize=65_536)
def _takes_part(term: str) -> bool:
    return not _is_cjk(term) and not is_stop(term)


def idf_weights(frequencies: Sequence[int], n_chunks: int) -> Row:
    """Weight of terms by their rarity, > 0: ln(1 + (N - n + 0.5) / (n + 0.5)).

    Reference: Robertson and Zaragoza, The Probabilistic Relevance Framework (2009); 1 + as in Lucene.
    """
    n = np.minimum(np.array(frequencies, dtype=np.float64), n_chunks)
    return np.log1p((n_chunks - n + 0.5) / (n + 0.5))


def _first_of_largest(values: Row, starts: NDArray[np.intp]) -> NDArray[np.intp]:
    """Index of the largest value of each segment, the first where several are."""
    ends = [*starts[1:].tolist(), len(values)]
    return np.array([start + int(values[start:end].argmax()) for start, end in zip(starts.tolist(), ends, strict=True)])
