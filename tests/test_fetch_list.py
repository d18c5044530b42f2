"""Official texts: the list is read strictly, and the bundled one names official addresses."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import httpx
import pytest
from bag_of_words import BagOfWords
from fetch_lists import LIST, ROOT, entry, write_list

from rag import Settings, build_index, describe_index, fetch_sources
from rag.errors import SourceListError
from rag.fetching.sources import read_sources


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


def test_list_is_no_document(fetch_settings: Settings) -> None:
    report = build_index(fetch_settings, model=BagOfWords())
    assert [(file.path, file.verdict, file.code) for file in report.files if file.verdict != "added"] == [
        ("sources.toml", "skipped", "not_listed")
    ]


def test_wheel_holds_no_list_without_its_corpus() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    assert not any("corpus" in name for name in project["packages"]["find"]["include"])
    assert not any("sources.toml" in name for names in project["package-data"].values() for name in names)


def test_info_says_what_could_be_fetched(fetch_settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    info = describe_index(fetch_settings)
    assert info.sources is not None
    assert (info.sources.n_listed, info.sources.not_fetched) == (1, ("plan-2",))
    fetch_sources(fetch_settings)
    info = describe_index(fetch_settings)
    assert info.sources is not None
    assert info.sources.not_fetched == ()
    fetch_settings.sources_path.unlink()
    assert describe_index(fetch_settings).sources is None
