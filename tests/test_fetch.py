"""Official texts: what is downloaded, from where, within which bounds, and what the index makes of it.

Every download comes from a server on loopback in this process.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from bag_of_words import BagOfWords
from conftest import DOCUMENTS
from text_server import Fault, Page, TextServer, pdf

from rag import Settings, build_index, describe_index, fetch_sources, get_document
from rag.__main__ import main
from rag.errors import FetchError, SourceListError, UnknownSourceError
from rag.fetching.addresses import AddressRefused, checked_address, redirected
from rag.fetching.download import Bounds, download
from rag.fetching.fetch import FetchedFile, FetchProgress, FetchReport
from rag.fetching.part import Part
from rag.fetching.reply import DownloadFailed
from rag.fetching.sources import OfficialText, read_sources
from rag.index.opening import Index
from rag.retrieval.search import Retriever
from rag.store.lock import FileLock
from rag.terminal.progress import download_bar

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "corpus" / "sources.toml"
PLAN = pdf("The Cabinet decided the second plan on 14 July 2026.", "It replaces the first plan.")
REVISED = pdf("The Cabinet decided the third plan on 1 May 2027.")
ETAG = '"v1"'


@pytest.fixture
def server() -> Iterator[TextServer]:
    with TextServer({"/plan.pdf": Page(PLAN, etag=ETAG)}) as server:
        yield server


@pytest.fixture
def settings(tmp_path: Path, corpus: Path, server: TextServer) -> Settings:
    """Settings whose list has one entry, `plan-2`, at the server's `/plan.pdf`."""
    write_list(corpus / "sources.toml", entry(server.url("/plan.pdf")))
    return Settings(corpus_dir=corpus, index_dir=tmp_path / "index", data_dir=tmp_path / "data", fetch_timeout_s=20)


def entry(url: str, **fields: Any) -> dict[str, Any]:
    known = {"id": "plan-2", "language": "en", "kind": "plan", "status": "in force", "licence": "CC BY 4.0"}
    about = {"title": "The Second Plan", "publisher": "Cabinet of Tests", "date": "2026-07-14"}
    return {**known, **about, "url": url, **fields}


def write_list(path: Path, *entries: dict[str, Any]) -> Path:
    # A JSON string or list of strings is TOML too.
    lines = []
    for one in entries:
        lines += ["[[source]]", *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in one.items())]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def only(report: FetchReport) -> FetchedFile:
    (file,) = report.files
    return file


def fetched(settings: Settings) -> Path:
    return settings.data_dir / "fetched"


def documents(settings: Settings) -> list[str]:
    """What lies openly in `fetched/`: all that the index could take for a document."""
    folder = fetched(settings)
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")) if folder.exists() else []


def parts(settings: Settings) -> list[str]:
    return sorted(path.name for path in fetched(settings).glob(".*.part*"))


# --- a good file ------------------------------------------------------------------------------------------------------


def test_good_file_is_fetched_whole_and_recorded(settings: Settings, server: TextServer) -> None:
    steps: list[FetchProgress] = []
    report = fetch_sources(settings, progress=steps.append)
    sha256 = hashlib.sha256(PLAN).hexdigest()
    assert only(report) == FetchedFile(
        id="plan-2",
        document_id="fetched/plan-2.pdf",
        url=server.url("/plan.pdf"),
        verdict="added",
        sha256=sha256,
        n_bytes=len(PLAN),
    )
    assert (fetched(settings) / "plan-2.pdf").read_bytes() == PLAN
    assert (documents(settings), parts(settings)) == (["plan-2.pdf"], [])
    assert steps[-1] == FetchProgress(0, 1, "plan-2", len(PLAN), len(PLAN))
    (record,) = json.loads((fetched(settings) / ".records.json").read_text("utf-8"))["records"].values()
    assert (record["sha256"], record["url"], record["etag"]) == (sha256, server.url("/plan.pdf"), ETAG)
    assert server.requests[0].headers["accept-encoding"] == "identity"
    assert not {"cookie", "authorization", "referer"} & server.requests[0].headers.keys()


def test_fetched_text_is_indexed_as_the_list_describes_it(settings: Settings) -> None:
    fetch_sources(settings)
    build_index(settings, model=BagOfWords())
    document = get_document("fetched/plan-2.pdf", settings)
    assert "second plan on 14 July 2026" in document.text
    about = (document.title, document.publisher, document.date, document.kind, document.status, document.language)
    assert about == ("The Second Plan", "Cabinet of Tests", "2026-07-14", "plan", "in force", "en")
    assert document.url is not None
    assert document.url.endswith("/plan.pdf")
    assert document.retrieved is not None
    assert document.extra == {"licence": "CC BY 4.0"}


