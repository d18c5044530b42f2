"""What the page makes of text, answers and documents, before any browser shows it."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as some
from made_turns import done, joined_text, made_citation, made_hit

from rag.answer import Answer, Conflict, Notice, Reason, Unsupported
from rag.document import Document, Page, Section
from rag.ui.formatting import answer_blocks, document_blocks, plain_text
from rag.ui.labels import label
from rag.ui.passages import heading_path, link_view
from rag.ui.sources import source_view
from rag.ui.turns import Turn
from rag.ui.views import Look, turn_view

# --- text into blocks and runs --------------------------------------------------------------------------------------


MARKUP = some.text(alphabet="ab 計。.\n#-*_`[]()!|1<>\t", max_size=80)


@given(text=MARKUP, data=some.data())
def test_document_blocks_are_the_text_and_the_quote_to_the_character(text: str, data: some.DataObject) -> None:
    start = data.draw(some.integers(0, len(text)))
    end = data.draw(some.integers(start, len(text)))
    blocks = document_blocks(text, 0, len(text), (start, end), markdown=data.draw(some.booleans()))
    if text.strip():
        assert joined_text(blocks) == text
        assert joined_text(blocks, quoted=True) == text[start:end]
    else:
        assert blocks == []


@given(text=MARKUP)
def test_answer_blocks_are_the_text(text: str) -> None:
    assert joined_text(answer_blocks(text, {1})) == (text if text.strip() else "")


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


def test_turn_view_of_a_citation() -> None:
    view = turn_view(
        done(Answer(text="Yes. [1]", citations=(made_citation(),), mode="extractive")), Look(language="en")
    )
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
    hits = (made_hit(1), made_hit(2, document_id="corpus/plan.md", start=0, end=100))
    view = turn_view(done(Answer(text="Yes. [1]", citations=(made_citation(),), hits=hits)), Look(language="en"))
    assert view["unused"]["title"] == "1 passage read but not used"
    assert [hit["quote"] for hit in view["unused"]["hits"]] == ["It has 28 articles."]


def test_turn_view_of_an_abstention_shows_the_nearest_passages_as_no_answer() -> None:
    answer = Answer(text="The documents do not say.", abstained=True, reason="not_stated", hits=(made_hit(),))
    view = turn_view(done(answer), Look(language="ja"))
    assert view["abstained"]["title"] == "文書には書かれていません"
    assert view["abstained"]["reason"] == label("ja", "reason_not_stated")
    assert view["abstained"]["nearest_title"] == "最も近い箇所（回答ではありません）"
    assert [hit["title"] for hit in view["abstained"]["nearest"]] == ["The AI Act"]
    assert view["blocks"] == []
    assert view["citations"] == []


@pytest.mark.parametrize("reason", get_args(Reason))
def test_turn_view_knows_every_reason(reason: Any) -> None:
    view = turn_view(done(Answer(abstained=True, reason=reason)), Look(language="en"))
    assert view["abstained"]["reason"] == label("en", f"reason_{reason}")


def test_turn_view_shows_conflicts_notices_and_what_is_unsupported() -> None:
    answer = Answer(
        text="A 1. [1] B. [2]",
        citations=(made_citation(1), made_citation(2)),
        conflicts=(Conflict(subject="the date", citations=(1, 2)), Conflict(subject="gone", citations=(1, 7))),
        notices=(Notice(code="premise", message="It was 2025."), Notice(code="llm_failed", message="No reply.")),
        unsupported=(Unsupported(start=0, end=4, code="figure", detail="1 stands in none of its quotes"),),
    )
    view = turn_view(done(answer), Look(language="en"))
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
    answer = Answer(text="Yes. [1]", citations=(made_citation(),), hits=(made_hit(),), mode="llm")
    view = json.loads(json.dumps(turn_view(done(answer, model="m"), Look(language="ja"))))
    assert view["foot"] == ["m が作成、引用は確認済み", "所要 6 ms"]


@pytest.mark.parametrize(
    ("url", "shown", "host"),
    [
        ("https://www.cao.go.jp/x.pdf", "https://www.cao.go.jp/x.pdf", "www.cao.go.jp"),
        ("http://a.example:8080/", "http://a.example:8080/", "a.example"),
        ("https://a.example/AI_(act)", "https://a.example/AI_%28act%29", "a.example"),
    ],
)
def test_original_is_a_link_that_names_its_host(url: str, shown: str, host: str) -> None:
    assert link_view(url, "en") == {"url": shown, "original": label("en", "original", host=host)}


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example/x",
        "http://[bad",
        "https://you@evil.example",
        "",
        None,
    ],
)
def test_what_is_no_web_address_is_no_link(url: str | None) -> None:
    assert link_view(url, "en") == {"url": None, "original": None}


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
    assert joined_text(view["blocks"]) == text
    assert joined_text(view["blocks"], quoted=True) == "One."
    assert (view["has_above"], view["has_below"], view["url"], view["original"]) == (False, False, None, None)


def test_source_view_of_a_long_document_grows_on_request() -> None:
    text = "\n\n".join(f"Paragraph {i} of a long document." for i in range(2000))
    start = text.index("Paragraph 1000 ")
    small = source_view(_document(text), start, start + 14, "en")
    large = source_view(_document(text), start, start + 14, "en", above=1)
    assert joined_text(small["blocks"], quoted=True) == joined_text(large["blocks"], quoted=True) == "Paragraph 1000"
    assert small["has_above"]
    assert small["has_below"]
    assert len(joined_text(small["blocks"])) < len(joined_text(large["blocks"])) < len(text)
    assert joined_text(small["blocks"]).startswith("Paragraph")


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
