"""Our embedding model as LangChain's `Embeddings`, for applications that bring their own parts."""

from __future__ import annotations

from langchain_core.embeddings import Embeddings

from rag.config import Settings
from rag.embedding.choice import load_embedding_model
from rag.embedding.model import EmbeddingModel


class KihonEmbeddings(Embeddings):
    """The model that the settings name, with its prefixes; vectors have length 1."""

    def __init__(self, settings: Settings, *, model: EmbeddingModel | None = None) -> None:
        self.model = model or load_embedding_model(settings)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Vectors of passages, in order.

        Raises:
            ValueError: If a text is longer than the model's window.
        """
        return [[float(number) for number in row] for row in self.model.embed_passages(texts)]

    def embed_query(self, text: str) -> list[float]:
        """Vector of a query."""
        return [float(number) for number in self.model.embed_query(text)]
