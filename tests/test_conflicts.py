"""Sources that contradict each other: both quotes are shown and paired; what only looks alike is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from built_index import indexed

from rag import Settings, create_chain
from rag.answer import Answer

DOCUMENTS = {
    "gazette.md": """---
title: The Gazette on the ferry
publisher: Gazette
date: 2026-03-01
language: en
---
The quay of Numata is 412 metres long. The Numata charter came into force on 3 May 2019.

The new ferry Petrel cost 40 million euro to build. The Petrel made her first crossing on 2 May 2026. The captain of the
Petrel is Ida Vries. The harbour master is Tom Lund. The Petrel carries 120 passengers in winter.
""",
    "herald.md": """---
title: The Herald on the ferry
publisher: Herald
date: 2026-03-04
language: en
---
The Numata quay measures 380 metres in length. The Numata charter entered into force on 1 April 2020 when the town came
to sign it.

The ferry Petrel cost 55 million euro to build. The Petrel made her first crossing on 9 May 2026. The captain of the
Petrel is Marta Holm. The deputy harbour master is Jan Berg. The Petrel carries 90 passengers in summer.
""",
    "old.md": """---
title: The earlier timetable
language: en
status: superseded
---
The lighthouse lamp is lit at 18:00. The lighthouse has 212 steps.
""",
    "new.md": """---
title: The timetable
language: en
status: in force
---
The lighthouse lamp is lit at 17:00. The lighthouse has 214 steps.
""",
    "institute.md": """---
title: The Northgate Institute on the Larkspur programme
language: en
---
The Larkspur programme was launched on 3 May 2024 by the city of Halden. The total budget of Larkspur is
12 million euro. The director of the Larkspur programme is Ingrid Solheim. The head office of Larkspur is in Moss.
About 30 percent of the teachers in Halden know Larkspur. Larkspur employs 46 people.
Larkspur plans to reach 900 pupils in 2030.
""",
    "weekly.md": """---
title: Larkspur reviewed
language: en
---
Halden started Larkspur on 17 September 2024, our reporters found. Larkspur has 19 million euro to spend in all. Petter
Aune leads the Larkspur programme as its director. Larkspur has its headquarters in Fredrikstad. Of the teachers in
Halden, 29.6 percent know Larkspur. More than 40 people are employed by Larkspur. In 2024 Larkspur reached 300 pupils.
""",
    "報告.md": """---
title: 事業の報告
language: ja
---
Larkspur事業の予算は1500万ユーロである。青葉大橋の建設費は30億円である。青葉大橋は2024年5月3日に開通した。青葉大橋の設計者は佐藤恵子氏である。
""",
    "検証.md": """---
title: 夕刊の検証
language: ja
---
青葉大橋を建てるのに45億円かかったと市は説明する。青葉大橋が開通したのは2024年6月9日のことだ。青葉大橋を設計したのは田中純氏だとされる。
""",
    "朝刊.md": """---
title: 朝刊の記事
publisher: 朝刊
language: ja
---
展望台の建設費は30億円である。展望台の館長は佐藤恵子氏である。
""",
    "夕刊.md": """---
title: 夕刊の記事
publisher: 夕刊
language: ja
---
展望台の建設費は45億円である。展望台の館長は田中純氏である。展望台の副館長は鈴木一氏である。
""",
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return indexed(tmp_path_factory.mktemp("conflicts"), DOCUMENTS)


def paired(answer: Answer) -> list[set[str]]:
    """Of each conflict, the paths of the documents quoted."""
    by_number = {citation.number: citation for citation in answer.citations}
    return [{Path(by_number[n].document_id).name for n in conflict.citations} for conflict in answer.conflicts]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("How much did the ferry Petrel cost to build?", ("40 million", "55 million")),
        ("When did the Petrel make her first crossing?", ("2 May 2026", "9 May 2026")),
        ("How long is the quay of Numata?", ("412 metres", "380 metres")),
        ("When did the Numata charter come into force?", ("3 May 2019", "1 April 2020")),
        ("Who is the captain of the Petrel?", ("Ida Vries", "Marta Holm")),
        ("展望台の建設費はいくらですか。", ("30億円", "45億円")),
        ("展望台の館長は誰ですか。", ("佐藤恵子", "田中純")),
    ],
)
def test_two_sources_that_disagree_are_both_quoted(question: str, said: tuple[str, str], settings: Settings) -> None:
    answer = create_chain(settings).invoke(question)
    assert all(words in answer.text for words in said), answer.text
    assert len(paired(answer)) == 1
    assert len(paired(answer)[0]) == 2


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("When was the Larkspur programme launched?", ("3 May 2024", "17 September 2024")),
        ("What is the total budget of Larkspur?", ("12 million", "19 million")),
        ("Who is the director of the Larkspur programme?", ("Ingrid Solheim", "Petter Aune")),
        ("Where is the head office of Larkspur?", ("Moss", "Fredrikstad")),
        ("青葉大橋の建設費はいくらですか。", ("30億円", "45億円")),
        ("青葉大橋はいつ開通しましたか。", ("5月3日", "6月9日")),
        ("青葉大橋の設計者は誰ですか。", ("佐藤恵子", "田中純")),
        ("Larkspur事業の予算はいくらですか。", ("1500万ユーロ", "million euro")),
    ],
)
def test_disagreement_in_other_words_or_another_language_is_paired(
    question: str, said: tuple[str, str], settings: Settings
) -> None:
    answer = create_chain(settings).invoke(question)
    assert all(words in answer.text for words in said), answer.text
    assert [len(pair) for pair in paired(answer)] == [2]


@pytest.mark.parametrize(
    "question",
    [
        "What percentage of the teachers in Halden know Larkspur?",  # one is the other rounded
        "How many people does Larkspur employ?",  # more than 40 may be 46
        "How many pupils does Larkspur reach?",  # an aim, and what was reached
        "Who is the harbour master?",  # the other source names the deputy
        "How many passengers does the Petrel carry in winter?",  # in summer it is another number
        "At what time is the lighthouse lamp lit?",  # the other source is superseded
        "How many steps does the lighthouse have?",
        "展望台の副館長は誰ですか。",
    ],
)
def test_what_only_looks_alike_is_no_conflict(question: str, settings: Settings) -> None:
    answer = create_chain(settings).invoke(question)
    assert not answer.abstained
    assert not answer.conflicts
