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
    from rag.checking.evidence import Evidence, create_evidence
    from rag.checking.standing import current, current_all
    from rag.checking.verification import verify
    from rag.config import Settings
    from rag.conversations.keeping import Conversations
    from rag.conversations.values import Rating
    from rag.document import Document
    from rag.errors import RagError
    from rag.feedback.adding import add_case
    from rag.fetching.fetch import FetchReport, fetch_sources
    from rag.index.build import build_index
    from rag.index.description import describe_index
    from rag.index.opening import get_document
    from rag.index.picture import PagePicture, get_page_picture
    from rag.langchain_retriever import create_retriever
    from rag.sharing.html import conversation_html
    from rag.sharing.markdown import answer_markdown, conversation_markdown
    from rag.sharing.text import answer_text
    from rag.suggesting.suggesting import next_questions
    from rag.uploads.adding import add_upload
    from rag.uploads.deleting import Deletion, delete_document
    from rag.uploads.listing import DocumentInfo, list_documents

__all__ = [
    "Answer",
    "Citation",
    "Conversations",
    "Deletion",
    "Document",
    "DocumentInfo",
    "Evidence",
    "FetchReport",
    "Hit",
    "IndexReport",
    "PagePicture",
    "RagError",
    "Rating",
    "Settings",
    "VerifyReport",
    "add_case",
    "add_upload",
    "answer_markdown",
    "answer_text",
    "build_index",
    "conversation_html",
    "conversation_markdown",
    "create_chain",
    "create_evidence",
    "create_retriever",
    "current",
    "current_all",
    "delete_document",
    "describe_index",
    "fetch_sources",
    "get_document",
    "get_page_picture",
    "list_documents",
    "next_questions",
    "verify",
]

_HOMES = {
    "Answer": "rag.answer",
    "Citation": "rag.answer",
    "Conversations": "rag.conversations.keeping",
    "Deletion": "rag.uploads.deleting",
    "Document": "rag.document",
    "DocumentInfo": "rag.uploads.listing",
    "Evidence": "rag.checking.evidence",
    "FetchReport": "rag.fetching.fetch",
    "Hit": "rag.answer",
    "IndexReport": "rag.answer",
    "PagePicture": "rag.index.picture",
    "RagError": "rag.errors",
    "Rating": "rag.conversations.values",
    "Settings": "rag.config",
    "VerifyReport": "rag.answer",
    "add_case": "rag.feedback.adding",
    "add_upload": "rag.uploads.adding",
    "answer_markdown": "rag.sharing.markdown",
    "answer_text": "rag.sharing.text",
    "build_index": "rag.index.build",
    "conversation_html": "rag.sharing.html",
    "conversation_markdown": "rag.sharing.markdown",
    "create_chain": "rag.chain",
    "create_evidence": "rag.checking.evidence",
    "create_retriever": "rag.langchain_retriever",
    "current": "rag.checking.standing",
    "current_all": "rag.checking.standing",
    "delete_document": "rag.uploads.deleting",
    "describe_index": "rag.index.description",
    "fetch_sources": "rag.fetching.fetch",
    "get_document": "rag.index.opening",
    "get_page_picture": "rag.index.picture",
    "list_documents": "rag.uploads.listing",
    "next_questions": "rag.suggesting.suggesting",
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
