// One turn: question, stages, answer with its marks, sources, what was not used.
function drawTurn(root, given) {
  // Streamlit hands over every turn on every run; what has not changed stays as it is.
  const drawn = JSON.stringify([given, frame.language]);
  if (root.drawn === drawn) return;
  root.drawn = drawn;
  root.drawAgain = () => drawTurn(root, given);
  const data = { ...given, labels: frame.labels };
  const kept = keepState(root);
  const citations = new Map(data.citations.map((citation) => [citation.number, citation]));
  const openCitation = (number, from) =>
    viewer.open(data.citations, data.citations.findIndex((citation) => citation.number === number), from);
  const isOpen = data.state === "running" || data.state === "queued";

  root.replaceChildren(
    element("article", { class: `kh-turn kh-${data.state}`, "data-turn": data.id },
      data.replaced && drawReplaced(data),
      drawQuestion(data),
      data.searched && element("p", { class: "kh-searched" }, data.searched),
      element("div", { class: "kh-answer", role: "group", "aria-label": data.labels.answer_label, "aria-busy": String(isOpen) },
        drawStages(data),
        data.waiting && drawNotice({ tone: "info", text: data.waiting }),
        data.blocks.length > 0 && element("div", { class: "kh-text", dir: "auto" },
          drawBlocks(data.blocks, { mark: (run) => drawMark(run, citations, data, openCitation), flaw: (run, drawn) => drawFlaw(run, drawn, data) })),
        data.notices.map(drawNotice),
        data.abstained && drawAbstained(data.abstained, data),
        data.error && element("div", { class: "kh-notice kh-error", role: "alert" }, icon("warn"),
          element("div", {}, element("strong", {}, data.error.title), element("p", {}, data.error.text), drawDetail(data.error.detail, `error-${data.id}`))),
        data.stopped && drawNotice({ tone: "info", text: data.stopped }),
        drawWayOut(data),
        data.flaws?.length > 0 && drawFlaws(data),
        data.conflicts?.map((conflict) => drawConflict(conflict, citations, openCitation, data)),
        data.citations.length > 0 && drawSources(data, openCitation),
        data.unused && element("details", { class: "kh-unused", "data-keep": `details-${data.id}` },
          element("summary", {}, data.unused.title), drawHits(data.unused.hits, `unused-${data.id}`)),
        element("div", { class: "kh-end-of-turn" }, drawTools(data), data.foot && element("p", { class: "kh-foot" }, data.foot.join(" · "))),
        drawNext(data),
      ),
    ),
  );
  root.querySelector(".kh-turn").citations = data.citations;
  restoreState(root, kept);
  if (isOpen) root.isFollowed = true;
  if (root.isFollowed) showFromTop(root);
  if (!isOpen) root.isFollowed = false;
  announceTurn(root, data);
}

function drawStages(data) {
  if (!data.stages.length || (data.state === "failed" && !data.stages.some((stage) => stage.state === "done"))) return null;
  return element("ol", { class: "kh-stages", role: "list" }, data.stages.map((stage) =>
    element("li", { class: `kh-stage kh-stage-${stage.state}` },
      stage.state === "done" ? icon("check") : element("span", { class: "kh-dot", "aria-hidden": "true" }),
      stage.text, stage.time && element("span", { class: "kh-time" }, stage.time))));
}

function drawNotice(notice) {
  return element("div", { class: `kh-notice kh-${notice.tone}`, role: "note" }, icon(notice.tone === "warn" ? "warn" : "info"),
    element("div", {}, notice.text, notice.detail && element("p", { class: "kh-hint", lang: "en" }, notice.detail)));
}

// What an edited question, or one asked again, took the place of.
function drawReplaced(data) {
  return element("details", { class: "kh-replaced", "data-keep": `replaced-${data.id}` }, element("summary", {}, data.replaced.title),
    data.replaced.turns.map((turn) => element("div", { class: "kh-replaced-turn" },
      element("p", { class: "kh-replaced-question", dir: "auto" }, turn.question), element("p", { class: "kh-lines", dir: "auto" }, turn.text))));
}

function drawAbstained(abstained, data) {
  return element("div", { class: "kh-abstained" },
    element("div", { class: "kh-abstained-head" }, icon("question"),
      element("div", {}, element("h3", {}, abstained.title), element("p", {}, abstained.reason),
        element("p", { class: "kh-hint" }, abstained.hint))),
    abstained.nearest.length > 0 && element("h3", { class: "kh-label" }, abstained.nearest_title),
    drawHits(abstained.nearest, `nearest-${data.id}`));
}

// A turn is drawn anew whenever its data changes: what is open, focused or being read stays so.
function keepState(root) {
  const open = [...root.querySelectorAll("details[open]")].map((details) => details.dataset.keep);
  const focused = root.contains(document.activeElement) ? document.activeElement.dataset.keep : null;
  return { open, focused };
}

function restoreState(root, kept) {
  for (const details of root.querySelectorAll("details")) details.open = kept.open.includes(details.dataset.keep);
  if (kept.focused) root.querySelector(`[data-keep="${CSS.escape(kept.focused)}"]`)?.focus({ preventScroll: true });
  if (card.mark && !card.mark.isConnected) hideCard();
}

// Screen readers hear each stage and each new sentence once, from a live region that stays in place.
function announceTurn(root, data) {
  const text = root.querySelector(".kh-text")?.textContent ?? "";
  const said = root.said ?? (data.state === "running" || data.state === "queued" ? 0 : text.length);
  if (root.said === undefined && said > 0) { root.said = said; return; }
  if (text.length > said) announce(text.slice(said));
  root.said = text.length;
  const active = data.stages.find((stage) => stage.state === "active")?.text ?? "";
  if (active && active !== root.stage) announce(active);
  root.stage = active;
  if (data.abstained && !root.told) { announce(`${data.abstained.title}. ${data.abstained.reason}`); root.told = true; }
}
