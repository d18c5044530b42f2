"""A run's folder: killed at any byte, a run goes on where it stopped; with another config it says why it does not."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eval_runs import read_results
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.runnables import Runnable, RunnableLambda

from eval.__main__ import main
from eval.dataset import Row
from eval.judging import Result
from eval.run_folder import open_run
from eval.runner import results_of
from eval.summary import summarise
from rag import build_index
from rag.answer import Answer
from rag.config import Settings
from rag.errors import ConfigError

ROOT = Path(__file__).resolve().parent.parent
ROWS = [
    Row(id=f"rain-{n}", question=f"Will it rain, {n}?", language="en", kind="unanswerable_far", answerable=False)
    for n in range(5)
]
CONFIG: dict[str, Any] = {"data": {"sha256": "aa"}, "settings": {"top_k": 16, "corpus": None}}


def results(rows: list[Row]) -> list[Result]:
    chain: Runnable[Any, Answer] = RunnableLambda(
        lambda value: Answer(question=value["question"], text="No.", abstained=True)
    )
    # Nothing is cited: no index is asked.
    return [result.model_copy(update={"latency_ms": 1.0}) for result in results_of(chain, rows, Settings())]


RESULTS = results(ROWS)


def write(folder: Path, found: list[Result], *, config: dict[str, Any] = CONFIG, ends: bool = False) -> str | None:
    """One process's part of a run: these results, and the end of the run or not; what it says of an earlier one."""
    with open_run(folder, config, ROWS) as opened:
        for result in found:
            opened.add(result)
        if ends:
            opened.finish(summarise(opened.results), {"seconds": 1.0})
        return opened.note


def kept(folder: Path) -> list[Result]:
    return read_results(folder / "rows.jsonl")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_run_goes_on_where_it_stopped(folder: Path) -> None:
    assert write(folder, RESULTS[:2]) is None
    with open_run(folder, CONFIG, ROWS) as opened:
        assert (opened.results, opened.n_resumed) == (RESULTS[:2], 2)
    assert write(folder, RESULTS[2:], ends=True) == (
        f"Going on after 2 of 5 questions, which an unfinished run left in {folder}."
    )
    assert kept(folder) == RESULTS
    assert (folder / "summary.json").exists()
    assert '"seconds": 1.0' in (folder / "config.json").read_text(encoding="utf-8")


def test_results_are_on_disk_before_the_next_question(folder: Path) -> None:
    with open_run(folder, CONFIG, ROWS) as opened:
        for n, result in enumerate(RESULTS, start=1):
            opened.add(result)
            assert kept(folder) == RESULTS[:n]


@given(cut=st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_run_killed_at_any_byte_ends_the_same(cut: int) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write(folder, RESULTS[:4])
        file = folder / "rows.jsonl"
        whole = file.read_bytes()
        file.write_bytes(whole[: cut % (len(whole) + 1)])
        with open_run(folder, CONFIG, ROWS) as opened:
            for result in RESULTS[opened.n_resumed :]:
                opened.add(result)
        assert kept(folder) == RESULTS
        assert not list(folder.glob("*unfinished*"))


def test_torn_and_foreign_lines_are_dropped_with_all_behind_them(folder: Path) -> None:
    write(folder, RESULTS[:1])
    with (folder / "rows.jsonl").open("ab") as file:
        file.write(b"not a row\n" + RESULTS[2].model_dump_json().encode() + b"\n")
    write(folder, RESULTS[1:])
    assert kept(folder) == RESULTS


def test_unfinished_run_with_another_config_is_set_aside(folder: Path) -> None:
    write(folder, RESULTS[:3])
    other = {"data": {"sha256": "aa"}, "settings": {"top_k": 4, "corpus": None}, "code": "bb"}
    assert write(folder, RESULTS[:1], config=other) == (
        f"{folder} holds an unfinished run with other settings.top_k, code: beginning anew, "
        "its rows are now in rows-unfinished.jsonl."
    )
    assert kept(folder) == RESULTS[:1]
    assert read_results(folder / "rows-unfinished.jsonl") == RESULTS[:3]


def test_ended_run_is_written_over(folder: Path) -> None:
    write(folder, RESULTS, ends=True)
    assert write(folder, RESULTS[:1]) is None
    assert kept(folder) == RESULTS[:1]
    assert not (folder / "summary.json").exists()


def test_restart_begins_anew(folder: Path) -> None:
    write(folder, RESULTS[:3])
    with open_run(folder, CONFIG, ROWS, restart=True) as opened:
        assert opened.results == []
    assert kept(folder) == []


def test_two_runs_do_not_share_a_folder(folder: Path) -> None:
    with open_run(folder, CONFIG, ROWS), pytest.raises(ConfigError, match="Another run writes into"):
        write(folder, RESULTS)
    with open_run(folder, CONFIG, ROWS) as opened:  # the lock was given back
        assert opened.results == []


def test_folder_that_cannot_be_made_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be written"):
        write(tmp_path / "file", RESULTS)


# --- the command ----------------------------------------------------------------------------------------------------

N_QUESTIONS = 40


@contextlib.contextmanager
def _running(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "eval", *command], cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_command_interrupted_by_ctrl_c_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus, data, out = tmp_path / "corpus", tmp_path / "rows.jsonl", tmp_path / "out"
    corpus.mkdir()
    (corpus / "harbour.md").write_text("# Harbour\n\nThe harbour of Kessen has 412 employees.\n", encoding="utf-8")
    # Built here, so that the time before the first question is short.
    build_index(Settings(corpus_dir=corpus, index_dir=out / "index", data_dir=out / "no-data"))
    rows = [ROWS[0].model_copy(update={"id": str(n), "question": f"Will it rain, {n}?"}) for n in range(N_QUESTIONS)]
    data.write_text("".join(row.model_dump_json() + "\n" for row in rows), encoding="utf-8")
    command = ["run", "--data", str(data), "--corpus", str(corpus), "--out", str(out)]
    file = out / "rows.jsonl"
    with _running(command) as process:
        deadline = time.monotonic() + 120
        while not (file.exists() and file.read_bytes().count(b"\n") >= 2):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert process.returncode != 0
    n_left = file.read_bytes().count(b"\n")
    assert 2 <= n_left < N_QUESTIONS
    assert f"Interrupted after {n_left} of {N_QUESTIONS} questions; the same command goes on from there." in said
    assert main(command) == 0
    assert f"Going on after {n_left} of {N_QUESTIONS} questions" in capsys.readouterr().err
    assert [result.row for result in kept(out)] == rows