@pytest.mark.parametrize("etag", [ETAG, None])
def test_second_fetch_changes_nothing(settings: Settings, server: TextServer, etag: str | None) -> None:
    server.pages["/plan.pdf"] = Page(PLAN, etag=etag)
    fetch_sources(settings)
    before = (fetched(settings) / ".records.json").read_bytes()
    build_index(settings, model=BagOfWords())
    assert only(fetch_sources(settings)).verdict == "unchanged"
    assert server.requests[-1].headers.get("if-none-match") == etag
    assert (fetched(settings) / ".records.json").read_bytes() == before
    report = build_index(settings, model=BagOfWords())
    assert (report.unchanged, report.updated, report.n_embedded) == (5, 0, 0)
    assert parts(settings) == []


def test_named_ids_alone_are_fetched(settings: Settings, server: TextServer) -> None:
    url = server.url("/plan.pdf")
    write_list(settings.sources_path, *(entry(url, id=name) for name in ("a", "b", "c")))
    assert [file.id for file in fetch_sources(settings, ["c", "a", "c"]).files] == ["a", "c"]
    assert documents(settings) == ["a.pdf", "c.pdf"]


def test_packed_file_is_unpacked(settings: Settings, server: TextServer) -> None:
    server.pages["/plan.pdf"] = Page(gzip.compress(PLAN), headers={"Content-Encoding": "gzip"})
    assert only(fetch_sources(settings)).sha256 == hashlib.sha256(PLAN).hexdigest()


def test_file_without_a_length_is_whole_by_its_end(settings: Settings, server: TextServer) -> None:
    server.pages["/plan.pdf"] = Page(PLAN, fault="no_length")
    assert only(fetch_sources(settings)).verdict == "added"
    server.pages["/plan.pdf"] = Page(REVISED, fault="no_length", cut_at=len(REVISED) - 40)
    assert only(fetch_sources(settings, accept=True)).code == "cut"
    assert (fetched(settings) / "plan-2.pdf").read_bytes() == PLAN


@pytest.mark.parametrize(
    ("name", "kind", "body"),
    [
        pytest.param("text", "text/plain; charset=UTF-8", "計画は二つある。".encode(), id="text"),
        pytest.param("markdown", "text/markdown", b"# The plan\n\nThere are two plans.\n", id="markdown"),
        pytest.param("html", "text/html", b"<!doctype html><p>There are two plans.</p>", id="html"),
    ],
)
def test_other_formats_are_fetched(settings: Settings, server: TextServer, name: str, kind: str, body: bytes) -> None:
    server.pages["/x"] = Page(body, kind)
    write_list(settings.sources_path, entry(server.url("/x"), format=name))
    assert only(fetch_sources(settings)).verdict == "added"
    assert (fetched(settings) / documents(settings)[0]).read_bytes() == body


def test_no_proxy_is_asked_for_this_machine(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert only(fetch_sources(settings)).verdict == "added"


async def test_fetches_where_an_event_loop_runs(settings: Settings) -> None:
    assert only(fetch_sources(settings)).verdict == "added"


# --- bad replies ------------------------------------------------------------------------------------------------------

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
    settings: Settings, server: TextServer, page: Page, code: str, message: str
) -> None:
    server.pages["/plan.pdf"] = page
    limits = settings.model_copy(update={"fetch_timeout_s": 1, "max_file_mb": 1})
    started = time.monotonic()
    file = only(fetch_sources(limits))
    assert (file.verdict, file.code) == ("failed", code)
    assert file.reason is not None
    assert file.reason.startswith(f"{server.url('/plan.pdf')}: ")
    assert message in file.reason
    assert time.monotonic() - started < 5
    assert (documents(settings), parts(settings)) == ([], [])
    assert not (fetched(settings) / ".records.json").exists()


def test_silence_ends_a_download(tmp_path: Path, server: TextServer) -> None:
    server.pages["/plan.pdf"] = Page(PLAN, fault="stalls", cut_at=300, etag=ETAG)
    text = OfficialText(**entry(server.url("/plan.pdf")))
    started = time.monotonic()
    with pytest.raises(DownloadFailed, match=r"nothing came for 0.3 s; 300 bytes are there"):
        download(text, Part(tmp_path, "x"), Bounds(total_s=30, max_mb=1, stall_s=0.3), lambda *_: None)
    assert time.monotonic() - started < 3


