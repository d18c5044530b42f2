"""Recorded eval runs for the evaluation page: which there are, what each holds, two compared.

The one place where the page reaches into `eval`, and by its public names alone: an installation without it has no runs.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from rag import RagError, Settings

if TYPE_CHECKING:
    from eval import Comparison, RecordedRun, Row

_MAX_RUNS = 50
_MAX_READ = 8
_FILES = ("config.json", "rows.jsonl", "summary.json")


@dataclass(frozen=True, slots=True)
class RunPlace:
    """Where a run is recorded.

    Attributes:
        name: Its folder's name.
        folder: Where it is.
        stamp: Grows when it is written again (ns).
        is_baseline: Whether it is one that comes with `eval` and keeps verdicts alone.
    """

    name: str
    folder: Path
    stamp: int
    is_baseline: bool


def find_runs(settings: Settings) -> list[RunPlace]:
    """Recorded runs of the data folder's `eval-runs` and of `eval/results`, newest first, then the baselines there."""
    found = importlib.util.find_spec("eval")
    package = next(iter(found.submodule_search_locations or ()), None) if found else None
    if package is None:
        return []
    places = [*_places(settings.data_dir / "eval-runs"), *_places(Path(package) / "results")]
    own = sorted((place for place in places if not place.is_baseline), key=lambda place: -place.stamp)
    baselines = sorted((place for place in places if place.is_baseline), key=lambda place: place.name)
    return [*own[:_MAX_RUNS], *baselines]


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
    from eval import read_bundled_rows

    try:
        return {row.id: row for row in read_bundled_rows()}
    except RagError:
        return {}


# What the names of committed baselines begin with.
_BASELINE = "baseline"


def _places(root: Path) -> list[RunPlace]:
    try:
        folders = [folder for folder in root.iterdir() if all((folder / name).is_file() for name in _FILES)]
    except OSError:
        return []
    return [
        RunPlace(folder.name, folder, (folder / "summary.json").stat().st_mtime_ns, folder.name.startswith(_BASELINE))
        for folder in folders
    ]
