"""The chat page: conversation and input."""

from __future__ import annotations

import streamlit as st

from rag import Settings
from rag.costs import price_of
from rag.index.description import IndexInfo
from rag.ui import conversation, resources
from rag.ui.component import mount_part
from rag.ui.conversations import conversations_part
from rag.ui.labels import Language, label, starters
from rag.ui.triggers import came_early
from rag.ui.troubles import draw_trouble
from rag.ui.turns import N_SHOWN, Turn
from rag.ui.views import Look, turn_view

# How often an answer in progress is looked at.
_LOOK_EVERY_S = 0.25


def open_chat(info: IndexInfo) -> None:
    """Have the session's conversation be the one that the address names; before anything of the page is drawn."""
    if info.state == "ready":
        conversation.follow_address()
        conversation.follow_index(info)


def draw_chat(language: Language, settings: Settings) -> None:
    """The conversation, or questions to begin with, and the box for the next question."""
    resources.shared_desk()
    if (problem := conversation.problem()) is not None:
        draw_trouble(problem, language)
    called_back = st.session_state.pop(_CALLED_BACK, False)
    clicked = _conversation(language, settings)
    question = _input(language, settings) or clicked
    if question and not called_back:
        # After a restart of the server a reader may ask before this session has drawn the box: nothing calls back then.
        conversation.ask(question)
        st.rerun()


def draw_conversation_buttons(language: Language) -> None:
    """The buttons in the header: the list of conversations, and to begin anew where there is something to leave."""
    mount_part(key="kihon-conversations", data=conversations_part(language))
    if conversation.session_turns():
        st.button(
            label(language, "new_conversation"),
            icon=":material/edit_square:",
            key="new-conversation",
            on_click=conversation.start_anew,
        )


def _conversation(language: Language, settings: Settings) -> str | None:
    """Draw the turns, or questions to begin with, of which the one that was clicked is returned."""
    turns = conversation.session_turns()
    if not turns:
        return _welcome(language)
    look = Look(
        language=language,
        has_model=settings.answers_with_model,
        price=price_of(settings),
        find_newer=resources.find_newer,
    )
    n_shown: int = st.session_state.get("n_shown", N_SHOWN)
    with st.container(key="kihon-turns"):
        if len(turns) > n_shown:
            st.button(
                label(language, "show_older", n=len(turns) - n_shown),
                icon=":material/expand_less:",
                key="older",
                on_click=_show_older,
            )
        for turn in turns[-n_shown:-1]:
            _draw_turn(turn, look, is_newest=False)
        _newest_turn(look)
    return None


def _show_older() -> None:
    if came_early():
        return
    st.session_state.n_shown = st.session_state.get("n_shown", N_SHOWN) + N_SHOWN


def _welcome(language: Language) -> str | None:
    with st.container(key="kihon-welcome"):
        st.header(label(language, "welcome"), anchor=False)
        st.markdown(label(language, "welcome_text"))
    st.caption(label(language, "starters"))
    with st.container(key="kihon-starters"):
        clicked = [
            question
            for number, question in enumerate(starters(language), 1)
            if st.button(question, key=f"starter-{number}", on_click=_ask, args=(question,), width="stretch")
        ]
    return clicked[0] if clicked else None


def _newest_turn(look: Look) -> None:
    """The last turn: while more may come, this alone runs again and again, and the rest of the page stays as it is."""

    def is_waited_for(turn: Turn) -> bool:
        return turn.is_open or turn.is_suggesting

    is_waiting = is_waited_for(conversation.session_turns()[-1])

    @st.fragment(run_every=_LOOK_EVERY_S if is_waiting else None)
    def draw() -> None:
        turn = conversation.session_turns()[-1]
        was_open, is_over = turn.is_open, not is_waited_for(turn)
        _draw_turn(turn, look, is_newest=True)
        if was_open:
            st.button(
                label(look.language, "stop"),
                icon=":material/stop_circle:",
                key="stop",
                on_click=resources.shared_desk().stop,
                args=(turn,),
            )
        elif is_waiting and is_over:
            st.rerun()

    draw()


def _draw_turn(turn: Turn, look: Look, *, is_newest: bool) -> None:
    mount_part(key=f"turn-{turn.id}", data=turn_view(turn, look, is_newest=is_newest))


def _input(language: Language, settings: Settings) -> str | None:
    """Draw the box for the next question, which is returned in the run that it was sent in."""
    typed = st.query_params.get("q")
    if typed and st.session_state.get("typed") != typed:
        # Typed in, never sent: a link must not be able to ask.
        st.session_state.typed = typed
        st.session_state.question = typed[: settings.max_question_chars]
    return st.chat_input(
        label(language, "input"), key="question", max_chars=settings.max_question_chars, on_submit=_ask_what_was_typed
    )


def _ask_what_was_typed() -> None:
    question: str | None = st.session_state.question
    if question:
        _ask(question)


# Of the session: that what was typed or clicked has been asked already, in this run of the script.
_CALLED_BACK = "question-asked"


def _ask(question: str) -> None:
    if came_early():
        return
    st.session_state[_CALLED_BACK] = True
    conversation.ask(question)
