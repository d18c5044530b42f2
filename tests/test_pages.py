"""The pages beside the chat without a browser: where text goes, documents, evaluation, settings, about."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from eval_runs import abstained, make_result, make_row, make_run, right, unanswerable, write, wrong
from streamlit.testing.v1 import AppTest

from eval.dataset import read_rows
from rag import DocumentInfo, Settings, list_documents
from rag.answer import Hit
from rag.ui import eval_runs
from rag.ui.documents import PAGE_SIZE, documents_view, search_documents, sort_documents
from rag.ui.eval_views import asked_of, gold_groups, measures_view, questions_view, sure_differences
from rag.ui.labels import LANGUAGES, Language, label
from rag.ui.passages import hit_sentences
from rag.ui.trust import AnswerMode, answer_mode, chroma_view, mode_view

ROOT = Path(__file__).resolve().parent.parent

# --- who answers, and where text goes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "place", "host"),
    [
        ("http://127.0.0.1:11434/v1", "machine", "127.0.0.1:11434"),
        ("http://localhost:8000/v1", "machine", "localhost:8000"),
        ("http://llm.localhost./v1", "machine", "llm.localhost."),
        ("http://[::1]:8000/v1", "machine", "[::1]:8000"),
        ("http://0.0.0.0:8000/v1", "machine", "0.0.0.0:8000"),
        ("http://192.168.1.20/v1", "network", "192.168.1.20"),
        ("http://10.0.0.7:8000/v1", "network", "10.0.0.7:8000"),
        ("http://[fd00::1]/v1", "network", "[fd00::1]"),
        ("https://user:secret@api.example/v1", "hosted", "api.example"),
        ("http://8.8.8.8/v1", "hosted", "8.8.8.8"),
        # Looks private as a range, is public: an IPv4 address in IPv6's clothes.
        ("http://[::ffff:8.8.8.8]/v1", "hosted", "[::ffff:8.8.8.8]"),
        ("http://127.0.0.1.evil.example/v1", "hosted", "127.0.0.1.evil.example"),
        ("http://localhost.evil.example/v1", "hosted", "localhost.evil.example"),
        ("http://2130706433/v1", "hosted", "2130706433"),
    ],
)
def test_answer_mode_tells_local_from_hosted(url: str, place: Any, host: str) -> None:
    settings = Settings(openai_base_url=url, chat_model="m")
    assert answer_mode(settings) == AnswerMode(place=place, model="m", host=host)


def test_answer_mode_without_a_model_and_without_an_address() -> None:
    keyed = Settings(openai_api_key="sk-x")
    assert answer_mode(Settings()).place == "extractive"
    assert answer_mode(keyed, extractive=True) == AnswerMode(place="extractive")
    assert (answer_mode(keyed).place, answer_mode(keyed).host) == ("hosted", "api.openai.com")


@pytest.mark.parametrize("language", LANGUAGES)
def test_mode_view_names_model_and_host(language: Language) -> None:
    for place in ("machine", "network", "hosted"):
        view = mode_view(AnswerMode(place=place, model="llama", host="h:1"), language)
        assert "llama" in view["text"]
        assert "h:1" in view["text"]
        assert "h:1" in view["help"]


def test_chroma_server_is_told() -> None:
    assert chroma_view(Settings(), "en") == []
    (told,) = chroma_view(Settings(chroma_url="http://me:pw@chroma.example:8000"), "en")
    assert "chroma.example:8000 (another service)" in told
    assert "pw" not in told


# --- the list of documents ------------------------------------------------------------------------------------------


def _info(i: int = 1, **changes: Any) -> DocumentInfo:
    fields: dict[str, Any] = {
        "document_id": f"corpus/{i}.md",
        "root": "corpus",
        "path": f"{i}.md",
        "state": "indexed",
        "title": f"Document {i}",
        "n_chunks": i,
    }
    return DocumentInfo(**{**fields, **changes})


def test_search_documents_ignores_width_and_case() -> None:
    documents = [_info(1, title="ＡＩ法の概要", publisher="内閣府"), _info(2, title="The AI Act")]
    assert [document.path for document in search_documents(documents, "ai 内閣")] == ["1.md"]
    assert [document.path for document in search_documents(documents, "AI ACT")] == ["2.md"]
    assert search_documents(documents, " ") == documents
    assert search_documents(documents, "(.*") == []


def test_sort_documents() -> None:
    documents = [_info(1, title="b", date="2025-01"), _info(2, title="A"), _info(3, title="c", date="2026")]
    order = {sort: "".join(d.title for d in sort_documents(documents, sort)) for sort in ("sort_title", "sort_newest")}
    assert order == {"sort_title": "Abc", "sort_newest": "cbA"}
    assert "".join(d.title for d in sort_documents(documents, "sort_oldest")) == "bcA"
    assert "".join(d.title for d in sort_documents(documents, "sort_longest")) == "cAb"


def test_documents_view_of_a_row() -> None:
    document = _info(
        7, title="<b>Plan</b>", publisher="Cabinet", kind="plan", status="superseded", language="ja", date="2025-12-23",
        n_bytes=1_572_864, n_pages=1200, n_chunks=3400,
    )  # fmt: skip
    (row,) = documents_view([document], "en")["rows"]
    assert row["title"] == "<b>Plan</b>"
    assert row["source"] == "Cabinet · corpus/7.md"
    assert row["status"] == {"text": "Superseded", "tone": "warn"}
    assert row["cells"] == ["Plan", "2025-12-23", "Japanese", "1.5 MB", "1,200", "3,400"]
    assert (row["canOpen"], row["canDelete"], row["state"]) == (True, False, None)


def test_documents_view_says_why_an_upload_is_not_indexed() -> None:
    document = _info(1, root="uploads", state="rejected", code="scanned", reason="It holds no text.", n_chunks=0)
    (row,) = documents_view([document], "ja")["rows"]
    assert (row["canOpen"], row["canDelete"], row["state"]["text"]) == (False, True, "索引外")
    assert row["reason"] == {"text": label("ja", "why_scanned"), "detail": None}
    unknown = document.model_copy(update={"code": "new", "reason": "It is new."})
    assert documents_view([unknown], "ja")["rows"][0]["reason"] == {
        "text": label("ja", "why_other"),
        "detail": {"title": label("ja", "details"), "text": "It is new."},
    }


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("- Use AI. Build AI.\n- Trust it.", ["Use AI. Build AI.", "Trust it."]),
        ("| a | b |\n|---|---|\n| 1 | It is. It was. |", ["| 1 | It is. It was. |"]),
        ("> It is so.\n> It was.", ["It is so.", "It was."]),
    ],
    ids=["items", "rows", "quoted"],
)
def test_hit_sentences_are_those_that_are_indexed(text: str, sentences: list[str]) -> None:
    facts = dict.fromkeys(("document_id", "path", "title"), "plan.md")
    hit = Hit.model_validate(
        {**facts, "root": "corpus", "rank": 1, "score": 1.0, "dense_score": None, "lexical_score": None}
        | {"text": text, "start": 0, "end": len(text)}
    )
    assert hit_sentences(hit) == sentences


# --- pages in Streamlit's own test bench ----------------------------------------------------------------------------

_PAGE = """
from rag.ui import resources, session
from rag.ui.{module} import {function}
{function}(session.language(), resources.shared_settings(), resources.index_state(){more})
"""


@pytest.fixture
def draw(small_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., AppTest]]:
    """Draws one page over the small index."""
    for name in ("corpus_dir", "index_dir", "data_dir"):
        monkeypatch.setenv(f"RAG_{name.upper()}", str(getattr(small_settings, name)))
    st.cache_resource.clear()

    def draw_page(module: str, function: str, more: str = "", *, language: str = "en", **query: str) -> AppTest:
        app = AppTest.from_string(_PAGE.format(module=module, function=function, more=more), default_timeout=60)
        app.session_state["language"] = language
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    yield draw_page
    st.cache_resource.clear()


def _parts(app: AppTest, kind: str) -> list[dict[str, Any]]:
    found = [json.loads(element.proto.json) for element in app.get("bidi_component")]
    return [data for data in found if data.get("part") == kind]


def _titles(app: AppTest) -> list[str]:
    return [row["title"] for part in _parts(app, "documents") for row in part["rows"]]


def test_documents_page_lists_searches_and_filters(draw: Callable[..., AppTest]) -> None:
    app = draw("documents", "draw_documents")
    assert _titles(app) == ["gardening", "The AI Act", "The Basic Plan", "基本計画"]
    app.text_input(key="documents-search").set_value("plan").run()
    assert _titles(app) == ["The Basic Plan"]
    app.text_input(key="documents-search").set_value("").run()
    app.button_group(key="documents-kind").set_value(["plan"]).run()
    assert _titles(app) == ["The Basic Plan", "基本計画"]
    app.text_input(key="documents-date_from").set_value("2026").run()
    assert [info.value for info in app.info] == [label("en", "documents_none")]
    app.text_input(key="documents-date_from").set_value("2026-02-30").run()
    assert [warning.value for warning in app.warning] == [label("en", "documents_date_wrong")]


def test_documents_page_chooses_what_is_asked(draw: Callable[..., AppTest]) -> None:
    app = draw("documents", "draw_documents")
    assert [button.key for button in app.button] == []
    app.button_group(key="documents-language").set_value(["ja"]).run()
    app.button(key="documents-ask").click().run()
    assert dict(app.session_state["choices"].documents) == {"language": ["ja"]}
    app.text_input(key="documents-search").set_value("基本").run()
    app.button(key="documents-ask").click().run()
    assert dict(app.session_state["choices"].documents) == {"document_id": ["corpus/計画.md"]}


def test_documents_page_keeps_to_what_the_operator_allows(
    draw: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_PAGE_MAY_CHANGE", "none")
    app = draw("documents", "draw_documents")
    app.button_group(key="documents-language").set_value(["ja"]).run()
    assert [button.key for button in app.button] == []


def test_documents_page_opens_the_document_that_the_address_names(draw: Callable[..., AppTest]) -> None:
    app = draw("documents", "draw_documents", document="corpus/act.md")
    assert _parts(app, "documents")[0]["opened"]["title"] == "The AI Act"
    for name in ("corpus/../secret", "<img src=x>"):
        assert _parts(draw("documents", "draw_documents", document=name), "documents")[0]["opened"] is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_settings_page_changes_the_choices(draw: Callable[..., AppTest], language: str) -> None:
    app = draw("preferences", "draw_preferences", ", ('', 'chat')", language=language)
    assert _parts(app, "theme")[0]["paths"] == ["", "chat"]
    app.slider(key="settings-top-k").set_value(5).run()
    assert app.session_state["choices"].top_k == 5
    app.toggle(key="settings-shortcuts").set_value(False).run()
    assert app.session_state["kept"] == {"kihon_shortcuts": "off"}


def test_settings_page_lets_a_reader_leave_the_model_out(
    draw: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("RAG_CHAT_MODEL", "llama")
    app = draw("preferences", "draw_preferences", ", ()")
    assert [option.split(" ·")[0] for option in app.radio(key="settings-answerer").options] == [
        "Local model llama",
        "Offline extract",
    ]
    app.radio(key="settings-answerer").set_value(True).run()
    assert app.session_state["choices"].extractive
    monkeypatch.setenv("RAG_PAGE_MAY_CHANGE", "top_k")
    st.cache_resource.clear()
    fixed = draw("preferences", "draw_preferences", ", ()")
    assert len(fixed.radio) == 0
    assert label("en", "settings_fixed") in [text.value for text in fixed.markdown]


@pytest.mark.parametrize("language", LANGUAGES)
def test_about_page_says_what_is_indexed_and_where_text_goes(draw: Callable[..., AppTest], language: Language) -> None:
    (facts,) = _parts(draw("about", "draw_about", language=language), "facts")
    groups = {group["title"]: group for group in facts["groups"]}
    assert groups[label(language, "about_text_goes")]["text"][0] == label(language, "mode_extractive_help")
    assert [label(language, "about_documents"), "4"] in groups[label(language, "about_index")]["rows"]
    assert groups[label(language, "shortcuts")]["keys"][0] == ["/", label(language, "key_question")]
    assert groups[label(language, "about_versions")]["rows"][0][0] == "Python"


# --- choices reach the chain ----------------------------------------------------------------------------------------

_CHOOSING = """
import streamlit as st
from rag.ui import resources, session
session.choose(extractive=True, top_k=3, documents={"language": ["ja"]})
st.json(session.chain_options(resources.shared_settings()))
st.text(session.language())
"""


@pytest.mark.parametrize(
    ("allowed", "options"),
    [
        ("answerer,top_k,documents", {"filter": {"language": ["ja"]}, "top_k": 3, "answerer": "extractive"}),
        ("top_k", {"top_k": 3}),
        ("none", {}),
    ],
)
def test_choices_count_as_far_as_the_operator_allows(
    allowed: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_PAGE_MAY_CHANGE", allowed)
    st.cache_resource.clear()
    app = AppTest.from_string(_CHOOSING).run()
    assert json.loads(app.json[0].value) == options
    st.cache_resource.clear()


@pytest.mark.parametrize(("wanted", "language"), [("ja", "ja"), ("en", "en"), ("<b>", "en"), ("", "en")])
def test_address_may_name_the_language(wanted: str, language: str) -> None:
    app = AppTest.from_string(_CHOOSING)
    app.query_params["lang"] = wanted
    assert app.run().text[0].value == language


# --- recorded eval runs ---------------------------------------------------------------------------------------------

BEFORE = make_run(
    make_result(make_row("a"), wrong()),
    make_result(make_row("b", language="ja", question="何人ですか。"), right()),
    make_result(unanswerable("c"), abstained()),
)
AFTER = make_run(
    make_result(make_row("a"), right(), ms=12.0),
    make_result(make_row("b", language="ja", question="何人ですか。"), None, error="RuntimeError: away"),
    make_result(unanswerable("c"), wrong("It has **31** people <img src=x>. [1]")),
)


@pytest.fixture
def runs(tmp_path: Path) -> Settings:
    """Settings whose data folder holds two runs, and what is none."""
    for name, run in (("before", BEFORE), ("after", AFTER)):
        write(tmp_path / "eval-runs" / name, *run.results)
    (tmp_path / "eval-runs" / "unfinished").mkdir()
    return Settings(data_dir=tmp_path)


def test_find_runs_has_the_newest_first_and_the_baselines_last(runs: Settings) -> None:
    names = [place.name for place in eval_runs.find_runs(runs)]
    assert names[-2:] == ["baseline", "baseline-suite"]
    assert {"before", "after"} <= set(names)
    assert "unfinished" not in names


def _places(runs: Settings) -> dict[str, eval_runs.RunPlace]:
    return {place.name: place for place in eval_runs.find_runs(runs)}


def test_measures_of_two_runs_stand_side_by_side(runs: Settings) -> None:
    places = _places(runs)
    before, after = eval_runs.read(places["before"]), eval_runs.read(places["after"])
    comparison = eval_runs.compared(places["before"], places["after"])
    view = measures_view(after, before, sure_differences(comparison), "en", which="first")
    correct = view["rows"][0]
    assert view["names"] == ["after", "before"]
    assert (correct["name"], correct["a"]["text"], correct["b"]["text"]) == (
        label("en", "measure_correct"),
        "0.33",
        "0.67",
    )
    assert correct["a"]["share"]["low"] <= correct["a"]["share"]["value"] <= correct["a"]["share"]["high"]
    groups = measures_view(after, None, {}, "ja", which="groups")
    assert {row["name"] for row in groups["rows"]} >= {"日本語", "英語", "数"}
    others = {row["name"]: row["a"] for row in measures_view(after, None, {}, "en", which="others")["rows"]}
    assert others["latency_p50_ms"]["share"] is None


def test_questions_tell_what_was_fixed_and_why_one_is_wrong(runs: Settings) -> None:
    places = _places(runs)
    run = eval_runs.read(places["after"])
    asked = asked_of(run, eval_runs.compared(places["before"], places["after"]), {})
    assert [(one.id, one.correct, one.outcome) for one in asked] == [
        ("a", True, "fixed"),
        ("b", False, "broken"),
        ("c", False, "broken"),
    ]
    verdicts = [row["verdict"]["text"] for row in questions_view(asked, "en", picked="a")["rows"]]
    assert verdicts == ["Right", label("en", "failure_error"), label("en", "failure_answered_unanswerable")]
    rows = [row for group in gold_groups(asked[0], run.results[0], "en") for row in group["rows"]]
    assert ["Fact", f"30 people — {label('en', 'fact_in_quotes')}"] in rows
    assert ["corpus/a.md", "“The institute has 30 people.”"] in rows
    failed = [row for group in gold_groups(asked[1], run.results[1], "en") for row in group["rows"]]
    assert ["Error", "RuntimeError: away"] in failed
    nothing = [row for group in gold_groups(asked[2], run.results[2], "en") for row in group["rows"]]
    assert ["Fact", label("en", "gold_abstain")] in nothing


def test_every_failure_kind_and_outcome_has_a_label() -> None:
    from eval.report import FAILURES
    from rag.ui.labels import catalogue

    kinds = {row.kind for name in ("questions", "suite") for row in read_rows(ROOT / "eval" / "data" / f"{name}.jsonl")}
    wanted = {f"failure_{code}" for code in FAILURES} | {f"asked_{kind}" for kind in kinds}
    assert wanted - catalogue("en").keys() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_evaluation_page_compares_and_drills_down(
    draw: Callable[..., AppTest], runs: Settings, monkeypatch: pytest.MonkeyPatch, language: Language
) -> None:
    monkeypatch.setenv("RAG_DATA_DIR", str(runs.data_dir))
    st.cache_resource.clear()
    names = [place.name for place in eval_runs.find_runs(runs)]
    app = draw("evaluation", "draw_evaluation", language=language, question="c")
    app.selectbox(key="evaluation-run").set_value(names.index("after")).run()
    app.selectbox(key="evaluation-before").set_value(names.index("before")).run()
    assert [row["id"] for row in _parts(app, "questions")[0]["rows"]] == ["a", "b", "c"]
    (turn,) = _parts(app, "turn")
    assert turn["question"].startswith("How many people")
    app.button_group(key="evaluation-verdict").set_value("outcome_fixed").run()
    assert [row["id"] for row in _parts(app, "questions")[0]["rows"]] == ["a"]


def test_evaluation_page_has_a_run_at_once(draw: Callable[..., AppTest], small_settings: Settings) -> None:
    newest = eval_runs.read(eval_runs.find_runs(small_settings)[0])  # a baseline, where nobody has run `make eval`
    app = draw("evaluation", "draw_evaluation", question="../../etc/passwd")
    assert _parts(app, "measures")[0]["rows"][0]["name"] == label("en", "measure_correct")
    assert len(_parts(app, "questions")[0]["rows"]) == 25
    assert _parts(app, "turn") == []
    app.button(key="evaluation-more").click().run()
    assert len(_parts(app, "questions")[0]["rows"]) == len(newest.verdicts)


# --- long lists -----------------------------------------------------------------------------------------------------


def test_a_thousand_documents_are_searched_and_shown_at_once(small_settings: Settings) -> None:
    documents = [_info(i, title=f"文書 {i}", publisher="内閣府", language="ja") for i in range(1000)]
    started = time.perf_counter()
    found = sort_documents(search_documents(documents, "文書 99"), "sort_longest")
    view = documents_view(found[:PAGE_SIZE], "ja")
    assert time.perf_counter() - started < 0.5
    assert len(found) == 19
    assert len(json.dumps(view)) < 50_000
    assert len(list_documents(small_settings)) == 4
