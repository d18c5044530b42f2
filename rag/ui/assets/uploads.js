// The upload box: a place to drop files, and a line for each file. Streamlit's own uploader, out of sight because it speaks
// English alone, carries the bytes, one file at a time: so each has its own line, and little waits in the server's memory.
const sending = { rows: [], current: null, data: null, root: null, last: 0, ends: new Map() };

const carrier = () => document.querySelector(".st-key-documents-carrier [data-testid=stFileUploader]");
const carried = () => [...(carrier()?.querySelectorAll("[data-testid=stFileChip]") ?? [])];

function drawUploads(root, data, pick) {
  const isNew = sending.root !== root;
  Object.assign(sending, { data, root, pick });
  if (isNew) watchCarrier(root);
  sendNext();
  drawBox();
  announceEnds(data.lines, isNew);
}

function watchCarrier(root) {
  sending.observer?.disconnect();
  sending.observer = new MutationObserver(() => {
    if (!root.isConnected) sending.observer.disconnect();
    // Drawing is a change of the page too: without one of ours there is nothing to draw.
    else if (sendNext()) drawBox();
  });
  // The uploader may come after this, and anew: whatever changes on the page is looked at.
  const main = root.closest(".stMain");
  if (main) sending.observer.observe(main, { childList: true, subtree: true, attributes: true, attributeFilter: ["aria-invalid"] });
}

// A file that the browser itself turns down has its line too.
function addFiles(files) {
  const { labels, maxBytes } = sending.data;
  for (const file of files)
    sending.rows.push({ id: `f${(sending.last += 1)}`, file, problem: file.size > maxBytes ? labels.why_too_large : null });
  sendNext();
  drawBox();
}

// Whether a line has changed.
function sendNext() {
  const input = carrier()?.querySelector("input[type=file]");
  if (!input) return false;
  const row = sending.current;
  if (row) {
    const isLost = carried().some((chip) => chip.getAttribute("aria-invalid") === "true");
    if (sending.data.taken > row.before) sending.rows = sending.rows.filter((other) => other !== row);
    else if (isLost) row.problem = sending.data.labels.why_not_sent;
    else if (row.input === input) return false;
    sending.current = null;
  }
  // Taking it out of the uploader frees the server's copy.
  const over = carried();
  for (const chip of over.filter((chip) => !chip.dataset.khOver)) {
    chip.dataset.khOver = "";
    chip.querySelector("[data-testid=stFileChipDeleteBtn] button")?.click();
  }
  const next = sending.rows.find((waiting) => !waiting.problem);
  if (over.length > 0 || !next || !sending.data.hasRoom) return Boolean(row);
  Object.assign(next, { before: sending.data.taken, input });
  sending.current = next;
  const transfer = new DataTransfer();
  transfer.items.add(next.file);
  input.files = transfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}

function drawBox() {
  const { data, root, rows } = sending;
  const { labels } = data;
  const kept = keepState(root);
  let input = root.querySelector("input[type=file]");
  if (!input) {
    input = element("input", { class: "kh-sr", type: "file", multiple: true, tabindex: "-1", "aria-hidden": "true",
      onchange: () => { addFiles(input.files); input.value = ""; } });
    const box = element("div", { class: "kh-drop" }, element("p", { class: "kh-drop-title" }),
      element("button", { class: "kh-button", type: "button", "data-keep": "upload-choose", "aria-describedby": "kh-upload-hint", onclick: () => input.click() }),
      element("p", { class: "kh-hint", id: "kh-upload-hint" }), input);
    root.replaceChildren(box, element("div", { class: "kh-upload-lines" }));
    acceptDrops(root, box);
  }
  root.querySelector(".kh-drop-title").textContent = labels.upload_drop;
  root.querySelector(".kh-drop .kh-button").textContent = labels.upload_choose;
  root.querySelector(".kh-hint").textContent = data.hint;
  const own = rows.map((row) => ({ id: row.id, name: row.file.name, state: row.problem ? "failed" : "queued", tone: row.problem ? "bad" : "plain",
    text: row.problem ? labels.upload_failed : row === sending.current ? labels.upload_sending : labels.upload_queued,
    detail: row.problem ? [row.problem] : [], share: row.problem ? null : 0.05, canCancel: !row.problem && row !== sending.current }));
  const lines = [...data.lines, ...own];
  const hasEnds = lines.some((line) => !isOpenLine(line));
  root.querySelector(".kh-upload-lines").replaceChildren(...(lines.length === 0 ? [] : [
    element("ul", { class: "kh-lines", role: "list", tabindex: lines.length > 6 ? "0" : null, "aria-label": labels.upload_lines }, lines.map(drawLine)),
    ...(hasEnds ? [element("button", { class: "kh-act", type: "button", "data-keep": "upload-clear", onclick: clearLines }, labels.upload_clear)] : [])]));
  restoreState(root, kept);
}

const isOpenLine = (line) => ["waiting", "running", "queued"].includes(line.state);

function drawLine(line) {
  const { labels } = sending.data;
  return element("li", { class: "kh-line", "data-line": line.state },
    element("span", { class: "kh-line-name" }, element("bdi", {}, line.name), line.size && element("span", { class: "kh-source-meta" }, ` ${line.size}`)),
    element("span", { class: "kh-line-said" }, badge({ text: line.text, tone: line.tone }),
      line.canCancel && element("button", { class: "kh-act", type: "button", "data-keep": `cancel-${line.id}`, "aria-label": `${labels.cancel}: ${line.name}`, onclick: () => cancelLine(line) }, labels.cancel)),
    isOpenLine(line) && element("progress", { class: "kh-progress", max: "1", value: line.share, "aria-label": `${line.name}: ${line.text}` }),
    line.detail.map((sentence) => element("span", { class: "kh-line-detail" }, sentence)),
    line.more && element("span", { class: "kh-line-detail" }, drawDetail(line.more, `more-${line.id}`)));
}

function cancelLine(line) {
  const own = sending.rows.find((row) => row.id === line.id);
  if (!own) return sending.pick({ kind: "cancel", id: line.id });
  sending.rows = sending.rows.filter((row) => row !== own);
  drawBox();
}

function clearLines() {
  sending.rows = sending.rows.filter((row) => !row.problem);
  sending.pick({ kind: "clear" });
  drawBox();
  sending.root.querySelector(".kh-drop .kh-button").focus({ preventScroll: true });
}

// The whole page takes what is dropped: beside the box the browser would leave the page and open the file.
function acceptDrops(root, box) {
  const over = (event) => {
    if (!root.isConnected) return forget();
    if (!event.dataTransfer?.types.some((type) => type.toLowerCase() === "files")) return;
    event.preventDefault();
    box.toggleAttribute("data-over", event.type === "dragover");
    if (event.type === "drop") addFiles(event.dataTransfer.files);
  };
  const forget = () => ["dragover", "dragleave", "drop"].forEach((name) => removeEventListener(name, over));
  ["dragover", "dragleave", "drop"].forEach((name) => addEventListener(name, over));
}

// Screen readers hear how each file ended, once.
function announceEnds(lines, isNew) {
  for (const line of lines.filter((each) => !isOpenLine(each))) {
    if (!isNew && !sending.ends.has(line.id)) announce([`${line.name}: ${line.text}.`, ...line.detail].join(" "));
    sending.ends.set(line.id, true);
  }
}
