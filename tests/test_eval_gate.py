"""The gate against a baseline: planted regressions fail it, a run of the same state passes, and what may be written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import Runnable, RunnableLambda

from eval.__main__ import main
from eval.baseline import COMMITTED, committed_baseline, read_baseline
from eval.dataset import BUNDLED, SUITE, Row, read_rows
from eval.gate import MOST_NET_BROKEN, floors_of, gate_failures
from eval.judging import Judgement, Result
from eval.recorded import RecordedRunError
from eval.runner import run
from eval.summary import summarise
from rag.answer import Answer, Problem
from rag.config import Settings

FACTS = {
    "staff": ("How many employees does the Harbour Authority of Kessen have?", "412 employees"),
    "ships": ("How many ships does the Harbour Authority of Kessen own?", "27 ships"),
    "founded": ("When was the Harbour Authority of Kessen founded?", "3 May 1987"),
    "berths": ("How many berths does the Harbour Authority of Kessen run?", "58 berths"),
}
SENTENCES = {
    "staff": "The Harbour Authority of Kessen has 412 employees.",
    "ships": "The Harbour Authority of Kessen owns 27 ships.",
    "founded": "The Harbour Authority of Kessen was founded on 3 May 1987.",
    "berths": "The Harbour Authority of Kessen runs 58 berths.",
}


def result(id_: str, *, correct: bool = True, problem: Problem | None = None, accepted: bool = False) -> Result:
    kind = "false_premise" if accepted else "fact"
    row = Row(id=id_, question="Why?", language="en", kind=kind, answerable=True, answers=(("so",),))
    return Result(
        row=row,
        answer=Answer(text="so" if correct else "not"),
        error=None,
        problems=() if problem is None else (problem,),
        latency_ms=1.0,
        judgement=Judgement(answered=True, correct=correct, matched=correct, premise_accepted=accepted),
    )


def test_each_committed_set_has_floors_that_its_baseline_keeps_and_nothing_else_has_any(tmp_path: Path) -> None:
    for data in (BUNDLED, SUITE):
        folder = committed_baseline([data])
        assert folder is not None
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        floors = floors_of([data])
        assert floors
        assert [name for name, floor in floors.items() if summary[name]["value"] < floor] == []
        assert [name for name, floor in floors.items() if summary[name]["value"] > floor + 0.35] == []
    assert floors_of([BUNDLED, SUITE]) == {}
    assert floors_of([tmp_path / "suite.jsonl"]) == {}


def gate(results: list[Result], baseline: dict[str, bool] | None = None) -> list[str]:
    return gate_failures(results, summarise(results), {}, baseline)


@pytest.mark.parametrize(
    ("broken", "fixed", "reasons"),
    [
        pytest.param(0, 0, [], id="the same"),
        pytest.param(2, 0, [], id="two broken"),
        pytest.param(3, 0, ["3 questions are broken against the baseline: r0, r1, r2, none fixed."], id="three broken"),
        pytest.param(4, 2, [], id="four broken, two fixed"),
        pytest.param(
            5,
            2,
            ["5 questions are broken against the baseline: r0, r1, r2, r3, r4, 2 fixed: w0, w1."],
            id="five broken, two fixed",
        ),
    ],
)
def test_gate_counts_broken_less_fixed(broken: int, fixed: int, reasons: list[str]) -> None:
    baseline = {f"r{n}": True for n in range(6)} | {f"w{n}": False for n in range(3)}
    asked = [result(f"r{n}", correct=n >= broken) for n in range(6)]
    asked += [result(f"w{n}", correct=n < fixed) for n in range(3)]
    assert gate(asked, baseline) == reasons
    assert MOST_NET_BROKEN == 3


def test_gate_wants_every_question_of_the_baseline_asked() -> None:
    assert gate([result("a"), result("new", correct=False)], {"a": True, "lost": True}) == [
        "questions of the baseline were not asked: lost."
    ]


def test_gate_stops_altered_quotes_and_accepted_premises_whatever_was_before() -> None:
    altered = Problem(number=1, code="quote_mismatch", message="differs")
    asked = [result("a", problem=altered), result("b", accepted=True)]
    expected = ["a: a citation does not verify (quote_mismatch).", "b: a false premise is accepted."]
    assert gate(asked, {"a": False, "b": False}) == expected
    assert gate(asked) == expected


@pytest.mark.parametrize(("n_abstained", "passes"), [(2, True), (3, False)])
def test_gate_stops_an_answerer_that_abstains_from_what_it_answered(n_abstained: int, passes: bool) -> None:
    rows = read_rows()
    asked = [row for row in rows if row.answerable and not row.is_false_premise][:6]
    texts = {row.question: " ".join(wordings[0] for wordings in row.answers) for row in asked}

    def answers(evasive: list[str]) -> Runnable[Any, Answer]:
        return RunnableLambda(
            lambda value: (
                Answer(text="No.", abstained=True, reason="not_stated")
                if value["question"] in evasive
                else Answer(text=texts[value["question"]])
            )
        )

    before = run(answers([]), asked, Settings())
    baseline = {result.row.id: result.judgement.correct for result in before.results}
    assert all(baseline.values())
    after = run(answers([row.question for row in asked[:n_abstained]]), asked, Settings())
    broken = ", ".join(row.id for row in asked[:n_abstained])
    reason = f"{n_abstained} questions are broken against the baseline: {broken}, none fixed."
    assert gate_failures(after.results, after.summary, {}, baseline) == ([] if passes else [reason])


# --- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    rows = [
        Row(id=id_, question=question, language="en", kind="fact", answerable=True, answers=((fact,),))
        for id_, (question, fact) in FACTS.items()
    ]
    path.write_text("".join(row.model_dump_json() + "\n" for row in rows), encoding="utf-8")
    return path


def write_corpus(folder: Path, *left_out: str) -> Path:
    folder.mkdir(exist_ok=True)
    said = "\n\n".join(sentence for id_, sentence in SENTENCES.items() if id_ not in left_out)
    text = f"# The Harbour Authority of Kessen\n\n{said}\n\nIts office stands at the northern pier.\n"
    (folder / "harbour.md").write_text(text, encoding="utf-8")
    return folder


def test_planted_regression_fails_the_command(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A baseline is written of answers that hold; then three of the facts can no longer be found."""
    baseline, corpus = tmp_path / "baseline", write_corpus(tmp_path / "corpus")
    command = ["run", "--data", str(data), "--corpus", str(corpus), "--out", str(tmp_path / "out")]
    command += ["--baseline", str(baseline)]
    assert main([*command, "--write-baseline"]) == 0
    written = {path.name: path.read_bytes() for path in baseline.iterdir()}
    assert [json.loads(line) for line in written["rows.jsonl"].splitlines()] == [
        {"id": id_, "correct": True} for id_ in FACTS
    ]
    assert main(command) == 0
    capsys.readouterr()

    write_corpus(corpus, "staff", "ships", "berths")
    assert main(command) == 1
    reason = "gate: 3 questions are broken against the baseline: staff, ships, berths, none fixed."
    assert reason in capsys.readouterr().err
    assert main([*command, "--limit", "2"]) == 0  # two of them are no reason, and the others are not missing
    assert {path.name: path.read_bytes() for path in baseline.iterdir()} == written
    capsys.readouterr()

    assert main([*command, "--write-baseline"]) == 0  # a new baseline says what it changes
    assert "baseline: broken 3: staff, ships, berths" in capsys.readouterr().err
    assert main(command) == 0


