"""PDF files: running text with a box for each character, pages, and the verdicts on what cannot be read."""

from __future__ import annotations

import io
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas
from reportlab.platypus import BalancedColumns, ListFlowable, ListItem, PageBreak, Paragraph, SimpleDocTemplate, Table

from rag.answer import FileReport
from rag.config import Settings
from rag.loading import LineBox, Loaded, Loader, line_boxes
from rag.loading.boxes import unpack

pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3"))

BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=11, leading=14, spaceAfter=8)
JUSTIFIED = ParagraphStyle("justified", BODY, alignment=4)
CENTRED = ParagraphStyle("centred", BODY, alignment=1)
SMALL = ParagraphStyle("small", BODY, fontSize=6, leading=7)
HEADING = ParagraphStyle("heading", BODY, fontName="Helvetica-Bold", fontSize=15, leading=20)
KANA = ParagraphStyle("kana", fontName="HeiseiMin-W3", fontSize=11, leading=18, wordWrap="CJK")
INDENTED = ParagraphStyle("indented", KANA, firstLineIndent=11)

ENGLISH = (
    "The second AI Basic Plan was decided by the Cabinet on 14 July 2026. It replaces the first plan of 23 December "
    "2025, and it keeps the four policies of that plan while adding two new ones. Firms are asked to report serious "
    "incidents within 72 hours; the ministry publishes a summary each quarter."
)
JAPANESE = (
    "人工知能基本計画は、二〇二五年十二月二十三日に閣議決定された。政府は四つの方針を掲げ、「信頼できるAI」の開発と活用を進めるとしている。"
    "企業や自治体の取り組みも広がっており、今後の評価が注目される。第2の計画は2026年7月14日に決定された。"
)


@pytest.fixture(scope="module")
def loader() -> Iterator[Loader]:
    with Loader(Settings(max_pages=20, max_document_chars=100_000)) as made:
        yield made


def flowing(*flowables: object) -> bytes:
    buffer = io.BytesIO()
    SimpleDocTemplate(buffer, pagesize=A4).build(list(flowables))
    return buffer.getvalue()


def drawn(draw: Callable[[canvas.Canvas], None], **options: object) -> bytes:
    buffer = io.BytesIO()
    page = canvas.Canvas(buffer, pagesize=(400, 300), **options)
    page.setFont("Helvetica", 12)
    draw(page)
    page.save()
    return buffer.getvalue()


def lines(*texts: str, font: str = "Helvetica") -> bytes:
    def draw(page: canvas.Canvas) -> None:
        page.setFont(font, 12)
        for number, text in enumerate(texts):
            page.drawString(50, 250 - 14 * number, text)

    return drawn(draw)


def picture() -> ImageReader:
    from PIL import Image

    return ImageReader(Image.new("RGB", (40, 40), "navy"))


def load(loader: Loader, folder: Path, data: bytes, name: str = "file.pdf") -> Loaded | FileReport:
    (folder / name).write_bytes(data)
    return loader.load(folder / name, root="uploads", path=name)


def read(loader: Loader, folder: Path, data: bytes) -> Loaded:
    loaded = load(loader, folder, data)
    assert isinstance(loaded, Loaded), loaded
    check(loaded)
    return loaded


def check(loaded: Loaded) -> None:
    """What holds for every PDF: one box a character, none upside down, on its page; pages cover the text."""
    document = loaded.document
    assert loaded.boxes is not None
    boxes = unpack(loaded.boxes)
    assert boxes.shape == (len(document.text), 4)
    placed = ~np.isnan(boxes[:, 0])
    assert (boxes[placed, 0] <= boxes[placed, 2]).all()
    assert (boxes[placed, 1] <= boxes[placed, 3]).all()
    assert not any(char.isspace() is False and not has for char, has in zip(document.text, placed, strict=True))
    assert [page.number for page in document.pages] == list(range(1, len(document.pages) + 1))
    assert document.pages[0].start == 0
    assert document.pages[-1].end == len(document.text)
    for page, following in zip(document.pages, document.pages[1:], strict=False):
        assert page.end == following.start
    assert unicodedata.is_normalized("NFC", document.text)
    assert document.text == document.text.strip()


def quoted(loaded: Loaded, quote: str) -> list[LineBox]:
    start = loaded.document.text.index(quote)
    assert loaded.boxes is not None
    return line_boxes(loaded.boxes, loaded.document.pages, start, start + len(quote))


