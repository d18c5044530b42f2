"""The conversation of one session: its turns, and what a reader does with them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from rag.ui import resources, session
from rag.ui.desk import BusyError
from rag.ui.labels import Language, label
from rag.ui.turns import MAX_TURNS, Turn, history_of, replaced_by


def session_turns() -> list[Turn]:
    """The turns of this session, oldest first."""
    turns: list[Turn] = st.session_state.setdefault("turns", [])
    return turns


def start_anew() -> None:
    """Begin an empty conversation; an answer in progress is stopped."""
    for turn in session_turns():
        resources.shared_desk().stop(turn)
    st.session_state.turns = []
    for key in ("n_shown", "reply"):
        st.session_state.pop(key, None)


def ask(question: str, language: Language, *, instead_of: int | None = None, is_offline: bool = False) -> None:
    """Begin a turn; a question that is still being answered is stopped: a session has one at a time.

    Args:
        question: What is asked.
        language: Of the sentences that say what went wrong.
        instead_of: Id of a turn that the new one takes the place of. It and what followed it are kept with the new
            turn, to be looked at, and no longer count as part of the conversation.
        is_offline: Answer without the chat model.
    """
    desk, settings = resources.shared_desk(), resources.shared_settings()
    turns = session_turns()
    for before in turns:
        desk.stop(before)
    at = next((i for i, turn in enumerate(turns) if turn.id == instead_of), len(turns))
    asked: dict[str, Any] = {
        "question": question,
        "chat_history": history_of(turns[:at]),
        **session.chain_options(settings),
    }
    if is_offline:
        asked["answerer"] = "extractive"
    has_model = settings.answers_with_model and asked.get("answerer") != "extractive"
    last_id: int = st.session_state.get("last_turn_id", 0)
    turn = Turn(
        id=max([last_id, *(each.id for each in turns)]) + 1,
        question=question,
        model=settings.chat_model if has_model else "",
        is_offline=is_offline,
        replaced=replaced_by(turns[at:]),
    )
    st.session_state.last_turn_id = turn.id
    general = label(language, "error_general")
    try:
        desk.ask(turn, asked, lambda _: general)
    except BusyError:
        turn.state, turn.error = "failed", label(language, "busy")
    st.session_state.turns = [*turns[:at], turn][-MAX_TURNS:]


def turn_of(turn_id: int) -> tuple[Turn, list[Turn]]:
    """A turn of this session with those before it.

    Raises:
        KeyError: If it is not there (any more).
    """
    turns = session_turns()
    for at, turn in enumerate(turns):
        if turn.id == turn_id:
            return turn, turns[:at]
    raise KeyError(turn_id)
