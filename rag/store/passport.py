"""The passport: what shaped an index, stored in it, and compared with the settings before it is used."""

from __future__ import annotations

from importlib import metadata
from typing import Any, Literal

from pydantic import ValidationError

from rag.document import Frozen
from rag.embedding.model import EmbeddingModel
from rag.errors import IndexDamagedError, IndexMismatchError
from rag.splitting.chunks import SPLITTER_VERSION
from rag.text.analysis import ANALYSER_VERSION

# Grows with every change of the tables or of what they mean; a reader takes its own version only.
SCHEMA_VERSION = 1

_REBUILD = "`python -m rag index --rebuild`"


class Passport(Frozen):
    """How an index was made. Equal passports (`app_version` and names aside) mean equal vectors for equal text."""

    schema_version: int
    app_version: str
    splitter_version: int
    splitter_max_tokens: int
    analyser_version: int
    distance: Literal["cosine"] = "cosine"
    embedding_identity: str
    embedding_name: str
    embedding_dimension: int
    query_prefix: str
    passage_prefix: str


def app_version() -> str:
    """Version of this program; `0+source` where it runs from its folder without being installed."""
    try:
        return metadata.version("kihon")
    except metadata.PackageNotFoundError:
        return "0+source"


def make_passport(model: EmbeddingModel) -> Passport:
    """The passport of an index that would be made now with this model."""
    return Passport(
        schema_version=SCHEMA_VERSION,
        app_version=app_version(),
        splitter_version=SPLITTER_VERSION,
        splitter_max_tokens=model.max_tokens,
        analyser_version=ANALYSER_VERSION,
        embedding_identity=model.identity,
        embedding_name=model.name,
        embedding_dimension=model.dimension,
        query_prefix=model.query_prefix,
        passage_prefix=model.passage_prefix,
    )


def read_passport(stored: dict[str, Any], place: str) -> Passport:
    """The passport as stored; `place` is the file, for messages.

    Raises:
        IndexMismatchError: If another version of this program made it.
        IndexDamagedError: If it is not whole.
    """
    version = stored.get("schema_version")
    made_by = stored.get("app_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise IndexMismatchError(
            f"The index {place} was made by Kihon {made_by} (format {version}); this is Kihon {app_version()}, which "
            f"reads format {SCHEMA_VERSION}. Use the newer Kihon, or make the index again with {_REBUILD}."
        )
    if isinstance(version, int) and version < SCHEMA_VERSION:
        raise IndexMismatchError(
            f"The index {place} was made by an older Kihon, {made_by} (format {version}); this is Kihon "
            f"{app_version()} (format {SCHEMA_VERSION}). Make it again with {_REBUILD}."
        )
    try:
        return Passport.model_validate(stored)
    except ValidationError as exc:
        raise IndexDamagedError(f"The index {place} is damaged: its passport is not whole. Run {_REBUILD}.") from exc


def differences(index: Passport, current: Passport) -> list[str]:
    """What shapes an index and differs, as `name: index has …, the settings give …`."""
    found = []
    if index.embedding_identity != current.embedding_identity:
        found.append(_embedding_difference(index, current))
    for field in ("splitter_version", "splitter_max_tokens", "analyser_version", "distance"):
        before, now = getattr(index, field), getattr(current, field)
        if before != now:
            found.append(f"{field.replace('_', ' ')}: the index has {before!r}, the settings give {now!r}")
    return found


def check_passport(index: Passport, current: Passport, place: str) -> None:
    """Refuse an index that was made under other settings.

    Raises:
        IndexMismatchError: If anything that shapes an index differs; the message names both values and the command.
    """
    if found := differences(index, current):
        raise IndexMismatchError(
            f"The index {place} was made under other settings: {'; '.join(found)}. Set them back, or make the index "
            f"again with {_REBUILD}."
        )


def _embedding_difference(index: Passport, current: Passport) -> str:
    def told(passport: Passport) -> str:
        return (
            f"{passport.embedding_name!r} ({passport.embedding_dimension} dimensions, query prefix "
            f"{passport.query_prefix!r}, passage prefix {passport.passage_prefix!r}, "
            f"identity {passport.embedding_identity[:12]})"
        )

    return f"embedding model: the index has {told(index)}, the settings give {told(current)}"
