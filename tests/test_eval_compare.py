"""Two runs beside each other: what was fixed and broke, the paired test and intervals, and what cannot be compared."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from eval_runs import abstained, make_result, make_row, make_run, right, unanswerable, write, wrong
from hypothesis import given
from hypothesis import strategies as st

from eval.__main__ import main
from eval.comparison import Comparison, Flip, RowChange, compare
from eval.differences import Difference, mcnemar_p
from eval.measures import paired_difference
from eval.recorded import RecordedRunError

ROOT = Path(__file__).resolve().parent.parent
A, B, C, D = (make_row(name) for name in "abcd")
RAIN = unanswerable("rain", "unanswerable_far")


MEASURES = (
    *("correct", "answer_match", "facts_found", "fact_in_quotes", "right_document"),
    *("abstention_precision", "abstention_recall_far", "abstention_f1"),
)


def changes(comparison: Comparison) -> dict[str, tuple[str, list[str]]]:
    def signed(flips: tuple[Flip, ...]) -> list[str]:
        return [f"{'+' if flip.is_better else '-'}{flip.measure}" for flip in flips if flip.measure in MEASURES]

    return {row.id: (row.outcome, signed(row.flips)) for row in comparison.rows}


def test_compare_names_what_was_fixed_and_broke_and_which_measure_flipped() -> None:
    before = make_run(
        make_result(A, wrong()),
        make_result(B, right()),
        make_result(C, right(), ms=10.0),
        make_result(D, wrong()),
        make_result(RAIN, abstained()),
    )
    after = make_run(
        make_result(RAIN, wrong()),
        make_result(A, right()),
        make_result(B, abstained()),
        make_result(C, right(), ms=90.0),
        make_result(D, wrong("It has 31 people.", citations=())),
    )
    found = compare(before, after)
    assert (found.n, found.fixed, found.broken, found.n_unchanged) == (5, ("a",), ("b", "rain"), 2)
    assert found.p_value == 1.0
    assert changes(found) == {
        "a": ("fixed", ["+correct", "+answer_match", "+facts_found", "+fact_in_quotes"]),
        "b": ("broken", ["-correct", "-answer_match", "-facts_found", "-fact_in_quotes", "-right_document"]),
        "d": ("unchanged", ["-right_document"]),
        "rain": ("broken", ["-correct", "-abstention_recall_far"]),
    }
    assert (found.only_in_a, found.only_in_b) == ((), ())


def test_less_of_a_bad_measure_is_better() -> None:
    row = make_row("p", kind="false_premise")
    found = compare(make_run(make_result(row, wrong())), make_run(make_result(row, right())))
    assert Flip(measure="false_premises_accepted", a=1.0, b=0.0, is_better=True) in found.rows[0].flips


def test_failures_of_the_program_count_as_wrong() -> None:
    found = compare(make_run(make_result(A, right())), make_run(make_result(A, None, error="RuntimeError: x")))
    assert found.broken == ("a",)
    assert Flip(measure="errors", a=0.0, b=1.0, is_better=False) in found.rows[0].flips


def test_rows_of_one_run_alone_are_named_and_left_out() -> None:
    reworded = B.model_copy(update={"question": "Staff?"})
    found = compare(
        make_run(make_result(A, right()), make_result(B, right()), make_result(C, right())),
        make_run(make_result(A, right()), make_result(reworded, wrong()), make_result(D, right())),
    )
    assert (found.n, found.broken) == (1, ())
    assert (found.only_in_a, found.only_in_b) == (("b", "c"), ("b", "d"))


@pytest.mark.parametrize(
    ("n_fixed", "n_broken", "p_value"),
    [(0, 0, 1.0), (1, 0, 1.0), (0, 6, 0.03125), (8, 1, 0.0390625), (5, 5, 1.0), (1000, 1000, 1.0)],
)
def test_mcnemar_by_hand(n_fixed: int, n_broken: int, p_value: float) -> None:
    assert mcnemar_p(n_fixed, n_broken) == pytest.approx(p_value)


@given(st.integers(0, 1200), st.integers(0, 1200))
def test_mcnemar_is_a_probability_and_takes_no_side(n_fixed: int, n_broken: int) -> None:
    p_value = mcnemar_p(n_fixed, n_broken)
    assert 0 <= p_value <= 1
    assert p_value == mcnemar_p(n_broken, n_fixed)


def test_intervals_are_paired_and_agree_with_the_mean_of_differences() -> None:
    rows = [make_row(str(n)) for n in range(40)]
    before = make_run(*(make_result(row, right() if n % 4 else wrong()) for n, row in enumerate(rows)))
    after = make_run(*(make_result(row, right() if n % 5 else wrong()) for n, row in enumerate(rows)))
    (found,) = [d for d in compare(before, after).differences if d.measure == "correct"]
    values_a, values_b = ([float(result.judgement.correct) for result in run.results] for run in (before, after))
    oracle = paired_difference(values_b, values_a)
    assert (found.a, found.b) == (0.75, 0.8)
    assert found.difference == pytest.approx(oracle.value)
    assert found.low == pytest.approx(oracle.low, abs=0.04)
    assert found.high == pytest.approx(oracle.high, abs=0.04)


def test_equal_runs_differ_in_nothing() -> None:
    run = make_run(make_result(A, right()), make_result(RAIN, abstained()))
    found = compare(run, run)
    assert found.rows == ()
    assert {(d.difference, d.low, d.high) for d in found.differences} == {(0.0, 0.0, 0.0)}


def test_measure_that_counts_in_one_run_alone_is_left_out() -> None:
    found = compare(make_run(make_result(A, right())), make_run(make_result(A, abstained())))
    assert "abstention_precision" not in {d.measure for d in found.differences}
    assert "quotes_verified" not in {d.measure for d in found.differences}


def test_comparison_of_folders_round_trips_and_is_the_same_each_time(tmp_path: Path) -> None:
    a = write(tmp_path / "one", make_result(A, wrong()), make_result(B, right(), ms=10.0))
    b = write(tmp_path / "two", make_result(A, right()), make_result(B, right(), ms=30.0))
    found = compare(a, str(b))
    assert (found.a, found.b) == ("one", "two")
    assert found.rows == (RowChange(id="a", question=A.question, outcome="fixed", flips=found.rows[0].flips),)
    assert Comparison.model_validate_json(found.model_dump_json()) == found == compare(a, b)
    (latency,) = [d for d in found.differences if d.measure == "latency_p50_ms"]
    assert latency == Difference(
        measure="latency_p50_ms", a=15.0, b=25.0, difference=10.0, low=0.0, high=20.0, n=2, is_better_low=True
    )


def test_other_questions_are_refused_unless_asked_for(tmp_path: Path) -> None:
    a = write(tmp_path / "a", make_result(A, wrong()))
    b = write(tmp_path / "b", make_result(A, right()), sha256="cd" * 32)
    with pytest.raises(RecordedRunError, match=r"different files of questions \(SHA-256 abababababab… and cdcd"):
        compare(a, b)
    assert compare(a, b, other_questions=True).fixed == ("a",)
    with pytest.raises(RecordedRunError, match="share no question"):
        compare(a, write(tmp_path / "c", make_result(B, right())))


def baseline(folder: Path, **correct: bool) -> Path:
    """A baseline as the gate commits it: verdicts alone."""
    folder = write(folder, make_result(A, right()))
    lines = (json.dumps({"id": id, "correct": value}) + "\n" for id, value in correct.items())
    (folder / "rows.jsonl").write_text("".join(lines), "utf-8")
    return folder


def test_run_is_compared_with_a_baseline_by_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = baseline(tmp_path / "baseline", a=True, b=False, gone=True)
    after = write(tmp_path / "run", make_result(A, wrong()), make_result(B, right()), make_result(C, right()))
    found = compare(before, after)
    assert (found.fixed, found.broken, found.only_in_a, found.only_in_b) == (("b",), ("a",), ("gone",), ("c",))
    assert [(row.id, row.question) for row in found.rows] == [("a", A.question), ("b", B.question)]
    assert [(d.measure, d.a, d.b, d.n) for d in found.differences] == [("correct", 0.5, 0.5, 2)]
    assert compare(after, before).fixed == ("a",)
    assert compare(before, before).rows == ()
    assert main(["compare", str(before), str(after)]) == 0
    assert "Broken (1)\n  a: How many" in capsys.readouterr().out


def test_verdict_alone_and_whole_rows_give_the_same_difference(tmp_path: Path) -> None:
    results = [make_result(make_row(str(n)), right() if n % 3 else wrong()) for n in range(30)]
    after = [make_result(make_row(str(n)), right() if n % 4 else wrong()) for n in range(30)]
    whole = compare(make_run(*results), make_run(*after)).differences[0]
    verdicts = {result.row.id: result.judgement.correct for result in results}
    reduced = compare(baseline(tmp_path / "baseline", **verdicts), make_run(*after)).differences
    assert reduced == (whole,)


def test_rows_of_a_run_and_of_a_baseline_do_not_mix(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", make_result(A, right()))
    with (folder / "rows.jsonl").open("a", encoding="utf-8") as rows:
        rows.write('{"id": "b", "correct": true}\n')
    with pytest.raises(RecordedRunError, match="mixes"):
        compare(folder, folder)


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def put(name: str, content: bytes) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return change


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        pytest.param(remove("rows.jsonl"), "has no rows.jsonl", id="no rows"),
        pytest.param(remove("summary.json"), "has no summary.json.*the run has not ended", id="no summary"),
        pytest.param(remove("config.json"), "has no config.json", id="no config"),
        pytest.param(put("rows.jsonl", b"\n"), "holds no row", id="empty"),
        pytest.param(put("rows.jsonl", b'\n{"row": 1}\n'), "rows.jsonl, line 2: row: ", id="other shape"),
        pytest.param(put("rows.jsonl", b'{"id": "a", "correct": true, "x": 1}'), "rows.jsonl, line 1: row", id="other"),
        pytest.param(put("rows.jsonl", b'{"id": "a"}'), "rows.jsonl, line 1: row", id="half a verdict"),
        pytest.param(put("rows.jsonl", b"\xff"), "not UTF-8", id="bytes"),
        pytest.param(put("rows.jsonl", b"[" * 100_000), "rows.jsonl, line 1", id="deep"),
        pytest.param(put("summary.json", b'{"correct": 1}'), "summary.json: correct", id="summary"),
        pytest.param(put("config.json", b"{"), "config.json is no JSON", id="config"),
        pytest.param(put("config.json", b"[" * 100_000), "config.json is no JSON", id="deep config"),
        pytest.param(put("config.json", b"[]"), "not the configuration", id="list"),
    ],
)
def test_folder_that_holds_no_run_is_one_error(
    tmp_path: Path, spoil: Callable[[Path], None], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = write(tmp_path / "a", make_result(A, right())), write(tmp_path / "b", make_result(A, right()))
    spoil(bad)
    with pytest.raises(RecordedRunError, match=message):
        compare(good, bad)
    assert main(["compare", str(good), str(bad)]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_row_that_stands_twice_is_an_error(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", make_result(A, right()), make_result(A, wrong()))
    with pytest.raises(RecordedRunError, match="stands twice"):
        compare(folder, folder)


def test_folder_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordedRunError, match="is no folder"):
        compare(tmp_path / "none", tmp_path)


def test_command_prints_the_comparison(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = make_row("evil", question="Is \x1b[31mthis\u202e red?\nyes")
    a = write(tmp_path / "a", make_result(A, wrong()), make_result(B, right()), make_result(evil, right()))
    b = write(tmp_path / "b", make_result(A, right()), make_result(B, wrong()), make_result(evil, wrong()))
    assert main(["compare", str(a), str(b)]) == 0
    out = capsys.readouterr().out
    assert "fixed 1, broken 2, unchanged 0; exact McNemar test p = 1" in out
    assert "Broken (2)\n  b: How many people work there (b)?\n      -answer_match, -facts_found, " in out
    assert "  evil: Is \\x1b[31mthis\\u202e red? yes" in out
    assert "Fixed (1)\n  a: How many" in out
    assert f"{'correct':<36}     0.667     0.333    -0.333" in out
    assert main(["compare", str(a), str(b), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["broken"] == ["b", "evil"]


def test_a_sure_difference_is_said_to_be_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [make_row(str(n)) for n in range(12)]
    a = write(tmp_path / "a", *(make_result(row, wrong()) for row in rows))
    b = write(tmp_path / "b", *(make_result(row, right()) for row in rows))
    main(["compare", str(a), str(b)])
    lines = capsys.readouterr().out.splitlines()
    assert next(line for line in lines if line.startswith("correct ")).endswith("12  better")


def test_public_names_load_on_use_and_importing_is_cheap() -> None:
    package = importlib.import_module("eval")  # `import eval` would hide the builtin
    assert package.__all__ == sorted(package.__all__) == dir(package)
    with pytest.raises(AttributeError, match="no attribute 'gate_it'"):
        _ = package.gate_it
    code = (
        "import sys, eval; before = set(sys.modules); from eval import compare, run; import eval.__main__;"
        "print(compare.__name__, run.__name__, callable(eval.compare), callable(eval.run),"
        "sorted({'numpy', 'pydantic', 'rag', 'eval.runner'} & before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "compare run True True []"
