"""The files of the three roots against the store: what is unchanged, new, changed, renamed, gone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from rag.answer import FileReport, Verdict
from rag.config import Root, Settings
from rag.index.official import Officials
from rag.loading.files import FoundFile, read_file, report, scan
from rag.loading.loader import LOADER_VERSION
from rag.loading.raw import Refused
from rag.splitting.chunks import SPLITTER_VERSION
from rag.store.writer import Indexed, StoreWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingFile:
    """A file that has to be read.

    Attributes:
        file: Where it lies.
        sha256: Of its bytes, or `None` where they cannot be read or are too many.
        renamed_from: `document_id` under which the same bytes are indexed and gone from the folder, or `None`.
        is_indexed: Whether an earlier content is indexed under its id.
    """

    file: Path
    root: Root
    path: str
    sha256: str | None
    renamed_from: str | None = None
    is_indexed: bool = False

    @property
    def document_id(self) -> str:
        return f"{self.root}/{self.path}"

    def report(self, reason: str | None) -> FileReport:
        """The verdict where nothing stands against it."""
        if self.renamed_from is not None:
            was = f"It was {self.renamed_from}."
            return FileReport(
                path=self.path, root=self.root, verdict="renamed", reason=f"{was} {reason}" if reason else was
            )
        verdict: Verdict = "updated" if self.is_indexed else "added"
        return FileReport(path=self.path, root=self.root, verdict=verdict, reason=reason)


@dataclass(slots=True)
class Plan:
    """What a run has to do.

    Attributes:
        settled: Verdicts that need no reading: unchanged, refused before, not readable as a file.
        deleted: Verdicts on indexed files that are gone.
        unlisted: Indexed ids whose file is now refused by `settled`: their text has to go too.
        pending: Files to read, by root and path.
        present: Ids of all files that are there.
        officials: What is on record of the fetched ones.
        n_bytes: Size of the pending files, in bytes.
    """

    officials: Officials
    settled: list[FileReport] = field(default_factory=list)
    deleted: list[FileReport] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    pending: list[PendingFile] = field(default_factory=list)
    present: set[str] = field(default_factory=set)
    n_bytes: int = 0


def limits_key(settings: Settings) -> str:
    """The settings and versions under which a refusal holds, as one string."""
    names = (
        "max_file_mb",
        "max_pages",
        "max_document_chars",
        "max_document_chunks",
        "parse_timeout_s",
        "parse_memory_mb",
    )
    return json.dumps([LOADER_VERSION, SPLITTER_VERSION, *(getattr(settings, name) for name in names)])


def make_plan(settings: Settings, writer: StoreWriter | None) -> Plan:
    """Compare the folders with what is indexed (`None`: nothing is). Content decides, not the clock.

    A folder that does not exist is an empty one; a folder inside a root that cannot be opened keeps what is indexed
    from it.

    Raises:
        CorpusError: If a root is there and cannot be listed.
    """
    plan = Plan(Officials(settings.roots()["fetched"]))
    indexed = {} if writer is None else writer.indexed()
    unopened: list[str] = []
    for root, folder in settings.roots().items():
        for item in scan(folder, root):
            document_id = f"{root}/{item.path}"
            plan.present.add(document_id)
            if isinstance(item, FoundFile):
                if item.file == settings.sources_path:
                    item = report(root, item.path, "not_listed", _LIST)
                else:
                    _place(plan, item, root, settings, writer, indexed.get(document_id))
                    continue
            plan.settled.append(item)
            if item.path == "" or item.path.endswith("/"):
                unopened.append(document_id)
            elif document_id in indexed and item.code != "duplicate_name":
                plan.unlisted.append(document_id)
    gone = {
        document_id: known
        for document_id, known in indexed.items()
        if document_id not in plan.present and not document_id.startswith(tuple(unopened))
    }
    plan.pending = list(_with_renames(plan.pending, gone))
    plan.deleted = [FileReport(path=known.path, root=known.root, verdict="deleted") for known in gone.values()]
    return plan


_LIST = "It is the list of official texts that `python -m rag fetch` reads."


def _place(
    plan: Plan, item: FoundFile, root: Root, settings: Settings, writer: StoreWriter | None, known: Indexed | None
) -> None:
    """Put one file where it belongs in the plan."""
    try:
        data = read_file(item.file, item.path, max_mb=settings.max_file_mb)
    except Refused:
        # The loader says why: that a format is unknown goes before its size.
        plan.pending.append(PendingFile(file=item.file, root=root, path=item.path, sha256=None, is_indexed=bool(known)))
        return
    sha256 = hashlib.sha256(data).hexdigest()
    if (
        known is not None
        and (known.sha256, known.loader_version) == (sha256, LOADER_VERSION)
        and (root != "fetched" or plan.officials.describe_still(item.path, sha256, known.fields))
    ):
        plan.settled.append(FileReport(path=item.path, root=root, verdict="unchanged"))
        return
    refusal = None if writer is None else writer.refusal(f"{root}/{item.path}", sha256, limits_key(settings))
    if refusal is not None:
        plan.settled.append(refusal)
        return
    plan.n_bytes += len(data)
    plan.pending.append(
        PendingFile(file=item.file, root=root, path=item.path, sha256=sha256, is_indexed=known is not None)
    )


def _with_renames(pending: list[PendingFile], gone: dict[str, Indexed]) -> Iterator[PendingFile]:
    """Pair new files with gone ones of equal bytes in the same root; a pair's old name is taken out of `gone`."""
    free: dict[tuple[Root, str | None, str], list[str]] = {}
    for document_id, known in sorted(gone.items()):
        if known.loader_version == LOADER_VERSION:
            free.setdefault((known.root, known.sha256, _suffix(known.path)), []).append(document_id)
    for item in pending:
        candidates = free.get((item.root, item.sha256, _suffix(item.path)), [])
        if item.is_indexed or not candidates:
            yield item
            continue
        old = candidates.pop(0)
        del gone[old]
        yield PendingFile(file=item.file, root=item.root, path=item.path, sha256=item.sha256, renamed_from=old)


def _suffix(path: str) -> str:
    # Another extension is another reader, and so another text.
    return PurePosixPath(path).suffix.lower()
