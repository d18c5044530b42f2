"""What an answer cost: tokens times the price that the settings name."""

from __future__ import annotations

import pytest

from rag import Settings
from rag.answer import Usage
from rag.costs import Price, cost_usd, price_of
from rag.errors import ConfigError


def test_cost_is_tokens_times_the_price_of_a_million() -> None:
    usage = Usage(input_tokens=2_000_000, output_tokens=500_000, total_tokens=2_500_000)
    assert cost_usd(usage, Price(input=0.25, output=2.0)) == 1.5


def test_price_needs_both_of_its_parts() -> None:
    assert price_of(Settings()) is None
    assert price_of(Settings(llm_input_price=0.25)) is None
    assert price_of(Settings(llm_input_price=0, llm_output_price=2)) == Price(input=0.0, output=2.0)


@pytest.mark.parametrize("value", [-1, float("inf"), float("nan")])
def test_a_price_is_a_number_that_is_not_negative(value: float) -> None:
    with pytest.raises(ConfigError, match="llm_input_price"):
        Settings(llm_input_price=value)
