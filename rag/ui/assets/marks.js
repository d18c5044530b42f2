// Citation marks, and what no quote carries.
function drawMark(run, citations, data, openCitation) {
  const citation = citations.get(run.mark);
  const open = () => { hideCard(); openCitation(run.mark, drawn); };
  const show = () => showCard(drawn, citation, data.labels, open);
  // A span, not a button: the text of buttons is left out when an answer is copied.
  const drawn = element("span", {
    class: "kh-mark", role: "button", tabindex: "0", "aria-label": citation.label, "data-mark": run.mark,
    "data-keep": `mark-${run.mark}-${data.id}`, onpointerenter: (event) => event.pointerType === "mouse" && show(),
    onpointerleave: hideCardSoon, onfocus: show, onblur: hideCardSoon,
    onclick: (event) => {
      // The first tap of a finger shows the card, the card's button or a second tap opens the document.
      if (event.pointerType === "touch" && drawn.dataset.tapped !== "1") {
        drawn.dataset.tapped = "1";
        show();
      } else open();
    },
    onkeydown: (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(); }
    },
  }, element("span", { class: "kh-bracket" }, "["), String(run.mark), element("span", { class: "kh-bracket" }, "]"));
  return drawn;
}

function drawFlaw(run, drawn, data) {
  const flaw = data.flaws?.[run.flaw];
  return element("span", { class: "kh-flaw", title: flaw?.label, "data-flaw": run.flaw }, drawn);
}

function drawFlaws(data) {
  return element("div", { class: "kh-notice kh-warn" }, icon("warn"), element("div", {},
    element("strong", {}, data.labels.unsupported),
    element("ul", {}, data.flaws.map((flaw) => element("li", {}, element("q", {}, flaw.text), ": ", flaw.detail)))));
}
