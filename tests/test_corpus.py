"""The bundled corpus: every document says what it is, where it comes from, and how it stands to the others."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from rag.document import Kind

CORPUS = Path(__file__).resolve().parent.parent / "corpus"
README = CORPUS / "README.md"
DOCUMENTS = sorted(path for path in CORPUS.rglob("*.md") if path != README)

KEYS = {
    *("title", "title_ja", "publisher", "date", "url", "language", "kind", "status"),
    *("replaces", "replaced_by", "retrieved", "note", "sources"),
}
OPTIONAL = {"glossary", "title_en"}
KINDS = set(get_args(Kind))
STATUSES = {"in force", "superseded", "draft", "current"}
ISO_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
SOURCE_ID = re.compile(r"\[S\d+\]|\bS\d{1,3}\b")


def parts(path: Path) -> tuple[dict[str, Any], str]:
    head, text = path.read_text(encoding="utf-8").removeprefix("---\n").split("\n---\n", 1)
    return yaml.safe_load(head), text


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_front_matter_is_complete(path: Path) -> None:
    meta, _ = parts(path)
    assert meta.keys() - OPTIONAL == KEYS
    for key in ("title", "title_ja", "publisher", "note"):
        assert isinstance(meta[key], str), key
        assert meta[key].strip(), key
    assert meta["language"] == ("ja" if path.name.endswith(".ja.md") else "en")
    assert meta["kind"] in KINDS
    assert meta["status"] in STATUSES
    assert re.match(r"https?://", meta["url"])
    for key in ("date", "retrieved"):
        assert ISO_DATE.fullmatch(str(meta[key])), key
    assert "own words" in meta["note"] or "独自" in meta["note"] or "言葉" in meta["note"]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_source_is_named_in_full(path: Path) -> None:
    meta, _ = parts(path)
    assert meta["sources"]
    for source in meta["sources"]:
        assert source.keys() == {"publisher", "title", "date", "url"}
        assert source["publisher"].strip()
        assert source["title"].strip()
        assert source["date"] is None or ISO_DATE.fullmatch(str(source["date"])), source
        assert source["url"] is None or re.match(r"https?://\S+$", source["url"]), source


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_text_holds_no_source_ids_and_no_addresses(path: Path) -> None:
    _, text = parts(path)
    assert SOURCE_ID.findall(text) == []
    assert re.findall(r"https?://\S+", text) == []


def test_replaces_and_replaced_by_are_mutual() -> None:
    metas = {f"corpus/{path.relative_to(CORPUS).as_posix()}": parts(path)[0] for path in DOCUMENTS}
    replaced = {name: meta["replaced_by"] for name, meta in metas.items() if meta["replaced_by"]}
    replaces = {meta["replaces"]: name for name, meta in metas.items() if meta["replaces"]}
    assert set(replaced.values()) | set(replaces) <= metas.keys()
    assert {name: replaced.get(name) for name in replaces} == replaces
    assert all(metas[name]["status"] == "superseded" for name in replaced)
    assert all(metas[name]["status"] == "in force" for name in replaces.values())


def test_readme_lists_every_document_with_what_its_front_matter_says() -> None:
    rows = re.findall(
        r"^\| `([^`]+)` \| (.+?) \| (.+?) \| (.+?) \| (.+?) \| (\d+) \|$", README.read_text("utf-8"), re.M
    )
    expected = []
    for path in DOCUMENTS:
        meta, _ = parts(path)
        name = path.relative_to(CORPUS).as_posix()
        expected.append(
            (name, meta["title"], meta["kind"], meta["status"], str(meta["date"]), str(len(meta["sources"])))
        )
    assert rows == expected


def test_readme_gives_origin_and_licence_of_all_documents() -> None:
    """All are of one origin and licence, that of the project: a document of another needs a column of its own."""
    project = tomllib.loads((CORPUS.parent / "pyproject.toml").read_text("utf-8"))["project"]
    said = f"All documents: origin Kihon project, written from the sources named in each; licence {project['license']},"
    assert said in README.read_text("utf-8")
    for path in DOCUMENTS:
        assert parts(path)[0].keys().isdisjoint({"origin", "licence", "license"}), path.name


def test_readme_is_not_asked() -> None:
    assert parts(README)[0]["index"] is False


def test_main_documents_exist_in_both_languages() -> None:
    names = {path.name for path in DOCUMENTS}
    assert {f"{stem}{end}" for stem in ("plan-1", "plan-2", "act") for end in (".md", ".ja.md")} <= names
