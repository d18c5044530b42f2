"""The report of a run: whole, self-contained, and made of text alone whatever the documents hold."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from eval_runs import PASSAGE, QUOTE, abstained, hit, make_result, make_row, make_run, right, unanswerable, write, wrong
from hypothesis import given
from hypothesis import strategies as st

from eval.__main__ import main
from eval.html_report.markup import element, escaped, joined
from eval.html_report.page import report_html
from eval.judging import Result
from eval.recorded import RecordedRun, verdicts_of
from rag.answer import Problem, Unsupported
from rag.feedback.case import Feedback

A = make_row("a")
EVIL = '<script>window.hacked=1</script><img src=x onerror="window.hacked=1">&lt;\u202e]]>--></script></style>'


class Page(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)


def report(*results: Result) -> str:
    run = make_run(*results)
    return report_html(
        RecordedRun(name="mine", verdicts=verdicts_of(results), results=results, summary=run.summary, config={})
    )


def hostile() -> Result:
    """A row with hostile text in every field that a document, a model or a file of questions fills."""
    answer = right(
        text=f"{EVIL} [1]",
        citations=tuple(
            c.model_copy(update={"title": EVIL, "quote": EVIL, "section": EVIL}) for c in right().citations
        ),
        hits=(hit(EVIL, title=EVIL, document_id=EVIL),),
        unsupported=(Unsupported(start=0, end=9, code="figure_unsupported", detail=EVIL),),
    )
    row = make_row(
        f"evil{EVIL}", question=EVIL, kind=EVIL, answers=((EVIL,),), documents=(EVIL,), quotes=(), forbidden=(EVIL,),
        chat_history=(("user", EVIL),), feedback=Feedback(answer=EVIL, correction=EVIL, added=EVIL),
    )  # fmt: skip
    problem = Problem(number=1, code="quote_mismatch", message=EVIL)
    result = make_result(row, answer, problems=(problem,), error=EVIL)
    failures = (*result.judgement.failures, EVIL)
    return result.model_copy(update={"judgement": result.judgement.model_copy(update={"failures": failures})})


def test_report_shows_question_answer_quote_gold_and_verdict() -> None:
    page = report(make_result(A, right()), make_result(unanswerable("rain"), wrong()), make_result(make_row("c"), None))
    shown = " ".join(Page(page).text.split())
    assert "How many people work there (a)?" in shown
    assert (
        f'<blockquote dir="auto">It was founded in 2024. <mark>{QUOTE}</mark> It sits in Kessen.</blockquote>' in page
    )
    assert "found30 people" in shown
    assert "Answered, though the documents do not say" in shown
    assert "The program failed: no reason given" in shown
    assert "right (1)" in shown
    assert "wrong (2)" in shown


def test_report_says_where_a_fact_was_lost() -> None:
    shown = Page(report(make_result(A, wrong()), make_result(make_row("b"), wrong(hits=())))).text
    assert "missing30 people retrieved, not chosen" in shown
    assert "missing30 people not retrieved" in shown


def test_abstention_shows_its_reason_and_what_came_nearest() -> None:
    shown = Page(report(make_result(A, abstained()))).text
    assert "Abstained: not_stated" in shown
    assert f"1. The institute corpus/a.md{PASSAGE}" in shown


def test_quote_that_its_passage_does_not_hold_stands_alone() -> None:
    page = report(make_result(A, right(hits=(hit("Another text of the very same length, with other words in it."),))))
    assert f"<mark>{QUOTE}</mark></blockquote>" in page


def test_unsupported_words_are_marked_however_they_overlap() -> None:
    flaws = [Unsupported(start=s, end=e, code="x", detail="no") for s, e in ((4, 8), (0, 6), (7, 7), (60, 99))]
    page = report(make_result(A, right("It has 31 people.", unsupported=tuple(flaws))))
    assert '<mark class="flaw" title="no">It has</mark><mark class="flaw" title="no"> 3</mark>1 people.' in page


def test_every_measure_and_group_of_the_summary_is_there() -> None:
    results = make_result(A, right()), make_result(unanswerable("rain", language="ja"), abstained())
    shown = Page(report(*results)).text
    for name in make_run(*results).summary:
        assert (name.partition("/")[2] or name) in shown


def test_hostile_rows_make_no_element_and_no_attribute() -> None:
    plain, evil = Page(report(make_result(A, right()))), Page(report(hostile()))
    assert (evil.count("script"), evil.count("style"), evil.count("img")) == (1, 1, 0)
    names = {key for _, attributes in evil.elements for key in attributes}
    assert not {name for name in names if name.startswith("on") or name in ("src", "style", "srcset", "action")}
    assert {tag for tag, _ in evil.elements} <= {tag for tag, _ in plain.elements} | {"li", "p", "mark", "b"}
    assert [attributes["href"] for tag, attributes in evil.elements if "href" in attributes] == ["data:,", "#questions"]
    assert "\u202e" not in report(hostile())
    assert evil.text.count("<script>window.hacked=1</script>") > 10


def test_page_names_no_address_and_allows_nothing_but_its_own_script() -> None:
    html = report(make_result(A, right()))
    assert re.findall(r"https?://|//[a-z]|@import|url\(|fetch\(|innerHTML|eval\(", html) == []
    policy = next(a["content"] for tag, a in Page(html).elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/=]{44}'; script-src 'sha256-[\w+/=]{44}'; img-src data:; "
        r"base-uri 'none'; form-action 'none'",
        policy,
    )


def test_control_characters_are_shown_and_words_stay_whole() -> None:
    assert escaped("a\u202eb\u2066c\x1b\r\ud800\U000e0041") == "a\\u202eb\\u2066c\\x1b\\x0d\\ud800\\U000e0041"
    assert escaped("क्\u200dष 👩\u200d💻 葛\U000e0100\tx\n") == "क्\u200dष 👩\u200d💻 葛\U000e0100\tx\n"


@given(st.text(), st.text())
def test_markup_reads_back_as_the_text_that_went_in(content: str, value: str) -> None:
    page = Page(element("p", content, title=value))
    ((tag, attributes),) = page.elements
    shown, title = escaped(content), escaped(value)
    assert (tag, set(attributes)) == ("p", {"title"})
    assert page.text == Page(shown).text
    assert escaped(attributes["title"] or "") == title
    assert joined("<", element("b")) == "&lt;<b></b>"


def test_report_orders_by_confidence_where_the_run_recorded_it_and_by_score_elsewhere() -> None:
    unsure, sure = make_result(A, wrong()), make_result(A, right())
    by_score = Page(report(unsure, sure))
    assert "the score of their best hit, because this run has no confidence" in by_score.text
    known = Page(report(unsure.model_copy(update={"confidence": 0.1}), sure.model_copy(update={"confidence": 0.9})))
    assert "confidence 0.90" in known.text
    assert "ordered by how sure the answerer was" in known.text
    (points,) = (attributes["points"] for tag, attributes in known.elements if tag == "polyline")
    assert points == "196,200 348,106"


# --- the command ------------------------------------------------------------------------------------------------------


def test_command_writes_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(tmp_path / "run<b>", make_result(A, right()))
    assert main(["report", str(folder)]) == 0
    assert capsys.readouterr().out == f"Written to {folder / 'report.html'}.\n"
    page = (folder / "report.html").read_text("utf-8")
    assert "<h1>run&lt;b&gt;</h1>" in page
    assert "1 question of mine.jsonl · finished 2026-08-01T09:30:00+00:00" in page
    assert main(["report", str(folder), "--out", str(tmp_path / "new" / "r.html")]) == 0
    assert (tmp_path / "new" / "r.html").read_text("utf-8") == page
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["r.html"]


def test_command_that_cannot_write_says_so_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(tmp_path / "run", make_result(A, right()))
    assert main(["report", str(folder), "--out", str(tmp_path)]) == 1
    assert main(["report", str(tmp_path / "none")]) == 1
    (folder / "rows.jsonl").write_text('{"id": "a", "correct": true}\n', "utf-8")
    assert main(["report", str(folder)]) == 1
    first, second, third = capsys.readouterr().err.splitlines()
    assert "is a baseline: it keeps no answers" in third
    assert "cannot be written" in first
    assert "is no folder" in second
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]


def test_heading_parts_fixed_questions_and_cases() -> None:
    results = (make_result(A, right()), make_result(make_row("b"), right()), make_result(make_row("c"), right()))
    recorded = RecordedRun(
        name="mine",
        verdicts=verdicts_of(results),
        results=results,
        summary=make_run(*results).summary,
        config={"data": {"name": "mine.jsonl"}, "cases": {"rows": 2}},
    )
    assert "1 question of mine.jsonl · 2 cases of readers" in Page(report_html(recorded)).text
