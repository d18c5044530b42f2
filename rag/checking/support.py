"""A sentence and a passage -> the shortest stretch of the passage that carries the sentence, as a quote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.document import Document, Span
from rag.extractive.quoting import MAX_LIST_CHARS, MAX_QUOTE_CHARS, quote_list
from rag.figures.reading import Figure, Reading, figures, is_supported, supported_readings
from rag.loading.formats import is_markdown
from rag.splitting.chunks import split_sentences
from rag.text.analysis import content_terms
from rag.text.markup import plain

MAX_SENTENCES = 3
# A quote needs this share of the sentence's words, or one of its figures and the lower share.
_MIN_COVERAGE = 0.34
_MIN_COVERAGE_WITH_FIGURE = 0.1
# What a further sentence in the quote must bring, in share of words, to be worth its length.
_SENTENCE_COST = 0.12
_LIST_COST = 0.2
_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
_PIECE_END = re.compile(r"[、，；;,：:）)」』】]\s*|\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """`document.text[start:end]` as a quote for a sentence.

    Attributes:
        coverage: Share of the sentence's content words that stand in it, in [0, 1].
        n_figures: How many of the sentence's figures it holds.
        compared: False where sentence and passage are in different languages, so that words say nothing.
    """

    start: int
    end: int
    coverage: float
    n_figures: int
    compared: bool


class Passage:
    """A stretch of a document that a sentence may rest on; prepared once, asked for many sentences.

    Args:
        document: The document.
        start: Where the passage begins in its text.
        end: Where it ends.
        relevance: How well parts of it fit the question, where known; decides only between sentences that nothing
            else tells apart.
    """

    def __init__(
        self, document: Document, start: int, end: int, *, relevance: Sequence[tuple[Span, float]] = ()
    ) -> None:
        self.document = document
        text = document.text
        spans = split_sentences(text, start, end, markdown=is_markdown(document.format))
        self._spans = [piece for span in spans for piece in _pieces(text, span)]
        self._terms = [frozenset(content_terms(plain(text[span.start : span.end]))) for span in self._spans]
        self._readings = [supported_readings(text[span.start : span.end]) for span in self._spans]
        self._relevance = [
            max((score for part, score in relevance if part.start < span.end and span.start < part.end), default=0.0)
            for span in self._spans
        ]
        self._is_japanese = bool(_JAPANESE.search(text, start, end))

    def support(self, sentence: str) -> Support | None:
        """The shortest stretch of up to three sentences that carries most of the sentence; `None` if nothing does.

        Figures count first, then words. A list with its introduction is taken where it carries clearly more.

        Args:
            sentence: What is claimed, without marks.
        """
        claimed, terms = figures(sentence), frozenset(content_terms(plain(sentence)))
        compared = self._is_japanese == bool(_JAPANESE.search(sentence)) or _shares_words(terms, self._terms)
        best: tuple[tuple[float, ...], Support] | None = None
        for first in range(len(self._spans)):
            held: set[Reading] = set()
            found: frozenset[str] = frozenset()
            for n in range(1, MAX_SENTENCES + 1):
                last = first + n - 1
                if last >= len(self._spans) or self._spans[last].end - self._spans[first].start > MAX_QUOTE_CHARS:
                    break
                held |= self._readings[last]
                found |= self._terms[last] & terms
                support = self._support(
                    self._spans[first].start, self._spans[last].end, claimed, held, terms, found, compared
                )
                rank = (
                    float(support.n_figures),
                    support.coverage - _SENTENCE_COST * (n - 1),
                    max(self._relevance[first : last + 1]),
                    float(support.start - support.end),
                )
                if best is None or rank > best[0]:
                    best = rank, support
        if best is None:
            return None
        chosen = self._list_if_better(best[1], claimed, terms, compared)
        return chosen if _carries(chosen, claimed) else None

    def _support(
        self,
        start: int,
        end: int,
        claimed: Sequence[Figure],
        held: set[Reading],
        terms: frozenset[str],
        found: frozenset[str],
        compared: bool,
    ) -> Support:
        n_figures = sum(is_supported(figure, held) for figure in claimed)
        coverage = len(found) / len(terms) if terms else 0.0
        return Support(start=start, end=end, coverage=coverage, n_figures=n_figures, compared=compared)

    def _list_if_better(
        self, chosen: Support, claimed: Sequence[Figure], terms: frozenset[str], compared: bool
    ) -> Support:
        quoted = quote_list(self.document, chosen.start)
        if quoted is None or quoted.end - quoted.start > MAX_LIST_CHARS or quoted.end <= chosen.end:
            return chosen
        text = self.document.text[quoted.start : quoted.end]
        found = frozenset(content_terms(plain(text))) & terms
        whole = self._support(quoted.start, quoted.end, claimed, supported_readings(text), terms, found, compared)
        better = whole.n_figures > chosen.n_figures or whole.coverage >= chosen.coverage + _LIST_COST
        return whole if better else chosen


def _carries(support: Support, claimed: Sequence[Figure]) -> bool:
    if not support.compared:
        # No word can be compared across languages: figures must do, and a sentence without any is let pass as weak.
        return support.n_figures > 0 or not claimed
    if support.n_figures:
        return support.coverage >= _MIN_COVERAGE_WITH_FIGURE
    return support.coverage >= _MIN_COVERAGE


def _shares_words(terms: frozenset[str], sentences: Sequence[frozenset[str]]) -> bool:
    """Whether a sentence in another script has Latin words in common with the passage (names, abbreviations)."""
    latin = {term for term in terms if _LATIN_WORD.fullmatch(term)}
    return len(latin) > 1 and any(len(latin & sentence) > 1 for sentence in sentences)


def _pieces(text: str, span: Span) -> list[Span]:
    """A sentence as it is, or, where it is too long to be quoted, cut at commas and spaces."""
    if span.end - span.start <= MAX_QUOTE_CHARS:
        return [span]
    pieces, start, cut = [], span.start, span.start
    for boundary in _PIECE_END.finditer(text, span.start, span.end):
        if boundary.end() - start > MAX_QUOTE_CHARS // 2 and cut > start:
            pieces.append(Span(start, cut))
            start = cut
        cut = boundary.end()
    pieces.append(Span(start, span.end))
    return [
        Span(at, min(piece.end, at + MAX_QUOTE_CHARS))
        for piece in pieces
        for at in range(piece.start, piece.end, MAX_QUOTE_CHARS)
    ]