def test_no_connection_is_said(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        write_list(settings.sources_path, entry(f"http://127.0.0.1:{taken.getsockname()[1]}/plan.pdf"))
        file = only(fetch_sources(settings))
    assert (file.code, "Connection refused" in str(file.reason)) == ("unreachable", True)


def test_one_failure_does_not_stop_the_others(settings: Settings, server: TextServer) -> None:
    urls = {name: server.url(f"/{name}.pdf") for name in ("missing", "plan")}
    write_list(settings.sources_path, *(entry(url, id=name) for name, url in urls.items()))
    report = fetch_sources(settings)
    assert [(file.id, file.verdict) for file in report.files] == [("missing", "failed"), ("plan", "added")]
    assert (report.added, report.failed) == (1, 1)


# --- going on with a part ---------------------------------------------------------------------------------------------


def test_cut_file_is_gone_on_with(settings: Settings, server: TextServer) -> None:
    server.pages["/plan.pdf"] = Page(PLAN, etag=ETAG, fault="cut", cut_at=300)
    file = only(fetch_sources(settings))
    assert file.code == "cut"
    assert "300 bytes are there, and the same command goes on from them" in str(file.reason)
    assert (documents(settings), parts(settings)) == ([], [".plan-2.part", ".plan-2.part.json"])
    server.pages["/plan.pdf"] = Page(PLAN, etag=ETAG)
    assert only(fetch_sources(settings)).verdict == "added"
    asked = server.requests[-1].headers
    assert (asked["range"], asked["if-range"]) == ("bytes=300-", ETAG)
    assert (fetched(settings) / "plan-2.pdf").read_bytes() == PLAN
    assert parts(settings) == []


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(Page(REVISED, etag='"v2"'), id="changed meanwhile"),
        pytest.param(Page(REVISED, etag=ETAG, ranges=False), id="no ranges"),
        pytest.param(Page(REVISED, etag=ETAG, fault="wrong_range"), id="another range"),
        pytest.param(Page(REVISED, etag=ETAG, headers={"ETag": '"v2"'}), id="range of another content"),
    ],
)
def test_part_of_another_content_is_not_gone_on_with(settings: Settings, server: TextServer, page: Page) -> None:
    server.pages["/plan.pdf"] = Page(PLAN, etag=ETAG, fault="cut", cut_at=300)
    fetch_sources(settings)
    server.pages["/plan.pdf"] = page
    assert only(fetch_sources(settings)).sha256 == hashlib.sha256(REVISED).hexdigest()


@pytest.mark.parametrize("etag", [None, 'W/"v1"'])
def test_part_without_a_strong_validator_is_not_kept(settings: Settings, server: TextServer, etag: str | None) -> None:
    server.pages["/plan.pdf"] = Page(PLAN, etag=etag, fault="cut", cut_at=300)
    assert "goes on" not in str(only(fetch_sources(settings)).reason)
    assert parts(settings) == []


def test_part_of_a_file_of_known_hash_needs_no_validator(settings: Settings, server: TextServer) -> None:
    sha256 = hashlib.sha256(PLAN).hexdigest()
    write_list(settings.sources_path, entry(server.url("/plan.pdf"), sha256=sha256))
    server.pages["/plan.pdf"] = Page(PLAN, fault="cut", cut_at=300)
    fetch_sources(settings)
    server.pages["/plan.pdf"] = Page(PLAN)
    assert only(fetch_sources(settings)).sha256 == sha256
    assert server.requests[-1].headers["range"] == "bytes=300-"


def test_part_is_gone_on_with_by_a_settled_date(settings: Settings, server: TextServer) -> None:
    dated = {"Last-Modified": "Tue, 14 Jul 2026 00:00:00 GMT"}
    server.pages["/plan.pdf"] = Page(PLAN, headers=dated, fault="cut", cut_at=300)
    fetch_sources(settings)
    server.pages["/plan.pdf"] = Page(PLAN, headers=dated)
    assert only(fetch_sources(settings)).sha256 == hashlib.sha256(PLAN).hexdigest()
    asked = server.requests[-1].headers
    assert (asked["range"], asked["if-range"]) == ("bytes=300-", dated["Last-Modified"])
    fetch_sources(settings)
    assert server.requests[-1].headers["if-modified-since"] == dated["Last-Modified"]


def test_part_of_another_address_is_not_gone_on_with(settings: Settings, server: TextServer) -> None:
    server.pages["/plan.pdf"] = Page(PLAN, etag=ETAG, fault="cut", cut_at=300)
    fetch_sources(settings)
    server.pages["/new.pdf"] = Page(REVISED, etag=ETAG)
    write_list(settings.sources_path, entry(server.url("/new.pdf")))
    assert only(fetch_sources(settings)).sha256 == hashlib.sha256(REVISED).hexdigest()


def test_link_in_a_parts_place_is_not_followed(settings: Settings, tmp_path: Path) -> None:
    fetched(settings).mkdir(parents=True)
    (fetched(settings) / ".plan-2.part").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FetchError, match="cannot be written"):
        fetch_sources(settings)
    assert not (tmp_path / "elsewhere").exists()


