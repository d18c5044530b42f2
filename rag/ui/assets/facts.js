// Groups of facts: a heading and pairs of a name and its value, or plain paragraphs.
function drawFacts(root, data) {
  root.replaceChildren(...data.groups.map((group) => element("section", { class: "kh-group" },
    element("h2", { class: "kh-group-title" }, group.title),
    group.text?.map((text) => element("p", {}, text)),
    group.rows && element("dl", { class: "kh-pairs" }, group.rows.map(([name, value]) =>
      [element("dt", {}, name), element("dd", {}, value)])),
    group.keys && drawKeys(group.keys))));
}

// Single keys, each with what it does.
function drawKeys(keys) {
  return element("dl", { class: "kh-keys" }, keys.map(([key, what]) => [element("dt", {}, element("kbd", {}, key)), element("dd", {}, what)]));
}
