"""Word documents (.docx): headings, paragraphs, lists and tables as Markdown; title and language from properties."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from rag.loading.docx_body import DocxBody
from rag.loading.docx_package import Package
from rag.loading.docx_styles import Numbering, Styles
from rag.loading.raw import Limits, Raw, Refused
from rag.loading.text import clean
from rag.loading.writing import MarkdownWriter
from rag.text.language import language_of

_DOCUMENT = "word/document.xml"
# What Word and its kin call a document that nobody has named.
_NO_TITLE = re.compile(
    r"(?:microsoft word\b.*|(?:word )?document ?\d*|untitled.*|無題.*|文書 ?\d*|.*\.docx?|template|title|タイトル)",
    re.IGNORECASE,
)


def read(data: bytes, limits: Limits) -> Raw:
    """Read a Word document; see `rag.loading.raw.Raw`.

    Raises:
        Refused: For what is no Word document or protected, damaged, too long, empty, or unpacks to too much.
    """
    package = Package(data)
    name = _document_name(package)
    folder = posixpath.dirname(name)
    styles, numbering = Styles(), Numbering()
    package.parse(f"{folder}/styles.xml", styles.start, styles.end, _ignore)
    package.parse(f"{folder}/numbering.xml", numbering.start, numbering.end, _ignore)
    writer = MarkdownWriter(limits)
    body = DocxBody(writer, styles, numbering)
    package.parse(name, body.start, body.end, body.words)
    body.finish()
    for notes in ("footnotes", "endnotes"):
        package.parse(f"{folder}/{notes}.xml", body.start, body.end, body.words)
        body.finish()
    written = writer.finish()
    if not written.text:
        raise Refused("empty", "The document holds no text.")
    said = _Properties()
    package.parse("docProps/core.xml", said.start, said.end, said.words)
    notes_on = []
    if body.n_hidden:
        notes_on.append(f"{body.n_hidden:,} hidden or deleted piece{'s' if body.n_hidden > 1 else ''} left out.")
    if f"{folder}/vbaProject.bin" in package:
        notes_on.append("It holds macros, which are not looked at.")
    title = said.get("title")
    return written.raw(
        title=title if title and not _NO_TITLE.fullmatch(title) else body.title,
        language=language_of(written.text) or _language(said.get("language") or styles.language),
        notes=tuple(notes_on),
    )


def _document_name(package: Package) -> str:
    """The name of the part that holds the text: where the archive says, if that is in it.

    Raises:
        Refused: With code `wrong_type` if there is none.
    """
    targets: list[str] = []

    def start(name: str, attributes: Mapping[str, str]) -> None:
        is_document = name == "Relationship" and attributes.get("Type", "").endswith("/officeDocument")
        if is_document and attributes.get("TargetMode") != "External":
            targets.append(attributes.get("Target", "").lstrip("/"))

    package.parse("_rels/.rels", start, lambda _: None, _ignore)
    name = next((target for target in (*targets, _DOCUMENT) if target in package), None)
    if name is None or not name.endswith(".xml") or not posixpath.dirname(name):
        raise Refused("wrong_type", "The file is named as a Word document but is another kind of ZIP archive.")
    return name


class _Properties:
    """The core properties: the words of each element by its name."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._name = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._name = name

    def end(self, name: str) -> None:
        self._name = ""

    def words(self, words: str) -> None:
        if self._name and len(self._values.get(self._name, "")) < 1000:
            self._values[self._name] = self._values.get(self._name, "") + words

    def get(self, name: str) -> str | None:
        """A property on one line, or `None`."""
        return " ".join(clean(self._values.get(name, ""))[0].split()) or None


def _language(tag: str | None) -> str | None:
    match = re.match(r"[A-Za-z]{2,3}(?![A-Za-z])", tag or "")
    return match[0].lower() if match else None


def _ignore(words: str) -> None:
    """Words between the elements of a part that has none."""
