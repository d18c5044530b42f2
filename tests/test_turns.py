"""Turns without a browser: what can be done with one, what is said of it, and what the browser may ask for."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from langchain_core.runnables import RunnableLambda
from made_turns import EVIL, cite, done, hit
from streamlit.testing.v1 import AppTest

from rag import Settings, verify
from rag.answer import Answer, Notice, Unsupported, Usage
from rag.costs import Price
from rag.ui.desk import Desk, Suggest
from rag.ui.feedback import FeedbackError, Said, feedback_form, keep_feedback
from rag.ui.labels import label
from rag.ui.passages import Edition, citation_view, hit_sentences
from rag.ui.requests import answer_request
from rag.ui.taking import FILE_KINDS, reference, saved_file
from rag.ui.troubles import Trouble
from rag.ui.turns import Turn, replaced_by
from rag.ui.views import Look, turn_view

ROOT = Path(__file__).resolve().parent.parent
QUOTE = "The Cabinet adopted the Basic Plan on 23 December 2025."
BUDGET = "Its budget is about one trillion yen over five years."


@pytest.fixture
def answer(small_settings: Settings) -> Answer:
    """An extract over the small index, with two hits."""
    return Answer(
        question="When was the plan adopted?",
        text=f"{QUOTE} [1]",
        citations=(cite(1, "corpus/plan.md", QUOTE, small_settings),),
        hits=(
            hit(1, "corpus/plan.md", f"{QUOTE} {BUDGET}", small_settings),
            hit(2, "corpus/act.md", "It has 28 articles and no penalties.", small_settings),
        ),
        mode="extractive",
    )


# --- what is said of a turn -----------------------------------------------------------------------------------------


def test_foot_names_model_time_tokens_and_price() -> None:
    written = Answer(text="x", mode="llm", usage=Usage(input_tokens=900, output_tokens=100, total_tokens=1000))
    look = Look(language="en", has_model=True, price=Price(input=1.0, output=2.0))
    foot = turn_view(done(written, model="m"), look)["foot"]
    assert foot == ["Written by m, quotes checked", "in 6 ms", "1,000 tokens", "about $0.0011"]
    assert turn_view(done(written), Look(language="en"))["foot"][0] == label("en", "made_by_a_model")
    cheap = Look(language="en", has_model=True, price=Price(input=0.001, output=0.0))
    assert turn_view(done(written), cheap)["foot"][-1] == "below $0.0001"
    free = Look(language="en", has_model=True, price=Price(input=0, output=0))
    assert turn_view(done(written), free)["foot"][-1] == "about $0"


def test_reasons_are_in_the_language_of_the_page() -> None:
    flawed = Answer(
        text="It costs 987 yen.",
        mode="llm",
        unsupported=(
            Unsupported(start=9, end=12, code="figure_unsupported", detail="'987' does not stand in the quotes [1]."),
            Unsupported(start=0, end=17, code="new_code", detail="A reason of its own."),
        ),
        notices=(Notice(code="llm_failed", message="The model failed."), Notice(code="premise", message="前提")),
    )
    view = turn_view(done(flawed), Look(language="ja"))
    assert [flaw["detail"] for flaw in view["flaws"]] == [
        "「987」は付けられた引用の中にありません。",
        "A reason of its own.",
    ]
    assert view["notices"] == [
        {"tone": "warn", "code": "llm_failed", "text": label("ja", "notice_llm_failed"), "detail": "The model failed."},
        {"tone": "info", "code": "premise", "text": "前提"},
    ]


def test_superseded_source_names_the_newer_edition(small_settings: Settings) -> None:
    citation = cite(1, "corpus/plan.md", QUOTE, small_settings, status="Superseded")
    newer = Edition(document_id="corpus/new.md", title="The new plan")
    view = citation_view(citation, "en", lambda document_id: newer if document_id == "corpus/plan.md" else None)
    assert view["newer"] == {
        "text": "Superseded. Newer edition: The new plan",
        "document_id": "corpus/new.md",
        "title": "The new plan",
        "start": 0,
        "end": 0,
    }


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", None])
def test_reference_names_no_address_but_a_web_one(small_settings: Settings, url: str | None) -> None:
    citation = cite(1, "corpus/plan.md", QUOTE, small_settings, url=url)
    assert reference(citation, "en") == "The Basic Plan, Cabinet of Tests, 2025-12-23"
    linked = cite(1, "corpus/plan.md", QUOTE, small_settings, url="https://a.example/x", page=4)
    assert reference(linked, "ja") == "The Basic Plan, Cabinet of Tests, 2025-12-23, 4 ページ, https://a.example/x"


# --- what can be done with a turn -----------------------------------------------------------------------------------


def test_tools_are_there_where_they_can_be_used(answer: Answer) -> None:
    extract = turn_view(done(answer), Look(language="en"))["tools"]
    assert set(extract) == {"edit", "again", "copy", "save", "verdict"}
    assert turn_view(Turn(id=1, question="q", state="running"), Look(language="en"))["tools"] == {}
    stopped = turn_view(done(answer, state="stopped"), Look(language="en"))["tools"]
    assert set(stopped) == {"edit", "again", "copy"}


@pytest.mark.parametrize(
    ("turn", "wanted"),
    [
        (done(Answer(text="x", mode="llm")), "plain"),
        (done(Answer(text="x", mode="llm", notices=(Notice(code="llm_interrupted", message="."),))), "prominent"),
        (Turn(id=1, question="q", state="failed", error=Trouble("error_general")), "prominent"),
        (done(Answer(text="x", mode="extractive", notices=(Notice(code="llm_failed", message="."),))), None),
        (done(Answer(text="x", mode="llm"), is_offline=True), None),
    ],
    ids=["written", "broken off", "failed", "answered offline anyway", "asked offline"],
)
def test_offline_is_the_way_out_of_a_failing_model(turn: Turn, wanted: str | None) -> None:
    assert turn_view(turn, Look(language="en", has_model=True))["tools"].get("offline") == wanted
    assert "offline" not in turn_view(turn, Look(language="en"))["tools"]


def test_view_of_an_answered_turn_is_made_once_and_again_when_it_changes(answer: Answer) -> None:
    turn, look = done(answer), Look(language="en")
    first = turn_view(turn, look)
    assert turn_view(turn, Look(language="en")) is first
    turn.verdict = "up"
    assert turn_view(turn, look)["tools"]["verdict"] == "up"
    assert turn_view(turn, Look(language="ja"))["stages"][0]["text"] == label("ja", "stage_search_done")


def test_copies_hold_every_quote(answer: Answer) -> None:
    for entry in turn_view(done(answer), Look(language="en"))["tools"]["copy"]:
        assert f"{QUOTE} [1]" in entry["content"]
        assert "Cabinet of Tests" in entry["content"]


@pytest.mark.parametrize("kind", FILE_KINDS)
def test_saved_file_holds_the_answer_and_the_evidence_verifies(
    answer: Answer, small_settings: Settings, kind: Any
) -> None:
    turns = [done(answer, question=f"When? {EVIL}"), Turn(id=2, question="stopped", state="stopped")]
    file = saved_file(kind, turns[0], turns, EVIL, small_settings, "en")
    assert "23 December 2025" in file.text
    assert "<script" not in file.text.replace("\\<script", "") or file.media_type == "application/json"
    if file.media_type == "application/json":
        assert verify(file.text, small_settings).ok


def test_a_new_turn_keeps_what_it_replaces_flat() -> None:
    first = done(Answer(text="1"), question="a")
    second = done(Answer(text="2"), question="b", replaced=(first,))
    third = Turn(id=3, question="c", state="failed")
    kept = replaced_by([second, third])
    assert [turn.question for turn in kept] == ["a", "b"]
    assert second.replaced == ()
    view = turn_view(done(Answer(text="3"), replaced=kept), Look(language="en"))
    assert view["replaced"] == {
        "title": "Before the change: 2 questions",
        "turns": [{"question": "a", "text": "1"}, {"question": "b", "text": "2"}],
    }


# --- feedback -------------------------------------------------------------------------------------------------------


def _cases(settings: Settings) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (settings.data_dir / "cases.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture
def own_data(small_settings: Settings, tmp_path: Path) -> Settings:
    """The small index with a data folder of its own."""
    return small_settings.model_copy(update={"data_dir": tmp_path})


def test_form_lists_the_passages_in_sentences(answer: Answer) -> None:
    form = feedback_form(done(answer), "down", "en")
    assert [place["sentences"] for place in form["hits"]] == [[QUOTE, BUDGET], ["It has 28 articles and no penalties."]]
    assert feedback_form(done(answer), "up", "en")["hits"] == []


def test_sentences_of_a_passage_stand_in_it_word_for_word(small_settings: Settings) -> None:
    words = "The plan has four policies:\n\n- accelerate the use of AI\n- build up the power to develop AI"
    passage = hit(1, "corpus/plan.md", words, small_settings)
    assert hit_sentences(passage) == [
        "The plan has four policies:",
        "accelerate the use of AI",
        "build up the power to develop AI",
    ]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (
            Said(verdict="down", reason="wrong", place="hit", hit=0, sentences=(1,)),
            {"answers": [[BUDGET]], "quotes": [{"document_id": "corpus/plan.md", "quote": BUDGET}]},
        ),
        (
            Said(verdict="down", reason="incomplete", place="hit", hit=1, text="28"),
            {"answers": [["28"]], "documents": ["corpus/act.md"]},
        ),
        (Said(verdict="down", reason="outdated", place="nowhere"), {"answerable": False}),
        (Said(verdict="down", reason="wrong", text=" On 24 December "), {"answers": [["On 24 December"]]}),
        (
            Said(verdict="up", reason="correct", text="Good."),
            {"answers": [[QUOTE]], "quotes": [{"document_id": "corpus/plan.md", "quote": QUOTE}]},
        ),
    ],
    ids=["sentence", "passage and words", "nowhere", "words", "up"],
)
def test_feedback_becomes_a_case(answer: Answer, own_data: Settings, said: Said, wanted: dict[str, Any]) -> None:
    turn, before = done(answer, question="When?"), [done(Answer(text="Before."), question="What?")]
    keep_feedback(turn, before, said, own_data, "en")
    (case,) = _cases(own_data)
    assert case | wanted == case
    assert case["feedback"]["answer"] == answer.text
    assert case["feedback"]["correction"].startswith(said.reason)
    assert case["chat_history"] == [["user", "What?"], ["assistant", "Before."]]
    assert turn.verdict == said.verdict


def test_feedback_that_says_nothing_is_asked_for_more(answer: Answer, own_data: Settings) -> None:
    turn = done(answer)
    with pytest.raises(FeedbackError, match="Choose the right passage"):
        keep_feedback(turn, [], Said(verdict="down", reason="wrong", text="  "), own_data, "en")
    assert turn.verdict is None
    assert not (own_data.data_dir / "cases.jsonl").exists()


# --- the desk's suggestions -----------------------------------------------------------------------------------------


def _wait(turn: Turn, until: Callable[[Turn], bool]) -> None:
    deadline = time.monotonic() + 60
    while not until(turn):
        assert time.monotonic() < deadline, turn
        time.sleep(0.01)


def _desk(suggest: Suggest) -> Desk:
    return Desk(lambda: RunnableLambda(lambda value: Answer(text=value["question"])), suggest=suggest)


def test_desk_looks_for_next_questions_once_the_answer_is_there() -> None:
    seen: list[Any] = []

    def suggest(answer: Answer, value: Mapping[str, Any], may_go_on: Callable[[], bool]) -> Sequence[str]:
        seen.append((turn.state, answer.text, value, may_go_on()))
        return ["Next?"]

    turn, value = Turn(id=1, question="now"), {"question": "now", "chat_history": [("user", "before")]}
    _desk(suggest).ask(turn, value)
    _wait(turn, lambda turn: turn.state == "done" and not turn.is_suggesting)
    assert seen == [("done", "now", value, True)]
    assert turn.suggestions == ("Next?",)
    assert turn_view(turn, Look(language="en"))["next"] == ["Next?"]
    assert "next" not in turn_view(turn, Look(language="en"), is_newest=False)


def test_answer_is_whole_where_no_question_can_be_suggested() -> None:
    def suggest(answer: Answer, value: Mapping[str, Any], may_go_on: Callable[[], bool]) -> Sequence[str]:
        raise ValueError("no")

    turn = Turn(id=1, question="now")
    _desk(suggest).ask(turn, {"question": "now"})
    _wait(turn, lambda turn: turn.state == "done" and not turn.is_suggesting)
    assert (turn.error, turn.suggestions) == (None, ())


@pytest.fixture
def searching() -> tuple[Suggest, threading.Event, list[str]]:
    """A search that goes on until it is told to stop, whether it has begun, and the questions it was begun for."""
    begun, begun_for = threading.Event(), list[str]()

    def suggest(answer: Answer, value: Mapping[str, Any], may_go_on: Callable[[], bool]) -> Sequence[str]:
        begun_for.append(answer.text)
        begun.set()
        while may_go_on():
            time.sleep(0.001)
        return [f"Found for {answer.text}."]

    return suggest, begun, begun_for


def test_looking_for_next_questions_ends_as_soon_as_anybody_asks(
    searching: tuple[Suggest, threading.Event, list[str]],
) -> None:
    suggest, begun, begun_for = searching
    desk, first, second = _desk(suggest), Turn(id=1, question="one"), Turn(id=1, question="two")
    desk.ask(first, {"question": "one"})
    assert begun.wait(60)
    desk.ask(second, {"question": "two"})
    _wait(first, lambda turn: not turn.is_suggesting)
    assert first.suggestions == ("Found for one.",)  # what was found until then is shown
    _wait(second, lambda turn: turn.is_suggesting)
    desk.stop(second)  # its reader goes on
    _wait(second, lambda turn: begun_for == ["one", "two"])
    assert (second.state, second.is_suggesting, second.suggestions) == ("done", False, ())


def test_next_questions_are_not_looked_for_while_somebody_waits(
    searching: tuple[Suggest, threading.Event, list[str]],
) -> None:
    suggest, _, begun_for = searching
    release = threading.Event()

    def answer(value: dict[str, Any]) -> Answer:
        if value["question"] == "slow":
            release.wait(60)
        return Answer(text=value["question"])

    desk = Desk(lambda: RunnableLambda(answer), suggest=suggest)
    slow, quick, kept = (Turn(id=1, question=question) for question in ("slow", "quick", "kept"))
    desk.ask(slow, {"question": "slow"})
    desk.ask(quick, {"question": "quick"})
    _wait(quick, lambda turn: turn.state == "done" and not turn.is_suggesting)
    desk.suggest(kept, {"question": "kept"})
    assert (kept.is_suggesting, begun_for) == (False, [])
    release.set()
    _wait(slow, lambda turn: turn.is_suggesting)
    desk.stop(slow)


_ENDING = """
import asyncio, sys, threading, time
from langchain_core.runnables import RunnableGenerator
from rag.answer import Answer
from rag.ui.desk import Desk
from rag.ui.turns import Turn

