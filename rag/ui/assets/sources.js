// Lists of passages: what was cited, what was found and not used, the two sides of a disagreement.
function drawHits(hits, keep) {
  return element("ul", { class: "kh-hits", role: "list" }, hits.map((hit, i) =>
    element("li", {}, element("button", { class: "kh-hit", type: "button", "data-keep": `${keep}-${i}`, onclick: (event) => viewer.open(hits, i, event.currentTarget) },
      element("span", { class: "kh-source-title" }, element("span", { class: "kh-score" }, hit.score), hit.title, badge(hit.status)),
      element("span", { class: "kh-source-meta" }, dotted([...hit.meta, ...hit.place])),
      hit.remark ? drawRemark(hit) : element("span", { class: "kh-hit-text", lang: hit.language, dir: "auto" }, hit.quote)),
    drawNewer(hit, `${keep}-newer-${i}`))));
}

function drawConflict(conflict, citations, openCitation, data) {
  return element("section", { class: "kh-conflict", "aria-label": conflict.title },
    element("h3", { class: "kh-conflict-title" }, icon("warn"), conflict.title),
    element("div", { class: "kh-sides" }, conflict.numbers.map((number) =>
      element("div", { class: "kh-side" }, drawSource(citations.get(number), openCitation, `side-${data.id}`)))));
}

function drawSources(data, openCitation) {
  return element("div", { class: "kh-sources" }, element("h3", { class: "kh-label" }, data.labels.sources),
    element("ol", { class: "kh-source-list", role: "list" }, data.citations.map((citation) =>
      element("li", {}, drawSource(citation, openCitation, `source-${data.id}`), drawNewer(citation, `newer-${citation.number}-${data.id}`)))));
}

function drawSource(citation, openCitation, keep) {
  return element("button", { class: "kh-source", type: "button", "data-number": citation.number,
    "data-keep": `${keep}-${citation.number}`, onclick: (event) => openCitation(citation.number, event.currentTarget) },
    element("span", { class: "kh-number" }, citation.number),
    element("span", { class: "kh-source-body" },
      element("span", { class: "kh-source-title" }, citation.title, badge(citation.status)),
      element("span", { class: "kh-source-meta" }, dotted([...citation.meta, ...citation.place])),
      citation.quote && element("span", { class: "kh-source-quote", lang: citation.language, dir: "auto" }, citation.quote),
      drawRemark(citation)));
}

// What has become of a quote since it was given.
function drawRemark(source) {
  return source.remark && element("span", { class: "kh-remark" }, icon("warn"), element("span", {}, source.remark));
}

// From a superseded document to the one that took its place.
function drawNewer(source, keep) {
  return source.newer && element("button", { class: "kh-link kh-newer", type: "button", "data-keep": keep,
    onclick: (event) => viewer.open([{ ...source.newer, meta: [], place: [], quote: "" }], 0, event.currentTarget) },
    icon("warn"), source.newer.text);
}
