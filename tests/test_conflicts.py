"""Sources that contradict each other: both quotes are shown and paired; what only looks alike is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag import Settings, build_index, create_chain
from rag.answer import Answer

DOCUMENTS = {
    "gazette.md": """---
title: The Gazette on the ferry
publisher: Gazette
date: 2026-03-01
language: en
---
The new ferry Petrel cost 40 million euro to build. The Petrel made her first crossing on 2 May 2026. The captain of the
Petrel is Ida Vries. The harbour master is Tom Lund. The Petrel carries 120 passengers in winter.
""",
    "herald.md": """---
title: The Herald on the ferry
publisher: Herald
date: 2026-03-04
language: en
---
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
    folder = tmp_path_factory.mktemp("conflicts")
    (folder / "corpus").mkdir()
    for name, text in DOCUMENTS.items():
        (folder / "corpus" / name).write_text(text, encoding="utf-8")
    settings = Settings(
        corpus_dir=folder / "corpus", index_dir=folder / "index", data_dir=folder / "data", chroma_url=None
    )
    build_index(settings)
    return settings


def paired(answer: Answer) -> list[set[str]]:
    """Of each conflict, the paths of the documents quoted."""
    by_number = {citation.number: citation for citation in answer.citations}
    return [{Path(by_number[n].document_id).name for n in conflict.citations} for conflict in answer.conflicts]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("How much did the ferry Petrel cost to build?", ("40 million", "55 million")),
        ("When did the Petrel make her first crossing?", ("2 May 2026", "9 May 2026")),
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
    "question",
    [
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
