"""Kept conversations in real Chromium: reload, restart, the list, other readers, quotes that are gone, files."""

from __future__ import annotations

import itertools
import json
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from chromium import browser, too_faint, violations
from made_turns import EVIL, LONG_WORD, RTL
from plans_index import copied
from playwright.sync_api import expect
from served_page import ROOT, OpenTab, Tab, serving, tab

from rag import Conversations, Settings, add_upload, build_index, create_chain, delete_document
from rag.answer import Answer
from rag.ui.labels import label
from rag.ui.session import OWNER_COOKIE

if TYPE_CHECKING:
    from playwright.sync_api import Locator

__all__ = ["browser", "tab"]  # the fixtures

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(600)]

ADOPTED = "When was Japan's AI Basic Plan adopted?"
SECOND = "When was the second plan decided?"
JAPANESE = "最初の人工知能基本計画はいつ閣議決定されましたか。"
OPENED = "When was the Velmora bridge opened?"
BRIDGE = "# The Velmora bridge\n\nThe Velmora bridge was opened on 3 May 2024 by the mayor, Ilse Brandt.\n"
ANSWER = Answer(question="q", searched="q", text="It is so.", mode="extractive")


@pytest.fixture(scope="module")
def settings(plans: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Shared: each tab is a reader of its own, who has only the conversations of this test."""
    return copied(plans, tmp_path_factory.mktemp("conversations"))


@pytest.fixture(scope="module")
def address(settings: Settings) -> Iterator[str]:
    with serving(settings) as url:
        yield url


@pytest.fixture
def own_settings(plans: Settings, tmp_path: Path) -> Settings:
    """For a test that changes documents, or the file of conversations by hand."""
    return copied(plans, tmp_path)


@pytest.fixture
def own_address(own_settings: Settings) -> Iterator[str]:
    with serving(own_settings) as url:
        yield url


def _owner(page: Tab) -> str:
    return next(
        str(cookie.get("value")) for cookie in page.page.context.cookies() if cookie.get("name") == OWNER_COOKIE
    )


def _list(page: Tab) -> Locator:
    """The list of conversations, opened and filled."""
    dialog = page.page.locator(".kh-side-dialog")
    if not dialog.count():
        page.page.locator(".kh-conversations-open").click()
    dialog.locator("[role=status]:not(:empty)").wait_for()
    page.page.wait_for_function(
        "words => document.querySelector('.kh-conversations-said').textContent !== words",
        arg=label("en", "loading_list"),
    )
    return dialog


def _titles(dialog: Locator) -> list[str]:
    return dialog.locator(".kh-conversation-title").all_inner_texts()


def _questions(page: Tab) -> list[str]:
    return [text.split(":", 1)[1].strip() for text in page.page.locator(".kh-bubble").all_inner_texts()]


def _go_to(page: Tab, url: str) -> None:
    page.page.goto(url)
    page.input.wait_for(timeout=60_000)
    page.page.locator(".kh-turn, .st-key-kihon-starters").first.wait_for()


def _keep(settings: Settings, owner: str, *conversations: tuple[str, list[str]]) -> list[str]:
    """Keep conversations by hand, each with a title and questions; their ids."""
    kept = Conversations(settings)
    ids = []
    for title, questions in conversations:
        info = kept.create(owner, title)
        ids.append(info.id)
        for question in questions:
            kept.append(info.id, owner, question, ANSWER)
    return ids


def _settle(page: Tab) -> None:
    page.page.wait_for_timeout(700)


# --- it stays -------------------------------------------------------------------------------------------------------


def test_a_conversation_survives_reload_theme_and_a_restart_of_the_server(tab: OpenTab, settings: Settings) -> None:
    with serving(settings) as url:
        page = tab(url).open()
        page.ask(ADOPTED)
        page.ask(JAPANESE)
        link = page.page.url
        assert re.search(r"\?c=[\w-]{22}$", link)
        page.page.reload()
        page.page.locator(".kh-turn").nth(1).wait_for(timeout=60_000)
        assert _questions(page) == [ADOPTED, JAPANESE]
        assert "23 December 2025" in page.page.locator(".kh-turn .kh-text").first.inner_text()
        box = page.turn.bounding_box()
        _settle(page)
        box = page.turn.bounding_box()
        assert box is not None
        assert 0 < box["y"] < 300  # the newest question is what is looked at
        page.page.locator(".st-key-kihon-nav a", has_text=label("en", "page_settings")).click()
        page.page.get_by_role("button", name=label("en", "theme_dark"), exact=True).click()
        page.page.wait_for_function("document.documentElement.dataset.khTheme === 'dark'")
        page.page.locator(".st-key-kihon-nav a", has_text=label("en", "page_chat")).click()
        page.page.locator(".kh-turn").nth(1).wait_for()
        assert page.page.url == link
        assert page.foreign_hosts() == set()
    with serving(settings) as url:
        assert url in link  # the same port
        _go_to(page, link)
        page.page.locator(".kh-turn").nth(1).wait_for()
        assert _questions(page) == [ADOPTED, JAPANESE]
        page.turn.locator(".kh-source").first.click()
        assert page.quote_in_viewer()
        page.page.keyboard.press("Escape")
        page.ask(SECOND)
        assert page.page.url == link
    (info,) = Conversations(settings).listed(_owner(page))
    assert (info.title, info.n_turns) == (ADOPTED, 3)


def test_a_page_left_open_goes_on_after_a_restart(tab: OpenTab, settings: Settings) -> None:
    with serving(settings) as url:
        page = tab(url).open()
        page.ask(ADOPTED)
    expect(page.input).to_be_disabled()
    with serving(settings) as again:
        assert again == url
        expect(page.input).to_be_enabled(timeout=60_000)  # the browser has connected again
        page.ask(SECOND)
        assert _questions(page) == [ADOPTED, SECOND]
    assert [info.n_turns for info in Conversations(settings).listed(_owner(page))] == [2]


def test_changed_questions_replace_the_right_turns_and_a_rating_stays(tab: OpenTab, settings: Settings) -> None:
    page = tab().open()
    for question in (ADOPTED, SECOND, JAPANESE):
        page.ask(question)
    middle = page.page.locator(".kh-turn").nth(1)
    middle.locator(".kh-edit").click()
    middle.locator("textarea").fill("What is the second plan?")
    middle.locator("textarea").press("Enter")
    page.page.locator(".kh-replaced").wait_for()
    page.page.locator(".kh-turn.kh-done").nth(1).wait_for(timeout=60_000)
    page.turn.locator("[data-verdict=up]").click()
    page.page.locator("dialog").get_by_role("button", name=label("en", "feedback_send")).click()
    page.page.locator("dialog").wait_for(state="detached")
    page.page.reload()
    page.page.locator(".kh-turn").nth(1).wait_for(timeout=60_000)
    assert _questions(page) == [ADOPTED, "What is the second plan?"]
    assert page.turn.locator("[data-verdict=up]").get_attribute("aria-pressed") == "true"
    page.page.locator(".kh-turn").first.get_by_role("button", name=label("en", "ask_again")).click()
    page.page.locator(".kh-turn").nth(1).wait_for(state="detached")
    page.page.locator(".kh-turn.kh-done").wait_for(timeout=60_000)
    kept = Conversations(settings)
    (info,) = kept.listed(_owner(page))
    assert [turn.question for turn in kept.get(info.id, _owner(page)).turns] == [ADOPTED]


# --- the list -------------------------------------------------------------------------------------------------------


def test_the_list_by_keyboard_alone_opens_renames_deletes_and_searches(
    tab: OpenTab, address: str, settings: Settings
) -> None:
    page = tab().open()
    page.page.locator(".kh-conversations-open").wait_for()
    _keep(
        settings,
        _owner(page),
        ("金庫", ["金庫の合言葉は何ですか。", "Who knows it?"]),
        ("Harbour", ["When does the harbour close?"]),
        ("Market", ["When is the market?"]),
    )
    keyboard = page.page.keyboard
    page.page.locator(".kh-name").click()
    keyboard.press("c")
    dialog = _list(page)
    assert _titles(dialog) == ["Market", "Harbour", "金庫"]
    assert dialog.locator("[role=status]").inner_text() == label("en", "conversations_count", n=3)
    for words, found in (
        ("合言葉", ["金庫"]),
        ("HARBOUR close", ["Harbour"]),
        ("it is so", ["Market", "Harbour", "金庫"]),
    ):
        dialog.get_by_role("searchbox").fill(words)
        page.page.wait_for_function(
            "found => JSON.stringify(found) === JSON.stringify("
            "[...document.querySelectorAll('.kh-conversation-title')].map((title) => title.innerText))",
            arg=found,
        )
    dialog.get_by_role("searchbox").fill("nothing has this")
    dialog.get_by_text(label("en", "conversations_none_found")).wait_for()
    dialog.get_by_role("searchbox").fill("")
    dialog.get_by_text(label("en", "conversations_count", n=3)).wait_for()
    # Rename: Escape leaves the form and not the dialog, Enter saves, and the focus stays at its place.
    dialog.get_by_role("button", name=label("en", "conversation_rename_this", title="Harbour")).focus()
    keyboard.press("Enter")
    keyboard.type("x")
    keyboard.press("Escape")
    assert _titles(dialog) == ["Market", "Harbour", "金庫"]
    keyboard.press("Enter")
    keyboard.type(f"{EVIL} 港")
    keyboard.press("Enter")
    dialog.get_by_text(label("en", "conversation_renamed")).wait_for()
    assert _titles(dialog) == ["Market", f"{EVIL} 港", "金庫"]
    assert page.page.evaluate("document.activeElement.className").endswith("kh-act-rename")
    # Delete: asked first; the harmless answer has the focus.
    dialog.get_by_role("button", name=label("en", "conversation_delete_this", title="Market")).focus()
    keyboard.press("Enter")
    assert page.page.evaluate("document.activeElement.innerText") == label("en", "cancel")
    keyboard.press("Escape")
    assert len(_titles(dialog)) == 3
    keyboard.press("Enter")
    keyboard.press("Tab")
    keyboard.press("Enter")
    dialog.get_by_text(label("en", "conversation_deleted")).wait_for()
    assert _titles(dialog) == [f"{EVIL} 港", "金庫"]
    # Open.
    dialog.locator(".kh-conversation-open", has_text="金庫").focus()
    keyboard.press("Enter")
    dialog.wait_for(state="detached")
    page.page.locator(".kh-turn").nth(1).wait_for()
    assert _questions(page) == ["金庫の合言葉は何ですか。", "Who knows it?"]
    assert page.page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    # The one that is open can be deleted too: an empty page is left.
    dialog = _list(page)
    expect(dialog.locator("[aria-current=true]")).to_have_count(1)
    dialog.locator(".kh-conversation", has_text="金庫").locator(".kh-act-delete").click()
    dialog.get_by_role("button", name=label("en", "conversation_delete"), exact=True).click()
    dialog.get_by_text(label("en", "conversation_deleted")).wait_for()
    keyboard.press("Escape")
    page.page.locator(".st-key-kihon-starters").wait_for()
    assert "c=" not in page.page.url
    assert page.is_clean(), (page.messages, page.foreign_hosts())


def test_back_leads_to_the_conversation_before(tab: OpenTab, address: str, settings: Settings) -> None:
    page = tab().open()
    first, second = _keep(settings, _owner(page), ("One", ["One?"]), ("Two", ["Two?"]))
    for title in ("One", "Two"):
        _list(page).locator(".kh-conversation-open", has_text=title).click()
        page.page.locator(".kh-bubble", has_text=f"{title}?").wait_for()
    page.page.wait_for_url(f"**/?c={second}")
    page.page.go_back()
    page.page.locator(".kh-bubble", has_text="One?").wait_for()
    assert page.page.url.endswith(f"?c={first}")


def test_hostile_first_questions_are_titles(tab: OpenTab, address: str, settings: Settings) -> None:
    page = tab(width=390, height=844).open()
    questions = [f"{EVIL}\n\n{RTL}", f"{RTL} {EVIL}", (LONG_WORD * 30)[:4000], "\u202egnp.exe\u0000 \u2066hidden"]
    kept = Conversations(settings)
    for question in questions:
        kept.append(kept.create(_owner(page)).id, _owner(page), question, ANSWER)
    dialog = _list(page)
    assert len(_titles(dialog)) == len(questions)
    expect(dialog.locator("img, script, a[href]")).to_have_count(0)
    assert dialog.evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    heights = dialog.locator(".kh-conversation").evaluate_all("all => all.map((one) => one.offsetHeight)")
    assert max(heights) < 100
    for n in range(len(questions)):
        dialog.locator(".kh-act-delete").nth(0).click()
        assert dialog.evaluate("e => e.scrollWidth - e.clientWidth") <= 0, n
        page.page.keyboard.press("Escape")
    dialog.locator(".kh-conversation-open").last.click()
    dialog.wait_for(state="detached")
    page.page.locator(".kh-turn").wait_for()
    assert page.is_clean(), (page.messages, page.foreign_hosts())


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_list_is_accessible_and_readable(
    tab: OpenTab, address: str, settings: Settings, width: int, height: int, theme: Any
) -> None:
    page = tab(width=width, height=height, color_scheme=theme).open()
    _keep(settings, _owner(page), ("金庫", ["合言葉は何ですか。"]), ("Harbour", ["When?"]), ("Market", ["Where?"]))
    page.ask(ADOPTED)
    dialog = _list(page)
    dialog.locator(".kh-act-delete").nth(1).click()
    dialog.locator(".kh-act-rename").nth(1).click()
    assert violations(page.page) == []
    assert too_faint(page.page, ".kh-side-dialog, .st-key-kihon-bar .kh-root") == []
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = page.page.locator(".st-key-kihon-bar > div").evaluate_all(
        "all => all.map((one) => one.getBoundingClientRect().toJSON()).filter((box) => box.width > 0)"
    )
    for left, right in itertools.pairwise(boxes):
        assert left["right"] <= right["left"] + 1  # nothing in the header lies on its neighbour
    assert boxes[-1]["right"] <= width


def test_a_thousand_conversations_and_three_hundred_turns_stay_fast(
    tab: OpenTab, own_address: str, own_settings: Settings
) -> None:
    page = tab(own_address).open()
    answer = create_chain(own_settings).invoke(ADOPTED)
    kept = Conversations(own_settings)
    long = kept.create(_owner(page), "The long one")
    for n in range(300):
        kept.append(long.id, _owner(page), f"Question {n}?", answer)
    with sqlite3.connect(own_settings.data_dir / "conversations.sqlite3") as db:
        for n in range(999):
            db.execute(
                "INSERT INTO conversations (id, owner, title, folded, created, changed) "
                "SELECT ?, owner, ?, ?, '2026-01-01', '2026-01-01' FROM conversations WHERE id = ?",
                [f"id-{n}", f"Title {n}", f"title {n}", long.id],
            )
        db.execute(
            "INSERT INTO turns (conversation, number, question, folded, asked) SELECT key, 1, 'q', 'q', '2026-01-01' "
            "FROM conversations WHERE id <> ?",
            [long.id],
        )
    started = time.monotonic()
    dialog = _list(page)
    assert time.monotonic() - started < 3
    assert dialog.locator("[role=status]").inner_text() == label("en", "conversations_count", n=1000)
    expect(dialog.locator(".kh-conversation")).to_have_count(50)
    dialog.get_by_role("button", name=label("en", "conversations_more")).click()
    page.page.wait_for_function("document.querySelectorAll('.kh-conversation').length === 100")
    started = time.monotonic()
    dialog.get_by_role("searchbox").fill("title 512")
    page.page.wait_for_function("document.querySelectorAll('.kh-conversation').length === 1")
    assert time.monotonic() - started < 3
    dialog.get_by_role("searchbox").fill("the long")
    dialog.locator(".kh-conversation-open", has_text="The long one").wait_for()
    started = time.monotonic()
    dialog.locator(".kh-conversation-open", has_text="The long one").click()
    page.page.locator(".kh-bubble", has_text="Question 299?").wait_for()
    assert time.monotonic() - started < 6
    expect(page.page.locator(".kh-turn")).to_have_count(20)


# --- nobody else's --------------------------------------------------------------------------------------------------


def test_two_browsers_do_not_see_each_others_conversations(tab: OpenTab, address: str) -> None:
    mine, other = tab().open(), tab().open()
    assert _owner(mine) != _owner(other)
    mine.ask(ADOPTED)
    link = mine.page.url
    assert _titles(_list(mine)) == [ADOPTED]
    dialog = _list(other)
    assert _titles(dialog) == []
    assert dialog.locator("[role=status]").inner_text() == label("en", "conversations_none")
    for url in (link, f"{address}/?c=no-such-conversation", f"{address}/?c=%3Cscript%3E"):
        _go_to(other, url)
        other.page.get_by_text(label("en", "conversation_missing")).wait_for()
        expect(other.page.locator(".kh-turn")).to_have_count(0)
        assert ADOPTED not in other.page.locator(".stMain [data-testid=stAlert]").inner_text()
        assert "c=" not in other.page.url
    other.ask(SECOND)
    expect(other.page.get_by_text(label("en", "conversation_missing"))).to_have_count(0)
    # A second tab of the same browser is the same reader.
    second = Tab(mine.page.context.new_page(), address)
    _go_to(second, link)
    assert _questions(second) == [ADOPTED]


def test_tabs_that_a_new_browser_opens_at_once_are_one_reader(tab: OpenTab, address: str) -> None:
    first = tab()
    second = Tab(first.page.context.new_page(), address)
    first.page.goto(address, wait_until="commit")
    second.page.goto(address, wait_until="commit")
    for page in (first, second):
        page.input.wait_for(timeout=60_000)
        page.page.locator(".kh-conversations-open").wait_for()
    _settle(first)
    first.ask(ADOPTED)
    second.ask(SECOND)
    assert sorted(_titles(_list(first))) == [ADOPTED, SECOND]
    (cookie,) = [cookie for cookie in first.page.context.cookies() if cookie.get("name") == OWNER_COOKIE]
    assert cookie.get("sameSite") == "Strict"


# --- what has become of it ------------------------------------------------------------------------------------------


def test_a_quote_of_a_deleted_document_is_removed_and_a_changed_one_says_so(
    tab: OpenTab, own_address: str, own_settings: Settings
) -> None:
    add_upload("bridge.md", BRIDGE.encode(), own_settings)
    page = tab(own_address).open()
    page.ask(OPENED)
    assert "3 May 2024" in page.turn.locator(".kh-text").inner_text()
    page.ask(ADOPTED)
    delete_document("uploads/bridge.md", own_settings)
    plan = own_settings.corpus_dir / "plan-1.md"
    plan.write_text(plan.read_text("utf-8").replace("23 December", "24 December"), "utf-8")
    build_index(own_settings)
    page.page.reload()
    page.page.locator(".kh-turn").nth(1).wait_for(timeout=60_000)
    bridge = page.page.locator(".kh-turn").first
    assert bridge.locator(".kh-remark").first.inner_text().strip() == label("en", "quote_removed")
    assert "Brandt" not in page.page.locator("body").inner_text()
    assert "3 May" not in page.page.locator("body").inner_text()
    assert page.turn.locator(".kh-remark", has_text=label("en", "quote_changed")).count() > 0
    mark = bridge.locator(".kh-mark").first
    page.page.keyboard.press("Shift")  # whoever types is no longer taken to the newest turn
    mark.focus()
    assert label("en", "quote_removed") in page.page.locator(".kh-card").inner_text()
    mark.press("Enter")
    page.page.locator(".kh-viewer").get_by_text(label("en", "trouble_document_missing")).wait_for()
    page.page.keyboard.press("Escape")
    assert "Brandt" not in _saved(page, "conversation_html").read_text("utf-8")


def test_what_cannot_be_kept_says_so_and_stays_on_the_page(tab: OpenTab, settings: Settings) -> None:
    with serving(settings, RAG_MAX_TURNS="1") as url:
        page = tab(url, locale="ja-JP").open()
        page.ask(JAPANESE)
        page.ask("第Ⅱ期の人工知能基本計画はいつ決定されましたか。")
        why = label("ja", "conversation_too_many")
        assert page.turn.locator(".kh-warn").inner_text().strip() == label("ja", "unkept", why=why)
        assert page.turn.locator(".kh-text").inner_text()
        assert JAPANESE in _saved(page, "conversation_markdown", "ja").read_text("utf-8")


# --- taken along ----------------------------------------------------------------------------------------------------


def _saved(page: Tab, kind: str, language: Any = "en") -> Path:
    with page.page.expect_download() as download:
        page.turn.locator(".kh-menu summary", has_text=label(language, "save")).click()
        page.turn.locator(".kh-menu-entry", has_text=label(language, f"save_{kind}")).click()
    # Named as it is saved: a browser reads a file as what its ending says.
    path = Path(download.value.path())
    return path.rename(path.with_name(f"{path.name}-{download.value.suggested_filename}"))


def _verify(file: Path, settings: Settings) -> tuple[int, dict[str, Any]]:
    """What the command line says of a file."""
    done = subprocess.run(
        [sys.executable, "-m", "rag", "verify", str(file), "--json", "--index", str(settings.index_dir)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout)


def test_a_conversation_is_taken_along_and_checked_later(
    tab: OpenTab, own_address: str, own_settings: Settings
) -> None:
    page = tab(own_address).open()
    page.ask(ADOPTED)
    page.ask(JAPANESE)
    dialog = _list(page)
    dialog.locator(".kh-act-rename").click()
    dialog.locator("input[name=title]").fill(f"計画 {EVIL}")
    page.page.keyboard.press("Enter")
    dialog.get_by_text(label("en", "conversation_renamed")).wait_for()
    page.page.keyboard.press("Escape")
    page.page.reload()  # what was kept is taken along as what was just answered
    page.page.locator(".kh-turn").nth(1).wait_for(timeout=60_000)
    markdown = _saved(page, "conversation_markdown").read_text("utf-8")
    assert markdown.startswith("# 計画 \\<img")
    assert "\n## When was Japan's AI Basic Plan adopted?\n" in markdown
    html = _saved(page, "conversation_html")
    other = page.page.context.new_page()
    asked: list[str] = []
    other.on("request", lambda request: asked.append(request.url))
    other.goto(html.as_uri())
    assert other.title() == f"計画 {EVIL}"
    assert other.locator("h2").all_inner_texts() == [ADOPTED, JAPANESE]
    assert other.locator("blockquote").count() > 1
    assert other.evaluate("window.hacked") is None
    assert asked == [html.as_uri()]
    bundle = _saved(page, "conversation_evidence")
    evidence = json.loads(bundle.read_text("utf-8"))
    assert (evidence["title"], len(evidence["turns"])) == (f"計画 {EVIL}", 2)
    code, report = _verify(bundle, own_settings)
    assert (code, report["ok"]) == (0, True)
    one = _saved(page, "evidence")
    assert _verify(one, own_settings)[0] == 0
    plan = own_settings.corpus_dir / "plan-1.md"
    plan.write_text(plan.read_text("utf-8").replace("23 December", "24 December"), "utf-8")
    build_index(own_settings)
    code, report = _verify(bundle, own_settings)
    assert (code, report["ok"]) == (3, False)
    assert {problem["code"] for problem in report["problems"]} == {"quote_mismatch"}
    assert all("whose text has changed" in problem["message"] for problem in report["problems"])
