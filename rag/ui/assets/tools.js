// What a reader can do with a turn: copy, save, judge, ask again, edit, go on.
function drawTools(data) {
  const { tools, labels } = data;
  const ask = (more) => askPython({ kind: "ask", question: data.question, instead_of: data.id, offline: false, ...more });
  const tool = (name, text, act, more = {}) => element("button", { class: `kh-act kh-act-${name}`, type: "button",
    "data-keep": `${name}-${data.id}`, onclick: act, ...more }, icon(name), element("span", {}, text));
  const isPlain = (name) => tools[name] === "plain";
  const drawn = [
    tools.copy && drawMenu("copy", labels.copy, tools.copy, data, async (entry) =>
      (await copyText(entry.content)) ? labels.copied : labels.not_copied),
    tools.save && drawMenu("save", labels.save, tools.save, data, async (entry) => {
      saveFile(await requests.ask({ kind: "save", turn: data.id, file: entry.kind }));
      return "";
    }),
    tools.verdict !== undefined && [["up", labels.good], ["down", labels.bad]].map(([verdict, text]) =>
      iconButton(verdict, text, (event) => openFeedback(data, verdict, event.currentTarget), { class: "kh-act kh-thumb",
        "data-keep": `${verdict}-${data.id}`, "data-verdict": verdict, "aria-pressed": String(tools.verdict === verdict) })),
    tools.again && tool("again", labels.ask_again, () => ask({})),
    isPlain("offline") && tool("offline", labels.answer_offline, () => ask({ offline: true })),
  ].flat().filter(Boolean);
  return drawn.length > 0 && element("div", { class: "kh-tools", role: "group" }, drawn,
    element("span", { class: "kh-said", role: "status" }, tools.thanks ?? ""));
}

// The way out where the chat model failed or broke off.
function drawWayOut(data) {
  return data.tools.offline === "prominent" && element("div", { class: "kh-wayout" },
    element("button", { class: "kh-button", type: "button", "data-keep": `offline-${data.id}`,
      onclick: () => askPython({ kind: "ask", question: data.question, instead_of: data.id, offline: true }) }, data.labels.answer_offline));
}

// A list of actions behind a button; `act` gives what to say when it is done.
function drawMenu(name, text, entries, data, act) {
  const summary = element("summary", { class: "kh-act", "data-keep": `${name}-${data.id}` }, icon(name), element("span", {}, text));
  const choose = async (entry) => {
    menu.open = false;
    summary.focus({ preventScroll: true });
    const said = await act(entry).catch((error) => error.message);
    const status = menu.parentElement?.querySelector(".kh-said");
    if (!said || !status) return;
    status.textContent = said;
    setTimeout(() => { if (status.textContent === said) status.textContent = data.tools.thanks ?? ""; }, 4000);
  };
  const menu = element("details", { class: "kh-menu", "data-keep": `menu-${name}-${data.id}`,
    onkeydown: (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      event.preventDefault();
      menu.open = false;
      summary.focus();
    },
    onfocusout: (event) => { if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false; } },
    summary,
    element("div", { class: "kh-menu-list" }, entries.map((entry, i) =>
      element("button", { class: "kh-menu-entry", type: "button", "data-keep": `${name}-${i}-${data.id}`, onclick: () => choose(entry) }, entry.text))));
  return menu;
}

function closeMenus(event) {
  for (const menu of document.querySelectorAll("details.kh-menu[open]")) if (!menu.contains(event.target)) menu.open = false;
}

// The question in its bubble, with a pencil that turns it into a form.
function drawQuestion(data) {
  const { labels } = data;
  const bubble = element("h2", { class: "kh-bubble", dir: "auto" }, element("span", { class: "kh-sr" }, `${labels.you}: `), data.question);
  const pencil = data.tools.edit && iconButton("edit", labels.edit, () => editQuestion(row, data), { class: "kh-tool kh-edit", "data-keep": `edit-${data.id}` });
  const row = element("div", { class: "kh-question" }, pencil, bubble);
  return row;
}

function editQuestion(row, data) {
  const before = [...row.childNodes];
  const area = element("textarea", { class: "kh-input", "aria-label": data.labels.edit_label, rows: "3", maxlength: "4000" });
  area.value = data.question;
  const leave = () => { row.replaceChildren(...before); row.querySelector(".kh-edit").focus(); };
  const send = () => {
    const question = area.value.trim();
    if (question) askPython({ kind: "ask", question, instead_of: data.id, offline: false });
  };
  area.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // Enter that ends a Japanese conversion sends nothing
    if (event.key === "Escape") { event.preventDefault(); leave(); }
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); send(); }
  });
  row.replaceChildren(element("form", { class: "kh-edit-form", onsubmit: (event) => { event.preventDefault(); send(); } }, area,
    drawButtons(data.labels.cancel, leave, element("button", { class: "kh-button", type: "submit" }, data.labels.ask))));
  area.focus();
}

function drawNext(data) {
  return data.next?.length > 0 && element("div", { class: "kh-next" }, element("h3", { class: "kh-label" }, data.labels.next_questions),
    element("ul", { class: "kh-next-list", role: "list" }, data.next.map((question, i) =>
      element("li", {}, element("button", { class: "kh-next-question", type: "button", dir: "auto", "data-keep": `next-${i}-${data.id}`,
        onclick: () => askPython({ kind: "ask", question }) }, question)))));
}

function askPython(request) {
  requests.ask(request).catch((error) => announce(error.message));
}
