"""The folder of a run -> what was recorded there: results, summary, configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from eval.judging import Result
from eval.measures import Estimate
from eval.summary import Summary
from rag.errors import RagError
from rag.feedback.case import shape_problems

_SUMMARY = TypeAdapter(dict[str, Estimate])


class RecordedRunError(RagError):
    """A folder holds no run that can be read, or two runs cannot be compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRun:
    """A run as `write_run` left it; `name` is that of its folder."""

    name: str
    results: tuple[Result, ...]
    summary: Summary
    config: Mapping[str, Any]

    @property
    def data_sha256(self) -> str | None:
        """SHA-256 of the file of questions, where the configuration says."""
        data = self.config.get("data")
        sha256 = data.get("sha256") if isinstance(data, dict) else None
        return sha256 if isinstance(sha256, str) else None


def read_run(folder: Path) -> RecordedRun:
    """What a run recorded in a folder.

    Raises:
        RecordedRunError: If the folder is none, a file of a run is missing, or one cannot be read; the message names
            it.
    """
    if not folder.is_dir():
        raise RecordedRunError(f"{str(folder)!r} is no folder. Give the folder of a run (`python -m eval run --out`).")
    summary = _read(folder, "summary.json")
    try:
        return RecordedRun(
            name=folder.resolve().name,
            results=tuple(_results(folder)),
            summary=_SUMMARY.validate_json(summary),
            config=_config(folder),
        )
    except ValidationError as exc:
        raise RecordedRunError(f"{folder / 'summary.json'}: {shape_problems(exc)}. {_AGAIN}") from None


_AGAIN = "It is not what this version writes: run the questions again."


def _results(folder: Path) -> list[Result]:
    results = []
    # Not splitlines: a question may hold U+2028, which JSON does not escape.
    for number, line in enumerate(_read(folder, "rows.jsonl").split("\n"), start=1):
        if line.strip():
            try:
                results.append(Result.model_validate_json(line))
            except ValidationError as exc:
                raise RecordedRunError(
                    f"{folder / 'rows.jsonl'}, line {number}: {shape_problems(exc)}. {_AGAIN}"
                ) from None
    if not results:
        raise RecordedRunError(f"{folder / 'rows.jsonl'} holds no row. Run the questions again.")
    ids = [result.row.id for result in results]
    if len(set(ids)) < len(ids):
        twice = sorted({id for id in ids if ids.count(id) > 1})
        raise RecordedRunError(f"{folder / 'rows.jsonl'}: these rows stand twice: {', '.join(twice)}.")
    return results


def _config(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads(_read(folder, "config.json"))
    except (ValueError, RecursionError) as exc:
        raise RecordedRunError(f"{folder / 'config.json'} is no JSON: {exc}.") from None
    if not isinstance(config, dict):
        raise RecordedRunError(f"{folder / 'config.json'} is not the configuration of a run.")
    return config


def _read(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RecordedRunError(
            f"{str(folder)!r} has no {name}: it is no folder of a run, or the run has not ended. A run writes "
            "config.json, rows.jsonl and summary.json."
        ) from None
    except UnicodeDecodeError as exc:
        raise RecordedRunError(f"{folder / name} is not UTF-8 text.") from exc
    except OSError as exc:
        raise RecordedRunError(f"{folder / name} cannot be read: {exc.strerror}.") from exc
