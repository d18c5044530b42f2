"""Official texts: a file whose content changes, and the rank of what was fetched."""

from __future__ import annotations

import hashlib

import pytest
from bag_of_words import BagOfWords
from conftest import DOCUMENTS
from fetch_lists import PLAN, REVISED, documents, entry, fetched, only, parts, write_list
from text_server import Page, TextServer, pdf

from rag import Settings, build_index, fetch_sources, get_document
from rag.errors import FetchError
from rag.index.opening import Index
from rag.retrieval.search import Retriever


def test_changed_file_is_refused_until_accepted(fetch_settings: Settings, text_server: TextServer) -> None:
    fetch_sources(fetch_settings)
    text_server.pages["/plan.pdf"] = Page(REVISED, etag='"v2"')
    for _ in range(2):
        file = only(fetch_sources(fetch_settings))
        assert (file.verdict, file.code) == ("changed", "changed")
        assert f"SHA-256 {hashlib.sha256(REVISED).hexdigest()} instead of" in str(file.reason)
        assert "python -m rag fetch plan-2 --accept" in str(file.reason)
        assert (fetched(fetch_settings) / "plan-2.pdf").read_bytes() == PLAN
        assert parts(fetch_settings) == []
    assert only(fetch_sources(fetch_settings, accept=True)).verdict == "updated"
    assert (fetched(fetch_settings) / "plan-2.pdf").read_bytes() == REVISED
    assert only(fetch_sources(fetch_settings)).verdict == "unchanged"


def test_hash_of_the_list_is_held(fetch_settings: Settings, text_server: TextServer) -> None:
    url = text_server.url("/plan.pdf")
    write_list(fetch_settings.sources_path, entry(url, sha256=hashlib.sha256(REVISED).hexdigest()))
    assert only(fetch_sources(fetch_settings)).verdict == "changed"
    assert (documents(fetch_settings), parts(fetch_settings)) == ([], [])
    assert only(fetch_sources(fetch_settings, accept=True)).verdict == "added"
    assert only(fetch_sources(fetch_settings)).verdict == "unchanged"
    # A list that names the new content is word enough.
    fresh = pdf("A further edition.")
    text_server.pages["/plan.pdf"] = Page(fresh)
    write_list(fetch_settings.sources_path, entry(url, sha256=hashlib.sha256(fresh).hexdigest()))
    assert only(fetch_sources(fetch_settings)).verdict == "updated"


def test_altered_or_missing_file_is_put_back(fetch_settings: Settings) -> None:
    fetch_sources(fetch_settings)
    file = fetched(fetch_settings) / "plan-2.pdf"
    file.write_bytes(REVISED)
    assert only(fetch_sources(fetch_settings)).verdict == "updated"
    assert file.read_bytes() == PLAN
    file.unlink()
    assert only(fetch_sources(fetch_settings)).verdict == "updated"
    assert file.read_bytes() == PLAN


def test_format_that_changes_leaves_one_file(fetch_settings: Settings, text_server: TextServer) -> None:
    fetch_sources(fetch_settings)
    text_server.pages["/plan.txt"] = Page(b"There are two plans.", "text/plain")
    write_list(fetch_settings.sources_path, entry(text_server.url("/plan.txt")))
    assert only(fetch_sources(fetch_settings)).verdict == "changed"
    assert only(fetch_sources(fetch_settings, accept=True)).verdict == "updated"
    assert documents(fetch_settings) == ["plan-2.txt"]


def test_damaged_record_is_said_and_not_written_over(fetch_settings: Settings) -> None:
    fetch_sources(fetch_settings)
    record = fetched(fetch_settings) / ".records.json"
    record.write_text("{", "utf-8")
    with pytest.raises(FetchError, match=r"\.records\.json', cannot be read: it is damaged"):
        fetch_sources(fetch_settings)
    assert record.read_text("utf-8") == "{"


def test_file_that_is_not_as_fetched_has_no_rank(fetch_settings: Settings) -> None:
    fetch_sources(fetch_settings)
    build_index(fetch_settings, model=BagOfWords())
    (fetched(fetch_settings) / "plan-2.pdf").write_bytes(REVISED)
    (fetched(fetch_settings) / "law.md").write_text(DOCUMENTS["act.md"], "utf-8")
    report = build_index(fetch_settings, model=BagOfWords())
    notes = {file.path: file.reason for file in report.files if file.root == "fetched"}
    assert all("gets no rank" in str(note) for note in notes.values())
    for name in ("plan-2.pdf", "law.md"):
        document = get_document(f"fetched/{name}", fetch_settings)
        assert (document.kind, document.status, document.publisher) == (None, None, None)
    fetch_sources(fetch_settings)
    build_index(fetch_settings, model=BagOfWords())
    assert get_document("fetched/plan-2.pdf", fetch_settings).kind == "plan"


def test_index_follows_record_and_list(fetch_settings: Settings, text_server: TextServer) -> None:
    fetch_sources(fetch_settings)
    build_index(fetch_settings, model=BagOfWords())
    write_list(
        fetch_settings.sources_path, entry(text_server.url("/plan.pdf"), status="superseded", title="The Old Plan")
    )
    assert only(fetch_sources(fetch_settings)).verdict == "unchanged"
    assert build_index(fetch_settings, model=BagOfWords()).updated == 1
    document = get_document("fetched/plan-2.pdf", fetch_settings)
    assert (document.title, document.status) == ("The Old Plan", "superseded")
    (fetched(fetch_settings) / ".records.json").unlink()
    assert build_index(fetch_settings, model=BagOfWords()).updated == 1
    assert get_document("fetched/plan-2.pdf", fetch_settings).kind is None


def test_what_a_text_says_of_itself_counts_for_nothing(fetch_settings: Settings, text_server: TextServer) -> None:
    text_server.pages["/x.md"] = Page(DOCUMENTS["act.md"].encode(), "text/plain")
    write_list(
        fetch_settings.sources_path,
        entry(text_server.url("/x.md"), kind="commentary", status="current", title="A note"),
    )
    fetch_sources(fetch_settings)
    build_index(fetch_settings, model=BagOfWords())
    document = get_document("fetched/plan-2.md", fetch_settings)
    assert (document.kind, document.status, document.title) == ("commentary", "current", "A note")


def test_official_text_outranks_a_restatement(fetch_settings: Settings, text_server: TextServer) -> None:
    text = DOCUMENTS["plan.md"].split("---\n", 2)[2]
    text_server.pages["/x.txt"] = Page(text.encode(), "text/plain")
    official = entry(text_server.url("/x.txt"), title="The Basic Plan", date="2025-12-23")
    write_list(fetch_settings.sources_path, official)
    fetch_sources(fetch_settings)
    uploads = fetch_settings.data_dir / "uploads"
    uploads.mkdir()
    (uploads / "plan.md").write_text(DOCUMENTS["plan.md"], "utf-8")
    model = BagOfWords()
    for status, best in (("in force", "fetched/plan-2.txt"), ("superseded", "corpus/plan.md")):
        write_list(fetch_settings.sources_path, official | {"status": status})
        fetch_sources(fetch_settings)
        build_index(fetch_settings, model=model)
        with Index.open(fetch_settings, model=model) as index:
            first = Retriever(index, fetch_settings).search("When did the Cabinet adopt the Basic Plan?")[0]
        assert first.hit.document_id == best
        assert {first.hit.document_id, *first.duplicates} == {
            "corpus/plan.md", "fetched/plan-2.txt", "uploads/plan.md",
        }  # fmt: skip
