"""A run's folder while it is written: a row at a time, so that a run that was killed goes on where it stopped."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from eval.dataset import Row
from eval.judging import Result
from eval.runner import summary_json, write_json
from eval.summary import Summary
from rag.errors import ConfigError
from rag.store.lock import FileLock

CONFIG, ROWS, SUMMARY = "config.json", "rows.jsonl", "summary.json"
# Rows of an unfinished run that another one takes the place of.
SET_ASIDE = "rows-unfinished.jsonl"


class RunFolder:
    """The folder of one run, open for writing; made by `open_run`.

    Attributes:
        results: What has been asked so far, in the order of the questions.
        n_resumed: How many of them an earlier process left.
        note: What became of an earlier run in the folder, a sentence for the user, or `None`.
    """

    def __init__(self, path: Path, config: Mapping[str, Any], results: list[Result], note: str | None) -> None:
        self.path = path
        self.results = results
        self.n_resumed = len(results)
        self.note = note
        self._config = config
        self._rows = (path / ROWS).open("ab")

    def add(self, result: Result) -> None:
        """Keep one more result: it is on disk when this returns."""
        self._rows.write(result.model_dump_json().encode() + b"\n")
        self._rows.flush()
        os.fsync(self._rows.fileno())
        self.results.append(result)

    def n_kept(self) -> int:
        """How many rows are on disk: after an interrupt inside `add`, perhaps one more than there are results."""
        self._rows.flush()
        return (self.path / ROWS).read_bytes().count(b"\n")

    def finish(self, summary: Summary, outcome: Mapping[str, Any]) -> None:
        """Write what makes the run whole: `config.json` with its outcome, and `summary.json` as the last."""
        write_json(self.path / CONFIG, {**self._config, **outcome})
        write_json(self.path / SUMMARY, summary_json(summary))

    def close(self) -> None:
        """Close the file of rows."""
        self._rows.close()


@contextlib.contextmanager
def open_run(
    path: Path, config: Mapping[str, Any], rows: Sequence[Row], *, restart: bool = False
) -> Iterator[RunFolder]:
    """Open a folder for a run; one that was begun with the same config and questions, and not ended, goes on.

    A last line that was torn when the process was killed is dropped. An ended run is written over. The rows of an
    unfinished run with another config are set aside in `rows-unfinished.jsonl`, and `note` says why.

    Args:
        path: The folder; made where missing.
        config: What the run is made with: what decides the answers, and nothing that differs between two processes.
        rows: The questions, in the order in which they will be asked.
        restart: Begin anew whatever there is.

    Raises:
        ConfigError: If another process writes a run there, or the folder cannot be written.
    """
    lock = FileLock(path / "lock")
    try:
        path.mkdir(parents=True, exist_ok=True)
        taken = lock.acquire()
    except OSError as exc:
        raise ConfigError(
            f"The folder {str(path)!r} cannot be written: {exc.strerror}. Name another with --out."
        ) from exc
    if not taken:
        raise ConfigError(
            f"Another run writes into {str(path)!r}. Wait for it to end, or name another folder with --out."
        )
    folder: RunFolder | None = None
    try:
        results, note = _resumed(path, config, rows, restart=restart)
        (path / SUMMARY).unlink(missing_ok=True)
        write_json(path / CONFIG, config)
        folder = RunFolder(path, config, results, note)
        yield folder
    finally:
        if folder is not None:
            folder.close()
        lock.release()


def _resumed(
    path: Path, config: Mapping[str, Any], rows: Sequence[Row], *, restart: bool
) -> tuple[list[Result], str | None]:
    """Results to go on from, the file of rows cut behind them; and what to say about it."""
    file = path / ROWS
    if not file.exists() or file.stat().st_size == 0:
        return [], None
    if restart or (path / SUMMARY).exists():
        file.unlink()
        return [], None
    differences = _differences(_read_json(path / CONFIG), _plain(config))
    if differences:
        file.replace(path / SET_ASIDE)
        why = ", ".join(differences)
        return [], f"{path} holds an unfinished run with other {why}: beginning anew, its rows are now in {SET_ASIDE}."
    results, n_bytes = _sound_rows(file, rows)
    os.truncate(file, n_bytes)
    return results, f"Going on after {len(results)} of {len(rows)} questions, which an unfinished run left in {path}."


def _sound_rows(file: Path, rows: Sequence[Row]) -> tuple[list[Result], int]:
    """Results of the first questions, as far as they are whole and of these very questions, and where they end."""
    results: list[Result] = []
    n_bytes = 0
    with file.open("rb") as lines:
        for line, row in zip(lines, rows, strict=False):
            if not line.endswith(b"\n"):
                break
            try:
                result = Result.model_validate_json(line)
            except ValidationError:
                break
            if result.row != row:
                break
            results.append(result)
            n_bytes += len(line)
    return results, n_bytes


def _read_json(file: Path) -> dict[str, Any]:
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return config if isinstance(config, dict) else {}


def _plain(config: Mapping[str, Any]) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(json.dumps(config))
    return value


def _differences(before: Any, now: Any, name: str = "") -> list[str]:
    """Names of the entries that differ, such as `settings.top_k`."""
    if not (isinstance(before, dict) and isinstance(now, dict)):
        return [] if before == now else [name]
    return [
        difference
        for key in [*now, *(key for key in before if key not in now)]
        for difference in _differences(before.get(key), now.get(key), f"{name}.{key}".lstrip("."))
    ]
