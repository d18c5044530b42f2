"""HTML: the main text of a page, as Markdown; nothing in it is run or fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from rag.loading.decoding import decode, encoding_notes
from rag.loading.html_flow import HtmlFlow, is_hidden, is_shown
from rag.loading.metadata import iso_date
from rag.loading.raw import Limits, Raw, Refused
from rag.loading.signatures import refuse_disguised
from rag.loading.text import clean
from rag.loading.writing import MarkdownWriter
from rag.text.language import language_of

# Browsers look for it in the first kilobyte; pages with long comments put it later.
_DECLARED_WITHIN = 4096
_DECLARED = re.compile(
    rb"<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([\w.:-]{1,40})|^\s{0,99}<\?xml[^>]{0,100}?encoding=[\"']([\w.:-]{1,40})",
    re.IGNORECASE,
)
_DATE_NAMES = ("article:published_time", "date", "dc.date", "dcterms.date", "dcterms.issued", "pubdate")
# Of the page's words, for the part that calls itself the main one to be it.
_MIN_MAIN_SHARE = 0.1
_MIN_ARTICLE_SHARE = 0.5
_MAX_MAIN = 10
_MAX_TITLE_CHARS = 1000
_OF_HEAD = frozenset("title meta link base basefont style script noscript template object isindex".split())


def read(data: bytes, limits: Limits) -> Raw:
    """Read an HTML page; see `rag.loading.raw.Raw`.

    Raises:
        Refused: For content that is no text, nested too deeply, too long or without words.
    """
    refuse_disguised(data, "HTML")
    decoded, encoding = decode(data, declared=_declared(data))
    root = _tree(decoded)
    writer = MarkdownWriter(limits)
    flow = HtmlFlow(writer)
    flow.write(_main(root))
    written = writer.finish()
    if not written.text:
        raise Refused("empty", "The page holds no text that would be shown without running its scripts.")
    said = _said(root)
    notes = [*encoding_notes(encoding)]
    if flow.n_hidden:
        notes.append(f"{flow.n_hidden:,} hidden part{'s' if flow.n_hidden > 1 else ''} left out.")
    return written.raw(
        title=said.pop("title", None),
        language=language_of(written.text) or said.pop("language", None),
        front_matter={key: value for key, value in said.items() if key == "date"},
        notes=tuple(notes),
    )


def _declared(data: bytes) -> str | None:
    """What a page says of its own encoding."""
    found = _DECLARED.search(data[:_DECLARED_WITHIN])
    return (found[1] or found[2]).decode("ascii") if found else None


def _tree(text: str) -> Any:
    """The page's elements, without comments and processing instructions.

    Raises:
        Refused: With code `damaged` for a nesting that no page has, and `empty` for no element at all.
    """
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True, recover=True
    )
    # What a numeric reference may not name either; as bytes, so that no declaration of another encoding counts.
    encoded = text.replace("\0", "").encode("utf-8", "replace")
    try:
        root = etree.fromstring(encoded, parser)
    except etree.XMLSyntaxError:
        root = None
    if any("depth" in error.message for error in parser.error_log):
        raise Refused("damaged", "The page is nested too deeply to be read.")
    if root is None:
        raise Refused("empty", "The page holds no text.")
    _end_head(root)
    return root


def _end_head(root: Any) -> None:
    """Move out of the head what cannot stand there.

    The parser knows no `main`, `article`, `header`, … and where a page leaves out `</head>` and `<body>`, as it may,
    puts them into the head.
    """
    head = next(root.iter("head"), None)
    if head is None or head.getparent() is not root:
        return
    strays = [child for child in head if child.tag not in _OF_HEAD]
    if not strays:
        return
    body = next((child for child in root if child.tag == "body"), None)
    if body is None:
        body = etree.SubElement(root, "body")
    text, body.text = body.text, None
    body[:0] = strays
    strays[-1].tail = (strays[-1].tail or "") + (text or "")


def _main(root: Any) -> Any:
    """The element that holds the main text: what is marked as such, the only article, else the body."""
    body = next(root.iter("body"), root)
    marked = [element for element in body.xpath('.//main | .//*[@role="main"]')[:_MAX_MAIN] if is_shown(element)]
    articles = [element for element in body.xpath(".//article[not(ancestor::article)]")[:2] if is_shown(element)]
    if not marked and len(articles) != 1:
        return body
    n_all = _n_chars(body)
    n_main, main = max(
        ((_n_chars(element), element) for element in marked), key=lambda pair: pair[0], default=(0, None)
    )
    if n_main > _MIN_MAIN_SHARE * n_all:
        return main
    if len(articles) == 1 and _n_chars(articles[0]) >= _MIN_ARTICLE_SHARE * n_all:
        return articles[0]
    return body


def _n_chars(element: Any) -> int:
    """Length of an element's words, markup, scripts and hidden parts not counted."""
    n = 0
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, inner in walk:
        if event == "start":
            if inner.tag in ("script", "style", "template", "noscript") or is_hidden(inner):
                walk.skip_subtree()
            else:
                n += len((inner.text or "").strip())
        elif inner is not element:
            n += len((inner.tail or "").strip())
    return n


def _said(root: Any) -> dict[str, str]:
    """What the page says of itself: title, language and date of publication, where they are usable."""
    said: dict[str, str] = {}
    title = next(iter(root.xpath("//title[not(ancestor::svg)]")), None)
    if title is not None:
        said["title"] = _words("".join(title.itertext()))
    language = root.get("lang") or root.get("xml:lang") or ""
    if match := re.match(r"[A-Za-z]{2,3}(?![A-Za-z])", language):
        said["language"] = match[0].lower()
    for name, content in _meta(root):
        if name in _DATE_NAMES and (date := iso_date(content.strip())):
            said.setdefault("date", date)
    return {key: value for key, value in said.items() if value}


def _meta(root: Any) -> Iterator[tuple[str, str]]:
    for element in root.iter("meta"):
        name = element.get("name") or element.get("property") or ""
        yield name.lower(), (element.get("content") or "")[:_MAX_TITLE_CHARS]


def _words(text: str) -> str:
    return " ".join(clean(text[:_MAX_TITLE_CHARS])[0].split())
