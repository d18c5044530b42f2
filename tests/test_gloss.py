"""Japanese read word by word in English: places, forms of verbs, names; the lists that come along are sound."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.embedding.glossed import GlossedModel
from rag.embedding.model import TokenVectors, Vector
from rag.gloss.glossing import READING_VERSION, gloss, has_japanese, japanese_words, pieces
from rag.gloss.inflection import beginnings
from rag.gloss.lexicon import lexicon, make_lexicon
from rag.gloss.romaji import romaji

SMALL = make_lexicon(
    words=[
        ("計画", "plan"), ("基本計画", "basic plan"), ("決める", "decide"), ("行く", "go"), ("行う", "carry out"),
        ("高い", "high"), ("データ", "data"), ("センター", "center"), ("いつ", "when"), ("行う", "never read"),
    ],
    kanji=[("見", "see"), ("国", "country"), ("校", "school"), ("本", "book")],
)  # fmt: skip


def english(text: str) -> list[str]:
    return [piece.english for piece in pieces(text, SMALL) if piece.is_word]


def test_the_longest_words_are_taken() -> None:
    assert english("基本計画を決めた") == ["basic plan", "decide"]
    assert english("データセンター") == ["data", "center"]


def test_forms_of_verbs_and_adjectives_are_one_word() -> None:
    assert english("行きました") == english("行こう") == ["go"]
    assert english("行われる") == english("行います") == ["carry out"]
    assert english("高く、高かった") == ["high", "high"]


def test_what_no_list_has_is_read_by_its_letters() -> None:
    assert english("国校") == ["country", "school"]
    assert english("トランプ") == ["toranpu"]
    assert english("鰯") == ["鰯"]


def test_endings_and_particles_are_left_out_and_a_denial_is_kept() -> None:
    assert english("計画には") == ["plan"]
    assert english("決めない") == ["decide", "not"]
    assert english("いつですか") == ["when"]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("基本計画は何ですか", "basic plan what"),
        ("目的は何か", "purpose what"),
        ("誰も見ない", "nobody see not"),
        ("しなければならない", "must"),
        ("かもしれない", "may"),
        ("ご覧くださいませんか", "please see"),
        ("含めず、", "include not ,"),
        ("行かない", "go not"),
        ("借りた", "borrow"),
        ("来なかった", "come not"),
        ("生成AIの利用", "generative AI use"),
        ("2つ目の計画", "second plan"),
        ("必ず確認する", "always confirm"),
        ("㍿A", "㍿A"),
    ],
)
def test_forms_that_look_like_others(text: str, read: str) -> None:
    assert gloss(text) == read


def test_equal_versions_read_alike() -> None:
    """Where a change of rules or lists changes this reading, raise READING_VERSION and put the new one here."""
    paragraph = (
        "第Ⅱ期の計画（2026年7月14日）は、三つ目の柱を含めず、トランプ氏の生成AIについて何も決めなかった。「基本」とは？"
    )
    assert READING_VERSION == 1
    assert gloss(paragraph) == (
        "second period plan ( 14 July 2026 ) , third pillar include not , "
        'Trump Mr generative AI nothing decide not ." basic " ?'
    )


def test_time_is_linear_however_odd_the_run() -> None:
    def seconds(text: str) -> float:
        began = time.perf_counter()
        gloss(text)
        return time.perf_counter() - began

    for unit in ("ミョ", "ー", "な", "鰯", "㍿", "1月", "生成"):
        seconds(unit * 10)
        assert seconds(unit * 4000) < 2.0, unit  # 0.1 s on an idle machine


def test_every_listed_word_is_read_as_listed() -> None:
    known = lexicon()
    wrong = [word for word, english in known.words.items() if len(word) > 2 and english not in gloss(word)]
    assert len(wrong) < 0.01 * len(known.words), wrong[:20]


def test_text_that_is_no_japanese_stays_as_it_is() -> None:
    text = "The plan of 2025,  with two  spaces — and é."
    assert gloss(text) is text
    assert not has_japanese(text)


def test_dates_are_read_as_dates() -> None:
    assert gloss("2025年12月23日") == "23 December 2025"
    assert gloss("７月") == "July"
    assert gloss("3か月間").split()[0] == "3"


def test_bundled_words_read_a_sentence() -> None:
    assert gloss("政府は人工知能基本計画を閣議決定した。").split() == (
        "government artificial intelligence basic plan cabinet decision .".split()
    )
    # Words of about the same meaning come out as the same English.
    assert gloss("設立")[:9] == gloss("創設")[:9] == "establish"


@given(st.text(alphabet=st.sampled_from("計画基本ァー行いくきデータ国 a1。、鰯〆ｶﾞⅡ１"), max_size=40))
def test_pieces_are_in_order_and_name_their_places(text: str) -> None:
    end = 0
    for piece in pieces(text, SMALL):
        assert end <= piece.start < piece.end <= len(text)
        end = piece.end
    # What is left out is kana and white space, nothing else.
    covered = {i for piece in pieces(text, SMALL) for i in range(piece.start, piece.end)}
    assert all(
        re.match(r"[ぁ-ゖァ-ヺー々〆〇\s]", unicodedata.normalize("NFKC", text[i])[0])
        for i in range(len(text))
        if i not in covered
    )


@given(st.text(max_size=60))
def test_any_text_can_be_glossed(text: str) -> None:
    gloss(text)
    assert all(text[start:end] for start, end in japanese_words(text))


@pytest.mark.parametrize(
    ("katakana", "latin"),
    [("トランプ", "toranpu"), ("シェイク", "sheiku"), ("マップ", "mappu"), ("ファイル", "fairu"),
     ("キャット", "kyatto"), ("ジュース", "jusu"), ("ヴァン", "van"), ("ー", ""), ("ッ", "")],
)  # fmt: skip
def test_romaji(katakana: str, latin: str) -> None:
    assert romaji(katakana) == latin


def test_beginnings() -> None:
    assert beginnings("会議") == ["会議"]
    assert beginnings("決める") == ["決め"]
    assert "書いた" in beginnings("書く")
    assert "書く" in beginnings("書く")
    assert beginnings("ところ") == ["ところ"]


def test_the_lists_are_sound() -> None:
    known = lexicon()
    assert len(known.words) > 30_000
    assert len(known.kanji) > 2_000
    folder = Path(__file__).resolve().parent.parent / "rag" / "gloss" / "words"
    for path in sorted(folder.glob("*.tsv")):
        words = []
        for line in path.read_text(encoding="utf-8").splitlines():
            word, meaning = line.split("\t")
            assert has_japanese(word), line
            assert re.fullmatch(r"[A-Za-z0-9À-ÿ' .&%+-]+", meaning), line
            words.append(word)
        assert words == sorted(set(words)), path.name


def test_a_list_with_a_wrong_line_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rag.gloss import lexicon as module

    (tmp_path / "kanji.tsv").write_text("国\tcountry\n本\n", encoding="utf-8")
    monkeypatch.setattr(module, "_FOLDER", tmp_path)
    with pytest.raises(ValueError, match=r"kanji\.tsv, line 2"):
        module.lexicon.__wrapped__()


class Recorder:
    """A model that keeps what it was asked to read."""

    identity, name, dimension, max_tokens, query_prefix, passage_prefix = "i", "n", 2, 256, "", ""

    def __init__(self) -> None:
        self.read: list[str] = []

    def count_tokens(self, text: str) -> int:
        return len(text)

    def embed_passages(self, texts: Sequence[str]) -> Vector:
        self.read += texts
        return np.zeros((len(texts), 2), dtype=np.float32)

    def embed_query(self, text: str) -> Vector:
        vector: Vector = self.embed_passages([text])[0]
        return vector

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        found = []
        for text in texts:
            places = tuple(m.span() for m in re.finditer(r"\S+", text))
            found.append(TokenVectors(offsets=places, vectors=np.zeros((len(places), 2), dtype=np.float32)))
        return found

    def read_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        return self.embed_tokens(texts)


def test_a_glossed_model_reads_english_and_names_the_japanese_places() -> None:
    model = Recorder()
    glossed = GlossedModel(model)
    glossed.embed_query("閣議決定はいつ")
    assert model.read == ["cabinet decision when"]
    text = "The 閣議決定 of 2025年12月23日, at last。 AI Act、EU … the second"
    tokens = glossed.embed_tokens([text])[0]
    found = [text[a:b] for a, b in tokens.offsets]
    date = ["2025年12月23日"] * 3
    assert found == [
        "The", "閣議決定", "閣議決定", "of", *date, ",", "at", "last。", "AI", "Act、EU", "…", "the", "second",
    ]  # fmt: skip


def test_a_glossed_passage_counts_as_long_as_the_longer_reading() -> None:
    glossed = GlossedModel(Recorder())
    assert glossed.count_tokens("閣議決定") == len("cabinet decision")
    assert glossed.count_tokens("ことなのでは") == len("ことなのでは")
    assert glossed.identity != "i"