def text_inside(data: bytes, boxes: Sequence[LineBox]) -> str:
    """What pdfium itself finds in the rectangles: an oracle for upright pages without a crop box."""
    document = pypdfium2.PdfDocument(data)
    parts = []
    for box in boxes:
        text_page = document[box.page - 1].get_textpage()
        parts.append(text_page.get_text_bounded(box.x0, box.y0, box.x1, box.y1))
        text_page.close()
    document.close()
    return "".join(parts)


def squeezed(text: str) -> str:
    return re.sub(r"[\s\ufffe]+", "", text)


def test_sentences_are_whole_and_paragraphs_apart(loader: Loader, tmp_path: Path) -> None:
    data = flowing(
        Paragraph("Annual report on AI policy", HEADING),
        Paragraph(ENGLISH, BODY),
        Paragraph(ENGLISH, JUSTIFIED),
        Paragraph(JAPANESE, KANA),
        Paragraph(JAPANESE, INDENTED),
        Paragraph(JAPANESE, INDENTED),
    )
    loaded = read(loader, tmp_path, data)
    assert loaded.document.text == "\n\n".join(
        ["Annual report on AI policy", ENGLISH, ENGLISH, JAPANESE, JAPANESE, JAPANESE]
    )
    assert (loaded.document.format, loaded.document.language, loaded.document.title) == ("pdf", "ja", "file")
    assert (loaded.notes, loaded.n_removed) == ((), 0)


def test_pages_are_spans_and_a_sentence_may_cross_them(loader: Loader, tmp_path: Path) -> None:
    data = flowing(
        Paragraph("First page.", BODY),
        PageBreak(),
        Paragraph(JAPANESE * 20, KANA),
        PageBreak(),
        Paragraph("Last page.", BODY),
    )
    document = read(loader, tmp_path, data).document
    assert document.text == f"First page.\n\n{JAPANESE * 20}\n\nLast page."
    assert document.text[document.pages[0].start : document.pages[0].end] == "First page.\n\n"
    assert len(document.pages) == 4
    assert document.text[document.pages[3].start :] == "Last page."
    assert {(round(page.width or 0), round(page.height or 0)) for page in document.pages} == {(595, 842)}


def test_boxes_are_where_the_words_are(loader: Loader, tmp_path: Path) -> None:
    data = flowing(
        Paragraph(ENGLISH, JUSTIFIED), Paragraph(JAPANESE, KANA), PageBreak(), Paragraph("On page two.", BODY)
    )
    loaded = read(loader, tmp_path, data)
    for quote in (
        "the four policies of that plan while adding two new ones.",
        "It replaces the first plan of 23 December 2025,",
        "政府は四つの方針を掲げ、「信頼できるAI」の開発と活用を進めるとしている。",
        "On page two.",
    ):
        boxes = quoted(loaded, quote)
        assert squeezed(text_inside(data, boxes)) == squeezed(quote)
        assert len({(box.page, round(box.y0)) for box in boxes}) == len(boxes)  # one rectangle a line
    assert [box.page for box in quoted(loaded, "On page two.")] == [2]
    assert quoted(loaded, "\n\n") == []


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param(["Japan has an interna-", "tional role."], "Japan has an international role.", id="word"),
        pytest.param(["This is well-", "known to all."], "This is well-known to all.", id="compound"),
        pytest.param(
            ["A risk-based view, and a risk-", "based rule."],
            "A risk-based view, and a risk-based rule.",
            id="seen before",
        ),
        pytest.param(["The EU-", "Japan accord."], "The EU-Japan accord.", id="capital"),
        pytest.param(
            ["From the years 2025-", "2026 on, and so on."], "From the years 2025-2026 on, and so on.", id="years"
        ),
        pytest.param(["A dash at the end -", "and then more."], "A dash at the end - and then more.", id="dash"),
        pytest.param(["The Act was passed by", "the Diet."], "The Act was passed by the Diet.", id="space"),
        pytest.param(["One  two   three."], "One two three.", id="spaces"),
    ],
)
def test_broken_lines_are_joined(loader: Loader, tmp_path: Path, texts: list[str], expected: str) -> None:
    assert read(loader, tmp_path, lines(*texts)).document.text == expected


