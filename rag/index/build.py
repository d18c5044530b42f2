"""`build_index`: the files of the three roots -> the store, changing only what has changed."""

from __future__ import annotations

import contextlib
import logging
import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from rag.answer import FileReport, IndexReport, Verdict
from rag.config import Root, Settings
from rag.embedding.choice import load_embedding_model
from rag.embedding.model import EmbeddingModel
from rag.errors import CorpusError, IndexDamagedError, IndexNotFoundError, IndexStoreError
from rag.index.plan import PendingFile, limits_key, make_plan
from rag.index.prepare import Preparer, Unfit, title_terms
from rag.loading import Loaded, Loader
from rag.store.generation import current_generation, generations, new_generation, remove, remove_others, switch_to
from rag.store.lock import writer_lock
from rag.store.passport import Passport, check_passport, differences, make_passport
from rag.store.reader import Store
from rag.store.writer import StoreWriter
from rag.vectors.chroma import discard
from rag.vectors.chroma_server import ServerVectors, check_server, collection_of

logger = logging.getLogger(__name__)

# What a byte of a file may come to in the index: its text twice, search terms, a vector of 1.5 kB for each sentence.
_BYTES_PER_BYTE = 20
_SPARE_BYTES = 16 * 1024 * 1024

Stage = Literal["wait", "scan", "read", "embed", "store"]


@dataclass(frozen=True, slots=True)
class IndexProgress:
    """Where a run stands.

    Attributes:
        done: Files dealt with.
        total: Files that there are to deal with; those found unchanged are not among them.
        path: `document_id` of the file in hand, or empty.
        stage: What is being done with it; `wait`: another writer has the index, and nothing is done.
    """

    done: int
    total: int
    path: str
    stage: Stage


Progress = Callable[[IndexProgress], None]


def build_index(
    settings: Settings,
    progress: Progress | None = None,
    *,
    rebuild: bool = False,
    dry_run: bool = False,
    wait: bool = False,
    model: EmbeddingModel | None = None,
) -> IndexReport:
    """Bring the index up to date with the files of the corpus, fetched and uploads folders.

    Every document is one transaction: whatever ends a run (a kill, Ctrl-C, an error, an exception of `progress`), each
    document is wholly in or wholly out, and the next run goes on from there. What has not changed is not read by a
    parser, and no text is embedded twice.

    Args:
        settings: Folders, embedding model and limits.
        progress: Called before each step with a file; from this thread.
        rebuild: Make a new generation from the files alone; the old one answers until the new one is whole.
        dry_run: Change nothing; say what would become of each file. Counts of documents and chunks are those of now.
        wait: Wait for another writer to end, instead of raising.
        model: Embedding model in place of the one that the settings name.

    Raises:
        CorpusError: If the corpus folder is missing or cannot be listed. Nothing that is indexed is deleted then.
        IndexMismatchError: If the index was made under other settings (and not `rebuild`).
        IndexLockedError: If another process writes it (and not `wait`).
        IndexStoreError: If it cannot be written, or there is too little space.
        ModelUnavailableError: If the embedding model cannot be had.
        VectorServerError: If a Chroma server is configured and does not answer.
    """
    started = time.monotonic()
    _check_corpus(settings)
    model, progress = model or load_embedding_model(settings), progress or _silent
    if dry_run:
        return _dry_run(settings, make_passport(model), started)
    if settings.chroma_url is not None:
        check_server(settings.chroma_url)
    with writer_lock(settings.index_dir, wait=wait, on_wait=lambda: progress(IndexProgress(0, 0, "", "wait"))):
        folder, is_new = _target(settings.index_dir, make_passport(model), rebuild=rebuild)
        with StoreWriter(folder) as writer:
            run = _Run(settings, writer, model, progress)
            files = run.carry_out()
            counts = writer.counts()
        if run.took_away:
            # A cache keeps what is deleted from it in its files: the next process that wants it fills it again.
            discard(folder)
        if is_new:
            switch_to(folder)
        if settings.chroma_url is not None:
            _fill_server(folder, settings.chroma_url)
            _drop_other_collections(folder, settings.chroma_url)
        remove_others(folder)
    report = _report(files, counts, run.n_embedded, started)
    logger.info("Index: %d documents, %d chunks, %d texts embedded, %.1f s.", *counts, run.n_embedded, report.seconds)
    return report


