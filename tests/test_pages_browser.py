"""Every page in real Chromium: navigation, keyboard, axe-core, widths, themes, languages; nothing leaves the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from chromium import browser, too_faint, violations
from eval_runs import abstained, make_result, make_row, make_run, right, unanswerable, write, wrong
from openai_server import OpenAIServer, Reply
from playwright.sync_api import expect
from served_page import OpenTab, Tab, serving, tab
from test_browser import ADOPTED, address, settings

from rag import Settings
from rag.ui.labels import LANGUAGES, Language, label

if TYPE_CHECKING:
    from playwright.sync_api import Locator

__all__ = ["address", "browser", "settings", "tab"]  # fixtures

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(600)]

PATHS = ("", "documents", "evaluation", "settings", "about")
NAMES = ("page_chat", "page_documents", "page_evaluation", "page_settings", "page_about")


@pytest.fixture(scope="module", autouse=True)
def _runs(settings: Settings) -> None:
    """Two recorded eval runs in the data folder."""
    before = make_run(make_result(make_row("a"), wrong()), make_result(unanswerable("c"), abstained()))
    after = make_run(make_result(make_row("a"), right()), make_result(unanswerable("c"), wrong()))
    for name, run in (("before", before), ("after", after)):
        write(settings.data_dir / "eval-runs" / name, *run.results)


def _open(page: Tab, path: str, language: Language = "en") -> Locator:
    """Open a page by its address; the mark that it is drawn."""
    page.page.goto(f"{page.address}/{path}")
    page.page.locator(".kh-name").wait_for(timeout=60_000)
    name = NAMES[PATHS.index(path)]
    drawn = (
        page.page.locator(".st-key-kihon-starters")
        if path == ""
        else page.page.get_by_role("heading", name=label(language, name), exact=True)
    )
    drawn.wait_for()
    page.page.locator(f".st-key-kihon-nav a[aria-current=page]:has-text('{label(language, name)}')").wait_for()
    return drawn


def _fill(page: Tab, path: str) -> None:
    """Have a page show what it can."""
    if path == "":
        page.ask(ADOPTED).locator(".kh-mark").first.press("Enter")
        page.quote_in_viewer()
    elif path == "documents":
        page.page.locator("[data-testid=stExpander] summary").click()
        page.page.get_by_role("button", name="Superseded").wait_for()
    elif path == "evaluation":
        for summary in page.page.locator("[data-testid=stExpander] summary").all():
            summary.click()
        page.page.locator(".kh-questions button").first.click()
        page.page.locator(".st-key-evaluation-question").wait_for()


@pytest.mark.parametrize(
    ("width", "height", "theme"),
    [(1440, 900, "light"), (1440, 900, "dark"), (820, 1180, "light"), (390, 844, "dark")],
)
def test_every_page_is_accessible_at_every_width_and_in_both_themes(
    tab: OpenTab, width: int, height: int, theme: Any
) -> None:
    page = tab(width=width, height=height, color_scheme=theme)
    for path in PATHS:
        _open(page, path)
        _fill(page, path)
        assert violations(page.page) == [], path
        assert page.page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert too_faint(page.page, ".kh-root, .st-key-kihon-nav") == [], path
    assert page.foreign_hosts() == set()
    assert page.errors() == []


def test_every_page_is_japanese_for_a_japanese_browser(tab: OpenTab) -> None:
    page = tab(locale="ja-JP", width=390, height=844)
    for path in PATHS:
        _open(page, path, "ja")
        assert page.page.evaluate("document.documentElement.lang") == "ja"
        assert page.page.title() == f"{label('ja', NAMES[PATHS.index(path)])} · Kihon"
        assert page.page.evaluate("document.documentElement.scrollWidth") <= 390, path


def test_navigation_keeps_the_conversation_and_the_marks(tab: OpenTab) -> None:
    page = tab().open()
    page.ask(ADOPTED)
    links = page.page.get_by_role("navigation", name=label("en", "pages")).get_by_role("link")
    for name in (*NAMES[1:], NAMES[0]):
        links.filter(has_text=label("en", name)).click()
        page.page.locator(f".st-key-kihon-nav a[aria-current=page]:has-text('{label('en', name)}')").wait_for()
    page.turn.locator(".kh-mark").first.click()
    assert page.quote_in_viewer()


def test_switching_a_page_is_quick(tab: OpenTab) -> None:
    import time

    page = tab()
    _open(page, "about")
    links = page.page.locator(".st-key-kihon-nav a")
    took = []
    for i in (1, 3, 4, 1, 3, 4):
        started = time.perf_counter()
        links.nth(i).click()
        page.page.get_by_role("heading", name=label("en", NAMES[i]), exact=True).wait_for()
        took.append(time.perf_counter() - started)
    assert sorted(took)[len(took) // 2] < 1.5, took


def test_chosen_language_outlives_a_reload_and_an_address_may_name_one(tab: OpenTab) -> None:
    page = tab()
    _open(page, "about")
    page.page.get_by_text(LANGUAGES["ja"], exact=True).click()
    page.page.get_by_role("heading", name=label("ja", "page_about"), exact=True).wait_for()
    page.page.wait_for_function("document.cookie.includes('kihon_language=ja')")
    _open(page, "documents", "ja")
    page.page.goto(f"{page.address}/about?lang=en")
    page.page.get_by_role("heading", name=label("en", "page_about"), exact=True).wait_for()


def test_theme_is_switched_in_the_page_and_kept_on_every_page(tab: OpenTab) -> None:
    page = tab(color_scheme="light")
    _open(page, "settings")
    page.page.get_by_role("button", name=label("en", "theme_dark"), exact=True).click()
    page.page.wait_for_function("document.documentElement.dataset.khTheme === 'dark'")
    for path in ("", "evaluation"):
        _open(page, path)
        assert page.page.evaluate("document.documentElement.dataset.khTheme") == "dark"
    _open(page, "settings")
    pressed = page.page.locator(".kh-option[aria-pressed=true]")
    assert pressed.inner_text() == label("en", "theme_dark")
    page.page.get_by_role("button", name=label("en", "theme_system"), exact=True).click()
    page.page.wait_for_function("document.documentElement.dataset.khTheme === 'light'")


def test_single_keys(tab: OpenTab) -> None:
    page = tab().open()
    keyboard = page.page.keyboard
    page.page.locator(".kh-name").click()
    keyboard.press("/")
    assert page.page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    keyboard.type(ADOPTED)  # its letters are shortcuts elsewhere
    assert page.input.input_value() == ADOPTED
    keyboard.press("Enter")
    page.page.locator(".kh-done").wait_for(timeout=90_000)
    page.page.locator(".kh-name").click()
    keyboard.press("j")
    first = page.quote_in_viewer()
    keyboard.press("j")
    page.page.wait_for_function("q => document.querySelector('.kh-document mark')?.textContent !== q", arg=first)
    keyboard.press("k")
    page.page.wait_for_function("q => document.querySelector('.kh-document mark')?.textContent === q", arg=first)
    keyboard.press("Escape")
    page.page.locator(".kh-viewer").wait_for(state="detached")
    keyboard.press("?")
    dialog = page.page.get_by_role("dialog", name=label("en", "shortcuts"))
    assert label("en", "key_next") in dialog.inner_text()
    assert violations(page.page) == []
    keyboard.press("Escape")
    dialog.wait_for(state="detached")
    keyboard.press("n")
    page.page.locator(".st-key-kihon-starters").wait_for()


def test_single_keys_can_be_turned_off_for_good(tab: OpenTab) -> None:
    page = tab()
    _open(page, "settings")
    page.page.get_by_text(label("en", "settings_shortcuts"), exact=True).click()
    page.page.wait_for_function("document.cookie.includes('kihon_shortcuts=off')")
    _open(page, "about")
    page.page.get_by_text(label("en", "shortcuts_off")).wait_for()
    page.page.keyboard.press("?")
    page.page.wait_for_timeout(300)
    expect(page.page.get_by_role("dialog")).to_have_count(0)


def test_first_tab_skips_to_the_content(tab: OpenTab) -> None:
    page = tab()
    _open(page, "")
    page.page.keyboard.press("Tab")
    skip = page.page.get_by_role("link", name=label("en", "skip"))
    assert skip.evaluate("link => link === document.activeElement")
    box = skip.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    page.page.keyboard.press("Enter")
    assert page.page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    _open(page, "documents")
    page.page.keyboard.press("Tab")
    page.page.keyboard.press("Enter")
    assert page.page.evaluate("document.activeElement.dataset.keep") == "upload-choose"


def test_documents_are_found_read_and_asked_alone(tab: OpenTab) -> None:
    page = tab()
    _open(page, "documents")
    page.page.get_by_label(label("en", "documents_search")).fill("second")
    page.page.locator(".kh-list-table tbody tr").nth(1).wait_for(state="detached")
    title = page.page.locator(".kh-document-link").first
    title.click()
    page.page.locator(".kh-viewer .kh-document").wait_for()
    assert page.page.locator(".kh-viewer-title").inner_text().startswith(title.inner_text())
    page.page.keyboard.press("Escape")
    page.page.get_by_role("button", name=label("en", "ask_these", n=1)).click()
    page.page.locator(".st-key-kihon-nav a").first.click()
    page.page.get_by_text(label("en", "only_these", n=1, total=6)).wait_for()
    turn = page.ask(ADOPTED)
    assert {text.split("\n")[0] for text in turn.locator(".kh-source-title").all_inner_texts()}
    assert "14 July 2026" in turn.inner_text()
    assert "corpus/plan-1" not in turn.inner_text()
    page.page.get_by_role("button", name=label("en", "ask_all")).click()
    page.page.get_by_text(label("en", "only_these", n=1, total=6)).wait_for(state="detached")


def test_an_address_opens_a_document_and_hostile_names_are_text(tab: OpenTab) -> None:
    page = tab()
    page.page.goto(f"{page.address}/documents?document=corpus/hostile.md")
    page.page.locator(".kh-viewer .kh-document").wait_for()
    assert "<img src=x" in page.page.locator(".kh-viewer-title").inner_text()
    expect(page.page.locator(".kh-root img, .kh-viewer img, .kh-root script")).to_have_count(0)
    assert page.page.evaluate("window.hacked") is None
    assert page.foreign_hosts() == set()


def test_eval_runs_are_compared_down_to_one_question(tab: OpenTab) -> None:
    page = tab()
    _open(page, "evaluation")
    for key, name in (("evaluation-run", "after"), ("evaluation-before", "before")):
        page.page.locator(f".st-key-{key} [data-testid=stSelectbox] [role=combobox], .st-key-{key} input").first.click()
        page.page.get_by_role("option", name=name, exact=True).click()
    page.page.locator(".kh-track-1").first.wait_for()
    page.page.get_by_test_id("stButtonGroup").get_by_text(label("en", "outcome_fixed"), exact=True).click()
    page.page.locator(".kh-questions tbody tr").nth(1).wait_for(state="detached")
    page.page.locator(".kh-questions button").click()
    gold = page.page.locator(".st-key-evaluation-question")
    gold.get_by_text(label("en", "fact_in_quotes")).wait_for()
    assert "question=a" in page.page.url
    gold.get_by_role("button", name=label("en", "question_close")).click()
    gold.wait_for(state="detached")


def test_badge_says_where_text_goes_and_the_reader_can_leave_the_model_out(tab: OpenTab, settings: Settings) -> None:
    with (
        OpenAIServer([Reply("The first plan was adopted on 23 December 2025. [1]")]) as model,
        serving(settings, OPENAI_API_KEY="none", OPENAI_BASE_URL=model.base_url, RAG_CHAT_MODEL="small-1") as url,
    ):
        page = tab(url)
        _open(page, "settings")
        badge = page.page.locator(".kh-mode")
        assert badge.inner_text().startswith("Local model small-1")
        page.page.get_by_text(label("en", "mode_extractive"), exact=True).click()
        page.page.locator(".kh-mode[data-mode=extractive]").wait_for()
        page.page.locator(".st-key-kihon-nav a").first.click()
        assert label("en", "made_extractive") in page.ask(ADOPTED).inner_text()


@pytest.mark.parametrize(
    "question",
    ["x" * 5000, "<script>window.hacked=1</script>", "{{7*7}} \x00 ‮evil", "a\nb"],
    ids=["long", "script", "odd", "lines"],
)
def test_hostile_query_parameters_are_text_of_bounded_length(tab: OpenTab, question: str) -> None:
    from urllib.parse import quote

    page = tab()
    _open(page, "")
    page.page.goto(f"{page.address}/?q={quote(question)}&lang=%3Cb%3E")
    page.page.wait_for_function("document.querySelector('[data-testid=stChatInput] textarea')?.value")
    assert page.input.input_value() in (question[:4000], question[:4000].replace("\x00", "�"))
    page.page.wait_for_timeout(500)
    expect(page.page.locator(".kh-turn")).to_have_count(0)
    assert page.page.evaluate("window.hacked") is None


def test_motion_is_reduced_on_request(tab: OpenTab) -> None:
    page = tab(reduced_motion="reduce")
    _open(page, "")
    moving = """[...document.querySelectorAll('*')].map((element) => [element.className, getComputedStyle(element)])
      .filter(([, style]) => style.animationName !== 'none' || style.transitionProperty !== 'all'
        && style.transitionProperty !== 'none' && parseFloat(style.transitionDuration) > 0)
      .map(([name]) => String(name))"""
    assert page.page.evaluate(moving) == []
