"""The child process: limits on time, memory and output, and what it may not do; one bad file never stops the next."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from rag.answer import FileReport
from rag.config import Settings
from rag.errors import RagError
from rag.loading import FORMATS, Format, Loaded, Loader

BOMB = Format(name="bomb", extensions=(".bomb",), module="loading_bombs")
REPOSITORY = Path(__file__).parent.parent


@pytest.fixture
def loader() -> Iterator[Loader]:
    with Loader(Settings(parse_timeout_s=3, parse_memory_mb=512), formats=(*FORMATS, BOMB)) as made:
        yield made


def load(loader: Loader, folder: Path, content: str) -> Loaded | FileReport:
    (folder / "file.bomb").write_text(content)
    return loader.load(folder / "file.bomb", root="corpus", path="file.bomb")


def text_of(loaded: Loaded | FileReport) -> str:
    assert isinstance(loaded, Loaded), loaded
    return loaded.document.text


@pytest.mark.parametrize(
    ("content", "code", "reason"),
    [
        ("sleep 60", "timeout", "3 seconds, the limit (RAG_PARSE_TIMEOUT_S)"),
        ("spin", "timeout", "3 seconds, the limit (RAG_PARSE_TIMEOUT_S)"),
        ("fill", "memory", "512 MB of memory, the limit (RAG_PARSE_MEMORY_MB)"),
        (f"signal {signal.SIGKILL:d}", "memory", "512 MB"),
        (f"signal {signal.SIGSEGV:d}", "damaged", "crashed on it (SIGSEGV)"),
        (f"signal {signal.SIGABRT:d}", "damaged", "crashed on it (SIGABRT)"),
        (f"signal {signal.SIGXCPU:d}", "timeout", "3 seconds"),
        ("exit 3", "damaged", "status 3"),
        ("raise secret words", "damaged", "cannot be read (ValueError)"),
        ("recurse", "damaged", "nested too deeply"),
        ("long", "too_long", "2,000,000 characters"),
        ("huge", "too_long", "larger than the limit"),
        ("rubbish", "damaged", "no usable text"),
        ("boxes", "damaged", "cannot be read (AssertionError)"),
    ],
)
def test_a_breach_is_a_verdict_and_the_next_file_is_read(
    loader: Loader, tmp_path: Path, content: str, code: str, reason: str
) -> None:
    began = time.monotonic()
    report = load(loader, tmp_path, content)
    assert time.monotonic() - began < 3 + 5
    assert isinstance(report, FileReport)
    assert (report.verdict, report.code) == ("rejected", code)
    assert reason in (report.reason or "")
    assert "secret" not in (report.reason or "")
    assert text_of(load(loader, tmp_path, "sound")) == "sound"


def test_the_child_is_reused_and_replaced_after_a_breach(loader: Loader, tmp_path: Path) -> None:
    assert loader.child_pid is None
    load(loader, tmp_path, "one")
    first = loader.child_pid
    load(loader, tmp_path, "raise an exception")
    assert loader.child_pid == first
    load(loader, tmp_path, f"signal {signal.SIGSEGV:d}")
    load(loader, tmp_path, "two")
    assert loader.child_pid not in (None, first)


def test_a_child_that_died_between_files_costs_nothing(loader: Loader, tmp_path: Path) -> None:
    load(loader, tmp_path, "one")
    assert loader.child_pid is not None
    os.kill(loader.child_pid, signal.SIGKILL)
    time.sleep(0.1)
    assert text_of(load(loader, tmp_path, "two")) == "two"


def test_the_child_can_write_no_file(loader: Loader, tmp_path: Path) -> None:
    report = load(loader, tmp_path, f"write {tmp_path}/out")
    assert isinstance(report, FileReport)
    assert not (tmp_path / "out").exists() or (tmp_path / "out").stat().st_size == 0


def test_what_the_child_prints_disturbs_nothing(loader: Loader, tmp_path: Path) -> None:
    assert text_of(load(loader, tmp_path, "print")) == "print"


def test_the_child_sees_no_secrets(loader: Loader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    names = text_of(load(loader, tmp_path, "environment")).split()
    assert set(names) <= {"PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONUTF8"}


def test_the_child_imports_only_what_a_format_needs(loader: Loader, tmp_path: Path) -> None:
    modules = set(text_of(load(loader, tmp_path, "modules")).split())
    heavy = {
        "torch",
        "chromadb",
        "langchain_core",
        "streamlit",
        "openai",
        "numpy",
        "pydantic",
        "pypdfium2",
        "yaml",
        "lxml",
    }
    assert not modules & heavy


def test_the_child_is_in_a_session_of_its_own(loader: Loader, tmp_path: Path) -> None:
    pid, session, _ = text_of(load(loader, tmp_path, "session")).split(" ", 2)
    assert pid == session == str(loader.child_pid)


def test_close_ends_the_child(tmp_path: Path) -> None:
    with Loader(Settings()) as made:
        (tmp_path / "a.md").write_text("text")
        made.load(tmp_path / "a.md", root="corpus", path="a.md")
        pid = made.child_pid
    assert pid is not None
    assert not psutil.pid_exists(pid)
    assert made.child_pid is None


@pytest.mark.parametrize("content", ["idle", "sleep 60", "spin"])
def test_the_child_ends_with_a_killed_parent(tmp_path: Path, content: str) -> None:
    (tmp_path / "sound.bomb").write_text("sound")
    (tmp_path / "file.bomb").write_text(content)
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from rag.config import Settings\n"
        "from rag.loading import Format, Loader\n"
        "loader = Loader(Settings(), formats=[Format(name='bomb', extensions=('.bomb',), module='loading_bombs')])\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "loader.load(folder / 'sound.bomb', root='corpus', path='sound.bomb')\n"
        "print(loader.child_pid, flush=True)\n"
        "loader.load(folder / 'file.bomb', root='corpus', path='file.bomb')\n"
        "time.sleep(60)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "tests")])}
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        time.sleep(0.5)
        assert child.is_running()
        parent.kill()
    child.wait(5)


def test_the_child_starts_fast(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("text")
    fastest = 60.0
    for _ in range(3):
        with Loader(Settings()) as made:
            began = time.monotonic()
            made.load(tmp_path / "a.md", root="corpus", path="a.md")
            fastest = min(fastest, time.monotonic() - began)
    assert fastest < 1.0  # 0.15 s on an idle machine


def test_many_files_leave_nothing_behind(loader: Loader, tmp_path: Path) -> None:
    load(loader, tmp_path, "one")
    n_open = psutil.Process().num_fds()
    n_children = len(psutil.Process().children())
    for number in range(1200):
        assert text_of(load(loader, tmp_path, f"file {number}")) == f"file {number}"
    assert psutil.Process().num_fds() == n_open
    assert len(psutil.Process().children()) == n_children


def test_a_child_that_cannot_start_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.md").write_text("text")
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no module named rag' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    with Loader(Settings()) as made, pytest.raises(RagError, match=r"could not be started \(no module named rag\)"):
        made.load(tmp_path / "a.md", root="corpus", path="a.md")
