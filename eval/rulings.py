"""`judge.jsonl` of a run's folder: a ruling a line, on disk before the next is asked for; no verdict is paid twice."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from eval.agreement import counts
from eval.costs import spent
from eval.judging import Result
from eval.model_judge import PROMPT_VERSION, Judge, Ruling, is_judged
from rag.costs import Price
from rag.store.durable import replace_file

RULINGS = "judge.jsonl"
# Answers in a row that were not judged, after which the judge is taken to be out of order and not asked any more.
_MOST_FAILURES_RUNNING = 5


def rule_all(file: Path, results: Sequence[Result], judge: Judge, progress: Callable[[int, int], None]) -> list[Ruling]:
    """Rulings on every answer of a run that is for the judge, in their order.

    A verdict that stands in the file already, of the same judge on the same answer, is taken from there. The file holds
    the rulings of this run alone afterwards.
    """
    known = {(ruling.id, ruling.asked_sha256): ruling for ruling in _read(file) if ruling.verdict is not None}
    asked = [result for result in results if is_judged(result)]
    kept = [known.get((result.row.id, judge.asked_sha256(result))) for result in asked]
    replace_file(file, b"".join(_line(ruling) for ruling in kept if ruling is not None))
    rulings: list[Ruling] = []
    n_failed = 0
    with file.open("ab") as lines:
        for done, (result, ruling) in enumerate(zip(asked, kept, strict=True)):
            progress(done, len(asked))
            if ruling is None:
                if n_failed < _MOST_FAILURES_RUNNING:
                    ruling = judge.rule(result)
                    n_failed = n_failed + 1 if ruling.verdict is None else 0
                else:
                    ruling = judge.unasked(result, f"not asked: {n_failed} answers before it were not judged either")
                lines.write(_line(ruling))
                lines.flush()
                os.fsync(lines.fileno())
            rulings.append(ruling)
    progress(len(asked), len(asked))
    return rulings


def judged_with(judge: Judge, rulings: Sequence[Ruling], price: Price | None) -> dict[str, Any]:
    """The entry of `config.json`: who judged, how often what came out, tokens and dollars (`None` without a price)."""
    usages = [ruling.usage for ruling in rulings if ruling.usage is not None]
    return {
        "model": judge.name,
        "address": judge.address,
        "prompt": PROMPT_VERSION,
        **counts(rulings),
        "requests": sum(ruling.attempts for ruling in rulings),
        **spent(usages, price),
    }


def not_judged_lines(rulings: Sequence[Ruling]) -> Iterator[str]:
    """How many answers were not judged, and why, the commonest reason first."""
    reasons = Counter(ruling.reason for ruling in rulings if ruling.verdict is None)
    for reason, n in reasons.most_common():
        yield f"{n} of {len(rulings)} answers were not judged: {reason}."


def _read(file: Path) -> Iterator[Ruling]:
    """Rulings of an earlier process, as far as they are whole."""
    if not file.exists():
        return
    for line in file.read_bytes().split(b"\n"):
        try:
            yield Ruling.model_validate_json(line)
        except ValidationError:
            continue  # torn when the process was killed: asked for again


def _line(ruling: Ruling) -> bytes:
    return ruling.model_dump_json().encode() + b"\n"
