// The reader's conversations: a button, and the list behind it in a dialog at the side, where they are searched, opened,
// renamed and deleted. The list is asked for when it is opened: the page itself never carries it.
const SEARCH_AFTER_MS = 200;
const conversations = { dialog: null };

function drawConversations(root, data) {
  root.replaceChildren(element("button", { class: "kh-conversations-open", type: "button", "aria-haspopup": "dialog", title: data.labels.conversations,
    "data-keep": "conversations", onclick: () => openConversations(data) }, icon("list"), element("span", { class: "kh-button-text" }, data.labels.conversations)));
}

function openConversations({ labels, max_chars: maxChars }) {
  if (conversations.dialog?.isConnected) return;
  const said = element("p", { class: "kh-hint kh-conversations-said", role: "status" }, labels.loading_list);
  const list = element("ul", { class: "kh-conversations", role: "list" });
  const search = element("input", { class: "kh-input", type: "search", name: "search", "aria-label": labels.conversations_search, placeholder: labels.conversations_search_hint });
  const more = element("button", { class: "kh-button kh-button-quiet kh-conversations-more", type: "button", hidden: true }, labels.conversations_more);
  const dialog = (conversations.dialog = element("dialog", { class: "kh-dialog kh-root kh-side-dialog", "aria-labelledby": "kh-conversations" },
    drawDialogHead("kh-conversations", labels.conversations, labels.conversations_close),
    element("button", { class: "kh-button kh-conversations-new", type: "button", onclick: () => leave({ kind: "new_conversation" }, labels.new_conversation) }, labels.new_conversation),
    search, said, list, more));

  // What the reader did last is shown: a reply that comes late to an earlier search is dropped.
  let newest = 0;
  const show = async (n, prefix = "") => {
    const mine = (newest += 1);
    try {
      const found = await requests.ask({ kind: "conversations", search: search.value, ...(n && { n }) }, "conversations");
      if (mine !== newest) return;
      list.replaceChildren(...found.rows.map((row) => drawConversation(row, { labels, maxChars, leave, change })));
      said.textContent = `${prefix}${found.count}`;
      more.hidden = !found.more;
      more.onclick = async () => {
        const at = list.childElementCount;
        await show(found.more);
        list.children[at]?.querySelector("button").focus();
      };
    } catch (error) {
      if (mine === newest) sayError(said, error, "conversations-error");
    }
  };
  // Do something that ends with another page, and close.
  const leave = async (request, done) => {
    try {
      await requests.ask(request);
      dialog.close();
      announce(done);
      question()?.focus({ preventScroll: true });
      showNewest();
    } catch (error) {
      sayError(said, error, "conversations-error");
    }
  };
  // Do something to one of the list; whether it worked.
  const change = async (request, done) => {
    try {
      await requests.ask(request);
    } catch (error) {
      sayError(said, error, "conversations-error");
      return false;
    }
    await show(Math.max(list.childElementCount, 1), `${done} `);
    return true;
  };
  let timer = 0;
  search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(show, SEARCH_AFTER_MS); });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  showDialog(dialog, () => {
    if (document.activeElement === document.body) byKeep("conversations")?.focus({ preventScroll: true });
  });
  show();
}

function drawConversation(row, { labels, maxChars, leave, change }) {
  const named = (key) => labels[key].replace("{title}", () => row.title);
  const time = new Date(row.changed).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  const item = element("li", { class: "kh-conversation", "data-id": row.id });
  const focus = (name) => item.querySelector(`.kh-act-${name}`).focus();
  const act = (name, pictured, key, onclick) => iconButton(pictured, named(key), onclick, { class: `kh-tool kh-act-${name}` });
  const draw = () => item.replaceChildren(
    element("button", { class: "kh-conversation-open", type: "button", "aria-current": row.is_current && "true",
      onclick: () => leave({ kind: "open_conversation", conversation: row.id }, labels.conversation_opened) },
      element("span", { class: "kh-conversation-title", dir: "auto" }, row.title), " ",
      element("span", { class: "kh-source-meta" }, dotted([time, row.questions]))),
    act("rename", "edit", "conversation_rename_this", rename), act("delete", "bin", "conversation_delete_this", ask));
  const back = (name) => { draw(); focus(name); };
  const onEscape = (name) => (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault(); // the dialog stays open
    back(name);
  };
  const buttons = (name, sure) => drawButtons(labels.cancel, () => back(name), sure);

  function rename() {
    const field = element("input", { class: "kh-input", name: "title", maxlength: maxChars, "aria-label": labels.conversation_title, value: row.title, dir: "auto" });
    const form = element("form", { class: "kh-conversation-form", onkeydown: onEscape("rename") }, field,
      buttons("rename", element("button", { class: "kh-button", type: "submit" }, labels.conversation_save)));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const title = field.value.trim();
      if (!title || title === row.title) { back("rename"); return; }
      const list = item.parentElement;
      if (await change({ kind: "rename_conversation", conversation: row.id, title }, labels.conversation_renamed))
        list.querySelector(`[data-id="${CSS.escape(row.id)}"] .kh-act-rename`)?.focus();
    });
    item.replaceChildren(form);
    field.select();
  }

  function ask() {
    const sure = async () => {
      const list = item.parentElement;
      const at = [...list.children].indexOf(item);
      if (!(await change({ kind: "delete_conversation", conversation: row.id }, labels.conversation_deleted))) return;
      (list.children[Math.min(at, list.childElementCount - 1)] ?? list.closest("dialog")).querySelector("button").focus();
    };
    item.replaceChildren(element("div", { class: "kh-conversation-form", role: "group", "aria-label": named("conversation_delete_sure"), onkeydown: onEscape("delete") },
      element("p", { dir: "auto" }, named("conversation_delete_sure")),
      buttons("delete", element("button", { class: "kh-button kh-button-bad", type: "button", onclick: sure }, labels.conversation_delete))));
    item.querySelector("button").focus();
  }

  draw();
  return item;
}
