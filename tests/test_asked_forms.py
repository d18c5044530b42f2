"""What is asked for by its kind, and whether a sentence can hold one."""

from __future__ import annotations

import pytest

from rag.extractive.asked_forms import asked_about, is_formless


@pytest.mark.parametrize(
    ("question", "with_it", "without"),
    [
        ("How old is the mayor?", "The mayor, aged 54, likes boats.", "The mayor likes boats."),
        ("What colour are the lamps?", "The lamps are dark blue.", "The lamps are bright."),
        ("Which colour goes with red?", "Red goes with green.", "Red lamps are used."),
        ("ランプは何色ですか", "ランプは青い。", "ランプの色は見本と異なる。"),
        ("On which day of the week do they meet?", "They meet every Tuesday.", "They meet twice a month."),
        ("会合は何曜日ですか", "会合は火曜日に開かれる。", "会合は月に2回開かれる。"),
        (
            "Which company supplies the ferries of Port Hallam?",
            "Karlsson Yard builds the ferries of Port Hallam.",
            "In May 2024 a supplier was chosen for the ferries of Port Hallam.",
        ),
        ("What is the name of the firm that cleans?", "BrightCo cleans the boats.", "Access is by contract alone."),
        ("渡し船を造ったのはどの会社ですか", "渡し船はカールソンが造った。", "渡し船はシステムとともに納められた。"),
        ("In which city was the fair held?", "The fair was held in Lindau.", "The fair was held by the lake in May."),
        ("Where did the mayor go to university?", "She studied at Lindau University.", "She likes boats."),
        ("町長の出身大学は？", "町長は港湾大学を出た。", "町長は船が好きである。"),
        ("町長はどの大学の出身ですか", "町長は港大の出である。", "町長は船団を拡大した。"),
        ("What is the street address of the office?", "The office is at 8 Quay Street.", "The office has 8 rooms."),
        ("How heavy is the lamp?", "The lamp weighs 12 kg.", "The lamp is 12 cm high."),
        ("ランプの重さはどのくらいですか", "ランプは12kgある。", "ランプの高さは12cmである。"),
        ("How loud is the horn in decibels?", "The horn reaches 90 dB.", "The horn sounds at 8:00."),
        ("役場の住所は？", "役場は港町2丁目にある。", "役場は港の近くにある。"),
    ],
)
def test_a_thing_of_some_kind_has_a_form(question: str, with_it: str, without: str) -> None:
    assert not is_formless(question, ["Nothing is said here.", with_it])
    assert is_formless(question, [without, "Nothing is said here."])


@pytest.mark.parametrize(
    "question",
    ["Why are the lamps coloured?", "Who leads the company?", "What does the company do?", "会社は何人いますか"],
)
def test_other_questions_ask_for_no_form(question: str) -> None:
    assert not is_formless(question, ["nothing"])


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("What does the Harbour Act say about fines?", "fines"),
        ("what is written in the note about who pays", None),
        ("What do we learn about the crew?", "crew"),
        ("What about the crew?", None),
    ],
)
def test_what_something_says_about_a_subject(question: str, subject: str | None) -> None:
    found = asked_about(question)
    assert found is None if subject is None else found is not None and subject in found
