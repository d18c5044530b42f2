"""The questions fall into a tuning and a test half by document; runs report both, and the test half beside its aims."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from eval_runs import abstained, make_result, make_row, make_run, right, unanswerable, write, wrong

from eval.__main__ import main
from eval.aims import AIMS, Aim, aims_of
from eval.comparison import compare
from eval.dataset import SUITE, GoldQuote, Row, read_rows
from eval.halves import half_of
from eval.judging import Result


def of(document_id: str, id: str = "x", **changes: Any) -> Row:
    quotes = (GoldQuote(document_id=document_id, quote="It is so."),)
    return make_row(id, **{"documents": (document_id, "corpus/other.md"), "quotes": quotes} | changes)


TESTED, TUNED = "corpus/plan-1.md", "corpus/act.md"


def test_rows_of_a_document_are_in_one_half_whatever_else_they_are() -> None:
    for document_id, half in ((TESTED, "test"), (TUNED, "tuning")):
        assert {half_of(of(document_id, id, kind=kind)) for id in "abcdef" for kind in ("fact", "date")} == {half}


@pytest.mark.parametrize("name", ["act", "plan-1", "plan-2", "statistics", "guidelines", "institutions", "faq"])
def test_a_document_and_its_translation_are_one(name: str) -> None:
    assert half_of(of(f"corpus/{name}.md")) == half_of(of(f"corpus/{name}.ja.md"))


def test_a_row_without_quotes_goes_by_its_document_and_one_without_documents_by_its_id() -> None:
    for document_id in (TESTED, TUNED):
        assert half_of(of(document_id, quotes=(), documents=(document_id,))) == half_of(of(document_id))
    assert {half_of(unanswerable(f"u{number}")) for number in range(20)} == {"tuning", "test"}


def test_both_halves_of_the_suite_hold_every_kind_in_both_languages() -> None:
    rows = read_rows(SUITE)
    halves = Counter(half_of(row) for row in rows)
    assert min(halves.values()) >= 0.4 * len(rows)
    kinds = {(half, row.kind) for row in rows for half in ("tuning", "test") if half == half_of(row)}
    assert kinds == {(half, row.kind) for row in rows for half in ("tuning", "test")}
    languages = Counter((half_of(row), row.language) for row in rows)
    assert min(languages.values()) >= 25


def test_halves_of_the_suite_do_not_move() -> None:
    """Figures of the test half are comparable only as long as its rows are the same."""
    rows = read_rows(SUITE)
    assert Counter(half_of(row) for row in rows) == {"test": 119, "tuning": 102}


def results(*, is_better: bool = False) -> list[Result]:
    """Four questions on a document of each half; those of the test half go wrong unless `is_better`."""
    tested = [make_result(of(TESTED, f"t{n}"), right() if is_better or n == 0 else wrong()) for n in range(4)]
    tuned = [make_result(of(TUNED, f"w{n}"), right()) for n in range(4)]
    return tested + tuned


def test_summary_and_comparison_report_both_halves() -> None:
    before, after = make_run(*results()), make_run(*results(is_better=True))
    assert (before.summary["correct/half=test"].value, before.summary["correct/half=test"].n) == (0.25, 4)
    assert before.summary["correct/half=tuning"].value == 1.0
    found = {difference.measure: difference for difference in compare(before, after).differences}
    assert (found["correct/half=test"].difference, found["correct/half=test"].n) == (0.75, 4)
    assert found["correct/half=tuning"].difference == 0


def test_aims_count_the_test_half_alone() -> None:
    japanese = [make_result(of(TESTED, f"j{n}", language="ja"), right() if n else wrong()) for n in range(2)]
    far = make_result(unanswerable(_id_of("test"), "unanswerable_far"), abstained())
    others = [make_result(of(TUNED, f"w{n}"), wrong()) for n in range(3)]
    aims = {aim.measure: aim for aim in aims_of([make_result(of(TESTED), right()), *japanese, far, *others])}
    assert list(aims) == [*AIMS, "answer_match, en - ja"]
    assert (aims["answer_match"].value, aims["answer_match"].n) == (0.6667, 3)
    assert [name for name, aim in aims.items() if aim.is_reached] == [
        "quotes_verified",
        "abstention_f1_far",
    ]
    assert (aims["answer_match, en - ja"].value, aims["answer_match, en - ja"].n) == (0.5, 3)
    assert aims["true_twins_answered"] == Aim(measure="true_twins_answered", aim=0.95, value=None)


@pytest.mark.parametrize(
    ("aim", "reached"),
    [
        (Aim(measure="m", aim=0.9, value=0.9), True),
        (Aim(measure="m", aim=0.9, value=0.8999), False),
        (Aim(measure="m", aim=0.0, value=0.0, is_at_most=True), True),
        (Aim(measure="m", aim=0.0, value=0.01, is_at_most=True), False),
        (Aim(measure="m", aim=0.05, value=-0.2, is_at_most=True), True),
        (Aim(measure="m", aim=0.0, value=None, is_at_most=True), False),
    ],
)
def test_an_aim_is_reached_at_its_value(aim: Aim, reached: bool) -> None:
    assert aim.is_reached == reached


def test_command_prints_the_aims_of_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(tmp_path / "run", *results())
    assert main(["aims", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert "answer_match               >=  0.90    0.250" in printed
    assert "not reached" in printed
    assert "not measured" in printed
    assert main(["aims", str(folder), "--json"]) == 0
    assert [aim["is_reached"] for aim in json.loads(capsys.readouterr().out)][:3] == [False, False, True]


def test_command_wants_a_run_with_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rows.jsonl").write_text('{"id": "a", "correct": true}\n', encoding="utf-8")
    (tmp_path / "summary.json").write_text("{}", encoding="utf-8")
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    assert main(["aims", str(tmp_path)]) == 1
    assert "it keeps no answers" in capsys.readouterr().err


def test_run_asks_one_half_alone(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [unanswerable(_id_of(half), question="How deep is the Mariana Trench?") for half in ("tuning", "test")]
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(row.model_dump_json() + "\n" for row in rows), encoding="utf-8")
    command = ["run", "--data", str(data), "--corpus", str(corpus), "--out", str(tmp_path / "out")]
    for row in rows:
        half = half_of(row)
        assert main([*command, "--half", half]) == 0
        asked = (tmp_path / "out" / "rows.jsonl").read_text(encoding="utf-8").splitlines()
        assert [json.loads(line)["row"]["id"] for line in asked] == [row.id]
        assert json.loads((tmp_path / "out" / "config.json").read_text(encoding="utf-8"))["data"]["half"] == half
    data.write_text(rows[0].model_dump_json() + "\n", encoding="utf-8")
    capsys.readouterr()
    assert main([*command, "--half", "test"]) == 1
    assert "None of the 1 questions belongs to the half 'test'" in capsys.readouterr().err


def _id_of(half: str) -> str:
    """An id that a row without documents is put into the half by."""
    return next(id for id in (f"far{number}" for number in range(40)) if half_of(unanswerable(id)) == half)
