"""Debian's Chromium for the browser tests, and what it is asked about a page."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# What axe-core finds in Streamlit's own elements and we cannot mend, by rule, with the reason. None today.
STREAMLITS_OWN: dict[str, str] = {}
LEAST_CONTRAST = 4.5
CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    if not Path(CHROMIUM).exists():
        pytest.fail("The browser tests need Debian's package `chromium`; KIHON_BROWSER=0 leaves them out.")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_ARGS))
        yield chromium
        chromium.close()


def violations(page: Page) -> list[str]:
    """Serious and critical findings of axe-core that are not Streamlit's own."""
    page.evaluate(resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    return [
        f"{violation['id']}: {[node['html'][:120] for node in violation['nodes'][:3]]}"
        for violation in found
        if violation["impact"] in ("serious", "critical") and violation["id"] not in STREAMLITS_OWN
    ]


def too_faint(page: Page, roots: str) -> list[tuple[str, float]]:
    """Texts in the elements of a selector whose contrast is too low, with their ratios; there must be some text."""
    contrasts: list[tuple[str, float]] = page.evaluate(CONTRASTS, roots)
    assert contrasts, f"no text in {roots}"
    return [(text, ratio) for text, ratio in contrasts if ratio < LEAST_CONTRAST]


# Contrast ratio (WCAG 2.2, 1.4.3) of every text in the elements that a selector names, against the nearest background
# behind it.
CONTRASTS = """(roots) => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const painted = new Map(); // reading a canvas is slow, and a page has few colours
  const parse = (css, under) => {
    const key = `${css} ${under}`;
    if (!painted.has(key)) {
      canvas.fillStyle = `rgb(${under})`; canvas.fillRect(0, 0, 1, 1);
      canvas.fillStyle = css; canvas.fillRect(0, 0, 1, 1);
      painted.set(key, [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3));
    }
    return painted.get(key);
  };
  const light = (rgb) => rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const backs = new Map();
  const behind = (element) => {
    if (!element) return [255, 255, 255];
    if (!backs.has(element))
      backs.set(element, parse(getComputedStyle(element).backgroundColor, behind(element.parentElement)));
    return backs.get(element);
  };
  const found = [];
  for (const root of document.querySelectorAll(roots)) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      const isSeen = element.checkVisibility() && getComputedStyle(element).fontSize !== '0px';
      if (!walker.currentNode.data.trim() || !isSeen) continue;
      const back = behind(element);
      const [a, b] = [light(parse(getComputedStyle(element).color, back)), light(back)].sort((x, y) => y - x);
      found.push([walker.currentNode.data.slice(0, 40), Math.round(((a + 0.05) / (b + 0.05)) * 100) / 100]);
    }
  }
  return found;
}"""
