"""What was deleted while a tab was open goes out of what that tab holds in memory."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import streamlit as st

from rag.answer import Answer
from rag.conversations.forgetting import without_document
from rag.ui import conversation, resources, session


def forget_deleted() -> None:
    """Take the words of deleted uploads out of the answers of this tab, and their names out of what it asks.

    Library and files have forgotten them by then; this is for turns and choices that live in the session alone.
    """
    deleted = resources.shared_intake().deleted()
    n_known = st.session_state.get("n_deleted", 0)
    turns = conversation.session_turns()
    # An answer in progress may still come to quote it: it is looked at once it is there.
    if len(deleted) == n_known or any(turn.is_open or turn.is_suggesting for turn in turns):
        return
    for document_id in deleted[n_known:]:
        for turn in turns:
            turn.suggestions = ()  # made of the headings and names of any document
            for one in (turn, *turn.replaced):
                if _speaks_of(one.answer, document_id):
                    one.answer = without_document(one.answer, document_id)
        session.choose(documents=without_choice(session.choices().documents, document_id))
    st.session_state.n_deleted = len(deleted)


def without_choice(documents: Mapping[str, Any], document_id: str) -> Mapping[str, Any]:
    """A choice of documents without one of them; of that one alone: all documents."""
    ids = documents.get("document_id")
    if ids is None or document_id not in ids:
        return documents
    left = [other for other in ids if other != document_id]
    return MappingProxyType({**documents, "document_id": left} if left else {})


def _speaks_of(answer: Answer, document_id: str) -> bool:
    named = {citation.document_id for citation in answer.citations} | {hit.document_id for hit in answer.hits}
    return document_id in named
