"""Settings: keyword before environment before default; what is wrong is said with its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from rag.config import Settings, env_name
from rag.errors import ConfigError

README = Path(__file__).resolve().parent.parent / "README.md"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(env_name(field), raising=False)


def test_keyword_comes_before_environment_before_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().top_k == 16
    monkeypatch.setenv("RAG_TOP_K", "5")
    assert Settings().top_k == 5
    assert Settings(top_k=3).top_k == 3


def test_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "")
    assert Settings().openai_api_key is None
    assert not Settings().answers_with_model


def test_openai_variables_are_read_as_every_client_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    settings = Settings()
    assert settings.openai_api_key == SecretStr("sk-secret")
    assert settings.openai_base_url == "http://127.0.0.1:9/v1"
    assert settings.answers_with_model
    assert "sk-secret" not in repr(settings)
    assert not Settings(answerer="extractive").answers_with_model


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param({"top_k": 0}, "top_k: ", id="bound"),
        pytest.param({"retrieval": "magic"}, "retrieval: .*'hybrid', 'dense' or 'lexical'", id="choice"),
        pytest.param({"topk": 3}, "'topk' is no setting", id="unknown"),
        pytest.param({"page_may_change": "top_k,key"}, "page_may_change: .*'key' is none of answerer", id="names"),
        pytest.param({"page_may_change": "none,top_k"}, "'none' is none of", id="none-and-more"),
        pytest.param({"chroma_url": "localhost:8000"}, "chroma_url: .*http://", id="address"),
    ],
)
def test_wrong_value_names_the_setting(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Settings(**values)


def test_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_TOP_K", "many")
    with pytest.raises(ConfigError, match=r"top_k \(set by RAG_TOP_K\): .*integer"):
        Settings()


def test_operator_says_what_readers_may_choose() -> None:
    assert Settings().readers_may_choose("answerer")
    assert Settings(page_may_change=" top_k , documents ").readers_may_choose("documents")
    assert not Settings(page_may_change="top_k").readers_may_choose("answerer")
    assert not Settings(page_may_change="none").readers_may_choose("top_k")


def test_readme_lists_every_setting_with_its_default() -> None:
    rows = {
        cells[1].strip().strip("`"): cells[2].strip().strip("`")
        for line in README.read_text(encoding="utf-8").splitlines()
        if line.startswith("| `") and len(cells := line.split("|")) >= 4
    }
    for name, field in Settings.model_fields.items():
        assert env_name(name) in rows, name
        default = "" if field.default is None else str(field.default)
        assert rows[env_name(name)] == default, name
