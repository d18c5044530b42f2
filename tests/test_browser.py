"""The chat page in real Chromium: marks, viewer, keyboard, widths, themes, languages; nothing leaves the host."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from chromium import browser, too_faint
from openai_server import OpenAIServer, Reply
from playwright.sync_api import expect
from served_page import ROOT, OpenTab, serving, tab

from rag import Settings, get_document
from rag.ui.labels import label, starters

if TYPE_CHECKING:
    from playwright.sync_api import Locator

__all__ = ["browser", "tab"]  # the fixtures

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(600)]

DOCUMENTS = ("news-adoption.md", "plan-1.md", "plan-2.md", "plan-1.ja.md", "plan-2.ja.md")
ADOPTED = "When was Japan's AI Basic Plan adopted?"
HOSTILE = """---
title: The Zorblax <b>directive</b> <img src=x onerror="window.hacked=1">
publisher: Zorblax <script>window.hacked=1</script>
date: 2026-01-05
url: javascript:window.hacked=1
language: en
kind: report
---
# The Zorblax directive

The Zorblax directive limits purple gadgets to 512 units a year <img src=x onerror="window.hacked=1">.

See ![pixel](http://pixel.example/p.png) and [this page](javascript:window.hacked=1) on purple gadgets.
"""
MODEL_REPLY = (
    'The first plan was adopted on 23 December 2025. [1] <img src=x onerror="window.hacked=1"> '
    "![pixel](http://pixel.example/p.png) [click](javascript:window.hacked=1) It costs 987 trillion yen. [1] "
    "See https://evil.example/ [77]."
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Folders with a few documents of the corpus and a hostile one; indexed by the page's own start."""
    folder = tmp_path_factory.mktemp("browser")
    corpus = folder / "corpus"
    corpus.mkdir()
    for name in DOCUMENTS:
        shutil.copy(ROOT / "corpus" / name, corpus)
    (corpus / "hostile.md").write_text(HOSTILE, "utf-8")
    return Settings(corpus_dir=corpus, index_dir=folder / "index", data_dir=folder / "data")


@pytest.fixture(scope="module")
def address(settings: Settings) -> Iterator[str]:
    with serving(settings) as url:
        yield url


def _quotes(turn: Locator) -> int:
    return turn.locator(".kh-source").count()


def test_answer_marks_open_the_exact_quote(tab: OpenTab, settings: Settings) -> None:
    page = tab().open()
    turn = page.ask(ADOPTED)
    text = turn.locator(".kh-text").inner_text()
    assert "23 December 2025" in text
    assert "14 July 2026" in text
    expect(turn.locator(".kh-stage-done")).to_have_count(3)
    marks, kept = turn.locator(".kh-text .kh-mark"), turn.locator(".kh-text .kh-together")
    assert kept.count() == marks.count() > 0
    for width in range(330, 810, 60):  # no mark begins a line: it would seem to be that of the next sentence
        page.page.set_viewport_size({"width": width, "height": 900})
        assert kept.evaluate_all("spans => spans.map((span) => span.getClientRects().length)") == [1] * kept.count()
    page.page.set_viewport_size({"width": 1440, "height": 900})
    for number in range(1, _quotes(turn) + 1):
        mark = turn.locator(f".kh-text [data-mark='{number}']").first
        mark.hover()
        card = page.page.locator(".kh-card-quote")
        card.wait_for()
        shown = card.inner_text()
        mark.click()
        highlighted = page.quote_in_viewer()
        assert " ".join(shown.split()) == " ".join(highlighted.replace("**", "").split())
        documents = [get_document(f"corpus/{name}", settings) for name in DOCUMENTS]
        assert any(highlighted in document.text for document in documents)
        box = page.page.locator("mark.kh-quoted").locator("visible=true").first.bounding_box()
        assert box is not None
        assert 0 < box["y"] < 900  # scrolled into view
        page.page.keyboard.press("Escape")
        page.page.locator(".kh-viewer").wait_for(state="detached")
    assert page.is_clean(), (page.messages, page.foreign_hosts())


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (820, 1180), (390, 844)])
def test_a_question_stands_at_the_top_and_there_is_more_below(tab: OpenTab, width: int, height: int) -> None:
    page = tab(width=width, height=height).open()
    place = """turn => {
        const main = document.querySelector('.stMain'), header = document.querySelector('.st-key-kihon-header');
        const below = () => main.scrollHeight - main.clientHeight - main.scrollTop;
        const top = turn.getBoundingClientRect().top - main.getBoundingClientRect().top - header.offsetHeight;
        const long = below();
        turn.style.display = 'none';  // as before the first word of the answer
        const short = below();
        turn.style.display = '';
        return [top, long, short];
    }"""
    for question in (ADOPTED, "How tall is Mount Fuji?"):
        turn = page.ask(question)
        turn.locator(".kh-foot").wait_for()
        page.page.wait_for_timeout(3000)  # suggestions have come by then, and nothing holds the page any more
        top, long, short = turn.evaluate(place)
        assert abs(top - 16) <= 2
        assert min(long, short) >= 20  # at its very end the page would be moved on whenever it grows


def test_viewer_steps_through_the_quotes_and_links_to_the_original(tab: OpenTab) -> None:
    page = tab().open()
    turn = page.ask(ADOPTED)
    n = _quotes(turn)
    turn.locator(".kh-source").first.click()
    first = page.quote_in_viewer()
    assert page.page.locator(".kh-nth").inner_text() == f"Quote 1 of {n}"
    page.page.get_by_role("button", name="Next quote").click()
    page.page.wait_for_function("q => document.querySelector('.kh-document mark')?.textContent !== q", arg=first)
    assert page.page.locator(".kh-nth").inner_text() == f"Quote 2 of {n}"
    link = page.page.locator(".kh-viewer a[target=_blank]")
    assert link.get_attribute("rel") == "noopener noreferrer"
    host = urlsplit(link.get_attribute("href") or "").hostname
    assert host is not None
    assert host in link.inner_text()


