"""Uploads: kept under safe names, recognised, bounded, listed with what became of them."""

from __future__ import annotations

import multiprocessing
import unicodedata
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from rag import Settings, add_upload, build_index, list_documents
from rag.embedding.model import EmbeddingModel
from rag.errors import CorpusError, IndexNotFoundError, QuestionError, UploadError
from rag.index.opening import get_document
from rag.store.reader import Store
from rag.uploads.names import MAX_NAME_BYTES, numbered, safe_name

HARBOUR = b"# Harbour\n\nThe harbour of Amsel closes at nine. Its keeper is Mia Brandt.\n"


@pytest.fixture
def settings(tmp_path: Path, corpus: Path, model: EmbeddingModel) -> Settings:
    return Settings(corpus_dir=corpus, index_dir=tmp_path / "index", data_dir=tmp_path / "data")


def kept(settings: Settings) -> dict[str, bytes]:
    """The files that lie under `uploads/`, hidden ones included."""
    return {path.name: path.read_bytes() for path in (settings.data_dir / "uploads").iterdir()}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/report.pdf", "report.pdf"),
        ("C:\\Users\\me\\report.pdf", "report.pdf"),
        ("/", "document"),
        ("..", "document"),
        ("", "document"),
        (".md", "document.md"),
        (".hidden.md", "hidden.md"),
        ("report.pdf/", "report.pdf"),
        ("report.pdf. ", "report.pdf"),
        ("a\x00b\x1b[31m\r\n.txt", "ab[31m.txt"),
        ("invoice\u202efdp.txt", "invoicefdp.txt"),
        ("zero\u200bwidth\ufeff.txt", "zerowidth.txt"),
        ("\udcff.txt", "document.txt"),
        ("con.txt", "_con.txt"),
        ("LPT1.tar.md", "_LPT1.tar.md"),
        ('a<b>:"|?*.md', "a_b______.md"),
        ("か\u3099.md", "が.md"),
        ("🦆 plan 📄.md", "🦆 plan 📄.md"),
        ("計画" * 150 + ".pdf", "計画" * 32 + "計.pdf"),
        ("x" * 300, "x" * MAX_NAME_BYTES),
        ("a  b\t\nc.md", "a b c.md"),
    ],
)
def test_safe_name_is_what_is_left_of_a_hostile_one(name: str, expected: str) -> None:
    assert safe_name(name) == expected


@given(name=st.text(max_size=300) | st.text(alphabet="./\\ .\u202eaか\u3099🦆:md", max_size=80))
@example("con")
@example("a" * 199 + ". .md")
@example("." * 300)
def test_safe_name_is_one_visible_part_and_stays_as_it_is(name: str) -> None:
    safe = safe_name(name)
    assert safe_name(safe) == safe
    assert Path("/uploads", safe).parts == ("/", "uploads", safe)
    assert 0 < len(safe.encode()) <= MAX_NAME_BYTES
    assert safe[0] not in ". "
    assert safe[-1] not in ". "
    assert unicodedata.is_normalized("NFC", safe)
    assert not any(unicodedata.category(char).startswith("C") and unicodedata.category(char) != "Cn" for char in safe)


def test_numbered_takes_the_first_free_number_whatever_the_letter_case() -> None:
    assert numbered("a.md", []) == "a.md"
    assert numbered("a.md", ["A.md", "a (2).MD"]) == "a (3).md"
    assert numbered("a", ["a"]) == "a (2)"


def test_an_upload_is_kept_indexed_and_can_be_read(settings: Settings) -> None:
    build_index(settings)
    seen: list[str] = []
    file = add_upload("../Harbour.md", HARBOUR, settings, lambda step: seen.append(step.stage))
    assert (file.root, file.path, file.verdict, file.code) == ("uploads", "Harbour.md", "added", None)
    assert kept(settings) == {"Harbour.md": HARBOUR}
    assert seen[0] == "scan"
    assert "embed" in seen
    assert "Mia Brandt" in get_document("uploads/Harbour.md", settings).text
    assert [info.document_id for info in list_documents(settings)][-1] == "uploads/Harbour.md"


def test_the_first_upload_makes_the_index(settings: Settings) -> None:
    with pytest.raises(IndexNotFoundError):
        list_documents(settings)
    assert add_upload("a.md", HARBOUR, settings).verdict == "added"
    assert len(list_documents(settings)) == 5


def test_the_same_content_is_recognised_in_any_root(settings: Settings) -> None:
    add_upload("a.md", HARBOUR, settings)
    again = add_upload("b.md", HARBOUR, settings)
    assert (again.path, again.verdict, again.code) == ("a.md", "unchanged", "duplicate")
    assert "uploads/a.md" in (again.reason or "")
    act = add_upload("my act.md", (settings.corpus_dir / "act.md").read_bytes(), settings)
    assert (act.root, act.path, act.code) == ("corpus", "act.md", "duplicate")
    assert kept(settings) == {"a.md": HARBOUR}
    # Another ending is another reader, and another text.
    assert add_upload("a.txt", HARBOUR, settings).verdict == "added"


def test_the_same_name_with_other_content_gets_a_number(settings: Settings) -> None:
    add_upload("a.md", HARBOUR, settings)
    file = add_upload("A.md", HARBOUR + b"More.\n", settings)
    assert (file.path, file.verdict, file.code) == ("A (2).md", "added", "numbered")
    assert "another file is named 'A.md'" in (file.reason or "")
    assert kept(settings) == {"a.md": HARBOUR, "A (2).md": HARBOUR + b"More.\n"}


