// Groups of facts: a heading and pairs of a name and its value, or plain paragraphs.
function drawFacts(root, data) {
  root.replaceChildren(...data.groups.map((group) => element("section", { class: "kh-group" },
    element("h2", { class: "kh-group-title" }, group.title),
    group.text?.map((text) => element("p", {}, text)),
    group.rows && element("dl", { class: "kh-pairs" }, group.rows.map(([name, value]) =>
      [element("dt", {}, name), element("dd", {}, value)])),
    group.keys && element("dl", { class: "kh-keys" }, group.keys.map(([key, what]) =>
      [element("dt", {}, element("kbd", {}, key)), element("dd", {}, what)])))));
}
