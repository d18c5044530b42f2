"""The chat page: conversation and input; what a reader types, and what becomes of it."""

from __future__ import annotations

import streamlit as st

from rag import Settings
from rag.ui import resources, session
from rag.ui.component import mount_part
from rag.ui.desk import BusyError
from rag.ui.labels import Language, label, starters
from rag.ui.scope import draw_scope
from rag.ui.turns import MAX_TURNS, Turn, history_of
from rag.ui.views import turn_view

# How often an answer in progress is looked at.
_LOOK_EVERY_S = 0.25


def draw_chat(language: Language, settings: Settings) -> None:
    """The conversation, or questions to begin with, and the box for the next question."""
    resources.shared_desk()
    draw_scope(language, settings)
    _conversation(language, settings)
    _input(language, settings)


def draw_new_conversation(language: Language) -> None:
    """The button in the header that begins anew, where there is something to leave behind."""
    if session.turns():
        st.button(
            label(language, "new_conversation"),
            icon=":material/edit_square:",
            key="new-conversation",
            on_click=_start_anew,
        )


def _start_anew() -> None:
    for turn in session.turns():
        resources.shared_desk().stop(turn)
    st.session_state.turns = []


def _conversation(language: Language, settings: Settings) -> None:
    turns = session.turns()
    if not turns:
        _welcome(language)
        return
    with st.container(key="kihon-turns"):
        if turns[0].id > 1:
            st.caption(label(language, "older"))
        for turn in turns[:-1]:
            _draw_turn(turn, language, settings)
        _newest_turn(language, settings)


def _welcome(language: Language) -> None:
    with st.container(key="kihon-welcome"):
        st.header(label(language, "welcome"), anchor=False)
        st.markdown(label(language, "welcome_text"))
    st.caption(label(language, "starters"))
    with st.container(key="kihon-starters"):
        for number, question in enumerate(starters(language), 1):
            st.button(question, key=f"starter-{number}", on_click=_ask, args=(question,), width="stretch")


def _newest_turn(language: Language, settings: Settings) -> None:
    """The last turn: while it is open, this alone runs again and again, and the rest of the page stays as it is."""
    is_open = session.turns()[-1].is_open

    @st.fragment(run_every=_LOOK_EVERY_S if is_open else None)
    def draw() -> None:
        turn = session.turns()[-1]
        was_open = turn.is_open
        _draw_turn(turn, language, settings)
        if was_open:
            st.button(
                label(language, "stop"),
                icon=":material/stop_circle:",
                key="stop",
                on_click=resources.shared_desk().stop,
                args=(turn,),
            )
        elif is_open:
            st.rerun()

    draw()


def _draw_turn(turn: Turn, language: Language, settings: Settings) -> None:
    mount_part(key=f"turn-{turn.id}", data=turn_view(turn, language, model=settings.chat_model))


def _input(language: Language, settings: Settings) -> None:
    typed = st.query_params.get("q")
    if typed and st.session_state.get("typed") != typed:
        # Typed in, never sent: a link must not be able to ask.
        st.session_state.typed = typed
        st.session_state.question = typed[: settings.max_question_chars]
    st.chat_input(
        label(language, "input"), key="question", max_chars=settings.max_question_chars, on_submit=_ask_what_was_typed
    )


def _ask_what_was_typed() -> None:
    question: str | None = st.session_state.question
    if question:
        _ask(question)


def _ask(question: str) -> None:
    """Begin a turn; a question that is still being answered is stopped: a session has one at a time."""
    language, settings = session.language(), resources.shared_settings()
    desk = resources.shared_desk()
    turns = session.turns()
    for before in turns:
        if before.is_open:
            desk.stop(before)
    turn = Turn(id=turns[-1].id + 1 if turns else 1, question=question)
    general = label(language, "error_general")
    try:
        asked = {"question": question, "chat_history": history_of(turns), **session.chain_options(settings)}
        desk.ask(turn, asked, lambda _: general)
    except BusyError:
        turn.state, turn.error = "failed", label(language, "busy")
    st.session_state.turns = [*turns, turn][-MAX_TURNS:]
