"""Settings -> the embedding model that they name, with the prefixes its authors want."""

from __future__ import annotations

import threading

from rag.config import Settings
from rag.embedding.glossed import GlossedModel
from rag.embedding.model import EmbeddingModel
from rag.embedding.model_files import ModelFiles, find_model
from rag.embedding.sentence_transformer import SentenceTransformerModel

# What a model's authors want before a query and before a passage: (part of the name, query, passage); first match
# counts. From the model cards. A model that states its own prompts, or a setting, goes before this table.
_FAMILIES = (
    ("e5-mistral", "Instruct: Given a question, retrieve passages that answer it\nQuery: ", ""),
    ("e5-large-instruct", "Instruct: Given a question, retrieve passages that answer it\nQuery: ", ""),
    ("qwen3-embedding", "Instruct: Given a question, retrieve passages that answer it\nQuery:", ""),
    ("e5-", "query: ", "passage: "),
    ("glucose-base-ja", "query: ", "passage: "),
    ("ruri-v3", "検索クエリ: ", "検索文書: "),
    ("ruri-", "クエリ: ", "文章: "),
    ("embeddinggemma", "task: search result | query: ", "title: none | text: "),
    ("nomic-embed-text", "search_query: ", "search_document: "),
    ("arctic-embed-l-v2", "query: ", ""),
    ("arctic-embed-m-v2", "query: ", ""),
    ("arctic-embed", "Represent this sentence for searching relevant passages: ", ""),
    ("mxbai-embed", "Represent this sentence for searching relevant passages: ", ""),
    ("bge-m3", "", ""),
    ("bge-small-zh", "为这个句子生成表示以用于检索相关文章：", ""),
    ("bge-base-zh", "为这个句子生成表示以用于检索相关文章：", ""),
    ("bge-large-zh", "为这个句子生成表示以用于检索相关文章：", ""),
    ("bge-", "Represent this sentence for searching relevant passages: ", ""),
)


def load_embedding_model(settings: Settings) -> EmbeddingModel:
    """The model that the settings name; one object for equal settings while its files stay as they are.

    Raises:
        ModelUnavailableError: If it cannot be had.
    """
    files = find_model(settings.embedding_model, settings.embedding_revision)
    query, passage = _prefixes(files, settings)
    key = (files.stamp, query, passage)
    with _loading:
        if key not in _models:
            model = SentenceTransformerModel(files, query_prefix=query, passage_prefix=passage)
            _models[key] = model if model.reads_japanese else GlossedModel(model)
        return _models[key]


_models: dict[tuple[object, str, str], EmbeddingModel] = {}
_loading = threading.Lock()


def _prefixes(files: ModelFiles, settings: Settings) -> tuple[str, str]:
    name = f"{files.name}/{files.folder.name}".lower()
    known = next(((query, passage) for part, query, passage in _FAMILIES if part in name), ("", ""))
    own = files.prompts
    query = own.get("query", known[0])
    passage = own.get("document") or own.get("passage") or known[1]
    return (
        query if settings.query_prefix is None else settings.query_prefix,
        passage if settings.passage_prefix is None else settings.passage_prefix,
    )
