// The list of documents: a table, on a narrow screen a card each; a title opens the document, a tick chooses it.
function drawDocuments(root, data, pick) {
  const open = (row, from) => viewer.open([row], 0, from);
  if (!root.ticked || data.tickTurn >= root.turn) Object.assign(root, { ticked: new Set(data.ticked), turn: data.tickTurn });
  const tick = (row, isOn) => {
    if (isOn) root.ticked.add(row.document_id);
    else root.ticked.delete(row.document_id);
    root.turn += 1;
    pick({ kind: "tick", ids: [...root.ticked], turn: root.turn });
  };
  const draw = (row) => element("tr", {},
    element("th", { scope: "row" },
      data.mayTick && row.canOpen && element("input", { class: "kh-tick", type: "checkbox", "aria-label": row.tick, "data-keep": `tick-${row.document_id}`,
        checked: root.ticked.has(row.document_id), onchange: (event) => tick(row, event.currentTarget.checked) }),
      element("span", { class: "kh-document-row" },
        row.canOpen
          ? element("button", { class: "kh-link kh-document-link", type: "button", lang: row.language, "data-keep": `document-${row.document_id}`,
            onclick: (event) => open(row, event.currentTarget) }, row.title)
          : element("bdi", {}, row.title),
        badge(row.status), badge(row.state),
        element("span", { class: "kh-source-meta" }, row.source),
        row.reason && element("span", { class: "kh-source-meta" }, row.reason.text, drawDetail(row.reason.detail, `reason-${row.document_id}`)),
        data.mayDelete && row.canDelete && element("button", { class: "kh-act kh-delete", type: "button", "data-keep": `delete-${row.document_id}`,
          "aria-label": `${data.labels.delete}: ${row.title}`, onclick: () => confirmDeletion(row, data, pick) }, data.labels.delete))),
    row.cells.map((cell, i) => element("td", { "data-column": data.columns[i + 1], class: cell ? null : "kh-empty" }, cell)));
  const kept = keepState(root);
  root.replaceChildren(drawTable("kh-documents", data.columns, data.rows.map(draw)));
  restoreState(root, kept);
  if (data.opened && root.opened !== data.opened.document_id) {
    root.opened = data.opened.document_id;
    if (data.opened.canOpen) open(data.opened, root.querySelector("button"));
  }
}

function confirmDeletion(row, data, pick) {
  const { labels } = data;
  const dialog = element("dialog", { class: "kh-dialog kh-root", "aria-labelledby": "kh-delete-title", "aria-describedby": "kh-delete-text" },
    element("div", { class: "kh-form" },
      element("h2", { class: "kh-dialog-title", id: "kh-delete-title" }, labels.delete_title),
      element("p", { class: "kh-delete-name" }, element("bdi", {}, row.title), element("span", { class: "kh-source-meta" }, row.document_id)),
      element("div", { id: "kh-delete-text" }, element("p", {}, labels.delete_text),
        element("ul", { class: "kh-delete-list" }, data.deleted.map((what) => element("li", {}, what)))),
      drawButtons(labels.cancel, () => dialog.close(), element("button", { class: "kh-button kh-button-bad", type: "button", onclick: () => {
        pick({ kind: "delete", id: row.document_id });
        dialog.close();
      } }, labels.delete_confirm))));
  showDialog(dialog, () => byKeep(`delete-${row.document_id}`)?.focus({ preventScroll: true }));
}
