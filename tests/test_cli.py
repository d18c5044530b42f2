"""The command line, run as users run it: results on standard output, exit codes as promised."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import write_documents

from rag import Settings
from rag.__main__ import main

ROOT = Path(__file__).resolve().parent.parent
QUESTION = "When did the Cabinet adopt the Basic Plan?"


@pytest.fixture
def options(small_settings: Settings) -> list[str]:
    return ["--index", str(small_settings.index_dir), "--corpus", str(small_settings.corpus_dir)]


@pytest.fixture(autouse=True)
def _data_dir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RAG_DATA_DIR", str(tmp_path / "data"))


def test_ask_prints_the_answer_and_its_sources(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", QUESTION, *options]) == 0
    out = capsys.readouterr().out
    assert "23 December 2025" in out.splitlines()[0]
    assert "Sources" in out
    assert "corpus/plan.md:" in out


def test_ask_json_verifies(options: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["ask", QUESTION, "--json", *options]) == 0
    answer = json.loads(capsys.readouterr().out)
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(answer), "utf-8")
    assert main(["verify", str(file), *options]) == 0
    answer["text"] = answer["text"].replace("2025", "2024")
    file.write_text(json.dumps(answer), "utf-8")
    assert main(["verify", str(file), "--json", *options]) == 3
    report = json.loads(capsys.readouterr().out.split("quotes.\n")[-1])
    assert report["ok"] is False
    assert {problem["code"] for problem in report["problems"]} == {"figure_unsupported"}


def test_having_no_answer_is_no_error(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "Which striker won the football cup in Naples?", *options]) == 0
    assert capsys.readouterr().out.startswith("The documents do not say")


def test_search_and_info_print_json(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", QUESTION, "-k", "2", "--json", *options]) == 0
    hits = json.loads(capsys.readouterr().out)
    assert [hit["rank"] for hit in hits] == [1, 2]
    assert main(["info", "--json", *options]) == 0
    info = json.loads(capsys.readouterr().out)
    assert (info["state"], info["n_documents"]) == ("ready", 4)
    assert main(["info", *options]) == 0
    assert "4 in " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        pytest.param(["ask", " "], 2, "blank", id="blank"),
        pytest.param(["ask", "x" * 5000], 2, "at most 4,000", id="long"),
        pytest.param(["ask"], 2, "required: QUESTION", id="missing"),
        pytest.param(["search", "x", "-k", "0"], 2, "from 1 to 50", id="k"),
        pytest.param(["dance"], 2, "invalid choice", id="command"),
        pytest.param(["ask", "x", "--index", "/nowhere"], 1, "No index at '/nowhere'", id="no-index"),
        pytest.param(["index", "--corpus", "/nowhere", "--index", "/nowhere-index"], 1, "/nowhere", id="no-corpus"),
        pytest.param(["verify", "/nowhere.json"], 1, "Cannot read '/nowhere.json'", id="no-file"),
    ],
)
def test_errors_are_one_line_with_their_code(
    argv: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == code
    err = capsys.readouterr().err
    assert message in err
    assert "Traceback" not in err
    if code == 1:
        assert len(err.splitlines()) == 1


def test_index_reports_rejected_files_and_exits_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = write_documents(tmp_path / "corpus")
    (corpus / "broken.pdf").write_bytes(b"%PDF-1.7 but not really")
    argv = ["index", "--corpus", str(corpus), "--index", str(tmp_path / "index")]
    assert main([*argv, "--json"]) == 3
    report = json.loads(capsys.readouterr().out)
    assert (report["added"], report["rejected"]) == (4, 1)
    (corpus / "broken.pdf").unlink()
    assert main(argv) == 0
    assert "4 unchanged" in capsys.readouterr().out


def test_terminal_escapes_of_a_document_are_shown_not_obeyed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = write_documents(tmp_path / "corpus")
    (corpus / "evil.md").write_text('---\ntitle: "a\\e[31mred"\n---\nThe zeppelin has nine engines.\n', "utf-8")
    options = ["--corpus", str(corpus), "--index", str(tmp_path / "index")]
    main(["index", *options])
    assert main(["ask", "How many engines does the zeppelin have?", *options]) == 0
    out = capsys.readouterr().out
    assert "nine engines" in out
    assert "\x1b" not in out


def test_chat_keeps_the_conversation(small_settings: Settings, options: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rag", "chat", "--json", *options],
        input="What is the AI Act?\n\nWhen was it promulgated?\n/quit\n",
        capture_output=True, text=True, cwd=ROOT, timeout=120, check=True,
    )  # fmt: skip
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["searched"] for answer in answers] == ["What is the AI Act?", "When was the AI Act promulgated?"]


def test_help_is_quick_and_has_examples() -> None:
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "rag", "--help"], capture_output=True, text=True, cwd=ROOT, check=True)
    assert "examples:" in done.stdout
    # Parsing only: nothing heavy is imported. Five seconds leave room for a machine under load.
    assert time.perf_counter() - start < 5


def test_closed_pipe_ends_quietly(options: list[str]) -> None:
    command = f"{sys.executable} -m rag search plan -k 8 {' '.join(options)} | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_ends_within_two_seconds(signum: signal.Signals, code: int, options: list[str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "rag", "chat", *options],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(QUESTION + "\n")
    process.stdin.flush()
    process.stdout.readline()  # it is answering, or waiting for the next question
    process.send_signal(signum)
    start = time.perf_counter()
    _, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert "Traceback" not in err
    assert time.perf_counter() - start < 2
