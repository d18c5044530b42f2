"""What a turn and the source viewer do, in real Chromium: stages, cards, pages, copying, feedback, long lists."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from chromium import browser, too_faint
from made_turns import EVIL, LONG_WORD, RTL, cite, done, hit
from openai_server import OpenAIServer, Reply
from plans_index import copied
from playwright.sync_api import expect
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate
from served_page import OpenTab, Tab, serving, serving_turns, tab

from rag import Settings, build_index, verify
from rag.answer import Answer, Conflict, Unsupported
from rag.ui.labels import LANGUAGES, Language, label

if TYPE_CHECKING:
    from playwright.sync_api import Locator

__all__ = ["browser", "tab"]  # the fixtures

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(600)]

ADOPTED = "When was Japan's AI Basic Plan adopted?"
OPENED = "When was the Velmora bridge opened?"
BRIDGE = (
    "The city council agreed to build in 2019. The Velmora bridge cost 48 million crowns. It was opened on 3 May 2024 "
    "by the mayor, Ilse Brandt, after four years of building works on both banks of the river."
)
OLD_WORDS = "decided by the Cabinet on Tuesday 23 December 2025"
NEW_WORDS = "was decided by the Cabinet on 14 July 2026."
SIZES = [(1440, 900), (820, 1180), (390, 844)]


def _bridge() -> bytes:
    style = getSampleStyleSheet()
    texts = (
        "Velmora lies at the mouth of the river Tann. Its harbour was widened in 1981.",
        BRIDGE,
        "A second tram line is to cross the bridge from 2030 on.",
    )
    flowables: list[Any] = []
    for text in texts:
        flowables += [Paragraph(text, style["BodyText"]), PageBreak()]
    buffer = io.BytesIO()
    SimpleDocTemplate(buffer, pagesize=A4).build(flowables)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def settings(plans: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Both plans, a PDF and a hostile document, indexed."""
    made = copied(plans, tmp_path_factory.mktemp("turns"))
    corpus = made.corpus_dir
    (corpus / "bridge.pdf").write_bytes(_bridge())
    (corpus / "evil.md").write_text(
        f"---\ntitle: '{EVIL} {LONG_WORD}'\npublisher: '{EVIL}'\nurl: javascript:window.hacked=1\n---\n"
        f"Purple gadgets are limited {EVIL} to 512.\n\n{RTL}\n\n{LONG_WORD}\n",
        "utf-8",
    )
    build_index(made)
    return made


@pytest.fixture(scope="module")
def address(settings: Settings) -> Iterator[str]:
    with serving(settings) as url:
        yield url


@pytest.fixture(scope="module")
def made_address(settings: Settings) -> Iterator[str]:
    """The page over a conversation with what a small corpus seldom gives: a conflict, flaws, hostile words."""
    old = cite(1, "corpus/plan-1.md", OLD_WORDS, settings)
    new = cite(2, "corpus/plan-2.md", NEW_WORDS, settings)
    evil = cite(1, "corpus/evil.md", f"Purple gadgets are limited {EVIL} to 512.", settings)
    rtl, long = cite(2, "corpus/evil.md", RTL, settings), cite(3, "corpus/evil.md", LONG_WORD, settings)
    hostile = f"Limited to 512 {EVIL}. [1] {RTL}. [2] {LONG_WORD} [3] [go](javascript:window.hacked=1)"
    wrong = "It costs 987 yen. [1]"
    turns = [
        done(
            Answer(
                text=f"{hostile}\n{wrong}",
                citations=(evil, rtl, long),
                mode="llm",
                unsupported=(
                    Unsupported(
                        start=len(hostile) + 1,
                        end=len(hostile) + 1 + len(wrong) - 4,
                        code="figure_unsupported",
                        detail="'987' does not stand in the quotes [1].",
                    ),
                ),
                hits=(hit(1, "corpus/plan-2.md", NEW_WORDS, settings, title=f"{EVIL}{LONG_WORD}"),),
            ),
            question=f"{EVIL} {LONG_WORD} {RTL}",
            suggestions=(f"{EVIL} {LONG_WORD}?",),
        ),
        done(
            Answer(
                text="The first was decided in 2025. [1] The second in 2026. [2]",
                searched="When were the first and the second AI Basic Plan decided?",
                citations=(old, new),
                conflicts=(Conflict(subject="the date of the decision", citations=(1, 2)),),
                hits=(hit(1, "corpus/plan-1.md", OLD_WORDS, settings),),
                mode="extractive",
            ),
            question="When were they decided?",
            suggestions=("What does the second AI Basic Plan assume?", "Who chairs the headquarters?", ADOPTED),
        ),
    ]
    with serving_turns(settings, turns) as url:
        yield url


