"""A file that is replaced holds the old content or the new, and nothing else is left beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.store.durable import replace_file


@pytest.mark.parametrize("before", [None, b"old and longer"], ids=["new", "there already"])
def test_replace_file_gives_the_content(tmp_path: Path, before: bytes | None) -> None:
    path = tmp_path / "file"
    if before is not None:
        path.write_bytes(before)
    replace_file(path, b"new")
    assert {item.name: item.read_bytes() for item in tmp_path.iterdir()} == {"file": b"new"}


def test_replace_file_gives_private_files_to_their_owner_alone(tmp_path: Path) -> None:
    replace_file(tmp_path / "file", b"", mode=0o600)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


def test_replace_file_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"other")
    (tmp_path / "part").symlink_to(tmp_path / "other")
    with pytest.raises(OSError, match="symbolic links"):
        replace_file(tmp_path / "file", b"new", part=tmp_path / "part")
    assert {item.name: item.read_bytes() for item in tmp_path.iterdir()} == {"other": b"other"}


def test_replace_file_leaves_no_part_where_it_fails(tmp_path: Path) -> None:
    (tmp_path / "file" / "within").mkdir(parents=True)  # no file takes the place of a folder
    with pytest.raises(IsADirectoryError):
        replace_file(tmp_path / "file", b"new")
    assert [item.name for item in tmp_path.iterdir()] == ["file"]
