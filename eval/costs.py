"""Tokens that a chat model counted, and a price -> what answers cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eval.judging import Result
from rag.answer import Usage

_TOKENS_A_PRICE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars for a million tokens."""

    input: float
    output: float


def used(results: Sequence[Result]) -> list[Usage]:
    """Tokens of the answers that carry them: a failure and an extract carry none."""
    return [result.answer.usage for result in results if result.answer is not None and result.answer.usage is not None]


def cost_usd(usage: Usage, price: Price) -> float:
    """What one answer cost, in US dollars."""
    return (usage.input_tokens * price.input + usage.output_tokens * price.output) / _TOKENS_A_PRICE


def totals(results: Sequence[Result], price: Price | None) -> dict[str, Any]:
    """Tokens and dollars of a whole run; the dollars are `None` where there is no price."""
    usages = used(results)
    return {
        "answers": len(usages),
        "input_tokens": sum(usage.input_tokens for usage in usages),
        "output_tokens": sum(usage.output_tokens for usage in usages),
        "cost_usd": None if price is None else round(sum(cost_usd(usage, price) for usage in usages), 6),
    }
