"""Uploads on the page: the queue, the verdict of each file, deletion, what an open tab forgets; no browser."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, get_args

import pytest
import streamlit as st
from reportlab.pdfgen.canvas import Canvas
from streamlit.testing.v1 import AppTest

from rag import Settings, build_index, create_chain, list_documents
from rag.answer import FileReport, Notice
from rag.embedding.model import EmbeddingModel
from rag.errors import IndexStoreError
from rag.loading.raw import Code
from rag.store.lock import writer_lock
from rag.ui.desk import BusyError
from rag.ui.forgetting import without_choice
from rag.ui.formatting import size_text
from rag.ui.intake import Intake, Job
from rag.ui.labels import LANGUAGES, Language, catalogue, label
from rag.ui.troubles import Trouble, trouble_of
from rag.ui.uploading import uploads_view
from rag.uploads.deleting import Deletion

HARBOUR = b"# Harbour\n\nThe harbour of Amsel closes at nine. Its keeper is Mia Brandt.\n"
KEEPER = "Who is the keeper of the harbour of Amsel?"


@pytest.fixture
def settings(tmp_path: Path, corpus: Path, model: EmbeddingModel) -> Settings:
    settings = Settings(corpus_dir=corpus, index_dir=tmp_path / "index", data_dir=tmp_path / "data", max_file_mb=1)
    build_index(settings)
    return settings


def scan() -> bytes:
    """A PDF whose page is a picture."""
    out = BytesIO()
    canvas = Canvas(out)
    canvas.rect(50, 50, 300, 300, fill=1)
    canvas.save()
    return out.getvalue()


def wait_for(condition: Callable[[], bool], timeout_s: float = 60) -> None:
    give_up = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def ended(*jobs: Job) -> list[str]:
    wait_for(lambda: not any(job.is_open for job in jobs))
    return [job.state for job in jobs]


# --- the queue ------------------------------------------------------------------------------------------------------


def test_each_file_gets_its_own_verdict(settings: Settings) -> None:
    intake = Intake(settings)
    files = {
        "../harbour.md": HARBOUR,
        "copy.md": HARBOUR,
        "scan.pdf": scan(),
        "program.exe": b"MZ",
        "big.txt": b"a" * 1_200_000,
        "HARBOUR.md": HARBOUR + b"More.\n",
    }
    jobs = [intake.add(name, data) for name, data in files.items()]
    assert ended(*jobs) == ["done", "done", "done", "done", "failed", "done"]
    assert [job.report.code if job.report else job.trouble for job in jobs] == [
        None, "duplicate", "scanned", "unsupported", Trouble("why_too_large"), "numbered",
    ]  # fmt: skip
    assert jobs[0].name == "harbour.md"
    assert all(job.data == b"" for job in jobs)
    assert [info.path for info in list_documents(settings, {"root": "uploads"})] == ["HARBOUR (2).md", "harbour.md"]


def test_limit_of_uploads_is_said(settings: Settings) -> None:
    intake = Intake(settings.model_copy(update={"max_uploads": 1}))
    jobs = [intake.add("a.md", HARBOUR), intake.add("b.md", HARBOUR + b"More.\n")]
    assert ended(*jobs) == ["done", "failed"]
    assert jobs[1].trouble == Trouble("why_too_many")


def test_another_writer_is_waited_for_visibly_and_a_job_can_be_taken_back(settings: Settings) -> None:
    intake = Intake(settings)
    with writer_lock(settings.index_dir):
        first, second = intake.add("a.md", HARBOUR), intake.add("b.md", HARBOUR + b"More.\n")
        wait_for(lambda: first.stage == "wait")
        assert (first.state, second.state) == ("running", "waiting")
        intake.cancel(second)
        assert second.state == "cancelled"
        intake.cancel(first)
        assert ended(first) == ["cancelled"]
        third = intake.add("c.md", HARBOUR)
        wait_for(lambda: third.stage == "wait")
    assert ended(third) == ["done"]
    assert [path.name for path in (settings.data_dir / "uploads").iterdir()] == ["c.md"]
    intake.cancel(third)
    assert third.state == "done"


def test_too_much_at_once_is_refused(settings: Settings) -> None:
    intake = Intake(settings, max_bytes=len(HARBOUR))
    with writer_lock(settings.index_dir):
        running = intake.add("a.md", HARBOUR)
        wait_for(lambda: running.stage == "wait")
        assert intake.has_room()
        waiting = intake.add("b.md", HARBOUR + b"More.\n")
        assert not intake.has_room()
        with pytest.raises(BusyError):
            intake.add("c.md", b"x")
        with pytest.raises(BusyError):
            intake.delete("uploads/a.md")
        intake.cancel(waiting)
        assert intake.has_room()
    assert ended(running) == ["done"]


def test_only_uploads_are_deleted_and_the_intake_goes_on(settings: Settings) -> None:
    intake = Intake(settings)
    added = intake.add("a.md", HARBOUR)
    jobs = [intake.delete(name) for name in ("corpus/act.md", "uploads/../a.md", "uploads/a.md", "uploads/a.md")]
    assert ended(added, *jobs) == ["done", "failed", "failed", "done", "failed"]
    missing = Trouble("why_missing")
    assert [job.trouble for job in jobs] == [Trouble("why_not_an_upload"), missing, None, missing]
    assert jobs[2].deletion == Deletion(document_id="uploads/a.md")
    assert intake.deleted() == ["uploads/a.md"]
    assert (settings.corpus_dir / "act.md").is_file()


def test_what_goes_wrong_ends_one_job_alone(settings: Settings) -> None:
    intake = Intake(settings)
    (settings.data_dir).mkdir(exist_ok=True)
    (settings.data_dir / "uploads").write_text("a file in the folder's place", "utf-8")
    broken = intake.add("a.md", HARBOUR)
    assert ended(broken) == ["failed"]
    assert broken.trouble == Trouble("why_unwritable")
    (settings.data_dir / "uploads").unlink()
    assert ended(intake.add("a.md", HARBOUR)) == ["done"]


def test_many_hands_at_once(settings: Settings) -> None:
    intake = Intake(settings)
    jobs: list[Job] = []
    threads = [
        threading.Thread(target=lambda i=i: jobs.append(intake.add(f"{i}.md", HARBOUR + str(i).encode())))
        for i in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ended(*jobs) == ["done"] * 8
    assert len({job.id for job in jobs}) == 8
    assert len(list_documents(settings, {"root": "uploads"})) == 8


# --- lines ----------------------------------------------------------------------------------------------------------


def view(*jobs: Job, language: Language = "en") -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = uploads_view(list(jobs), language, max_bytes=1, n_taken=0, has_room=True)["lines"]
    return lines


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cause_has_a_sentence_in_every_language(language: Language) -> None:
    causes = {*get_args(Code), *("too_many", "no_room", "unwritable", "not_an_upload", "missing", "busy")}
    causes -= {"not_listed"}  # of fetched files alone
    left = {"log", "chroma", "index", "server", "conversations", "cases"}
    keys = {f"why_{code}" for code in causes} | {f"left_{code}" for code in left}
    assert keys - catalogue(language).keys() == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("deletes", [False, True])
def test_every_stage_has_words(language: Language, deletes: bool) -> None:
    stages = ["delete", "wait", None] if deletes else ["wait", "scan", "read", "embed", "store", None]
    for stage in stages:
        (line,) = view(Job(name="a", deletes=deletes, state="running", stage=stage), language=language)  # type: ignore[arg-type]  # from the list above
        assert line["text"]
    assert view(Job(name="a", deletes=deletes), language=language)[0]["text"] == label(language, "stage_waiting")


def report(verdict: Any, code: str | None = None, reason: str | None = None) -> FileReport:
    return FileReport(root="uploads", path="b.pdf", verdict=verdict, code=code, reason=reason)


LOG = Notice(code="log", message="Log.")


def test_lines_say_what_became_of_each() -> None:
    scanned, wrong, numbered, deleted, broken = view(
        Job(name="<img src=x>.pdf", n_bytes=5, state="done", report=report("rejected", "scanned", "No text.")),
        Job(name="b", state="done", report=report("rejected", "wrong_type", "It is a ZIP file.")),
        Job(name="c", state="done", report=report("added", "numbered", "It is kept as 'b.pdf'.")),
        Job(name="d", deletes=True, state="done", deletion=Deletion(document_id="d", n_answers=1, left=(LOG, LOG))),
        Job(name="e", state="failed", trouble=trouble_of(IndexStoreError("No room in '/x'."))),
    )  # fmt: skip
    assert (scanned["name"], scanned["size"], scanned["tone"]) == ("<img src=x>.pdf", "5 B", "warn")
    assert scanned["detail"] == [label("en", "why_scanned")]
    assert scanned["more"] is None
    assert wrong["detail"] == [label("en", "why_wrong_type")]
    assert wrong["more"] == {"title": label("en", "details"), "text": "It is a ZIP file."}
    assert numbered["detail"] == [label("en", "upload_numbered", name="b.pdf")]
    said = [label("en", "deleted_quotes", n=1), label("en", "deleted_left"), label("en", "left_log")]
    assert deleted["detail"] == said
    assert deleted["more"]["text"] == "Log. Log."
    assert broken["detail"] == [label("en", "error_index")]
    assert broken["more"]["text"] == "No room in '/x'."


@pytest.mark.parametrize(
    ("n_bytes", "text"),
    [(0, "0 B"), (999, "999 B"), (1434, "1.4 KB"), (2048, "2 KB"), (12_000, "12 KB"), (1_572_864, "1.5 MB")],
)
def test_size_text(n_bytes: int, text: str) -> None:
    assert size_text(n_bytes) == text


# --- what an open tab forgets ---------------------------------------------------------------------------------------


def test_a_choice_forgets_a_deleted_document() -> None:
    assert dict(without_choice({"document_id": ["a", "b"]}, "a")) == {"document_id": ["b"]}
    assert dict(without_choice({"document_id": ["a"]}, "a")) == {}
    assert without_choice({"kind": ["law"]}, "a") == {"kind": ["law"]}


_TAB = """
import streamlit as st
from rag.ui import conversation, resources, session
from rag.ui.forgetting import forget_deleted
conversation.session_turns()
forget_deleted()
texts = [turn.answer.text for turn in conversation.session_turns()]
st.json({"documents": dict(session.choices().documents), "texts": texts})
"""
_DOCUMENTS = """
from rag.ui import resources, session
from rag.ui.documents import draw_documents
draw_documents(session.language(), resources.shared_settings(), resources.index_state())
"""


@pytest.fixture
def page(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., AppTest]]:
    """Runs a script of the page over the settings."""
    for name in ("corpus_dir", "index_dir", "data_dir"):
        monkeypatch.setenv(f"RAG_{name.upper()}", str(getattr(settings, name)))
    st.cache_resource.clear()
    yield lambda script: AppTest.from_string(script, default_timeout=60)
    st.cache_resource.clear()


def test_an_open_tab_forgets_what_was_deleted(settings: Settings, page: Callable[..., AppTest]) -> None:
    from rag.ui import resources
    from rag.ui.session import Choices
    from rag.ui.turns import Turn

    ended(resources.shared_intake().add("harbour.md", HARBOUR))
    chain = create_chain(settings)
    turns = [
        Turn(id=i, question=q, state="done", answer=chain.invoke(q))
        for i, q in ((1, KEEPER), (2, "What is the AI Act?"))
    ]
    assert "Mia Brandt" in turns[0].answer.text
    other = turns[1].answer
    app = page(_TAB)
    app.session_state["turns"] = turns
    app.session_state["choices"] = Choices(documents={"document_id": ["uploads/harbour.md", "corpus/act.md"]})
    app.run()
    assert "Mia Brandt" in app.json[0].value
    ended(resources.shared_intake().delete("uploads/harbour.md"))
    turns[1].state = "running"
    app.run()
    assert "Mia Brandt" in app.json[0].value  # the one in progress may still come to quote it
    turns[1].state = "done"
    app.run()
    assert "Mia Brandt" not in repr(turns)
    assert json.loads(app.json[0].value)["documents"] == {"document_id": ["corpus/act.md"]}
    assert turns[1].answer.citations == other.citations


# --- the page -------------------------------------------------------------------------------------------------------


def parts(app: AppTest, kind: str) -> list[dict[str, Any]]:
    found = [json.loads(element.proto.json) for element in app.get("bidi_component")]
    return [data for data in found if data.get("part") == kind]


@pytest.mark.parametrize(("allowed", "is_there"), [("uploads", True), ("documents,top_k", False), ("none", False)])
def test_operator_says_whether_readers_add_and_delete(
    page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch, allowed: str, is_there: bool
) -> None:
    monkeypatch.setenv("RAG_PAGE_MAY_CHANGE", allowed)
    app = page(_DOCUMENTS).run()
    assert not app.exception
    assert len(parts(app, "uploads")) == len(app.get("file_uploader")) == int(is_there)
    assert parts(app, "documents")[0]["mayDelete"] is is_there


def test_what_is_not_allowed_is_not_done_whoever_asks(
    settings: Settings, page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag.ui import resources

    ended(resources.shared_intake().add("harbour.md", HARBOUR))
    monkeypatch.setenv("RAG_PAGE_MAY_CHANGE", "none")
    app = page(
        "from rag.ui import resources\nfrom rag.ui.uploading import delete_upload\n"
        "from rag import Settings\ndelete_upload('uploads/harbour.md', Settings())\n"
    ).run()
    assert not app.exception
    assert resources.shared_intake().deleted() == []
    assert (settings.data_dir / "uploads" / "harbour.md").is_file()


def test_an_upload_that_cannot_be_asked_is_listed_and_not_offered(page: Callable[..., AppTest]) -> None:
    from rag.ui import resources

    ended(resources.shared_intake().add("scan.pdf", scan()))
    ended(resources.shared_intake().add("scanner.md", HARBOUR))
    app = page(_DOCUMENTS).run()
    app.text_input(key="documents-search").set_value("uploads scan.pdf").run()
    assert [row["document_id"] for row in parts(app, "documents")[0]["rows"]] == ["uploads/scan.pdf"]
    assert [button.key for button in app.button if button.key == "documents-ask"] == []
    app.text_input(key="documents-search").set_value("uploads scan").run()
    assert len(parts(app, "documents")[0]["rows"]) == 2
    assert app.button(key="documents-ask").label == label("en", "ask_these", n=1)
    app.button(key="documents-ask").click().run()
    assert dict(app.session_state["choices"].documents) == {"document_id": ["uploads/scanner.md"]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_documents_page_takes_files_and_ticks(page: Callable[..., AppTest], language: Language) -> None:
    app = page(_DOCUMENTS)
    app.session_state["language"] = language
    app.session_state["documents-ticked"] = {"corpus/act.md", "corpus/gone.md"}
    app.run()
    (box,) = parts(app, "uploads")
    assert box["maxBytes"] == 25 * 1024 * 1024
    assert ".docx" in box["hint"]
    assert parts(app, "documents")[0]["ticked"] == ["corpus/act.md"]
    app.button(key="documents-ask").click().run()
    assert dict(app.session_state["choices"].documents) == {"document_id": ["corpus/act.md"]}
    app.button(key="documents-untick").click().run()
    assert parts(app, "documents")[0]["ticked"] == []
