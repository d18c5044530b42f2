// The evaluation page: measures with their intervals as bars, and the list of questions.
function drawMeasures(root, data) {
  const percent = (share) => `${Math.round(share * 1000) / 10}%`;
  const bar = (figures, i) => {
    const track = element("span", { class: `kh-track kh-track-${i}`, "aria-hidden": "true" });
    if (!figures?.share) return null;
    const { value, low, high } = figures.share;
    const range = element("span", { class: "kh-range" });
    range.style.left = percent(low);
    range.style.width = percent(high - low);
    const point = element("span", { class: "kh-point" });
    point.style.left = percent(value);
    track.append(range, point);
    return track;
  };
  const figure = (figures) => figures && element("span", { class: "kh-figure" },
    element("strong", {}, figures.text), element("span", { class: "kh-muted" }, ` (${figures.interval})`));
  const legend = data.names.length > 1 && element("p", { class: "kh-legend" }, data.names.map((name, i) =>
    element("span", {}, element("span", { class: `kh-swatch kh-swatch-${i}`, "aria-hidden": "true" }), name)));
  root.replaceChildren(...[legend, drawTable("kh-measures", data.columns, data.rows.map((row) => element("tr", {},
    element("th", { scope: "row" }, row.name, row.tone && badge({ text: data.tones[row.tone], tone: row.tone === "better" ? "good" : "warn" })),
    element("td", { class: "kh-bars" }, bar(row.a, 0), bar(row.b, 1)),
    element("td", {}, figure(row.a), row.b && element("br"), figure(row.b)),
    element("td", { "data-column": data.columns[3] }, row.a.n))))].filter(Boolean));
}

function drawQuestions(root, data, pick) {
  const draw = (row) => element("tr", { class: row.id === data.picked ? "kh-picked" : null },
    element("th", { scope: "row" },
      element("button", { class: "kh-link kh-document-link", type: "button", lang: row.language, "data-keep": `question-${row.id}`,
        "aria-pressed": String(row.id === data.picked), onclick: () => pick(row.id) }, row.question)),
    element("td", {}, row.kind),
    element("td", {}, badge(row.verdict), badge(row.outcome && { text: row.outcome, tone: "plain" })));
  const kept = keepState(root);
  root.replaceChildren(drawTable("kh-questions", data.columns, data.rows.map(draw)));
  restoreState(root, kept);
  // What was picked is drawn above the list.
  const box = document.querySelector(".st-key-evaluation-question");
  if (data.picked && root.picked !== data.picked && box) {
    box.tabIndex = -1;
    box.focus({ preventScroll: true });
    box.scrollIntoView({ block: "start", behavior: "instant" });
  }
  root.picked = data.picked;
}
