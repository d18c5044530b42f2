"""`python -m eval` as a program: its exit codes on signals, closed pipes and wrong usage."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import write_documents

from eval.__main__ import COMMANDS, main, make_parser

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "eval" / "README.md").read_text("utf-8")
ROW = {"question": "Will it rain?", "language": "en", "kind": "unanswerable_far", "answerable": False}


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_ends_a_run_within_two_seconds(signum: signal.Signals, code: int, tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.md").write_text("# Pears\n\nA pear tree lives for two hundred years.\n", "utf-8")
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps(ROW | {"id": str(n)}) + "\n" for n in range(5000)), "utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "eval", "run", "--data", data, "--corpus", tmp_path / "corpus", "--out", tmp_path / "o"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stderr is not None
    while "indexed:" not in (line := process.stderr.readline()):
        assert line, "the run ended"
    process.send_signal(signum)
    start = time.perf_counter()
    _, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert "Traceback" not in err
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    assert f"example: python -m eval {command}" in " ".join(capsys.readouterr().out.split())


def test_commands_of_the_readme_are_as_the_program_takes_them() -> None:
    lines = re.findall(
        r"^python -m eval (.+?)(?:  #.*)?$", (ROOT / "eval" / "README.md").read_text("utf-8"), re.MULTILINE
    )
    commands = {make_parser().parse_args(shlex.split(line)).command for line in lines}
    assert commands >= {"run", "compare", "report", "add"}


def test_python_of_the_readme_runs(tmp_path: Path) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    write_documents(tmp_path / "corpus")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Estimate(value=")


def test_error_is_one_line_that_no_terminal_obeys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retrieval", str(tmp_path / "a\x1b[31m\nb.jsonl")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert "\x1b" not in line
