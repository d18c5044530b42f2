// One turn: question, stages, answer with its marks, sources, what was not used.
function drawTurn(root, data) {
  const kept = keepState(root);
  const citations = new Map(data.citations.map((citation) => [citation.number, citation]));
  const openCitation = (number, from) =>
    viewer.open(data.citations, data.citations.findIndex((citation) => citation.number === number), from);
  const isOpen = data.state === "running" || data.state === "queued";

  root.replaceChildren(
    element("article", { class: `kh-turn kh-${data.state}`, "data-turn": data.id },
      element("div", { class: "kh-question" }, element("h2", { class: "kh-bubble" },
        element("span", { class: "kh-sr" }, `${data.labels.you}: `), data.question)),
      data.searched && element("p", { class: "kh-searched" }, data.searched),
      element("div", { class: "kh-answer", role: "group", "aria-label": data.labels.answer_label, "aria-busy": String(isOpen) },
        drawStages(data),
        data.waiting && drawNotice({ tone: "info", text: data.waiting }),
        data.blocks.length > 0 && element("div", { class: "kh-text" },
          drawBlocks(data.blocks, { mark: (run) => drawMark(run, citations, data, openCitation), flaw: (run, drawn) => drawFlaw(run, drawn, data) })),
        data.abstained && drawAbstained(data.abstained, data),
        data.error && element("div", { class: "kh-notice kh-error", role: "alert" }, icon("warn"),
          element("div", {}, element("strong", {}, data.error.title), element("p", {}, data.error.text))),
        data.stopped && drawNotice({ tone: "info", text: data.stopped }),
        data.notices.map(drawNotice),
        data.flaws?.length > 0 && drawFlaws(data),
        data.conflicts?.map((conflict) => drawConflict(conflict, citations, openCitation, data)),
        data.citations.length > 0 && drawSources(data, openCitation),
        data.unused && element("details", { class: "kh-unused", "data-keep": `details-${data.id}` },
          element("summary", {}, data.unused.title), drawHits(data.unused.hits, `unused-${data.id}`)),
        data.foot && element("p", { class: "kh-foot" }, data.foot.join(" · ")),
      ),
    ),
  );
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

function drawMark(run, citations, data, openCitation) {
  const citation = citations.get(run.mark);
  const open = () => { hideCard(); openCitation(run.mark, drawn); };
  const show = () => showCard(drawn, citation, data.labels, open);
  // A span, not a button: the text of buttons is left out when an answer is copied.
  const drawn = element("span", {
    class: "kh-mark", role: "button", tabindex: "0", "aria-label": citation.label, "data-mark": run.mark,
    "data-keep": `mark-${run.mark}-${data.id}`, onpointerenter: (event) => event.pointerType === "mouse" && show(),
    onpointerleave: hideCardSoon, onfocus: show, onblur: hideCardSoon,
    onclick: (event) => {
      // The first tap of a finger shows the card, the card's button or a second tap opens the document.
      if (event.pointerType === "touch" && drawn.dataset.tapped !== "1") {
        drawn.dataset.tapped = "1";
        show();
      } else open();
    },
    onkeydown: (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(); }
    },
  }, element("span", { class: "kh-bracket" }, "["), String(run.mark), element("span", { class: "kh-bracket" }, "]"));
  return drawn;
}

function drawFlaw(run, drawn, data) {
  const flaw = data.flaws?.[run.flaw];
  return element("span", { class: "kh-flaw", title: flaw?.label, "data-flaw": run.flaw }, drawn);
}

function drawFlaws(data) {
  return element("div", { class: "kh-notice kh-warn" }, icon("warn"), element("div", {},
    element("strong", {}, data.labels.unsupported),
    element("ul", {}, data.flaws.map((flaw) => element("li", {}, element("q", {}, flaw.text), " — ", flaw.detail)))));
}

function drawNotice(notice) {
  return element("div", { class: `kh-notice kh-${notice.tone}`, role: "note" }, icon(notice.tone === "warn" ? "warn" : "info"),
    element("div", {}, notice.text));
}

function drawAbstained(abstained, data) {
  return element("div", { class: "kh-abstained" },
    element("div", { class: "kh-abstained-head" }, icon("question"),
      element("div", {}, element("h3", {}, abstained.title), element("p", {}, abstained.reason),
        element("p", { class: "kh-hint" }, abstained.hint))),
    abstained.nearest.length > 0 && element("h3", { class: "kh-label" }, abstained.nearest_title),
    drawHits(abstained.nearest, `nearest-${data.id}`));
}

function drawHits(hits, keep) {
  return element("ul", { class: "kh-hits", role: "list" }, hits.map((hit, i) =>
    element("li", {}, element("button", { class: "kh-hit", type: "button", "data-keep": `${keep}-${i}`, onclick: (event) => viewer.open(hits, i, event.currentTarget) },
      element("span", { class: "kh-source-title" }, element("span", { class: "kh-score" }, hit.score), hit.title, badge(hit.status)),
      element("span", { class: "kh-source-meta" }, dotted([...hit.meta, ...hit.place])),
      element("span", { class: "kh-hit-text", lang: hit.language }, hit.quote)))));
}

function drawConflict(conflict, citations, openCitation, data) {
  return element("div", { class: "kh-conflict" }, element("h3", { class: "kh-conflict-title" }, icon("warn"), conflict.title),
    element("div", { class: "kh-sides" }, conflict.numbers.map((number) => drawSource(citations.get(number), openCitation, `side-${data.id}`))));
}

function drawSources(data, openCitation) {
  return element("div", { class: "kh-sources" }, element("h3", { class: "kh-label" }, data.labels.sources),
    element("ol", { class: "kh-source-list", role: "list" },
      data.citations.map((citation) => element("li", {}, drawSource(citation, openCitation, `source-${data.id}`)))));
}

function drawSource(citation, openCitation, keep) {
  return element("button", { class: "kh-source", type: "button", "data-number": citation.number,
    "data-keep": `${keep}-${citation.number}`, onclick: (event) => openCitation(citation.number, event.currentTarget) },
    element("span", { class: "kh-number" }, citation.number),
    element("span", { class: "kh-source-body" },
      element("span", { class: "kh-source-title" }, citation.title, badge(citation.status)),
      element("span", { class: "kh-source-meta" }, dotted([...citation.meta, ...citation.place])),
      element("span", { class: "kh-source-quote", lang: citation.language }, citation.quote)));
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