def _clipboard(page: Tab) -> str:
    text: str = page.page.evaluate("navigator.clipboard.readText()")
    return text


def _choose(turn: Locator, menu: str, entry: str) -> None:
    turn.locator(".kh-menu summary", has_text=menu).click()
    turn.locator(".kh-menu-entry", has_text=entry).click()


def _cases(settings: Settings) -> list[dict[str, Any]]:
    file = settings.data_dir / "cases.jsonl"
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


# --- stages, stopping, other sessions ------------------------------------------------------------------------------


def test_words_appear_as_they_come_stop_keeps_them_and_no_other_session_waits(tab: OpenTab, settings: Settings) -> None:
    reply = (
        "The first plan was decided on 23 December 2025. [1] " * 3 + "The second was decided on 14 July 2026. [2] " * 9
    )
    with (
        OpenAIServer([Reply(reply, piece_chars=12, delay_s=0.15)]) as server,
        serving(
            settings,
            OPENAI_API_KEY="none",
            OPENAI_BASE_URL=server.base_url,
            RAG_LLM_INPUT_PRICE="1",
            RAG_LLM_OUTPUT_PRICE="2",
        ) as url,
    ):
        page, other = tab(url).open(), tab(url).open()
        page.input.fill(ADOPTED)
        page.input.press("Enter")
        text = page.page.locator(".kh-turn .kh-text")
        text.wait_for(timeout=60_000)
        assert page.turn.locator(".kh-stage-active").inner_text() == label("en", "stage_check")
        assert re.fullmatch(r"Searched\s*[\d.]+ m?s", page.turn.locator(".kh-stage-done").first.inner_text())
        first = len(text.inner_text())
        page.page.wait_for_function("n => document.querySelector('.kh-text').innerText.length > n", arg=first)
        started = time.monotonic()
        other.input.fill(ADOPTED)
        other.input.press("Enter")
        other.page.locator(".kh-turn .kh-text").wait_for(timeout=30_000)
        assert time.monotonic() - started < 15
        assert page.turn.get_attribute("class") == "kh-turn kh-running"  # it went on meanwhile
        page.page.get_by_role("button", name=label("en", "stop")).click()
        page.page.locator(".kh-stopped").wait_for()
        assert "23 December 2025" in text.inner_text()
        assert label("en", "stopped") in page.turn.inner_text()
        kept = text.inner_text()
        page.page.wait_for_timeout(1500)
        assert text.inner_text() == kept
        assert page.is_clean(), page.messages


