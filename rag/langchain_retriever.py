"""The index as a LangChain retriever; importing this module loads langchain_core."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import PrivateAttr

from rag.chain import read_question
from rag.config import Settings
from rag.index.opening import Index
from rag.retrieval.filters import Filter, parse_filter
from rag.retrieval.search import Retriever


class KihonRetriever(BaseRetriever):
    """Passages of the index, best first; safe to share between threads, sync and async.

    Nothing is opened before the first call. A document's `page_content` is the passage, its `metadata` the fields of a
    `Hit`, `text` included.

    Attributes:
        settings: Where the index is, and how it is searched.
        k: Most documents; `None` takes `settings.top_k`.
        wanted: Only these documents compete.
    """

    settings: Settings
    k: int | None = None
    wanted: Filter | None = None

    _index: Index | None = PrivateAttr(default=None)
    _opening: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    def close(self) -> None:
        """Close the index, if it was opened; a later call opens it again."""
        with self._opening:
            if self._index is not None:
                self._index.close()
                self._index = None

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        asked = read_question(query, self.settings)
        found = Retriever(self._opened(), self.settings).search(asked.text, k=self.k, filter=self.wanted)
        return [Document(page_content=item.hit.text, metadata=item.hit.model_dump()) for item in found]

    def _opened(self) -> Index:
        with self._opening:
            if self._index is None:
                self._index = Index.open(self.settings, long_lived=True)
            return self._index


def create_retriever(
    settings: Settings | None = None, *, k: int | None = None, filter: Mapping[str, Any] | Filter | None = None
) -> KihonRetriever:
    """A LangChain retriever over the index.

    Args:
        settings: The settings; default: from the environment.
        k: Most documents, >= 1; default `settings.top_k`.
        filter: Documents to search, by the keys of `Filter`.

    Raises:
        QuestionError: If the filter is wrong. Calls raise it too for a blank or over-long question, and
            `IndexStoreError`s where there is no usable index.
        ValueError: If `k` is below 1.
    """
    if k is not None and k < 1:
        raise ValueError(f"k={k} must be at least 1")
    return KihonRetriever(settings=settings if settings is not None else Settings(), k=k, wanted=parse_filter(filter))
