"""The folder of a run, or of a baseline -> what was recorded there: results or verdicts, summary, configuration."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from eval.judging import Result
from eval.resampling import Estimate
from eval.summary import Summary
from rag.document import Frozen
from rag.errors import RagError
from rag.feedback.case import shape_problems

_SUMMARY = TypeAdapter(dict[str, Estimate])


class RecordedRunError(RagError):
    """A folder holds no run that can be read, or two runs cannot be compared."""


class Verdict(Frozen):
    """What a baseline keeps of a question: whether it was answered rightly (`Judgement.correct`), and whether its false
    premise was accepted."""

    id: str
    correct: bool
    premise_accepted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRun:
    """A run as it was left in a folder.

    Attributes:
        name: Of the folder.
        verdicts: Whether each question was answered rightly, by its id, in their order.
        results: The same with row and answer; empty for a baseline, which keeps verdicts alone.
        summary: The measures.
        config: What it was made with.
        accepted: Ids of the questions whose false premise was accepted.
    """

    name: str
    verdicts: Mapping[str, bool]
    results: tuple[Result, ...]
    summary: Summary
    config: Mapping[str, Any]
    accepted: frozenset[str] = frozenset()

    @property
    def data_sha256(self) -> str | None:
        """SHA-256 of the file of questions, where the configuration says."""
        data = self.config.get("data")
        sha256 = data.get("sha256") if isinstance(data, dict) else None
        return sha256 if isinstance(sha256, str) else None

    @property
    def answerer(self) -> str | None:
        """How its questions were answered, where the configuration says."""
        settings = self.config.get("settings")
        answerer = settings.get("answerer") if isinstance(settings, dict) else None
        return answerer if isinstance(answerer, str) else None


def read_run(folder: Path) -> RecordedRun:
    """What a run recorded in a folder.

    Raises:
        RecordedRunError: If the folder is none, a file of a run is missing, or one cannot be read; the message names
            it.
    """
    if not folder.is_dir():
        raise RecordedRunError(f"{str(folder)!r} is no folder. Give the folder of a run (`python -m eval run --out`).")
    summary = _read(folder, "summary.json")
    rows = _rows(folder)
    try:
        return RecordedRun(
            name=folder.resolve().name,
            verdicts=verdicts_of(rows),
            results=tuple(row for row in rows if isinstance(row, Result)),
            summary=_SUMMARY.validate_json(summary),
            config=_config(folder),
            accepted=frozenset(verdict.id for verdict in map(verdict_of, rows) if verdict.premise_accepted),
        )
    except ValidationError as exc:
        raise RecordedRunError(f"{folder / 'summary.json'}: {shape_problems(exc)}. {_AGAIN}") from None


def verdict_of(row: Result | Verdict) -> Verdict:
    """What a baseline keeps of a row."""
    if isinstance(row, Verdict):
        return row
    # A failure counts as accepted in the measures; in a baseline it would excuse one that is.
    accepted = row.answer is not None and row.judgement.premise_accepted
    return Verdict(id=row.row.id, correct=row.judgement.correct, premise_accepted=accepted)


def verdicts_of(rows: Iterable[Result | Verdict]) -> dict[str, bool]:
    """Whether each question was answered rightly, by its id."""
    return {verdict.id: verdict.correct for verdict in map(verdict_of, rows)}


_AGAIN = "It is not what this version writes: run the questions again."


def _rows(folder: Path) -> list[Result | Verdict]:
    file = folder / "rows.jsonl"
    rows: list[Result | Verdict] = []
    # Not splitlines: a question may hold U+2028, which JSON does not escape.
    for number, line in enumerate(_read(folder, "rows.jsonl").split("\n"), start=1):
        if line.strip():
            rows.append(_row(line, f"{file}, line {number}"))
    if not rows:
        raise RecordedRunError(f"{file} holds no row. Run the questions again.")
    if len({type(row) for row in rows}) > 1:
        raise RecordedRunError(f"{file} mixes the rows of a run with those of a baseline. Run the questions again.")
    if len(verdicts_of(rows)) < len(rows):
        raise RecordedRunError(f"{file}: a row stands twice. Run the questions again.")
    return rows


def _row(line: str, where: str) -> Result | Verdict:
    try:
        return Result.model_validate_json(line)
    except ValidationError as exc:
        with contextlib.suppress(ValidationError):
            return Verdict.model_validate_json(line)
        raise RecordedRunError(f"{where}: {shape_problems(exc)}. {_AGAIN}") from None


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
