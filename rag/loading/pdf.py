"""PDF files: characters with their places from pdfium; `rag.loading.reflow` makes running text of them."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from rag.loading.lines import NOWHERE, Line, PageLines, is_cjk
from rag.loading.outline import outline_headings
from rag.loading.raw import Limits, Raw, RawPage, Refused
from rag.loading.reflow import reflow
from rag.loading.sections import sections
from rag.loading.signatures import content_of, is_pdf
from rag.text.language import language_of

if TYPE_CHECKING:
    import pypdfium2

Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""

_HYPHEN = "\x02"  # what pdfium puts for a hyphen at the end of a line, whose line break it leaves out
_SOFT_HYPHENS = "\xad\u2010"
_LEAST_HEIGHT = 1.0  # points; smaller text cannot be read by people, only by machines
_INVISIBLE_MODE = 3  # text render mode: neither filled nor stroked
_MAX_UNMAPPED_SHARE = 0.5
_UNMAPPED = re.compile("[\0\ufffd\ue000-\uf8ff\U000f0000-\U0010ffff]")


def read(data: bytes, limits: Limits) -> Raw:
    """Read a PDF; see `rag.loading.raw.Raw`.

    Text that people cannot see is left out and noted: what lies outside the page, is smaller than a point, or is drawn
    invisibly, unless over a picture, where it is what text recognition found.

    Raises:
        Refused: `wrong_type`, `damaged`, `encrypted`, `scanned`, `empty`, `encoding` (fonts that do not say what they
            show), or a limit.
    """
    if not is_pdf(data):
        kind = content_of(data)
        raise Refused("wrong_type", f"The file is named as a PDF but its content is {kind or 'something else'}.")
    if b"%%EOF" not in data:
        raise Refused("damaged", "The PDF is damaged: it ends before its end mark, so part of it is missing.")
    document = _open(data)
    try:
        return _read(document, limits)
    finally:
        document.close()


def _read(document: pypdfium2.PdfDocument, limits: Limits) -> Raw:
    limits.check_pages(len(document))
    reader = _Reader(limits)
    pages = [reader.read_page(document, index) for index in range(len(document))]
    if not any(line.text.strip() for page in pages for line in page.lines):
        raise reader.without_text(len(pages))
    if reader.n_unmapped > reader.n_asked * _MAX_UNMAPPED_SHARE:
        raise Refused("encoding", "The PDF's fonts do not say which characters they show, so its text cannot be read.")
    flowed = reflow(pages)
    limits.check_chars(len(flowed.text))
    headings = list(outline_headings(document, flowed.text, flowed.spans))
    return Raw(
        text=flowed.text,
        language=language_of(flowed.text),
        pages=tuple(
            RawPage(number=number, start=start, end=end, width=page.width, height=page.height)
            for number, ((start, end), page) in enumerate(zip(flowed.spans, pages, strict=True), 1)
        ),
        sections=tuple(sections(headings, len(flowed.text))),
        boxes=flowed.boxes,
        n_removed=flowed.n_removed,
        notes=tuple(reader.notes(len(pages))),
    )


def _open(data: bytes) -> pypdfium2.PdfDocument:
    import pypdfium2
    import pypdfium2.raw as pdfium

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as exc:
        if exc.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise Refused("encrypted", "The PDF is encrypted; its text can only be read with its password.") from None
        raise Refused("damaged", "The PDF is damaged: its structure cannot be read.") from None
    if len(document) == 0:
        raise Refused("damaged", "The PDF is damaged: it has no pages.")
    return document


class _Reader:
    """Reads pages one after another and counts what it meets."""

    def __init__(self, limits: Limits) -> None:
        self.n_chars = 0
        self.n_asked = 0  # words of which it is known whether their font maps them to characters
        self.n_unmapped = 0
        self._limits = limits
        self._n_hidden = 0
        self._n_without_text = 0
        self._n_drawn = 0  # pages without text that show something else

    def read_page(self, document: pypdfium2.PdfDocument, index: int) -> PageLines:
        """The lines of one page, in the order in which the file gives them.

        Raises:
            Refused: With code `damaged` if the page cannot be read, `too_long` when the limit is reached.
        """
        import pypdfium2

        try:
            page = document[index]
            text_page = page.get_textpage()
        except pypdfium2.PdfiumError:
            raise Refused("damaged", f"The PDF is damaged: page {index + 1:,} cannot be read.") from None
        try:
            n_chars = text_page.count_chars()
            self.n_chars += n_chars
            self._limits.check_chars(self.n_chars)
            width, height = page.get_size()
            lines = list(self._lines(page, text_page, n_chars))
            if not any(line.text.strip() for line in lines):
                self._n_without_text += 1
                self._n_drawn += any(True for _ in page.get_objects(max_depth=2))
            return PageLines(width=width, height=height, lines=lines)
        finally:
            text_page.close()
            page.close()

    def without_text(self, n_pages: int) -> Refused:
        """The verdict on a document of which no page holds text."""
        if self._n_drawn:
            pages = "its page is a picture" if n_pages == 1 else "its pages are pictures"
            return Refused(
                "scanned",
                f"The PDF is scanned: {pages} without a text layer. Run text recognition (OCR) over it first.",
            )
        return Refused("empty", "The PDF holds no text: its pages are empty.")

    def notes(self, n_pages: int) -> Iterator[str]:
        """What the report should say of the document."""
        if self._n_drawn:
            yield f"{self._n_drawn:,} of {n_pages:,} pages hold no text (scanned or drawn)."
        if self._n_hidden:
            yield f"{self._n_hidden:,} characters that cannot be seen on the page left out."

    def _lines(self, page: Any, text_page: Any, n_chars: int) -> Iterator[Line]:
        place = _Placing(page)
        has_pictures: bool | None = None
        line = _LineBuilder()
        for glyph in self._glyphs(text_page, n_chars):
            char, box = glyph.char, glyph.box
            if char in "\r\n":
                line.break_after()
                continue
            if box is not None:
                box = place(box)
                if glyph.is_invisible and has_pictures is None:
                    has_pictures = _has_pictures(page)
                if not char.isspace() and (not place.shows(box) or (glyph.is_invisible and not has_pictures)):
                    self._n_hidden += 1
                    continue
            if line.ends_before(char, box):
                yield from line.finish()
            line.add(char, box)
            if char == _HYPHEN:
                yield from line.finish()
        yield from line.finish()

    def _glyphs(self, text_page: Any, n_chars: int) -> Iterator[_Glyph]:
        """The characters as pdfium has them; what is asked once a word holds for the whole of it."""
        import pypdfium2.raw as pdfium

        handle, rect = text_page.raw, pdfium.FS_RECTF()
        high, in_word, is_invisible = 0, False, False
        for index in range(n_chars):
            code = pdfium.FPDFText_GetUnicode(handle, index)
            if 0xD800 <= code < 0xDC00:  # pdfium may hand out the halves of a surrogate pair
                high = code
                continue
            if 0xDC00 <= code < 0xE000:
                code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00) if high else 0xFFFD
            high = 0
            char = _HYPHEN if code == 0xFFFE else chr(code) if code < 0x110000 else "\ufffd"
            if char in " \r\n" and pdfium.FPDFText_IsGenerated(handle, index) == 1:
                in_word = False
                yield _Glyph(char, None, False)
                continue
            if not in_word:
                drawn = pdfium.FPDFText_GetTextObject(handle, index)
                is_invisible = bool(drawn) and pdfium.FPDFTextObj_GetTextRenderMode(drawn) == _INVISIBLE_MODE
                self.n_asked += 1
                self.n_unmapped += (
                    _UNMAPPED.match(char) is not None or pdfium.FPDFText_HasUnicodeMapError(handle, index) == 1
                )
            in_word = not char.isspace()
            has_box = pdfium.FPDFText_GetLooseCharBox(handle, index, rect)
            yield _Glyph(char, (rect.left, rect.bottom, rect.right, rect.top) if has_box else None, is_invisible)


class _Glyph(NamedTuple):
    """A character, its box in the file's coordinates (`None` if pdfium made it up), and whether nothing is drawn."""

    char: str
    box: Box | None
    is_invisible: bool


