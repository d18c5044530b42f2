"""The documents page: uploads, and every document, found by words, kind, language, date; read, asked alone, deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

import streamlit as st
from pydantic import Field, TypeAdapter, ValidationError

from rag import DocumentInfo, RagError, Settings
from rag.document import Frozen
from rag.index.description import IndexInfo
from rag.text.located import folded
from rag.ui import resources, session
from rag.ui.component import mount_part
from rag.ui.formatting import plain_text, size_text
from rag.ui.labels import Language, known_or_as_is, label
from rag.ui.passages import meta_view, status_view
from rag.ui.troubles import trouble_view
from rag.ui.uploading import delete_upload, draw_uploads, refusal

PAGE_SIZE: Final = 50
# What can be chosen by a tick: keys of the chain's filter that are also fields of a document.
_FACETS: Final = ("kind", "status", "language", "root")
_DATES: Final = ("date_from", "date_to")
_SORTS: Final[dict[str, tuple[Callable[[DocumentInfo], Any], bool]]] = {
    "sort_title": (lambda document: document.title.casefold(), False),
    "sort_newest": (lambda document: document.date or "", True),
    "sort_oldest": (lambda document: document.date or "9999", False),
    "sort_longest": (lambda document: document.n_chunks, True),
    "sort_added": (lambda document: document.added or "", True),
}
_LIST: Final = "documents-list"
_TICKED: Final = "documents-ticked"
_DELETED: Final = ("delete_file", "delete_index", "delete_quotes")
_DELETE_LABELS: Final = ("delete", "delete_title", "delete_text", "delete_confirm", "cancel")


class _Tick(Frozen):
    """The documents ticked now; `turn` counts the changes, so that the browser knows which one it is shown."""

    kind: Literal["tick"]
    ids: tuple[str, ...]
    turn: int


class _Delete(Frozen):
    kind: Literal["delete"]
    id: str


_PICKS: TypeAdapter[_Tick | _Delete] = TypeAdapter(Annotated[_Tick | _Delete, Field(discriminator="kind")])


def draw_documents(language: Language, settings: Settings, info: IndexInfo) -> None:
    """Upload box and list with its filter. The list is a fragment: searching does not run the whole page again."""
    st.header(label(language, "page_documents"), anchor=False)
    draw_uploads(language, settings)

    @st.fragment
    def draw() -> None:
        if st.session_state.pop("documents-deleting", False):
            st.rerun()  # the line of a deletion is the upload box's
        _draw_list(language, settings)

    draw()


def _draw_list(language: Language, settings: Settings) -> None:
    every = resources.documents()
    wanted, words, sort = _controls(every, language)
    try:
        chosen = resources.documents(wanted)
    except RagError:
        st.warning(label(language, "documents_date_wrong"), icon=":material/event_busy:")
        return
    found = sort_documents(search_documents(chosen, words), sort)
    if not found:
        st.info(label(language, "documents_none"), icon=":material/search_off:")
        return
    ticked = [document.document_id for document in every if document.document_id in _ticked()]
    may_choose = settings.readers_may_choose("documents")
    # What cannot be asked is listed too: a filter of none would be an error.
    ids = [document.document_id for document in found if document.state == "indexed"]
    if may_choose and ticked:
        _offer_ticked(ticked, language)
    elif may_choose and ids and (wanted or words) and len(found) < len(every):
        # By the filter, or where words were searched, document by document.
        documents = {"document_id": ids} if words else wanted
        _offer_to_ask(label(language, "ask_these", n=len(ids)), documents, language)
    first = _first_row(len(found), (wanted, words, sort))
    shown = found[first : first + PAGE_SIZE]
    view = documents_view(shown, language, opened=_linked(every))
    view["mayTick"] = may_choose
    view["mayDelete"] = settings.readers_may_choose("uploads")
    view["ticked"], view["tickTurn"] = ticked, st.session_state.get("documents-tick-turn", 0)
    mount_part(key=_LIST, data=view, on_pick=lambda picked: _pick(picked, settings))
    _paging(first, len(found), language)


def search_documents(documents: Sequence[DocumentInfo], words: str) -> list[DocumentInfo]:
    """Documents whose title, publisher or path hold every word, whatever their width and case."""
    parts = folded(words).split()

    def holds(document: DocumentInfo) -> bool:
        names = (document.title, document.title_ja, document.publisher, document.document_id)
        text = folded(" ".join(filter(None, names)))
        return all(part in text for part in parts)

    return [document for document in documents if holds(document)]


def sort_documents(documents: Sequence[DocumentInfo], sort: str) -> list[DocumentInfo]:
    """Documents in the order of that name."""
    key, is_descending = _SORTS[sort]
    return sorted(documents, key=key, reverse=is_descending)


def documents_view(
    documents: Sequence[DocumentInfo], language: Language, *, opened: DocumentInfo | None = None
) -> dict[str, Any]:
    """The rows of the table; `opened` is a document that the address of the page names: the viewer shows it."""
    columns = ("title", "kind", "date", "language", "size", "pages", "chunks")
    return {
        "part": "documents",
        "labels": {name: label(language, name) for name in _DELETE_LABELS},
        "deleted": [label(language, name) for name in _DELETED],
        "columns": [label(language, f"column_{name}") for name in columns],
        "rows": [_row(document, language) for document in documents],
        "opened": _row(opened, language) if opened is not None else None,
    }


def _row(document: DocumentInfo, language: Language) -> dict[str, Any]:
    """One document as a row, and as an item of the source viewer."""
    is_upload = document.root == "uploads"
    state = label(language, f"state_{document.state}") if is_upload else None
    why = refusal(document.code, document.reason) if document.state == "rejected" else None
    added = label(language, "added_on", day=document.added[:10]) if document.added else None
    return {
        "document_id": document.document_id,
        "start": 0,
        "end": 0,
        "title": document.title,
        "meta": meta_view(document, language),
        "place": [],
        "language": document.language,
        "status": status_view(document.status, language) if document.status else None,
        "state": state and {"text": state, "tone": "good" if document.state == "indexed" else "warn"},
        "reason": trouble_view(why, language) if why is not None else None,
        "canOpen": document.state == "indexed",
        "canDelete": is_upload,
        "tick": label(language, "tick", title=document.title),
        "source": " · ".join(filter(None, (document.publisher, document.document_id, added))),
        "cells": [
            known_or_as_is(language, "kind", document.kind) if document.kind else "",
            document.date or "",
            known_or_as_is(language, "language", document.language) if document.language else "",
            size_text(document.n_bytes) if document.n_bytes is not None else "",
            f"{document.n_pages:,}" if document.n_pages else "",
            f"{document.n_chunks:,}" if document.n_chunks else "",
        ],
    }


def _controls(every: Sequence[DocumentInfo], language: Language) -> tuple[dict[str, Any], str, str]:
    """Search box, order and filter; what is wanted as a filter of the chain, the words, the order."""
    with st.container(key="documents-controls", horizontal=True, vertical_alignment="bottom"):
        words = st.text_input(
            label(language, "documents_search"),
            key="documents-search",
            type="search",
            placeholder=label(language, "documents_search_hint"),
            live=True,
            persist_state="session",
        )
        sort = st.selectbox(
            label(language, "documents_sort"),
            list(_SORTS),
            key="documents-sort",
            format_func=lambda name: label(language, name),
            filter_mode=None,
            persist_state="session",
        )
    with st.expander(label(language, "documents_filter"), icon=":material/filter_list:"):
        wanted: dict[str, Any] = {name: value for name in _FACETS if (value := _facet(name, every, language))}
        with st.container(horizontal=True):
            for name in _DATES:
                day = st.text_input(
                    label(language, f"facet_{name}"),
                    key=f"documents-{name}",
                    placeholder="2025-12-23",
                    persist_state="session",
                )
                if day and day.strip():
                    wanted[name] = day.strip()
    return wanted, (words or "").strip(), sort


def _facet(name: str, every: Sequence[DocumentInfo], language: Language) -> list[str]:
    values = sorted({value for document in every if (value := getattr(document, name))})
    if len(values) < 2:
        return []
    return st.pills(
        label(language, f"facet_{name}"),
        values,
        selection_mode="multi",
        key=f"documents-{name}",
        persist_state="session",
        format_func=lambda value: plain_text(known_or_as_is(language, name, value)),
    )


def _offer_to_ask(text: str, documents: dict[str, Any], language: Language) -> None:
    """A button that has the documents of a filter asked alone."""
    if st.button(text, key="documents-ask", icon=":material/filter_alt:"):
        session.choose(documents=MappingProxyType(documents))
        st.toast(label(language, "ask_these_done"), icon=":material/check:")


def _offer_ticked(ticked: list[str], language: Language) -> None:
    """Offer to ask the ticked documents alone."""
    with st.container(key="documents-ticks", horizontal=True):
        _offer_to_ask(label(language, "ask_ticked", n=len(ticked)), {"document_id": ticked}, language)
        st.button(
            label(language, "untick"),
            key="documents-untick",
            icon=":material/check_box_outline_blank:",
            on_click=_untick,
        )


def _ticked() -> set[str]:
    ticked: set[str] = st.session_state.setdefault(_TICKED, set())
    return ticked


def _untick() -> None:
    st.session_state[_TICKED] = set()
    st.session_state["documents-tick-turn"] = st.session_state.get("documents-tick-turn", 0) + 1


def _pick(value: Any, settings: Settings) -> None:
    """The browser names documents: only those of the list are ever ticked, only uploads deleted."""
    try:
        picked = _PICKS.validate_python(value)
    except ValidationError:
        return
    if isinstance(picked, _Delete):
        delete_upload(picked.id, settings)
        st.session_state["documents-deleting"] = True
    else:
        st.session_state[_TICKED], st.session_state["documents-tick-turn"] = set(picked.ids), picked.turn


def _first_row(n: int, what: object) -> int:
    """Index of the first row shown; another search begins at the first page."""
    if st.session_state.get("documents-found") != repr(what):
        st.session_state["documents-found"] = repr(what)
        st.session_state["documents-first"] = 0
    first: int = st.session_state.setdefault("documents-first", 0)
    return min(first, (n - 1) // PAGE_SIZE * PAGE_SIZE)


def _paging(first: int, n: int, language: Language) -> None:
    def turn(by: int) -> None:
        st.session_state["documents-first"] = first + by * PAGE_SIZE

    last = min(first + PAGE_SIZE, n)
    with st.container(key="documents-paging", horizontal=True, vertical_alignment="center"):
        st.caption(label(language, "documents_shown", first=first + 1, last=last, total=f"{n:,}"))
        if n > PAGE_SIZE:
            for name, by, icon, is_end in (
                ("list_previous", -1, ":material/chevron_left:", first == 0),
                ("list_next", 1, ":material/chevron_right:", last == n),
            ):
                st.button(
                    label(language, name),
                    key=f"documents-{name}",
                    icon=icon,
                    disabled=is_end,
                    on_click=turn,
                    args=(by,),
                )


def _linked(every: Sequence[DocumentInfo]) -> DocumentInfo | None:
    wanted = st.query_params.get("document")
    return next((document for document in every if document.document_id == wanted), None)