async def answer(questions):
    yield Answer(text="First.")
    for _ in range(1000):
        await asyncio.to_thread(time.sleep, 0.1)
        yield Answer(text=" More.")

begun = threading.Event()

def suggest(answer, value, may_go_on):
    begun.set()
    while may_go_on():
        time.sleep(0.01)
    return []

def wait(is_so):
    while not is_so():
        time.sleep(0.01)

def keep(turn):
    if turn.answer.text:
        sys.stdout.write(f"{turn.question} {turn.state} {turn.answer.text[:6]}\\n")

desk = Desk(lambda: RunnableGenerator(answer), suggest=suggest, at_once=2)
looking, *turns = (Turn(question=str(number)) for number in range(6))
looking.state = "done"
desk.suggest(looking, {})
begun.wait()
for turn in turns if sys.argv[1] == "answering" else ():
    desk.ask(turn, {"question": turn.question}, keep=keep)
    wait(lambda: turn.question > "2" or turn.answer.text)
"""


@pytest.mark.parametrize("doing", ["suggesting", "answering"])
def test_the_end_of_the_process_ends_the_work_of_the_desk(doing: str) -> None:
    started = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", _ENDING, doing], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    kept = ["1 stopped First.", "2 stopped First."] if doing == "answering" else []  # what waited was not begun
    assert sorted(ended.stdout.splitlines()) == kept
    assert time.monotonic() - started < 60  # loading takes most of it; the answers would take 100 s each


# --- requests of the browser ----------------------------------------------------------------------------------------


@pytest.fixture
def environment(small_settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The page's settings name the small index, and a data folder of its own."""
    for name in ("corpus_dir", "index_dir"):
        monkeypatch.setenv(f"RAG_{name.upper()}", str(getattr(small_settings, name)))
    monkeypatch.setenv("RAG_DATA_DIR", str(tmp_path))
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()
    st.cache_data.clear()