def test_lists_headings_and_tables_keep_their_lines(loader: Loader, tmp_path: Path) -> None:
    items = [
        "The first item, which is so long that its line has to be broken since it does not fit on it.",
        "Second",
        "Third",
    ]
    data = flowing(
        Paragraph("1. Aims", HEADING),
        Paragraph("The plan has three aims:", BODY),
        ListFlowable([ListItem(Paragraph(item, BODY)) for item in items], bulletType="bullet"),
        Table([["Year", "Budget (billion yen)", "Staff"], ["2025", "196.9", "30"], ["2026", "310", "200"]]),
    )
    text = read(loader, tmp_path, data).document.text
    assert text == (
        f"1. Aims\n\nThe plan has three aims:\n• {items[0]}\n• Second\n• Third\n\n"
        "Year Budget (billion yen) Staff\n2025 196.9 30\n2026 310 200"
    ), text


def test_a_centred_title_is_one_line(loader: Loader, tmp_path: Path) -> None:
    title = "A report on the artificial intelligence basic plan and on what the ministries and firms made of it"
    assert read(loader, tmp_path, flowing(Paragraph(title, CENTRED), Paragraph(ENGLISH, BODY))).document.text == (
        f"{title}\n\n{ENGLISH}"
    )


def test_columns_are_read_one_after_the_other(loader: Loader, tmp_path: Path) -> None:
    data = flowing(BalancedColumns([Paragraph(ENGLISH, BODY) for _ in range(4)], nCols=2))
    assert read(loader, tmp_path, data).document.text == "\n\n".join([ENGLISH] * 4)


def test_columns_of_vertical_writing_are_lines(loader: Loader, tmp_path: Path) -> None:
    columns = ["縦書きの文章は上から下へと進み、列は", "右から左へと並ぶ。読み取った文は正し", "い順でつながる。"]

    def draw(page: canvas.Canvas) -> None:
        page.setFont("HeiseiMin-W3", 12)
        for number, column in enumerate(columns):
            for place, char in enumerate(column):
                page.drawString(350 - 20 * number, 270 - 12 * place, char)

    loaded = read(loader, tmp_path, drawn(draw))
    assert loaded.document.text == "".join(columns)
    boxes = quoted(loaded, "列は右から左へと並ぶ。")
    assert [(round(box.x0), box.y1 - box.y0 > box.x1 - box.x0) for box in boxes] == [(350, True), (330, True)]


def test_ligatures_radicals_and_marks_become_their_characters(loader: Loader, tmp_path: Path) -> None:
    data = lines("⽇本の⼈⼯知能か\u3099", font="HeiseiMin-W3")
    assert read(loader, tmp_path, data).document.text.startswith("日本の人工知能")


def test_pages_turned_and_cropped_have_boxes_as_displayed(loader: Loader, tmp_path: Path) -> None:
    def draw(page: canvas.Canvas) -> None:
        for rotation in (0, 90, 180, 270):
            page.setPageRotation(rotation)
            page.setCropBox((30, 100, 330, 290))
            page.setFont("Helvetica", 12)
            page.drawString(60, 250, "Plan")
            page.showPage()

    data = drawn(draw)
    loaded = read(loader, tmp_path, data)
    rendered = pypdfium2.PdfDocument(data)
    for page in loaded.document.pages:
        picture_of_page = rendered[page.number - 1].render(scale=1).to_numpy()
        height, width = picture_of_page.shape[:2]
        assert (round(page.width or 0), round(page.height or 0)) == (width, height)
        rows, columns = np.nonzero(picture_of_page.min(axis=2) < 128)
        (box,) = _united(line_boxes(loaded.boxes or b"", loaded.document.pages, page.start, page.start + 4))
        # The ink lies in the box and fills most of it.
        assert box.x0 - 1.5 <= columns.min() <= columns.max() <= box.x1 + 1.5
        assert box.y0 - 1.5 <= height - rows.max() - 1 <= height - rows.min() - 1 <= box.y1 + 1.5
        ink = (np.ptp(columns) + 1) * (np.ptp(rows) + 1)
        assert ink > 0.4 * (box.x1 - box.x0) * (box.y1 - box.y0)
    rendered.close()


def _united(boxes: Sequence[LineBox]) -> list[LineBox]:
    """On a page turned by 90 degrees a line runs upwards: its characters unite to one rectangle a character."""
    return [
        LineBox(
            boxes[0].page,
            min(box.x0 for box in boxes),
            min(box.y0 for box in boxes),
            max(box.x1 for box in boxes),
            max(box.y1 for box in boxes),
        )
    ]


