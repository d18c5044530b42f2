// Streamlit keeps a page that has an input at its bottom scrolled to its end, with an animation that goes on after the reader
// has scrolled or moved the focus. Here only the reader and this file scroll: an answer is read from its beginning.
const RESTS_MS = 5;

function ownScrolling() {
  const main = document.querySelector(".stMain");
  if (!main || Object.hasOwn(main, "scrollTop")) return;
  const native = Object.getOwnPropertyDescriptor(Element.prototype, "scrollTop");
  // It would animate for ever, to an end that it does not reach, until it hears that somebody has scrolled.
  const rest = () => main.dispatchEvent(new Event("scroll"));
  const set = (top) => { if (top >= main.scrollHeight - main.offsetHeight) setTimeout(rest, RESTS_MS); };
  Object.defineProperty(main, "scrollTop", { configurable: true, get: () => native.get.call(main), set });
}

// A new question goes to the top of the window and stays there. Whoever scrolls or types meanwhile is left alone.
const HOLD_MS = 1500;
const input = { at: 0 };
for (const name of ["wheel", "touchmove", "keydown", "pointerdown"])
  addEventListener(name, () => { input.at = performance.now(); }, { capture: true, passive: true });

function showFromTop(root) {
  const main = root.closest(".stMain");
  if (!main) return;
  root.heldSince ??= performance.now();
  hold(() => putAtTop(main, root), root.heldSince);
}

// The page opens at its beginning, a conversation that is opened again at its newest question.
function showNewest() {
  const main = document.querySelector(".stMain");
  const put = () => {
    const turns = document.querySelectorAll(".kh-turn");
    if (turns.length > 1) putAtTop(main, turns[turns.length - 1]);
    else main.scrollTo({ top: 0, behavior: "instant" });
  };
  if (main) hold(put, performance.now());
}

function putAtTop(main, turn) {
  const header = document.querySelector(".st-key-kihon-header")?.offsetHeight ?? 0;
  const below = turn.getBoundingClientRect().top - main.getBoundingClientRect().top - header - 16;
  main.scrollBy({ top: below, behavior: "instant" });
}

// Keep a scroll position for a moment, until the reader does something: what is scrolled to may be drawn, or change its
// height, without anything being scrolled.
function hold(put, since) {
  const until = performance.now() + HOLD_MS;
  const again = () => { if (input.at <= since && performance.now() <= until) put(); };
  requestAnimationFrame(again);
  const timer = setInterval(again, 100);
  setTimeout(() => clearInterval(timer), HOLD_MS);
}