def test_a_broken_model_leaves_a_way_out_and_says_what_was_spent(tab: OpenTab, settings: Settings) -> None:
    broken = Reply("The first plan was decided on 23 December 2025. [1] And then " + "it went on " * 30, fault="cut")
    whole = Reply("The first plan was decided on 23 December 2025. [1]")
    with (
        OpenAIServer([whole, broken]) as server,
        serving(
            settings,
            OPENAI_API_KEY="none",
            OPENAI_BASE_URL=server.base_url,
            RAG_CHAT_MODEL="model-1",
            RAG_LLM_INPUT_PRICE="1",
            RAG_LLM_OUTPUT_PRICE="2",
            RAG_HISTORY_TURNS="0",
        ) as url,
    ):
        page = tab(url).open()
        foot = page.ask(ADOPTED).locator(".kh-foot").inner_text()
        assert re.fullmatch(
            r"Written by model-1, quotes checked · in [\d.]+ m?s · [\d,]+ tokens · (about|below) \$0\.\d{4}", foot
        )
        expect(page.turn.locator(".kh-wayout")).to_have_count(0)
        turn = page.ask("When was the second plan decided?")
        way_out = turn.locator(".kh-wayout button")
        assert way_out.inner_text() == label("en", "answer_offline")
        n_requests = len(server.requests)
        way_out.click()
        page.page.locator(".kh-turn").last.locator(".kh-foot", has_text="Quoted from the documents").wait_for()
        assert "14 July 2026" in page.turn.locator(".kh-text").inner_text()
        expect(page.turn.locator(".kh-wayout")).to_have_count(0)
        expect(page.page.locator(".kh-turn")).to_have_count(2)  # it took the place of the broken one
        assert len(server.requests) == n_requests


# --- marks and the viewer -------------------------------------------------------------------------------------------


def test_card_says_what_the_quote_is_of(tab: OpenTab, made_address: str) -> None:
    page = tab(made_address).open()
    turn = page.turn
    page.page.keyboard.press("Tab")  # whoever does something is no longer held at the page's beginning
    turn.locator(".kh-mark").first.focus()
    card = page.page.locator(".kh-card")
    card.wait_for()
    said = card.inner_text()
    for part in (
        "The first AI Basic Plan (23 December 2025)",
        "Kihon project · 2025-12-23 · Plan",
        "Superseded",
        "Newer edition: The second AI Basic Plan",
    ):
        assert part in said
    assert card.locator("blockquote").inner_text() == OLD_WORDS
    assert turn.locator(".kh-mark").first.get_attribute("aria-describedby") == "kh-card"


def test_superseded_source_points_to_the_newer_edition(tab: OpenTab, made_address: str) -> None:
    page = tab(made_address).open()
    newer = page.turn.locator(".kh-source-list .kh-newer")
    expect(newer).to_have_count(1)
    page.turn.locator(".kh-source").first.click()
    viewer = page.page.locator(".kh-viewer")
    viewer.locator(".kh-newer").click()
    page.page.wait_for_function("document.querySelector('.kh-viewer-title').innerText.includes('second AI Basic Plan')")
    viewer.locator(".kh-document").wait_for()
    expect(viewer.locator(".kh-newer")).to_have_count(0)
    page.page.keyboard.press("Escape")
    viewer.wait_for(state="detached")
    assert "kh-source" in page.page.evaluate("document.activeElement.className")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_page_of_a_pdf_is_shown_with_the_passage_marked(tab: OpenTab, width: int, height: int) -> None:
    page = tab(width=width, height=height).open()
    page.ask(OPENED)
    page.turn.locator(".kh-source").first.click()
    assert "3 May 2024" in page.quote_in_viewer()
    viewer = page.page.locator(".kh-viewer")
    viewer.get_by_role("button", name=label("en", "as_page"), exact=True).click()
    picture = viewer.locator(".kh-picture")
    picture.wait_for(timeout=30_000)
    assert picture.get_attribute("alt") == label("en", "page_picture", page=2)
    page.page.wait_for_function("document.querySelector('.kh-picture').naturalWidth >= 1000")
    page.page.wait_for_timeout(300)
    around, mark = picture.bounding_box(), viewer.locator(".kh-page-mark").first.bounding_box()
    assert around is not None
    assert mark is not None
    assert around["x"] < mark["x"] < mark["x"] + mark["width"] < around["x"] + around["width"]
    assert 0 < mark["y"] < height  # scrolled into view
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    viewer.get_by_role("button", name=label("en", "next_page")).click()
    page.page.wait_for_function("document.querySelector('.kh-page-nth').innerText === 'Page 3 of 3'")
    expect(viewer.locator(".kh-page-mark")).to_have_count(0)
    assert label("en", "page_unmarked") in viewer.inner_text()
    assert viewer.get_by_role("button", name=label("en", "next_page")).is_disabled()
    assert page.is_clean(), (page.messages, page.foreign_hosts())


