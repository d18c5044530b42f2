// Copying: by button, with a word that it worked; and by hand, where the quotes of the selected marks are appended.
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text); // no clipboard without https, or none allowed
  }
}

function copyBySelection(text) {
  const focused = document.activeElement;
  const area = element("textarea", { class: "kh-sr", "aria-hidden": "true", tabindex: "-1" });
  area.value = text;
  document.body.append(area);
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  focused?.focus?.({ preventScroll: true });
  return isDone;
}

// The marks that a selection holds or touches, answer by answer: each has its own numbers.
function selectedCitations(selection) {
  const range = selection.getRangeAt(0);
  return [...document.querySelectorAll(".kh-turn")].filter((turn) => range.intersectsNode(turn)).map((turn) => {
    const marks = [...turn.querySelectorAll(".kh-text .kh-mark")].filter((mark) => range.intersectsNode(mark));
    const numbers = new Set(marks.map((mark) => Number(mark.dataset.mark)));
    return (turn.citations ?? []).filter((citation) => numbers.has(citation.number));
  }).filter((citations) => citations.length > 0);
}

function onCopy(event) {
  const selection = getSelection();
  if (!selection || selection.isCollapsed || ["INPUT", "TEXTAREA"].includes(document.activeElement?.tagName)) return;
  const groups = selectedCitations(selection);
  if (groups.length === 0) return;
  const lists = groups.map((citations) =>
    citations.map((citation) => [`[${citation.number}]`, citation.quote && `“${citation.quote}”`, citation.reference, citation.remark && `(${citation.remark})`].filter(Boolean).join(" ")).join("\n"));
  event.clipboardData.setData("text/plain", [selection.toString().trim(), ...lists].join("\n\n"));
  event.preventDefault();
}

function saveFile(file) {
  const address = URL.createObjectURL(new Blob([file.text], { type: file.type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
