"""Dense search: exact, through Chroma's folder and through a Chroma server give the same hits, or say why not."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import numpy as np
import pytest
from bag_of_words import BagOfWords

from rag.config import Settings
from rag.document import Chunk, Document
from rag.embedding.model import Vector
from rag.errors import RagError, VectorServerError
from rag.index.build import build_index
from rag.index.opening import Index
from rag.store.generation import new_generation, switch_to
from rag.store.passport import make_passport
from rag.store.reader import Store
from rag.store.writer import PreparedChunk, PreparedDocument, StoreWriter
from rag.vectors.chroma import ChromaVectors, lock_chroma
from rag.vectors.chroma_server import ServerVectors
from rag.vectors.dense import ExactVectors

DIMENSION = 64
N_DOCUMENTS, N_CHUNKS = 60, 50


def clustered(n: int, seed: int) -> Vector:
    """Unit vectors in clusters, as embeddings are."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(7).normal(size=(40, DIMENSION))
    vectors = centres[rng.integers(0, 40, n)] + 0.6 * rng.normal(size=(n, DIMENSION))
    units: Vector = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return units


def put(writer: StoreWriter, number: int, n_chunks: int, vectors: Vector) -> None:
    """Store a document whose chunks have the given vectors."""
    text = "x" * n_chunks
    chunks = [
        PreparedChunk(
            chunk=Chunk(start=i, end=i + 1, context="", section=None, page=None, sentences=()),
            embedded=f"{number}/{i}/{vectors[i].tobytes().hex()[:16]}",
            sentences=(),
            context_terms="",
            body_terms="x",
        )
        for i in range(n_chunks)
    ]
    name = f"{number}.txt"
    document = Document(
        document_id=f"corpus/{name}", root="corpus", path=name, format="text", text=text, sha256=name, title=name
    )
    prepared = PreparedDocument(document=document, boxes=None, title_terms="", chunks=tuple(chunks))
    writer.put(prepared, {chunk.embedded: vectors[i] for i, chunk in enumerate(chunks)})


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generation with 3,000 chunks; copied by those who change it."""
    folder = new_generation(tmp_path_factory.mktemp("many"))
    vectors = clustered(N_DOCUMENTS * N_CHUNKS, 1).reshape(N_DOCUMENTS, N_CHUNKS, DIMENSION)
    with StoreWriter(folder, make_passport(BagOfWords(dimension=DIMENSION))) as writer:
        for number in range(N_DOCUMENTS):
            put(writer, number, N_CHUNKS, vectors[number])
    return folder


@pytest.fixture
def generation(many: Path, tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(many, tmp_path / "index" / "gen-1"))
    switch_to(folder)
    return folder


@contextlib.contextmanager
def chroma(generation: Path) -> Iterator[tuple[Store, ChromaVectors]]:
    lock = lock_chroma(generation)
    assert lock is not None
    with Store(generation) as store, contextlib.closing(ChromaVectors(store, lock)) as vectors:
        yield store, vectors


def test_exact_search_is_the_sorted_list_of_cosines(many: Path) -> None:
    with Store(many) as store:
        keys, owners, matrix = store.chunk_matrix()
        exact = ExactVectors(store)
        for query in clustered(20, 2):
            cosines = matrix.astype(np.float64) @ query.astype(np.float64)
            by_hand = sorted(zip(-cosines, keys.tolist(), strict=True))
            found = exact.search(query, 25)
            assert [key for key, _ in found] == [key for _, key in by_hand[:25]]
            assert [cosine for _, cosine in found] == pytest.approx([-value for value, _ in by_hand[:25]], abs=1e-9)
            inside = set(keys[np.isin(owners, [3, 4])].tolist())
            assert [key for key, _ in exact.search(query, 10, [3, 4])] == [key for _, key in by_hand if key in inside][
                :10
            ]


@pytest.mark.parametrize(("k", "document_keys", "n"), [(0, None, 0), (5000, None, 3000), (5, [], 0), (99, [1], 50)])
def test_exact_search_at_the_edges(many: Path, k: int, document_keys: list[int] | None, n: int) -> None:
    with Store(many) as store:
        assert len(ExactVectors(store).search(clustered(1, 3)[0], k, document_keys)) == n


def test_chroma_gives_the_same_hits_as_exact_search(generation: Path) -> None:
    with chroma(generation) as (store, vectors):
        assert vectors.wait(60)
        assert vectors.engine == "chroma"
        exact = ExactVectors(store)
        for n, query in enumerate(clustered(150, 4)):
            document_keys = [None, None, list(range(1, 51)), [5, 6, 7]][n % 4]
            k = [1, 8, 50, 100][n // 4 % 4]
            assert vectors.search(query, k, document_keys) == exact.search(query, k, document_keys)
        assert vectors.engine == "chroma"


def test_chroma_follows_the_store(generation: Path) -> None:
    with chroma(generation) as (store, vectors):
        assert vectors.wait(60)
        query = clustered(1, 5)[0]
        with StoreWriter(generation) as writer:
            put(writer, 999, 2, np.stack([query, -query]))
            writer.delete("corpus/4.txt")
        exact = ExactVectors(store)
        hits = vectors.search(query, 3)  # before it has followed
        assert hits == exact.search(query, 3)
        assert hits[0][1] == pytest.approx(1)
        assert vectors.wait(60)
        assert vectors.engine == "chroma"
        assert vectors.search(query, 3) == hits
        assert vectors.search(query, 3000) == exact.search(query, 3000)


def test_chroma_is_opened_again_as_it_was_left(generation: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = []
    for _ in range(3):
        with chroma(generation) as (store, vectors):
            assert vectors.wait(60)
            query = clustered(1, 6)[0]
            assert vectors.search(query, 9) == ExactVectors(store).search(query, 9)
        files.append(sorted((generation / "chroma").rglob("*")))
    assert files[0] == files[1] == files[2]  # a folder filled again would have other names
    assert caplog.messages == []


@pytest.mark.parametrize(
    "how",
    ["flip", *(pytest.param(how, marks=pytest.mark.slow) for how in ("delete", "empty", "halve", "folder"))],
)
@pytest.mark.parametrize(
    "name", ["chroma.sqlite3", "data_level0.bin", "header.bin", "index_metadata.pickle", "link_lists.bin", "length.bin"]
)
def test_damaged_chroma_folder_is_filled_again(generation: Path, name: str, how: str) -> None:
    small = generation.parent / "gen-2"
    small.mkdir()
    (small / "readers").touch()
    with StoreWriter(small, make_passport(BagOfWords(dimension=DIMENSION))) as writer:
        put(writer, 1, 1100, clustered(1100, 8))  # past 1,000 Chroma writes its index to disk
    with chroma(small) as (_, vectors):
        assert vectors.wait(60)
    [path] = (small / "chroma").rglob(name)
    data = path.read_bytes()
    if how in ("delete", "folder"):
        path.unlink()
        if how == "folder":
            path.mkdir()
    elif how == "flip" and data:
        path.write_bytes(bytes([data[0] ^ 0xFF]) + data[1:])
    else:
        path.write_bytes(b"" if how == "empty" else data[: len(data) // 2])
    with chroma(small) as (store, vectors):
        assert vectors.wait(60)
        for query in clustered(5, 9):
            assert vectors.search(query, 20) == ExactVectors(store).search(query, 20)
        assert vectors.engine == "chroma"


def test_chroma_that_cannot_be_used_is_done_without(generation: Path, caplog: pytest.LogCaptureFixture) -> None:
    (generation / "chroma.seal").mkdir()  # the folder can never be sealed, nor emptied
    with chroma(generation) as (store, vectors):
        assert not vectors.wait(60)
        query = clustered(1, 6)[0]
        assert vectors.engine == "exact"
        assert vectors.search(query, 9) == ExactVectors(store).search(query, 9)
    assert any("searching without it" in message for message in caplog.messages)
    assert lock_chroma(generation) is not None  # given back


def test_chroma_emptied_behind_our_back_is_never_a_silent_empty(generation: Path) -> None:
    import chromadb

    with chroma(generation) as (store, vectors):
        assert vectors.wait(60)
        client = chromadb.PersistentClient(
            str(generation / "chroma"), settings=chromadb.Settings(anonymized_telemetry=False)
        )
        with contextlib.closing(client):
            collection = client.get_collection("chunks", embedding_function=None)
            collection.delete(ids=collection.get(include=[])["ids"])
        query = clustered(1, 6)[0]
        assert vectors.search(query, 9) == ExactVectors(store).search(query, 9)
        assert vectors.wait(60)
        assert vectors.search(query, 9) == ExactVectors(store).search(query, 9)
        assert vectors.engine == "chroma"


def test_second_process_searches_exactly(tmp_path: Path, corpus: Path) -> None:
    settings = Settings(corpus_dir=corpus, index_dir=tmp_path / "index", data_dir=tmp_path / "data")
    bag = BagOfWords()
    build_index(settings, model=bag)
    with Index.open(settings, long_lived=True, model=bag) as first:
        assert isinstance(first.vectors, ChromaVectors)
        assert first.vectors.wait(60)
        with Index.open(settings, long_lived=True, model=bag) as second:
            assert second.vectors.engine == "exact"
            query = bag.embed_query("The plan has four policies")
            assert second.vectors.search(query, 5) == first.vectors.search(query, 5)
    with Index.open(settings, model=bag) as single:
        assert single.vectors.engine == "exact"


def test_long_lived_index_moves_to_the_next_generation(tmp_path: Path, corpus: Path) -> None:
    settings = Settings(corpus_dir=corpus, index_dir=tmp_path / "index", data_dir=tmp_path / "data")
    bag = BagOfWords()
    build_index(settings, model=bag)
    with Index.open(settings, long_lived=True, model=bag) as index:
        assert isinstance(index.vectors, ChromaVectors)
        assert index.vectors.wait(60)
        build_index(settings, model=bag, rebuild=True)
        assert index.snapshot().store.path.parent.name == "gen-2"
        assert isinstance(index.vectors, ChromaVectors)
        assert index.vectors.wait(60)
        assert (settings.index_dir / "gen-2" / "chroma").is_dir()
        build_index(settings, model=bag)
        assert not (settings.index_dir / "gen-1").exists()


def test_threads_get_the_same_hits(generation: Path) -> None:
    with chroma(generation) as (store, vectors):
        queries = clustered(32, 11)
        right = [ExactVectors(store).search(query, 10) for query in queries]
        found: dict[int, list[list[tuple[int, float]]]] = {}

        def ask(number: int) -> None:
            found[number] = [vectors.search(query, 10) for query in queries]

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == dict.fromkeys(range(32), right)


def test_killed_holder_leaves_no_lock(generation: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from rag.vectors.chroma import ChromaVectors, lock_chroma; "
        "from rag.store.reader import Store; folder = Path(sys.argv[1]); store = Store(folder); "
        "vectors = ChromaVectors(store, lock_chroma(folder)); vectors.wait(60); print('ready', flush=True); input()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(generation)], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == "ready\n"
    assert lock_chroma(generation) is None
    child.kill()
    child.wait()
    child.stdout.close()
    child.stdin.close()
    with chroma(generation) as (store, vectors):
        assert vectors.wait(60)
        query = clustered(1, 6)[0]
        assert vectors.search(query, 9) == ExactVectors(store).search(query, 9)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Chroma server on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = Path(sys.executable).with_name("chroma")
    child = subprocess.Popen(
        [program, "run", "--path", str(tmp_path_factory.mktemp("server")), "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            break
        time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    child.terminate()
    child.wait()


def test_server_gives_the_same_hits_as_exact_search(generation: Path, server: str) -> None:
    with Store(generation) as store, contextlib.closing(ServerVectors(store, server)) as vectors:
        exact = ExactVectors(store)
        for n, query in enumerate(clustered(40, 4)):
            document_keys = [None, list(range(1, 51)), [5, 6, 7]][n % 3]
            assert vectors.search(query, 20, document_keys) == exact.search(query, 20, document_keys)
        with StoreWriter(generation) as writer:
            writer.delete("corpus/4.txt")
            put(writer, 999, 1, query[np.newaxis])
        assert vectors.search(query, 20) == exact.search(query, 20)
        assert vectors.search(query, 1)[0][1] == pytest.approx(1)


def test_server_that_lost_its_data_is_filled_again(generation: Path, server: str) -> None:
    from rag.vectors.chroma_server import ServerCollection

    query = clustered(1, 6)[0]
    with Store(generation) as store, contextlib.closing(ServerVectors(store, server)) as vectors:
        right = vectors.search(query, 9)
        with contextlib.closing(ServerCollection(server, f"kihon-{store.index_id}")) as collection:
            collection.drop()
        assert vectors.search(query, 9) == right == ExactVectors(store).search(query, 9)


def test_index_with_a_server(tmp_path: Path, corpus: Path, server: str) -> None:
    settings = Settings(corpus_dir=corpus, index_dir=tmp_path / "index", data_dir=tmp_path / "data", chroma_url=server)
    bag = BagOfWords()
    build_index(settings, model=bag)
    with Index.open(settings, model=bag) as index:
        query = bag.embed_query("The plan has four policies")
        assert index.vectors.engine == "chroma server"
        assert index.vectors.search(query, 5) == ExactVectors(index.store).search(query, 5)
        old = f"kihon-{index.store.index_id}"
        build_index(settings, model=bag, rebuild=True)
        new = f"kihon-{index.snapshot().store.index_id}"
        assert index.vectors.search(query, 5) == ExactVectors(index.store).search(query, 5)
    place = f"{server}/api/v2/tenants/default_tenant/databases/default_database/collections"
    assert {old, new} & {item["name"] for item in httpx.get(place, timeout=10).json()} == {new}


class Faulty(BaseHTTPRequestHandler):
    """Answers as `mode` says."""

    mode = "mute"

    def do_POST(self) -> None:
        if self.mode == "mute":
            time.sleep(15)
        elif self.mode == "slow":
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                for _ in range(20):
                    self.wfile.write(b" ")
                    self.wfile.flush()
                    time.sleep(1)
        else:
            body = {"rubbish": b"<html>busy</html>", "null": b"null", "error": b"{}"}[self.mode]
            self.send_response(500 if self.mode == "error" else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    ("mode", "at_most_s"),
    [("away", 4), ("rubbish", 4), ("null", 4), ("error", 4), ("mute", 13), ("slow", 13)],
)
def test_server_trouble_is_one_sentence_in_time(many: Path, mode: str, at_most_s: float) -> None:
    class Handler(Faulty):
        pass

    Handler.mode = mode
    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.daemon_threads = True
    web.block_on_close = False
    url = f"http://127.0.0.1:{web.server_port}"
    thread = threading.Thread(target=web.serve_forever)
    thread.start()
    if mode == "away":
        web.shutdown()
        web.server_close()
    try:
        with Store(many) as store, contextlib.closing(ServerVectors(store, url)) as vectors:
            started = time.monotonic()
            with pytest.raises(VectorServerError, match=f"{url} .*Is it running.*RAG_CHROMA_URL") as caught:
                vectors.search(clustered(1, 6)[0], 5)
            assert time.monotonic() - started < at_most_s
            assert isinstance(caught.value, RagError)
            assert "httpx" not in str(caught.value)
    finally:
        if mode != "away":
            web.shutdown()
            web.server_close()
        thread.join()
