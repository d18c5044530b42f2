"""The page in a browser that is slow: scripts come late, what they draw has changed, what is sent is sent twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from chromium import browser
from made_turns import cite, done
from openai_server import OpenAIServer, Reply
from playwright.sync_api import expect
from served_page import OpenTab, Tab, serving_turns, tab

from rag import Settings, build_index
from rag.answer import Answer
from rag.ui.labels import LANGUAGES, label

__all__ = ["browser", "tab"]  # the fixtures

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(300)]

BRIDGE = "The Velmora bridge was opened on 3 May 2024."
# The script of a component is a module of its own: it does not run before `release` is called with its name.
HOLD_SCRIPTS = """
const held = {};
for (const name of ["kihon.shell", "kihon.part"]) {
  held[name] = {};
  held[name].until = new Promise((release) => { held[name].release = release; });
}
globalThis.untilReleased = (name) => held[name].until;
globalThis.release = (name) => held[name].release();
globalThis.Blob = class extends Blob {
  constructor(parts, options) {
    const text = options?.type === "text/javascript" ? parts.join("") : "";
    const name = Object.keys(held).find((name) => text.includes(`st-bidi-${name}`));
    super(name ? [`await globalThis.untilReleased("${name}");\\n`, ...parts] : parts, options);
  }
};
"""
# The focus goes to the first mark. Where that is in the window, and how many cards are open, in each frame after that.
FOCUS_AND_LOOK = """() => new Promise((done) => {
  const [mark, until, seen] = [document.querySelector(".kh-mark"), performance.now() + 1500, new Set()];
  mark.focus();
  const look = () => {
    const top = Math.round(mark.getBoundingClientRect().top);
    seen.add(JSON.stringify([top, document.querySelectorAll(".kh-card").length]));
    if (performance.now() < until) requestAnimationFrame(look);
    else done([...seen].map(JSON.parse));
  };
  look();
})"""
COUNT_FRAMES = """
const ask = requestAnimationFrame;
globalThis.framesAsked = 0;
globalThis.requestAnimationFrame = (draw) => { globalThis.framesAsked += 1; return ask(draw); };
"""
LATE_MS = 600
# What is typed and clicked is sent by Streamlit after this time, as on a busy machine; its timers go on meanwhile.
SEND_LATE = f"""
const later = setTimeout;
globalThis.setTimeout = (act, ms, ...more) => later(act, ms || {LATE_MS}, ...more);
"""
COMES_TO_REST = """async () => {
  for (let halfSeconds = 0; halfSeconds < 30; halfSeconds += 1) {
    const before = framesAsked;
    await new Promise((go) => { setTimeout(go, 500); });
    if (framesAsked === before) return true;
  }
  return false;
}"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One document, indexed."""
    folder = tmp_path_factory.mktemp("slow")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "bridge.md").write_text(f"# The bridge\n\n{BRIDGE}\n", "utf-8")
    made = Settings(corpus_dir=folder / "corpus", index_dir=folder / "index", data_dir=folder / "data")
    build_index(made)
    return made


@pytest.fixture(scope="module")
def address(settings: Settings) -> Iterator[str]:
    """The page over a conversation of two turns."""
    answer = Answer(text=f"{BRIDGE} [1]", citations=(cite(1, "corpus/bridge.md", BRIDGE, settings),), mode="extractive")
    with serving_turns(settings, [done(answer, question="When?"), done(answer, question="Once more?")]) as url:
        yield url


@pytest.mark.parametrize("first", ["kihon.shell", "kihon.part"])
def test_what_changed_before_the_scripts_came_is_drawn_and_the_keyboard_works(tab: OpenTab, first: str) -> None:
    page = tab(locale="en-US")
    page.page.add_init_script(HOLD_SCRIPTS)
    page.page.goto(page.address)
    page.input.wait_for(timeout=60_000)
    page.page.locator(".st-key-language").get_by_text(LANGUAGES["ja"]).click()
    page.page.get_by_placeholder(label("ja", "input")).wait_for()
    expect(page.page.locator(".kh-turn")).to_have_count(0)
    page.page.evaluate("release", first)
    page.page.wait_for_function("globalThis.kihon")
    for name in ("kihon.shell", "kihon.part"):
        page.page.evaluate("release", name)
    page.page.locator(".kh-turn").nth(1).wait_for(timeout=10_000)
    page.page.locator(".kh-name").click()
    page.page.keyboard.press("?")
    page.page.locator("dialog", has_text=label("ja", "key_help")).wait_for(timeout=10_000)
    expect(page.page.locator("[role=log]")).to_have_count(1)
    assert page.is_clean(), (page.messages, page.foreign_hosts())


