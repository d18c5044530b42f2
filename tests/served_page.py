"""The chat page as a process of its own, and a browser tab on it, for the browser tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from rag import Settings
from rag.ui.launching import free_port, url_of, wait_until_ready
from rag.ui.turns import Turn

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

# Streamlit asks for its health beside the page's address before it asks at the root.
PROBES = "Failed to load resource: the server responded with a status of 404"
ROOT = Path(__file__).resolve().parent.parent
# Each worker of the tests has ports of its own: two that look for a free one at the same moment would find the same.
FIRST_PORT = 8530 + 100 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
# A page that is told to end while it loads the model ends after that: seconds, on a busy machine many.
_ENDS_S = 60


@contextmanager
def serving(settings: Settings, **environment: str) -> Iterator[str]:
    """`python -m rag.ui` over the settings, from another folder; its address is the last line that it prints."""
    child = subprocess.Popen(
        [sys.executable, "-m", "rag.ui", "--port", str(FIRST_PORT)],
        cwd=settings.data_dir.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT), **_folders(settings), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout is not None
        lines: list[str] = []
        for line in child.stdout:
            lines.append(line.strip())
            if lines[-1].startswith("http://"):
                break
        assert lines, "the page did not start"
        assert lines[-1].startswith("http://127.0.0.1:"), lines
        yield lines[-1]
    finally:
        child.send_signal(signal.SIGTERM)
        rest, _ = child.communicate()
        assert child.returncode == 128 + signal.SIGTERM
        assert rest == ""  # the address was the last line


@contextmanager
def serving_turns(settings: Settings, turns: Sequence[Turn], **environment: str) -> Iterator[str]:
    """The page, indexed already, whose every session begins with these turns, all done; its address."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    file = settings.data_dir / "turns.json"
    kept = [
        {"question": turn.question, "suggestions": turn.suggestions, "answer": turn.answer.model_dump(mode="json")}
        for turn in turns
    ]
    file.write_text(json.dumps(kept), "utf-8")
    port = free_port(FIRST_PORT + 30, "127.0.0.1")
    with (settings.data_dir / "prepared.log").open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "tests/prepared_page.py", f"--server.port={port}"],
            cwd=ROOT,  # where Streamlit's settings lie
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                **_folders(settings),
                **environment,
                "KIHON_PREPARED_TURNS": str(file),
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            assert wait_until_ready(child, port, "127.0.0.1"), log.name
            yield url_of(port, "127.0.0.1")
        finally:
            child.terminate()
            child.wait(_ENDS_S)


def _folders(settings: Settings) -> dict[str, str]:
    return {f"RAG_{name.upper()}": str(getattr(settings, name)) for name in ("corpus_dir", "index_dir", "data_dir")}


class Tab:
    """A browser tab on the page that notes every request and every message of the console."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.requests: list[str] = []
        self.messages: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.messages.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.messages.append(f"error: {error}"))

    def open(self, path: str = "/") -> Tab:
        self.page.goto(self.address + path)
        self.input.wait_for(timeout=60_000)
        self.page.locator(".kh-name").wait_for()
        return self

    @property
    def input(self) -> Locator:
        return self.page.locator("[data-testid=stChatInput] textarea")

    @property
    def turn(self) -> Locator:
        return self.page.locator(".kh-turn").last

    def ask(self, question: str) -> Locator:
        n = self.page.locator(".kh-turn").count()
        self.input.fill(question)
        self.input.press("Enter")
        self.page.locator(".kh-turn").nth(n).wait_for()
        self.page.locator(".kh-turn").nth(n).and_(self.page.locator(".kh-done, .kh-failed, .kh-stopped")).wait_for(
            timeout=90_000
        )
        return self.turn

    def quote_in_viewer(self) -> str:
        """What the viewer highlights, to the character: hidden markup included."""
        highlight = self.page.locator(".kh-document mark.kh-quoted:not(.kh-preview)")
        highlight.locator("visible=true").first.wait_for()
        return "".join(highlight.all_text_contents())

    def foreign_hosts(self) -> set[str]:
        own = urlsplit(self.address).netloc
        web = [urlsplit(url) for url in self.requests if url.startswith(("http", "ws"))]
        return {parts.netloc for parts in web} - {own}

    def errors(self) -> list[str]:
        """Errors of the console, but for Streamlit's own probes."""
        return [message for message in self.messages if message.startswith("error") and PROBES not in message]

    def is_clean(self) -> bool:
        """No script of a document ran, nothing left the host, and the console has no error."""
        hacked = self.page.evaluate("window.hacked")
        errors = [message for message in self.messages if message.startswith("error")]
        return hacked is None and self.foreign_hosts() == set() and errors == []


OpenTab = Callable[..., Tab]


@pytest.fixture
def tab(browser: Browser, address: str) -> Iterator[OpenTab]:
    """Opens tabs: width, height, theme, language, touch."""
    contexts = []

    def new_tab(url: str = address, *, width: int = 1440, height: int = 900, **options: Any) -> Tab:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        return Tab(context.new_page(), url)

    yield new_tab
    for context in contexts:
        context.close()