def _fill_server(folder: Path, url: str) -> None:
    with Store(folder) as store, contextlib.closing(ServerVectors(store, url)) as vectors:
        vectors.synchronise()


def _drop_other_collections(kept: Path, url: str) -> None:
    for folder in generations(kept.parent):
        if folder == kept:
            continue
        with (
            contextlib.suppress(IndexStoreError),
            Store(folder) as store,
            contextlib.closing(collection_of(store, url)) as collection,
        ):
            collection.drop()


def _silent(_: IndexProgress) -> None:
    """No progress is shown."""


def _check_corpus(settings: Settings) -> None:
    if not settings.corpus_dir.is_dir():
        raise CorpusError(
            f"There is no corpus folder {str(settings.corpus_dir)!r} (at {str(settings.corpus_dir.absolute())!r}). Set "
            "--corpus or RAG_CORPUS_DIR to the folder of the documents. What is indexed from it is kept.",
            path=settings.corpus_dir,
            code="missing",
        )


def _dry_run(settings: Settings, passport: Passport, started: float) -> IndexReport:
    try:
        folder = current_generation(settings.index_dir)
    except IndexNotFoundError:
        plan, counts = make_plan(settings, None), (0, 0)
    else:
        _check_generation(folder, passport)
        with StoreWriter(folder) as writer:
            plan, counts = make_plan(settings, writer), writer.counts()
    files = plan.settled + plan.deleted
    with Loader(settings) as loader:
        for item in plan.pending:
            loaded = loader.load(item.file, root=item.root, path=item.path)
            files.append(loaded if isinstance(loaded, FileReport) else item.report(loaded.reason))
    return _report(files, counts, 0, started)


def _target(index_dir: Path, passport: Passport, *, rebuild: bool) -> tuple[Path, bool]:
    """The generation to write, and whether `CURRENT` has to be switched to it afterwards."""
    if rebuild:
        return _next_generation(index_dir, passport), True
    try:
        folder = current_generation(index_dir)
    except (IndexNotFoundError, IndexDamagedError):
        if not _is_unborn(index_dir):
            raise
        # Readers may have a first index while it grows: document by document it is kept, whatever ends the run.
        folder = _empty_generation(index_dir, passport)
        switch_to(folder)
        return folder, False
    _check_generation(folder, passport)
    return folder, False


def _is_unborn(index_dir: Path) -> bool:
    """Whether there is no index, or only what a first run left that ended before `CURRENT` was written."""
    if (index_dir / "CURRENT").exists():
        return False
    for folder in generations(index_dir):
        with contextlib.suppress(IndexStoreError), Store(folder) as store:
            if store.n_documents:
                return False
    return True


def _check_generation(folder: Path, passport: Passport) -> None:
    with Store(folder) as store:
        check_passport(store.passport, passport, repr(str(store.path)))


def _next_generation(index_dir: Path, passport: Passport) -> Path:
    """The generation that a killed rebuild left behind, if it is of use; otherwise a new one."""
    try:
        current = current_generation(index_dir)
        newer = [folder for folder in generations(index_dir) if _number(folder) > _number(current)]
    except IndexStoreError:
        newer = []
    for folder in reversed(newer):
        try:
            with Store(folder) as store:
                if not differences(store.passport, passport) and not store.check():
                    return folder
        except IndexStoreError:
            logger.info("Index: %s of an earlier run is of no use.", folder.name)
        remove(folder)
    return _empty_generation(index_dir, passport)


def _empty_generation(index_dir: Path, passport: Passport) -> Path:
    folder = new_generation(index_dir)
    try:
        StoreWriter(folder, passport).close()
    except BaseException:
        remove(folder)
        raise
    return folder


def _number(folder: Path) -> int:
    return int(folder.name.removeprefix("gen-"))