def test_a_page_that_was_opened_stays_where_the_reader_goes(tab: OpenTab) -> None:
    page = tab(locale="en-US", height=400)
    slow = page.page.context.new_cdp_session(page.page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.page.goto(page.address)
    page.page.locator(".kh-turn").nth(1).wait_for(timeout=60_000)
    page.page.keyboard.press("Shift")  # whoever types is no longer taken to the newest turn
    seen = page.page.evaluate(FOCUS_AND_LOOK)
    assert [n_cards for _, n_cards in seen] == [1], seen  # one place, one card


def test_a_page_that_was_opened_comes_to_rest(tab: OpenTab) -> None:
    page = tab(locale="en-US", height=400)
    page.page.add_init_script(COUNT_FRAMES)
    page.page.goto(page.address)
    page.page.locator(".kh-turn").nth(1).wait_for(timeout=60_000)
    main = page.page.locator(".stMain")
    assert main.evaluate("main => main.scrollHeight - main.clientHeight - main.scrollTop") > 1
    assert page.page.evaluate(COMES_TO_REST)


# --- what Streamlit tells twice --------------------------------------------------------------------------------------


@pytest.fixture
def busy(settings: Settings) -> Iterator[str]:
    """The page over a conversation of 70 turns, with a chat model whose answers take their time."""
    turns = [done(Answer(text="It is so.", mode="extractive"), question=f"Question {n}?") for n in range(1, 71)]
    with (
        OpenAIServer([Reply(f"{BRIDGE} [1] " * 40, piece_chars=4, delay_s=0.1)]) as server,
        serving_turns(settings, turns, OPENAI_API_KEY="none", OPENAI_BASE_URL=server.base_url) as url,
    ):
        yield url


@pytest.fixture
def late(tab: OpenTab, busy: str) -> Tab:
    """The page in a browser that sends late, while a first question is answered: 20 of 71 turns are shown."""
    page = tab(busy, locale="en-US")
    page.page.add_init_script(SEND_LATE)
    page.open()
    ask_late(page, "When was it opened?")
    return page


def ask_late(page: Tab, question: str) -> None:
    """Ask, and wait until that is being answered."""
    page.input.fill(question)
    page.input.press("Enter")
    page.page.locator(".kh-turn", has_text=question).and_(page.page.locator(".kh-running")).wait_for(timeout=60_000)


def test_a_question_is_asked_once_while_another_one_is_answered(late: Tab) -> None:
    ask_late(late, "And once more?")
    late.page.wait_for_timeout(3 * LATE_MS)
    late.page.get_by_role("button", name=label("en", "show_older", n=52)).wait_for()
    expect(late.page.locator(".kh-turn", has_text="And once more?")).to_have_count(1)


def test_a_turn_is_asked_again_once_while_another_one_is_answered(late: Tab) -> None:
    again = late.page.locator(".kh-turn", has_text="Question 70?")
    again.get_by_role("button", name=label("en", "ask_again")).click()
    # It takes the place of itself and of the one that was being answered.
    older = late.page.get_by_role("button", name=label("en", "show_older", n=50))
    older.wait_for(timeout=20_000)
    late.page.wait_for_timeout(3 * LATE_MS)
    expect(older).to_be_visible()
    turn = late.page.locator(".kh-turn", has_text="Question 70?")
    expect(turn).to_have_count(1)
    # It is being answered, or has been: a machine may take its time to get here.
    expect(turn.and_(late.page.locator(".kh-running")).or_(turn.filter(has_text="Velmora"))).to_have_count(1)


def test_more_turns_are_shown_once_while_one_is_answered(late: Tab) -> None:
    late.page.get_by_role("button", name=label("en", "show_older", n=51)).click()
    expect(late.page.locator(".kh-turn")).to_have_count(40, timeout=20_000)
    late.page.wait_for_timeout(3 * LATE_MS)
    expect(late.page.locator(".kh-turn")).to_have_count(40)