def test_everything_works_by_keyboard(tab: OpenTab) -> None:
    page = tab().open()
    keyboard = page.page.keyboard
    page.input.focus()
    keyboard.type(ADOPTED)
    keyboard.press("Enter")
    page.page.locator(".kh-turn.kh-done").wait_for(timeout=90_000)
    focused = "document.activeElement.className"
    for _ in range(40):
        keyboard.press("Shift+Tab")
        if page.page.evaluate(focused) == "kh-mark":
            break
    assert page.page.evaluate(focused) == "kh-mark"
    page.page.locator(".kh-card").wait_for()  # focus alone shows the card
    keyboard.press("Escape")
    page.page.locator(".kh-card").wait_for(state="detached")
    keyboard.press("Enter")
    assert page.quote_in_viewer()
    assert "kh-close" in page.page.evaluate(focused)
    keyboard.press("Escape")
    page.page.locator(".kh-viewer").wait_for(state="detached")
    assert page.page.evaluate(focused) == "kh-mark"


def test_abstention_is_shown_as_such(tab: OpenTab) -> None:
    page = tab().open()
    turn = page.ask("Who won the football world cup in 1966?")
    assert turn.locator(".kh-abstained h3").first.inner_text() == label("en", "abstained")
    expect(turn.locator(".kh-mark")).to_have_count(0)
    expect(turn.get_by_text(label("en", "nearest"))).to_have_count(1)
    turn.locator(".kh-hit").first.click()
    assert page.quote_in_viewer()


def test_hostile_document_does_nothing(tab: OpenTab) -> None:
    page = tab().open()
    turn = page.ask("What does the Zorblax directive limit?")
    assert '<img src=x onerror="window.hacked=1">' in turn.inner_text()
    turn.locator(".kh-source").first.click()
    assert page.quote_in_viewer()
    viewer = page.page.locator(".kh-viewer")
    expect(viewer.locator("img, script, a[href]")).to_have_count(0)
    expect(turn.locator("img, script, a[href]")).to_have_count(0)
    assert page.is_clean(), (page.messages, page.foreign_hosts())


def test_hostile_model_reply_does_nothing_and_is_marked(tab: OpenTab, settings: Settings, address: str) -> None:
    with (
        OpenAIServer([Reply(MODEL_REPLY)]) as server,
        serving(settings, OPENAI_API_KEY="none", OPENAI_BASE_URL=server.base_url, RAG_CHAT_MODEL="hostile-1") as url,
    ):
        page = tab(url).open()
        mode = page.page.locator(".kh-mode").inner_text()
        assert "hostile-1" in mode
        assert urlsplit(server.base_url).netloc in mode
        turn = page.ask(ADOPTED)
        text = turn.locator(".kh-text").inner_text()
        assert "23 December 2025" in text
        expect(turn.locator("img, script, a[href]")).to_have_count(0)
        assert "987 trillion" in turn.locator(".kh-warn").first.inner_text()
        assert turn.locator(".kh-flaw").count() > 0
        expect(turn.locator("[data-mark='77']")).to_have_count(0)
        assert page.is_clean(), (page.messages, page.foreign_hosts())


def test_page_is_japanese_for_a_japanese_browser_and_can_be_switched(tab: OpenTab) -> None:
    page = tab(locale="ja-JP").open()
    expect(page.page.get_by_role("button", name=starters("ja")[0])).to_have_count(1)
    assert page.page.evaluate("document.documentElement.lang") == "ja"
    turn = page.ask("最初の人工知能基本計画はいつ閣議決定されましたか。")
    assert "2025年12月23日" in turn.inner_text()
    page.page.get_by_text("EN", exact=True).click()
    page.page.get_by_text(label("en", "sources"), exact=True).wait_for()


def test_query_parameter_types_a_question_and_does_not_send_it(tab: OpenTab) -> None:
    page = tab().open("/?q=What%20is%20%3Cb%3EAI%3C%2Fb%3E%3F")
    page.page.wait_for_function("document.querySelector('[data-testid=stChatInput] textarea').value !== ''")
    page.page.wait_for_timeout(1500)
    assert page.input.input_value() == "What is <b>AI</b>?"
    expect(page.page.locator(".kh-turn")).to_have_count(0)
    page.input.press("Enter")
    page.page.locator(".kh-turn").wait_for()


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (820, 1180), (390, 844)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_width_and_theme_is_readable(tab: OpenTab, width: int, height: int, theme: Any) -> None:
    page = tab(width=width, height=height, color_scheme=theme, has_touch=width < 1000).open()
    turn = page.ask(ADOPTED)
    mark = turn.locator(".kh-mark").first
    if width < 1000:
        mark.tap()
        page.page.locator(".kh-card button").tap()
    else:
        mark.click()
    assert page.quote_in_viewer()
    assert page.page.evaluate("document.documentElement.dataset.khTheme") == theme
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    assert too_faint(page.page, ".kh-root, .kh-viewer, .kh-card") == []


def test_a_second_start_is_ready_within_fifteen_seconds_and_stops_on_sigint(settings: Settings, address: str) -> None:
    import time

    started = time.monotonic()
    with serving(settings) as url:
        assert time.monotonic() - started < 15
        assert url != address  # the port of the first one is taken
