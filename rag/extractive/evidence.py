"""Candidates into evidence: every sentence of the passages found, scored by how likely it answers the question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from rag.extractive.answer_weights import SENTENCE_WEIGHTS
from rag.extractive.asked import embedded_words
from rag.extractive.quoting import points_back
from rag.extractive.sentence_features import (
    FEATURES,
    OTHERWISE,
    Passage,
    Sentence,
    TermWeights,
    nearness,
    sentence_rows,
    term_weights,
    terms_weighed,
)
from rag.loading.formats import is_markdown
from rag.questions.kinds import question_language
from rag.questions.reading import Question
from rag.text.blocks import scan_blocks
from rag.text.headings import asked_by
from rag.text.located import located_terms
from rag.text.markup import plain_sentence
from rag.vocabulary.terms import Expansion, Glossary, read_glossary
from rag.vocabulary.thesaurus import thesaurus

if TYPE_CHECKING:
    from rag.embedding.model import EmbeddingModel, Vector
    from rag.retrieval.search import Candidate
    from rag.store.reader import DocumentRecord, Store


class Aligned(NamedTuple):
    """How well the question's words find counterparts in a sentence, in [-1, 1]; see `alignment.alignments`."""

    own: float = 0.0
    around: float = 0.0
    least: float = 0.0


NOT_ALIGNED = Aligned()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """One sentence of a passage: `document.text[start:end]`.

    Attributes:
        text: As shown, without markup and list mark.
        score: How likely it answers, on a scale on which a difference of 1 is e times the odds.
        features: Its row of `sentence_features.FEATURES`.
        kind: Kind of its block: `paragraph`, `item`, `row`.
        near: By term of the question, how near the sentence comes to that word in meaning, in [0, 1].
        lead: What stands before it in its passage: the introduction of its list, or the sentence before.
        aligned: How well the question's words find counterparts in it.
    """

    candidate: Candidate
    start: int
    end: int
    text: str
    lead: str
    kind: str
    score: float
    features: NDArray[np.float64]
    near: Mapping[str, float]
    aligned: Aligned = NOT_ALIGNED

    @property
    def record(self) -> DocumentRecord:
        """The document it stands in."""
        return self.candidate.record

    @property
    def written(self) -> str:
        """The sentence as it stands in the document."""
        stored = self.candidate.stored
        return stored.text[self.start - stored.chunk.start : self.end - stored.chunk.start]

    @property
    def answering(self) -> str:
        """The sentence behind the question that it stands under, where that is one."""
        asked = asked_by(self.candidate.stored.chunk.section)
        return f"{asked} {self.text}" if asked else self.text

    @property
    def headings(self) -> str:
        """Title and headings that it stands under."""
        return f"{self.record.title}\n{self.candidate.stored.chunk.section or ''}"

    @property
    def surroundings(self) -> str:
        """Its passage with title and headings."""
        stored = self.candidate.stored
        return f"{self.record.title}\n{stored.chunk.section or ''}\n{stored.chunk.context}\n{stored.text}"

    @property
    def unsaid(self) -> bool:
        """Whether it only says that something is not known."""
        return self.feature("unsaid") > 0

    @property
    def says_all(self) -> bool:
        """Whether it has each word of the question, and the form of its answer."""
        return self.feature("largest_missing") <= 0 and self.feature("no_answer_form") <= 0

    def feature(self, name: str) -> float:
        """One of its features by name."""
        return float(self.features[FEATURES.index(name)])


def weigh(question: Question, store: Store) -> TermWeights:
    """Weights of the question's terms in this index, with the other names of what it names."""
    expansions = _glossary(store).expansions(question.text)
    same = [(frozenset(one.terms), frozenset(other)) for one in expansions for other in one.others]
    return term_weights(question, store.document_frequency(terms_weighed(question)), store.n_chunks, same)


def _glossary(store: Store) -> Glossary:
    """The glossary of what is indexed now, kept until the store's revision moves."""
    revision = store.revision
    known = _GLOSSARIES.get(store)
    if known is None or known[0] != revision:
        known = _GLOSSARIES[store] = (revision, read_glossary(store))
    return known[1]


_GLOSSARIES: WeakKeyDictionary[Store, tuple[int, Glossary]] = WeakKeyDictionary()


def word_vectors(question: Question, model: EmbeddingModel) -> Mapping[str, Vector]:
    """Vectors of the question's words, by term."""
    vectors = embedded_words([word for _, word in question.words], model)
    return {term: vectors[word] for term, word in question.words}