# --- redirects and addresses ------------------------------------------------------------------------------------------


def _moved(location: str) -> Page:
    return Page(status=302, headers={"Location": location})


def test_redirects_on_the_same_host_are_followed(settings: Settings, server: TextServer) -> None:
    write_list(settings.sources_path, entry(server.url("/old"), format="pdf"))
    server.pages |= {"/old": _moved("/newer"), "/newer": _moved(server.url("/plan.pdf"))}
    assert only(fetch_sources(settings)).verdict == "added"
    assert documents(settings) == ["plan-2.pdf"]


@pytest.mark.parametrize(
    ("location", "message"),
    [
        pytest.param("http://localhost:{port}/plan.pdf", "leads to another host", id="other name"),
        pytest.param("http://127.0.0.1:{other}/plan.pdf", "leads to another host", id="other port"),
        pytest.param("http://127.0.0.2:{port}/plan.pdf", "leads to another host", id="other loopback address"),
        pytest.param("https://127.0.0.1.example/plan.pdf", "leads to another host", id="alike"),
        pytest.param("https://127.0.0.1@example.org/plan.pdf", "holds a user name", id="user name"),
        pytest.param("https://example.org\\@127.0.0.1/", "a backslash", id="backslash"),
        pytest.param("http://192.0.2.1/plan.pdf", "is http, which is for this machine only", id="http elsewhere"),
        pytest.param("http://169.254.169.254/latest", "is http, which is for this machine only", id="metadata"),
        pytest.param("file:///etc/passwd", "does not begin with https://", id="file"),
        pytest.param("//example.org/plan.pdf", "is http, which is for this machine only", id="no scheme"),
        pytest.param("/loop", "sends on more than 5 times", id="endless"),
    ],
)
def test_redirect_elsewhere_is_refused(settings: Settings, server: TextServer, location: str, message: str) -> None:
    with TextServer({"/plan.pdf": Page(PLAN)}) as other:
        place = location.format(port=server.port, other=other.port)
        server.pages |= {"/plan.pdf": _moved(place), "/loop": _moved("/loop")}
        file = only(fetch_sources(settings))
        assert (file.verdict, file.code) == ("failed", "redirect")
        assert message in str(file.reason)
        assert other.requests == []
        assert len(server.requests) <= 6
    assert documents(settings) == []


@pytest.mark.parametrize("allowed", ["localhost", "localhost:{port}"])
def test_redirect_to_an_allowed_host_is_followed(settings: Settings, server: TextServer, allowed: str) -> None:
    with TextServer({"/moved.pdf": Page(PLAN)}) as other:
        hosts = [allowed.format(port=other.port)]
        write_list(settings.sources_path, entry(server.url("/plan.pdf"), allow_hosts=hosts))
        server.pages["/plan.pdf"] = _moved(other.url("/moved.pdf", "localhost"))
        assert only(fetch_sources(settings)).verdict == "added"
        server.pages["/plan.pdf"] = _moved(other.url("/moved.pdf", "127.0.0.1"))
        assert only(fetch_sources(settings)).code == "redirect"


def test_address_of_version_6_is_this_machine(settings: Settings) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        server = TextServer({"/plan.pdf": Page(PLAN)}, host="::1")
    except OSError:
        pytest.skip("no IPv6 loopback here")
    with server:
        write_list(settings.sources_path, entry(server.url("/plan.pdf", "[::1]")))
        assert only(fetch_sources(settings)).verdict == "added"


def test_localhost_that_resolves_elsewhere_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = [one.address for many in psutil.net_if_addrs().values() for one in many if one.family == socket.AF_INET]
    outer = next((address for address in addresses if not address.startswith("127.")), None)
    if outer is None:
        pytest.skip("this machine has no address but loopback")
    look_up: Callable[..., Any] = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *args, **more: look_up(outer if host in ("localhost", b"localhost") else host, *args, **more),
    )
    with TextServer({"/plan.pdf": Page(PLAN)}, host=outer) as server:
        write_list(settings.sources_path, entry(server.url("/plan.pdf", "localhost")))
        file = only(fetch_sources(settings))
    assert (file.code, "is not this machine" in str(file.reason)) == ("unreachable", True)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        pytest.param("http://www8.cao.go.jp/plan.pdf", "is http", id="http"),
        pytest.param("http://127.1/plan.pdf", "is http", id="short number"),
        pytest.param("http://0x7f000001/plan.pdf", "is http", id="hexadecimal"),
        pytest.param("http://2130706433/plan.pdf", "is http", id="decimal"),
        pytest.param("http://0.0.0.0/plan.pdf", "is http", id="any address"),
        pytest.param("http://[::ffff:192.0.2.1]/plan.pdf", "is http", id="mapped"),
        pytest.param("http://127.0.0.1.nip.io/plan.pdf", "is http", id="name that resolves here"),
        pytest.param("http://localhost.example/plan.pdf", "is http", id="alike"),
        pytest.param("http://127.0.0.1@192.0.2.1/plan.pdf", "user name", id="user name"),
        pytest.param("https://me:secret@example.org/plan.pdf", "user name", id="password"),
        pytest.param("ftp://127.0.0.1/plan.pdf", "https://", id="ftp"),
        pytest.param("https:///plan.pdf", "https://", id="no host"),
        pytest.param("https://example.org:99999/", "a port that there is not", id="port"),
        pytest.param("https://exam ple.org/", "a space", id="space"),
        pytest.param("https://example.org/\r\nHost: x", "control character", id="line break"),
    ],
)
def test_address_is_refused(address: str, message: str) -> None:
    with pytest.raises(AddressRefused, match=message):
        checked_address(address)


