"""The baseline: a run reduced to what the gate compares with, small enough to be committed, the same on any machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.dataset import BUNDLED, SUITE
from eval.recorded import RecordedRun, read_run, verdict_of
from eval.run_folder import CONFIG, ROWS, SUMMARY
from eval.runner import Run, summary_json, write_json

_RESULTS = Path(__file__).resolve().parent / "results"
# The committed baselines, by the file of questions that each is of.
COMMITTED: Mapping[Path, Path] = {BUNDLED: _RESULTS / "baseline", SUITE: _RESULTS / "baseline-suite"}

# What another machine, or the same one tomorrow, measures otherwise.
_VARYING_CONFIG = ("code", "machine", "finished", "seconds", "resumed_after")
_VARYING_SETTINGS = ("openai_base_url",)
_VARYING_MEASURES = ("latency_", "judge_")


def committed_baseline(data: Sequence[Path]) -> Path | None:
    """Folder of the committed baseline of these files of questions, if there is one."""
    return COMMITTED.get(data[0].resolve()) if len(data) == 1 else None


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
    text = "".join(verdict_of(result).model_dump_json(exclude_defaults=True) + "\n" for result in run.results)
    (folder / ROWS).write_text(text, encoding="utf-8", newline="\n")
    write_json(folder / SUMMARY, summary)
    write_json(folder / CONFIG, kept)


def read_baseline(folder: Path) -> RecordedRun | None:
    """The baseline in a folder; `None` if there is none. The folder of a whole run serves as well.

    Raises:
        RecordedRunError: If what is there cannot be read.
    """
    return read_run(folder) if (folder / ROWS).exists() else None
