"use strict";

// Hides the questions that the filters do not want. Without it every question is shown and the filters are not.
(() => {
  const byId = (id) => document.getElementById(id);
  const rows = [...document.querySelectorAll(".questions > tbody")];
  const chosen = ["language", "kind", "verdict"].map(byId);
  const plain = (text) => text.normalize("NFKC").toLowerCase();
  const texts = new Map();

  const textOf = (row) => {
    if (!texts.has(row)) texts.set(row, plain(row.textContent));
    return texts.get(row);
  };

  const hasVerdict = (row, verdict) =>
    verdict.startsWith("failure ")
      ? row.dataset.failures.split(" ").includes(verdict.slice("failure ".length))
      : row.dataset.verdict === verdict;

  const filter = () => {
    const [language, kind, verdict] = chosen.map((select) => select.value);
    const words = plain(byId("text").value).split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const fits =
        (!language || row.dataset.language === language) &&
        (!kind || row.dataset.kind === kind) &&
        (!verdict || hasVerdict(row, verdict)) &&
        words.every((word) => textOf(row).includes(word));
      row.hidden = !fits;
      shown += fits;
    }
    byId("count").value = `${shown} of ${rows.length} questions`;
    byId("none").hidden = shown > 0;
  };

  const reset = () => {
    for (const select of chosen) select.value = "";
    byId("text").value = "";
    filter();
    byId("text").focus();
  };

  let isOpen = false;
  const openAll = () => {
    isOpen = !isOpen;
    byId("open").textContent = isOpen ? "Close all" : "Open all";
    for (const details of document.querySelectorAll(".questions > tbody:not([hidden]) details")) details.open = isOpen;
  };

  for (const select of chosen) select.addEventListener("change", filter);
  byId("text").addEventListener("input", filter);
  byId("reset").addEventListener("click", reset);
  byId("open").addEventListener("click", openAll);
  byId("filters").hidden = false;
  filter(); // a browser may have kept what was chosen before a reload
})();