class _Run:
    """Carries out a plan, document by document."""

    def __init__(self, settings: Settings, writer: StoreWriter, model: EmbeddingModel, progress: Progress) -> None:
        self._settings = settings
        self._writer = writer
        self._model = model
        self._progress = progress
        self._limits = limits_key(settings)
        self._preparer = Preparer(settings, model)
        self.n_embedded = 0
        self.took_away = False

    def carry_out(self) -> list[FileReport]:
        """The verdict on each file."""
        self._progress(IndexProgress(0, 0, "", "scan"))
        plan = make_plan(self._settings, self._writer)
        _check_space(self._writer.path, plan.n_bytes * _BYTES_PER_BYTE)
        for document_id in plan.unlisted + [f"{file.root}/{file.path}" for file in plan.deleted]:
            self._writer.delete(document_id)
        files = plan.settled + plan.deleted
        with Loader(self._settings) as loader:
            for done, item in enumerate(plan.pending):
                self._progress(IndexProgress(done, len(plan.pending), item.document_id, "read"))
                loaded = loader.load(item.file, root=item.root, path=item.path)
                if item.root == "fetched" and isinstance(loaded, Loaded):
                    loaded = plan.officials.described(loaded)
                files.append(self._take(item, loaded, done, len(plan.pending)))
        self._writer.forget_refusals(plan.present)
        self.took_away = self._writer.sweep()
        return files

    def _take(self, item: PendingFile, loaded: Loaded | FileReport, done: int, total: int) -> FileReport:
        if isinstance(loaded, FileReport):
            return self._refuse(item, loaded)
        if item.renamed_from is not None:
            self._writer.rename(item.renamed_from, loaded.document, loaded.boxes, title_terms(loaded.document))
            return item.report(loaded.reason)
        try:
            prepared = self._preparer.prepare(loaded)
            missing = self._writer.missing_vectors(prepared.embedded_texts())
            vectors = self._preparer.embed(
                missing, lambda: self._progress(IndexProgress(done, total, item.document_id, "embed"))
            )
        except Unfit as unfit:
            return self._refuse(item, unfit.report(item.root, item.path))
        self._progress(IndexProgress(done, total, item.document_id, "store"))
        # Rows of SQLite pages, the write-ahead log beside them: three times what goes in.
        _check_space(
            self._writer.path, 3 * (4 * self._model.dimension * len(vectors) + 8 * len(prepared.document.text))
        )
        self._writer.put(prepared, vectors)
        self.n_embedded += len(vectors)
        return item.report(loaded.reason)

    def _refuse(self, item: PendingFile, report: FileReport) -> FileReport:
        """Take a refused file's earlier text out of the index, and remember the verdict where its bytes are known."""
        if item.renamed_from is not None:
            self._writer.delete(item.renamed_from)
        if item.sha256 is None:
            self._writer.delete(item.document_id)
        else:
            self._writer.refuse(report, item.sha256, self._limits)
        if not item.is_indexed and item.renamed_from is None:
            return report
        note = "What was indexed of it before has been taken out."
        return report.model_copy(update={"reason": f"{report.reason} {note}" if report.reason else note})


def _check_space(path: Path, needed: int) -> None:
    """Refuse to begin what would fill the disk.

    Raises:
        IndexStoreError: With the folder, the bytes needed and the bytes free.
    """
    needed += _SPARE_BYTES
    free = shutil.disk_usage(path.parent).free
    if free < needed:
        raise IndexStoreError(
            f"Too little space for the index in {str(path.parent)!r}: about {needed:,} bytes are needed, {free:,} are "
            "free. What was indexed before is kept; make room and run `python -m rag index` again."
        )


def _report(files: list[FileReport], counts: tuple[int, int], n_embedded: int, started: float) -> IndexReport:
    order = {root: position for position, root in enumerate(get_args(Root))}
    tally = Counter(file.verdict for file in files)
    return IndexReport(
        **{verdict: tally[verdict] for verdict in get_args(Verdict)},
        files=tuple(sorted(files, key=lambda file: (order[file.root], file.path, file.verdict))),
        n_documents=counts[0],
        n_chunks=counts[1],
        n_embedded=n_embedded,
        seconds=time.monotonic() - started,
    )