def gather(
    question: Question,
    candidates: Sequence[Candidate],
    weights: TermWeights,
    words: Mapping[str, Vector],
    vector: Vector | None = None,
) -> list[Evidence]:
    """Evidence of the candidates, best first.

    Args:
        question: The question.
        candidates: Passages, best first.
        weights: Weights of its terms.
        words: Vectors of its words, by term.
        vector: The question's own vector, where the candidates were found with other words.
    """
    read = [_quotable(candidate) for candidate in candidates]
    synonyms = thesaurus().expansions(question.text, wordings=True)
    passages = [
        _passage(synonyms, candidate, sentences, words, vector)
        for candidate, sentences in zip(candidates, read, strict=True)
    ]
    rows = sentence_rows(question, passages, weights)
    scores = SENTENCE_WEIGHTS[question.language].score(rows)
    evidence = []
    i = 0
    for p, (candidate, sentences) in enumerate(zip(candidates, read, strict=True)):
        for n, (k, kind, text, lead) in enumerate(sentences):
            span = candidate.stored.chunk.sentences[k]
            score = float(scores[i]) - _UNSAID * rows[i, FEATURES.index("unsaid")]
            evidence.append(
                Evidence(
                    candidate=candidate, start=span.start, end=span.end, text=text, lead=lead, kind=kind, score=score,
                    features=rows[i], near=nearness(passages[p].sentences[n].near),
                )
            )  # fmt: skip
            i += 1
    return sorted(evidence, key=lambda e: -e.score)


# What a sentence loses that only says that something is not known. Not fitted: encyclopaedias have few of them.
_UNSAID = 1.5


def _near(synonyms: Sequence[Expansion], text: str, cosines: Mapping[str, float]) -> Mapping[str, float]:
    """Cosines of a sentence with the question's words, those included that it says in other words."""
    held = {located.term for located in located_terms(text)}
    near = dict(cosines)
    for one in synonyms:
        if not held.issuperset(one.terms) and any(held.issuperset(other) for other in one.others):
            near |= {term: max(near.get(term, 0.0), OTHERWISE) for term in one.terms}
    return near


def _passage(
    synonyms: Sequence[Expansion],
    candidate: Candidate,
    sentences: Sequence[tuple[int, str, str, str]],
    words: Mapping[str, Vector],
    vector: Vector | None,
) -> Passage:
    stored = candidate.stored
    asked = asked_by(stored.chunk.section)
    near = stored.sentence_vectors @ np.stack(list(words.values())).T if words else None
    cosines = candidate.sentence_dense if vector is None else (stored.sentence_vectors @ vector).tolist()
    return Passage(
        about=f"{candidate.record.title}\n{stored.chunk.section or ''}\n{stored.chunk.context}",
        score=candidate.hit.score,
        cosine=candidate.dense if vector is None else float(stored.vector @ vector),
        sentences=[
            Sentence(
                text=_read_as(kind, lead, text, asked),
                lead=lead,
                cosine=cosines[k],
                near=_near(
                    synonyms,
                    f"{asked} {text}" if asked else text,
                    {} if near is None else dict(zip(words, near[k].tolist(), strict=True)),
                ),
            )
            for k, kind, text, lead in sentences
        ],
    )


def _read_as(kind: str, lead: str, text: str, asked: str | None) -> str:
    """A sentence with what is read with it: the question that it stands under, the one before that it points to."""
    read = f"{lead} {text}" if kind == "paragraph" and points_back(text) else text
    return f"{asked} {read}" if asked else read


def speaks(evidence: Evidence) -> str:
    """Language of a sentence."""
    return question_language(evidence.text)


def _quotable(candidate: Candidate) -> list[tuple[int, str, str, str]]:
    """(position, block kind, text, lead) of the chunk's sentences that can be quoted: no headings, rules, code."""
    chunk, text = candidate.stored.chunk, candidate.stored.text
    blocks = scan_blocks(text, markdown=is_markdown(candidate.record.format))
    found: list[tuple[int, str, str, str]] = []
    introduction = header = previous = ""
    i = 0
    for k, span in enumerate(chunk.sentences):
        at = span.start - chunk.start
        while i + 1 < len(blocks) and blocks[i + 1].start <= at:
            i += 1
            if blocks[i].kind == "header":  # of a table: no sentence, but what tells its columns apart
                header = plain_sentence(text[blocks[i].start : blocks[i].end])
        kind = blocks[i].kind if blocks and blocks[i].start <= at < blocks[i].end else "paragraph"
        shown = plain_sentence(text[at : span.end - chunk.start])
        if kind in ("heading", "mark", "code", "header") or not any(c.isalnum() for c in shown):
            continue
        if kind in ("item", "row"):
            introduction = introduction or previous or chunk.context
            found.append((k, kind, shown, f"{introduction} {header}".strip() if kind == "row" else introduction))
        else:
            introduction = header = ""
            found.append((k, kind, shown, previous))
            previous = shown
    return found
