"""A list of official texts with one entry, the server that has it, and what a fetch left: for the tests of fetching."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from text_server import Page, TextServer, pdf

from rag import Settings
from rag.fetching.fetch import FetchedFile, FetchReport

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "corpus" / "sources.toml"
PLAN = pdf("The Cabinet decided the second plan on 14 July 2026.", "It replaces the first plan.")
REVISED = pdf("The Cabinet decided the third plan on 1 May 2027.")
ETAG = '"v1"'


@pytest.fixture
def text_server() -> Iterator[TextServer]:
    """A server on loopback that has `PLAN` at `/plan.pdf`."""
    with TextServer({"/plan.pdf": Page(PLAN, etag=ETAG)}) as server:
        yield server


@pytest.fixture
def fetch_settings(tmp_path: Path, corpus: Path, text_server: TextServer) -> Settings:
    """Settings whose list has one entry, `plan-2`, at the server's `/plan.pdf`."""
    write_list(corpus / "sources.toml", entry(text_server.url("/plan.pdf")))
    return Settings(corpus_dir=corpus, index_dir=tmp_path / "index", data_dir=tmp_path / "data", fetch_timeout_s=20)


def entry(url: str, **fields: Any) -> dict[str, Any]:
    """An entry of the list."""
    known = {"id": "plan-2", "language": "en", "kind": "plan", "status": "in force", "licence": "CC BY 4.0"}
    about = {"title": "The Second Plan", "publisher": "Cabinet of Tests", "date": "2026-07-14"}
    return {**known, **about, "url": url, **fields}


def write_list(path: Path, *entries: dict[str, Any]) -> Path:
    """Write a list of entries."""
    # A JSON string or list of strings is TOML too.
    lines = []
    for one in entries:
        lines += ["[[source]]", *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in one.items())]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def only(report: FetchReport) -> FetchedFile:
    """What became of the only text that was fetched."""
    (file,) = report.files
    return file


def fetched(settings: Settings) -> Path:
    """The folder of fetched texts."""
    return settings.data_dir / "fetched"


def documents(settings: Settings) -> list[str]:
    """What lies openly in `fetched/`: all that the index could take for a document."""
    folder = fetched(settings)
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")) if folder.exists() else []


def parts(settings: Settings) -> list[str]:
    """What is left of downloads that broke off."""
    return sorted(path.name for path in fetched(settings).glob(".*.part*"))


def options(settings: Settings) -> list[str]:
    """Arguments that name index and documents to a command."""
    return ["--index", str(settings.index_dir), "--corpus", str(settings.corpus_dir)]
