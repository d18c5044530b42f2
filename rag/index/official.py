"""Fetched files held against their records: only one that is as it was fetched is described and ranked by the list."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rag.document import Document
from rag.errors import FetchError
from rag.fetching.records import Record, read_records
from rag.loading.loader import Loaded

logger = logging.getLogger(__name__)

_UNVOUCHED = "It is not as `python -m rag fetch` recorded it, and gets no rank."


class Officials:
    """The records of a `fetched/` folder, as they are now."""

    def __init__(self, folder: Path) -> None:
        try:
            records = read_records(folder)
        except FetchError as exc:
            logger.warning("Fetched documents get no rank. %s", exc)
            records = {}
        self._by_name = {record.file_name: record for record in records.values()}

    def fields_of(self, path: str, sha256: str) -> Mapping[str, Any] | None:
        """What is on record of a file's content, as fields of a `Document`; `None` where nothing is."""
        record = self._by_name.get(path)
        return _fields(record) if record is not None and record.sha256 == sha256 else None

    def described(self, loaded: Loaded) -> Loaded:
        """A fetched document as the list describes it; one that is not on record gets a note instead."""
        document = loaded.document
        fields = self.fields_of(document.path, document.sha256)
        if fields is None:
            return replace(loaded, notes=(*loaded.notes, _UNVOUCHED))
        return replace(loaded, document=Document.model_validate({**dict(document), **fields}))

    def describe_still(self, path: str, sha256: str, stored: Mapping[str, Any]) -> bool:
        """Whether the fields that are stored of a fetched file are those that it would get now."""
        fields = self.fields_of(path, sha256)
        if fields is None:
            return stored.get("kind") is None
        return all(stored.get(name) == value for name, value in fields.items())


def _fields(record: Record) -> dict[str, Any]:
    return {**record.fields, "retrieved": record.retrieved}