def test_the_outline_gives_sections(loader: Loader, tmp_path: Path) -> None:
    def draw(page: canvas.Canvas) -> None:
        entries = [("1. Aims", 0), ("1.1 Policies", 1), ("Nowhere", 1), ("2. Budget", 0)]
        for number, (title, level) in enumerate(entries):
            page.bookmarkPage(str(number))
            page.addOutlineEntry(title, str(number), level)
            page.setFont("Helvetica", 16)
            page.drawString(50, 250, title if title != "Nowhere" else "Elsewhere")
            page.setFont("Helvetica", 12)
            page.drawString(50, 200, f"Text {number}, which names 2. Budget.")
            page.showPage()

    document = read(loader, tmp_path, drawn(draw)).document
    assert [(section.level, section.path) for section in document.sections] == [
        (1, "1. Aims"),
        (2, "1. Aims › 1.1 Policies"),
        (1, "2. Budget"),
    ]
    assert [document.text[section.start : section.end].split("\n")[0] for section in document.sections] == [
        "1. Aims",
        "1.1 Policies",
        "2. Budget",
    ]
    assert document.title == "file"


def test_text_that_nobody_sees_is_left_out_and_noted(loader: Loader, tmp_path: Path) -> None:
    def draw(page: canvas.Canvas) -> None:
        page.drawString(50, 250, "Seen by all.")
        page.drawString(50, -40, "Below the page.")
        page.drawString(900, 100, "Beside the page.")
        page.setFont("Helvetica", 0.5)
        page.drawString(50, 200, "Too small.")
        invisible = page.beginText(50, 150)
        invisible.setFont("Helvetica", 12)
        invisible.setTextRenderMode(3)
        invisible.textOut("Not drawn.")
        page.drawText(invisible)

    loaded = read(loader, tmp_path, drawn(draw))
    assert loaded.document.text == "Seen by all."
    (note,) = loaded.notes
    assert "characters that cannot be seen on the page left out" in note


def test_recognised_text_over_a_picture_is_read(loader: Loader, tmp_path: Path) -> None:
    def draw(page: canvas.Canvas) -> None:
        page.drawImage(picture(), 0, 0, 400, 300)
        recognised = page.beginText(50, 150)
        recognised.setFont("Helvetica", 12)
        recognised.setTextRenderMode(3)
        recognised.textOut("Found by recognition.")
        page.drawText(recognised)

    loaded = read(loader, tmp_path, drawn(draw))
    assert (loaded.document.text, loaded.notes) == ("Found by recognition.", ())


def test_pages_without_text_are_noted(loader: Loader, tmp_path: Path) -> None:
    def draw(page: canvas.Canvas) -> None:
        page.drawImage(picture(), 0, 0, 400, 300)
        page.showPage()
        page.setFont("Helvetica", 12)
        page.drawString(50, 250, "A page of text.")
        page.showPage()
        page.showPage()

    loaded = read(loader, tmp_path, drawn(draw))
    assert loaded.document.text == "A page of text."
    assert [(page.start, page.end) for page in loaded.document.pages] == [(0, 0), (0, 15), (15, 15)]
    assert loaded.notes == ("1 of 3 pages hold no text (scanned or drawn).",)


def test_an_open_pdf_with_an_owner_password_is_read(loader: Loader, tmp_path: Path) -> None:
    data = drawn(lambda page: page.drawString(50, 250, "Open."), encrypt=StandardEncryption("", ownerPassword="owner"))
    assert read(loader, tmp_path, data).document.text == "Open."


def scanned() -> bytes:
    return drawn(lambda page: page.drawImage(picture(), 0, 0, 400, 300))


def encrypted() -> bytes:
    return drawn(lambda page: page.drawString(50, 250, "Secret."), encrypt=StandardEncryption("user"))


def many_pages() -> bytes:
    def draw(page: canvas.Canvas) -> None:
        for _ in range(21):
            page.showPage()

    return drawn(draw)


@pytest.mark.parametrize(
    ("make", "code", "reason"),
    [
        pytest.param(
            scanned, "scanned", "The PDF is scanned: its page is a picture without a text layer.", id="scanned"
        ),
        pytest.param(lambda: drawn(lambda page: page.showPage()), "empty", "its pages are empty", id="empty"),
        pytest.param(encrypted, "encrypted", "encrypted", id="encrypted"),
        pytest.param(many_pages, "too_many_pages", "21 pages; the limit is 20 (RAG_MAX_PAGES)", id="pages"),
        pytest.param(
            lambda: flowing(*[Paragraph("long " * 600, SMALL) for _ in range(40)]),
            "too_long",
            "100,000 characters",
            id="characters",
        ),
        pytest.param(lambda: lines("Text.")[:-300], "damaged", "part of it is missing", id="cut off"),
        pytest.param(lambda: b"%PDF-1.7\n%%EOF", "damaged", "structure", id="nothing in it"),
        pytest.param(lambda: b"%PDF-1.7\n" + b"\xa7" * 5000 + b"%%EOF", "damaged", "structure", id="noise"),
        pytest.param(lambda: b"\x89PNG\r\n\x1a\n123", "wrong_type", "its content is a PNG image", id="a picture"),
        pytest.param(lambda: b"Just text.", "wrong_type", "its content is something else", id="text"),
        pytest.param(lambda: b"", "empty", "0 bytes", id="no bytes"),
    ],
)
def test_verdicts(loader: Loader, tmp_path: Path, make: Callable[[], bytes], code: str, reason: str) -> None:
    report = load(loader, tmp_path, make())
    assert isinstance(report, FileReport)
    assert (report.path, report.verdict, report.code) == ("file.pdf", "rejected", code)
    assert reason in (report.reason or "")


