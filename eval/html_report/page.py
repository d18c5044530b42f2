"""A recorded run -> the whole page."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from eval.html_report import figures
from eval.html_report.markup import Markup, element, joined, raw
from eval.html_report.questions import questions
from eval.recorded import RecordedRun

_ASSETS = Path(__file__).parent / "assets"


def report_html(run: RecordedRun) -> str:
    """The report of a run as one HTML file.

    Its policy lets the browser load nothing and run no script but ours, which are named by their hashes.
    """
    style, script = _asset("report.css"), _asset("report.js")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"Eval run {run.name}"),
        element("link", rel="icon", href="data:,"),
        element("style", raw(style)),
    )
    body = element(
        "body",
        element("a", "Skip to the questions", href="#questions", class_="skip"),
        figures.heading(run),
        element(
            "main",
            figures.tiles(run.summary),
            element("div", figures.confidence(run), figures.failures(run), class_="beside"),
            figures.groups(run.summary),
            figures.measures(run.summary),
            questions(run.results),
        ),
        element("script", raw(script)),
    )
    return f"<!DOCTYPE html>\n{joined(element('html', head, body, lang='en'))}\n"


def _asset(name: str) -> Markup:
    return raw((_ASSETS / name).read_text(encoding="utf-8"))


def _hash(text: str) -> str:
    """Source expression of Content Security Policy Level 3 for an inline element with this text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
