"""What all sessions share: settings, chain, index state. Read-only, made once a process; nothing of a user in it."""

from __future__ import annotations

import gc
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from rag import (
    Conversations,
    DocumentInfo,
    RagError,
    Settings,
    build_index,
    create_chain,
    describe_index,
    get_document,
    list_documents,
    next_questions,
)
from rag.answer import Answer
from rag.embedding.choice import load_embedding_model
from rag.index.build import IndexProgress
from rag.index.description import IndexInfo
from rag.ui.desk import AT_ONCE, Desk
from rag.ui.intake import Intake
from rag.ui.passages import Edition
from rag.ui.troubles import Trouble, trouble_of
from rag.ui.turns import Turn

logger = logging.getLogger(__name__)

_WARM_UP = "warm-up"
_LOOK_EVERY_S = 0.1
# How long what the header says of the index may be out of date.
_STATE_TTL_S = 10
_MAX_LISTS = 20
_MAX_EDITIONS = 1000
_N_SUGGESTED = 3
# Questions asked before that are not suggested again: comparing with one takes some 10 ms.
_N_REMEMBERED = 20


@st.cache_resource(show_spinner=False)
def shared_settings() -> Settings:
    """The settings of this process, from the environment.

    Raises:
        ConfigError: If one is wrong.
    """
    return Settings()


@st.cache_resource(show_spinner=False)
def shared_desk() -> Desk:
    """The one desk that answers all sessions; what the first answer needs begins to load in the background."""
    settings = shared_settings()
    # An extract keeps a core busy: more of them at the same time would only make each later, and the page's end too.
    at_once = AT_ONCE if settings.answers_with_model else (os.cpu_count() or 1) + 1
    desk = Desk(lambda: create_chain(settings), suggest=_suggest, at_once=at_once)
    threading.Thread(target=_warm_up, args=(desk, settings), name="kihon-warm-up", daemon=True).start()
    return desk


@st.cache_resource(show_spinner=False)
def shared_conversations() -> Conversations:
    """The kept conversations of all readers; each call says whose it is about."""
    return Conversations(shared_settings())


@st.cache_resource(show_spinner=False)
def shared_intake() -> Intake:
    """The one intake of uploads of all sessions."""
    return Intake(shared_settings())


@st.cache_resource(show_spinner=False)
def shared_building() -> Building:
    """The one first build of this process, started by whoever asks first."""
    building = Building()
    threading.Thread(target=building.run, args=(shared_settings(),), name="kihon-build", daemon=True).start()
    return building


@st.cache_resource(show_spinner=False, ttl=_STATE_TTL_S)
def index_state() -> IndexInfo:
    """What is indexed: `ready`, `missing` or `unusable`, and how many documents."""
    return describe_index(shared_settings())


def documents(wanted: Mapping[str, Any] | None = None) -> tuple[DocumentInfo, ...]:
    """Every document, or those that a filter selects.

    Raises:
        QuestionError: If the filter is wrong.
    """
    return _documents(json.dumps(wanted or {}, sort_keys=True))


@st.cache_resource(show_spinner=False, ttl=_STATE_TTL_S, max_entries=_MAX_LISTS)
def _documents(wanted: str) -> tuple[DocumentInfo, ...]:
    return tuple(list_documents(shared_settings(), json.loads(wanted)))


def title_of(document_id: str) -> str:
    """Title of a document, or its id where there is no such document (any more)."""
    return _titles().get(document_id, document_id)


@st.cache_resource(show_spinner=False, ttl=_STATE_TTL_S)
def _titles() -> dict[str, str]:
    """Kept, not made for each line that names a document: there may be thousands of both."""
    return {document.document_id: document.title for document in documents()}


@st.cache_data(show_spinner=False, ttl=_STATE_TTL_S, max_entries=_MAX_EDITIONS)
def find_newer(document_id: str) -> Edition | None:
    """The indexed document that took the place of another, if there is one; see `rag.ui.passages.FindNewer`."""
    settings = shared_settings()
    try:
        document = get_document(document_id, settings)
        if document.replaced_by is None:
            return None
        newer = get_document(document.replaced_by, settings)
    except RagError:
        return None  # gone meanwhile, or never indexed: there is nothing to point to
    return Edition(document_id=newer.document_id, title=newer.title)


@dataclass(slots=True)
class Building:
    """A build of the index and how far it is; filled in by its own thread."""

    done: int = 0
    total: int = 0
    is_over: bool = False
    error: Trouble | None = None

    def run(self, settings: Settings) -> None:
        """Build, noting progress; an error is kept, not raised."""
        try:
            build_index(settings, self._note, wait=True)
        except Exception as exc:
            logger.exception("The index could not be built")
            self.error = trouble_of(exc)
        finally:
            self.is_over = True

    def _note(self, progress: IndexProgress) -> None:
        self.done, self.total = progress.done, progress.total


def _warm_up(desk: Desk, settings: Settings) -> None:
    """Load embedding model and index, then take all that is loaded out of garbage collection.

    Streamlit collects garbage after every run of a script; with half a million objects of torch and its friends in
    memory that takes a few hundred milliseconds each time, during which no other thread works.
    """
    turn = Turn(question=_WARM_UP)
    try:
        if settings.answers_with_model:  # an answer would cost money
            load_embedding_model(settings).embed_query(_WARM_UP)
        else:
            desk.ask(turn, {"question": _WARM_UP})
            while turn.is_open:
                time.sleep(_LOOK_EVERY_S)
    except RagError as exc:
        logger.warning("Not warmed up: %s", exc)
    except Exception:
        logger.exception("Warming up failed")
    gc.collect()
    gc.freeze()


def _suggest(answer: Answer, value: Mapping[str, Any], may_go_on: Callable[[], bool]) -> list[str]:
    """Questions to ask after an answer to the chain's input `value`, of the documents that it chooses."""
    asked = [text for role, text in value.get("chat_history", ()) if role == "user"]
    return next_questions(
        answer,
        shared_settings(),
        _N_SUGGESTED,
        asked=[value["question"], *asked[-_N_REMEMBERED:]],
        filter=value.get("filter"),
        may_go_on=may_go_on,
    )


def forget_index() -> None:
    """Look at the index anew on the next run, and build it again if it is still missing."""
    forget_documents()
    shared_building.clear()


def forget_documents() -> None:
    """Look anew at which documents there are on the next run."""
    index_state.clear()
    _documents.clear()
    _titles.clear()
    find_newer.clear()
