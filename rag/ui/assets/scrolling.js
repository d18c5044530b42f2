// A new question goes to the top of the window and stays there: an answer is read from its beginning. Streamlit would
// follow the end of the page instead. Whoever scrolls or types meanwhile is left alone.
const HOLD_MS = 1500;
const input = { at: 0 };
for (const name of ["wheel", "touchmove", "keydown", "pointerdown"])
  addEventListener(name, () => { input.at = performance.now(); }, { capture: true, passive: true });

function showFromTop(root) {
  const main = root.closest(".stMain");
  if (!main) return;
  root.heldSince ??= performance.now();
  hold(main, () => putAtTop(main, root), root.heldSince);
}

// A page with an input at the bottom opens scrolled to its end: ours opens at its beginning, a conversation that is opened
// again at its newest question.
function showNewest() {
  const main = document.querySelector(".stMain");
  const put = () => {
    const turns = document.querySelectorAll(".kh-turn");
    if (turns.length > 1) putAtTop(main, turns[turns.length - 1]);
    else main.scrollTop = 0;
  };
  if (main) hold(main, put, performance.now());
}

function putAtTop(main, turn) {
  const header = document.querySelector(".st-key-kihon-header")?.offsetHeight ?? 0;
  main.scrollTop += turn.getBoundingClientRect().top - main.getBoundingClientRect().top - header - 16;
}

// Keep a scroll position for a moment against whatever else scrolls, until the reader does something.
function hold(main, put, since) {
  const until = performance.now() + HOLD_MS;
  const isOver = () => input.at > since || performance.now() > until;
  const again = () => { if (!isOver()) put(); };
  requestAnimationFrame(again);
  // What is scrolled to may be drawn, or change its height, without anything being scrolled.
  const timer = setInterval(again, 100);
  main.addEventListener("scroll", again, { passive: true });
  setTimeout(() => {
    clearInterval(timer);
    main.removeEventListener("scroll", again);
  }, HOLD_MS);
}
