"""A page of a PDF -> its picture, as people see the page. Runs in the child process: a PDF is never trusted."""

from __future__ import annotations

import io
import math

from rag.loading.raw import Refused

MEDIA_TYPE = "image/webp"
# Sharp at the width of a source viewer on a screen of double density; a page of any shape stays below the pixels.
_WIDTH_PX = 1300
_MAX_PIXELS = 4_000_000
_MAX_SIDE_PX = 16_000  # WebP holds no more than 16,383
_LEAST_SIDE_PT = 1.0
_QUALITY = 82


def draw(data: bytes, page: int) -> bytes:
    """The picture of one page, as WebP, cropped and turned as displayed.

    Args:
        data: The file.
        page: Number of the page, from 1.

    Raises:
        Refused: With code `damaged` if the page cannot be drawn.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
        if not 1 <= page <= len(document):
            raise Refused("damaged", f"The PDF has no page {page:,}.")
        drawn = document[page - 1]
        width, height = drawn.get_size()
        bitmap = drawn.render(scale=_scale(width, height), may_draw_forms=False, prefer_bgrx=True)
        picture = bitmap.to_pil().convert("RGB")
    except pypdfium2.PdfiumError:
        raise Refused("damaged", f"Page {page:,} of the PDF cannot be drawn.") from None
    written = io.BytesIO()
    picture.save(written, "WEBP", quality=_QUALITY, method=2)
    return written.getvalue()


def _scale(width: float, height: float) -> float:
    """Pixels a point, for a page of this size in points."""
    if not (math.isfinite(width) and math.isfinite(height)) or min(width, height) < _LEAST_SIDE_PT:
        raise Refused("damaged", "The page of the PDF has no size.")
    scale = min(_WIDTH_PX / width, _MAX_SIDE_PX / max(width, height), math.sqrt(_MAX_PIXELS / (width * height)))
    if min(width, height) * scale < 1:
        raise Refused("damaged", "The page of the PDF is too narrow to be drawn.")
    return scale
