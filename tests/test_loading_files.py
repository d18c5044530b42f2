"""Folders and single files: what is found, what is not followed, what is not opened."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.answer import FileReport
from rag.config import Settings
from rag.errors import CorpusError
from rag.loading import FoundFile, Loaded, Loader, scan
from rag.loading.files import find_file

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def loader() -> Iterator[Loader]:
    with Loader(Settings(max_file_mb=0.01)) as made:
        yield made


def found(folder: Path) -> list[tuple[str, str | None]]:
    """Paths in the order found, each with the code of its verdict (`None` for a file to read)."""
    return [(item.path, item.code if isinstance(item, FileReport) else None) for item in scan(folder, "corpus")]


def test_scan_gives_regular_files_sorted_by_path(tmp_path: Path) -> None:
    for name in ("b.md", "a.md", "A.md", "sub/c.txt", "sub/deep/er/d.pdf", "sub.md", "日本.md", "x.bin"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("text")
    items = list(scan(tmp_path, "corpus"))
    names = ["A.md", "a.md", "b.md", "sub.md", "sub/c.txt", "sub/deep/er/d.pdf", "x.bin", "日本.md"]
    assert items == [FoundFile(file=tmp_path / name, path=name) for name in names]


def test_scan_does_not_look_at_hidden_files(tmp_path: Path) -> None:
    for name in (".hidden.md", ".git/config.md", "sub/.x.md", "seen.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("text")
    assert found(tmp_path) == [("seen.md", None)]


def test_scan_of_a_missing_folder_is_empty(tmp_path: Path) -> None:
    assert found(tmp_path / "none") == []


def test_scan_of_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    with pytest.raises(CorpusError, match="cannot be opened: not a directory"):
        found(tmp_path / "file")


def test_scan_neither_follows_links_nor_opens_what_is_no_file(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.md").write_text("secret")
    folder = tmp_path / "root"
    folder.mkdir()
    (folder / "file.md").symlink_to(outside / "secret.md")
    (folder / "folder").symlink_to(outside)
    (folder / "dangling.md").symlink_to("nowhere")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.md")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket.md"))
        reports = list(scan(folder, "uploads"))
    assert reports == [
        FileReport(path=path, root="uploads", verdict="skipped", code=code, reason=reason)
        for path, code, reason in [
            ("dangling.md", "symlink", "Symbolic links are not followed."),
            ("file.md", "symlink", "Symbolic links are not followed."),
            ("folder", "symlink", "Symbolic links are not followed."),
            ("loop", "symlink", "Symbolic links are not followed."),
            ("pipe.md", "special_file", "Only regular files are read; this is a pipe, a socket or a device."),
            ("socket.md", "special_file", "Only regular files are read; this is a pipe, a socket or a device."),
        ]
    ]


def test_scan_gives_paths_in_nfc_and_reads_one_of_two_equal_ones(tmp_path: Path) -> None:
    composed, decomposed = "é.md", "e\u0301.md"
    (tmp_path / decomposed).write_text("one")
    assert list(scan(tmp_path, "corpus")) == [FoundFile(file=tmp_path / decomposed, path=composed)]
    (tmp_path / composed).write_text("two")
    first, second = scan(tmp_path, "corpus")
    assert first == FoundFile(file=tmp_path / composed, path=composed)
    assert isinstance(second, FileReport)
    assert (second.path, second.verdict, second.code) == (composed, "rejected", "duplicate_name")


def test_find_file_knows_a_name_in_another_unicode_form(tmp_path: Path) -> None:
    (tmp_path / "e\u0301").mkdir()
    (tmp_path / "e\u0301" / "plan.md").write_text("one")
    assert find_file(tmp_path, "corpus", "é/plan.md") == tmp_path / "e\u0301" / "plan.md"
    assert find_file(tmp_path, "corpus", "e\u0301/plan.md") is None


@pytest.mark.parametrize(
    "path",
    [
        *("", ".", "none.md", "folder", "linked/plan.md", "link.md", ".hidden.md", "../outside.md", "/etc/passwd"),
        *("\ud800", "\x00", "folder/../plan.md", "folder//plan.md", "plan.md/"),
    ],
)
def test_find_file_finds_only_what_scan_gives(tmp_path: Path, path: str) -> None:
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    for file in (root / "plan.md", root / "folder" / "plan.md", root / ".hidden.md", tmp_path / "outside.md"):
        file.write_text("one")
    (root / "linked").symlink_to(root / "folder")
    (root / "link.md").symlink_to(root / "plan.md")
    assert find_file(root, "uploads", path) is None
    assert find_file(root, "uploads", "folder/plan.md") == root / "folder" / "plan.md"


def test_scan_of_equal_folders_names_each_file(tmp_path: Path) -> None:
    for folder, name in (("が", "a.md"), ("か\u3099", "a.md"), ("か\u3099", "b.md")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_text("text")
    assert found(tmp_path) == [("が/a.md", None), ("が/a.md", "duplicate_name"), ("が/b.md", None)]


def test_scan_reports_a_name_that_is_no_utf8(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/\xe9.md", "wb") as file:  # noqa: PTH123 - pathlib takes no bytes
        file.write(b"text")
    (report,) = scan(tmp_path, "corpus")
    assert report == FileReport(
        path="\\xe9.md",
        root="corpus",
        verdict="rejected",
        code="unreadable",
        reason="The name of the file is not UTF-8.",
    )


def test_scan_goes_as_deep_as_paths_reach(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(200):
        folder = folder / "d"
        folder.mkdir()
    (folder / "deep.md").write_text("text")
    assert found(tmp_path) == [("d/" * 200 + "deep.md", None)]


def test_scan_reports_a_folder_too_deep_to_open(tmp_path: Path) -> None:
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        for _ in range(25):
            Path("d" * 200).mkdir()
            os.chdir("d" * 200)
    finally:
        os.chdir(here)
    ((path, code),) = found(tmp_path)
    assert code == "unreadable"
    assert path.endswith("d/")


def test_load_follows_no_link_that_took_a_files_place(loader: Loader, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/a.md").write_text("secret")
    (tmp_path / "root").mkdir()
    (tmp_path / "root/link").symlink_to(tmp_path / "secret")
    (tmp_path / "root/b.md").symlink_to(tmp_path / "secret/a.md")
    for path in ("link/a.md", "b.md"):
        report = loader.load(tmp_path / "root" / path, root="corpus", path=path)
        assert report == FileReport(
            path=path, root="corpus", verdict="skipped", code="symlink", reason="Symbolic links are not followed."
        )


def test_load_may_lie_below_a_linked_root(loader: Loader, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/a.md").write_text("text")
    (tmp_path / "root").symlink_to(tmp_path / "real")
    ((item),) = scan(tmp_path / "root", "corpus")
    assert isinstance(item, FoundFile)
    assert isinstance(loader.load(item.file, root="corpus", path=item.path), Loaded)


def test_load_waits_for_no_pipe(loader: Loader, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.md"))
        for name in ("pipe.md", "socket.md"):
            report = loader.load(tmp_path / name, root="corpus", path=name)
            assert isinstance(report, FileReport)
            assert (report.verdict, report.code) == ("skipped", "special_file")


@pytest.mark.parametrize(
    ("name", "code", "reason"),
    [
        ("none.md", "unreadable", "cannot be opened: no such file"),
        ("folder.md", "special_file", "regular"),
        ("large.md", "too_large", "has 0.0 MB; the limit is 0.01 MB (RAG_MAX_FILE_MB)"),
        ("sparse.pdf", "too_large", "has 3,072.0 MB; the limit is 0.01 MB (RAG_MAX_FILE_MB)"),
        ("a.xlsx", "unsupported", "read are .md, .markdown, .txt, .text, .pdf, .html, .htm"),
        ("no extension", "unsupported", "not supported"),
        ("a.md.exe", "unsupported", "not supported"),
    ],
)
def test_load_verdicts_before_reading(loader: Loader, tmp_path: Path, name: str, code: str, reason: str) -> None:
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "large.md").write_text("x" * 11_000)
    with (tmp_path / "sparse.pdf").open("wb") as sparse:
        sparse.truncate(3 * 1024**3)
    (tmp_path / "a.docx").write_bytes(b"PK\x03\x04")
    report = loader.load(tmp_path / name, root="corpus", path=name)
    assert isinstance(report, FileReport)
    assert report.verdict == ("skipped" if code in ("unsupported", "special_file") else "rejected")
    assert report.code == code
    assert reason in (report.reason or "")


def test_load_finds_a_file_by_its_own_name_and_names_it_in_nfc(loader: Loader, tmp_path: Path) -> None:
    (tmp_path / "か\u3099").mkdir()
    file = tmp_path / "か\u3099" / "e\u0301.md"
    file.write_text("text")
    ((item),) = scan(tmp_path, "corpus")
    assert isinstance(item, FoundFile)
    loaded = loader.load(item.file, root="corpus", path=item.path)
    assert isinstance(loaded, Loaded)
    assert loaded.document.document_id == "corpus/が/é.md"
    assert unicodedata.is_normalized("NFC", loaded.document.title)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user of the machine may enter; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def test_what_the_user_may_not_open_is_a_verdict(open_folder: Path) -> None:
    (open_folder / "closed").mkdir()
    for name in ("closed/a.md", "b.md", "c.md"):
        (open_folder / name).write_text("text")
    (open_folder / "b.md").chmod(0)
    (open_folder / "closed").chmod(0)
    # As an ordinary user, in a process of its own: the superuser may open everything.
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from rag.loading.files import FoundFile, read_file, scan\n"
        "from rag.loading.raw import Refused\n"
        "os.getuid() or os.setuid(65534)\n"
        "for item in scan(Path(sys.argv[1]), 'corpus'):\n"
        "    try:\n"
        "        read = isinstance(item, FoundFile) and read_file(item.file, item.path, max_mb=1)\n"
        "        print(item.path, read or item.reason)\n"
        "    except Refused as refused:\n"
        "        print(item.path, refused.code, refused.reason)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", program, str(open_folder)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    (open_folder / "closed").chmod(0o755)
    assert ran.stdout.splitlines() == [
        "b.md unreadable The file cannot be opened: permission denied.",
        "c.md b'text'",
        "closed/ The folder cannot be opened: permission denied.",
    ], ran.stderr
