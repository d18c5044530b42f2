// The card of a citation mark: one for the page, shown on hover, focus and tap; Escape closes it.
const card = { box: null, mark: null, timer: 0 };

function showCard(mark, citation, labels, open) {
  clearTimeout(card.timer);
  if (card.mark === mark && card.box) return;
  hideCard();
  card.mark = mark;
  card.box = element("div", { class: "kh-card", role: "tooltip", id: "kh-card", onpointerenter: () => clearTimeout(card.timer),
    onpointerleave: () => hideCardSoon() },
    element("div", { class: "kh-card-title" }, citation.title),
    element("div", { class: "kh-card-meta" }, dotted(citation.meta), badge(citation.status)),
    citation.place?.length > 0 && element("div", { class: "kh-card-place" }, citation.place.join(" · ")),
    citation.newer && element("div", { class: "kh-card-meta kh-superseded" }, citation.newer.text),
    citation.quote && element("blockquote", { class: "kh-card-quote", lang: citation.language, dir: "auto" }, citation.quote),
    drawRemark(citation),
    element("button", { class: "kh-link", type: "button", tabindex: "-1", onclick: open }, icon("document"), labels.open_source),
  );
  document.body.append(card.box);
  mark.setAttribute("aria-describedby", "kh-card");
  placeCard(mark);
}

function placeCard(mark) {
  const at = mark.getBoundingClientRect();
  const box = card.box.getBoundingClientRect();
  const edge = 12;
  const left = Math.min(Math.max(edge, at.left + at.width / 2 - box.width / 2), innerWidth - box.width - edge);
  const above = at.top - box.height - 8;
  const top = above >= edge ? above : Math.min(at.bottom + 8, innerHeight - box.height - edge);
  card.box.style.left = `${left}px`;
  card.box.style.top = `${Math.max(edge, top)}px`;
}

function hideCard() {
  clearTimeout(card.timer);
  card.box?.remove();
  card.mark?.removeAttribute("aria-describedby");
  card.box = card.mark = null;
}

// The mark may move while its card is open: the card follows, or goes with it.
function moveCard(event) {
  if (!card.box || card.box.contains(event.target)) return;
  const at = card.mark.getBoundingClientRect();
  if (at.bottom < 0 || at.top > innerHeight) hideCard();
  else placeCard(card.mark);
}

// A moment's grace, so that the pointer can travel from the mark to its card.
function hideCardSoon() {
  clearTimeout(card.timer);
  card.timer = setTimeout(hideCard, 180);
}