HOSTILE = [
    {},
    {"id": 1},
    {"id": "x", "request": None},
    {"id": 1, "request": {"kind": "shell", "command": "ls"}},
    {"id": 1, "request": {"kind": "document", "document_id": ["a"], "start": 0, "end": 1}},
    {"id": 1, "request": {"kind": "document", "document_id": "../../etc/passwd", "start": 0, "end": 1}},
    {"id": 1, "request": {"kind": "page", "document_id": "corpus/plan.md", "start": 0, "end": 1, "page": 10**30}},
    {"id": 1, "request": {"kind": "feedback_form", "turn": 99, "verdict": "down"}},
    {"id": 1, "request": {"kind": "feedback", "turn": 1, "said": {"verdict": "down", "reason": "x" * 41}}},
    {"id": 1, "request": {"kind": "save", "turn": 1, "file": "/etc/passwd"}},
    {"id": 1, "request": {"kind": "ask", "question": ""}},
]


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("asked", HOSTILE, ids=lambda asked: json.dumps(asked)[:60])
def test_a_request_that_is_none_gets_a_sentence(asked: dict[str, Any]) -> None:
    assert answer_request(asked, "en") is False
    reply = dict(st.session_state.reply)
    assert {"id", "error"} <= set(reply) <= {"id", "error", "detail"}
    assert "Traceback" not in reply["error"]


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_document_that_is_gone_is_said_in_the_language_of_the_page(language: Any) -> None:
    request = {"kind": "document", "document_id": "uploads/gone.pdf", "start": 0, "end": 1}
    answer_request({"id": 7, "request": request}, language)
    assert st.session_state.reply == {
        "id": 7,
        "error": label(language, "trouble_document_missing"),
        "detail": None,
    }


