"""The label catalogue is complete in every language, and the page says nothing that is not in it."""

from __future__ import annotations

import ast
import re
import string
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest

from rag.document import Kind
from rag.sharing.labels import CATALOGUE, named
from rag.ui.labels import LANGUAGES, catalogue, known, known_or_as_is, label, language_of_locale, starters

UI = Path(__file__).resolve().parent.parent / "rag" / "ui"
# Names, units and keys: the same in every language.
NAMES = frozenset(
    {"AI", "Esc", "Enter", "Tab", "Kihon", "Apache", "License", "all", "MiniLM", "L6", "requirements", "txt", "python"}
    | {"rag", "index", "HTML", "JSON", "Markdown"}
)
# What the terminal says (`python -m rag.ui`) is English, as the rest of the command line.
TERMINAL = frozenset({"__main__.py", "launching.py"})
# Labels that are looked up by a value: `kind_law` for a document's kind `law`.
BY_VALUE = (
    *("kind_", "status_", "language_", "root_", "state_", "facet_", "column_", "reason_", "mode_", "place_"),
    *("starter_", "stage_", "index_", "licence_", "measure_", "measures_", "difference_", "outcome_", "failure_"),
    *("asked_", "fact_in_", "flaw_", "notice_", "trouble_", "feedback_", "save_", "conversation_", "why_"),
    *("error_", "left_"),
)
# What is filled in, and what is typed as it is.
EXPRESSION = re.compile(r"\{[^{}]*\}|`[^`]*`|「python[^」]*」")


def _tables(language: str) -> dict[str, dict[str, str]]:
    return tomllib.loads((UI / "labels" / f"{language}.toml").read_text("utf-8"))