def test_page_of_a_file_that_changed_is_not_shown_but_the_text_is(tab: OpenTab, settings: Settings) -> None:
    file = settings.corpus_dir / "bridge.pdf"
    before = file.read_bytes()
    page = tab(locale="ja-JP").open()
    page.ask(OPENED)
    page.turn.locator(".kh-source").first.click()
    page.quote_in_viewer()
    file.write_bytes(before + b"\n")
    try:
        viewer = page.page.locator(".kh-viewer")
        viewer.get_by_role("button", name=label("ja", "as_page"), exact=True).click()
        error = viewer.locator(".kh-error")
        error.wait_for()
        assert error.inner_text().strip() == label("ja", "trouble_file_changed")
        viewer.get_by_role("button", name=label("ja", "as_text"), exact=True).click()
        assert "3 May 2024" in page.quote_in_viewer()
    finally:
        file.write_bytes(before)


# --- conflicts, follow-ups, hostile words ---------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_conflict_shows_both_quotes_whole(tab: OpenTab, made_address: str, width: int, height: int) -> None:
    page = tab(made_address, width=width, height=height).open()
    sides = page.turn.locator(".kh-conflict .kh-source")
    expect(sides).to_have_count(2)
    for side, words, date in zip(sides.all(), (OLD_WORDS, NEW_WORDS), ("2025-12-23", "2026-07-14"), strict=True):
        assert side.locator(".kh-source-quote").inner_text() == words
        assert date in side.locator(".kh-source-meta").inner_text()
    boxes = "all => all.map((one) => one.getBoundingClientRect().toJSON())"
    left, right = sides.evaluate_all(boxes)
    if width > 560:
        assert right["x"] > left["x"] + left["width"] - 1  # beside each other
    else:
        assert right["y"] > left["y"] + left["height"] - 1  # one below the other
    sides.last.click()
    assert page.quote_in_viewer() == NEW_WORDS


def test_every_turn_follows_the_language_of_the_page(tab: OpenTab, made_address: str) -> None:
    page = tab(made_address).open()
    turns = page.page.locator(".kh-turn")
    languages: tuple[Language, ...] = ("ja", "en")
    for language in languages:
        page.page.locator(".st-key-language button", has_text=LANGUAGES[language]).click()
        again, answer = label(language, "ask_again"), label(language, "answer_label")
        for where in (f".kh-act-again:has-text('{again}')", f".kh-answer[aria-label='{answer}']"):
            page.page.locator(where).nth(turns.count() - 1).wait_for()