@pytest.mark.parametrize(
    ("start", "location", "allowed", "message"),
    [
        pytest.param("https://a.go.jp/x", "https://a.go.jp/y", [], None, id="same host"),
        pytest.param("https://a.go.jp/x", "https://A.GO.JP:443/y", [], None, id="same host in other letters"),
        pytest.param("https://a.go.jp/x", "http://a.go.jp/y", [], "is http", id="to http"),
        pytest.param("https://localhost/x", "http://localhost/y", [], "from https to http", id="to http here"),
        pytest.param("https://a.go.jp/x", "https://a.go.jp:8443/y", [], "another host", id="other port"),
        pytest.param("https://a.go.jp/x", "https://b.go.jp/y", [], "another host", id="other host"),
        pytest.param("https://a.go.jp/x", "https://b.go.jp/y", ["b.go.jp"], None, id="allowed"),
        pytest.param("https://a.go.jp/x", "https://b.go.jp:8443/y", ["b.go.jp"], "another host", id="allowed, port"),
        pytest.param("https://a.go.jp/x", "https://b.go.jp:8443/y", ["b.go.jp:8443"], None, id="port allowed"),
        pytest.param("https://a.go.jp/x", "https://x.b.go.jp/y", ["b.go.jp"], "another host", id="below the allowed"),
        pytest.param("https://a.go.jp/x", "https://a.go.jp./y", [], "another host", id="dot at the end"),
        pytest.param("http://localhost/x", "https://localhost/y", [], None, id="up to https"),
    ],
)
def test_redirect_rule(start: str, location: str, allowed: list[str], message: str | None) -> None:
    first = httpx.URL(start)
    if message is None:
        assert redirected(first, first, location, allowed).path == "/y"
    else:
        with pytest.raises(AddressRefused, match=message):
            redirected(first, first, location, allowed)


# --- content that changes ---------------------------------------------------------------------------------------------


def test_changed_file_is_refused_until_accepted(settings: Settings, server: TextServer) -> None:
    fetch_sources(settings)
    server.pages["/plan.pdf"] = Page(REVISED, etag='"v2"')
    for _ in range(2):
        file = only(fetch_sources(settings))
        assert (file.verdict, file.code) == ("changed", "changed")
        assert f"SHA-256 {hashlib.sha256(REVISED).hexdigest()} instead of" in str(file.reason)
        assert "python -m rag fetch plan-2 --accept" in str(file.reason)
        assert (fetched(settings) / "plan-2.pdf").read_bytes() == PLAN
        assert parts(settings) == []
    assert only(fetch_sources(settings, accept=True)).verdict == "updated"
    assert (fetched(settings) / "plan-2.pdf").read_bytes() == REVISED
    assert only(fetch_sources(settings)).verdict == "unchanged"


def test_hash_of_the_list_is_held(settings: Settings, server: TextServer) -> None:
    url = server.url("/plan.pdf")
    write_list(settings.sources_path, entry(url, sha256=hashlib.sha256(REVISED).hexdigest()))
    assert only(fetch_sources(settings)).verdict == "changed"
    assert (documents(settings), parts(settings)) == ([], [])
    assert only(fetch_sources(settings, accept=True)).verdict == "added"
    assert only(fetch_sources(settings)).verdict == "unchanged"
    # A list that names the new content is word enough.
    fresh = pdf("A further edition.")
    server.pages["/plan.pdf"] = Page(fresh)
    write_list(settings.sources_path, entry(url, sha256=hashlib.sha256(fresh).hexdigest()))
    assert only(fetch_sources(settings)).verdict == "updated"


