"""Sentences: where English and Japanese ones end, and offsets that hold for any text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.splitting.chunks import split_sentences


def _sentences(text: str, *, markdown: bool = False) -> list[str]:
    return [text[span.start : span.end] for span in split_sentences(text, markdown=markdown)]


# Each case is a paragraph's sentences; joined by a space (English) or nothing (Japanese), they must come apart again.
ENGLISH = {
    "plain": ["The plan was adopted.", "It has four policies!", "Has it goals?", "Yes."],
    "country": [
        "The U.S. plan differs.",
        "Japan follows the U.S. and the U.K. in this.",
        "He lives in the U.S.",
        "The end.",
    ],
    "titles": ["Mr. Sato met Dr. Tanaka and Prof. Matsuo.", "Gov. Smith did not come."],
    "initials": ["J. A. Hobson and William E. Simon agreed.", "So did J. Smith."],
    "latin": ["Use tools, e.g. Gennai, i.e. the government AI.", "See also Smith et al. (2020) and vs. the rest."],
    "numbered": ["Act No. 53 of 2025 applies.", "See Art. 18, Sec. 3 and pp. 12-15.", "Fig. 3 shows it."],
    "no": ["The answer is no.", "The next one is yes."],
    "firms": [
        "Toyota Motor Corp. and Sony Co., Ltd. joined.",
        "He left Apple Inc. in May.",
        "It was OpenAI Inc.",
        "The rest left.",
    ],
    "time": [
        "The meeting began at 10 a.m. on Friday.",
        "It ended at 5 p.m. Tokyo time.",
        "They left at 6 p.m.",
        "Dinner followed.",
    ],
    "decimals": [
        "It grew by 3.14 percent to 1.239 trillion yen.",
        "Version 1.2 and v1.1 appeared.",
        "In 2025.",
        "Then 2026.",
    ],
    "etc": ["It covers law, health, etc. in detail.", "Banks, insurers, etc.", "They all use it."],
    "ellipsis": ["Well... it depends.", "He paused...", "Then he spoke."],
    "address": [
        "See https://www8.cao.go.jp/cstp/ai/ai_plan/aiplan.pdf for it.",
        "Write to a.b@example.co.jp.",
        "Done.",
    ],
    "quotes": ['He said "I go."', 'Then he asked "Why?" and left.', "“It ends here.”", "She agreed."],
    "inner quotes": ['"We lead. We act. We win," he said.', "Nobody clapped."],
    "brackets": ["It grew (see Fig. 2. It is old) fast.", "(It fell later.)", "It rose (in the U.S.) again."],
    "footnotes": [
        "It was adopted.[1]",
        "It took effect.[12][13]",
        "All agreed.¹",
        "Some did not.[citation needed]",
        "Done.",
    ],
    "emphasis": ["**It was adopted.**", "*Nobody* knew it.", "It `a.b. C` works.", "**Policies** follow."],
    "digits first": ["It was in 2025.", "26.7% used AI.", "30 staff work there."],
    "interrobang": ["Really?!", "Yes!!", "Good."],
    "roman": ["World War I ended.", "It was World War I.", "The treaty followed."],
    "month": ["It came on Jan. 14 and Dec. 23 last year.", "Then came May."],
    "small names": ["It sold well.", "iPhone sales rose.", "So it was, e.g. iPad sales.", "example.com reported it."],
    "brand": ["Yahoo! Japan reported it.", "Others did too."],
}
JAPANESE = {
    "plain": ["計画は決定された。", "目標は80%である！", "本当か？", "はい。"],
    "quote inside": ["首相は「AIを使う。人も育てる。」と述べた。", "記者は「本当ですか？」と聞いた。"],
    "quote alone": ["「AIを使う。」", "そう首相は述べた。"],
    "two quotes": ["彼は「行く。」", "「私も行く。」"],
    "brackets": ["計画は有効だ（旧計画は失効した。）。", "法は公布された（令和7年6月4日）。"],
    "closing bracket": ["目標がある（注：数値は見込み。）", "次に進む。"],
    "full-width point": ["値は３．１４である．", "次は１．５である．"],
    "title": ["モーニング娘。の曲が流れた。", "『けいおん！』は人気だ。", "番組「なぜ？」を見た。"],
    "mixed": ["AI法はU.S.の法と違う。", "OECDが公表した。", "GPT-4.1を使う。"],
    "double": ["本当に！？", "はい……。", "終わり。。"],
    "english inside": ["AI Promotion Act (Act No. 53 of 2025)が成立した。", "Co., Ltd.も参加した。"],
    "half-width stop": ["ｱｲｳ｡", "次である｡"],
}


@pytest.mark.parametrize("expected", ENGLISH.values(), ids=ENGLISH)
def test_split_sentences_ends_english_sentences(expected: list[str]) -> None:
    assert _sentences(" ".join(expected)) == expected


@pytest.mark.parametrize("expected", JAPANESE.values(), ids=JAPANESE)
def test_split_sentences_ends_japanese_sentences(expected: list[str]) -> None:
    assert _sentences("".join(expected)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It was adopted.The plan has goals.", ["It was adopted.", "The plan has goals."]),
        ("the stories.Political geographers wrote.", ["the stories.", "Political geographers wrote."]),
        ("Use Node.js and example.com today.", ["Use Node.js and example.com today."]),
        ("It spread.12 The rest is known.", ["It spread.12", "The rest is known."]),
        ("It is so.:116 Thus it ends.", ["It is so.:116", "Thus it ends."]),
        ("one\ntwo. Three\nfour.", ["one\ntwo.", "Three\nfour."]),
        ("one\n\ntwo", ["one", "two"]),
        ("計画は\n決定された。次に\n進む", ["計画は\n決定された。", "次に\n進む"]),
        ("An (unclosed bracket. It ends. Here.", ["An (unclosed bracket.", "It ends.", "Here."]),
        ("彼は「開いたまま。次の文。", ["彼は「開いたまま。", "次の文。"]),
        ("1. Introduction to it", ["1. Introduction to it"]),
        ("a" * 5000, ["a" * 5000]),
        ("", []),
        (" \n\t\n", []),
        ("...", ["..."]),
    ],
)
def test_split_sentences_handles_edges(text: str, expected: list[str]) -> None:
    assert _sentences(text) == expected


def test_split_sentences_keeps_blocks_apart() -> None:
    text = (
        "# Title\n\nThree goals:\n\n- Use AI. Widely.\n* Create it\n  (see below)\n  1. Trust\n\n"
        "| Year | Use |\n|---|---|\n| 2024 | 26.7% |\n\n> Quoted. More\n> of it.\n\n---\n\n"
        "```\nx = 1.\ny\n```\nEnd. Done\n"
    )
    assert _sentences(text, markdown=True) == [
        "# Title",
        "Three goals:",
        "- Use AI. Widely.",
        "* Create it\n  (see below)",
        "1. Trust",
        "| Year | Use |",
        "| 2024 | 26.7% |",
        "Quoted.",
        "More\n> of it.",
        "x = 1.",
        "y",
        "End.",
        "Done",
    ]


def test_split_sentences_knows_list_marks_of_plain_text() -> None:
    text = "次のとおり：\n・活用する。使う\n①創る\n（1）信頼を高める\n２．協働する\n• first\n(a) second"
    assert _sentences(text) == [
        "次のとおり：",
        "・活用する。使う",
        "①創る",
        "（1）信頼を高める",
        "２．協働する",
        "• first",
        "(a) second",
    ]


def test_split_sentences_does_not_take_a_wrapped_number_for_a_list() -> None:
    text = "The meeting was held in room\n12. Then it moved on."
    assert _sentences(text) == ["The meeting was held in room\n12.", "Then it moved on."]


def test_split_sentences_splits_long_items() -> None:
    item = "- " + "This item says a thing. " * 20
    assert len(_sentences(item, markdown=True)) == 20


def test_split_sentences_counts_in_the_whole_text() -> None:
    text = "Out. One here. Two here. Out."
    spans = split_sentences(text, 5, 24)
    assert [text[span.start : span.end] for span in spans] == ["One here.", "Two here."]


TEXTS = (
    st.text(alphabet=st.sampled_from("aBz 。！？「」『』（）()[]\"'.,!?*_`\n\u3000漢かカ9１．…é\u0301😀אب>|-#1^:"))
    | st.text()
)


@given(text=TEXTS, markdown=st.booleans())
def test_split_sentences_spans_are_trimmed_ordered_and_leave_only_marks_out(text: str, markdown: bool) -> None:
    spans = split_sentences(text, markdown=markdown)
    end = 0
    left = []
    for span in spans:
        assert end <= span.start < span.end <= len(text)
        left.append(text[end : span.start])
        assert text[span.start : span.end] == text[span.start : span.end].strip()
        end = span.end
    left.append(text[end:])
    if not markdown:
        assert "".join(left).strip() == ""
    assert spans == split_sentences(text, markdown=markdown)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 300_000,
        "。" * 300_000,
        "(" * 200_000,
        "「" * 100_000 + "。」" * 50_000,
        "U.S. A. " * 30_000,
        "a.*b" * 40_000,
    ],
    ids=["letters", "stops", "brackets", "nested", "abbreviations", "emphasis"],
)
def test_split_sentences_takes_linear_time(text: str) -> None:
    started = time.process_time()
    split_sentences(text, markdown=True)
    assert time.process_time() - started < 10
