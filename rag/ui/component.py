"""The page's own component: our script and styles in the browser, and the parts that they draw.

One component, two uses. The *shell* is mounted once a page and carries script and styles; it owns the card of a
mark and the source viewer. *Parts* (a turn, the header) carry nothing but data and are drawn by the shell's script.
Data reaches the browser as JSON and the document as text nodes; neither script, styles nor markup are ever made
from data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from rag.ui.triggers import once

_ASSETS = Path(__file__).parent / "assets"
# Joined into one module, in this order: the browser cannot resolve imports between modules without addresses.
_SCRIPTS = (
    *("elements.js", "cookies.js", "requests.js", "scrolling.js", "blocks.js", "card.js", "viewer.js", "copying.js"),
    *("dialog.js", "marks.js", "sources.js", "tools.js", "turn.js"),
    *("keyboard.js", "header.js", "theme.js", "facts.js", "documents.js", "uploads.js", "evaluation.js"),
    *("conversations.js", "shell.js"),
)
_STYLES = ("page.css", "turn.css", "viewer.css", "pages.css", "conversations.css")
_PART_SCRIPT = "part.js"


def mount_shell(*, key: str, data: Mapping[str, Any], on_request: Callable[[], None]) -> None:
    """Mount script, styles, card and viewer; `on_request` runs when the browser asks for something."""
    _shell()(key=key, data=dict(data), on_request_change=on_request)


def mount_part(*, key: str, data: Mapping[str, Any], on_pick: Callable[[Any], None] | None = None) -> None:
    """Mount one part: `data["part"]` says which; `on_pick` is given what the reader picks in it, unchecked."""
    callbacks = {} if on_pick is None else {"on_pick_change": lambda: once(key, st.session_state[key].pick, on_pick)}
    _part()(key=key, data=dict(data), **callbacks)


@cache
def _shell() -> Callable[..., Any]:
    mount: Callable[..., Any] = st.components.v2.component(
        "kihon.shell", css="\n".join(map(_asset, _STYLES)), js="\n".join(map(_asset, _SCRIPTS)), isolate_styles=False
    )
    return mount


@cache
def _part() -> Callable[..., Any]:
    mount: Callable[..., Any] = st.components.v2.component("kihon.part", js=_asset(_PART_SCRIPT), isolate_styles=False)
    return mount


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")