def test_searched_question_is_said_where_it_differs_and_next_questions_are_asked(
    tab: OpenTab, made_address: str
) -> None:
    page = tab(made_address).open()
    assert page.page.locator(".kh-searched").all_inner_texts() == [
        "Searched as: When were the first and the second AI Basic Plan decided?"
    ]
    suggested = page.page.locator(".kh-next-question")
    expect(suggested).to_have_count(3)  # of the newest turn alone
    suggested.last.focus()
    page.page.keyboard.press("Enter")
    page.page.locator(".kh-turn").nth(2).and_(page.page.locator(".kh-done")).wait_for(timeout=60_000)
    assert page.turn.locator(".kh-bubble").inner_text().endswith(ADOPTED)
    assert "23 December 2025" in page.turn.locator(".kh-text").inner_text()


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_hostile_words_are_words(tab: OpenTab, made_address: str, width: int, height: int) -> None:
    page = tab(made_address, width=width, height=height).open()
    turn = page.page.locator(".kh-turn").first
    expect(turn.locator("img, script, a[href], iframe")).to_have_count(0)
    assert turn.locator(".kh-flaw").count() > 0
    assert "“It costs 987 yen.” does not stand in the quotes given for it." in turn.locator(".kh-warn").inner_text()
    turn.locator(".kh-unused summary").click()
    turn.locator(".kh-source").first.click()
    assert EVIL in page.quote_in_viewer()
    viewer = page.page.locator(".kh-viewer")
    expect(viewer.locator("img, script, a[href]")).to_have_count(0)
    page.page.keyboard.press("Escape")
    turn.locator("[data-verdict=down]").click()
    dialog = page.page.locator("dialog")
    dialog.wait_for()
    assert EVIL in dialog.inner_text()
    expect(dialog.locator("img, script, a[href]")).to_have_count(0)
    wide = "(name) => { const e = document.querySelector(name); return e.scrollWidth - e.clientWidth; }"
    assert page.page.evaluate(wide, "dialog") <= 0
    assert page.page.evaluate(wide, ".kh-turn") <= 0
    page.page.keyboard.press("Escape")
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    quotes = turn.locator(".kh-source-quote")
    assert quotes.nth(1).evaluate("e => getComputedStyle(e).direction") == "rtl"
    assert page.is_clean(), (page.messages, page.foreign_hosts())


# --- taking along ---------------------------------------------------------------------------------------------------


def test_answer_is_copied_with_its_citations(tab: OpenTab, made_address: str) -> None:
    page = tab(made_address, permissions=["clipboard-read", "clipboard-write"]).open()
    _choose(page.turn, label("en", "copy"), label("en", "copy_plain"))
    page.page.get_by_text(label("en", "copied"), exact=True).first.wait_for()
    plain = _clipboard(page)
    assert "\nThe first was decided in 2025. [1] The second in 2026. [2]\n" in plain
    assert "[1] The first AI Basic Plan (23 December 2025) · Kihon project · 2025-12-23 · Plan · Superseded" in plain
    assert f"“{OLD_WORDS}”" in plain
    assert f"“{NEW_WORDS}”" in plain
    _choose(page.turn, label("en", "copy"), label("en", "copy_markdown"))
    page.page.wait_for_timeout(300)
    markdown = _clipboard(page)
    assert "**Sources**" in markdown
    assert f"> {OLD_WORDS}" in markdown
    _choose(page.page.locator(".kh-turn").first, label("en", "copy"), label("en", "copy_markdown"))
    page.page.wait_for_timeout(300)
    assert not re.search(r"(?<!\\)<(img|script)", _clipboard(page))  # nothing in it is live markup


def test_text_copied_by_hand_keeps_marks_and_takes_the_quotes_along(tab: OpenTab, made_address: str) -> None:
    page = tab(made_address, permissions=["clipboard-read", "clipboard-write"]).open()
    select = """(last) => {
      const text = [...document.querySelectorAll('.kh-text')].at(-1).querySelector('.kh-p');
      const range = document.createRange();
      range.setStart(text, 0);
      range.setEndAfter(text.querySelectorAll('.kh-mark')[last]);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
    }"""
    page.page.evaluate(select, 0)
    page.page.keyboard.press("Control+C")
    copied = _clipboard(page)
    assert copied.startswith("The first was decided in 2025. [1]\n\n[1] “" + OLD_WORDS)
    assert "[2]" not in copied
    page.page.evaluate(select, 1)
    page.page.keyboard.press("Control+C")
    assert re.search(r"\[1\] “.*\n\[2\] “", _clipboard(page))


def test_copying_works_without_a_clipboard_too(tab: OpenTab, made_address: str) -> None:
    # As over http from another machine: there is no navigator.clipboard there.
    page = tab(made_address)
    page.page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.open()
    page.page.evaluate("document.addEventListener('copy', () => { window.copies = (window.copies ?? 0) + 1; })")
    _choose(page.turn, label("en", "copy"), label("en", "copy_plain"))
    page.page.get_by_text(label("en", "copied"), exact=True).first.wait_for()
    assert page.page.evaluate("window.copies") == 1


