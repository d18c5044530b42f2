"""The index as its readers see it: opened, checked against the settings, followed while a writer changes it."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import NamedTuple

from rag.config import Settings
from rag.document import Document
from rag.embedding.choice import load_embedding_model
from rag.embedding.model import EmbeddingModel
from rag.errors import CorpusError, IndexDamagedError, IndexStoreError
from rag.store.generation import current_generation
from rag.store.passport import check_passport, make_passport
from rag.store.reader import Store
from rag.vectors.dense import ExactVectors, VectorSearch

logger = logging.getLogger(__name__)

_OPEN_ATTEMPTS = 5


class Snapshot(NamedTuple):
    """One generation, open: use both parts of one snapshot for one question."""

    store: Store
    vectors: VectorSearch


class Index:
    """An open index. Safe to share between threads; a context manager.

    A rebuild by another process is followed by `refresh` (or `snapshot`); a question in progress goes on with the
    generation that it began with, which stays on disk until then.
    """

    def __init__(self, settings: Settings, *, long_lived: bool, model: EmbeddingModel | None = None) -> None:
        self.settings = settings
        self.model: EmbeddingModel = model or load_embedding_model(settings)
        self._long_lived = long_lived
        self._switching = threading.Lock()
        self._open = self._open_current()

    @classmethod
    def open(cls, settings: Settings, *, long_lived: bool = False, model: EmbeddingModel | None = None) -> Index:
        """Open the index that the settings name.

        Args:
            settings: Where it is, and what it must have been made with.
            long_lived: Whether this process goes on asking: only then Chroma is opened. A single question is answered
                sooner by exact search.
            model: Embedding model in place of the one that the settings name.

        Raises:
            IndexNotFoundError: If there is none.
            IndexMismatchError: If it was made under other settings.
            IndexDamagedError: If it contradicts itself.
            ModelUnavailableError: If the embedding model cannot be had.
        """
        return cls(settings, long_lived=long_lived, model=model)

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def store(self) -> Store:
        return self._open.store

    @property
    def vectors(self) -> VectorSearch:
        return self._open.vectors

    @property
    def path(self) -> Path:
        """Folder of the generation in use."""
        return self._open.store.path.parent

    def snapshot(self) -> Snapshot:
        """What counts now, after `refresh`."""
        self.refresh()
        return self._open

    def refresh(self) -> None:
        """Follow `CURRENT` where another generation has taken over. Costs one small read; changes within a generation
        are seen by the store itself."""
        if self._is_current():
            return
        with self._switching:
            if not self._is_current():
                before, self._open = self._open, self._open_current()
                # A question in progress keeps its store: that one closes when nothing refers to it any more.
                before.vectors.close()
                logger.info("Index: now reading %s.", self.path.name)

    def close(self) -> None:
        """Close what is open; searches fail afterwards."""
        self._open.vectors.close()
        self._open.store.close()

    def _is_current(self) -> bool:
        # A folder deleted and made again has the same name: the file that is open tells.
        folder = current_generation(self.settings.index_dir)
        return folder == self.path and self.store.is_in_place()

    def _open_current(self) -> Snapshot:
        for _ in range(_OPEN_ATTEMPTS):
            folder = current_generation(self.settings.index_dir)
            try:
                return self._open_generation(folder)
            except IndexStoreError:
                # Removed between the two lines above: CURRENT names another one now.
                if current_generation(self.settings.index_dir) == folder:
                    raise
        raise IndexDamagedError(f"The index {str(self.settings.index_dir)!r} changes faster than it can be opened.")

    def _open_generation(self, folder: Path) -> Snapshot:
        store = Store(folder)
        try:
            check_passport(store.passport, make_passport(self.model), repr(str(store.path)))
            return Snapshot(store, self._search_engine(store))
        except BaseException:
            store.close()
            raise

    def _search_engine(self, store: Store) -> VectorSearch:
        if self.settings.chroma_url is not None:
            from rag.vectors.chroma_server import ServerVectors

            return ServerVectors(store, self.settings.chroma_url)
        if self._long_lived:
            from rag.vectors.chroma import ChromaVectors, lock_chroma

            if (lock := lock_chroma(store.path.parent)) is not None:
                return ChromaVectors(store, lock)
            logger.info("Index: another process has Chroma's folder open; searching without it.")
        return ExactVectors(store)


def get_document(document_id: str, settings: Settings) -> Document:
    """The indexed document with this id, its text included.

    Raises:
        CorpusError: If the index holds no such document (code `document_missing`).
        IndexNotFoundError: If there is no index.
    """
    with Store(current_generation(settings.index_dir)) as store:
        document = store.document(document_id)
    if document is None:
        raise CorpusError(
            f"No document {document_id!r} in the index {str(settings.index_dir)!r}. `python -m rag info` lists "
            "its roots; after adding a file run `python -m rag index`.",
            path=document_id,
            code="document_missing",
        )
    return document
