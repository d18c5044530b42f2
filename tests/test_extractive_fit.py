"""The weights of the answer without a model: fitted on a small open set, and reported as they are in use."""

from __future__ import annotations

import argparse
import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from eval import extractive_fit
from eval.extractive_fit import weights_in_use
from rag.errors import ConfigError
from rag.extractive.answer_weights import ANSWER_FROM

TOWNS = ("Lindau", "Velmora", "Hallam", "Tallow")
SAYINGS = (
    ("The bridge of {town} was opened in {year}.", "When was the bridge of {town} opened?", "{year}"),
    ("The mayor of {town} is Ida {town}sen.", "Who is the mayor of {town}?", "Ida {town}sen"),
    ("The ferry of {town} carries {year} people.", "How many people does the ferry of {town} carry?", "{year}"),
)


@pytest.fixture(scope="module")
def open_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four titles of three passages, each with a question that it answers and one that it does not."""
    lines: list[dict[str, Any]] = []
    for number, town in enumerate(TOWNS):
        for n, (says, asks, answer) in enumerate(SAYINGS):
            words = {"town": town, "year": str(1950 + 10 * number + n)}
            passage = f"{town}#{n}"
            lines += [
                {"kind": "passage", "id": passage, "title": town, "text": f"{says.format(**words)} It is liked there."},
                {"kind": "question", "id": f"{passage}?", "question": asks.format(**words), "passage_id": passage,
                 "answers": [answer.format(**words)], "answerable": True},
                {"kind": "question", "id": f"{passage}!", "question": f"What does the lamp {n} of {town} cost?",
                 "passage_id": passage, "answers": [], "answerable": False},
            ]  # fmt: skip
    file = tmp_path_factory.mktemp("open") / "towns.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    return file


def run(open_set: Path, *options: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    extractive_fit.add_arguments(parser)
    assert extractive_fit.main(parser.parse_args([str(open_set), "--json", *options])) == 0
    reports: dict[str, Any] = json.loads(capsys.readouterr().out)
    found: dict[str, Any] = reports[open_set.name]
    return found


def test_what_is_fitted_is_reported_on_the_other_titles_and_can_be_used(
    open_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = tmp_path / "weights.py"
    found = run(open_set, "--write", str(written), capsys=capsys)
    assert found["language"] == "en"
    assert found["title"]["n"] == 6  # three questions of each of two titles
    assert found["title"]["first_three"] == 1
    weights = runpy.run_path(str(written))
    assert weights["ANSWER_FROM"]["en"] == found["answer_from"]
    assert set(weights["SENTENCE_WEIGHTS"]["en"].names) == set(weights_in_use("en").sentence.names)


def test_the_weights_in_use_are_reported_and_nothing_is_fitted(
    open_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run(open_set, "--in-use", capsys=capsys)
    assert found["answer_from"] == ANSWER_FROM["en"]
    assert (found["title"]["n"], found["title"]["first"]) == (6, 1)
    assert "all" not in found
    with pytest.raises(ConfigError, match="--write"):
        run(open_set, "--in-use", "--write", str(tmp_path / "weights.py"), capsys=capsys)


def test_sets_in_other_words_are_fitted_beside_and_reported_apart(
    open_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reworded = tmp_path / "reworded.jsonl"
    reworded.write_text(open_set.read_text("utf-8"), "utf-8")
    written = tmp_path / "weights.py"
    parser = argparse.ArgumentParser()
    extractive_fit.add_arguments(parser)
    options = [str(open_set), "--reworded", str(reworded), "--each", "4", "--json", "--write", str(written)]
    assert extractive_fit.main(parser.parse_args(options)) == 0
    reports = json.loads(capsys.readouterr().out)
    assert reports["towns.jsonl"]["title"]["n"] < reports["reworded.jsonl"]["title, reworded"]["n"] == 6
    assert "title" not in reports["reworded.jsonl"]
    assert runpy.run_path(str(written))["ANSWER_FROM"]["ja"] == ANSWER_FROM["ja"], "of no file: as it was"
