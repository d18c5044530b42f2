"""Two runs question by question."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from eval.paired import Paired, pair

VERDICTS = st.dictionaries(st.sampled_from("abcdef"), st.booleans())


def test_pair_tells_fixed_from_broken() -> None:
    before = {"a": True, "b": False, "c": True, "gone": True}
    found = pair(before, {"c": False, "b": True, "a": True, "new": False})
    assert found == Paired(
        outcomes={"a": "unchanged", "b": "fixed", "c": "broken"}, only_before=("gone",), only_after=("new",)
    )
    assert (found.fixed, found.broken, found.unchanged, found.net_broken) == (("b",), ("c",), ("a",), 0)


def test_pair_leaves_out_what_is_another_question_in_the_later_run() -> None:
    found = pair({"a": True, "b": True}, {"b": False, "a": False}, differing={"b"})
    assert found == Paired(outcomes={"a": "broken"}, only_before=("b",), only_after=("b",))


@given(VERDICTS, VERDICTS)
def test_pair_places_each_question_once_and_mirrors(before: dict[str, bool], after: dict[str, bool]) -> None:
    there, back = pair(before, after), pair(after, before)
    assert sorted([*there.fixed, *there.broken, *there.unchanged, *there.only_before, *there.only_after]) == sorted(
        before.keys() | after.keys()
    )
    assert set(there.fixed) == set(back.broken)
    assert there.net_broken == -back.net_broken
