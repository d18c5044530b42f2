"""A row -> the half of the questions that it belongs to: the one to tune by, or the one to test by.

The halves are parted by document, so that no work on the answers to the one is work on the text of the other.
"""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import Literal, get_args

from eval.dataset import Row

Half = Literal["tuning", "test"]
HALVES: tuple[Half, ...] = get_args(Half)


def half_of(row: Row) -> Half:
    """The half of a row, by the SHA-256 of the document that its first gold quote stands in.

    A document and its translation (`plan-2.md`, `plan-2.ja.md`) are one. A row without a quote is parted by its first
    document; one without any, which no document answers, by its own id. Rows of one document thus never come apart,
    and a row keeps its half whatever other rows there are.
    """
    digest = hashlib.sha256(_parted_by(row).encode()).digest()
    return "tuning" if digest[0] % 2 else "test"


def _parted_by(row: Row) -> str:
    documents = [gold.document_id for gold in row.quotes] + list(row.documents)
    if not documents:
        return row.id
    name = PurePosixPath(documents[0])
    return str(name.with_suffix("")).removesuffix(".ja")
