"""The list of official texts: a TOML file -> checked entries."""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from rag.document import Kind
from rag.errors import SourceListError, UnknownSourceError
from rag.fetching.addresses import AddressRefused, checked_address, read_host

TextFormat = Literal["html", "markdown", "pdf", "text"]

_SUFFIXES: dict[TextFormat, str] = {"html": ".html", "markdown": ".md", "pdf": ".pdf", "text": ".txt"}
_ENDINGS: dict[str, TextFormat] = {
    ".htm": "html", ".html": "html", ".md": "markdown", ".pdf": "pdf", ".txt": "text",
}  # fmt: skip
_MAX_LIST_BYTES = 1024 * 1024


def _written_date(value: Any) -> Any:
    """TOML has dates of its own: `2025-12-23` without quotes is one."""
    return value.isoformat() if isinstance(value, datetime.date) else value


class OfficialText(BaseModel):
    """One entry of the list; what a document says of itself counts for nothing beside it.

    Attributes:
        id: Lower-case letters and digits, joined by `-`, `_` or `.`; names the file (`plan-2` is `plan-2.pdf`).
        url: Where it is; https, or http on this machine.
        format: How it is read; taken from the ending of the address where not given.
        sha256: Of the file, where known.
        allow_hosts: Hosts beside the address's own that a redirect may lead to (`host` or `host:port`).
        licence: Under which terms it may be used.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    id: str = Field(pattern=r"^[a-z0-9]+(?:[._-][a-z0-9]+)*$", max_length=80)
    url: str = Field(max_length=2000)
    format: TextFormat
    language: str = Field(pattern=r"^[a-z]{2,3}$")
    kind: Kind
    licence: str = Field(min_length=1)
    title: str | None = Field(None, min_length=1, max_length=300)
    title_ja: str | None = Field(None, min_length=1, max_length=300)
    publisher: str | None = Field(None, min_length=1)
    date: Annotated[str | None, BeforeValidator(_written_date)] = Field(None, pattern=r"^\d{4}(-\d\d(-\d\d)?)?$")
    status: str | None = Field(None, min_length=1)
    replaces: str | None = None
    replaced_by: str | None = None
    note: str | None = None
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    allow_hosts: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _take_format_from_address(cls, values: Any) -> Any:
        if isinstance(values, dict) and "format" not in values and isinstance(values.get("url"), str):
            known = next((name for end, name in _ENDINGS.items() if values["url"].lower().endswith(end)), None)
            return values if known is None else {**values, "format": known}
        return values

    @field_validator("url")
    @classmethod
    def _check_address(cls, url: str) -> str:
        try:
            checked_address(url)
        except AddressRefused as refused:
            raise ValueError(f"{url!r} {refused}") from None
        return url

    @field_validator("allow_hosts")
    @classmethod
    def _check_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            try:
                read_host(host)
            except AddressRefused as refused:
                raise ValueError(f"{host!r} {refused}") from None
        return hosts

    @property
    def file_name(self) -> str:
        """Name of its file under `fetched/`: made of the id alone, nothing of it comes from a server."""
        return self.id + _SUFFIXES[self.format]

    def document_fields(self) -> dict[str, Any]:
        """What the list says, as fields of a `Document`; what it does not say is not among them."""
        names = {
            *("title", "title_ja", "publisher", "date", "url", "language", "kind"),
            *("status", "replaces", "replaced_by", "note"),
        }
        return self.model_dump(include=names, exclude_none=True) | {"extra": {"licence": self.licence}}


class _SourceList(BaseModel):
    model_config = ConfigDict(extra="forbid")

    source: tuple[OfficialText, ...] = ()


def read_sources(path: Path) -> tuple[OfficialText, ...]:
    """The entries of a list, in its order.

    Raises:
        SourceListError: If the file is missing, is no TOML, or an entry is wrong; the message names file and entry.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(_MAX_LIST_BYTES + 1)
    except FileNotFoundError:
        raise SourceListError(
            f"There is no list of official texts {str(path)!r}. Set RAG_SOURCES_FILE to a list, or RAG_CORPUS_DIR to "
            "the folder of documents that holds `sources.toml`."
        ) from None
    except OSError as exc:
        raise SourceListError(f"The list of official texts {str(path)!r} cannot be read: {exc.strerror}.") from exc
    if len(data) > _MAX_LIST_BYTES:
        raise SourceListError(f"The list of official texts {str(path)!r} is longer than {_MAX_LIST_BYTES:,} bytes.")
    try:
        values = tomllib.loads(data.decode("utf-8"))
        texts = _SourceList.model_validate(values).source
    except UnicodeDecodeError:
        raise SourceListError(f"The list of official texts {str(path)!r} is not UTF-8 text.") from None
    except tomllib.TOMLDecodeError as exc:
        raise SourceListError(f"The list of official texts {str(path)!r} is no TOML: {exc}.") from None
    except ValidationError as exc:
        raise SourceListError(f"The list of official texts {str(path)!r}: {_explained(exc, values)}.") from None
    ids = [text.id for text in texts]
    doubled = sorted({name for name in ids if ids.count(name) > 1})
    if doubled:
        raise SourceListError(f"The list of official texts {str(path)!r} has several entries {', '.join(doubled)}.")
    return texts


def chosen(texts: Sequence[OfficialText], ids: Sequence[str], path: Path) -> list[OfficialText]:
    """The entries with these ids, each once, in the order of the list; all where none is named.

    Raises:
        UnknownSourceError: If an id is in no entry.
    """
    known = {text.id for text in texts}
    unknown = [name for name in dict.fromkeys(ids) if name not in known]
    if unknown:
        raise UnknownSourceError(
            f"{', '.join(map(repr, unknown))} is not in the list of official texts {str(path)!r}, which has: "
            f"{', '.join(text.id for text in texts) or 'nothing'}."
        )
    return [text for text in texts if not ids or text.id in ids]


def _explained(exc: ValidationError, values: dict[str, Any]) -> str:
    parts = []
    for error in exc.errors(include_url=False, include_input=False):
        place = list(error["loc"])
        where = ""
        if len(place) >= 2 and place[0] == "source" and isinstance(place[1], int):
            entry = values["source"][place[1]]
            name = entry.get("id") if isinstance(entry, dict) else None
            where = f"entry {name!r}, " if isinstance(name, str) else f"entry {place[1] + 1}, "
            place = place[2:]
        key = ".".join(str(part) for part in place) or "its shape"
        parts.append(f"{where}{key}: {error['msg'].removeprefix('Value error, ')}")
    return "; ".join(parts)
