// A part of the page: carries data, is drawn by the shell's script. The shell may arrive later: then the part waits.
export default function (component) {
  const kihon = (globalThis.kihon ??= { waiting: new Map() });
  const { parentElement } = component;
  if (kihon.draw) kihon.draw(component);
  else kihon.waiting.set(parentElement, component);
  // Of data that changed while this script was loading, Streamlit ends the old after it has begun the new: that stays.
  return () => {
    if (kihon.waiting.get(parentElement) === component) kihon.waiting.delete(parentElement);
  };
}