def _fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_catalogue_has_the_same_labels_in_the_same_tables(language: str) -> None:
    english, other = _tables("en"), _tables(language)
    assert {name: list(table) for name, table in other.items()} == {
        name: list(table) for name, table in english.items()
    }
    for name, table in english.items():
        for key, text in table.items():
            assert _fields(text) == _fields(other[name][key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_has_no_empty_label_and_no_key_twice(language: Any) -> None:
    labels = catalogue(language)
    assert [key for key, text in labels.items() if text != text.strip() or not text] == []
    assert len(labels) == sum(map(len, _tables(language).values()))


def test_japanese_has_no_english_words() -> None:
    words = {key: set(re.findall("[A-Za-z]{2,}", EXPRESSION.sub("", text))) for key, text in catalogue("ja").items()}
    assert {key: left for key, found in words.items() if (left := found - NAMES)} == {}


def test_every_label_is_used() -> None:
    sources = [*UI.rglob("*.py"), *(UI / "assets").glob("*.js")]
    code = "\n".join(path.read_text("utf-8") for path in sources)
    quoted = set(re.findall(r"[\"'](\w+)[\"']", code)) | set(re.findall(r"labels\.(\w+)", code))
    unused = [key for key in catalogue("en") if key.removesuffix("_one") not in quoted and not key.startswith(BY_VALUE)]
    assert unused == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_starters_are_six_different_questions(language: Any) -> None:
    assert len(set(starters(language))) == 6


@pytest.mark.parametrize(
    ("locale", "language"),
    [("ja", "ja"), ("ja-JP", "ja"), ("en-US", "en"), ("fr", "en"), ("", "en"), (None, "en"), ("jam", "en")],
)
def test_language_of_locale(locale: str | None, language: str) -> None:
    assert language_of_locale(locale) == language


def test_label_takes_the_singular_for_one() -> None:
    assert label("en", "n_documents", n=1) == "1 document"
    assert label("en", "n_documents", n=2) == "2 documents"


def test_known_or_as_is_keeps_what_the_catalogue_has_not() -> None:
    assert known_or_as_is("ja", "status", "In Force") == "有効"
    assert known_or_as_is("ja", "status", "withdrawn") == "withdrawn"
    assert known("en", "status", "withdrawn") is None
    assert known("en", "flaw", "figure_unsupported", words="987") == "“987” does not stand in the quotes given for it."


@pytest.mark.parametrize("language", LANGUAGES)
def test_exports_name_kinds_and_statuses_as_the_page_does(language: Any) -> None:
    def names(labels: Mapping[str, str]) -> dict[str, str]:
        return {key: text for key, text in labels.items() if key.startswith(("kind_", "status_"))}

    assert names(CATALOGUE[language]) == names(catalogue(language))
    assert {f"kind_{kind}" for kind in get_args(Kind)} <= names(catalogue(language)).keys()
    for value in ("in force", " In Force", "withdrawn"):
        assert named(language, "status", value) == known_or_as_is(language, "status", value)


# --- nothing is hard-coded ------------------------------------------------------------------------------------------

JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
TWO_WORDS = re.compile(r"\b[A-Za-z]{2,},? [A-Za-z]{2,}\b")
JS_COMMENT = re.compile(r"(?m)^\s*//.*$|\s//\s.*$")
JS_SELECTOR = re.compile(r"\b(?:closest|querySelector(?:All)?)(?:\?\.)?\((\"[^\"\n]*\"|`[^`]*`)\)")
JS_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"|\'((?:[^\'\\\n]|\\.)*)\'|`((?:[^`\\]|\\.)*)`')
# What only the browser reads: names of classes, keys of the keyboard, attributes.
JS_NAMES = re.compile(r"(?:kh|st)-[\w-]*|\b(?:Enter|Escape|Shift|Tab|noopener|noreferrer)\b")
# The mark of the brand is a picture made of a letter; a language is offered by its own name.
PICTURES = frozenset({"基", *LANGUAGES.values()})


def _is_said(text: str) -> bool:
    """Whether a string reads like words for a reader: two words in a row, or Japanese."""
    return bool(TWO_WORDS.search(text) or JAPANESE.search(text)) and text not in PICTURES


def _strings(tree: ast.AST) -> Iterator[str]:
    """Strings of a module but docstrings, keys, what is logged and what is raised: the library's errors are English."""
    for node in ast.iter_child_nodes(tree):
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_logged = isinstance(node, ast.Call) and ast.unparse(node.func).startswith("logger.")
        if is_docstring or is_logged or isinstance(node, ast.Raise):
            continue
        if isinstance(node, ast.Dict):
            for value in node.values:
                yield from _strings(ast.Expression(value))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        else:
            yield from _strings(node)


def _first_arguments(tree: ast.AST) -> Iterator[str]:
    """What Streamlit's elements are given first, where it is written there: `st.button("Send")`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and re.fullmatch(r"st\.\w+", ast.unparse(node.func)) and node.args:
            first = node.args[0]
            pieces = first.values if isinstance(first, ast.JoinedStr) else [first]
            texts = [str(piece.value) for piece in pieces if isinstance(piece, ast.Constant)]
            yield from (text for text in texts if re.search("[A-Za-z]", text))


def _said_by_python(source: str) -> list[str]:
    tree = ast.parse(source)
    return [*filter(_is_said, _strings(tree)), *_first_arguments(tree)]


def _said_by_javascript(source: str) -> list[str]:
    said = []
    for found in JS_STRING.finditer(JS_SELECTOR.sub("", JS_COMMENT.sub("", source))):
        text = next(part for part in found.groups() if part is not None)
        words = JS_NAMES.sub("", re.sub(r"\$\{[^}]*\}", " ", text))
        if re.search(r"\b[A-Z][a-z]{2,}", words) or _is_said(words):
            said.append(text)
    return said


def test_python_of_the_page_says_nothing_itself() -> None:
    files = [path for path in sorted(UI.rglob("*.py")) if path.name not in TERMINAL]
    assert {path.name: said for path in files if (said := _said_by_python(path.read_text("utf-8")))} == {}


def test_javascript_of_the_page_says_nothing_itself() -> None:
    files = sorted((UI / "assets").glob("*.js"))
    assert files
    assert {path.name: said for path in files if (said := _said_by_javascript(path.read_text("utf-8")))} == {}


@pytest.mark.parametrize(
    "source",
    [
        'st.button("Send")',
        'st.caption(f"Page {n}")',
        'title = "Your documents"',
        'x = f"in {n} of the files"',
        'x = "文書"',
    ],
)
def test_words_in_python_are_found(source: str) -> None:
    assert _said_by_python(source)


@pytest.mark.parametrize("source", ['element("p", {}, "Sources")', "draw(`no more than ${n}`)", "{ title: '文書' }"])
def test_words_in_javascript_are_found(source: str) -> None:
    assert _said_by_javascript(source)
