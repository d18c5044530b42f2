// Elements. Text becomes text nodes only; attributes come from a fixed list; addresses must be http or https.
const ATTRIBUTES = new Set([
  "class", "id", "role", "tabindex", "title", "lang", "href", "target", "rel", "type", "open", "hidden",
  "referrerpolicy", "dir", "name", "value", "checked", "rows", "maxlength", "novalidate", "alt",
  "disabled", "placeholder", "multiple", "max",
]);

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "href" && !isWebAddress(value)) continue;
    if (name.startsWith("on") && typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (ATTRIBUTES.has(name) || name.startsWith("aria-") || name.startsWith("data-"))
      made.setAttribute(name, value === true ? "" : String(value));
  }
  append(made, children);
  return made;
}

function append(parent, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false || child === "") continue;
    parent.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

function isWebAddress(value) {
  try {
    return ["http:", "https:"].includes(new URL(value).protocol);
  } catch {
    return false;
  }
}

const ICONS = {
  close: "M6 6l12 12M18 6L6 18",
  previous: "M14 6l-6 6 6 6",
  next: "M10 6l6 6-6 6",
  outside: "M9 5H5v14h14v-4M13 5h6v6M19 5l-9 9",
  check: "M5 12.5l4.5 4.5L19 7.5",
  info: "M12 11v6M12 7.5v.01M12 3a9 9 0 100 18 9 9 0 000-18",
  warn: "M12 9v4.5M12 17v.01M12 3.5L2.5 20h19z",
  document: "M7 3h7l4 4v14H7zM14 3v4h4M10 12h5M10 16h5",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  save: "M12 4v11M7 11l5 5 5-5M5 20h14",
  up: "M7 11v9H4v-9zM7 11l4-8c1.5 0 2.5 1 2.5 2.5V9H19l-1.5 11H7",
  down: "M7 13V4H4v9zM7 13l4 8c1.5 0 2.5-1 2.5-2.5V15H19L17.5 4H7",
  again: "M19 12a7 7 0 11-2-5M19 4v4h-4",
  offline: "M4 5h16v11H4zM9 20h6M12 16v4",
  edit: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  list: "M4 6h16M4 12h16M4 18h10",
  bin: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5",
  question: "M9.5 9a2.5 2.5 0 114 2c-1 .7-1.5 1.2-1.5 2.5M12 17v.01M12 3a9 9 0 100 18 9 9 0 000-18",
};

function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", class: "kh-icon", "aria-hidden": "true" }))
    svg.setAttribute(key, value);
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

// A button that is a picture alone: its words are for screen readers, and for the pointer.
function iconButton(name, text, onclick, more = {}) {
  return element("button", { class: "kh-tool", type: "button", "aria-label": text, title: text, onclick, ...more }, icon(name));
}

// Way back, and the button that does it.
function drawButtons(back, onBack, sure) {
  return element("div", { class: "kh-buttons" },
    element("button", { class: "kh-button kh-button-quiet", type: "button", onclick: onBack }, back), sure);
}

function drawTable(name, columns, rows) {
  return element("table", { class: `kh-list-table ${name}` },
    element("thead", {}, element("tr", {}, columns.map((column) => element("th", { scope: "col" }, column)))),
    element("tbody", {}, rows));
}

// What bears a `data-keep` now: it may have been drawn anew meanwhile.
const byKeep = (name) => document.querySelector(`[data-keep="${CSS.escape(name ?? "")}"]`);

// A picture that Python drew, given as base64: no address, and of a kind that holds nothing active.
function picture(mediaType, base64, alt) {
  const made = element("img", { class: "kh-picture", alt });
  if (mediaType === "image/webp" && /^[A-Za-z0-9+/=]+$/.test(base64)) made.src = `data:${mediaType};base64,${base64}`;
  return made;
}

// The library's own words, which are English, folded away behind a sentence in the page's language.
function drawDetail(detail, keep) {
  return detail && element("details", { class: "kh-detail", "data-keep": keep }, element("summary", {}, detail.title), element("p", { lang: "en", dir: "ltr" }, detail.text));
}

// A reply that says what went wrong, in place of what stood there.
function sayError(place, error, keep) {
  place.replaceChildren();
  append(place, [error.message, drawDetail(error.detail, keep)]);
}

// A status beside a title; a space, wide, keeps the two apart, also when they are copied or read out. A margin would
// indent a badge that comes to stand on a line of its own.
function badge(status) {
  return status && ["\u2002", element("span", { class: `kh-badge kh-badge-${status.tone ?? "plain"}` }, status.text)];
}

// "a · b · c", each part its own element so that lines break between them.
function joined(parts, separator, name) {
  const spans = (parts ?? []).flatMap((part, i) => [i > 0 && element("span", { class: "kh-separator" }, separator), element("span", {}, part)]);
  return spans.length > 0 && element("span", { class: name }, spans);
}

const dotted = (parts) => joined(parts, " · ", "kh-dotted");
