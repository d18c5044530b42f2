// What this browser keeps. Cookies are set here: Streamlit has no way to set one from the server.
const KEPT_S = 31_536_000; // a year, begun anew with each visit

function keepCookie(name, value) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=${KEPT_S}; samesite=strict${secure}`;
}

// Tabs that a new browser opens at once come without a cookie, and each is given a reader's id of its own. The first one
// stays: a tab that finds another id than its own when it opens, opens anew with that, so that all have the same
// conversations. Once a tab: should the cookie never reach the server, the page must not go on opening.
function keepReader([name, value], isOpening) {
  const kept = document.cookie.split("; ").find((cookie) => cookie.startsWith(`${name}=`))?.slice(name.length + 1);
  const isOther = kept !== value && /^[\w-]{43}$/.test(kept ?? "");
  if (!isOther) keepCookie(name, value);
  if (!isOther || !isOpening || sessionStorage.getItem(name)) return true;
  sessionStorage.setItem(name, "opened");
  location.reload();
  return false;
}