def test_altered_or_missing_file_is_put_back(settings: Settings) -> None:
    fetch_sources(settings)
    file = fetched(settings) / "plan-2.pdf"
    file.write_bytes(REVISED)
    assert only(fetch_sources(settings)).verdict == "updated"
    assert file.read_bytes() == PLAN
    file.unlink()
    assert only(fetch_sources(settings)).verdict == "updated"
    assert file.read_bytes() == PLAN


def test_format_that_changes_leaves_one_file(settings: Settings, server: TextServer) -> None:
    fetch_sources(settings)
    server.pages["/plan.txt"] = Page(b"There are two plans.", "text/plain")
    write_list(settings.sources_path, entry(server.url("/plan.txt")))
    assert only(fetch_sources(settings)).verdict == "changed"
    assert only(fetch_sources(settings, accept=True)).verdict == "updated"
    assert documents(settings) == ["plan-2.txt"]


def test_damaged_record_is_said_and_not_written_over(settings: Settings) -> None:
    fetch_sources(settings)
    record = fetched(settings) / ".records.json"
    record.write_text("{", "utf-8")
    with pytest.raises(FetchError, match=r"\.records\.json', cannot be read: it is damaged"):
        fetch_sources(settings)
    assert record.read_text("utf-8") == "{"


# --- rank -------------------------------------------------------------------------------------------------------------


def test_file_that_is_not_as_fetched_has_no_rank(settings: Settings) -> None:
    fetch_sources(settings)
    build_index(settings, model=BagOfWords())
    (fetched(settings) / "plan-2.pdf").write_bytes(REVISED)
    (fetched(settings) / "law.md").write_text(DOCUMENTS["act.md"], "utf-8")
    report = build_index(settings, model=BagOfWords())
    notes = {file.path: file.reason for file in report.files if file.root == "fetched"}
    assert all("gets no rank" in str(note) for note in notes.values())
    for name in ("plan-2.pdf", "law.md"):
        document = get_document(f"fetched/{name}", settings)
        assert (document.kind, document.status, document.publisher) == (None, None, None)
    fetch_sources(settings)
    build_index(settings, model=BagOfWords())
    assert get_document("fetched/plan-2.pdf", settings).kind == "plan"


def test_index_follows_record_and_list(settings: Settings, server: TextServer) -> None:
    fetch_sources(settings)
    build_index(settings, model=BagOfWords())
    write_list(settings.sources_path, entry(server.url("/plan.pdf"), status="superseded", title="The Old Plan"))
    assert only(fetch_sources(settings)).verdict == "unchanged"
    assert build_index(settings, model=BagOfWords()).updated == 1
    document = get_document("fetched/plan-2.pdf", settings)
    assert (document.title, document.status) == ("The Old Plan", "superseded")
    (fetched(settings) / ".records.json").unlink()
    assert build_index(settings, model=BagOfWords()).updated == 1
    assert get_document("fetched/plan-2.pdf", settings).kind is None


def test_what_a_text_says_of_itself_counts_for_nothing(settings: Settings, server: TextServer) -> None:
    server.pages["/x.md"] = Page(DOCUMENTS["act.md"].encode(), "text/plain")
    write_list(settings.sources_path, entry(server.url("/x.md"), kind="commentary", status="current", title="A note"))
    fetch_sources(settings)
    build_index(settings, model=BagOfWords())
    document = get_document("fetched/plan-2.md", settings)
    assert (document.kind, document.status, document.title) == ("commentary", "current", "A note")


def test_official_text_outranks_a_restatement(settings: Settings, server: TextServer) -> None:
    text = DOCUMENTS["plan.md"].split("---\n", 2)[2]
    server.pages["/x.txt"] = Page(text.encode(), "text/plain")
    official = entry(server.url("/x.txt"), title="The Basic Plan", date="2025-12-23")
    write_list(settings.sources_path, official)
    fetch_sources(settings)
    uploads = settings.data_dir / "uploads"
    uploads.mkdir()
    (uploads / "plan.md").write_text(DOCUMENTS["plan.md"], "utf-8")
    model = BagOfWords()
    for status, best in (("in force", "fetched/plan-2.txt"), ("superseded", "corpus/plan.md")):
        write_list(settings.sources_path, official | {"status": status})
        fetch_sources(settings)
        build_index(settings, model=model)
        with Index.open(settings, model=model) as index:
            first = Retriever(index, settings).search("When did the Cabinet adopt the Basic Plan?")[0]
        assert first.hit.document_id == best
        assert {first.hit.document_id, *first.duplicates} == {
            "corpus/plan.md", "fetched/plan-2.txt", "uploads/plan.md",
        }  # fmt: skip


