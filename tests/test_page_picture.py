"""Pictures of PDF pages: the quote's marks lie on its words, and no file makes more than a sentence of trouble."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas

from rag import Settings, build_index, get_document, get_page_picture
from rag.errors import CorpusError
from rag.index.picture import PagePicture

QUOTE = "The committee approved the budget on 3 May 2026."


def _pdf(draw: Callable[[canvas.Canvas], None], **options: object) -> bytes:
    buffer = io.BytesIO()
    page = canvas.Canvas(buffer, pagesize=A4, **options)
    draw(page)
    page.save()
    return buffer.getvalue()


def _two_pages(page: canvas.Canvas) -> None:
    page.drawString(72, 700, "The first page speaks of other things.")
    page.showPage()
    page.drawString(72, 500, QUOTE)


def _turned(page: canvas.Canvas) -> None:
    page.setPageRotation(90)
    page.drawString(72, 500, QUOTE)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "two.pdf").write_bytes(_pdf(_two_pages))
    (folder / "corpus" / "turned.pdf").write_bytes(_pdf(_turned))
    (folder / "corpus" / "plain.txt").write_text("Only text.", "utf-8")
    # A name as macOS writes it: the document's path is NFC.
    (folder / "corpus" / "Pla\u0308ne.pdf").write_bytes(_pdf(_two_pages, pageCompression=0))
    found = Settings(corpus_dir=folder / "corpus", index_dir=folder / "index", data_dir=folder / "data")
    build_index(found)
    return found


def _picture_of(document_id: str, settings: Settings) -> PagePicture:
    start = get_document(document_id, settings).text.index(QUOTE)
    return get_page_picture(document_id, settings, start=start, end=start + len(QUOTE))


def _ink(picture: PagePicture, *, inside: bool) -> int:
    """Dark pixels inside the marks, or outside of them."""
    image = Image.open(io.BytesIO(picture.image))
    dark = np.asarray(image.convert("L")) < 128
    marked = np.zeros_like(dark)
    height, width = dark.shape
    for mark in picture.marks:
        top, left = int(mark.top * height), int(mark.left * width)
        marked[top : top + round(mark.height * height) + 1, left : left + round(mark.width * width) + 1] = True
    return int((dark & (marked if inside else ~marked)).sum())


@pytest.mark.parametrize("name", ["two.pdf", "turned.pdf", "Pl\u00e4ne.pdf"])
def test_marks_cover_the_quote_and_nothing_else_is_on_its_page(settings: Settings, name: str) -> None:
    picture = _picture_of(f"corpus/{name}", settings)
    assert picture.media_type == "image/webp"
    assert len(picture.marks) == 1
    assert _ink(picture, inside=True) > 500
    assert _ink(picture, inside=False) == 0


def test_page_is_that_of_the_quote_unless_another_is_asked_for(settings: Settings) -> None:
    assert _picture_of("corpus/two.pdf", settings).page == 2
    first = get_page_picture("corpus/two.pdf", settings, start=60, end=70, page=1)
    assert (first.page, first.n_pages, first.marks) == (1, 2, ())


def test_picture_is_bounded_and_drawn_once(settings: Settings) -> None:
    one, two = (_picture_of("corpus/two.pdf", settings) for _ in range(2))
    width, height = Image.open(io.BytesIO(one.image)).size
    assert abs(width - 1300) <= 1
    assert width * height <= 4_000_000
    assert one.image is two.image


@pytest.mark.parametrize(
    ("document_id", "page", "code"),
    [
        ("corpus/none.pdf", None, "document_missing"),
        ("corpus/plain.txt", None, "no_pictures"),
        ("corpus/two.pdf", 3, "no_page"),
        ("corpus/two.pdf", 0, "no_page"),
    ],
)
def test_what_cannot_be_drawn_says_so(settings: Settings, document_id: str, page: int | None, code: str) -> None:
    with pytest.raises(CorpusError) as raised:
        get_page_picture(document_id, settings, page=page)
    assert raised.value.code == code


def _settings_with(tmp_path: Path, data: bytes) -> Settings:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "x.pdf").write_bytes(data)
    settings = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index", data_dir=tmp_path / "data")
    assert build_index(settings).added == 1
    return settings


def test_a_file_that_changed_or_went_away_is_not_drawn(tmp_path: Path) -> None:
    settings = _settings_with(tmp_path, _pdf(_two_pages))
    file = settings.corpus_dir / "x.pdf"
    file.write_bytes(_pdf(_turned))
    with pytest.raises(CorpusError, match="has changed since it was indexed") as changed:
        get_page_picture("corpus/x.pdf", settings)
    assert changed.value.code == "file_changed"
    file.unlink()
    with pytest.raises(CorpusError, match="is gone") as gone:
        get_page_picture("corpus/x.pdf", settings)
    assert gone.value.code == "file_missing"
    file.symlink_to("/etc/hostname")
    with pytest.raises(CorpusError) as linked:
        get_page_picture("corpus/x.pdf", settings)
    assert linked.value.code == "symlink"


@pytest.mark.parametrize("size", [(100_000, 300), (300, 100_000), (14_400, 14_400)], ids=str)
def test_a_page_of_any_shape_stays_small(tmp_path: Path, size: tuple[int, int]) -> None:
    buffer = io.BytesIO()
    page = canvas.Canvas(buffer, pagesize=size)
    page.drawString(10, 10, QUOTE)
    page.save()
    picture = get_page_picture("corpus/x.pdf", _settings_with(tmp_path, buffer.getvalue()))
    width, height = Image.open(io.BytesIO(picture.image)).size
    assert width * height <= 4_000_000
    assert max(width, height) <= 16_383  # what WebP holds


def test_a_page_that_takes_for_ever_is_given_up(tmp_path: Path) -> None:
    def slow(page: canvas.Canvas) -> None:
        page.drawString(72, 500, QUOTE)
        page.setFillAlpha(0.01)
        for _ in range(60_000):  # quickly read, but each covers half the page
            page.circle(300, 400, 250, fill=1)

    settings = _settings_with(tmp_path, _pdf(slow)).model_copy(update={"parse_timeout_s": 2})
    with pytest.raises(CorpusError, match="cannot be drawn") as raised:
        get_page_picture("corpus/x.pdf", settings)
    assert raised.value.code == "timeout"
