"""The upload box and deletion in real Chromium: verdicts, hostile names, an answer from an upload, and its end."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from chromium import browser, too_faint, violations
from playwright.sync_api import expect
from served_page import ROOT, OpenTab, Tab, serving, tab
from test_uploading import HARBOUR, KEEPER, scan

from rag import Settings
from rag.store.lock import writer_lock
from rag.ui.labels import LANGUAGES, Language, label

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Locator

__all__ = ["browser", "tab"]  # fixtures

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(600)]

HOSTILE = '<img src=x onerror="window.hacked=1">\u202efdp.md'
ZORBLAX = b'---\ntitle: "<script>window.hacked=1</script>"\n---\nThe Zorblax gadget is purple.\n'
N_MANY = 1000


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("uploads")
    (folder / "corpus").mkdir()
    for name in ("plan-1.md", "plan-2.md"):
        shutil.copy(ROOT / "corpus" / name, folder / "corpus")
    return Settings(corpus_dir=folder / "corpus", index_dir=folder / "index", data_dir=folder / "data")


@pytest.fixture(scope="module")
def address(settings: Settings) -> Iterator[str]:
    with serving(settings, RAG_MAX_FILE_MB="1.5") as url:
        yield url


def _open(page: Tab, language: Language = "en") -> Tab:
    page.page.goto(f"{page.address}/documents")
    page.page.get_by_role("button", name=label(language, "upload_choose")).wait_for(timeout=60_000)
    page.page.locator(".kh-documents tbody tr").first.wait_for()
    return page


def _file(name: str, data: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def _add(page: Tab, *files: FilePayload) -> None:
    """Choose files as a reader does, and wait for the verdicts."""
    with page.page.expect_file_chooser() as chooser:
        page.page.locator(".kh-drop button").click()
    chooser.value.set_files(list(files))
    _settle(page)


def _settle(page: Tab) -> None:
    page.page.locator(".kh-line").first.wait_for()
    page.page.wait_for_function("document.querySelectorAll('.kh-line progress').length === 0", timeout=120_000)


def _line(page: Tab, name: str) -> Locator:
    return page.page.locator(".kh-line", has_text=name)


def _delete(page: Tab, title: str) -> None:
    page.page.get_by_role("button", name=f"{label('en', 'delete')}: {title}").click()
    page.page.get_by_role("button", name=label("en", "delete_confirm")).click()
    page.page.get_by_test_id("stToast").filter(has_text=label("en", "deleted")).wait_for(timeout=60_000)
    page.page.locator(".kh-line", has_text=label("en", "deleted")).last.wait_for()
    page.page.get_by_role("button", name=f"{label('en', 'delete')}: {title}").wait_for(state="detached")


def test_several_files_get_a_verdict_each_are_asked_and_deleted(tab: OpenTab, settings: Settings) -> None:
    page = _open(tab())
    _add(
        page,
        _file("harbour.md", HARBOUR),
        _file("scan.pdf", scan()),
        _file("twin.md", HARBOUR),
        _file(HOSTILE, ZORBLAX),
        _file("program.exe", b"MZ"),
        _file("big.txt", b"a" * 2_000_000),
    )
    said = {
        "harbour.md": "upload_added", "scan.pdf": "why_scanned", "twin.md": "upload_duplicate",
        "_img src=x": "upload_added", "program.exe": "why_unsupported", "big.txt": "why_too_large",
    }  # fmt: skip
    for name, key in said.items():
        assert label("en", key) in _line(page, name).inner_text(), name
    assert "Harbour" in _line(page, "twin.md").inner_text()
    assert page.page.locator(".kh-count").inner_text() == label("en", "n_documents", n=4)
    rows = page.page.locator(".kh-documents tbody tr")
    scanned = rows.filter(has_text="scan.pdf").inner_text()
    assert label("en", "state_rejected") in scanned
    assert label("en", "why_scanned") in scanned
    expect(rows.filter(has_text="<script>")).to_have_count(1)
    expect(page.page.locator(".kh-root img, .kh-root script")).to_have_count(0)
    assert violations(page.page) == []

    page.page.locator(".st-key-kihon-nav a").first.click()
    page.input.wait_for()
    turn = page.ask(KEEPER)
    assert "Mia Brandt" in turn.inner_text()
    page.page.locator(".st-key-kihon-nav a").nth(1).click()
    page.page.get_by_role("button", name=f"{label('en', 'delete')}: Harbour").click()
    dialog = page.page.get_by_role("dialog", name=label("en", "delete_title"))
    assert all(label("en", f"delete_{what}") in dialog.inner_text() for what in ("file", "index", "quotes"))
    assert violations(page.page) == []
    page.page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert page.page.evaluate("document.activeElement.dataset.keep") == "delete-uploads/harbour.md"
    _delete(page, "Harbour")
    assert page.page.locator(".kh-count").inner_text() == label("en", "n_documents", n=3)
    page.page.locator(".st-key-kihon-nav a").first.click()
    page.page.locator(".kh-turn").wait_for()
    assert "Mia Brandt" not in page.page.content()
    assert "Mia Brandt" not in page.ask(KEEPER).inner_text()
    assert not (settings.data_dir / "uploads" / "harbour.md").exists()
    assert page.page.evaluate("window.hacked") is None
    assert page.foreign_hosts() == set()
    assert page.errors() == []


def test_what_the_library_says_is_folded_behind_japanese(tab: OpenTab) -> None:
    page = _open(tab(locale="ja-JP"), "ja")
    _add(page, _file("facts.md", b"---\ntitle: [\n---\nText.\n"))
    line = _line(page, "facts.md")
    assert label("ja", "why_front_matter") in line.inner_text()
    words = line.locator(".kh-detail p[lang=en]")
    assert not words.is_visible()
    line.locator("summary", has_text=label("ja", "details")).press("Enter")
    assert words.is_visible()
    row = page.page.locator(".kh-documents tbody tr", has_text="facts.md")
    assert row.locator(".kh-detail p").text_content() == words.text_content()
    assert violations(page.page) == []
    assert page.errors() == []


def test_another_writer_is_said_and_a_file_is_taken_back(tab: OpenTab, settings: Settings) -> None:
    page, other = _open(tab()), tab().open()
    with writer_lock(settings.index_dir):
        with page.page.expect_file_chooser() as chooser:
            page.page.locator(".kh-drop button").click()
        chooser.value.set_files([_file("first.md", HARBOUR + b"One.\n"), _file("second.md", HARBOUR + b"Two.\n")])
        _line(page, "first.md").get_by_text(label("en", "stage_locked")).wait_for(timeout=60_000)
        _line(page, "second.md").get_by_text(label("en", "stage_waiting")).wait_for()
        assert "plan" in other.ask("How many policies has the first AI Basic Plan?").inner_text().lower()
        cancel = page.page.get_by_role("button", name=f"{label('en', 'cancel')}: first.md")
        cancel.focus()
        page.page.keyboard.press("Enter")
        _line(page, "first.md").get_by_text(label("en", "upload_cancelled")).wait_for()
    _settle(page)
    assert label("en", "upload_added") in _line(page, "second.md").inner_text()
    assert not (settings.data_dir / "uploads" / "first.md").exists()
    page.page.get_by_role("button", name=label("en", "upload_clear")).click()
    page.page.locator(".kh-line").first.wait_for(state="detached")
    _delete(page, "Harbour")


def test_files_are_dropped_anywhere_on_the_page(tab: OpenTab) -> None:
    page = _open(tab(locale="ja-JP", color_scheme="dark", width=390, height=844), "ja")
    page.page.evaluate(
        """() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(['# Pier\\n\\nThe pier of Amsel is made of oak.'], 'pier.md'));
      const list = document.querySelector('.kh-documents');
      for (const type of ['dragover', 'drop'])
        list.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    }"""
    )
    _settle(page)
    assert label("ja", "upload_added") in _line(page, "pier.md").inner_text()
    assert violations(page.page) == []
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert too_faint(page.page, ".kh-root") == []
    assert page.page.evaluate("document.querySelector('.kh-drop').contains(document.querySelector('.kh-drop button'))")
    expect(page.page.locator(".kh-drop[data-over]")).to_have_count(0)


def test_ticked_documents_are_asked_alone_until_taken_back(tab: OpenTab) -> None:
    page = _open(tab())
    ticks = page.page.locator(".kh-tick")
    ticks.nth(0).focus()
    page.page.keyboard.press("Space")
    page.page.get_by_role("button", name=label("en", "ask_ticked", n=1)).wait_for()
    ticks.nth(1).click()
    page.page.get_by_role("button", name=label("en", "ask_ticked", n=2)).wait_for()
    ticks.nth(1).click()
    page.page.get_by_role("button", name=label("en", "ask_ticked", n=1)).click()
    page.page.get_by_test_id("stToast").wait_for()
    title = page.page.locator(".kh-document-link").first.inner_text()
    page.page.locator(".st-key-kihon-nav a").first.click()
    scope = page.page.locator(".st-key-kihon-scope")
    scope.get_by_text(title).wait_for()
    assert re.search(r"Only 1 of \d+", scope.inner_text())
    # It stays in sight where an answer has been scrolled to, and fits on a phone in both languages.
    page.ask("What is this about?")
    sizes: tuple[tuple[Language, int], ...] = (("en", 1440), ("en", 390), ("ja", 390))
    for language, width in sizes:
        page.page.set_viewport_size({"width": width, "height": 844})
        page.page.locator(".st-key-language button", has_text=LANGUAGES[language]).click()
        button = page.page.get_by_role("button", name=label(language, "ask_all"))
        button.wait_for()
        page.page.locator(".kh-text, .kh-abstained").last.scroll_into_view_if_needed()
        box = button.bounding_box()
        assert box is not None
        assert 0 < box["y"] < 200
        assert box["x"] + box["width"] <= width
    page.page.locator(".st-key-language button", has_text=LANGUAGES["en"]).click()
    page.page.get_by_role("button", name=label("en", "ask_all")).click()
    scope.wait_for(state="detached")


def test_readers_add_and_delete_only_where_the_operator_lets_them(tab: OpenTab, settings: Settings) -> None:
    with serving(settings, RAG_PAGE_MAY_CHANGE="top_k") as url:
        page = tab(url)
        page.page.goto(f"{url}/documents")
        page.page.locator(".kh-documents tbody tr").first.wait_for(timeout=60_000)
        expect(page.page.locator(".kh-drop, .kh-tick, .kh-delete, [data-testid=stFileUploader]")).to_have_count(0)


def test_a_thousand_documents_stay_quick(tab: OpenTab, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("many")
    (folder / "corpus").mkdir()
    for i in range(N_MANY):
        (folder / "corpus" / f"{i}.md").write_text(f"# Report {i}\n\nThe pier {i} is made of oak.\n", "utf-8")
    many = Settings(corpus_dir=folder / "corpus", index_dir=folder / "index", data_dir=folder / "data")
    with serving(many, RAG_EMBEDDING_MODEL=str(tiny)) as url:  # how long it embeds is not what this asks
        page = _open(tab(url))
        _add(page, _file("harbour.md", HARBOUR))
        assert page.page.locator(".kh-count").inner_text() == label("en", "n_documents", n=N_MANY + 1)
        took: list[float] = []
        for words, n in (("Report 99", 19), ("Harbour", 1), ("", 50)):
            started = time.perf_counter()
            page.page.get_by_label(label("en", "documents_search")).fill(words)
            page.page.wait_for_function("n => document.querySelectorAll('.kh-documents tbody tr').length === n", arg=n)
            took.append(time.perf_counter() - started)
        started = time.perf_counter()
        page.page.locator(".kh-tick").first.click()
        page.page.get_by_role("button", name=label("en", "ask_ticked", n=1)).wait_for()
        took.append(time.perf_counter() - started)
        assert sorted(took)[2] < 2, took
        _delete(page, "Harbour")
