"""What is read out of a question: kind, language, parts, names, what it asks for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.questions.kinds import Kind, question_kind, question_language
from rag.questions.parts import parts_of
from rag.questions.reading import names_in, read_question

KINDS: list[tuple[str, Kind]] = [
    ("When was the bridge opened?", "date"),
    ("In what year did the war end?", "date"),
    ("When the council meets, where do guests sit?", "place"),
    ("Which headquarters was set up then?", "name"),
    ("What percentage of pupils walk to school?", "percentage"),
    ("Why should 80% of pupils walk to school?", "reason"),
    ("How much did the bridge cost?", "money"),
    ("What does the toll pay for?", "name"),
    ("How many members does the council have?", "number"),
    ("How many members were there when the bridge was opened?", "number"),
    ("What portion of pupils walked to school when the report was written?", "percentage"),
    ("And since when?", "date"),
    ("Which law did Ida Vries, who led the council, like?", "name"),
    ("After the fair closed, who led the council?", "person"),
    ("在宅勤務は週に何日までできますか", "number"),
    ("In Rome, when was the bridge built?", "date"),
    ("What does a crossing cost?", "money"),
    ("How high are the fines for late ships?", "money"),
    ("What does year one of the project cost?", "money"),
    ("Which professor led the dig?", "person"),
    ("How long did the siege last?", "duration"),
    ("Who chairs the council?", "person"),
    ("Which president signed the treaty?", "person"),
    ("Where was Chopin born?", "place"),
    ("Why was the bridge closed?", "reason"),
    ("What are the three branches of the parliament?", "list"),
    ("Which risks does the report mention?", "list"),
    ("List the members of the council", "list"),
    ("What is a keystone?", "definition"),
    ("What does GDP stand for?", "definition"),
    ("Does the law contain penalties?", "yes_no"),
    ("How are judges chosen?", "manner"),
    ("What did the council decide?", "name"),
    ("What is the phone number of the museum?", "contact"),
    ("How many yen does the toll bring in?", "money"),
    ("How high is its toll?", "money"),
    ("What amount of sand does the bridge need?", "number"),
    ("What amount of money does the bridge need?", "money"),
    ("Out of every hundred ferries, how many are late?", "percentage"),
    ("長い橋は短い橋の何分の一ですか", "number"),
    ("橋を渡る人はどれくらいの割合ですか", "percentage"),
    ("国は何ができますか", "name"),
    ("橋の点検は開通から何年後ですか", "duration"),
    ("bridges", "other"),
    ("橋はいつ開通しましたか？", "date"),
    ("利用率は何％ですか", "percentage"),
    ("橋の建設費はいくらですか", "money"),
    ("議員は何人ですか？", "number"),
    ("議長は誰ですか", "person"),
    ("首都はどこですか", "place"),
    ("利用率はどこまで上がりましたか", "number"),
    ("なぜ橋は閉鎖されたのか", "reason"),
    ("三つの原則は何か", "list"),
    ("要石とは何ですか", "definition"),
    ("法律に罰則はありますか", "yes_no"),
]

PARTS = [
    (
        "When was the Old Bridge built, and what are its four arches?",
        ("When was the Old Bridge built?", "what are the Old Bridge's four arches?"),
    ),
    ("Who built it? When was it opened?", ("Who built it?", "When was it opened?")),
    ("When was the treaty signed and where?", ("When was the treaty signed and where?",)),
    ("What are the aims and means of the law?", ("What are the aims and means of the law?",)),
    ("計画はいつ決まり、四つの方針は何ですか？", ("計画はいつ決まり", "計画の四つの方針は何ですか")),
    ("計画はいつ決まりましたか。", ("計画はいつ決まりましたか。",)),
]


@pytest.mark.parametrize(("question", "kind"), KINDS, ids=[question for question, _ in KINDS])
def test_question_kind(question: str, kind: Kind) -> None:
    assert question_kind(question) == kind


@pytest.mark.parametrize(("question", "parts"), PARTS, ids=[question for question, _ in PARTS])
def test_parts_of_fills_in_the_subject(question: str, parts: tuple[str, ...]) -> None:
    assert parts_of(question) == parts


def test_read_question_drops_words_that_only_ask() -> None:
    question = read_question("What percentage of pupils does the report say walk to school?")
    assert question.terms == ("pupil", "report", "walk", "school")


def test_read_question_names_what_is_asked_for() -> None:
    assert read_question("What is the annual budget of the council?").head == ("annual", "budget")
    assert read_question("How many stone arches does the bridge have?").head == ("stone", "arch")
    assert read_question("How many years of warranty does the yard give?").head == ("warranti",)
    assert read_question("What does a day ticket for the ferry cost?").head == ("day", "ticket")
    assert read_question("How much did the ferry cost in 2024?").head == ("ferri",)
    assert read_question("Why was the bridge closed?").head == ()
    assert read_question("What kind of permit does the ferry need?").head == ("permit",)


def test_what_is_counted_is_asked_for_whatever_else_is_named() -> None:
    assert read_question("The decision, which fell in May, came how many days later?").head == ("day",)
    assert read_question("How many bodies take part in the trial?").head == ("bodi",)
    assert read_question("How many people take part in the trial?").head == ()
    assert read_question("How much cooling water will the yard use?").head == ("cool", "water")
    assert read_question("What does year one of the ferry cost?").head == ("year",)
    assert read_question("How many suits against makers were filed?").head == ("suit",)
    assert read_question("How often did the council meet, and over what stretch of 2026?").head == ()


def test_names_in_finds_names_inside_a_question() -> None:
    assert names_in("Why did the Town Council sell the 「古い橋」 to Acme?") == ("Town Council", "古い橋", "Acme")


def test_question_language_goes_by_the_characters() -> None:
    assert question_language("AI法とは") == "ja"
    assert question_language("What does 基本計画 mean in English?") == "en"


@settings(deadline=None)  # the first text has word lists read
@given(text=st.text(alphabet="ab AB?.,、。？はのといつ何誰 what when and it its\n0123456789%", max_size=120))
def test_reading_never_fails_and_parts_are_not_empty(text: str) -> None:
    read_question(text)
    assert all(part for part in parts_of(text)) or not text.strip()