def test_saved_files_are_what_they_say(tab: OpenTab, settings: Settings) -> None:
    page = tab().open()
    page.ask(ADOPTED)
    with page.page.expect_download() as download:
        _choose(page.turn, label("en", "save"), label("en", "save_evidence"))
    assert verify(Path(download.value.path()).read_text("utf-8"), settings).ok
    for kind, name in (("markdown", "kihon-conversation.md"), ("html", "kihon-conversation.html")):
        with page.page.expect_download() as download:
            _choose(page.turn, label("en", "save"), label("en", f"save_conversation_{kind}"))
        assert download.value.suggested_filename == name
        assert "23 December 2025" in Path(download.value.path()).read_text("utf-8")


# --- feedback, asking again, editing --------------------------------------------------------------------------------


def test_thumbs_down_keeps_the_right_sentence_as_a_case(tab: OpenTab, settings: Settings) -> None:
    page = tab().open()
    page.ask("What is to cross the Velmora bridge?")
    page.turn.locator("[data-verdict=down]").click()
    dialog = page.page.locator("dialog")
    dialog.get_by_role("button", name=label("en", "feedback_send")).click()
    dialog.locator(".kh-form-error", has_text=label("en", "feedback_says_nothing")).wait_for()
    dialog.get_by_label(label("en", "feedback_incomplete")).check()
    place = dialog.locator(".kh-place-hit", has_text="second tram line").first
    place.locator("input[name=place]").check()
    place.get_by_label("A second tram line is to cross the bridge from 2030 on.").check()
    dialog.get_by_role("button", name=label("en", "feedback_send")).click()
    dialog.wait_for(state="detached")
    page.page.get_by_text(label("en", "feedback_kept")).first.wait_for()
    page.turn.locator("[data-verdict=down][aria-pressed=true]").wait_for()
    case = _cases(settings)[-1]
    assert case["question"] == "What is to cross the Velmora bridge?"
    assert case["quotes"] == [
        {"document_id": "corpus/bridge.pdf", "quote": "A second tram line is to cross the bridge from 2030 on."}
    ]
    assert case["feedback"]["correction"] == "incomplete"


def test_thumbs_by_keyboard_not_in_the_documents_and_what_is_right(tab: OpenTab, settings: Settings) -> None:
    page = tab().open()
    page.ask(OPENED)
    for place, text in (("feedback_nowhere", ""), ("feedback_unknown", "On 4 May 2024")):
        page.turn.locator("[data-verdict=down]").focus()
        page.page.keyboard.press("Enter")
        dialog = page.page.locator("dialog")
        dialog.get_by_label(label("en", place)).check()
        dialog.locator("textarea").fill(text)
        dialog.get_by_role("button", name=label("en", "feedback_send")).press("Enter")
        dialog.wait_for(state="detached")
        page.page.wait_for_function("document.activeElement.dataset.verdict === 'down'")
    nowhere, right = _cases(settings)[-2:]
    assert nowhere["answerable"] is False
    assert right["answers"] == [["On 4 May 2024"]]
    page.turn.locator("[data-verdict=up]").click()
    page.page.locator("dialog").get_by_role("button", name=label("en", "feedback_send")).click()
    page.page.locator("dialog").wait_for(state="detached")
    good = _cases(settings)[-1]
    assert good["feedback"]["correction"] == "correct"
    assert good["documents"] == ["corpus/bridge.pdf"]


