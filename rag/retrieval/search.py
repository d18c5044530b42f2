"""A question -> hits: dense and lexical search, one score from exact features, filters, near-duplicates once."""

from __future__ import annotations

import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from rag.answer import Hit
from rag.retrieval.duplicates import authority, is_duplicate, is_official
from rag.retrieval.fusion import ChunkTerms, Evidence, Query
from rag.store.reader import DocumentRecord, Store, StoredChunk
from rag.text.language import language_of
from rag.vocabulary.terms import read_glossary
from rag.vocabulary.thesaurus import thesaurus

if TYPE_CHECKING:
    from langchain_core.documents import Document

    from rag.config import Retrieval, Settings
    from rag.embedding.model import Vector
    from rag.index.opening import Index
    from rag.retrieval.filters import Filter
    from rag.vectors.dense import VectorSearch

# Chunks that each way of searching proposes, at least. 30, 50, 80 and 200 give the same nDCG@10 on the open questions.
_N_PROPOSED = 30
_PROPOSED_PER_HIT = 2
# A document in the language of the question goes before one in another that says it as well. Small, so that the only
# source is found in whatever language it is. Not fitted.
_OTHER_LANGUAGE = 0.05
# An official text goes before a restatement that says it about as well. Not fitted.
_OFFICIAL = 0.02
# Chunks whose terms are kept, per store: about 10 KB each.
_N_KEPT = 6000
_SCORE_DIGITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A hit with what the answerers read beside it.

    Attributes:
        hit: What users get.
        stored: The chunk, its text and its vectors.
        record: Its document, without the text.
        dense: Cosine of question and chunk (its context included), in [-1, 1].
        coverage: Share of the question's terms that stand in the chunk or its context, weighted by rarity, in [0, 1].
        sentence_dense: Cosine of question and each of `stored.chunk.sentences`.
        sentence_coverage: The same share for each sentence, its chunk's context counted in.
        features: What the fused score is made of, in the order of `rag.retrieval.fusion.FEATURES`.
        duplicates: Ids of further documents that hold (almost) the same passage, best first.
    """

    hit: Hit
    stored: StoredChunk
    record: DocumentRecord
    dense: float
    coverage: float
    sentence_dense: tuple[float, ...]
    sentence_coverage: tuple[float, ...]
    features: tuple[float, ...]
    duplicates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A chunk in a ranking; `row` is its row of the evidence."""

    score: float
    stored: StoredChunk
    record: DocumentRecord
    terms: ChunkTerms
    row: int
    duplicates: tuple[str, ...] = ()


class Retriever:
    """Searches an open index. Safe to share between threads; holds nothing open itself.

    `settings.retrieval` chooses what a hit's score is, higher being better, always in [0, 1]:

    - `hybrid`: weighted mean of cosines and shares of the question's terms (`rag.retrieval.fusion`), less 0.05 where
      the document is in another language than the question, 0.02 more for an official text. Comparable between
      questions.
    - `dense`: the chunk's cosine, 0 where negative.
    - `lexical`: BM25 divided by the most that any text could get for the question's terms.
    """

    def __init__(self, index: Index, settings: Settings) -> None:
        self._index = index
        self._settings = settings

    def search(self, query: str, *, k: int | None = None, filter: Filter | None = None) -> list[Candidate]:
        """The best chunks for a query, best first; near-duplicates once. Fewer than `k` where there are no more.

        Args:
            query: A question that stands on its own.
            k: Most hits, >= 1; default `settings.top_k`.
            filter: Only these documents compete.

        Raises:
            ValueError: If `k` is below 1.
        """
        k = self._settings.top_k if k is None else k
        if k < 1:
            raise ValueError(f"k={k} must be at least 1")
        store, vectors = self._index.snapshot()
        documents = store.select_documents(filter)
        if documents == [] or store.n_chunks == 0:
            return []
        search = _Search(store, vectors, query, self._index.model.embed_query(embeddable(query)))
        n = max(_N_PROPOSED, _PROPOSED_PER_HIT * k)
        return search.candidates(search.ranked(self._settings.retrieval, n, documents), k)

    def candidates_of(self, documents: Sequence[Document], query: str) -> list[Candidate]:
        """Candidates for what another retriever has found, in its order, near-duplicates once.

        Args:
            documents: LangChain documents whose metadata names an indexed passage: `document_id`, `start`, `end`.
                One that stands in no indexed document is left out.
            query: What was searched for.
        """
        store, vectors = self._index.snapshot()
        keys = dict.fromkeys(_chunk_at(store, document.metadata) for document in documents)
        search = _Search(store, vectors, query, self._index.model.embed_query(embeddable(query)))
        found = {item.stored.key: item for item in search.scored([key for key in keys if key is not None])}
        return search.candidates([found[key] for key in keys if key in found], len(found))


