// Single keys, their list, and the link that skips to the content.
const frame = { language: "", labels: {}, shortcuts: [], on: true, dialog: null, observer: null };

const question = () => document.querySelector("[data-testid=stChatInput] textarea");
const press = (key) => document.querySelector(`.st-key-${key} button`)?.click();

const SINGLE_KEYS = {
  "/": () => (question() ?? document.querySelector(".st-key-documents-search input, .st-key-evaluation-search input"))?.focus(),
  j: () => stepCitation(1),
  k: () => stepCitation(-1),
  s: () => press("stop"),
  n: () => press("new-conversation"),
  c: () => document.querySelector(".kh-conversations-open")?.click(),
  "?": () => showShortcuts(),
};

function onKey(event) {
  if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") {
    if (card.box) hideCard();
    else if (viewer.panel) viewer.close();
    return;
  }
  const isTyping = event.target.closest?.("input, textarea, select, [contenteditable=true], [role=combobox], [role=slider]");
  if (!frame.on || isTyping || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(SINGLE_KEYS, event.key)) return;
  event.preventDefault();
  SINGLE_KEYS[event.key]();
}

// In the viewer the next quote; else the first or last source of the newest answer.
function stepCitation(by) {
  if (viewer.panel) {
    if (viewer.items.length > 1) viewer.step(by);
    return;
  }
  const turn = [...document.querySelectorAll(".kh-turn")].at(-1);
  const sources = turn?.querySelectorAll(".kh-source-list .kh-source") ?? [];
  [...sources].at(by > 0 ? 0 : -1)?.click();
}

function showShortcuts() {
  if (frame.dialog?.isConnected) return;
  frame.dialog = showDialog(element("dialog", { class: "kh-dialog kh-root", "aria-labelledby": "kh-shortcuts" },
    drawDialogHead("kh-shortcuts", frame.labels.shortcuts, frame.labels.shortcuts_close), drawKeys(frame.shortcuts)));
}

// First of all that Tab reaches.
function addSkipLink() {
  document.querySelector(".kh-skip")?.remove();
  const link = element("a", { class: "kh-skip", href: `${location.href.split("#")[0]}#kihon-content`, onclick: (event) => {
    event.preventDefault();
    const header = document.querySelector(".st-key-kihon-header");
    const isBelow = (item) => header.compareDocumentPosition(item) & Node.DOCUMENT_POSITION_FOLLOWING && !header.contains(item);
    const items = document.querySelectorAll(".stMain :is(input, button, a[href], [tabindex='0'])");
    (question() ?? [...items].find(isBelow))?.focus();
  } }, frame.labels.skip);
  document.body.prepend(link);
  const main = document.querySelector(".stMain");
  if (main) main.id ||= "kihon-content";
}

function useFrame({ language, labels, shortcuts, shortcuts_on: on, cookies }) {
  const isNew = language !== frame.language;
  Object.assign(frame, { language, labels, shortcuts, on });
  // Turns are not sent their labels: those that came before this have the old ones.
  if (isNew) for (const root of document.querySelectorAll(".kh-root")) root.drawAgain?.();
  if (isNew || !document.querySelector(".kh-skip")) addSkipLink();
  for (const [name, value] of Object.entries(cookies)) keepCookie(name, value);
}
