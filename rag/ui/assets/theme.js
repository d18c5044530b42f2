// Light, dark or as the system: Streamlit keeps the choice in the browser, a key for each address, and reads it once.
const themeKey = (path) => `stActiveTheme-${path}-v2`;

function drawTheme(root, data) {
  const base = location.pathname.replace(/[^/]*$/, "");
  let chosen = data.options[0][0];
  try {
    chosen = JSON.parse(localStorage.getItem(themeKey(location.pathname))) ?? chosen;
  } catch { /* no storage, or not what Streamlit wrote: then the first counts, as for Streamlit */ }
  const choose = (theme) => {
    for (const path of data.paths) localStorage.setItem(themeKey(base + path), JSON.stringify(theme));
    location.reload();
  };
  root.replaceChildren(element("fieldset", { class: "kh-theme" }, element("legend", {}, data.title),
    data.options.map(([theme, name]) => element("button", { type: "button", class: "kh-option", "aria-pressed": String(chosen === theme),
      onclick: () => choose(theme) }, name)),
    element("p", { class: "kh-hint" }, data.hint)));
}
