"""The README's commands and code run as written, and every command is documented."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import write_documents

from rag.__main__ import main

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = ("index", "ask", "chat", "search", "info", "verify")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def _commands(section: str) -> list[str]:
    """The `python -m …` lines of a section's console block, comments taken off."""
    block = re.search(rf"^## {section}\n.*?^```console\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    assert block is not None
    lines = [line.removeprefix("$ ").split("  #")[0].strip() for line in block[1].splitlines() if line.startswith("$ ")]
    return [line for line in lines if line.startswith("python -m ")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like a fresh clone, with a small corpus."""
    folder = tmp_path_factory.mktemp("clone")
    write_documents(folder / "corpus")
    return folder


def _run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    shell = command.replace("python", shlex.quote(sys.executable), 1)
    return subprocess.run(
        ["bash", "-c", shell], cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(folder)},
        input="", capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip


def test_commands_of_the_readme_run(folder: Path) -> None:
    commands = _commands("Ask from the command line")
    assert {command.split()[3] for command in commands} == set(COMMANDS)
    for command in commands:
        done = _run(command, folder)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        assert "error" not in done.stderr


def test_own_folder_of_the_readme_runs(folder: Path) -> None:
    write_documents(folder / "papers")
    for command in _commands("Add your own folder"):
        assert _run(command, folder).returncode == 0, command


def test_python_of_the_readme_runs(folder: Path) -> None:
    for code in _blocks("python"):
        (folder / "example.py").write_text(code, "utf-8")
        done = _run("python example.py", folder)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", [*COMMANDS, "fetch"])
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert "example: python -m rag " + command in capsys.readouterr().out


def test_files_that_the_readme_names_exist() -> None:
    for name in re.findall(r"\]\(((?!https?:)[^)#]+)\)", README):
        assert (ROOT / name).exists(), name
    for target in re.findall(r"`make ([a-z-]+)`", README):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE), target
