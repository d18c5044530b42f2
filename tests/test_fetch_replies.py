"""Official texts: a bad reply leaves nothing behind and says why."""

from __future__ import annotations

import gzip
import socket
import time
from pathlib import Path

import pytest
from fetch_lists import ETAG, PLAN, documents, entry, fetched, only, parts, write_list
from text_server import Fault, Page, TextServer

from rag import Settings, fetch_sources
from rag.fetching.download import Bounds, download
from rag.fetching.part import Part
from rag.fetching.reply import DownloadFailed
from rag.fetching.sources import OfficialText

HTML = b"<!doctype html><title>Sign in</title><p>Please sign in.</p>"
BOMB = gzip.compress(b"%PDF-1.7\n" + bytes(60_000_000))


@pytest.mark.parametrize(
    ("page", "code", "message"),
    [
        pytest.param(Page(b"Gone.", "text/plain", 404), "http_status", "HTTP 404 (Not Found)", id="404"),
        pytest.param(Page(b"", None, 503), "http_status", "HTTP 503 (Service Unavailable)", id="503"),
        pytest.param(Page(PLAN, status=206), "http_status", "HTTP 206", id="part-unasked"),
        pytest.param(Page(status=304), "http_status", "HTTP 304", id="304-unasked"),
        pytest.param(Page(HTML, "text/html"), "wrong_type", "sends it as 'text/html'", id="type"),
        pytest.param(Page(PLAN, None), "wrong_type", "without saying what it is", id="no-type"),
        pytest.param(Page(HTML), "wrong_type", "the content is none", id="page-called-pdf"),
        pytest.param(Page(b"PK\x03\x04" + bytes(100)), "wrong_type", "ZIP archive", id="zip-called-pdf"),
        pytest.param(Page(b""), "empty", "the file is empty", id="empty"),
        pytest.param(Page(PLAN, headers={"Content-Length": "3000000"}), "too_large", "has 2.9 MB", id="length"),
        pytest.param(Page(PLAN, fault="endless"), "too_large", "the limit is 1 MB (RAG_MAX_FILE_MB)", id="endless"),
        pytest.param(Page(BOMB, headers={"Content-Encoding": "gzip"}), "too_large", "goes on", id="bomb"),
        pytest.param(Page(PLAN, headers={"Content-Encoding": "gzip"}), "cut", "cannot be unpacked", id="not-gzip"),
        pytest.param(Page(PLAN, headers={"Content-Encoding": "br"}), "wrong_type", "packs it as 'br'", id="coding"),
        pytest.param(
            Page(gzip.compress(PLAN)[:-30], headers={"Content-Encoding": "gzip"}), "cut", "ended before", id="gzip-cut"
        ),
        pytest.param(Page(PLAN, fault="cut", cut_at=300), "cut", "ended before it was whole", id="cut"),
        pytest.param(Page(fault="rubbish"), "cut", "no HTTP", id="rubbish"),
        pytest.param(Page(fault="drips"), "timeout", "not through after 1 s (RAG_FETCH_TIMEOUT_S)", id="drips"),
        pytest.param(Page(fault="drips_head"), "timeout", "not through after 1 s", id="drips-head"),
        pytest.param(Page(PLAN, fault="stalls", cut_at=300), "timeout", "not through after 1 s", id="stalls"),
    ],
)
def test_bad_reply_leaves_nothing_and_says_why(
    fetch_settings: Settings, text_server: TextServer, page: Page, code: str, message: str
) -> None:
    text_server.pages["/plan.pdf"] = page
    limits = fetch_settings.model_copy(update={"fetch_timeout_s": 1, "max_file_mb": 1})
    started = time.monotonic()
    file = only(fetch_sources(limits))
    assert (file.verdict, file.code) == ("failed", code)
    assert file.reason is not None
    assert file.reason.startswith(f"{text_server.url('/plan.pdf')}: ")
    assert message in file.reason
    assert time.monotonic() - started < 5
    assert (documents(fetch_settings), parts(fetch_settings)) == ([], [])
    assert not (fetched(fetch_settings) / ".records.json").exists()


def test_silence_ends_a_download(tmp_path: Path, text_server: TextServer) -> None:
    text_server.pages["/plan.pdf"] = Page(PLAN, fault="stalls", cut_at=300, etag=ETAG)
    text = OfficialText(**entry(text_server.url("/plan.pdf")))
    started = time.monotonic()
    with pytest.raises(DownloadFailed, match=r"nothing came for 0.3 s; 300 bytes are there"):
        download(text, Part(tmp_path, "x"), Bounds(total_s=30, max_mb=1, stall_s=0.3), lambda *_: None)
    assert time.monotonic() - started < 3


def test_no_connection_is_said(fetch_settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        write_list(fetch_settings.sources_path, entry(f"http://127.0.0.1:{taken.getsockname()[1]}/plan.pdf"))
        file = only(fetch_sources(fetch_settings))
    assert (file.code, "Connection refused" in str(file.reason)) == ("unreachable", True)


def test_one_failure_does_not_stop_the_others(fetch_settings: Settings, text_server: TextServer) -> None:
    urls = {name: text_server.url(f"/{name}.pdf") for name in ("missing", "plan")}
    write_list(fetch_settings.sources_path, *(entry(url, id=name) for name, url in urls.items()))
    report = fetch_sources(fetch_settings)
    assert [(file.id, file.verdict) for file in report.files] == [("missing", "failed"), ("plan", "added")]
    assert (report.added, report.failed) == (1, 1)


def test_faults_are_all_served() -> None:
    """Each way of the text_server to go wrong is in a test of fetching."""
    source = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_fetch*.py"))
    assert [name for name in Fault.__args__ if name != "none" and f'fault="{name}"' not in source] == []  # type: ignore[attr-defined]  # typing has no public way
