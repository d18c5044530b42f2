"""What a question states besides asking."""

from __future__ import annotations

import pytest

from rag.questions.statements import statements_of


@pytest.mark.parametrize(
    ("question", "language", "statements"),
    [
        ("When was the bridge opened?", "en", []),
        (
            "The bridge was opened in May 1999. Who looks after it?",
            "en",
            ["The bridge was opened in May 1999"],
        ),
        ("After the bridge was opened in 1999, how many lamps did it have?", "en", ["the bridge was opened in 1999"]),
        ("Tolls and lamps of the bridge in 1999: how many were there?", "en", []),
        ("The bridge was opened in May 1999: who looks after it?", "en", ["The bridge was opened in May 1999"]),
        (
            "Who opened the Lamp Fair that Tokyo hosted in 2001?",
            "en",
            ["Lamp Fair Tokyo hosted in 2001"],
        ),
        (
            "Where does Ida Vries, who opened the Long Bridge, live?",
            "en",
            ["Ida Vries opened the Long Bridge"],
        ),
        ("A storm has passed over our long bridge. Who looks after it?", "en", []),  # the asker's own case
        ("What was built on 4 May 1998, the day the bridge was opened?", "en", []),
        ("うちの長い橋で自転車が壊れました。どこが管理していますか。", "ja", []),
        ("1999年に開通した長い橋は、誰が管理していますか。", "ja", ["1999年に開通した長い橋は"]),
        (
            "What did the Long Bridge, opened in May 1999, replace?",
            "en",
            ["Long Bridge opened in May 1999"],
        ),
        ("Why was the second lamp plan, adopted in May 1999, changed?", "en", ["second lamp plan adopted in May 1999"]),
        ("Painted blue in May 1999, what has become of it?", "en", []),  # it says of nothing that it was
        ("Who is Ulla Berg, a University of Lindau scholar, paid by?", "en", []),
        ("When the Harbour Agency, back in July 2024, set its rules, who paid?", "en", []),
        (
            "What was the older bridge law, dating from 1967, called?",
            "en",
            ["older bridge law dating from 1967"],
        ),
        (
            "The toll pays for the lamps of the bridge. Who collects it?",
            "en",
            ["The toll pays for the lamps of the bridge"],
        ),
        ("港町で八人の町工場を営んでいます。橋は誰が管理していますか。", "ja", []),
        ("64歳の父は橋を渡りません。橋は誰が管理していますか。", "ja", []),
        ("Among people of the town of Lindau, how many paint lamps?", "en", []),
        ("長い橋はいつ開通しましたか。", "ja", []),
        ("1999年の開通の時点で、長い橋の照明はいくつありましたか。", "ja", []),
    ],
)
def test_statements_are_the_clauses_that_do_not_ask(question: str, language: str, statements: list[str]) -> None:
    assert statements_of(question, language) == statements
