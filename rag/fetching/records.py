"""What was fetched: a record of each file beside the files, by which the index knows it again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.errors import FetchError
from rag.store.durable import replace_file

# Hidden, as are the parts of files and the lock: what lies openly in the folder is documents.
RECORDS_NAME = ".records.json"


class Record(BaseModel):
    """A file that was fetched.

    Attributes:
        file_name: Its name under `fetched/`.
        sha256: Of the content that was taken in.
        listed_sha256: What the list said then.
        url: Address in the list.
        etag, last_modified: What the server said of this content, for asking whether it has changed.
        retrieved: Day on which this content was had, UTC.
        fields: What the list says of it, as fields of a `Document`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file_name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    listed_sha256: str | None
    n_bytes: int
    url: str
    etag: str | None
    last_modified: str | None
    retrieved: str
    fields: dict[str, Any]


class _Records(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Literal[1] = 1
    records: dict[str, Record] = {}


def read_records(folder: Path) -> dict[str, Record]:
    """The records of a `fetched/` folder by id; none where nothing was fetched.

    Raises:
        FetchError: If they cannot be read: without them a changed file could not be told.
    """
    path = folder / RECORDS_NAME
    try:
        return _Records.model_validate_json(path.read_bytes()).records
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValidationError) as exc:
        cause = exc.strerror if isinstance(exc, OSError) else "it is damaged"
        raise FetchError(
            f"The record of what was fetched, {str(path)!r}, cannot be read: {cause}. Put it right, or delete it and "
            "run `python -m rag fetch` to take in what the servers have now."
        ) from exc


def write_records(folder: Path, records: Mapping[str, Record]) -> None:
    """Replace the records of a folder, so that a crash at any moment leaves the old ones or the new.

    Raises:
        OSError: If they cannot be written; the old ones stay.
    """
    text = _Records(records=dict(sorted(records.items()))).model_dump_json(indent=1)
    replace_file(folder / RECORDS_NAME, text.encode())
