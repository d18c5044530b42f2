"""Conversations of the page without a browser: kept as they are answered, opened again by their owner alone."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from langchain_core.runnables import RunnableLambda
from made_turns import EVIL, cite, done
from streamlit.testing.v1 import AppTest

from rag import Conversations, Rating, Settings, answer_markdown, build_index, current_all
from rag.answer import Answer
from rag.errors import ConversationError
from rag.ui import resources, session
from rag.ui.conversations import N_LISTED, conversations_view
from rag.ui.desk import Desk
from rag.ui.keeping import Keeper, note_standing, turns_of
from rag.ui.labels import label
from rag.ui.passages import Edition
from rag.ui.requests import answer_request
from rag.ui.troubles import Trouble
from rag.ui.turns import Place, Turn, before_place, place_of, replaced_by
from rag.ui.views import Look, turn_view

ROOT = Path(__file__).resolve().parent.parent
QUOTE = "The Cabinet adopted the Basic Plan on 23 December 2025."
ME = "m" * 43


@pytest.fixture
def settings(small_settings: Settings, tmp_path: Path) -> Settings:
    """The small index with a data folder of its own."""
    return small_settings.model_copy(update={"data_dir": tmp_path / "data"})


@pytest.fixture
def kept(settings: Settings) -> Conversations:
    return Conversations(settings)


@pytest.fixture
def keeper(kept: Conversations) -> Keeper:
    return Keeper(kept, ME)


def _turn(question: str, **changes: Any) -> Turn:
    return done(Answer(question=question, text=f"On {question}"), question=question, **changes)


def _questions(kept: Conversations, keeper: Keeper) -> list[str]:
    return [turn.question for turn in kept.get(keeper.id or "", ME).turns]


# --- keeping --------------------------------------------------------------------------------------------------------


def test_turns_are_kept_in_order_and_once(kept: Conversations, keeper: Keeper) -> None:
    first, second = _turn("One?"), _turn("Two?")
    keeper.keep(first)
    keeper.keep(second, [first])
    keeper.keep(second, [first])
    assert _questions(kept, keeper) == ["One?", "Two?"]
    assert [turn.id for turn in kept.get(keeper.id or "", ME).turns] == [first.kept_id, second.kept_id]
    assert kept.listed(ME)[0].title == "One?"


def test_a_turn_takes_the_place_of_others(kept: Conversations, keeper: Keeper) -> None:
    turns = [_turn(name) for name in ("One?", "Two?", "Three?")]
    for turn in turns:
        keeper.keep(turn)
    failed = Turn(id=4, question="Two, please?", state="failed", takes_place_of=place_of(turns[1:], turns[:1]))
    keeper.keep(failed, turns[:1])
    assert _questions(kept, keeper) == ["One?", "Two?", "Three?"]  # nothing is lost for an answer that failed
    last = _turn("Two, then?", takes_place_of=place_of([], [turns[0], failed]))
    keeper.keep(last, [turns[0], failed])
    assert _questions(kept, keeper) == ["One?", "Two, then?"]
    opened = turns_of(kept.get(keeper.id or "", ME), [{}, {}])
    assert [old.question for old in opened[1].replaced] == ["Two?", "Three?"]
    assert turn_view(opened[1], Look(language="en"))["replaced"]["turns"][0] == {"question": "Two?", "text": "On Two?"}


def test_a_place_that_another_tab_took_away_is_the_end(kept: Conversations, keeper: Keeper) -> None:
    keeper.keep(_turn("One?"))
    keeper.keep(_turn("Five, please?", takes_place_of=Place(5, 5)))
    assert _questions(kept, keeper) == ["One?", "Five, please?"]


def test_what_another_tab_has_replaced_is_neither_rated_nor_replaced(kept: Conversations, keeper: Keeper) -> None:
    for question in ("One?", "Two?"):
        keeper.keep(_turn(question))
    conversation = kept.get(keeper.id or "", ME)
    mine, theirs = (turns_of(conversation, [{}, {}]) for _ in range(2))
    keeper.keep(_turn("Two, please?", takes_place_of=place_of(mine[1:], mine[:1])))
    other = Keeper(kept, ME, keeper.id)
    assert not other.rate(theirs[1], Rating(thumb="down"))
    assert other.rate(theirs[0], Rating(thumb="up"))
    other.keep(_turn("Two, again?", takes_place_of=place_of(theirs[1:], theirs[:1])))
    assert [(turn.question, turn.rating) for turn in kept.get(keeper.id or "", ME).turns] == [
        ("One?", Rating(thumb="up")),
        ("Two, please?", None),
        ("Two, again?", None),
    ]
    assert len({turn.id for turn in (*mine, *theirs)}) == 4  # to the browser no two are the same


def test_what_another_tab_has_added_stays_when_a_turn_is_replaced(kept: Conversations, keeper: Keeper) -> None:
    for question in ("One?", "Two?", "Three?"):
        keeper.keep(_turn(question))
    mine = turns_of(kept.get(keeper.id or "", ME), [{}, {}, {}])
    Keeper(kept, ME, keeper.id).keep(_turn("Four, elsewhere?"))
    again = _turn("Two, please?", takes_place_of=place_of(mine[1:], mine[:1]))
    keeper.keep(again, mine[:1])
    conversation = kept.get(keeper.id or "", ME)
    assert [(turn.number, turn.question) for turn in conversation.turns] == [
        (1, "One?"),
        (2, "Four, elsewhere?"),
        (3, "Two, please?"),
    ]
    assert [old.question for old in conversation.turns[-1].replaced] == ["Two?", "Three?"]
    opened = turns_of(conversation, [{}, {}, {}])
    assert before_place(place_of(opened[:1], []), opened) == opened[1:]  # as the page opens it while it is answered
    keeper.keep(_turn("Two, at last?", takes_place_of=place_of([again], mine[:1])))
    assert _questions(kept, keeper) == ["One?", "Four, elsewhere?", "Two, at last?"]


def test_what_two_tabs_have_replaced_is_gone_once(kept: Conversations, keeper: Keeper) -> None:
    for question in ("One?", "Two?"):
        keeper.keep(_turn(question))
    theirs = turns_of(kept.get(keeper.id or "", ME), [{}, {}])
    keeper.keep(_turn("Three?"))
    mine = turns_of(kept.get(keeper.id or "", ME), [{}, {}, {}])
    Keeper(kept, ME, keeper.id).keep(_turn("Two, there?", takes_place_of=place_of(theirs[1:], theirs[:1])))
    keeper.keep(_turn("Two, here?", takes_place_of=place_of(mine[1:], mine[:1])))
    assert _questions(kept, keeper) == ["One?", "Two, there?", "Two, here?"]


def test_a_turn_that_was_stopped_for_another_goes_for_it(kept: Conversations, keeper: Keeper) -> None:
    first, second = _turn("One?"), _turn("Two?", state="stopped")
    keeper.keep(first)
    again, edited = [
        _turn(question, takes_place_of=place_of([*replaced], []), replaced=replaced_by(replaced))
        for question, replaced in (("Two, again?", [second]), ("One, please?", [first, second]))
    ]
    keeper.keep(second)  # only now: it was just stopped when the others were asked
    keeper.keep(again, [first])
    assert _questions(kept, keeper) == ["One?", "Two, again?"]
    third = _turn("Three?", state="stopped")
    edited.replaced = (first, again, third)
    keeper.keep(third)
    keeper.keep(edited)
    assert _questions(kept, keeper) == ["One, please?"]


def test_what_was_stopped_is_kept_with_a_note(kept: Conversations, keeper: Keeper) -> None:
    turn = _turn("One?", state="stopped")
    keeper.keep(turn)
    (again,) = turns_of(kept.get(keeper.id or "", ME), [{}])
    assert [notice["text"] for notice in turn_view(again, Look(language="ja"))["notices"]] == [
        label("ja", "notice_stopped")
    ]
    assert again.answer.text == turn.answer.text


def test_nothing_answered_leaves_no_conversation_behind(kept: Conversations, keeper: Keeper) -> None:
    assert keeper.begin() is not None
    keeper.keep(Turn(id=1, question="One?", state="failed", error=Trouble("error_general")))
    assert (keeper.id, kept.listed(ME)) == (None, [])


def test_a_turn_that_cannot_be_kept_says_so_and_is_kept_with_the_next(
    settings: Settings, kept: Conversations, keeper: Keeper
) -> None:
    first, second = _turn("One?"), _turn("Two?")
    settings.data_dir.parent.mkdir(exist_ok=True)
    settings.data_dir.write_text("in the way", "utf-8")
    assert keeper.begin() is None
    keeper.keep(first)
    assert (first.kept_id, first.unkept) == (None, "unwritable")
    for language in ("en", "ja"):
        (notice,) = turn_view(first, Look(language=language))["notices"]
        assert notice["text"] == label(language, "unkept", why=label(language, "conversation_unwritable"))
    assert first.answer.text == "On One?"
    settings.data_dir.unlink()
    keeper.keep(second, [first])
    assert _questions(kept, keeper) == ["One?", "Two?"]
    assert turn_view(first, Look(language="en"))["notices"] == []


def test_a_turn_that_is_too_long_does_not_hold_up_the_others(kept: Conversations, keeper: Keeper) -> None:
    long, short = _turn("x" * 10_000), _turn("Two?")
    keeper.keep(long)
    keeper.keep(short, [long])
    assert (long.unkept, short.unkept, _questions(kept, keeper)) == ("too_long", "", ["Two?"])


def test_a_damaged_file_is_said_and_the_conversation_goes_into_the_new_one(
    settings: Settings, kept: Conversations, keeper: Keeper
) -> None:
    first, second, third = _turn("One?"), _turn("Two?"), _turn("Three?")
    keeper.keep(first)
    file = settings.data_dir / "conversations.sqlite3"
    for path in settings.data_dir.glob("conversations.sqlite3-*"):
        path.unlink()
    file.write_bytes(b"no database " * 1000)
    keeper.keep(second, [first])
    assert second.unkept == "damaged"
    keeper.keep(third, [first, second])
    assert _questions(kept, keeper) == ["One?", "Two?", "Three?"]
    assert {turn.unkept for turn in (first, second, third)} == {""}


def test_a_conversation_deleted_elsewhere_does_not_come_back(kept: Conversations, keeper: Keeper) -> None:
    first, second = _turn("One?"), _turn("Two?")
    keeper.keep(first)
    kept.delete(keeper.id or "", ME)
    keeper.keep(second, [first])
    assert (second.unkept, kept.listed(ME)) == ("missing", [])


def test_a_rating_is_kept_with_its_turn(kept: Conversations, keeper: Keeper) -> None:
    turn = _turn("One?")
    assert not keeper.rate(turn, Rating(thumb="up"))
    keeper.keep(turn)
    assert keeper.rate(turn, Rating(thumb="down", reason="wrong", case_id="case-1"))
    (again,) = turns_of(kept.get(keeper.id or "", ME), [{}])
    assert again.verdict == "down"
    kept.delete(keeper.id or "", ME)
    assert not keeper.rate(turn, Rating(thumb="up"))


# --- the desk -------------------------------------------------------------------------------------------------------


def _wait(until: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_desk_keeps_a_turn_before_it_says_that_it_is_done(kept: Conversations, keeper: Keeper) -> None:
    states: list[str] = []

    def keep(turn: Turn) -> None:
        states.append(turn.state)
        keeper.keep(turn)

    desk = Desk(lambda: RunnableLambda(lambda value: Answer(text=value["question"])))
    turn = Turn(id=1, question="now", conversation=keeper.begin())
    desk.ask(turn, {"question": "now"}, keep=keep)
    _wait(lambda: turn.state == "done")
    assert (states, turn.kept_id is None) == (["running"], False)
    assert kept.get(keeper.id or "", ME).turns[0].answer.text == "now"


def test_desk_knows_what_is_being_answered_in_a_conversation() -> None:
    def answer(value: Any) -> Answer:
        time.sleep(1)
        return Answer(text="x")

    desk = Desk(lambda: RunnableLambda(answer))
    turn = Turn(id=1, question="now", conversation="a")
    desk.ask(turn, {"question": "now"})
    assert desk.open_turns("a") == [turn]
    assert desk.open_turns("b") == []
    _wait(lambda: turn.state == "done")
    assert desk.open_turns("a") == []


# --- what has become of the quotes ----------------------------------------------------------------------------------


def test_quotes_of_changed_removed_and_superseded_documents_say_so(small_settings: Settings, tmp_path: Path) -> None:
    shutil.copytree(small_settings.corpus_dir, tmp_path / "corpus")
    settings = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index", data_dir=tmp_path / "data")
    build_index(settings)
    sun, headquarters = "Tomatoes need six hours of sun a day.", "The headquarters is chaired by the Prime Minister."
    answer = Answer(
        text=f"{QUOTE} [1] {sun} [2] {headquarters} [3]",
        citations=(
            cite(1, "corpus/plan.md", QUOTE, settings),
            cite(2, "corpus/gardening.txt", sun, settings),
            cite(3, "corpus/act.md", headquarters, settings),
        ),
    )
    plan = tmp_path / "corpus" / "plan.md"
    plan.write_text(plan.read_text("utf-8").replace("23 December", "24 December"), "utf-8")
    (tmp_path / "corpus" / "gardening.txt").unlink()
    build_index(settings)
    turn = done(answer)
    (standing,) = current_all([answer], settings)
    note_standing(turn, standing)

    def find_newer(document_id: str) -> Edition | None:
        return Edition(document_id="corpus/new.md", title="The new Act") if document_id == "corpus/act.md" else None

    for language in ("en", "ja"):
        look = Look(language=language, find_newer=find_newer)
        changed, removed, superseded = turn_view(turn, look)["citations"]
        assert (changed["quote"], changed["remark"]) == (QUOTE, label(language, "quote_changed"))
        assert (removed["quote"], removed["remark"]) == ("", label(language, "quote_removed"))
        assert superseded["newer"]["document_id"] == "corpus/new.md"
        assert superseded["status"]["text"] == label(language, "status_superseded")
        assert "remark" not in superseded
    assert sun not in answer_markdown(turn.answer).split("**Sources**")[1]  # nor in what is copied or saved


# --- the page -------------------------------------------------------------------------------------------------------


@pytest.fixture
def page(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., AppTest]]:
    """Opens the page over the small index, as a reader; each call is another session."""
    for name in ("corpus_dir", "index_dir", "data_dir"):
        monkeypatch.setenv(f"RAG_{name.upper()}", str(getattr(settings, name)))
    st.cache_resource.clear()

    def open_page(owner: str = ME, **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        app.session_state["owner"] = owner
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    yield open_page
    st.cache_resource.clear()
    st.cache_data.clear()


def _turns(app: AppTest) -> list[dict[str, Any]]:
    found = [json.loads(element.proto.json) for element in app.get("bidi_component")]
    return [data for data in found if data.get("part") == "turn"]


def _ask(app: AppTest, question: str) -> str:
    """Ask and wait for the end; the id that the address has then."""
    app.chat_input[0].set_value(question).run()
    turn = app.session_state["turns"][-1]
    _wait(lambda: not turn.is_open)
    app.run()
    assert not app.exception
    assert turn.unkept == ""
    return str(app.query_params["c"])


def test_a_conversation_is_opened_again_by_its_owner_and_nobody_else(page: Callable[..., AppTest]) -> None:
    conversation_id = _ask(page(), "When did the Cabinet adopt the Basic Plan?")
    again = page(c=conversation_id)
    assert [button.key for button in again.button] == ["new-conversation"]
    assert [turn["question"] for turn in _turns(again)] == ["When did the Cabinet adopt the Basic Plan?"]
    assert _ask(again, "What does the AI Act hold?") == conversation_id
    assert len(_turns(page(c=conversation_id))) == 2
    for stranger in (page("y" * 43, c=conversation_id), page(c="no-such-id"), page(c=EVIL), page(c="'; DROP TABLE")):
        assert _turns(stranger) == []
        assert [error.value for error in stranger.error] == [label("en", "conversation_missing")]
        assert "c" not in stranger.query_params


def test_next_questions_are_there_again_in_a_conversation_opened_again(page: Callable[..., AppTest]) -> None:
    app = page()
    _wait(lambda: not any(thread.name == "kihon-warm-up" for thread in threading.enumerate()))  # it goes before
    conversation_id = _ask(app, "When did the Cabinet adopt the Basic Plan?")
    (turn,) = app.session_state["turns"]
    _wait(lambda: not turn.is_suggesting)
    assert turn.suggestions
    (again,) = page(c=conversation_id).session_state["turns"]
    _wait(lambda: not again.is_suggesting)
    assert again.suggestions == turn.suggestions


def test_a_quote_that_goes_while_the_page_is_open_leaves_the_turns_in_their_place(
    page: Callable[..., AppTest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Settings(corpus_dir=tmp_path / "own", index_dir=tmp_path / "index", data_dir=tmp_path / "data")
    own.corpus_dir.mkdir()
    for name, text in (("plan", QUOTE), ("bridge", "The Velmora bridge was opened on 3 May 2024.")):
        (own.corpus_dir / f"{name}.md").write_text(f"# The {name}\n\n{text}\n", "utf-8")
    build_index(own)
    for name in ("corpus_dir", "index_dir", "data_dir"):
        monkeypatch.setenv(f"RAG_{name.upper()}", str(getattr(own, name)))
    st.cache_resource.clear()
    app = page()
    _ask(app, "When was the Velmora bridge opened?")
    _ask(app, "When did the Cabinet adopt the Basic Plan?")
    before = _turns(app)
    assert "3 May" in before[0]["citations"][0]["quote"]
    (own.corpus_dir / "bridge.md").unlink()
    build_index(own)
    resources.forget_documents()
    app.run()
    after = _turns(app)
    assert [citation["quote"] for citation in after[0]["citations"]] == [""]
    assert [turn["id"] for turn in after] == [turn["id"] for turn in before]  # else the browser would draw all anew


def test_a_new_conversation_has_an_address_of_its_own(page: Callable[..., AppTest]) -> None:
    app = page()
    first = _ask(app, "When did the Cabinet adopt the Basic Plan?")
    app.button(key="new-conversation").click().run()
    assert "c" not in app.query_params
    assert _turns(app) == []
    assert _ask(app, "What does the AI Act hold?") != first


def test_a_question_that_is_being_answered_goes_on_in_another_session(page: Callable[..., AppTest]) -> None:
    app = page()
    app.chat_input[0].set_value("When did the Cabinet adopt the Basic Plan?").run()
    conversation_id = str(app.query_params["c"])
    again = page(c=conversation_id)
    (turn,) = again.session_state["turns"]
    _wait(lambda: not turn.is_open)
    again.run()
    assert _turns(again)[-1]["state"] == "done"
    assert len(_turns(page(c=conversation_id))) == 1


def test_an_unreadable_file_is_said_in_a_sentence(page: Callable[..., AppTest], settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    (settings.data_dir / "conversations.sqlite3").write_bytes(b"no database " * 1000)
    app = page(c="anything")
    assert [error.value for error in app.error] == [label("en", "conversation_damaged")]
    _ask(app, "What does the AI Act hold?")
    assert not app.error


def _requesting() -> None:
    import streamlit as st

    from rag.ui.requests import answer_request

    for request in st.session_state.pop("to_request", []):
        answer_request({"id": 1, "request": request}, "en")


def test_the_list_is_searched_renamed_and_deleted_by_its_owner_alone(
    page: Callable[..., AppTest], kept: Conversations
) -> None:
    mine, other = kept.create(ME), kept.create("y" * 43)
    kept.append(mine.id, ME, f"{EVIL}\n改行の質問 {'長' * 300}", Answer(text="合言葉は**海**です。"))
    kept.append(other.id, "y" * 43, "Other?", Answer(text="合言葉は山です。"))
    app = AppTest.from_function(_requesting, default_timeout=60)
    app.session_state["owner"] = ME

    def ask(**request: Any) -> dict[str, Any]:
        app.session_state["to_request"] = [request]
        app.run()
        assert not app.exception
        return dict(app.session_state["reply"])

    (row,) = ask(kind="conversations", search="合言葉")["value"]["rows"]
    assert row["title"].startswith(f"{EVIL} 改行"[:60])
    assert "\n" not in row["title"]
    assert ask(kind="conversations", search="山")["value"]["rows"] == []
    assert ask(kind="conversations", search="山")["value"]["count"] == label("en", "conversations_none_found")
    for kind, more in (("rename", {"title": "Mine now"}), ("delete", {}), ("open", {})):
        reply = ask(kind=f"{kind}_conversation", conversation=other.id, **more)
        assert reply["error"] == label("en", "conversation_missing")
    assert kept.get(other.id, "y" * 43).title == "Other?"
    ask(kind="rename_conversation", conversation=mine.id, title="Renamed")
    assert kept.get(mine.id, ME).title == "Renamed"
    ask(kind="open_conversation", conversation=mine.id)
    assert [turn.question[:4] for turn in app.session_state["turns"]] == [EVIL[:4]]
    ask(kind="delete_conversation", conversation=mine.id)
    assert app.session_state["turns"] == []
    with pytest.raises(ConversationError):
        kept.get(mine.id, ME)


def test_a_long_list_is_shown_in_parts(kept: Conversations) -> None:
    info = kept.create(ME, "One")
    listed = [info.model_copy(update={"id": str(n), "n_turns": n % 100}) for n in range(1000)]
    view = conversations_view(listed, "3", "", N_LISTED, "en")
    assert (len(view["rows"]), view["more"]) == (N_LISTED, 2 * N_LISTED)
    assert view["count"] == label("en", "conversations_count", n=990)  # those without an answer are no conversations
    assert [row["id"] for row in view["rows"] if row["is_current"]] == ["3"]
    assert conversations_view(listed, None, "x", 1000, "en")["more"] is None


@pytest.mark.parametrize(
    "request_",
    [
        {"kind": "conversations", "n": 0},
        {"kind": "rename_conversation", "conversation": "x", "title": ""},
        {"kind": "open_conversation", "conversation": None},
        {"kind": "open_conversation", "conversation": "x", "owner": "y"},
    ],
    ids=lambda request_: json.dumps(request_),
)
def test_a_request_about_conversations_that_is_none_gets_a_sentence(request_: dict[str, Any]) -> None:
    assert answer_request({"id": 1, "request": request_}, "en") is False
    assert st.session_state.reply["error"] == label("en", "error_request")


def test_an_owner_cannot_be_guessed_and_a_made_up_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    brought: dict[str, str] = {}
    monkeypatch.setattr(type(st.context), "cookies", property(lambda self: brought))

    def owner() -> str:
        st.session_state.pop("owner", None)
        return session.owner()

    made = {owner() for _ in range(20)}
    assert len(made) == 20
    assert {len(one) for one in made} == {43}  # 256 bits
    for cookie, is_taken in (("k" * 43, True), ("k", False), ("", False), (f"{'k' * 42}\n", False), ("k" * 44, False)):
        brought[session.OWNER_COOKIE] = cookie
        assert (owner() == cookie) is is_taken