# --- the list ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param({"id": "../evil"}, "entry '../evil', id: ", id="id with a path"),
        pytest.param({"id": ".records"}, "id: ", id="hidden id"),
        pytest.param({"id": "Plan"}, "id: ", id="id in capitals"),
        pytest.param({"id": "a/b"}, "id: ", id="id with a folder"),
        pytest.param({"id": "a\x00b"}, "id: ", id="id with a control character"),
        pytest.param({"url": "http://www8.cao.go.jp/x.pdf"}, "url: .* is http", id="http elsewhere"),
        pytest.param({"url": "https://a.go.jp/x"}, "format: Field required", id="no format"),
        pytest.param({"kind": "gospel"}, "kind: .*'law'", id="kind"),
        pytest.param({"sha256": "abc"}, "sha256: ", id="hash"),
        pytest.param({"date": "14 July 2026"}, "date: ", id="date"),
        pytest.param({"allow_hosts": ["https://x.org/"]}, "allow_hosts: .*is no host", id="allowed address"),
        pytest.param({"allow_hosts": ["me@x.org"]}, "allow_hosts: .*is no host", id="allowed user"),
        pytest.param({"adress": "x"}, "adress: Extra inputs", id="unknown key"),
    ],
)
def test_wrong_entry_is_named(tmp_path: Path, fields: dict[str, Any], message: str) -> None:
    path = write_list(tmp_path / "list.toml", entry("https://a.go.jp/x.pdf") | fields)
    with pytest.raises(SourceListError, match=message):
        read_sources(path)


def test_wrong_list_is_named(tmp_path: Path) -> None:
    path = tmp_path / "list.toml"
    with pytest.raises(SourceListError, match=r"no list of official texts .*RAG_SOURCES_FILE"):
        read_sources(path)
    path.write_text("[[source]\n", "utf-8")
    with pytest.raises(SourceListError, match=r"is no TOML: .*line 1"):
        read_sources(path)
    path.write_bytes(b"\xff")
    with pytest.raises(SourceListError, match="not UTF-8"):
        read_sources(path)
    write_list(path, entry("https://a.go.jp/x.pdf"), entry("https://a.go.jp/y.pdf"))
    with pytest.raises(SourceListError, match="several entries plan-2"):
        read_sources(path)


def test_dates_of_toml_are_read(tmp_path: Path) -> None:
    path = write_list(tmp_path / "list.toml", entry("https://a.go.jp/x.pdf"))
    path.write_text(path.read_text("utf-8").replace('"2026-07-14"', "2026-07-14"), "utf-8")
    assert read_sources(path)[0].date == "2026-07-14"


def test_bundled_list_names_official_addresses() -> None:
    texts = read_sources(LIST)
    assert {"plan-1", "plan-1-en", "plan-2", "act", "guideline", "white-paper-2026"} <= {text.id for text in texts}
    assert {text.kind for text in texts} >= {"plan", "law", "guideline", "statistics"}
    for text in texts:
        url = httpx.URL(text.url)
        assert (url.scheme, url.host.endswith(".go.jp")) == ("https", True), text.id
        assert text.title, text.id
        assert text.publisher, text.id
        for other in (text.replaces, text.replaced_by):
            assert other is None or (ROOT / other).is_file(), text.id
    assert len({text.url for text in texts}) == len(texts)


def test_list_is_no_document(settings: Settings) -> None:
    report = build_index(settings, model=BagOfWords())
    assert [(file.path, file.verdict, file.code) for file in report.files if file.verdict != "added"] == [
        ("sources.toml", "skipped", "not_listed")
    ]


def test_wheel_holds_no_list_without_its_corpus() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    assert not any("corpus" in name for name in project["packages"]["find"]["include"])
    assert not any("sources.toml" in name for names in project["package-data"].values() for name in names)


