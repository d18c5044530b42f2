"""Kihon: ask documents and get answers whose every quote can be checked.

from rag import Settings, build_index, create_chain

Importing this package is cheap: each name below loads its module on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.answer import Answer, Citation, Hit, IndexReport, VerifyReport
    from rag.chain import create_chain
    from rag.checking.verification import verify
    from rag.config import Settings
    from rag.document import Document
    from rag.errors import RagError
    from rag.feedback.adding import add_case
    from rag.fetching.fetch import FetchReport, fetch_sources
    from rag.index.build import build_index
    from rag.index.description import describe_index
    from rag.index.opening import get_document
    from rag.index.picture import PagePicture, get_page_picture
    from rag.langchain_retriever import create_retriever
    from rag.uploads.adding import add_upload
    from rag.uploads.deleting import Deletion, delete_document
    from rag.uploads.listing import DocumentInfo, list_documents

__all__ = [
    "Answer",
    "Citation",
    "Deletion",
    "Document",
    "DocumentInfo",
    "FetchReport",
    "Hit",
    "IndexReport",
    "PagePicture",
    "RagError",
    "Settings",
    "VerifyReport",
    "add_case",
    "add_upload",
    "build_index",
    "create_chain",
    "create_retriever",
    "delete_document",
    "describe_index",
    "fetch_sources",
    "get_document",
    "get_page_picture",
    "list_documents",
    "verify",
]

_HOMES = {
    "Answer": "rag.answer",
    "Citation": "rag.answer",
    "Deletion": "rag.uploads.deleting",
    "Document": "rag.document",
    "DocumentInfo": "rag.uploads.listing",
    "FetchReport": "rag.fetching.fetch",
    "Hit": "rag.answer",
    "IndexReport": "rag.answer",
    "PagePicture": "rag.index.picture",
    "RagError": "rag.errors",
    "Settings": "rag.config",
    "VerifyReport": "rag.answer",
    "add_case": "rag.feedback.adding",
    "add_upload": "rag.uploads.adding",
    "build_index": "rag.index.build",
    "create_chain": "rag.chain",
    "create_retriever": "rag.langchain_retriever",
    "delete_document": "rag.uploads.deleting",
    "describe_index": "rag.index.description",
    "fetch_sources": "rag.fetching.fetch",
    "get_document": "rag.index.opening",
    "get_page_picture": "rag.index.picture",
    "list_documents": "rag.uploads.listing",
    "verify": "rag.checking.verification",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'rag' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
