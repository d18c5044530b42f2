"""Official texts: a download that broke off is gone on with where that is sure to be the same file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from fetch_lists import ETAG, PLAN, REVISED, documents, entry, fetched, only, parts, write_list
from text_server import Page, TextServer

from rag import Settings, fetch_sources
from rag.errors import FetchError


def test_cut_file_is_gone_on_with(fetch_settings: Settings, text_server: TextServer) -> None:
    text_server.pages["/plan.pdf"] = Page(PLAN, etag=ETAG, fault="cut", cut_at=300)
    file = only(fetch_sources(fetch_settings))
    assert file.code == "cut"
    assert "300 bytes are there, and the same command goes on from them" in str(file.reason)
    assert (documents(fetch_settings), parts(fetch_settings)) == ([], [".plan-2.part", ".plan-2.part.json"])
    text_server.pages["/plan.pdf"] = Page(PLAN, etag=ETAG)
    assert only(fetch_sources(fetch_settings)).verdict == "added"
    asked = text_server.requests[-1].headers
    assert (asked["range"], asked["if-range"]) == ("bytes=300-", ETAG)
    assert (fetched(fetch_settings) / "plan-2.pdf").read_bytes() == PLAN
    assert parts(fetch_settings) == []


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(Page(REVISED, etag='"v2"'), id="changed meanwhile"),
        pytest.param(Page(REVISED, etag=ETAG, ranges=False), id="no ranges"),
        pytest.param(Page(REVISED, etag=ETAG, fault="wrong_range"), id="another range"),
        pytest.param(Page(REVISED, etag=ETAG, headers={"ETag": '"v2"'}), id="range of another content"),
    ],
)
def test_part_of_another_content_is_not_gone_on_with(
    fetch_settings: Settings, text_server: TextServer, page: Page
) -> None:
    text_server.pages["/plan.pdf"] = Page(PLAN, etag=ETAG, fault="cut", cut_at=300)
    fetch_sources(fetch_settings)
    text_server.pages["/plan.pdf"] = page
    assert only(fetch_sources(fetch_settings)).sha256 == hashlib.sha256(REVISED).hexdigest()


@pytest.mark.parametrize("etag", [None, 'W/"v1"'])
def test_part_without_a_strong_validator_is_not_kept(
    fetch_settings: Settings, text_server: TextServer, etag: str | None
) -> None:
    text_server.pages["/plan.pdf"] = Page(PLAN, etag=etag, fault="cut", cut_at=300)
    assert "goes on" not in str(only(fetch_sources(fetch_settings)).reason)
    assert parts(fetch_settings) == []


def test_part_of_a_file_of_known_hash_needs_no_validator(fetch_settings: Settings, text_server: TextServer) -> None:
    sha256 = hashlib.sha256(PLAN).hexdigest()
    write_list(fetch_settings.sources_path, entry(text_server.url("/plan.pdf"), sha256=sha256))
    text_server.pages["/plan.pdf"] = Page(PLAN, fault="cut", cut_at=300)
    fetch_sources(fetch_settings)
    text_server.pages["/plan.pdf"] = Page(PLAN)
    assert only(fetch_sources(fetch_settings)).sha256 == sha256
    assert text_server.requests[-1].headers["range"] == "bytes=300-"


def test_part_is_gone_on_with_by_a_settled_date(fetch_settings: Settings, text_server: TextServer) -> None:
    dated = {"Last-Modified": "Tue, 14 Jul 2026 00:00:00 GMT"}
    text_server.pages["/plan.pdf"] = Page(PLAN, headers=dated, fault="cut", cut_at=300)
    fetch_sources(fetch_settings)
    text_server.pages["/plan.pdf"] = Page(PLAN, headers=dated)
    assert only(fetch_sources(fetch_settings)).sha256 == hashlib.sha256(PLAN).hexdigest()
    asked = text_server.requests[-1].headers
    assert (asked["range"], asked["if-range"]) == ("bytes=300-", dated["Last-Modified"])
    fetch_sources(fetch_settings)
    assert text_server.requests[-1].headers["if-modified-since"] == dated["Last-Modified"]


def test_part_of_another_address_is_not_gone_on_with(fetch_settings: Settings, text_server: TextServer) -> None:
    text_server.pages["/plan.pdf"] = Page(PLAN, etag=ETAG, fault="cut", cut_at=300)
    fetch_sources(fetch_settings)
    text_server.pages["/new.pdf"] = Page(REVISED, etag=ETAG)
    write_list(fetch_settings.sources_path, entry(text_server.url("/new.pdf")))
    assert only(fetch_sources(fetch_settings)).sha256 == hashlib.sha256(REVISED).hexdigest()


def test_link_in_a_parts_place_is_not_followed(fetch_settings: Settings, tmp_path: Path) -> None:
    fetched(fetch_settings).mkdir(parents=True)
    (fetched(fetch_settings) / ".plan-2.part").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FetchError, match="cannot be written"):
        fetch_sources(fetch_settings)
    assert not (tmp_path / "elsewhere").exists()