@pytest.mark.parametrize(
    ("name", "data", "verdict", "code"),
    [
        ("virus.exe", b"MZ", "skipped", "unsupported"),
        ("noending", b"text", "skipped", "unsupported"),
        ("a.md", b"", "rejected", "empty"),
    ],
)
def test_what_can_never_be_read_is_not_kept(
    settings: Settings, name: str, data: bytes, verdict: str, code: str
) -> None:
    file = add_upload(name, data, settings)
    assert (file.verdict, file.code) == (verdict, code)
    assert not (settings.data_dir / "uploads").exists()


def test_a_scanned_pdf_is_kept_and_listed_with_the_reason(settings: Settings) -> None:
    page = BytesIO()
    canvas = Canvas(page)
    canvas.rect(100, 100, 200, 200, fill=1)
    canvas.showPage()
    canvas.save()
    file = add_upload("scan.pdf", page.getvalue(), settings)
    assert (file.verdict, file.code) == ("rejected", "scanned")
    again = add_upload("other name.pdf", page.getvalue(), settings)
    assert (again.path, again.verdict, again.code) == ("scan.pdf", "rejected", "scanned")
    listed = list_documents(settings)[-1]
    assert (listed.document_id, listed.state, listed.code) == ("uploads/scan.pdf", "rejected", "scanned")
    assert listed.reason == file.reason
    assert listed.n_bytes == len(page.getvalue())


@pytest.mark.parametrize(
    ("limit", "code", "message"),
    [
        ({"max_file_mb": 0.00001}, "too_large", "RAG_MAX_FILE_MB"),
        ({"max_uploads": 1}, "too_many", "RAG_MAX_UPLOADS"),
        ({"max_uploads_mb": 0.0001}, "no_room", "RAG_MAX_UPLOADS_MB"),
    ],
)
def test_limits_are_said_and_nothing_is_kept(
    settings: Settings, limit: dict[str, float], code: str, message: str
) -> None:
    add_upload("a.md", HARBOUR, settings)
    with pytest.raises(UploadError, match=message) as caught:
        add_upload("b.md", HARBOUR + b"More.\n", settings.model_copy(update=limit))
    assert caught.value.code == code
    assert kept(settings) == {"a.md": HARBOUR}


def test_what_cannot_be_indexed_now_is_not_kept(settings: Settings) -> None:
    missing = settings.model_copy(update={"corpus_dir": settings.corpus_dir / "none"})
    with pytest.raises(CorpusError, match="no corpus folder"):
        add_upload("a.md", HARBOUR, missing)
    assert kept(settings) == {}


def test_an_unwritable_data_folder_is_said(settings: Settings) -> None:
    settings.data_dir.write_text("a file in its place")
    with pytest.raises(UploadError, match="cannot be changed") as caught:
        add_upload("a.md", HARBOUR, settings)
    assert caught.value.code == "unwritable"


def test_remains_of_a_killed_upload_go_with_the_next(settings: Settings) -> None:
    (settings.data_dir / "uploads").mkdir(parents=True)
    (settings.data_dir / "uploads" / ".0123456789abcdef.part").write_bytes(HARBOUR)
    add_upload("a.md", HARBOUR, settings)
    assert kept(settings) == {"a.md": HARBOUR}


def _upload(settings: Settings, number: int) -> None:
    add_upload("same.md", HARBOUR + f"Berth {number}.\n".encode(), settings)


def test_uploads_at_the_same_time_are_all_kept(settings: Settings) -> None:
    build_index(settings)
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_upload, args=(settings, number)) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert sorted(kept(settings)) == ["same (2).md", "same (3).md", "same.md"]
    uploads = [info for info in list_documents(settings) if info.root == "uploads"]
    assert [info.state for info in uploads] == ["indexed"] * 3


def test_list_says_what_each_document_is(settings: Settings) -> None:
    pages = BytesIO()
    canvas = Canvas(pages)
    for text in ("The harbour closes at nine in the evening.", "Its keeper is Mia Brandt of Amsel."):
        canvas.drawString(72, 700, text)
        canvas.showPage()
    canvas.save()
    add_upload("two.pdf", pages.getvalue(), settings)
    (settings.data_dir / "uploads" / "later.md").write_bytes(HARBOUR)
    listed = {info.document_id: info for info in list_documents(settings)}
    assert list(listed) == [
        "corpus/act.md", "corpus/gardening.txt", "corpus/plan.md", "corpus/計画.md", "uploads/two.pdf",
        "uploads/later.md",
    ]  # fmt: skip
    act, two, later = listed["corpus/act.md"], listed["uploads/two.pdf"], listed["uploads/later.md"]
    assert (act.title, act.kind, act.status, act.date, act.added) == (
        "The AI Act", "law", "in force", "2025-06-04", None,
    )  # fmt: skip
    assert act.n_bytes == (settings.corpus_dir / "act.md").stat().st_size
    assert (two.n_pages, two.n_chunks > 0, two.format, two.state) == (2, True, "pdf", "indexed")
    assert two.added is not None
    assert (later.state, later.n_chunks, later.title) == ("waiting", 0, "later.md")
    with Store(settings.index_dir / "gen-1") as store:
        assert sum(info.n_chunks for info in listed.values()) == store.n_chunks


def test_list_takes_the_filter_of_a_question(settings: Settings) -> None:
    build_index(settings)
    laws = list_documents(settings, {"kind": "law"})
    assert [info.document_id for info in laws] == ["corpus/act.md"]
    assert list_documents(settings, {"language": "ja", "date_from": "2026"}) == []
    assert len(list_documents(settings, {})) == 4
    with pytest.raises(QuestionError, match="'colour' is no key"):
        list_documents(settings, {"colour": "red"})
