"""The chat page: header, conversation, input. Run by Streamlit, top to bottom, on every interaction of a session."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import streamlit as st

from rag import RagError, Settings
from rag.costs import price_of
from rag.ui import conversation, resources
from rag.ui.component import mount_part, mount_shell
from rag.ui.formatting import plain_text
from rag.ui.labels import LANGUAGES, Language, label, language_of_locale, starters
from rag.ui.requests import answer_request
from rag.ui.turns import N_SHOWN, Turn
from rag.ui.views import Look, turn_view

logger = logging.getLogger(__name__)

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

# A file of ours: Streamlit fetches named icons for the browser's tab from another host.
_ICON = Path(__file__).parent / "assets" / "icon.png"
# How often an answer in progress, or a build, is looked at.
_LOOK_EVERY_S = 0.25
_SHELL_LABELS = (
    *("viewer", "loading", "close", "previous", "next", "more_above", "more_below", "end", "as_text", "as_page"),
    *("previous_page", "next_page", "error_slow"),
)
_MAX_TYPED_CHARS = 4000


def main() -> None:
    """Draw the page; an error is shown as a sentence, its details go to the log."""
    st.set_page_config(page_title="Kihon", page_icon=str(_ICON), layout="centered")
    language = _language()
    try:
        _shell(language)
        _page(language)
    except Exception:
        logger.exception("The page could not be drawn")
        st.error(plain_text(label(language, "error_general")), icon=":material/error:")


def _page(language: Language) -> None:
    try:
        settings = resources.shared_settings()
        info = resources.index_state()
    except RagError as exc:
        _header(language, None, None)
        st.error(plain_text(str(exc)), icon=":material/error:")
        return
    _header(language, settings, info.n_documents if info.state == "ready" else None)
    if info.state == "missing":
        _first_build(language)
    elif info.state == "unusable":
        st.error("  \n".join(map(plain_text, info.missing)), icon=":material/error:")
    else:
        resources.shared_desk()
        _conversation(language, settings)
        _input(language, settings)


def _language() -> Language:
    if "language" not in st.session_state:
        st.session_state.language = language_of_locale(st.context.locale)
    chosen: Language = st.session_state.language or language_of_locale(st.context.locale)
    return chosen


def _header(language: Language, settings: Settings | None, n_documents: int | None) -> None:
    data: dict[str, Any] = {"part": "header", "name": "Kihon", "tagline": label(language, "tagline")}
    if settings is not None:
        mode = resources.answer_mode(settings)
        data["mode"] = {
            "kind": mode["kind"],
            "text": label(language, f"mode_{mode['kind']}", **mode),
            "help": label(language, f"mode_{mode['kind']}_help", **mode),
        }
    if n_documents is not None:
        data["documents"] = label(language, "n_documents", n=n_documents)
    with st.container(key="kihon-header", horizontal=True, vertical_alignment="center"):
        mount_part(key="kihon-brand", data=data)
        st.segmented_control(
            label(language, "language"),
            list(LANGUAGES),
            format_func=lambda code: LANGUAGES[code],
            key="language",
            required=True,
            label_visibility="collapsed",
        )
        if conversation.session_turns():
            st.button(
                label(language, "new_conversation"),
                icon=":material/edit_square:",
                key="new-conversation",
                on_click=conversation.start_anew,
            )


def _conversation(language: Language, settings: Settings) -> None:
    turns = conversation.session_turns()
    if not turns:
        _welcome(language)
        return
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


def _show_older() -> None:
    st.session_state.n_shown = st.session_state.get("n_shown", N_SHOWN) + N_SHOWN


def _welcome(language: Language) -> None:
    with st.container(key="kihon-welcome"):
        st.header(label(language, "welcome"), anchor=False)
        st.markdown(label(language, "welcome_text"))
    st.caption(label(language, "starters"))
    with st.container(key="kihon-starters"):
        for number, question in enumerate(starters(language), 1):
            st.button(question, key=f"starter-{number}", on_click=_ask, args=(question,), width="stretch")


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


def _input(language: Language, settings: Settings) -> None:
    typed = st.query_params.get("q")
    if typed and st.session_state.get("typed") != typed:
        # Typed in, never sent: a link must not be able to ask.
        st.session_state.typed = typed
        st.session_state.question = typed[:_MAX_TYPED_CHARS]
    st.chat_input(
        label(language, "input"), key="question", max_chars=settings.max_question_chars, on_submit=_ask_what_was_typed
    )


def _ask_what_was_typed() -> None:
    question: str | None = st.session_state.question
    if question:
        _ask(question)


def _ask(question: str) -> None:
    conversation.ask(question, _language())


@st.fragment
def _shell(language: Language) -> None:
    """Script, styles and source viewer. A fragment: opening a document does not run the whole page again."""
    labels = {key: label(language, key) for key in _SHELL_LABELS}
    labels["nth"] = label(language, "nth", nth="{nth}", n="{n}")
    with st.container(key="kihon-shell"):
        mount_shell(
            key="shell",
            data={"language": language, "labels": labels, "reply": st.session_state.get("reply")},
            on_request=_on_request,
        )
    if st.session_state.pop("page_changed", False):
        st.rerun()


def _on_request() -> None:
    st.session_state.page_changed = answer_request(dict(st.session_state.shell.request or {}), _language())


def _first_build(language: Language) -> None:
    """The index is built by the page itself: once, whoever opens it first; every session sees the progress."""
    building = resources.shared_building()

    @st.fragment(run_every=_LOOK_EVERY_S)
    def draw() -> None:
        st.header(label(language, "building"), anchor=False)
        count = label(language, "building_count", done=building.done, total=building.total) if building.total else ""
        st.progress(building.done / building.total if building.total else 0.0, text=count)
        st.caption(label(language, "building_text"))
        if building.is_over:
            resources.forget_index()
            st.rerun()

    if building.failed:
        st.error(plain_text(building.error or label(language, "error_general")), icon=":material/error:")
        st.button(label(language, "retry"), key="retry", on_click=resources.forget_index)
    else:
        draw()


if __name__ == "__main__":  # an installed wheel has no app.py
    logging.basicConfig(level=logging.WARNING, format=LOG_FORMAT)
    main()