def _has_pictures(page: Any) -> bool:
    import pypdfium2.raw as pdfium

    return any(True for _ in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=5))


class _Placing:
    """From the file's coordinates to those of the page as displayed: cropped and turned."""

    def __init__(self, page: Any) -> None:
        self._left, self._bottom, self._right, self._top = page.get_bbox()
        self._rotation = page.get_rotation()
        self._width, self._height = page.get_size()

    def __call__(self, box: Box) -> Box:
        """The box from the lower left corner of the page as displayed."""
        x0, y0, x1, y1 = box
        if self._rotation == 90:
            return y0 - self._bottom, self._right - x1, y1 - self._bottom, self._right - x0
        if self._rotation == 180:
            return self._right - x1, self._top - y1, self._right - x0, self._top - y0
        if self._rotation == 270:
            return self._top - y1, x0 - self._left, self._top - y0, x1 - self._left
        return x0 - self._left, y0 - self._bottom, x1 - self._left, y1 - self._bottom

    def shows(self, box: Box) -> bool:
        """Whether people can see a character with this box."""
        x0, y0, x1, y1 = box
        inside = x1 > 0 and y1 > 0 and x0 < self._width and y0 < self._height
        return inside and max(y1 - y0, x1 - x0) >= _LEAST_HEIGHT


