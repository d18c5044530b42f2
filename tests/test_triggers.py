"""What the page does once although it is told twice; the browser's side of it is in `test_slow_browser.py`."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from rag.ui import triggers


@pytest.fixture
def acted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    monkeypatch.setattr(triggers, "st", SimpleNamespace(session_state={}))
    return []


def test_what_is_told_twice_is_done_once(acted: list[Any]) -> None:
    for told in ({"id": 1, "value": "a"}, {"id": 1, "value": "a"}, {"id": 2, "value": "a"}):
        triggers.once("list", told, acted.append)
    assert acted == ["a", "a"]


def test_parts_do_not_stand_in_for_each_other(acted: list[Any]) -> None:
    for key in ("list", "box"):
        triggers.once(key, {"id": 1, "value": key}, acted.append)
    assert acted == ["list", "box"]


@pytest.mark.parametrize("told", [None, "a", [], {}, {"id": None, "value": "a"}, {"id": "1", "value": "a"}])
def test_what_is_not_from_our_script_is_nothing(acted: list[Any], told: object) -> None:
    triggers.once("list", told, acted.append)
    assert acted == []


def test_outside_a_run_nothing_is_early() -> None:
    assert not triggers.came_early()
