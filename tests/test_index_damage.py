"""An index on a full disk, or damaged: it ends in the right answer or in a clear error."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from bag_of_words import BagOfWords
from built_index import LONG, texts
from built_index import bag as bag  # fixtures
from built_index import settings as settings

from rag.config import Settings
from rag.errors import (
    IndexDamagedError,
    IndexNotFoundError,
    RagError,
)
from rag.index.build import build_index


def test_full_disk_costs_time_alone(settings: Settings, bag: BagOfWords, corpus: Path) -> None:
    # A file that may not grow stands for a full disk: the child can write so much to any one file.
    for n in range(20):
        (corpus / f"n{n}.txt").write_text("\n\n".join(LONG.format(n * 100 + i) * 3 for i in range(20)), "utf-8")
    build_index(settings, model=bag, rebuild=True)
    complete = texts(settings, bag)
    shutil.rmtree(settings.index_dir)
    program = (
        "import resource, sys; sys.path.insert(0, 'tests'); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2); "
        "from bag_of_words import BagOfWords; from rag import Settings, build_index, RagError\n"
        f"s = Settings(corpus_dir={str(corpus)!r}, index_dir={str(settings.index_dir)!r})\n"
        "try:\n build_index(s, model=BagOfWords())\n"
        "except RagError as exc:\n print(type(exc).__name__, exc); sys.exit(1)"
    )
    for kilobytes in (4, 40, 150, 400):
        done = subprocess.run(
            [sys.executable, "-c", program, str(kilobytes * 1024)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stdout.split(" ", 1)[0], done.stderr) == (1, "IndexStoreError", ""), done.stdout
        assert str(settings.index_dir) in done.stdout
        assert "bytes free" in done.stdout
        if kilobytes > 40:
            assert texts(settings, bag).items() <= complete.items()
        else:  # not even the tables fitted
            with pytest.raises(IndexNotFoundError):
                texts(settings, bag)
    build_index(settings, model=bag)
    assert texts(settings, bag) == complete


def error_of(use: Callable[[], object]) -> str | None:
    try:
        use()
    except RagError as exc:
        return str(exc)
    return None


def damage(path: Path, how: str) -> None:
    data = path.read_bytes()
    match how:
        case "delete":
            path.unlink()
        case "empty":
            path.write_bytes(b"")
        case "halve":
            path.write_bytes(data[: len(data) // 2])
        case "flip":
            middle = len(data) // 2
            path.write_bytes(data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :])
        case "noise":
            path.write_bytes(bytes((31 * i + 7) % 256 for i in range(len(data))))
        case "folder":
            path.unlink()
            path.mkdir()


@pytest.mark.parametrize("how", ["delete", "empty", "halve", "flip", "noise", "folder"])
@pytest.mark.parametrize("name", ["CURRENT", "lock", "gen-1/kihon.sqlite3", "gen-1/readers"])
def test_damage_ends_in_the_right_answer_or_a_clear_error(
    settings: Settings, bag: BagOfWords, name: str, how: str
) -> None:
    build_index(settings, model=bag)
    right = texts(settings, bag)
    path = settings.index_dir / name
    if path.stat().st_size == 0 and how in ("halve", "flip", "noise"):
        return  # nothing to damage
    damage(path, how)
    for use in (lambda: texts(settings, bag), lambda: build_index(settings, model=bag)):
        if (error := error_of(use)) is not None:
            assert str(settings.index_dir) in error
            assert "sqlite3." not in error
    if name != "lock" or how != "folder":
        build_index(settings, model=bag, rebuild=True)
        assert texts(settings, bag) == right


def test_damaged_index_is_not_overwritten(settings: Settings, bag: BagOfWords) -> None:
    build_index(settings, model=bag)
    (settings.index_dir / "gen-1" / "kihon.sqlite3").write_bytes(b"")
    with pytest.raises(IndexDamagedError, match=r"kihon\.sqlite3.*--rebuild"):
        build_index(settings, model=bag)
    assert (settings.index_dir / "gen-1" / "kihon.sqlite3").read_bytes() == b""
