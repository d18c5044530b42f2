"""Settings: every knob once, with its default, bounds, unit and environment variable."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from rag.errors import ConfigError

Answerer = Literal["auto", "extractive", "llm"]
Retrieval = Literal["hybrid", "dense", "lexical"]
Root = Literal["corpus", "fetched", "uploads"]
# What readers of the page can be allowed to choose for their own questions; `uploads`: to add and delete documents.
ReadersChoice = Literal["answerer", "top_k", "documents", "uploads"]
MAX_TOP_K = 50


class Settings(BaseSettings):
    """Everything that can be set. Order: keyword, then environment (`RAG_<FIELD>`), then default.

    Raises:
        ConfigError: If a value is out of its bounds or a keyword is no setting; the message names the setting.
    """

    model_config = SettingsConfigDict(
        env_prefix="RAG_", frozen=True, extra="forbid", populate_by_name=True, env_ignore_empty=True
    )

    corpus_dir: Path = Field(Path("corpus"), description="Folder of the documents to ask.")
    index_dir: Path = Field(Path(".kihon"), description="Folder of the index; derived, may be deleted at any time.")
    data_dir: Path = Field(
        Path(".kihon-data"), description="Folder of uploads, fetched texts, conversations and cases."
    )
    sources_file: Path | None = Field(
        None, description="List of official texts to fetch; unset: `sources.toml` in the folder of the documents."
    )
    chroma_url: str | None = Field(
        None, description="Address of a Chroma server (http://host:port); unset uses a folder inside the index."
    )

    embedding_model: str = Field("bundled", description="`bundled`, a local folder, or a name on the model hub.")
    embedding_revision: str | None = Field(None, description="Revision of a hub model; unset takes its default.")
    query_prefix: str | None = Field(None, description="Put before a question; unset: as the model's family wants.")
    passage_prefix: str | None = Field(None, description="Put before a passage; unset: as the model's family wants.")

    retrieval: Retrieval = Field("hybrid", description="`hybrid`, `dense` or `lexical`.")
    top_k: int = Field(16, ge=1, le=MAX_TOP_K, description="Hits that are read for an answer.")
    max_question_chars: int = Field(4000, ge=1, le=4000, description="Longest question, in characters.")

    answerer: Answerer = Field("auto", description="`auto` (`llm` where a key or address is set), `extractive`, `llm`.")
    chat_model: str = Field("gpt-5.4-mini", description="Chat model behind the OpenAI-compatible address.")
    openai_api_key: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("openai_api_key", "OPENAI_API_KEY", "RAG_OPENAI_API_KEY"),
        description="Key of the OpenAI-compatible service (`OPENAI_API_KEY`).",
    )
    openai_base_url: str | None = Field(
        None,
        validation_alias=AliasChoices("openai_base_url", "OPENAI_BASE_URL", "RAG_OPENAI_BASE_URL"),
        description="Address of the OpenAI-compatible service (`OPENAI_BASE_URL`).",
    )
    llm_timeout_s: float = Field(30.0, gt=0, le=600, description="Total deadline of one generated answer, in seconds.")
    llm_max_retries: int = Field(2, ge=0, le=2, description="Further requests after a failed one.")
    llm_max_tokens: int = Field(800, ge=16, le=8000, description="Longest reply, in tokens.")
    llm_input_price: float | None = Field(
        None, ge=0, allow_inf_nan=False, description="US dollars for a million tokens sent; unset: unknown."
    )
    llm_output_price: float | None = Field(
        None, ge=0, allow_inf_nan=False, description="US dollars for a million tokens of replies; unset: unknown."
    )
    context_chars: int = Field(12_000, ge=500, le=200_000, description="Passages sent to a chat model, in characters.")
    history_turns: int = Field(6, ge=0, le=50, description="Turns of the conversation that are read.")
    page_may_change: str = Field(
        "answerer,top_k,documents,uploads",
        description="What readers of the page may change, with commas between (`uploads`: add and delete documents); "
        "`none`: nothing.",
    )

    max_conversations: int = Field(1000, ge=1, description="Most conversations that are kept for one reader.")
    max_turns: int = Field(300, ge=1, description="Most questions of one conversation.")
    max_uploads: int = Field(1000, ge=1, description="Most uploaded files.")
    max_uploads_mb: float = Field(2000, gt=0, description="Most that uploaded files have together, in MB.")
    max_file_mb: float = Field(25, gt=0, le=1000, description="Largest file that is read, in MB.")
    max_pages: int = Field(2000, ge=1, description="Most pages of a document.")
    max_document_chars: int = Field(2_000_000, ge=1, description="Longest text of a document, in characters.")
    max_document_chunks: int = Field(5000, ge=1, description="Most chunks of a document.")
    parse_timeout_s: float = Field(60, gt=0, le=3600, description="Longest reading of one file, in seconds.")
    parse_memory_mb: int = Field(2048, ge=256, description="Memory of the reading process, in MB.")
    fetch_timeout_s: float = Field(300, gt=0, le=3600, description="Total deadline of one download, in seconds.")

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as exc:
            raise ConfigError(_explain(exc)) from None

    @field_validator("page_may_change")
    @classmethod
    def _check_names(cls, names: str) -> str:
        if wrong := _listed(names) - set(get_args(ReadersChoice)):
            known = ", ".join(get_args(ReadersChoice))
            raise ValueError(f"{', '.join(sorted(wrong))!r} is none of {known}; `none` stands alone")
        return names

    @field_validator("chroma_url", "openai_base_url")
    @classmethod
    def _check_url(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return url

    @property
    def answers_with_model(self) -> bool:
        """Whether answers are written by a chat model (`llm`, or `auto` with a key or an address)."""
        if self.answerer == "auto":
            return self.openai_api_key is not None or self.openai_base_url is not None
        return self.answerer == "llm"

    def readers_may_choose(self, name: ReadersChoice) -> bool:
        """Whether readers of the page may change this: for their own questions, or `uploads` for all."""
        return name in _listed(self.page_may_change)

    @property
    def sources_path(self) -> Path:
        """The list of official texts, whether it is there or not."""
        return self.sources_file if self.sources_file is not None else self.corpus_dir / "sources.toml"

    def roots(self) -> Mapping[Root, Path]:
        """Folder of each root, in the order in which they are indexed."""
        return {
            "corpus": self.corpus_dir,
            "fetched": self.data_dir / "fetched",
            "uploads": self.data_dir / "uploads",
        }


def env_name(field: str) -> str:
    """Environment variable of a setting."""
    return field.upper() if field.startswith("openai_") else f"RAG_{field.upper()}"


def _listed(names: str) -> set[str]:
    listed = {name.strip() for name in names.split(",") if name.strip()}
    return set() if listed == {"none"} else listed


def _explain(exc: ValidationError) -> str:
    parts = []
    for error in exc.errors(include_url=False, include_input=False):
        name = str(error["loc"][0]) if error["loc"] else "?"
        name = name.lower().removeprefix("rag_")
        if error["type"] == "extra_forbidden":
            parts.append(f"{name!r} is no setting")
            continue
        where = f" (set by {env_name(name)})" if os.environ.get(env_name(name)) else ""
        parts.append(f"{name}{where}: {error['msg']}")
    return (
        "Settings: " + "; ".join(parts) + ". `python -m rag info` lists what is in use; README.md lists every setting."
    )
