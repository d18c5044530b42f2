// Dialogs, first of all the form for feedback: a dialog of its own, so that a turn that is drawn anew takes nothing away from who fills it in.
async function openFeedback(data, verdict, from) {
  const said = from.closest(".kh-tools").querySelector(".kh-said");
  let form;
  try {
    form = await requests.ask({ kind: "feedback_form", turn: data.id, verdict });
  } catch (error) {
    said.textContent = error.message;
    return;
  }
  const dialog = element("dialog", { class: "kh-dialog", "aria-labelledby": "kh-dialog-title" });
  dialog.append(drawFeedback(form, data, dialog));
  showDialog(dialog, () => byKeep(`${verdict}-${data.id}`)?.focus({ preventScroll: true }));
}

// `leave` puts the focus where it belongs once the dialog is gone.
function showDialog(dialog, leave = () => {}) {
  dialog.addEventListener("close", () => {
    dialog.remove();
    leave();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

function drawDialogHead(id, title, closeText) {
  return element("div", { class: "kh-dialog-head" }, element("h2", { class: "kh-dialog-title", id }, title),
    iconButton("close", closeText, (event) => event.currentTarget.closest("dialog").close()));
}

function drawFeedback(form, data, dialog) {
  const { labels } = form;
  const error = element("div", { class: "kh-form-error", role: "alert" });
  const drawn = element("form", { class: "kh-form", novalidate: true },
    element("h2", { class: "kh-dialog-title", id: "kh-dialog-title" }, form.title),
    drawChoices("reason", labels.feedback_reason, form.reasons.map((reason) => [reason.value, reason.text])),
    form.verdict === "down" && drawPlaces(form),
    element("label", { class: "kh-field" }, element("span", { class: "kh-label" }, form.verdict === "down" ? labels.feedback_right : labels.feedback_note),
      element("textarea", { class: "kh-input", name: "text", rows: "2", maxlength: form.max_chars })),
    element("p", { class: "kh-hint" }, labels.feedback_private), error,
    drawButtons(labels.cancel, () => dialog.close(), element("button", { class: "kh-button", type: "submit" }, labels.feedback_send)));
  drawn.addEventListener("submit", async (event) => {
    event.preventDefault();
    error.textContent = "";
    const entered = new FormData(drawn);
    const [place, hit] = String(entered.get("place") ?? "unknown").split("-");
    const said = { verdict: form.verdict, reason: entered.get("reason"), place, hit: Number(hit ?? 0),
      sentences: entered.getAll(`sentence-${hit}`).map(Number), text: entered.get("text") };
    try {
      const reply = await requests.ask({ kind: "feedback", turn: data.id, said });
      announce(reply.thanks);
      dialog.close();
    } catch (failure) {
      sayError(error, failure, "feedback-error");
    }
  });
  return drawn;
}

function drawChoices(name, title, choices) {
  return element("fieldset", { class: "kh-choices" }, element("legend", { class: "kh-label" }, title),
    element("div", { class: "kh-chips" }, choices.map(([value, text], i) =>
      element("label", { class: "kh-choice" }, element("input", { type: "radio", name, value, checked: i === 0 }), element("span", {}, text)))));
}

// Where the right answer is: a passage, with its sentences once it is chosen; in no document; or unknown.
function drawPlaces(form) {
  const { labels, hits } = form;
  const choice = (value, ...children) => element("label", { class: "kh-choice kh-place" },
    element("input", { type: "radio", name: "place", value, checked: value === "unknown" }), element("span", {}, children));
  return element("fieldset", { class: "kh-choices" }, element("legend", { class: "kh-label" }, labels.feedback_where),
    choice("unknown", labels.feedback_unknown), choice("nowhere", labels.feedback_nowhere),
    element("div", { class: "kh-places" }, hits.map((hit, i) => element("div", { class: "kh-place-hit" },
      choice(`hit-${i}`, element("span", { class: "kh-source-title" }, hit.title, badge(hit.status)),
        element("span", { class: "kh-source-meta" }, dotted([...hit.meta, ...hit.place])),
        element("span", { class: "kh-hit-text", lang: hit.language, dir: "auto" }, hit.quote)),
      hit.sentences.length > 1 && drawSentences(hit, i, form)))));
}

function drawSentences(hit, i, form) {
  const most = (event) => {
    const boxes = [...event.currentTarget.querySelectorAll("input")];
    const isFull = boxes.filter((box) => box.checked).length >= form.max_sentences;
    for (const box of boxes) box.disabled = isFull && !box.checked;
  };
  return element("fieldset", { class: "kh-sentences", onchange: most },
    element("legend", { class: "kh-hint" }, form.labels.feedback_sentences),
    hit.sentences.map((sentence, at) => element("label", { class: "kh-choice" },
      element("input", { type: "checkbox", name: `sentence-${i}`, value: at }), element("span", { lang: hit.language, dir: "auto" }, sentence))));
}
