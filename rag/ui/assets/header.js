// The head of every page: name, who answers and where text goes, how many documents.
function drawHeader(root, data) {
  root.replaceChildren(element("div", { class: "kh-brand" },
    element("span", { class: "kh-logo", "aria-hidden": "true" }, "基"),
    element("span", { class: "kh-names" }, element("h1", { class: "kh-name" }, data.name), element("span", { class: "kh-tagline" }, data.tagline)),
    element("span", { class: "kh-facts" },
      data.mode && element("span", { class: "kh-chip kh-mode", title: data.mode.help, "data-mode": data.mode.kind },
        element("span", { class: "kh-chip-dot", "aria-hidden": "true" }), element("span", { class: "kh-chip-text" }, data.mode.text),
        element("span", { class: "kh-sr" }, ` ${data.mode.help}`)),
      data.documents && element("span", { class: "kh-chip kh-count" }, icon("document"), data.documents))));
  markNavigation(data.page);
}

// Streamlit's row of links is a plain box, and may be drawn after this: it becomes the landmark that it is.
function markNavigation(page) {
  const header = document.querySelector(".st-key-kihon-header");
  const mark = () => {
    const nav = header?.querySelector(".st-key-kihon-nav");
    nav?.setAttribute("role", "navigation");
    nav?.setAttribute("aria-label", frame.labels.pages ?? "");
    nav?.querySelectorAll("a").forEach((link, i) => {
      if (i === page) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    });
    // Its words are for screen readers alone: the pointer gets them too.
    const anew = header?.querySelector(".st-key-new-conversation button");
    if (anew) anew.title = anew.querySelector("p")?.textContent ?? "";
  };
  frame.observer?.disconnect();
  if (!header) return;
  frame.observer = new MutationObserver(mark);
  frame.observer.observe(header, { childList: true, subtree: true });
  mark();
}
