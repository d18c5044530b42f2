"""The index against a plain dictionary: whatever is done to the folder, the index holds what the folder holds."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from bag_of_words import BagOfWords
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
)

from rag.config import Settings
from rag.index.build import build_index
from rag.index.opening import Index
from rag.text.analysis import analyse

WORDS = ("tokyo", "plan", "cabinet", "decision", "budget", "research", "計画", "政府", "robot", "2025")
names = st.sampled_from(["a.txt", "b.txt", "sub/c.txt", "sub/d.txt", "計画.txt", "e.md"])
texts = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6), min_size=1, max_size=4).map(
    lambda sentences: "\n\n".join(" ".join(words).capitalize() + "." for words in sentences)
)


class IndexMachine(RuleBasedStateMachine):
    """Rules change the folder and the model together; `build` brings the index after them."""

    files = Bundle("files")

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.settings = Settings(
            corpus_dir=self.folder / "corpus", index_dir=self.folder / "index", data_dir=self.folder / "data"
        )
        self.settings.corpus_dir.mkdir()
        self.bag = BagOfWords()
        self.model: dict[str, str] = {}
        self.built: dict[str, str] = {}
        self.index: Index | None = None

    def teardown(self) -> None:
        if getattr(self, "index", None) is not None:
            self.index.close()  # type: ignore[union-attr]
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    @rule(target=files, name=names, text=texts)
    def write(self, name: str, text: str) -> str:
        path = self.settings.corpus_dir / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        self.model[name] = text
        return name

    @rule(name=consumes(files))
    def delete(self, name: str) -> None:
        (self.settings.corpus_dir / name).unlink(missing_ok=True)
        self.model.pop(name, None)

    @rule(target=files, old=consumes(files), new=names)
    def rename(self, old: str, new: str) -> str:
        if old in self.model:
            (self.settings.corpus_dir / new).parent.mkdir(exist_ok=True)
            (self.settings.corpus_dir / old).replace(self.settings.corpus_dir / new)
            self.model[new] = self.model.pop(old)
        return new

    @rule(rebuild=st.booleans())
    def build(self, rebuild: bool) -> None:
        report = build_index(self.settings, model=self.bag, rebuild=rebuild)
        assert report.n_documents == len(self.model)
        self.built = dict(self.model)
        again = build_index(self.settings, model=self.bag)
        assert (again.unchanged, again.n_embedded, again.n_chunks) == (len(self.model), 0, report.n_chunks)
        if self.index is None:
            self.index = Index.open(self.settings, model=self.bag)

    @precondition(lambda self: self.index is not None)
    @rule()
    def reopen(self) -> None:
        assert self.index is not None
        self.index.close()
        self.index = Index.open(self.settings, model=self.bag)

    @precondition(lambda self: self.index is not None)
    @rule(word=st.sampled_from(WORDS))
    def search_words(self, word: str) -> None:
        assert self.index is not None
        store, _ = self.index.snapshot()
        terms = analyse(word)
        found = {stored.document_id for stored in store.chunks([key for key, _ in store.lexical(terms, 999)])}
        title_of = {name: Path(name).stem for name in self.built}
        expected = {
            f"corpus/{name}"
            for name, text in self.built.items()
            if set(terms) & set(analyse(f"{title_of[name]}\n{text}"))
        }
        assert found == expected

    @precondition(lambda self: self.index is not None and self.built)
    @rule(data=st.data())
    def search_vectors(self, data: st.DataObject) -> None:
        assert self.index is not None
        store, vectors = self.index.snapshot()
        name = data.draw(st.sampled_from(sorted(self.built)))
        keys = store.chunk_matrix().keys.tolist()
        [document_key] = store.select_documents({"document_id": f"corpus/{name}"}) or []
        wanted = store.chunks(store.chunk_keys(document_key))[0]
        [(key, cosine), *_] = vectors.search(wanted.vector, len(keys))
        assert cosine > 0.999
        assert store.chunks([key])[0].vector.tobytes() == wanted.vector.tobytes()
        assert {key for key, _ in vectors.search(wanted.vector, len(keys))} == set(keys)

    @invariant()
    def holds_what_the_folder_held(self) -> None:
        if getattr(self, "index", None) is None:
            return
        assert self.index is not None
        store, _ = self.index.snapshot()
        held = {record.path: store.document(record.document_id) for record in store.records()}
        assert {path: document.text.strip() for path, document in held.items() if document} == self.built
        assert store.check() == []


IndexMachine.TestCase.settings = settings(
    max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
test_index_machine = IndexMachine.TestCase
