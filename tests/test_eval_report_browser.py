"""The report in real Chromium: filters, keyboard, widths, themes, without scripts; nothing is loaded, nothing runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from chromium import browser, too_faint
from eval_runs import abstained, make_result, make_row, right, unanswerable, write, wrong
from playwright.sync_api import expect
from test_eval_report import EVIL, hostile

from eval.reporting import write_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["browser"]  # the fixture

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(300)]

OpenPage = Callable[..., "Page"]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of right, wrong, abstained and hostile rows."""
    folder = write(
        tmp_path_factory.mktemp("report") / "run",
        make_result(make_row("staff"), right()),
        make_result(make_row("wrong"), wrong()),
        make_result(make_row("日本", language="ja", kind="date", question="職員は何人ですか。"), right()),
        make_result(unanswerable("rain", "unanswerable_far"), abstained()),
        make_result(make_row("crash"), None, error="RuntimeError: planted"),
        hostile(),
    )
    write_report(folder, folder / "report.html")
    return folder / "report.html"


@pytest.fixture
def opened(browser: Browser, report: Path) -> Iterator[OpenPage]:
    """Opens the report from its file; fails at the end where anything was loaded, ran or was complained of."""
    contexts = []
    seen: list[str] = []

    def open_page(*, width: int = 1440, height: int = 900, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: seen.append(request.url))
        page.on("console", lambda message: seen.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: seen.append(f"error: {error}"))
        page.on("dialog", lambda dialog: seen.append(f"dialog: {dialog.message}"))
        page.goto(report.as_uri())
        return page

    yield open_page
    hacked = [page.evaluate("window.hacked") for context in contexts for page in context.pages]
    for context in contexts:
        context.close()
    assert [url for url in seen if url not in (report.as_uri(), "data:,")] == []
    assert set(hacked) == {None}


def ids(page: Page) -> list[str]:
    """Ids of the questions that are shown, the hostile one cut short."""
    found = page.locator(".questions > tbody:visible th code").all_inner_texts()
    return [text.partition("<")[0] for text in found]


ALL = ["staff", "wrong", "日本", "rain", "crash", "evil"]


def test_filters_by_language_kind_verdict_and_text(opened: OpenPage) -> None:
    page = opened()
    assert ids(page) == ALL
    page.get_by_role("combobox", name="Language").select_option("ja")
    assert ids(page) == ["日本"]
    assert page.locator("#count").inner_text() == "1 of 6 questions"
    page.get_by_role("button", name="Reset").click()
    assert ids(page) == ALL
    page.get_by_role("combobox", name="Kind").select_option("unanswerable_far")
    assert ids(page) == ["rain"]
    page.locator("#kind").select_option("")
    page.get_by_role("combobox", name="Verdict").select_option("right")
    assert ids(page) == ["staff", "日本", "rain"]
    page.get_by_role("combobox", name="Verdict").select_option("failure facts_missing")
    assert ids(page) == ["wrong"]
    page.get_by_role("combobox", name="Verdict").select_option("wrong")
    page.get_by_role("searchbox", name="Text").fill("ＰＬＡＮＴＥＤ runtime")  # width, case and order do not matter
    assert ids(page) == ["crash"]
    page.get_by_role("searchbox", name="Text").fill("no such words")
    assert ids(page) == []
    assert page.get_by_text("No question matches.").is_visible()


def test_everything_works_by_keyboard(opened: OpenPage) -> None:
    page = opened()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the questions"
    page.keyboard.press("Enter")
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "verdict"
    page.keyboard.type("wrong")
    page.keyboard.press("Tab")
    page.keyboard.type("31 people")
    assert ids(page) == ["wrong"]
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.keyboard.press("Enter")
    assert page.locator("figure mark:visible").inner_text() == "The institute has 30 people."


def test_hostile_row_is_shown_and_does_nothing(opened: OpenPage) -> None:
    page = opened()
    page.get_by_role("button", name="Open all").click()
    row = page.locator(".questions > tbody").last
    assert EVIL.replace("\u202e", "\\u202e") in row.inner_text()
    expect(row.locator("script, img, style, a, iframe")).to_have_count(0)
    page.get_by_role("combobox", name="Verdict").select_option(
        page.locator("#verdict option").last.get_attribute("value")
    )
    page.get_by_role("combobox", name="Kind").select_option(index=1)
    page.wait_for_timeout(300)  # time for a script to run, had one come in


def test_policy_stops_what_would_come_in_all_the_same(browser: Browser, report: Path) -> None:
    """Were an escape missing somewhere, the browser itself would run and load nothing."""
    page = browser.new_page()
    refused: list[tuple[str, str | None]] = []
    page.on("requestfailed", lambda request: refused.append((request.url, request.failure)))
    page.goto(report.as_uri())
    stopped = page.evaluate(
        """new Promise(done => {
          const stopped = [];
          document.addEventListener('securitypolicyviolation', e => stopped.push(e.effectiveDirective));
          const html = '<i style="color: red" onclick="window.hacked=1">x</i><img src="http://pixel.example/p.png">';
          document.body.insertAdjacentHTML('beforeend', html);
          document.body.querySelector('i').click();
          setTimeout(() => done(stopped.sort()), 500);
        })"""
    )
    assert stopped == ["img-src", "script-src-attr", "style-src-attr"]
    assert page.evaluate("window.hacked") is None
    assert refused == [("http://pixel.example/p.png", "csp")]
    page.close()


def test_report_reads_without_scripts(opened: OpenPage) -> None:
    page = opened(java_script_enabled=False)
    assert ids(page) == ALL
    assert not page.locator("#filters").is_visible()
    page.locator(".questions summary").first.click()
    assert page.locator("figure mark").first.is_visible()


@pytest.mark.parametrize("width", [1440, 820, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_width_and_theme_is_readable(opened: OpenPage, width: int, theme: Any) -> None:
    page = opened(width=width, color_scheme=theme)
    page.get_by_role("button", name="Open all").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(255, 255, 255)" if theme == "light" else "rgb(20, 23, 28)")
    assert too_faint(page, "body") == []
