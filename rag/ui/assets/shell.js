// The shell: styles and script of the page, the live region, and the way to Python.
const PARTS = {
  turn: drawTurn, header: drawHeader, facts: drawFacts, theme: drawTheme, documents: drawDocuments, uploads: drawUploads,
  measures: drawMeasures, questions: drawQuestions, conversations: drawConversations,
};
const DARK_BELOW = 0.4;
let live = null;
let newest = null;

function announce(text) {
  if (!live) return;
  live.append(element("div", {}, text));
  while (live.childElementCount > 20) live.firstChild.remove();
}

function drawPart(component) {
  const { parentElement, data } = component;
  let root = parentElement.querySelector(":scope > .kh-root");
  if (!root) parentElement.append((root = element("div", { class: "kh-root" })));
  // Streamlit may tell Python twice of one pick (triggers.py): by its id that is known.
  const pick = (value) => component.setTriggerValue("pick", { id: (requests.last += 1), value });
  PARTS[data.part]?.(root, data, pick);
}

// Light or dark is read off the page's own background, so that our colours follow whatever theme is chosen.
function applyTheme(parent) {
  const style = getComputedStyle(parent);
  const html = document.documentElement;
  for (const name of ["background-color", "secondary-background-color", "text-color", "font", "code-font"])
    html.style.setProperty(`--kh-st-${name}`, style.getPropertyValue(`--st-${name}`));
  const swatch = element("span", { hidden: true });
  swatch.style.color = style.getPropertyValue("--st-background-color") || "white";
  document.body.append(swatch);
  const [red, green, blue] = getComputedStyle(swatch).color.match(/[\d.]+/g).map(Number);
  swatch.remove();
  html.dataset.khTheme = (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255 < DARK_BELOW ? "dark" : "light";
}

export default function (component) {
  const { parentElement, data, setTriggerValue } = component;
  const kihon = (globalThis.kihon ??= { waiting: new Map() });
  applyTheme(parentElement);
  document.documentElement.lang = data.language;
  if (!keepReader(data.owner, !live?.isConnected)) return;
  newest = component;
  ownScrolling();
  if (!live?.isConnected) {
    live = element("div", { class: "kh-sr", role: "log", "aria-live": "polite", "aria-relevant": "additions" });
    document.body.append(live);
    showNewest();
    document.addEventListener("keydown", onKey);
    document.addEventListener("copy", onCopy);
    document.addEventListener("pointerdown", closeMenus);
    addEventListener("scroll", moveCard, { capture: true, passive: true });
  }
  useFrame(data);
  viewer.labels = data.labels;
  requests.slow = data.labels.error_slow;
  requests.send = (request) => setTriggerValue("request", request);
  requests.receive(data.reply);
  requests.sendNext();
  kihon.draw = drawPart;
  for (const waiting of kihon.waiting.values()) drawPart(waiting);
  kihon.waiting.clear();
  return () => {
    // Of data that changed while this script was loading, Streamlit ends the old after it has begun the new.
    if (newest !== component) return;
    viewer.close();
    hideCard();
    document.removeEventListener("keydown", onKey);
    document.removeEventListener("copy", onCopy);
    document.removeEventListener("pointerdown", closeMenus);
    removeEventListener("scroll", moveCard, { capture: true });
    document.querySelector(".kh-skip")?.remove();
    live?.remove();
    live = null;
  };
}
