"""The baseline: a run reduced to what the gate compares with, small enough to be committed, the same on any machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eval.recorded import RecordedRun, Verdict, read_run
from eval.run_folder import CONFIG, ROWS, SUMMARY
from eval.runner import Run, summary_json, write_json

BASELINE = Path(__file__).resolve().parent / "results" / "baseline"

# What another machine, or the same one tomorrow, measures otherwise.
_VARYING_CONFIG = ("code", "machine", "finished", "seconds", "resumed_after")
_VARYING_SETTINGS = ("openai_base_url",)
_VARYING_MEASURES = ("latency_", "judge_")


def write_baseline(folder: Path, run: Run, config: Mapping[str, Any]) -> None:
    """Write `rows.jsonl` (a `Verdict` a line), `summary.json` and `config.json` of a run.

    Left out are texts, times, and what differs from machine to machine: two runs of one state give equal files.

    Args:
        folder: Where to; what is there is written over.
        run: The run, of all questions.
        config: What it was made with, as in the run's own `config.json`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in config.items() if name not in _VARYING_CONFIG}
    kept["settings"] = {name: value for name, value in config["settings"].items() if name not in _VARYING_SETTINGS}
    summary = {
        name: value for name, value in summary_json(run.summary).items() if not name.startswith(_VARYING_MEASURES)
    }
    rows = [Verdict(id=result.row.id, correct=result.judgement.correct) for result in run.results]
    text = "".join(row.model_dump_json() + "\n" for row in rows)
    (folder / ROWS).write_text(text, encoding="utf-8", newline="\n")
    write_json(folder / SUMMARY, summary)
    write_json(folder / CONFIG, kept)


def read_baseline(folder: Path) -> RecordedRun | None:
    """The baseline in a folder; `None` if there is none. The folder of a whole run serves as well.

    Raises:
        RecordedRunError: If what is there cannot be read.
    """
    return read_run(folder) if (folder / ROWS).exists() else None
