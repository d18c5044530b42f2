"""Training the second reading: contests of sentences, what is learned from them, and the file that is read in use."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from eval import contests as contests_command
from eval import word_reader_fit
from eval.contests import Contest, contests_of, read_contests
from eval.dataset import DatasetError
from eval.passages import read_passages
from eval.word_reader_fit import load_chooser, train
from rag.config import Settings
from rag.embedding import word_reader
from rag.embedding.choice import load_embedding_model
from rag.embedding.model_files import BUNDLED, find_model
from rag.embedding.sentence_transformer import SentenceTransformerModel
from rag.embedding.word_reader import made_for
from rag.errors import ConfigError

READING = Path(word_reader_fit.__file__).parent / "data" / "reading"
SETS = sorted(READING.glob("*/*.jsonl"))

PASSAGES = (
    ("Boats", "The ferry leaves at nine. A ticket is 400 yen. Dogs travel free of charge.", (
        ("What does the crossing cost?", "400 yen"),
        ("When does the ship depart?", "nine"),
        ("Who owns the boat?", None),
    )),
    ("Trains", "The express stops at Hallam. A seat is 900 yen. Bicycles stay behind.", (
        ("How much is it to sit?", "900 yen"),
        ("May I bring my bike?", "stay behind"),
        ("Who drives?", None),
    )),
)  # fmt: skip


@pytest.fixture(scope="module")
def small_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lines: list[dict[str, object]] = []
    for title, text, asked in PASSAGES:
        lines.append({"kind": "passage", "id": title, "title": title, "text": text})
        for n, (question, answer) in enumerate(asked):
            lines.append(
                {"kind": "question", "id": f"{title}{n}", "question": question, "passage_id": title,
                 "answers": [answer] if answer else [], "answerable": answer is not None}
            )  # fmt: skip
    file = tmp_path_factory.mktemp("reading") / "small.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    return file


@pytest.fixture(scope="module")
def contests(small_set: Path) -> list[Contest]:
    return list(contests_of(small_set, halves=False))


def test_a_contest_has_the_sentences_of_its_title_and_knows_which_answers(contests: list[Contest]) -> None:
    assert [contest.title for contest in contests] == ["Boats"] * 3 + ["Trains"] * 3
    cost = contests[0]
    assert sorted(rival.text for rival in cost.rivals) == [
        "A ticket is 400 yen.", "Dogs travel free of charge.", "The ferry leaves at nine.",
    ]  # fmt: skip
    assert [rival.text for rival in cost.rivals if rival.answers] == ["A ticket is 400 yen."]
    assert not any(rival.answers for rival in contests[2].rivals)
    assert not contests[2].answerable
    assert all(a.score >= b.score for c in contests for a, b in zip(c.rivals, c.rivals[1:], strict=False))


def test_half_of_the_titles_are_taken_where_half_is_asked_for(small_set: Path, contests: list[Contest]) -> None:
    assert list(contests_of(small_set, halves=True)) == contests[:3]


def test_contests_are_written_and_read(small_set: Path, contests: list[Contest], tmp_path: Path) -> None:
    written = tmp_path / "contests.jsonl"
    assert contests_command.main([str(small_set), "--out", str(written)]) == 0
    assert read_contests(written) == contests
    written.write_text('{"title": 1}', "utf-8")
    with pytest.raises(DatasetError, match="is no file of contests"):
        read_contests(written)


def test_training_learns_and_what_is_written_reads_alike(
    contests: list[Contest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "contests.jsonl"
    file.write_text("\n".join(contest.model_dump_json() for contest in contests), "utf-8")
    written = tmp_path / "changes.safetensors"
    monkeypatch.setattr(word_reader_fit, "_WARM_UP", 1)
    assert word_reader_fit.main([str(file), "--epochs", "5", "--write", str(written)]) == 0
    losses = [float(line.rsplit(" ", 1)[1]) for line in capsys.readouterr().out.splitlines() if "loss" in line]
    assert len(losses) == 5
    assert losses[-1] < losses[0]
    before, own = _vectors_in_use("The ferry leaves at nine."), made_for()
    monkeypatch.setattr(word_reader, "CHANGES", written)
    assert made_for() == own
    assert not np.allclose(_vectors_in_use("The ferry leaves at nine."), before, atol=1e-3)


def test_an_untrained_chooser_reads_as_the_bundled_model_does() -> None:
    chooser, _ = load_chooser()
    chooser.eval()
    unit, _, is_own = chooser._read(["The ferry leaves at nine."])
    reader = word_reader.WordReader.__new__(word_reader.WordReader)
    reader._transformer, reader._counts, reader._bias = chooser.transformer, np.zeros(384, dtype=np.float32), 0.0
    reader._tokenizer, reader._max_tokens = chooser._tokenizer, 256
    [tokens] = reader.read(["The ferry leaves at nine."])
    np.testing.assert_allclose(unit[is_own].detach().numpy(), tokens.vectors, atol=1e-4)


def test_nothing_is_trained_without_a_right_choice(contests: list[Contest]) -> None:
    chooser, _ = load_chooser()
    hopeless = [c.model_copy(update={"answerable": True}) for c in contests if not c.answerable]
    with pytest.raises(ConfigError, match="nothing can be learned"):
        train(chooser, hopeless, epochs=1)


@pytest.mark.parametrize("file", SETS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_each_answer_of_the_sets_stands_in_its_passage(file: Path) -> None:
    passages, questions = read_passages(file)
    texts = {passage.id: passage.text for passage in passages}
    assert len(questions) > 200
    for asked in questions:
        assert asked.answerable == bool(asked.answers)
        assert all(answer in texts[asked.passage_id] for answer in asked.answers), asked.id


def test_no_question_is_both_trained_on_and_fitted() -> None:
    asked = {
        part: {q.question for f in SETS if f.parent.name == part for q in read_passages(f)[1]}
        for part in ("train", "fit")
    }
    assert not asked["train"] & asked["fit"]


def _vectors_in_use(text: str) -> np.ndarray:
    """Tokens as a model reads them that is loaded anew."""
    files = find_model(BUNDLED)
    assert load_embedding_model(Settings()).dimension == files.dimension
    return SentenceTransformerModel(files).read_tokens([text])[0].vectors
