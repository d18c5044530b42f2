"""What a reader did once and Streamlit tells twice: a question sent, a button pressed, something picked in a part.

In the browser, Streamlit notes such a trigger at once, sends it a moment later and forgets it then. Where a fragment
runs again and again (`run_every`), its next run may be asked for in that moment, and takes the trigger along; then the
trigger is sent once more, with the run that it is meant for. On a busy machine that happens, and a question would be
asked twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx


def came_early() -> bool:
    """Whether what a widget outside all fragments tells came along with the run of a fragment: it will come again."""
    running = get_script_run_ctx()
    return running is not None and bool(running.fragment_ids_this_run)


def once(key: str, told: object, act: Callable[[Any], None]) -> None:
    """Act on what a part of the page tells, `{"id": …, "value": …}`, unless it is the trigger that was told last.

    Args:
        key: Key of the part; its last id is kept in the session under `KEY-told`.
        told: What came from the browser, unchecked.
        act: Is given the value, unchecked.
    """
    trigger: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
    seen, trigger_id = f"{key}-told", trigger.get("id")
    if not isinstance(trigger_id, int) or trigger_id == st.session_state.get(seen):
        return
    st.session_state[seen] = trigger_id
    act(trigger.get("value"))
