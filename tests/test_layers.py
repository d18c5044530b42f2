"""Imports point one way, the public names are what they say, and importing the package is cheap."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import rag

ROOT = Path(__file__).resolve().parent.parent
HEAVY = (
    "torch",
    "chromadb",
    "streamlit",
    "langchain",
    "langchain_core",
    "sentence_transformers",
    "openai",
    "pypdfium2",
)


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module


def _offenders(files: list[Path], *forbidden: str) -> list[str]:
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files
        for name in _imports(path)
        if any(name == package or name.startswith(package + ".") for package in forbidden)
    ]


def test_library_imports_neither_page_nor_eval() -> None:
    library = [path for path in (ROOT / "rag").rglob("*.py") if "ui" not in path.relative_to(ROOT).parts]
    assert _offenders(library, "app", "eval", "tests", "streamlit", "rag.ui") == []


def test_page_and_eval_do_not_import_each_other() -> None:
    assert _offenders([ROOT / "app.py", *(ROOT / "rag" / "ui").rglob("*.py")], "eval", "tests") == []
    assert _offenders(list((ROOT / "eval").rglob("*.py")), "app", "rag.ui", "streamlit", "tests") == []


def test_public_names_are_sorted_and_all_there() -> None:
    assert sorted(rag.__all__) == rag.__all__
    for name in rag.__all__:
        value = getattr(rag, name)
        assert value.__name__ == name
        assert value.__doc__, name


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'ingest'"):
        _ = rag.ingest


@pytest.mark.parametrize("module", ["rag", "rag.__main__", "rag.chain", "rag.index", "rag.answer", "rag.config"])
def test_importing_is_cheap(module: str) -> None:
    code = f"import sys, {module}; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []
    assert done.stderr == ""
