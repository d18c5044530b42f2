"""Imports point one way, the public names are what they say, and importing the package is cheap."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import eval as eval_suite
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
    "lxml",
)
# What `rag` is made of, bottom to top: each part imports only parts before it, for types and inside functions too.
# Its own name stands for the public names, which are imported from `rag` itself.
VALUES = ("errors", "config", "document", "answer", "costs", "phrases")
LAYERS = (
    *VALUES,
    "text",
    "figures",
    "loading",
    "splitting",
    "gloss",
    "embedding",
    "store",
    "fetching",
    "vectors",
    "index",
    "vocabulary",
    "retrieval",
    "questions",
    "extractive",
    "checking",
    "generated",
    "chain",
    "langchain_retriever",
    "feedback",
    "suggesting",
    "conversations",
    "uploads",
    "sharing",
    "rag",
    "terminal",
    "ui",
    "__main__",
)
PACKAGES = sorted(path.parent.name for path in (ROOT / "rag").glob("*/__init__.py"))


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


def _part(path: Path) -> str:
    """The part of `rag` that a file belongs to: a package, a module beside them, or `rag` itself."""
    name = path.relative_to(ROOT / "rag").with_suffix("").parts[0]
    return "rag" if name == "__init__" else name


def _parts_imported(path: Path) -> set[str]:
    names = [name.split(".") for name in _imports(path)]
    return {parts[1] if len(parts) > 1 else "rag" for parts in names if parts[0] == "rag"} - {_part(path)}


def test_parts_of_the_library_are_all_in_the_order() -> None:
    assert {_part(path) for path in (ROOT / "rag").rglob("*.py")} == set(LAYERS)


def test_parts_of_the_library_import_only_what_lies_below() -> None:
    assert [
        f"{path.relative_to(ROOT)} imports {part}"
        for path in sorted((ROOT / "rag").rglob("*.py"))
        for part in sorted(_parts_imported(path))
        if LAYERS.index(part) > LAYERS.index(_part(path))
    ] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_package_says_what_it_imports(package: str) -> None:
    folder = ROOT / "rag" / package
    said = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
    assert said is not None
    imported = set[str]().union(*map(_parts_imported, folder.rglob("*.py")))
    assert set(re.findall(r"`rag\.(\w+)`", said)) == imported - {"rag", *VALUES}


def _private_names(path: Path) -> Iterator[str]:
    """Private names that a file takes from parts of `rag` other than its own."""
    own = _part(path) if path.is_relative_to(ROOT / "rag") else None
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.asname or alias.name for alias in node.names if alias.name.split(".")[0] == "rag"}
        elif isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith("rag."):
            for alias in node.names:
                taken = [*str(node.module).split("."), alias.name]
                if taken[1] != own:
                    modules.add(alias.asname or alias.name)
                    if any(_is_private(name) for name in taken):
                        yield ".".join(taken)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _is_private(node.attr) and ast.unparse(node.value) in modules:
            yield ast.unparse(node)


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def test_private_names_stay_in_their_package() -> None:
    files = [ROOT / "app.py", *(path for name in ("rag", "eval", "tests") for path in (ROOT / name).rglob("*.py"))]
    assert [f"{path.relative_to(ROOT)} uses {name}" for path in files for name in _private_names(path)] == []


def test_page_takes_public_names_of_eval_alone() -> None:
    page = [ROOT / "app.py", *(ROOT / "rag" / "ui").rglob("*.py")]
    assert _offenders(page, "tests", *(f"eval.{path.stem}" for path in (ROOT / "eval").glob("*.py"))) == []
    taken = {
        alias.name
        for path in page
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "eval"
        for alias in node.names
    }
    assert taken <= set(eval_suite.__all__)


def test_eval_does_not_import_the_page() -> None:
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


@pytest.mark.parametrize(
    "module", ["rag", "rag.__main__", "rag.chain", "rag.index.build", "rag.index.opening", "rag.answer", "rag.config"]
)
def test_importing_is_cheap(module: str) -> None:
    code = f"import sys, {module}; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []
    assert done.stderr == ""
