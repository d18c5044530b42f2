// The list of documents: a table, on a narrow screen a card each; a title opens the document.
function drawDocuments(root, data) {
  const items = data.rows.filter((row) => row.canOpen);
  const open = (row, from) => viewer.open([row], 0, from);
  const draw = (row) => element("tr", {},
    element("th", { scope: "row" },
      row.canOpen
        ? element("button", { class: "kh-link kh-document-link", type: "button", lang: row.language, "data-keep": `document-${row.document_id}`,
          onclick: (event) => open(row, event.currentTarget) }, row.title)
        : element("span", {}, row.title),
      badge(row.status), badge(row.state),
      element("span", { class: "kh-source-meta" }, row.source),
      row.reason && element("span", { class: "kh-source-meta" }, row.reason)),
    row.cells.map((cell, i) => element("td", { "data-column": data.columns[i + 1], class: cell ? null : "kh-empty" }, cell)));
  root.replaceChildren(element("table", { class: "kh-list-table" },
    element("thead", {}, element("tr", {}, data.columns.map((name) => element("th", { scope: "col" }, name)))),
    element("tbody", {}, data.rows.map(draw))));
  if (data.opened && root.opened !== data.opened.document_id) {
    root.opened = data.opened.document_id;
    if (items.some((row) => row.document_id === data.opened.document_id) || data.opened.canOpen) open(data.opened, root.querySelector("button"));
  }
}
