"""What Chroma's files hold beside the vectors in use is cleared before a folder is called whole."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from rag.vectors.chroma import ChromaFailedError, ChromaFolder
from rag.vectors.unused_slots import clear_unused_slots

SECRET = np.full(384, 0.125, dtype="<f4").tobytes()


@pytest.fixture
def vectors() -> np.ndarray:
    rows = np.random.default_rng(3).standard_normal((1_250, 384)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def fill(folder: ChromaFolder, vectors: np.ndarray) -> None:
    for start in range(0, len(vectors), 500):
        keys = range(start, min(start + 500, len(vectors)))
        folder.upsert(keys, keys, vectors[start : start + 500])


def slots_file(generation: Path) -> Path:
    (path,) = (generation / "chroma").glob("*/data_level0.bin")
    return path


def test_memory_of_a_new_index_is_not_kept(tmp_path: Path, vectors: np.ndarray) -> None:
    folder = ChromaFolder(tmp_path)
    try:
        fill(folder, vectors[:40])
        path = slots_file(tmp_path)
        # As if the memory that Chroma wrote out had held a deleted vector.
        path.write_bytes((SECRET * (path.stat().st_size // len(SECRET) + 1))[: path.stat().st_size])
        folder.seal()
        assert SECRET not in path.read_bytes()
        assert not any(path.read_bytes())
        assert folder.query(vectors[7], 1, None) == [7]
    finally:
        folder.close()
    again = ChromaFolder(tmp_path)
    try:
        assert sorted(again.keys()) == list(range(40))
        assert again.query(vectors[39], 1, None) == [39]
    finally:
        again.close()


def test_vectors_in_use_stay(tmp_path: Path, vectors: np.ndarray) -> None:
    folder = ChromaFolder(tmp_path)
    try:
        fill(folder, vectors)
        path = slots_file(tmp_path)
        before = path.read_bytes()
        with path.open("ab") as stream:
            stream.write(SECRET)
        folder.seal()
        assert path.read_bytes() == before + bytes(len(SECRET))
        assert any(row.tobytes() in before for row in vectors)
    finally:
        folder.close()
    again = ChromaFolder(tmp_path)
    try:
        assert [again.query(vectors[i], 1, None) for i in (0, 600, 1_249)] == [[0], [600], [1_249]]
    finally:
        again.close()


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"\x01\x00", "too short"),
        (struct.pack("<iQQQQ", 2, 0, 100, 0, 1_932), "not the header"),
        (struct.pack("<iQQQQ", 1, 0, 100, 101, 1_932), "not the header"),
        (struct.pack("<iQQQQ", 1, 0, 100, 99, 1_932), "fewer than the 191268 in use"),
    ],
)
def test_another_layout_is_refused(tmp_path: Path, header: bytes, message: str) -> None:
    (tmp_path / "header.bin").write_bytes(header)
    (tmp_path / "data_level0.bin").write_bytes(SECRET)
    (tmp_path / "length.bin").write_bytes(b"")
    with pytest.raises(ValueError, match=message):
        clear_unused_slots(tmp_path)
    assert (tmp_path / "data_level0.bin").read_bytes() == SECRET


def test_a_folder_of_another_layout_is_never_whole(tmp_path: Path, vectors: np.ndarray) -> None:
    folder = ChromaFolder(tmp_path)
    try:
        fill(folder, vectors[:3])
        slots_file(tmp_path).with_name("header.bin").write_bytes(b"\x09" * 100)
        with pytest.raises(ChromaFailedError, match="not the header"):
            folder.seal()
    finally:
        folder.close()
    assert not (tmp_path / "chroma.seal").exists()
