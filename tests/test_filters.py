"""A filter is read strictly, and says what is wrong with it."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from rag.errors import QuestionError
from rag.retrieval.filters import Filter, parse_filter


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({"language": "en"}, Filter(language=("en",)), id="value"),
        pytest.param({"language": ["ja", "en"]}, Filter(language=("ja", "en")), id="list"),
        pytest.param({"kind": {"plan", "law"}}, Filter(kind=("law", "plan")), id="set"),
        pytest.param({"root": "corpus", "kind": None}, Filter(root=("corpus",)), id="none is no filter"),
        pytest.param({"date_from": "2025-12"}, Filter(date_from="2025-12"), id="month"),
        pytest.param({"date_to": " 2025 "}, Filter(date_to="2025"), id="year"),
        pytest.param({"date_from": datetime.date(2025, 12, 3)}, Filter(date_from="2025-12-03"), id="date"),
        pytest.param({"date_from": "2025-12", "date_to": "2025-12"}, Filter(date_from="2025-12", date_to="2025-12"),
                     id="one month"),
        pytest.param(Filter(status=("draft",)), Filter(status=("draft",)), id="read already"),
    ],
)  # fmt: skip
def test_parse_filter_reads(given: Any, expected: Filter) -> None:
    assert parse_filter(given) == expected


@pytest.mark.parametrize("given", [None, {}, {"language": None}, Filter()])
def test_parse_filter_of_nothing_is_none(given: Any) -> None:
    assert parse_filter(given) is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param({"lang": "en"}, r"'lang' is no key of it.*document_id, root, language", id="unknown key"),
        pytest.param({1: "en"}, "'1' is no key of it", id="key of another type"),
        pytest.param({"language": 3}, r"language must be a string or a list of strings, not 3 \(int\)", id="number"),
        pytest.param({"language": ["en", 3]}, "language must be a string or a list", id="number in list"),
        pytest.param({"language": []}, "language is an empty list", id="empty list"),
        pytest.param({"root": "secret"}, "root 'secret' is none of corpus, fetched, uploads", id="root"),
        pytest.param({"date_from": "23.12.2025"}, "date_from must be a date such as", id="format"),
        pytest.param({"date_from": "2025-02-30"}, "date_from must be a date", id="no such day"),
        pytest.param({"date_to": 2025}, "date_to must be a date", id="number as date"),
        pytest.param({"date_from": "2026", "date_to": "2025-12"}, r"date_from \(2026\) is after date_to", id="order"),
        pytest.param("language=en", "must be a dict with any of document_id", id="no mapping"),
    ],
)
def test_parse_filter_refuses(given: Any, message: str) -> None:
    with pytest.raises(QuestionError, match=message):
        parse_filter(given)


def test_filter_is_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Filter().language = ("en",)
