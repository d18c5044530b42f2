"""What the session of a browser tab remembers: every key of `st.session_state` that more than one page reads.

`language`  `Language` of the labels; also the key of the switch in the header.
`owner`     whose conversations are shown and kept: see `owner`.
`turns`, `n_shown`, `keeper`, `address`, `index_seen`, `problem`  the conversation on the chat page
            (`rag.ui.conversation`).
`choices`   what the reader chose on the settings page (`Choices`).
`typed`     the `?q=` that was put into the question box, so that it is put there once.
`n_deleted` deleted uploads that this tab has forgotten already (`rag.ui.forgetting`).
`kept`      cookies that the browser is to keep (`dict[str, str]`): what a reload should not forget.
`reply`     the newest reply to a request of the browser (`rag.ui.requests`); `page_changed`: it changed the page.
`KEY-told`  the last thing picked in the part of that key (`rag.ui.triggers`).

Keys of widgets that one page alone reads begin with that page's name (`documents-…`, `evaluation-…`, `settings-…`).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

import streamlit as st

from rag import Settings
from rag.ui.labels import LANGUAGES, Language, language_of_locale

LANGUAGE_COOKIE: Final = "kihon_language"
SHORTCUTS_COOKIE: Final = "kihon_shortcuts"
OWNER_COOKIE: Final = "kihon_reader"
_OWNER_BYTES: Final = 32
_OWNER: Final = re.compile("[A-Za-z0-9_-]{43}")
_OFF: Final = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the reader chose for the questions of this session.

    Attributes:
        extractive: Leave the chat model out where there is one.
        top_k: Hits to read; `None`: as the settings say.
        documents: Which documents to ask: a filter as the chain takes it, empty for all.
    """

    extractive: bool = False
    top_k: int | None = None
    documents: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


def owner() -> str:
    """Whose conversations this session shows and keeps: this browser's, by an id that nobody can guess.

    The browser keeps the id in a cookie: whoever has that has the conversations. This function alone says who a reader
    is; where readers log in, it is to return their login.
    """
    if "owner" not in st.session_state:
        brought = st.context.cookies.get(OWNER_COOKIE)
        is_ours = isinstance(brought, str) and _OWNER.fullmatch(brought)
        st.session_state.owner = brought if is_ours else secrets.token_urlsafe(_OWNER_BYTES)
    reader: str = st.session_state.owner
    return reader


def language() -> Language:
    """Language of the page: `?lang=`, then what this browser chose before, then the browser's own."""
    if st.session_state.get("language") not in LANGUAGES:
        wanted = (st.query_params.get("lang"), st.context.cookies.get(LANGUAGE_COOKIE))
        known: list[Language] = [code for value in wanted for code in LANGUAGES if code == value]
        st.session_state.language = known[0] if known else language_of_locale(st.context.locale)
    chosen: Language = st.session_state.language
    return chosen


def keep_language() -> None:
    """Remember the language just chosen beyond a reload; an address that names another one would undo it."""
    keep(LANGUAGE_COOKIE, language())
    if "lang" in st.query_params:
        del st.query_params["lang"]


def shortcuts_are_on() -> bool:
    """Whether single keys do something (WCAG 2.2, 2.1.4: they can be turned off)."""
    value: str | None = kept().get(SHORTCUTS_COOKIE, st.context.cookies.get(SHORTCUTS_COOKIE))
    return value != _OFF


def turn_shortcuts(on: bool) -> None:
    """Turn single keys on or off, beyond a reload."""
    keep(SHORTCUTS_COOKIE, "on" if on else _OFF)


def keep(name: str, value: str) -> None:
    """Have the browser keep a cookie."""
    kept()[name] = value


def kept() -> dict[str, str]:
    """Cookies that the browser is to keep, from this session."""
    cookies: dict[str, str] = st.session_state.setdefault("kept", {})
    return cookies


def choices() -> Choices:
    """What the reader chose, or the default."""
    chosen: Choices = st.session_state.get("choices", Choices())
    return chosen


def choose(**changes: Any) -> None:
    """Change some of the choices."""
    st.session_state.choices = replace(choices(), **changes)


def chain_options(settings: Settings) -> dict[str, Any]:
    """The reader's choices as input of the chain, less what the operator does not let readers choose."""
    chosen = choices()
    options: dict[str, Any] = {}
    if chosen.documents and settings.readers_may_choose("documents"):
        options["filter"] = dict(chosen.documents)
    if chosen.top_k is not None and settings.readers_may_choose("top_k"):
        options["top_k"] = chosen.top_k
    if is_extractive(settings):
        options["answerer"] = "extractive"
    return options


def is_extractive(settings: Settings) -> bool:
    """Whether the reader leaves the chat model out."""
    return choices().extractive and settings.readers_may_choose("answerer")