class _LineBuilder:
    """Gathers characters into a line."""

    def __init__(self) -> None:
        self._chars: list[str] = []
        self._boxes = array("f")
        self._last: Box | None = None
        self._n_placed = 0
        self._is_column = True  # so far each character stands below the one before
        self._is_broken = False

    def break_after(self) -> None:
        """Note that the file ends a line here; pdfium does so after each character of vertical writing."""
        self._is_broken = bool(self._chars)

    def ends_before(self, char: str, box: Box | None) -> bool:
        """Whether this character stands on another line."""
        if not self._chars or (self._is_broken and (box is None or self._last is None)):
            return self._is_broken
        if box is None or self._last is None:
            return False
        if self._is_broken:
            return not (self._is_column and self._goes_down(char, box))
        x0, y0, x1, y1 = self._last
        return min(y1, box[3]) <= max(y0, box[1]) and min(x1, box[2]) <= max(x0, box[0])

    def add(self, char: str, box: Box | None) -> None:
        self._is_broken = False
        self._chars.append(char)
        self._boxes.extend(box or NOWHERE)
        if box is not None and not char.isspace():
            if self._is_column and self._last is not None:
                self._is_column = self._goes_down(char, box)
            self._last = box
            self._n_placed += 1

    def finish(self) -> Iterator[Line]:
        """The line so far, if any; the next character begins another."""
        if self._chars:
            is_hyphenated = self._chars[-1] == _HYPHEN or self._chars[-1] in _SOFT_HYPHENS
            if is_hyphenated:
                self._chars[-1] = "-"
            yield Line("".join(self._chars), self._boxes, is_hyphenated=is_hyphenated)
        self.__init__()  # type: ignore[misc]  # begins afresh

    def _goes_down(self, char: str, box: Box) -> bool:
        """Whether a character follows the last one downwards, as in vertical Japanese."""
        assert self._last is not None
        x0, y0, x1, y1 = self._last
        size = max(x1 - x0, box[2] - box[0], y1 - y0)
        gap = y0 - box[3]
        # Characters are set solid, and only a comma or full stop leaves the rest of its square empty.
        most = size if self._n_placed > 1 else 0.35 * size
        in_column = min(x1, box[2]) - max(x0, box[0]) > 0
        return in_column and -0.5 * size < gap < most and is_cjk(char) and is_cjk(self._chars[-1])
