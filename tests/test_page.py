"""The chat page without a browser: what it makes of answers and documents, and Streamlit's AppTest."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import streamlit as st
from hypothesis import given
from hypothesis import strategies as some
from langchain_core.runnables import RunnableGenerator
from streamlit.testing.v1 import AppTest

from rag import Settings, get_document
from rag.answer import Answer, Citation, Conflict, Hit, Notice, Reason, Timings, Unsupported
from rag.document import Document, Page, Section
from rag.errors import VectorServerError
from rag.ui import resources
from rag.ui.desk import BusyError, Desk
from rag.ui.formatting import answer_blocks, document_blocks, plain_text
from rag.ui.labels import label, starters
from rag.ui.launching import free_port, page_script, url_of
from rag.ui.passages import heading_path, host_of
from rag.ui.sources import source_view
from rag.ui.turns import MAX_TURNS, N_SHOWN, Turn, history_of
from rag.ui.views import Look, turn_view

ROOT = Path(__file__).resolve().parent.parent
QUOTE = "The Cabinet adopted the Basic Plan on 23 December 2025."

# --- text into blocks and runs --------------------------------------------------------------------------------------


def _joined(blocks: list[dict[str, Any]], **wanted: object) -> str:
    """Text of all runs, hidden ones included, or of those with the wanted attributes."""
    return "".join(
        run["text"]
        for block in blocks
        for run in block["runs"]
        if all(run.get(name) == value for name, value in wanted.items())
    )


MARKUP = some.text(alphabet="ab 計。.\n#-*_`[]()!|1<>\t", max_size=80)


@given(text=MARKUP, data=some.data())
def test_document_blocks_are_the_text_and_the_quote_to_the_character(text: str, data: some.DataObject) -> None:
    start = data.draw(some.integers(0, len(text)))
    end = data.draw(some.integers(start, len(text)))
    blocks = document_blocks(text, 0, len(text), (start, end), markdown=data.draw(some.booleans()))
    if text.strip():
        assert _joined(blocks) == text
        assert _joined(blocks, quoted=True) == text[start:end]
    else:
        assert blocks == []


@given(text=MARKUP)
def test_answer_blocks_are_the_text(text: str) -> None:
    assert _joined(answer_blocks(text, {1})) == (text if text.strip() else "")


def _shown(blocks: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(block["kind"], "".join(run["text"] for run in block["runs"] if not run.get("hidden"))) for block in blocks]


def test_answer_blocks_show_a_list_and_the_sentence_behind_it() -> None:
    text = "Before. [1]\nFour policies:\n- use **AI**\n- build AI [2]\nAfter. [3]"
    assert _shown(answer_blocks(text, {1, 2, 3})) == [
        ("paragraph", "Before. [1]"),
        ("paragraph", "Four policies:"),
        ("item", "use AI"),
        ("item", "build AI [2]"),
        ("paragraph", "After. [3]"),
    ]


def test_answer_blocks_know_marks_and_leave_other_brackets_alone() -> None:
    runs = answer_blocks("One [1][2] and [9] and [x].", {1, 2})[0]["runs"]
    assert runs == [
        {"text": "One "},
        {"text": "[1]", "mark": 1},
        {"text": "[2]", "mark": 2},
        {"text": " and [9] and [x]."},
    ]


def test_answer_blocks_point_to_what_is_unsupported() -> None:
    text = "It costs 99 yen. [1]"
    runs = answer_blocks(text, {1}, [Unsupported(start=0, end=20, code="figure", detail="99")])[0]["runs"]
    assert runs == [{"text": "It costs 99 yen. ", "flaw": 0}, {"text": "[1]", "mark": 1}]


def test_hostile_markup_is_text_or_hidden() -> None:
    text = "<img src=x onerror=alert(1)> ![pixel](http://evil.example/p.png) [click](javascript:alert(1))"
    assert _shown(answer_blocks(text, set())) == [
        ("paragraph", "<img src=x onerror=alert(1)> pixel [click](javascript:alert(1))")
    ]


def test_document_blocks_keep_a_table() -> None:
    blocks = document_blocks("| a | b |\n|---|---|\n| 1 | 2 |", 0, 29, (0, 0), markdown=True)
    assert [block["kind"] for block in blocks] == ["header", "mark", "row"]
    assert sum(run.get("cell", False) for run in blocks[0]["runs"]) == 3


def test_plain_text_is_left_alone_by_markdown() -> None:
    assert plain_text("No index at '/a_b/*'. Run `x`.") == r"No index at '/a_b/\*'. Run `x`."
    assert plain_text("![x](http://y) <b> :red[z] _q_ $1$") == r"!\[x\](http://y) \<b\> \:red\[z\] \_q\_ \$1\$"


# --- answers as the browser gets them -------------------------------------------------------------------------------


def _citation(number: int = 1, **changes: Any) -> Citation:
    fields: dict[str, Any] = {
        "number": number,
        "document_id": "corpus/plan.md",
        "title": "The Basic Plan",
        "publisher": "Cabinet of Tests",
        "date": "2025-12-23",
        "kind": "plan",
        "status": "superseded",
        "section": "The Basic Plan › Adoption",
        "page": 3,
        "start": 10,
        "end": 14,
        "quote": "**AI**\n\n- one",
    }
    return Citation(**{**fields, **changes})


def _hit(rank: int = 1, **changes: Any) -> Hit:
    fields: dict[str, Any] = {
        "rank": rank,
        "score": 0.5,
        "dense_score": 0.5,
        "lexical_score": 1.0,
        "document_id": "corpus/act.md",
        "path": "act.md",
        "root": "corpus",
        "title": "The AI Act",
        "text": "It has **28** articles.",
        "start": 0,
        "end": 23,
    }
    return Hit(**{**fields, **changes})


def _done(answer: Answer, **changes: Any) -> Turn:
    return Turn(**{"id": 1, "question": "q", "state": "done", "answer": answer, "stage_ms": (1.0, 2.0, 3.0), **changes})


def test_turn_view_of_a_citation() -> None:
    view = turn_view(_done(Answer(text="Yes. [1]", citations=(_citation(),), mode="extractive")), Look(language="en"))
    assert view["citations"] == [
        {
            "number": 1,
            "label": "Citation 1: The Basic Plan",
            "quote": "AI\n- one",
            "document_id": "corpus/plan.md",
            "start": 10,
            "end": 14,
            "title": "The Basic Plan",
            "meta": ["Cabinet of Tests", "2025-12-23", "Plan"],
            "language": None,
            "place": ["Adoption", "p. 3"],
            "status": {"text": "Superseded", "tone": "warn"},
            "reference": "The Basic Plan, Cabinet of Tests, 2025-12-23, Adoption, p. 3",
        }
    ]
    assert view["foot"] == ["Quoted from the documents", "in 6 ms"]
    assert [stage["text"] for stage in view["stages"]] == ["Searched", "Read", "Checked"]


def test_turn_view_folds_away_the_passages_that_were_not_used() -> None:
    hits = (_hit(1), _hit(2, document_id="corpus/plan.md", start=0, end=100))
    view = turn_view(_done(Answer(text="Yes. [1]", citations=(_citation(),), hits=hits)), Look(language="en"))
    assert view["unused"]["title"] == "1 passage read but not used"
    assert [hit["quote"] for hit in view["unused"]["hits"]] == ["It has 28 articles."]


def test_turn_view_of_an_abstention_shows_the_nearest_passages_as_no_answer() -> None:
    answer = Answer(text="The documents do not say.", abstained=True, reason="not_stated", hits=(_hit(),))
    view = turn_view(_done(answer), Look(language="ja"))
    assert view["abstained"]["title"] == "文書には書かれていません"
    assert view["abstained"]["reason"] == label("ja", "reason_not_stated")
    assert view["abstained"]["nearest_title"] == "最も近い箇所（回答ではありません）"
    assert [hit["title"] for hit in view["abstained"]["nearest"]] == ["The AI Act"]
    assert view["blocks"] == []
    assert view["citations"] == []


@pytest.mark.parametrize("reason", get_args(Reason))
def test_turn_view_knows_every_reason(reason: Any) -> None:
    view = turn_view(_done(Answer(abstained=True, reason=reason)), Look(language="en"))
    assert view["abstained"]["reason"] == label("en", f"reason_{reason}")


def test_turn_view_shows_conflicts_notices_and_what_is_unsupported() -> None:
    answer = Answer(
        text="A 1. [1] B. [2]",
        citations=(_citation(1), _citation(2)),
        conflicts=(Conflict(subject="the date", citations=(1, 2)), Conflict(subject="gone", citations=(1, 7))),
        notices=(Notice(code="premise", message="It was 2025."), Notice(code="llm_failed", message="No reply.")),
        unsupported=(Unsupported(start=0, end=4, code="figure", detail="1 stands in none of its quotes"),),
    )
    view = turn_view(_done(answer), Look(language="en"))
    assert view["conflicts"] == [{"title": "Sources differ on the date", "numbers": [1, 2]}]
    assert [(notice["tone"], notice["text"]) for notice in view["notices"]] == [
        ("info", "It was 2025."),
        ("warn", "No reply."),
    ]
    assert view["flaws"] == [
        {
            "text": "A 1.",
            "detail": "1 stands in none of its quotes",
            "label": "Not carried by its quotes: 1 stands in none of its quotes",
        }
    ]


def test_turn_view_of_a_running_turn_says_which_stage_is_on() -> None:
    turn = Turn(id=1, question="q", state="running", stage_ms=(4.0, None, None))
    assert turn_view(turn, Look(language="en"))["stages"] == [
        {"state": "done", "text": "Searched", "time": "4 ms"},
        {"state": "active", "text": "Reading", "time": ""},
        {"state": "todo", "text": "Checking quotes", "time": ""},
    ]


def test_turn_view_is_json() -> None:
    answer = Answer(text="Yes. [1]", citations=(_citation(),), hits=(_hit(),), mode="llm")
    view = json.loads(json.dumps(turn_view(_done(answer, model="m"), Look(language="ja"))))
    assert view["foot"] == ["m が作成、引用は確認済み", "所要 6 ms"]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.cao.go.jp/x.pdf", "www.cao.go.jp"),
        ("http://a.example:8080/", "a.example"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("//evil.example/x", None),
        ("http://[bad", None),
        ("", None),
        (None, None),
    ],
)
def test_host_of(url: str | None, host: str | None) -> None:
    assert host_of(url) == host


def test_heading_path_leaves_out_the_title() -> None:
    assert heading_path("The Plan › Aim › **Goal**", "The Plan") == ["Aim", "Goal"]
    assert heading_path(None, "The Plan") == []


# --- documents as the viewer gets them ------------------------------------------------------------------------------


def _document(text: str, **changes: Any) -> Document:
    fields: dict[str, Any] = {
        "document_id": "corpus/x.md",
        "root": "corpus",
        "path": "x.md",
        "format": "markdown",
        "text": text,
        "sha256": "0" * 64,
        "title": "X",
    }
    return Document(**{**fields, **changes})


def test_source_view_of_a_short_document_is_whole() -> None:
    text = "# X\n\nOne. Two.\n"
    sections = (Section(start=0, end=len(text), level=1, heading="X", path="X"),)
    view = source_view(_document(text, url="javascript:alert(1)", sections=sections), 5, 9, "en")
    assert _joined(view["blocks"]) == text
    assert _joined(view["blocks"], quoted=True) == "One."
    assert (view["has_above"], view["has_below"], view["url"], view["original"]) == (False, False, None, None)


def test_source_view_of_a_long_document_grows_on_request() -> None:
    text = "\n\n".join(f"Paragraph {i} of a long document." for i in range(2000))
    start = text.index("Paragraph 1000 ")
    small = source_view(_document(text), start, start + 14, "en")
    large = source_view(_document(text), start, start + 14, "en", above=1)
    assert _joined(small["blocks"], quoted=True) == _joined(large["blocks"], quoted=True) == "Paragraph 1000"
    assert small["has_above"]
    assert small["has_below"]
    assert len(_joined(small["blocks"])) < len(_joined(large["blocks"])) < len(text)
    assert _joined(small["blocks"]).startswith("Paragraph")


@pytest.mark.parametrize(("start", "end"), [(-5, -1), (0, 10**9), (10**9, 5), (3, 3)])
def test_source_view_survives_any_span(start: int, end: int) -> None:
    assert source_view(_document("Some text."), start, end, "en")["title"] == "X"


@pytest.mark.parametrize("name", ["markdown", "html", "docx", "csv", "jsonl"])
def test_source_view_hides_the_backslash_of_an_escape(name: str) -> None:
    view = source_view(_document("\\# No *heading*, \\*as* written, `\\*`.", format=name), 0, 1, "en")
    shown = "".join(run["text"] for block in view["blocks"] for run in block["runs"] if not run.get("hidden"))
    assert (view["prose"], shown) == (True, "# No heading, *as* written, \\*.")


def test_source_view_marks_pages() -> None:
    pages = (Page(number=1, start=0, end=6), Page(number=2, start=6, end=11))
    view = source_view(_document("One.\n\nTwo.\n", format="pdf", pages=pages), 6, 10, "en")
    assert [block.get("text") for block in view["blocks"] if block["kind"] == "page"] == ["p. 1", "p. 2"]
    assert view["page"] == "p. 2"


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
    yield Answer(hits=(_hit(),), timings_ms=Timings(search=7.0))
    yield Answer(text="First. [1]", citations=(_citation(),))
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
    desk.ask(turn, {"question": question}, lambda _: "A general sentence.")
    return turn


def test_desk_fills_a_turn() -> None:
    turn = _wait(_ask(Desk(lambda: _chain(_answer)), "quick"))
    assert (turn.state, turn.answer.text, turn.error) == ("done", "First. [1] Second.", None)
    assert turn.stage_ms[0] == 7.0
    assert None not in turn.stage_ms


def test_desk_turns_errors_into_sentences() -> None:
    desk = Desk(lambda: _chain(_answer))
    assert _wait(_ask(desk, "away")).error == "The server does not answer."
    assert _wait(_ask(desk, "bug")).error == "A general sentence."


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
        _done(Answer(text="A [1]"), question="a"),
        Turn(id=2, question="b", state="failed"),
        _done(Answer(text="C"), question="c", state="stopped"),
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
    assert "23 December 2025" in _joined(turn["blocks"])
    for citation in turn["citations"]:
        document = get_document(citation["document_id"], small_settings)
        view = source_view(document, citation["start"], citation["end"], "en")
        assert _joined(view["blocks"], quoted=True) == document.text[citation["start"] : citation["end"]]
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
    app.session_state["turns"] = [_done(Answer(text="x"), id=i) for i in range(1, MAX_TURNS + 1)]
    app.chat_input[0].set_value("What does the AI Act hold?").run()
    _settle(app)
    assert [turn.id for turn in app.session_state["turns"]] == list(range(2, MAX_TURNS + 2))
    assert [turn["id"] for turn in _parts(app, "turn")] == list(range(MAX_TURNS - N_SHOWN + 2, MAX_TURNS + 2))
    app.button(key="older").click().run()
    assert len(_parts(app, "turn")) == 2 * N_SHOWN


def test_page_shows_an_error_as_a_sentence(page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_TOP_K", "0")
    st.cache_resource.clear()
    app = page()
    (error,) = app.error
    assert error.value.startswith("Settings: top_k")
    assert "Traceback" not in error.value


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
        assert not building.failed
        resources.forget_index()
        app.run()
        assert [button.label for button in app.button] == starters("en")
