"""The baseline: a run reduced to what the gate compares with, small enough to be committed, the same on any machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from eval.dataset import DatasetError
from eval.run_folder import CONFIG, ROWS, SUMMARY, read_json
from eval.runner import Run, summary_json, write_json
from rag.document import Frozen

BASELINE = Path(__file__).resolve().parent / "results" / "baseline"

# What another machine, or the same one tomorrow, measures otherwise.
_VARYING_CONFIG = ("code", "machine", "finished", "seconds", "resumed_after")
_VARYING_SETTINGS = ("openai_base_url",)


class BaselineRow(Frozen):
    """Whether a question was answered rightly (`Judgement.correct`)."""

    id: str
    correct: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A committed baseline: the verdict of each question by id, and what the run was made with."""

    correct: dict[str, bool]
    config: Mapping[str, Any]

    @property
    def answerer(self) -> str | None:
        """How its run answered."""
        settings = self.config.get("settings")
        return settings.get("answerer") if isinstance(settings, dict) else None


def write_baseline(folder: Path, run: Run, config: Mapping[str, Any]) -> None:
    """Write `rows.jsonl` (a `BaselineRow` a line), `summary.json` and `config.json` of a run.

    Left out are texts, times, and what differs from machine to machine: two runs of one state give equal files.

    Args:
        folder: Where to; what is there is written over.
        run: The run, of all questions.
        config: What it was made with, as in the run's own `config.json`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in config.items() if name not in _VARYING_CONFIG}
    kept["settings"] = {name: value for name, value in config["settings"].items() if name not in _VARYING_SETTINGS}
    summary = {name: value for name, value in summary_json(run.summary).items() if not name.startswith("latency_")}
    rows = [BaselineRow(id=result.row.id, correct=result.judgement.correct) for result in run.results]
    text = "".join(row.model_dump_json() + "\n" for row in rows)
    (folder / ROWS).write_text(text, encoding="utf-8", newline="\n")
    write_json(folder / SUMMARY, summary)
    write_json(folder / CONFIG, kept)


def read_baseline(folder: Path) -> Baseline | None:
    """The baseline in a folder; `None` if there is none.

    Raises:
        DatasetError: If its rows cannot be read as a baseline's.
    """
    file = folder / ROWS
    if not file.exists():
        return None
    correct: dict[str, bool] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), start=1):
        if not line:
            continue
        try:
            row = BaselineRow.model_validate_json(line)
        except ValidationError:
            message = "is no baseline row (`id` and `correct`). Write it with `python -m eval run --write-baseline`."
            raise DatasetError(message, path=file, line=number) from None
        correct[row.id] = row.correct
    return Baseline(correct=correct, config=read_json(folder / CONFIG))
