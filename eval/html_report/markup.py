"""Text -> HTML that shows it and does nothing else: what is no `Markup` is escaped wherever it is put."""

from __future__ import annotations

import html
import re

# What would change the text around it unseen, or cannot be shown: controls but tab and line feed, bidi controls,
# separators, surrogates, tag characters. Joiners and variation selectors stay, they belong to words and emoji.
_UNSHOWN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_VOID = frozenset({"input", "link", "meta"})


class Markup(str):
    """HTML as it is written; made by `element`, `raw` and `joined` alone."""

    __slots__ = ()


def element(tag: str, *children: str, **attributes: str | float | bool | None) -> Markup:
    """An element. Children and attributes are escaped unless they are `Markup`.

    Args:
        tag: Name of the element.
        children: Its content.
        attributes: `class_` is `class`, `data_kind` is `data-kind`; `True` is an attribute without a value, `None` and
            `False` are none.
    """
    written = "".join(
        f" {_attribute(key)}" if value is True else f' {_attribute(key)}="{escaped(str(value))}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if tag in _VOID:
        return Markup(f"<{tag}{written}>")
    return Markup(f"<{tag}{written}>{joined(*children)}</{tag}>")


def joined(*children: str) -> Markup:
    """Children beside each other, escaped unless they are `Markup`."""
    return Markup("".join(child if isinstance(child, Markup) else escaped(child) for child in children))


def raw(text: str) -> Markup:
    """Our own style or script, taken as it is."""
    return Markup(text)


def escaped(text: str) -> str:
    """The text for content and quoted attributes; what cannot be shown, or would turn its neighbours, as `\\u202e`."""
    return html.escape(_UNSHOWN.sub(lambda found: _code(found[0]), text))


def _code(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")