class _Search:
    """One query against one generation."""

    def __init__(self, store: Store, vectors: VectorSearch, query: str, vector: Vector) -> None:
        self._store = store
        self._vectors = vectors
        self._vector = vector
        self._shared = _shared_of(store)
        self._query = Query(query, [*self._shared.glossary.expansions(query), *thesaurus().expansions(query)])
        self._language = language_of(query)
        self._n_chunks = store.n_chunks
        self._frequencies = store.document_frequency((*self._query.terms, *self._query.other_terms))
        self._evidence: Evidence | None = None
        self._bm25: dict[int, float] = {}

    def ranked(self, way: Retrieval, n: int, documents: Collection[int] | None) -> list[_Found]:
        """At least the n best by the way chosen, where there are as many, best first."""
        if way == "lexical":
            most = self._most_bm25()
            return self.scored(self._lexical(n, documents), {key: bm25 / most for key, bm25 in self._bm25.items()})
        dense = self._vectors.search(self._vector, n, documents)
        if way == "dense":
            return self.scored([key for key, _ in dense], dict(dense))
        others = self._store.lexical(self._query.other_terms, n, documents)
        proposed = [*self._lexical(n, documents), *(key for key, _ in (*dense, *others))]
        return self.scored(list(dict.fromkeys(proposed)))

    def scored(self, keys: Sequence[int], scores: Mapping[int, float] | None = None) -> list[_Found]:
        """The chunks by given scores, or else by the fused one, best first; ties by document and place."""
        records = self._shared.records
        stored = [chunk for chunk in self._store.chunks(keys) if chunk.document_key in records]
        if not stored:
            return []
        terms = self._shared.terms_of(stored)
        self._evidence = self._query.evidence(self._vector, stored, terms, self._frequencies, self._n_chunks)
        fused = self._evidence.scores.tolist()
        found = []
        for row, chunk in enumerate(stored):
            record = records[chunk.document_key]
            score = fused[row] + self._preference(record) if scores is None else scores[chunk.key]
            score = round(min(max(score, 0.0), 1.0), _SCORE_DIGITS)
            found.append(_Found(score=score, stored=chunk, record=record, terms=terms[row], row=row))
        return sorted(found, key=lambda item: (-item.score, item.record.document_id, item.stored.chunk.start))

    def candidates(self, ranked: Sequence[_Found], k: int) -> list[Candidate]:
        """The k best of a ranking made by `scored`, near-duplicates put together."""
        kept = _without_duplicates(ranked, k)
        unknown = [item.stored.key for item in kept if item.stored.key not in self._bm25]
        bm25 = self._bm25 | self._store.lexical_scores(self._query.terms, unknown)
        return [self._candidate(item, rank, bm25.get(item.stored.key, 0.0)) for rank, item in enumerate(kept, start=1)]

    def _lexical(self, n: int, documents: Collection[int] | None) -> list[int]:
        self._bm25 = dict(self._store.lexical(self._query.terms, n, documents))
        return list(self._bm25)

    def _candidate(self, found: _Found, rank: int, bm25: float) -> Candidate:
        evidence = self._evidence
        assert evidence is not None
        dense = float(evidence.cosines[found.row])
        return Candidate(
            hit=_hit(found, rank, dense, bm25),
            stored=found.stored,
            record=found.record,
            dense=dense,
            coverage=float(evidence.coverages[found.row]),
            sentence_dense=tuple(evidence.sentence_cosines[found.row].tolist()),
            sentence_coverage=tuple(evidence.sentence_coverages[found.row].tolist()),
            features=tuple(evidence.features[found.row].tolist()),
            duplicates=found.duplicates,
        )

    def _preference(self, record: DocumentRecord) -> float:
        """What the fused score gains or loses by what the document is."""
        gain = _OFFICIAL if is_official(record) else 0.0
        if self._language is None or record.language is None or record.language.startswith(self._language):
            return gain
        return gain - _OTHER_LANGUAGE

    def _most_bm25(self) -> float:
        """What `Store.lexical` stays below for these terms: each in a text of nothing else, endlessly often."""
        k1 = 1.2
        frequencies = np.array([self._frequencies[term] for term in self._query.terms])
        idf = np.log((self._n_chunks - frequencies + 0.5) / (frequencies + 0.5))
        return float(np.maximum(idf, 1e-6).sum()) * (k1 + 1)  # 1e-6 is SQLite's own floor