def raw_pdf(*objects: bytes) -> bytes:
    """A PDF of hand-written objects, numbered from 1; the first is the catalogue."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def page_showing(stream: bytes, attributes: bytes = b"") -> bytes:
    return raw_pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 300] /Contents 4 0 R"
        b" /Resources << /Font << /F 5 0 R >> >> >>",
        b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(stream), attributes, stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )


def test_a_hand_written_pdf_is_read(loader: Loader, tmp_path: Path) -> None:
    assert (
        read(loader, tmp_path, page_showing(b"BT /F 12 Tf 50 200 Td (Hand-written.) Tj ET")).document.text
        == "Hand-written."
    )


def inflating(n_bytes: int, piece: bytes) -> bytes:
    """A stream that unpacks to `n_bytes`, packed twice over: a few kilobytes of file."""
    packed = zlib.compress(piece * (n_bytes // len(piece)), 9)
    return page_showing(zlib.compress(packed, 9), b"/Filter [/FlateDecode /FlateDecode]")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(inflating(600_000_000, b" "), id="spaces"),
        pytest.param(inflating(60_000_000, b"BT /F 12 Tf 9 9 Td (words) Tj ET\n"), id="words"),
        pytest.param(page_showing(b"[" * 200_000), id="nested arrays"),
        pytest.param(page_showing(b"q " * 500_000), id="nested states"),
        pytest.param(
            raw_pdf(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 9 >>"),
            id="pages loop",
        ),
        pytest.param(
            raw_pdf(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Kids [" + b"[" * 100_000 + b">>"), id="deep object"
        ),
    ],
)
def test_a_bomb_costs_one_verdict(tmp_path: Path, data: bytes) -> None:
    with Loader(Settings(parse_timeout_s=5, parse_memory_mb=512, max_document_chars=100_000)) as loader:
        report = load(loader, tmp_path, data)
        assert isinstance(report, FileReport)
        assert report.verdict == "rejected"
        assert report.code in ("memory", "timeout", "too_long", "damaged", "empty", "too_many_pages", "scanned")
        assert read(loader, tmp_path, lines("Sound.")).document.text == "Sound."


SAMPLE = flowing(Paragraph(ENGLISH, BODY), Paragraph(JAPANESE, KANA))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    changes=st.lists(
        st.tuples(st.integers(0, len(SAMPLE) - 1), st.binary(min_size=1, max_size=8)), min_size=1, max_size=20
    )
)
def test_any_damage_gets_a_verdict(loader: Loader, tmp_path: Path, changes: list[tuple[int, bytes]]) -> None:
    data = bytearray(SAMPLE)
    for place, noise in changes:
        data[place : place + len(noise)] = noise
    loaded = load(loader, tmp_path, bytes(data))
    if isinstance(loaded, FileReport):
        assert loaded.verdict == "rejected"
        assert loaded.reason
    else:
        check(loaded)


PROSE = st.text(st.sampled_from("abcdefghi ABC 計画あいうえお。、.,;-12345'\"()é"), min_size=1, max_size=400)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(texts=st.lists(PROSE, min_size=1, max_size=5))
def test_any_words_keep_their_characters_and_boxes(loader: Loader, tmp_path: Path, texts: list[str]) -> None:
    escaped = [text.replace("&", "").replace("<", "") for text in texts]
    loaded = load(loader, tmp_path, flowing(*[Paragraph(text, KANA) for text in escaped]))
    if isinstance(loaded, FileReport):
        assert not "".join(texts).strip()
        return
    check(loaded)
    # Hyphens at line ends may go; nothing else does.
    assert squeezed(loaded.document.text).replace("-", "") == squeezed("".join(texts)).replace("-", "")
