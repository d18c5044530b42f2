// A part of the page: carries data, is drawn by the shell's script. The shell may arrive later: then the part waits.
export default function (component) {
  const kihon = (globalThis.kihon ??= { waiting: new Map() });
  const { parentElement } = component;
  if (kihon.draw) kihon.draw(component);
  else kihon.waiting.set(parentElement, component);
  return () => {
    kihon.waiting.delete(parentElement);
    kihon.remove?.(parentElement);
  };
}