def test_an_edited_question_is_asked_from_there_and_the_rest_is_folded(tab: OpenTab) -> None:
    page = tab().open()
    page.ask(OPENED)
    page.ask(ADOPTED)
    first = page.page.locator(".kh-turn").first
    first.locator(".kh-edit").click()
    area = first.locator("textarea")
    assert area.input_value() == OPENED
    page.page.keyboard.press("Escape")
    assert first.locator(".kh-bubble").inner_text().endswith(OPENED)
    assert "kh-edit" in page.page.evaluate("document.activeElement.className")
    page.page.keyboard.press("Enter")
    area.fill("Who opened the Velmora bridge?")
    area.press("Enter")
    page.page.locator(".kh-replaced").wait_for()
    page.page.locator(".kh-turn.kh-done").wait_for(timeout=60_000)
    expect(page.page.locator(".kh-turn")).to_have_count(1)
    assert page.turn.locator(".kh-bubble").inner_text().endswith("Who opened the Velmora bridge?")
    folded = page.page.locator(".kh-replaced")
    assert folded.locator("summary").inner_text() == label("en", "replaced", n=2)
    assert not folded.locator(".kh-replaced-turn").first.is_visible()
    folded.locator("summary").click()
    assert folded.locator(".kh-replaced-question").all_inner_texts() == [OPENED, ADOPTED]


def test_asking_again_takes_the_place_of_the_answer(tab: OpenTab) -> None:
    page = tab().open()
    page.ask(OPENED)
    page.turn.get_by_role("button", name=label("en", "ask_again")).click()
    page.page.locator(".kh-replaced").wait_for()
    page.page.locator(".kh-turn.kh-done").wait_for(timeout=60_000)
    expect(page.page.locator(".kh-turn")).to_have_count(1)
    assert "3 May 2024" in page.turn.locator(".kh-text").inner_text()


# --- long conversations and looks -----------------------------------------------------------------------------------


def test_three_hundred_turns_stay_fast(tab: OpenTab, settings: Settings) -> None:
    quotes = tuple(cite(n, "corpus/plan-1.md", OLD_WORDS, settings) for n in (1, 2, 3))
    hits = tuple(hit(n, "corpus/plan-2.md", NEW_WORDS, settings) for n in range(1, 17))
    answer = Answer(text="One. [1] Two. [2] Three. [3] " * 3, citations=quotes, hits=hits, mode="extractive")
    turns = [done(answer, question=f"Question {n}?") for n in range(1, 301)]
    with serving_turns(settings, turns) as url:
        page = tab(url).open()
        page.page.locator(".kh-turn").nth(19).wait_for()
        expect(page.page.locator(".kh-turn")).to_have_count(20)
        for question in (ADOPTED, OPENED):  # the first loads the model
            started = time.monotonic()
            page.input.fill(question)
            page.input.press("Enter")
            asked = page.page.locator(".kh-turn.kh-done", has_text=question)
            asked.locator(".kh-text").wait_for(timeout=60_000)
        assert time.monotonic() - started < 6
        started = time.monotonic()
        page.turn.locator(".kh-source").first.click()
        page.quote_in_viewer()
        assert time.monotonic() - started < 3
        page.page.keyboard.press("Escape")
        older = page.page.get_by_role("button", name=label("en", "show_older", n=282))
        older.click()
        page.page.locator(".kh-turn").nth(39).wait_for()
        assert page.page.locator(".kh-turn .kh-bubble").first.inner_text().endswith("Question 263?")


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_everything_in_a_turn_is_readable(
    tab: OpenTab, made_address: str, width: int, height: int, theme: Any, language: Any
) -> None:
    page = tab(made_address, width=width, height=height, color_scheme=theme, locale=language).open()
    turn = page.turn
    turn.locator(".kh-unused, .kh-next").first.wait_for()
    turn.locator(".kh-menu summary").first.click()
    assert too_faint(page.page, ".kh-root") == []
    page.page.keyboard.press("Escape")
    turn.locator("[data-verdict=down]").click()
    page.page.locator("dialog input[name=place]").last.check()
    assert too_faint(page.page, "dialog") == []
    page.page.keyboard.press("Escape")
    turn.locator(".kh-source").first.click()
    page.quote_in_viewer()
    assert too_faint(page.page, ".kh-viewer") == []
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
