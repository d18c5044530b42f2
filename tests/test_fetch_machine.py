"""Official texts: what can go wrong on this machine: locks, folders, a full disk, signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from fetch_lists import ETAG, PLAN, ROOT, documents, fetched, only, options, parts
from text_server import Page, TextServer, pdf

from rag import Settings, fetch_sources
from rag.errors import FetchError
from rag.store.lock import FileLock


def _program(settings: Settings, *argv: str, before: str = "") -> list[str]:
    return [sys.executable, "-c", f"{before}\nfrom rag.__main__ import script; script()", *argv, *options(settings)]


def _environment(settings: Settings, **more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "RAG_DATA_DIR": str(settings.data_dir), **more}


def test_second_fetch_at_once_is_refused(fetch_settings: Settings) -> None:
    fetched(fetch_settings).mkdir(parents=True)
    lock = FileLock(fetched(fetch_settings) / ".lock")
    assert lock.acquire()
    with pytest.raises(FetchError, match="Another process is fetching into"):
        fetch_sources(fetch_settings)
    lock.release()
    assert only(fetch_sources(fetch_settings)).verdict == "added"


def test_folder_that_cannot_be_made_is_named(fetch_settings: Settings) -> None:
    fetch_settings.data_dir.write_text("in the way", "utf-8")
    with pytest.raises(FetchError, match=r"fetched' cannot be written: (File exists|Not a directory)"):
        fetch_sources(fetch_settings)


@pytest.mark.parametrize("limit", [100, 40_000])
def test_full_disk_leaves_what_was_there(fetch_settings: Settings, text_server: TextServer, limit: int) -> None:
    # A file that may not grow stands for a full disk.
    fetch_sources(fetch_settings)
    text_server.pages["/plan.pdf"] = Page(pdf(*(f"Line {n} of a long plan." for n in range(900))), etag='"v2"')
    before = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit},) * 2)"
    done = subprocess.run(
        _program(fetch_settings, "fetch", "plan-2", "--accept", before=before),
        env=_environment(fetch_settings), cwd=fetch_settings.data_dir, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot be written: File too large" in done.stderr
    assert "bytes free" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert (fetched(fetch_settings) / "plan-2.pdf").read_bytes() == PLAN
    assert (documents(fetch_settings), parts(fetch_settings)) == (["plan-2.pdf"], [])


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_signal_ends_a_download_and_the_next_run_goes_on(
    fetch_settings: Settings, text_server: TextServer, sent: signal.Signals, code: int
) -> None:
    text_server.pages["/plan.pdf"] = Page(PLAN, etag=ETAG, fault="stalls", cut_at=300)
    child = subprocess.Popen(
        _program(fetch_settings, "fetch"), env=_environment(fetch_settings), cwd=fetch_settings.corpus_dir,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while not text_server.requests and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    child.send_signal(sent)
    started = time.monotonic()
    out, err = child.communicate(timeout=20)
    assert time.monotonic() - started < 2
    assert (child.returncode, out, err) == (code, "", "")
    assert documents(fetch_settings) == []
    text_server.pages["/plan.pdf"] = Page(PLAN, etag=ETAG)
    assert only(fetch_sources(fetch_settings)).verdict == "added"
    if sent != signal.SIGKILL:  # what was not flushed by then is not there
        assert text_server.requests[-1].headers["range"] == "bytes=300-"
