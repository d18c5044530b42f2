// The source viewer: a document beside the chat with the quote highlighted; the text comes from Python on request.
const viewer = {
  panel: null, items: [], at: 0, from: null, labels: {}, request: () => {}, shown: null, wanted: null, error: null,

  open(items, at, from) {
    this.items = items;
    this.at = Math.max(0, at);
    this.from = from ?? this.from;
    if (!this.panel) this.mount();
    this.ask();
    this.panel.querySelector(".kh-close").focus({ preventScroll: true });
    // The squeezed chat moves: keep what was pressed in sight.
    const main = this.from?.closest(".stMain");
    if (main) hold(main, () => this.from.scrollIntoView({ block: "nearest", behavior: "instant" }), performance.now());
  },

  ask(above = 0, below = 0) {
    const item = this.items[this.at];
    this.wanted = { document_id: item.document_id, start: item.start, end: item.end, above, below };
    if (!(above || below)) this.shown = null;
    this.error = null;
    this.request(this.wanted);
    this.draw();
  },

  // Python's reply; an older one than the last question is dropped.
  receive(reply) {
    if (!reply || !this.panel || !this.wanted) return;
    const same = ["document_id", "start", "end", "above", "below"].every((key) => reply.wanted?.[key] === this.wanted[key]);
    if (!same || this.shown?.key === reply.key) return;
    const body = this.panel.querySelector(".kh-viewer-body");
    const fromBottom = body.scrollHeight - body.scrollTop;
    const grewAbove = this.shown && reply.source && reply.source.above > this.shown.source?.above;
    const isMore = this.shown !== null;
    this.shown = reply;
    this.error = reply.error ?? null;
    this.draw();
    const drawn = this.panel.querySelector(".kh-viewer-body");
    if (grewAbove) drawn.scrollTop = drawn.scrollHeight - fromBottom;
    else if (!isMore) this.scrollToQuote();
  },

  scrollToQuote() {
    const body = this.panel.querySelector(".kh-viewer-body");
    // A quote may begin with markup, which is there but takes no room.
    const quote = [...this.panel.querySelectorAll(".kh-quoted")].find((mark) => mark.getClientRects().length > 0);
    if (!quote) return;
    const offset = quote.getBoundingClientRect().top - body.getBoundingClientRect().top;
    body.scrollTop += offset - body.clientHeight / 3;
  },

  mount() {
    this.panel = element("div", { class: "kh-viewer", role: "dialog", "aria-modal": "false", "aria-labelledby": "kh-viewer-title" });
    document.body.append(this.panel);
    document.documentElement.classList.add("kh-viewing");
  },

  close() {
    if (!this.panel) return;
    this.panel.remove();
    this.panel = this.shown = this.wanted = null;
    document.documentElement.classList.remove("kh-viewing");
    // A turn that was drawn anew meanwhile has another element in the place of the one that was pressed.
    const from = this.from?.isConnected ? this.from : document.querySelector(`[data-keep="${CSS.escape(this.from?.dataset.keep ?? "")}"]`);
    from?.focus();
    hideCard();
  },

  step(by) {
    this.at = (this.at + by + this.items.length) % this.items.length;
    this.ask();
  },

  draw() {
    const item = this.items[this.at];
    const source = this.shown?.source;
    const focus = this.panel.contains(document.activeElement) ? document.activeElement.dataset.keep : null;
    const scrolled = this.panel.querySelector(".kh-viewer-body")?.scrollTop ?? 0;
    const labels = this.labels;
    const button = (keep, name, text, act, more = {}) =>
      element("button", { class: `kh-tool kh-${keep}`, type: "button", "data-keep": keep, "aria-label": text, title: text, onclick: act, ...more }, icon(name));
    const several = this.items.length > 1;
    this.panel.replaceChildren(
      element("div", { class: "kh-viewer-head" },
        element("div", { class: "kh-viewer-bar" },
          element("span", { class: "kh-label" }, labels.viewer),
          several && element("span", { class: "kh-steps" },
            button("previous", "previous", labels.previous, () => this.step(-1)),
            element("span", { class: "kh-nth", role: "status" }, labels.nth.replace("{nth}", this.at + 1).replace("{n}", this.items.length)),
            button("next", "next", labels.next, () => this.step(1))),
          button("close", "close", labels.close, () => this.close())),
        element("h2", { class: "kh-viewer-title", id: "kh-viewer-title" }, (source ?? item).title, badge(source?.status ?? item.status)),
        element("div", { class: "kh-source-meta" }, dotted((source ?? item).meta)),
        source?.superseded && element("p", { class: "kh-viewer-note kh-superseded" }, icon("warn"), source.superseded),
        source?.url && element("a", { class: "kh-link", href: source.url, target: "_blank", rel: "noopener noreferrer", referrerpolicy: "no-referrer" },
          source.original, icon("outside")),
        source && (source.path.length > 0 || source.page) && element("div", { class: "kh-path" },
          joined([...source.path, source.page].filter(Boolean), " › ", "kh-crumbs"))),
      element("div", { class: "kh-viewer-body", tabindex: "0", lang: source?.language, "aria-busy": String(!source && !this.error) },
        this.error ? element("div", { class: "kh-notice kh-error", role: "alert" }, icon("warn"), element("div", {}, this.error))
          : source ? this.drawSource(source) : this.drawLoading(item)));
    const body = this.panel.querySelector(".kh-viewer-body");
    body.scrollTop = scrolled;
    if (focus) this.panel.querySelector(`[data-keep="${focus}"]`)?.focus({ preventScroll: true });
  },

  drawSource(source) {
    const more = (keep, text, act) => element("button", { class: "kh-more", type: "button", "data-keep": keep, onclick: act }, text);
    return element("div", { class: "kh-document" },
      source.has_above ? more("above", this.labels.more_above, () => this.ask(source.above + 1, source.below))
        : source.note && element("p", { class: "kh-viewer-note" }, source.note),
      drawBlocks(source.blocks, { prose: source.prose }),
      source.has_below ? more("below", this.labels.more_below, () => this.ask(source.above, source.below + 1))
        : element("p", { class: "kh-end" }, this.labels.end));
  },

  drawLoading(item) {
    return element("div", { class: "kh-document" }, element("p", { class: "kh-viewer-note" }, this.labels.loading),
      element("p", { class: "kh-p" }, element("mark", { class: "kh-quoted kh-preview", lang: item.language }, item.quote)));
  },
};
