// The source viewer: a document beside the chat with the quote highlighted; the text comes from Python on request.
// Of a PDF it shows the text or, as the reader chooses, the picture of the page.
const viewer = {
  panel: null, items: [], at: 0, from: null, labels: {}, source: null, page: null, error: null, asPage: false, asked: 0,

  open(items, at, from) {
    this.items = items;
    this.at = Math.max(0, at);
    if (from && !this.panel?.contains(from)) this.from = from;
    if (!this.panel) this.mount();
    this.ask();
    this.panel.querySelector(".kh-close").focus({ preventScroll: true });
    // The squeezed chat moves: keep what was pressed in sight.
    if (this.from?.closest(".stMain")) hold(() => this.from.scrollIntoView({ block: "nearest", behavior: "instant" }), performance.now());
  },

  span() {
    const { document_id, start, end } = this.items[this.at];
    return { document_id, start, end };
  },

  ask(above = 0, below = 0) {
    const isMore = above > 0 || below > 0;
    if (!isMore) this.source = this.page = null;
    this.request({ kind: "document", ...this.span(), above, below }, (source) => {
      const body = this.panel.querySelector(".kh-viewer-body");
      const fromBottom = body.scrollHeight - body.scrollTop;
      const grewAbove = this.source && source.above > this.source.above;
      this.source = source;
      if (this.asPage && source.has_pages) return this.askPage();
      this.draw();
      const drawn = this.panel.querySelector(".kh-viewer-body");
      if (grewAbove) drawn.scrollTop = drawn.scrollHeight - fromBottom;
      else if (!isMore) this.scrollToQuote();
    });
  },

  askPage(page = null) {
    this.request({ kind: "page", ...this.span(), page }, (drawn) => {
      this.page = drawn;
      this.draw();
      const image = this.panel.querySelector(".kh-picture");
      image.decode().catch(() => {}).then(() => this.panel && this.scrollToQuote());
    });
  },

  // A reply that the reader no longer waits for is dropped.
  request(wanted, receive) {
    this.asked += 1;
    const asked = this.asked;
    const isWaitedFor = () => this.panel && asked === this.asked;
    this.error = null;
    requests.ask(wanted, "viewer").then(
      (value) => { if (isWaitedFor()) receive(value); },
      (error) => { if (isWaitedFor()) { this.error = error; this.draw(); } });
    this.draw();
  },

  show(asPage) {
    this.asPage = asPage;
    this.error = null;
    if (asPage && !this.page) this.askPage();
    else { this.draw(); this.scrollToQuote(); }
  },

  scrollToQuote() {
    const body = this.panel.querySelector(".kh-viewer-body");
    // A quote may begin with markup, which is there but takes no room.
    const quote = [...this.panel.querySelectorAll(".kh-quoted, .kh-page-mark")].find((mark) => mark.getClientRects().length > 0);
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
    this.panel = this.source = this.page = this.error = null;
    this.asked += 1;
    document.documentElement.classList.remove("kh-viewing");
    // A turn that was drawn anew meanwhile has another element in the place of the one that was pressed.
    const from = this.from?.isConnected ? this.from : byKeep(this.from?.dataset.keep);
    from?.focus();
    hideCard();
  },

  step(by) {
    this.at = (this.at + by + this.items.length) % this.items.length;
    this.ask();
  },

  draw() {
    const item = this.items[this.at];
    const source = this.source;
    const focus = this.panel.contains(document.activeElement) ? document.activeElement.dataset.keep : null;
    const scrolled = this.panel.querySelector(".kh-viewer-body")?.scrollTop ?? 0;
    const labels = this.labels;
    const button = (name, text, act, more = {}) => iconButton(name, text, act, { "data-keep": name, ...more });
    const several = this.items.length > 1;
    this.panel.replaceChildren(
      element("div", { class: "kh-viewer-head" },
        element("div", { class: "kh-viewer-bar" },
          element("span", { class: "kh-label" }, labels.viewer),
          several && element("span", { class: "kh-steps" },
            button("previous", labels.previous, () => this.step(-1)),
            element("span", { class: "kh-nth", role: "status" }, labels.nth.replace("{nth}", this.at + 1).replace("{n}", this.items.length)),
            button("next", labels.next, () => this.step(1))),
          button("close", labels.close, () => this.close(), { class: "kh-tool kh-close" })),
        element("h2", { class: "kh-viewer-title", id: "kh-viewer-title" }, (source ?? item).title, badge(source?.status ?? item.status)),
        element("div", { class: "kh-source-meta" }, dotted((source ?? item).meta)),
        source && drawNewer(source, "newer"),
        source?.url && element("a", { class: "kh-link", href: source.url, target: "_blank", rel: "noopener noreferrer", referrerpolicy: "no-referrer" },
          source.original, icon("outside")),
        source && (source.path.length > 0 || source.page) && element("div", { class: "kh-path" },
          joined([...source.path, source.page].filter(Boolean), " › ", "kh-crumbs")),
        source?.has_pages && element("div", { class: "kh-switch", role: "group", "aria-label": labels.viewer },
          [[false, labels.as_text], [true, labels.as_page]].map(([asPage, text]) =>
            element("button", { class: "kh-switch-side", type: "button", "data-keep": `as-${asPage}`, "aria-pressed": String(this.asPage === asPage),
              onclick: () => this.show(asPage) }, text)))),
      element("div", { class: "kh-viewer-body", tabindex: "0", lang: source?.language, "aria-busy": String(!source && !this.error), dir: "auto" },
        this.error ? element("div", { class: "kh-notice kh-error", role: "alert" }, icon("warn"), element("div", {}, this.error.message, drawDetail(this.error.detail, "viewer-error")))
          : this.asPage && source?.has_pages && this.page ? this.drawPage(this.page)
            : source && !(this.asPage && source.has_pages) ? this.drawSource(source) : this.drawLoading(item)));
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

  drawPage(page) {
    const step = (name, to, text) => iconButton(name, text, () => this.askPage(to), { "data-keep": `${name}-page`, disabled: to === null });
    const share = (value) => `${Math.round(value * 1e4) / 100}%`;
    const marks = page.marks.map((mark) => {
      const drawn = element("span", { class: "kh-page-mark" });
      for (const side of ["left", "top", "width", "height"]) drawn.style[side] = share(mark[side]);
      return drawn;
    });
    return element("figure", { class: "kh-page-figure" },
      element("figcaption", { class: "kh-steps" }, step("previous", page.previous, this.labels.previous_page),
        element("span", { class: "kh-page-nth", role: "status" }, page.nth), step("next", page.next, this.labels.next_page)),
      page.unmarked && element("p", { class: "kh-viewer-note" }, page.unmarked),
      element("div", { class: "kh-page-frame" }, picture(page.media_type, page.image, page.alt), marks));
  },

  drawLoading(item) {
    return element("div", { class: "kh-document" }, element("p", { class: "kh-viewer-note" }, this.labels.loading),
      element("p", { class: "kh-p" }, element("mark", { class: "kh-quoted kh-preview", lang: item.language }, item.quote)));
  },
};
