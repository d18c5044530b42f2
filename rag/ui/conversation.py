"""The conversation of one session: its turns, what a reader does with them, and how it is opened again."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from rag import Rating, current_all
from rag.errors import ConversationError
from rag.index.description import IndexInfo
from rag.ui import resources, session
from rag.ui.desk import BusyError
from rag.ui.keeping import Keeper, note_standing, turns_of
from rag.ui.troubles import Trouble, trouble_of
from rag.ui.turns import MAX_TURNS, Turn, before_place, history_of, place_of, replaced_by

logger = logging.getLogger(__name__)

ADDRESS_KEY: Final = "c"
"""`?c=ID` opens a kept conversation."""


def session_turns() -> list[Turn]:
    """The turns of this session, oldest first."""
    turns: list[Turn] = st.session_state.setdefault("turns", [])
    return turns


def kept_id() -> str | None:
    """Id of this session's conversation, or of the one that its address names while that is not opened yet."""
    asked_for: str | None = st.query_params.get(ADDRESS_KEY)
    return _keeper().id or asked_for


def title() -> str:
    """Title of this session's conversation; its first question where none is kept."""
    first = session_turns()[0].question if session_turns() else ""
    conversation_id = _keeper().id
    if conversation_id is None:
        return first
    try:
        return resources.shared_conversations().get(conversation_id, session.owner(), last=0).title or first
    except ConversationError as exc:
        logger.warning("A title could not be read: %s", exc)
        return first


def problem() -> Trouble | None:
    """What went wrong when a conversation was to be opened."""
    trouble: Trouble | None = st.session_state.get("problem")
    return trouble


def start_anew() -> None:
    """Begin an empty conversation; an answer in progress is stopped."""
    for turn in session_turns():
        resources.shared_desk().stop(turn)
    _show([], None)


def open_kept(conversation_id: str) -> None:
    """Open a kept conversation of this reader's; one whose question is still being answered goes on.

    Raises:
        ConversationError: If there is none of this id for this reader, or it cannot be read.
        IndexStoreError: If its quotes cannot be looked up.
    """
    desk, conversations = resources.shared_desk(), resources.shared_conversations()
    in_progress = desk.open_turns(conversation_id)
    kept = conversations.get(conversation_id, session.owner())
    turns = turns_of(kept, current_all([turn.answer for turn in kept.turns], resources.shared_settings()))
    going_on = set(map(id, in_progress))
    for turn in session_turns():
        if id(turn) not in going_on:
            desk.stop(turn)
    for turn in in_progress:
        if turn.kept_id is None or turn.kept_id not in {each.kept_id for each in turns}:
            turns = [*before_place(turn.takes_place_of, turns), turn]
    _go_by_their_ids(turns, kept.id)
    _show(turns, kept.id)
    if turns and turns[-1].state == "done":
        # They are not kept: made of words of documents, each kept one would be a place more to forget a document in.
        desk.suggest(turns[-1], _chain_input(turns[-1].question, turns[:-1]))


def follow_address() -> None:
    """Open the conversation that the address names, once, and have the address name the one that is open."""
    wanted = st.query_params.get(ADDRESS_KEY)
    if wanted is not None and wanted not in (st.session_state.get("address"), _keeper().id):
        st.session_state.address = wanted
        try:
            open_kept(wanted)
        except ConversationError as exc:
            logger.warning("A conversation could not be opened: %s", exc)
            start_anew()
            st.session_state.problem = trouble_of(exc)
    now = _keeper().id
    if now is not None and now != wanted:
        st.query_params[ADDRESS_KEY] = now
    elif now is None and wanted is not None:
        del st.query_params[ADDRESS_KEY]
    st.session_state.address = now


def follow_index(info: IndexInfo) -> None:
    """Look at the quotes of this session again where the index has changed since the last time."""
    if st.session_state.setdefault("index_seen", info) == info:
        return
    st.session_state.index_seen = info
    turns = [turn for turn in session_turns() if not turn.is_open]
    standings = current_all([turn.answer for turn in turns], resources.shared_settings())
    for turn, standing in zip(turns, standings, strict=True):
        note_standing(turn, standing)
    if any("removed" in standing.values() for standing in standings) and (conversation_id := _keeper().id):
        # The file has lost the words of a deleted document; what is in memory must not keep them.
        open_kept(conversation_id)


def ask(question: str, *, instead_of: int | None = None, is_offline: bool = False) -> None:
    """Begin a turn; a question that is still being answered is stopped: a session has one at a time.

    Args:
        question: What is asked.
        instead_of: Id of a turn that the new one takes the place of. It and what followed it are kept with the new
            turn, to be looked at, and no longer count as part of the conversation.
        is_offline: Answer without the chat model.
    """
    desk, settings, keeper = resources.shared_desk(), resources.shared_settings(), _keeper()
    turns = session_turns()
    for each in turns:
        desk.stop(each)
    at = next((i for i, turn in enumerate(turns) if turn.id == instead_of), len(turns))
    before, replaced = turns[:at], turns[at:]
    asked = _chain_input(question, before)
    if is_offline:
        asked["answerer"] = "extractive"
    has_model = settings.answers_with_model and asked.get("answerer") != "extractive"
    turn = Turn(
        question=question,
        model=settings.chat_model if has_model else "",
        is_offline=is_offline,
        conversation=keeper.begin(),
        takes_place_of=place_of(replaced, before),
        replaced=replaced_by(replaced),
    )
    st.session_state.pop("problem", None)
    # From here on the session's state is not touched by name: there Streamlit may break off for another run.
    try:
        desk.ask(turn, asked, keep=lambda turn: keeper.keep(turn, before))
    except BusyError as exc:
        turn.state, turn.error = "failed", trouble_of(exc)
        keeper.keep(turn, before)
    turns[:] = [*before, turn][-MAX_TURNS:]


def rate(turn: Turn, rating: Rating) -> bool:
    """Keep with the turn what the reader said of its answer; whether that worked."""
    return _keeper().rate(turn, rating)


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


def _chain_input(question: str, before: Sequence[Turn]) -> dict[str, Any]:
    options = session.chain_options(resources.shared_settings())
    return {"question": question, "chat_history": history_of(before), **options}


def _go_by_their_ids(turns: Sequence[Turn], conversation_id: str) -> None:
    """Turns that this session has already stay the same to the browser: so does what is open or focused in them."""
    known: dict[int | None, int] = {
        turn.kept_id: turn.id
        for turn in session_turns()
        if turn.conversation == conversation_id and turn.kept_id is not None
    }
    for turn in turns:
        turn.id = known.get(turn.kept_id, turn.id)


def _show(turns: Sequence[Turn], conversation_id: str | None) -> None:
    st.session_state.turns = list(turns)
    st.session_state.keeper = Keeper(resources.shared_conversations(), session.owner(), conversation_id)
    for key in ("n_shown", "problem"):
        st.session_state.pop(key, None)


def _keeper() -> Keeper:
    """Of this session's conversation."""
    if "keeper" not in st.session_state:
        st.session_state.keeper = Keeper(resources.shared_conversations(), session.owner())
    keeper: Keeper = st.session_state.keeper
    return keeper
