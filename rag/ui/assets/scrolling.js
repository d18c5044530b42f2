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
  const put = () => {
    const header = document.querySelector(".st-key-kihon-header")?.offsetHeight ?? 0;
    main.scrollTop += root.getBoundingClientRect().top - main.getBoundingClientRect().top - header - 16;
  };
  hold(main, put, root.heldSince);
}

// Keep a scroll position for a moment against whatever else scrolls, until the reader does something.
function hold(main, put, since) {
  const until = performance.now() + HOLD_MS;
  const isOver = () => input.at > since || performance.now() > until;
  const again = () => { if (!isOver()) put(); };
  requestAnimationFrame(again);
  main.addEventListener("scroll", again, { passive: true });
  setTimeout(() => main.removeEventListener("scroll", again), HOLD_MS);
}
