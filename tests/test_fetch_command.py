"""Official texts: the command `fetch`, and its bar."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from fetch_lists import PLAN, REVISED, documents, entry, options, write_list
from text_server import Page, TextServer

from rag import Settings, fetch_sources
from rag.__main__ import main
from rag.errors import UnknownSourceError
from rag.fetching.fetch import FetchProgress, FetchReport
from rag.terminal.progress import download_bar


@pytest.fixture
def command(fetch_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    monkeypatch.setenv("RAG_DATA_DIR", str(fetch_settings.data_dir))
    return lambda *argv: main(["fetch", *argv, *options(fetch_settings)])


def test_command_fetches_and_indexes(
    command: Callable[..., int], fetch_settings: Settings, text_server: TextServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("plan-2") == 0
    out = capsys.readouterr().out
    assert out.startswith(
        f"added: fetched/plan-2.pdf ({len(PLAN):,} bytes, SHA-256 {hashlib.sha256(PLAN).hexdigest()})"
    )
    assert "The index holds 5 documents" in out
    assert command("--json") == 0
    report = FetchReport.model_validate_json(capsys.readouterr().out)
    assert (report.unchanged, report.index is not None and report.index.unchanged) == (1, 5)
    text_server.pages["/plan.pdf"] = Page(REVISED, etag='"v2"')
    assert command() == 3
    assert capsys.readouterr().out.startswith("changed: fetched/plan-2.pdf: ")
    assert command("--accept") == 0
    assert capsys.readouterr().out.startswith("updated: ")
    text_server.pages["/plan.pdf"] = Page(b"", None, 404)
    assert command() == 3
    out = capsys.readouterr().out
    assert out.startswith("failed: fetched/plan-2.pdf: http://127.0.0.1:")
    assert "The index holds" not in out


def test_command_says_wrong_use(
    command: Callable[..., int],
    fetch_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command("plan-9", "plan-2") == 2
    err = capsys.readouterr().err
    assert err.startswith("error: 'plan-9' is not in the list of official texts")
    assert err.endswith("which has: plan-2.\n")
    with pytest.raises(UnknownSourceError):
        fetch_sources(fetch_settings, ["plan-9"])
    monkeypatch.setenv("RAG_SOURCES_FILE", "/nowhere.toml")
    assert command() == 1
    assert "no list of official texts '/nowhere.toml'" in capsys.readouterr().err


def test_another_list_may_be_named(
    command: Callable[..., int],
    fetch_settings: Settings,
    text_server: TextServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = write_list(tmp_path / "other.toml", entry(text_server.url("/plan.pdf"), id="other"))
    monkeypatch.setenv("RAG_SOURCES_FILE", str(path))
    assert command() == 0
    assert documents(fetch_settings) == ["other.pdf"]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_bar_shows_which_text_is_fetched() -> None:
    stream = _Terminal()
    with download_bar(stream) as show:
        show(FetchProgress(1, 3, "plan-2", 500, 1000))
    assert "2 of 3  plan-2" in stream.getvalue()
