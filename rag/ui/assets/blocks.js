// Blocks of runs (made by rag/ui/formatting.py) -> elements. Every run is one text node; markup is there but hidden.
const STYLES = { strong: "strong", em: "em", code: "code" };

// `mark(run)` gives the element of a citation mark, `flaw(run)` wraps what is unsupported; both may be missing.
function drawBlocks(blocks, { mark, flaw, prose = true } = {}) {
  const drawn = document.createDocumentFragment();
  const draw = (runs) => drawRuns(runs, mark, flaw);
  let table = null;
  let list = null;
  for (const block of blocks) {
    if (block.kind !== "item") list = null;
    if (!["header", "row", "mark"].includes(block.kind)) table = null;
    if (block.kind === "heading") {
      const level = Math.min(6, Math.max(3, block.level + 1));
      drawn.append(element(`h${level}`, { class: `kh-h kh-h${Math.min(block.level, 4)}` }, draw(block.runs)));
    } else if (block.kind === "item") {
      list ??= drawn.appendChild(element("ul", { class: "kh-list", role: "list" }));
      const bullet = /[0-9０-９①-⑳(（]/.test(block.mark) ? block.mark : "•";
      const item = element("li", { class: "kh-item", "data-level": Math.min(block.level, 4) });
      item.append(element("span", { class: "kh-bullet", "aria-hidden": "true", "data-bullet": bullet }));
      item.append(element("span", { class: "kh-item-text" }, draw(block.runs)));
      list.append(item);
    } else if (block.kind === "header" || block.kind === "row") {
      table ??= drawn.appendChild(element("div", { class: "kh-table", role: "table" }));
      table.append(drawRow(block, draw));
    } else if (block.kind === "page") {
      drawn.append(element("div", { class: "kh-page" }, block.text));
    } else if (block.kind === "code") {
      drawn.append(element("pre", { class: "kh-code" }, draw(block.runs)));
    } else if (block.kind === "mark") {
      (table ?? drawn).append(element("span", { class: "kh-hidden" }, draw(block.runs)));
    } else {
      drawn.append(element("p", { class: prose ? "kh-p" : "kh-p kh-lines" }, draw(block.runs)));
    }
  }
  return drawn;
}

function drawRow(block, draw) {
  const cells = [[]];
  for (const run of block.runs) {
    cells.at(-1).push(run);
    if (run.cell) cells.push([]);
  }
  // The outer bars of a row make cells that hold nothing to read.
  const isEmpty = (runs) => runs.every((run) => run.hidden || !run.text.trim());
  const drawn = cells.map((runs) =>
    element("span", isEmpty(runs) ? {} : { class: "kh-cell", role: block.kind === "header" ? "columnheader" : "cell" },
      draw(runs)));
  return element("div", { class: `kh-row kh-${block.kind}`, role: "row" }, drawn);
}

function drawRuns(runs, mark, flaw) {
  const drawn = [];
  for (const run of runs)
    drawn.push(run.mark !== undefined && mark ? afterWord(drawn.at(-1), mark(run)) : drawRun(run, flaw));
  return drawn;
}

function drawRun(run, flaw) {
  let drawn = document.createTextNode(run.text);
  if (run.hidden) drawn = element("span", { class: "kh-hidden" }, drawn);
  if (STYLES[run.style]) drawn = element(STYLES[run.style], {}, drawn);
  if (run.quoted) drawn = element("mark", { class: "kh-quoted" }, drawn);
  if (run.flaw !== undefined && flaw) drawn = flaw(run, drawn);
  return drawn;
}

// A mark stays on the line on which its sentence ends: at the beginning of a line it would seem to be that of the next
// one. No line ends between the last character and the rest of its word.
function afterWord(before, mark) {
  const at = before instanceof Text ? before.data.search(/\S\s*$/u) : -1;
  return at < 0 ? mark : element("span", { class: "kh-together" }, before.splitText(at), mark);
}