def test_premise_that_the_baseline_accepts_fails_the_command_once_it_is_refused_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both premises are accepted as the answerer is; a baseline made by hand refuses one of them."""
    rows = [
        Row(
            id=f"{id_}-false",
            question=FACTS[id_][0],
            language="en",
            kind="false_premise",
            answerable=True,
            answers=(("none of these",),),
            forbidden=(FACTS[id_][1],),
        )
        for id_ in ("staff", "ships")
    ]
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(row.model_dump_json() + "\n" for row in rows), encoding="utf-8")
    baseline = tmp_path / "baseline"
    command = ["run", "--data", str(data), "--corpus", str(write_corpus(tmp_path / "corpus"))]
    command += ["--out", str(tmp_path / "out"), "--baseline", str(baseline)]
    assert main([*command, "--write-baseline"]) == 0
    assert "baseline: accepts false premises 2: staff-false, ships-false" in capsys.readouterr().err
    assert json.loads((baseline / "rows.jsonl").read_text(encoding="utf-8").splitlines()[0]) == {
        "id": "staff-false",
        "correct": False,
        "premise_accepted": True,
    }
    assert main(command) == 0
    verdicts = (baseline / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    (baseline / "rows.jsonl").write_text(f'{{"id":"staff-false","correct":false}}\n{verdicts[1]}\n', encoding="utf-8")
    capsys.readouterr()
    assert main(command) == 1
    assert [line for line in capsys.readouterr().err.splitlines() if line.startswith("gate:")] == [
        "gate: staff-false: a false premise is accepted."
    ]


def test_baseline_is_the_same_on_any_machine(data: Path, tmp_path: Path) -> None:
    written = []
    for name in ("one", "other"):
        corpus = write_corpus(tmp_path / name)
        baseline = tmp_path / f"{name}-baseline"
        command = ["run", "--data", str(data), "--corpus", str(corpus), "--out", str(tmp_path / f"{name}-out")]
        assert main([*command, "--baseline", str(baseline), "--write-baseline"]) == 0
        written.append({path.name: path.read_text(encoding="utf-8") for path in baseline.iterdir()})
    assert written[0] == written[1]
    assert sorted(written[0]) == ["config.json", "rows.jsonl", "summary.json"]
    assert str(tmp_path) not in "".join(written[0].values())
    assert not {"latency_p50_ms", "latency_p95_ms"} & json.loads(written[0]["summary.json"]).keys()


@pytest.mark.parametrize("data", COMMITTED, ids=[data.name for data in COMMITTED])
def test_committed_baseline_is_of_what_the_gate_asks(data: Path) -> None:
    """It names no machine and no question that is not asked."""
    baseline = read_baseline(COMMITTED[data])
    assert baseline is not None
    rows = {row.id: row for row in read_rows(data)}
    assert baseline.verdicts.keys() <= rows.keys()
    assert all(rows[id].is_false_premise and not baseline.verdicts[id] for id in baseline.accepted)
    assert baseline.answerer == "extractive"
    assert baseline.config.keys() == {"data", "index", "settings", "versions"}
    assert baseline.config["data"]["name"] == data.name
    summary = json.loads((COMMITTED[data] / "summary.json").read_text(encoding="utf-8"))
    assert all(estimate.keys() == {"value", "low", "high", "n"} for estimate in summary.values())


def test_gate_lets_pass_no_accepted_premise_that_the_baseline_refuses() -> None:
    asked = [result("known", accepted=True), result("new", accepted=True), result("worse", accepted=True)]
    baseline = {"known": True, "worse": True}
    reasons = gate_failures(asked, summarise(asked), {}, baseline, {"known", "gone"})
    assert reasons == ["new: a false premise is accepted.", "worse: a false premise is accepted."]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--write-baseline", "--limit", "3"], "leave out --limit", id="a part of the questions"),
        pytest.param(["--write-baseline", "--data", "DATA"], "leave out --limit", id="other questions"),
        pytest.param(["--write-baseline", "--cases"], "leave out --limit, --half, --cases", id="cases"),
        pytest.param(["--write-baseline", "--half", "test"], "leave out --limit, --half", id="a half"),
        pytest.param(["--write-baseline", "--baseline", "OUT"], "written over the run itself", id="the run's folder"),
        pytest.param(["--baseline", "none", "--cases"], "No baseline holds your cases", id="cases beside a baseline"),
        pytest.param(["--data", "DATA", "--baseline", "none"], "No baseline in 'none'", id="none to compare with"),
    ],
)
def test_command_refuses_wrong_baselines_before_any_work(
    arguments: list[str], message: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = {"DATA": str(data), "OUT": str(tmp_path / "other" / ".." / "out")}
    given = [places.get(part, part) for part in arguments]
    assert main(["run", *given, "--out", str(tmp_path / "out")]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def write_verdicts(folder: Path, rows: str, answerer: str = "extractive") -> Path:
    """A baseline made by hand."""
    folder.mkdir()
    (folder / "rows.jsonl").write_text(rows, encoding="utf-8")
    (folder / "summary.json").write_text("{}", encoding="utf-8")
    (folder / "config.json").write_text(json.dumps({"settings": {"answerer": answerer}}), encoding="utf-8")
    return folder


def test_baseline_of_another_answerer_is_not_compared(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline = write_verdicts(tmp_path / "baseline", '{"id": "x", "correct": true}\n', answerer="llm")
    corpus = write_corpus(tmp_path / "corpus")
    command = ["run", "--data", str(data), "--corpus", str(corpus), "--out", str(tmp_path / "out")]
    assert main([*command, "--baseline", str(baseline)]) == 0
    assert "The baseline is of the answerer llm: not compared." in capsys.readouterr().err


def test_wrong_line_of_a_baseline_is_named_and_a_new_one_takes_its_place(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline = write_verdicts(tmp_path / "baseline", '{"id": "x", "correct": true}\n{"id": "y"}\n')
    with pytest.raises(RecordedRunError, match=r"rows.jsonl, line 2: row: "):
        read_baseline(baseline)
    out, run = tmp_path / "out", ["run", "--data", str(data), "--corpus", str(write_corpus(tmp_path / "corpus"))]
    command = [*run, "--out", str(out), "--baseline", str(baseline)]
    assert main(command) == 1
    assert not out.exists()
    assert main([*command, "--write-baseline"]) == 0
    assert "baseline: the one before cannot be read: " in capsys.readouterr().err
    assert main(command) == 0


def test_whole_run_serves_as_baseline(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus, before = write_corpus(tmp_path / "corpus"), tmp_path / "before"
    run = ["run", "--data", str(data), "--corpus", str(corpus)]
    assert main([*run, "--out", str(before)]) == 0
    write_corpus(corpus, "staff", "ships", "berths")
    assert main([*run, "--out", str(tmp_path / "after"), "--baseline", str(before)]) == 1
    assert "3 questions are broken against the baseline: staff, ships, berths" in capsys.readouterr().err


@pytest.mark.parametrize("given", ["1", "1,2,3", "a,b", "-1,2", "nan,1"])
def test_command_refuses_prices_that_are_none(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["run", f"--price={given}"])
    assert "--price" in capsys.readouterr().err
