"""What went wrong is said in the page's language; the library's own words stand behind it, or nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from rag import Settings, errors
from rag.errors import ConversationError, CorpusError, IndexNotFoundError, RagError, UploadError
from rag.ui.labels import LANGUAGES, Language, label
from rag.ui.troubles import Trouble, trouble_of, trouble_view

ROOT = Path(__file__).resolve().parent.parent
# Raised by commands alone.
ELSEWHERE = {"AnswerFormatError", "FetchError", "SourceListError", "UnknownSourceError"}


def _classes(base: type[RagError] = RagError) -> Iterator[type[RagError]]:
    for kind in base.__subclasses__():
        if kind.__module__ == errors.__name__:
            yield kind
            yield from _classes(kind)


def test_every_error_that_the_page_can_show_has_words_of_its_own() -> None:
    own = {ConversationError: "missing", UploadError: "missing", CorpusError: "unreadable"}
    codes = {kind.__name__: kind.code for kind in _classes() if kind not in own}
    assert {name for name, code in codes.items() if code == "other"} == ELSEWHERE
    assert len(set(codes.values())) == len(codes) - len(ELSEWHERE) + 1
    for code in set(codes.values()):
        for language in LANGUAGES:
            assert label(language, f"error_{code}")


@pytest.mark.parametrize(
    ("exc", "expected"),
    [
        (ConversationError("'/srv/x' is full.", code="unwritable"), Trouble("conversation_unwritable")),
        (UploadError("'/srv/x' is full.", code="no_room"), Trouble("why_no_room")),
        (CorpusError("Gone: '/srv/x'.", path="x", code="file_missing"), Trouble("trouble_file_missing")),
        (CorpusError("New.", path="x", code="new_code"), Trouble("error_other", "New.")),
        (ValueError("secret details"), Trouble("error_general")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_cause_with_a_label_needs_no_more_words(exc: Exception, expected: Trouble) -> None:
    assert trouble_of(exc) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_the_library_stand_behind_a_sentence_of_the_page(language: Language) -> None:
    view = trouble_view(trouble_of(IndexNotFoundError(Path("there"))), language)
    assert view["text"] == label(language, "error_index_missing")
    assert view["detail"]["title"] == label(language, "details")
    assert view["detail"]["text"].startswith("No index at 'there'.")


def test_an_index_of_other_settings_is_said_in_japanese(
    small_settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "CURRENT").write_text("no generation", "utf-8")
    monkeypatch.setenv("RAG_CORPUS_DIR", str(small_settings.corpus_dir))
    monkeypatch.setenv("RAG_INDEX_DIR", str(tmp_path / "index"))
    monkeypatch.setenv("RAG_DATA_DIR", str(tmp_path / "data"))
    st.cache_resource.clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params["lang"] = "ja"
    app.run()
    assert not app.exception
    assert [error.value for error in app.error] == [label("ja", "error_index")]
    (detail,) = app.expander
    assert detail.label == label("ja", "details")
    assert re.search("[a-z]", detail.markdown[0].value)
    st.cache_resource.clear()