def _asking() -> None:
    import streamlit as st

    from rag.ui import conversation

    for asked in st.session_state.pop("to_ask", []):
        conversation.ask(asked.pop("question"), **asked)


@pytest.mark.usefixtures("environment")
def test_a_question_asked_anew_goes_on_from_where_it_stood() -> None:
    app = AppTest.from_function(_asking, default_timeout=60)
    answered = [done(Answer(text=f"Answer {n}."), id=n, question=f"Question {n}?") for n in (1, 2, 3)]
    app.session_state["turns"] = list(answered)
    app.session_state["to_ask"] = [{"question": "Changed?", "instead_of": 2, "is_offline": True}]
    app.run()
    assert not app.exception
    first, changed = app.session_state["turns"]
    assert first.id == 1
    assert changed.id not in (1, 2, 3)
    assert (changed.question, changed.is_offline, changed.model) == ("Changed?", True, "")
    assert [turn.question for turn in changed.replaced] == ["Question 2?", "Question 3?"]
    app.session_state["to_ask"] = [{"question": "Further?"}]
    app.run()
    assert [turn.question for turn in app.session_state["turns"]] == ["Question 1?", "Changed?", "Further?"]
    assert not app.session_state["turns"][1].is_open  # one question at a time
    # What loads the model in the background must not go on into the next test.
    _wait(app.session_state["turns"][2], lambda turn: not (turn.is_open or turn.is_suggesting))
