"""A loaded document -> what the store takes: chunks, search terms and vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from rag.answer import FileReport
from rag.config import Root, Settings
from rag.document import Chunk, Document
from rag.embedding.model import EmbeddingModel, Vector
from rag.loading.loader import Loaded
from rag.splitting.chunks import Splitter, embedded_text
from rag.store.writer import PreparedChunk, PreparedDocument
from rag.text.analysis import analyse
from rag.text.headings import asked_by
from rag.text.markup import plain, plain_sentence

# Texts embedded between two reports of progress: some seconds' work.
_SLICE = 128


class Unfit(Exception):  # noqa: N818 - an outcome, not an error
    """A document that was read cannot be indexed: `code` for programs, `reason` as one sentence for people."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason

    def report(self, root: Root, path: str) -> FileReport:
        return FileReport(path=path, root=root, verdict="rejected", code=self.code, reason=self.reason)


class Preparer:
    """Splits, analyses and embeds, by one model."""

    def __init__(self, settings: Settings, model: EmbeddingModel) -> None:
        self._model = model
        self._max_chunks = settings.max_document_chunks
        self._splitter = Splitter(model.count_tokens, model.max_tokens)

    def prepare(self, loaded: Loaded) -> PreparedDocument:
        """Everything but the vectors.

        Raises:
            Unfit: With code `too_many_chunks`.
        """
        document = loaded.document
        chunks = self._splitter.split(document)
        if len(chunks) > self._max_chunks:
            raise Unfit(
                "too_many_chunks",
                f"The text makes {len(chunks):,} chunks; the limit of one document is {self._max_chunks:,} "
                "(RAG_MAX_DOCUMENT_CHUNKS).",
            )
        return PreparedDocument(
            document=document,
            boxes=loaded.boxes,
            title_terms=title_terms(document),
            chunks=tuple(self._prepared_chunk(chunk, document.text) for chunk in chunks),
        )

    def _prepared_chunk(self, chunk: Chunk, text: str) -> PreparedChunk:
        return PreparedChunk(
            chunk=chunk,
            embedded=embedded_text(chunk, text),
            sentences=tuple(
                self._embedded_sentence(chunk, plain_sentence(text[span.start : span.end])) for span in chunk.sentences
            ),
            context_terms=_terms(chunk.context),
            body_terms=_terms(plain(text[chunk.start : chunk.end])),
        )

    def _embedded_sentence(self, chunk: Chunk, sentence: str) -> str:
        """What is embedded for a sentence: itself, behind the heading that it answers where that is a question."""
        asked = asked_by(chunk.section)
        if asked is None or sentence == asked:
            return sentence
        answered = f"{asked} {sentence}"
        return answered if self._model.count_tokens(answered) <= self._model.max_tokens else sentence

    def embed(self, texts: Sequence[str], report: Callable[[], None] | None = None) -> dict[str, Vector]:
        """Vectors of the texts; `report` is called now and then.

        Raises:
            Unfit: If a text is longer than the model reads, or its vector is no finite number.
        """
        vectors: dict[str, Vector] = {}
        by_length = sorted(texts, key=len)
        for start in range(0, len(by_length), _SLICE):
            if report is not None:
                report()
            part = by_length[start : start + _SLICE]
            try:
                rows = self._model.embed_passages(part)
            except ValueError as exc:
                raise Unfit(
                    "too_long_for_model", f"A passage is longer than the embedding model reads: {exc}."
                ) from exc
            if not np.isfinite(rows).all():
                raise Unfit("bad_vector", "The embedding model gave a vector that is no finite number.")
            vectors.update(zip(part, rows, strict=True))
        return vectors


def title_terms(document: Document) -> str:
    """Search terms of a document's titles, joined by spaces."""
    return _terms(f"{document.title}\n{document.title_ja or ''}")


def _terms(text: str) -> str:
    return " ".join(analyse(text))
