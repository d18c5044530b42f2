"""Recorded eval runs for the evaluation page: which there are, what each holds, two compared.

The one place where the page reaches into `eval`, and by its public names alone: an installation without it has no runs.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rag import RagError, Settings

if TYPE_CHECKING:
    from eval import Comparison, RecordedRun, Row

_MAX_RUNS = 50
_MAX_READ = 8
_FILES = ("config.json", "rows.jsonl", "summary.json")
_BASELINE: Final = "baseline"


@dataclass(frozen=True, slots=True)
class RunPlace:
    """Where a run is recorded; `stamp` (ns) grows when it is written again."""

    name: str
    folder: Path
    stamp: int

    @property
    def is_baseline(self) -> bool:
        """Whether it is the committed one, which keeps verdicts alone."""
        return self.name == _BASELINE


def find_runs(settings: Settings) -> list[RunPlace]:
    """Recorded runs, newest first, the baseline last: those beside `eval`, and `eval-runs` in the data folder."""
    places = [
        RunPlace(folder.name, folder, (folder / "summary.json").stat().st_mtime_ns)
        for root in _roots(settings)
        for folder in _folders(root)
        if all((folder / name).is_file() for name in _FILES)
    ]
    return sorted(places, key=lambda place: (place.is_baseline, -place.stamp))[:_MAX_RUNS]


@lru_cache(maxsize=_MAX_READ)
def read(place: RunPlace) -> RecordedRun:
    """What a run recorded.

    Raises:
        RagError: If its files cannot be read.
    """
    from eval import read_run

    return read_run(place.folder)


@lru_cache(maxsize=_MAX_READ)
def compared(a: RunPlace, b: RunPlace) -> Comparison:
    """Run B beside run A, by the questions that both were asked.

    Raises:
        RagError: If they share no question.
    """
    from eval import compare

    return compare(a.folder, b.folder, other_questions=True)


@lru_cache(maxsize=1)
def bundled_questions() -> dict[str, Row]:
    """The questions that come with `eval`, by id: a baseline does not keep them."""
    from eval import read_rows

    try:
        return {row.id: row for row in read_rows()}
    except RagError:
        return {}


def _roots(settings: Settings) -> list[Path]:
    found = importlib.util.find_spec("eval")
    places = list(found.submodule_search_locations or ()) if found else []
    return [*(Path(place) / "results" for place in places[:1]), settings.data_dir / "eval-runs"] if found else []


def _folders(root: Path) -> list[Path]:
    try:
        return [folder for folder in root.iterdir() if folder.is_dir()]
    except OSError:
        return []
