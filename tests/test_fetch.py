"""Official texts: a good file is fetched whole, recorded and indexed; every server of these tests is on loopback."""

from __future__ import annotations

import gzip
import hashlib
import json

import pytest
from bag_of_words import BagOfWords
from fetch_lists import ETAG, PLAN, REVISED, documents, entry, fetched, only, parts, write_list
from text_server import Page, TextServer

from rag import Settings, build_index, fetch_sources, get_document
from rag.fetching.fetch import FetchedFile, FetchProgress


def test_good_file_is_fetched_whole_and_recorded(fetch_settings: Settings, text_server: TextServer) -> None:
    steps: list[FetchProgress] = []
    report = fetch_sources(fetch_settings, progress=steps.append)
    sha256 = hashlib.sha256(PLAN).hexdigest()
    assert only(report) == FetchedFile(
        id="plan-2",
        document_id="fetched/plan-2.pdf",
        url=text_server.url("/plan.pdf"),
        verdict="added",
        sha256=sha256,
        n_bytes=len(PLAN),
    )
    assert (fetched(fetch_settings) / "plan-2.pdf").read_bytes() == PLAN
    assert (documents(fetch_settings), parts(fetch_settings)) == (["plan-2.pdf"], [])
    assert steps[-1] == FetchProgress(0, 1, "plan-2", len(PLAN), len(PLAN))
    (record,) = json.loads((fetched(fetch_settings) / ".records.json").read_text("utf-8"))["records"].values()
    assert (record["sha256"], record["url"], record["etag"]) == (sha256, text_server.url("/plan.pdf"), ETAG)
    assert text_server.requests[0].headers["accept-encoding"] == "identity"
    assert not {"cookie", "authorization", "referer"} & text_server.requests[0].headers.keys()


def test_fetched_text_is_indexed_as_the_list_describes_it(fetch_settings: Settings) -> None:
    fetch_sources(fetch_settings)
    build_index(fetch_settings, model=BagOfWords())
    document = get_document("fetched/plan-2.pdf", fetch_settings)
    assert "second plan on 14 July 2026" in document.text
    about = (document.title, document.publisher, document.date, document.kind, document.status, document.language)
    assert about == ("The Second Plan", "Cabinet of Tests", "2026-07-14", "plan", "in force", "en")
    assert document.url is not None
    assert document.url.endswith("/plan.pdf")
    assert document.retrieved is not None
    assert document.extra == {"licence": "CC BY 4.0"}


@pytest.mark.parametrize("etag", [ETAG, None])
def test_second_fetch_changes_nothing(fetch_settings: Settings, text_server: TextServer, etag: str | None) -> None:
    text_server.pages["/plan.pdf"] = Page(PLAN, etag=etag)
    fetch_sources(fetch_settings)
    before = (fetched(fetch_settings) / ".records.json").read_bytes()
    build_index(fetch_settings, model=BagOfWords())
    assert only(fetch_sources(fetch_settings)).verdict == "unchanged"
    assert text_server.requests[-1].headers.get("if-none-match") == etag
    assert (fetched(fetch_settings) / ".records.json").read_bytes() == before
    report = build_index(fetch_settings, model=BagOfWords())
    assert (report.unchanged, report.updated, report.n_embedded) == (5, 0, 0)
    assert parts(fetch_settings) == []


def test_named_ids_alone_are_fetched(fetch_settings: Settings, text_server: TextServer) -> None:
    url = text_server.url("/plan.pdf")
    write_list(fetch_settings.sources_path, *(entry(url, id=name) for name in ("a", "b", "c")))
    assert [file.id for file in fetch_sources(fetch_settings, ["c", "a", "c"]).files] == ["a", "c"]
    assert documents(fetch_settings) == ["a.pdf", "c.pdf"]


def test_packed_file_is_unpacked(fetch_settings: Settings, text_server: TextServer) -> None:
    text_server.pages["/plan.pdf"] = Page(gzip.compress(PLAN), headers={"Content-Encoding": "gzip"})
    assert only(fetch_sources(fetch_settings)).sha256 == hashlib.sha256(PLAN).hexdigest()


def test_file_without_a_length_is_whole_by_its_end(fetch_settings: Settings, text_server: TextServer) -> None:
    text_server.pages["/plan.pdf"] = Page(PLAN, fault="no_length")
    assert only(fetch_sources(fetch_settings)).verdict == "added"
    text_server.pages["/plan.pdf"] = Page(REVISED, fault="no_length", cut_at=len(REVISED) - 40)
    assert only(fetch_sources(fetch_settings, accept=True)).code == "cut"
    assert (fetched(fetch_settings) / "plan-2.pdf").read_bytes() == PLAN


@pytest.mark.parametrize(
    ("name", "kind", "body"),
    [
        pytest.param("text", "text/plain; charset=UTF-8", "計画は二つある。".encode(), id="text"),
        pytest.param("markdown", "text/markdown", b"# The plan\n\nThere are two plans.\n", id="markdown"),
        pytest.param("html", "text/html", b"<!doctype html><p>There are two plans.</p>", id="html"),
    ],
)
def test_other_formats_are_fetched(
    fetch_settings: Settings, text_server: TextServer, name: str, kind: str, body: bytes
) -> None:
    text_server.pages["/x"] = Page(body, kind)
    write_list(fetch_settings.sources_path, entry(text_server.url("/x"), format=name))
    assert only(fetch_sources(fetch_settings)).verdict == "added"
    assert (fetched(fetch_settings) / documents(fetch_settings)[0]).read_bytes() == body


def test_no_proxy_is_asked_for_this_machine(fetch_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert only(fetch_sources(fetch_settings)).verdict == "added"


async def test_fetches_where_an_event_loop_runs(fetch_settings: Settings) -> None:
    assert only(fetch_sources(fetch_settings)).verdict == "added"
