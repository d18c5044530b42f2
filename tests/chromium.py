"""Debian's Chromium for the browser tests, and what it is asked about a page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

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
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_ARGS))
        yield chromium
        chromium.close()


# Contrast ratio (WCAG 2.2, 1.4.3) of every text in the elements that a selector names, against the nearest background
# behind it.
CONTRASTS = """(roots) => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const parse = (css, under) => {
    canvas.fillStyle = `rgb(${under})`; canvas.fillRect(0, 0, 1, 1);
    canvas.fillStyle = css; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    const chain = [];
    for (let e = element; e; e = e.parentElement) chain.unshift(getComputedStyle(e).backgroundColor);
    return chain.reduce((under, css) => parse(css, under), [255, 255, 255]);
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