class _Shared:
    """What the searches of one revision share: documents and glossary, and the terms of chunks met before."""

    def __init__(self, store: Store, revision: int, terms: OrderedDict[int, ChunkTerms]) -> None:
        self.revision = revision
        self.records = {record.key: record for record in store.records()}
        self.glossary = read_glossary(store)
        self.terms = terms
        self._lock = threading.Lock()

    def terms_of(self, stored: Sequence[StoredChunk]) -> list[ChunkTerms]:
        """Terms of the chunks; those of chunks met lately are not read again (a chunk never changes)."""
        with self._lock:
            known = {chunk.key: self.terms.pop(chunk.key, None) for chunk in stored}
        found = {chunk.key: known[chunk.key] or ChunkTerms(chunk) for chunk in stored}
        with self._lock:
            self.terms.update(found)
            while len(self.terms) > _N_KEPT:
                self.terms.popitem(last=False)
        return [found[chunk.key] for chunk in stored]


_sharing = threading.Lock()
_shared: WeakKeyDictionary[Store, _Shared] = WeakKeyDictionary()


def _shared_of(store: Store) -> _Shared:
    revision = store.revision
    with _sharing:
        shared = _shared.get(store)
        if shared is None or shared.revision != revision:
            shared = _Shared(store, revision, shared.terms if shared is not None else OrderedDict())
            _shared[store] = shared
    return shared


def _without_duplicates(ranked: Sequence[_Found], k: int) -> list[_Found]:
    """The k best; of near-duplicates the one from the best document, at the place of the first."""
    kept: list[_Found] = []
    for item in ranked:
        twin = next((i for i, other in enumerate(kept) if is_duplicate(item.terms.words, other.terms.words)), None)
        if twin is not None:
            kept[twin] = _joined(kept[twin], item)
        elif len(kept) < k:
            kept.append(item)
        else:
            break
    return kept


def _joined(first: _Found, second: _Found) -> _Found:
    best, other = (second, first) if authority(second.record) > authority(first.record) else (first, second)
    ids = dict.fromkeys((*first.duplicates, *second.duplicates, other.record.document_id))
    ids.pop(best.record.document_id, None)
    return replace(best, score=first.score, duplicates=tuple(ids))


def _hit(found: _Found, rank: int, dense: float, bm25: float) -> Hit:
    record, chunk = found.record, found.stored.chunk
    return Hit(
        rank=rank,
        score=found.score,
        dense_score=round(dense, _SCORE_DIGITS),
        lexical_score=round(bm25, _SCORE_DIGITS),
        document_id=record.document_id,
        path=record.path,
        root=record.root,
        title=record.title,
        text=found.stored.text,
        start=chunk.start,
        end=chunk.end,
        section=chunk.section,
        page=chunk.page,
        language=record.language,
        date=record.date,
        kind=record.kind,
        status=record.status,
        publisher=record.publisher,
        url=record.url,
    )


def _chunk_at(store: Store, metadata: Mapping[str, Any]) -> int | None:
    """Key of the chunk that shares most with the passage that the metadata names; `None` where none does."""
    document_id, start, end = (metadata.get(field) for field in ("document_id", "start", "end"))
    if not isinstance(start, int) or not isinstance(end, int):
        return None
    key = next((record.key for record in _shared_of(store).records.values() if record.document_id == document_id), None)
    if key is None:
        return None
    shared = {
        chunk.key: min(end, chunk.chunk.end) - max(start, chunk.chunk.start)
        for chunk in store.chunks(store.chunk_keys(key))
    }
    best = max(shared, key=lambda key: (shared[key], -key), default=None)
    return best if best is not None and shared[best] > 0 else None


def embeddable(query: str) -> str:
    """A query as it is embedded: full-width letters and the like as the model knows them."""
    return unicodedata.normalize("NFKC", query)
