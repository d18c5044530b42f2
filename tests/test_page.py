"""The chat page without a browser: the desk that answers, the server's start, and Streamlit's AppTest."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from langchain_core.runnables import RunnableGenerator
from made_turns import done, joined_text, made_citation, made_hit
from streamlit.testing.v1 import AppTest

from rag import Settings, get_document
from rag.answer import Answer, Timings
from rag.errors import VectorServerError
from rag.ui import resources
from rag.ui.desk import BusyError, Desk
from rag.ui.labels import label, starters
from rag.ui.launching import free_port, page_script, url_of
from rag.ui.sources import source_view
from rag.ui.troubles import Trouble
from rag.ui.turns import MAX_TURNS, N_SHOWN, Turn, history_of

ROOT = Path(__file__).resolve().parent.parent
QUOTE = "The Cabinet adopted the Basic Plan on 23 December 2025."

# --- the desk -------------------------------------------------------------------------------------------------------


def _chain(answer: Callable[[str], AsyncIterator[Answer]]) -> RunnableGenerator[Any, Answer]:
    async def transform(inputs: AsyncIterator[Any]) -> AsyncIterator[Answer]:
        async for value in inputs:
            async for part in answer(value["question"]):
                yield part

    return RunnableGenerator(transform)


async def _answer(question: str) -> AsyncIterator[Answer]:
    yield Answer(question=question, searched=question, mode="extractive")
    if question == "bug":
        raise ValueError("secret details")
    if question == "away":
        raise VectorServerError("The server does not answer.")
    yield Answer(hits=(made_hit(),), timings_ms=Timings(search=7.0))
    yield Answer(text="First. [1]", citations=(made_citation(),))
    if question == "slow":
        await asyncio.sleep(30)
    yield Answer(text=" Second.")


def _wait(turn: Turn, until: Callable[[Turn], bool] = lambda turn: not turn.is_open) -> Turn:
    deadline = time.monotonic() + 30
    while not until(turn):
        assert time.monotonic() < deadline, turn
        time.sleep(0.01)
    return turn


def _ask(desk: Desk, question: str) -> Turn:
    turn = Turn(id=1, question=question)
    desk.ask(turn, {"question": question})
    return turn


def test_desk_fills_a_turn() -> None:
    turn = _wait(_ask(Desk(lambda: _chain(_answer)), "quick"))
    assert (turn.state, turn.answer.text, turn.error) == ("done", "First. [1] Second.", None)
    assert turn.stage_ms[0] == 7.0
    assert None not in turn.stage_ms


def test_desk_turns_errors_into_sentences() -> None:
    desk = Desk(lambda: _chain(_answer))
    assert _wait(_ask(desk, "away")).error == Trouble("error_vector_server", "The server does not answer.")
    assert _wait(_ask(desk, "bug")).error == Trouble("error_general")


def test_desk_stops_and_keeps_what_was_answered() -> None:
    desk = Desk(lambda: _chain(_answer), at_once=1)
    turn = _wait(_ask(desk, "slow"), lambda turn: bool(turn.answer.text))
    desk.stop(turn)
    assert (turn.state, turn.answer.text) == ("stopped", "First. [1]")
    assert _wait(_ask(desk, "quick")).state == "done"  # the seat is free again


def test_desk_lets_wait_and_refuses_when_full() -> None:
    desk = Desk(lambda: _chain(_answer), at_once=1, max_waiting=2)
    first = _wait(_ask(desk, "slow"), lambda turn: turn.state == "running")
    waiting = [_ask(desk, "quick"), _ask(desk, "quick")]
    assert [turn.place for turn in waiting] == [1, 2]
    with pytest.raises(BusyError, match="waiting"):
        _ask(desk, "quick")
    desk.stop(first)
    assert [_wait(turn).state for turn in waiting] == ["done", "done"]


def test_history_of_leaves_out_what_failed() -> None:
    turns = [
        done(Answer(text="A [1]"), question="a"),
        Turn(id=2, question="b", state="failed"),
        done(Answer(text="C"), question="c", state="stopped"),
    ]
    assert history_of(turns) == [("user", "a"), ("assistant", "A [1]"), ("user", "c"), ("assistant", "C")]


# --- starting the server --------------------------------------------------------------------------------------------


def test_free_port_skips_a_taken_one() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port, "127.0.0.1") > port


def test_url_of_and_script() -> None:
    assert url_of(8501, "127.0.0.1") == "http://127.0.0.1:8501"
    assert url_of(8501, "0.0.0.0") == "http://127.0.0.1:8501"
    assert url_of(8501, "::1") == "http://[::1]:8501"
    assert page_script() == ROOT / "app.py"


# --- the page itself ------------------------------------------------------------------------------------------------


@pytest.fixture
def page(small_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., AppTest]]:
    """Opens the page over the small index."""
    yield from _pages(small_settings, monkeypatch)


def _pages(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., AppTest]]:
    for name in ("corpus_dir", "index_dir", "data_dir"):
        monkeypatch.setenv(f"RAG_{name.upper()}", str(getattr(settings, name)))
    st.cache_resource.clear()

    def open_page(**query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    yield open_page
    st.cache_resource.clear()


def _parts(app: AppTest, kind: str) -> list[dict[str, Any]]:
    """Data of the parts of one kind, in order."""
    found = [json.loads(element.proto.json) for element in app.get("bidi_component")]
    return [data for data in found if data.get("part") == kind]


def _settle(app: AppTest) -> dict[str, Any]:
    """Run until the newest turn has ended; its data."""
    _wait(app.session_state["turns"][-1])
    app.run()
    assert not app.exception
    return _parts(app, "turn")[-1]


def test_page_opens_with_six_starters_and_says_how_it_answers(page: Callable[..., AppTest]) -> None:
    app = page()
    assert [button.label for button in app.button] == starters("en")
    (header,) = _parts(app, "header")
    assert header["mode"]["text"] == "Offline extract"
    assert header["documents"] == "4 documents"
    assert app.chat_input[0].placeholder == label("en", "input")


def test_page_answers_with_quotes_that_stand_in_the_document(
    page: Callable[..., AppTest], small_settings: Settings
) -> None:
    app = page()
    app.chat_input[0].set_value("When did the Cabinet adopt the Basic Plan?").run()
    turn = _settle(app)
    assert turn["state"] == "done"
    assert "23 December 2025" in joined_text(turn["blocks"])
    for citation in turn["citations"]:
        document = get_document(citation["document_id"], small_settings)
        view = source_view(document, citation["start"], citation["end"], "en")
        assert joined_text(view["blocks"], quoted=True) == document.text[citation["start"] : citation["end"]]
    assert QUOTE in [citation["quote"] for citation in turn["citations"]]


def test_page_asks_a_starter(page: Callable[..., AppTest]) -> None:
    app = page()
    app.button(key="starter-1").click().run()
    assert _settle(app)["question"] == starters("en")[0]
    assert [button.key for button in app.button] == ["new-conversation"]


def test_page_abstains(page: Callable[..., AppTest]) -> None:
    app = page()
    app.chat_input[0].set_value("Who won the football world cup in 1966?").run()
    turn = _settle(app)
    assert turn["abstained"]["title"] == "The documents do not say"
    assert turn["citations"] == []


def test_page_begins_a_new_conversation(page: Callable[..., AppTest]) -> None:
    app = page()
    app.chat_input[0].set_value("What does the AI Act hold?").run()
    _settle(app)
    app.button(key="new-conversation").click().run()
    assert _parts(app, "turn") == []
    assert [button.label for button in app.button] == starters("en")


def test_page_speaks_japanese(page: Callable[..., AppTest]) -> None:
    app = page()
    app.session_state["language"] = "ja"
    app.run()
    assert [button.label for button in app.button] == starters("ja")
    assert _parts(app, "header")[0]["mode"]["text"] == "オフライン抜粋"


def test_query_parameter_is_typed_in_and_not_sent(page: Callable[..., AppTest]) -> None:
    app = page(q="What is <b>AI</b>?")
    assert app.session_state["typed"] == "What is <b>AI</b>?"
    assert _parts(app, "turn") == []
    app.run()
    assert _parts(app, "turn") == []


def test_page_keeps_and_shows_the_last_turns(page: Callable[..., AppTest]) -> None:
    app = page()
    app.session_state["turns"] = [done(Answer(text="x"), id=i) for i in range(1, MAX_TURNS + 1)]
    app.chat_input[0].set_value("What does the AI Act hold?").run()
    _settle(app)
    ids = [turn.id for turn in app.session_state["turns"]]
    assert ids[:-1] == list(range(2, MAX_TURNS + 1))
    assert [turn["id"] for turn in _parts(app, "turn")] == ids[-N_SHOWN:]
    app.button(key="older").click().run()
    assert len(_parts(app, "turn")) == 2 * N_SHOWN


def test_page_shows_an_error_as_a_sentence(page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_TOP_K", "0")
    st.cache_resource.clear()
    app = page()
    (error,) = app.error
    assert error.value == label("en", "error_config")
    (detail,) = app.expander[0].markdown
    assert detail.value.startswith("Settings: top_k (set by RAG_TOP_K)")
    assert "Traceback" not in detail.value


def test_page_builds_the_first_index_itself(
    small_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = small_settings.model_copy(update={"index_dir": tmp_path / "index"})
    for open_page in _pages(settings, monkeypatch):
        app = open_page()
        assert label("en", "building") in [heading.value for heading in app.header]
        building = resources.shared_building()
        deadline = time.monotonic() + 120
        while not building.is_over:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert building.error is None
        resources.forget_index()
        app.run()
        assert [button.label for button in app.button] == starters("en")