def test_info_says_what_could_be_fetched(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    info = describe_index(settings)
    assert info.sources is not None
    assert (info.sources.n_listed, info.sources.not_fetched) == (1, ("plan-2",))
    fetch_sources(settings)
    info = describe_index(settings)
    assert info.sources is not None
    assert info.sources.not_fetched == ()
    settings.sources_path.unlink()
    assert describe_index(settings).sources is None


# --- what can go wrong here -------------------------------------------------------------------------------------------


def test_second_fetch_at_once_is_refused(settings: Settings) -> None:
    fetched(settings).mkdir(parents=True)
    lock = FileLock(fetched(settings) / ".lock")
    assert lock.acquire()
    with pytest.raises(FetchError, match="Another process is fetching into"):
        fetch_sources(settings)
    lock.release()
    assert only(fetch_sources(settings)).verdict == "added"


def test_folder_that_cannot_be_made_is_named(settings: Settings) -> None:
    settings.data_dir.write_text("in the way", "utf-8")
    with pytest.raises(FetchError, match=r"fetched' cannot be written: (File exists|Not a directory)"):
        fetch_sources(settings)


def _program(settings: Settings, *argv: str, before: str = "") -> list[str]:
    return [sys.executable, "-c", f"{before}\nfrom rag.__main__ import script; script()", *argv, *_options(settings)]


def _options(settings: Settings) -> list[str]:
    return ["--index", str(settings.index_dir), "--corpus", str(settings.corpus_dir)]


def _environment(settings: Settings, **more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "RAG_DATA_DIR": str(settings.data_dir), **more}


@pytest.mark.parametrize("limit", [100, 40_000])
def test_full_disk_leaves_what_was_there(settings: Settings, server: TextServer, limit: int) -> None:
    # A file that may not grow stands for a full disk.
    fetch_sources(settings)
    server.pages["/plan.pdf"] = Page(pdf(*(f"Line {n} of a long plan." for n in range(900))), etag='"v2"')
    before = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit},) * 2)"
    done = subprocess.run(
        _program(settings, "fetch", "plan-2", "--accept", before=before),
        env=_environment(settings), capture_output=True, text=True, timeout=60, check=False, cwd=settings.data_dir,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot be written: File too large" in done.stderr
    assert "bytes free" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert (fetched(settings) / "plan-2.pdf").read_bytes() == PLAN
    assert (documents(settings), parts(settings)) == (["plan-2.pdf"], [])


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_signal_ends_a_download_and_the_next_run_goes_on(
    settings: Settings, server: TextServer, sent: signal.Signals, code: int
) -> None:
    server.pages["/plan.pdf"] = Page(PLAN, etag=ETAG, fault="stalls", cut_at=300)
    child = subprocess.Popen(
        _program(settings, "fetch"), env=_environment(settings), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, cwd=settings.corpus_dir,
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while not server.requests and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    child.send_signal(sent)
    started = time.monotonic()
    out, err = child.communicate(timeout=20)
    assert time.monotonic() - started < 2
    assert (child.returncode, out, err) == (code, "", "")
    assert documents(settings) == []
    server.pages["/plan.pdf"] = Page(PLAN, etag=ETAG)
    assert only(fetch_sources(settings)).verdict == "added"
    if sent != signal.SIGKILL:  # what was not flushed by then is not there
        assert server.requests[-1].headers["range"] == "bytes=300-"


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def command(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    monkeypatch.setenv("RAG_DATA_DIR", str(settings.data_dir))
    return lambda *argv: main(["fetch", *argv, *_options(settings)])


def test_command_fetches_and_indexes(
    command: Callable[..., int], settings: Settings, server: TextServer, capsys: pytest.CaptureFixture[str]
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
    server.pages["/plan.pdf"] = Page(REVISED, etag='"v2"')
    assert command() == 3
    assert capsys.readouterr().out.startswith("changed: fetched/plan-2.pdf: ")
    assert command("--accept") == 0
    assert capsys.readouterr().out.startswith("updated: ")
    server.pages["/plan.pdf"] = Page(b"", None, 404)
    assert command() == 3
    out = capsys.readouterr().out
    assert out.startswith("failed: fetched/plan-2.pdf: http://127.0.0.1:")
    assert "The index holds" not in out


def test_command_says_wrong_use(
    command: Callable[..., int], settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("plan-9", "plan-2") == 2
    err = capsys.readouterr().err
    assert err.startswith("error: 'plan-9' is not in the list of official texts")
    assert err.endswith("which has: plan-2.\n")
    with pytest.raises(UnknownSourceError):
        fetch_sources(settings, ["plan-9"])
    monkeypatch.setenv("RAG_SOURCES_FILE", "/nowhere.toml")
    assert command() == 1
    assert "no list of official texts '/nowhere.toml'" in capsys.readouterr().err


def test_another_list_may_be_named(
    command: Callable[..., int],
    settings: Settings,
    server: TextServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = write_list(tmp_path / "other.toml", entry(server.url("/plan.pdf"), id="other"))
    monkeypatch.setenv("RAG_SOURCES_FILE", str(path))
    assert command() == 0
    assert documents(settings) == ["other.pdf"]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_bar_shows_which_text_is_fetched() -> None:
    stream = _Terminal()
    with download_bar(stream) as show:
        show(FetchProgress(1, 3, "plan-2", 500, 1000))
    assert "2 of 3  plan-2" in stream.getvalue()


def test_faults_are_all_served() -> None:
    """Each way of the server to go wrong is in a test above."""
    source = Path(__file__).read_text("utf-8")
    assert [name for name in Fault.__args__ if name != "none" and f'fault="{name}"' not in source] == []  # type: ignore[attr-defined]  # typing has no public way
