"""Tokens that a chat model counted, and a price -> what an answer cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.answer import Usage

if TYPE_CHECKING:
    from rag.config import Settings

_TOKENS_A_PRICE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars for a million tokens."""

    input: float
    output: float


def cost_usd(usage: Usage, price: Price) -> float:
    """What one answer cost, in US dollars."""
    return (usage.input_tokens * price.input + usage.output_tokens * price.output) / _TOKENS_A_PRICE


def price_of(settings: Settings) -> Price | None:
    """The price of the chat model's tokens; `None` where the settings do not name both parts of it."""
    if settings.llm_input_price is None or settings.llm_output_price is None:
        return None
    return Price(input=settings.llm_input_price, output=settings.llm_output_price)
