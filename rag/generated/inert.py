"""A model's text -> text that does nothing wherever it is shown: no pictures, links, HTML or control characters."""

from __future__ import annotations

import re

from rag.text.surrogates import without_surrogates

# C0 and C1 controls but for tab and line feed, bidi controls, invisible and tag characters, annotation marks.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_PICTURE = re.compile(r"!\[([^\[\]]{0,300})\](?:\([^()\n]{0,2000}\)|\[[^\[\]\n]{0,200}\])")
_LINK = re.compile(r"\[([^\[\]\n]{1,300})\]\((?:[^()\n]|\([^()\n]{0,200}\)){0,2000}\)")
_ONLY_DIGITS = re.compile(r"[\s\d,\-]*")
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,500}>|<!--.{0,500}?-->", re.DOTALL)
_OPENS_TAG = re.compile(r"<(?=[A-Za-z/!?])")


def inert(text: str, before: str = "") -> str:
    """The text with everything taken out that could fetch, run or hide something when it is rendered.

    Pictures become their description, links their words, tags vanish; what is left of broken ones is pulled apart so
    that joining sentences does not bring them back. Lone surrogates become U+FFFD.

    Args:
        text: A sentence of a reply.
        before: What was released before it: its last character matters.
    """
    text = without_surrogates(text).replace("\r\n", "\n").replace("\r", "\n")
    text = _INVISIBLE.sub("", text)
    text = _TAG.sub("", _PICTURE.sub(r"\1", text))
    text = _LINK.sub(lambda match: match[0] if _ONLY_DIGITS.fullmatch(match[1]) else match[1], text)
    text = _OPENS_TAG.sub("‹", text).replace("![", "! [").replace("](", "] (").replace("]:", "] :").replace("**", "")
    if before.endswith("]") and text[:1] in ("(", ":"):
        text = f" {text}"
    if before.endswith("!") and text.startswith("["):
        text = f" {text}"
    return text
