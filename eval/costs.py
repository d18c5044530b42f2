"""Tokens that a chat model counted in a run, and a price -> what the run cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eval.judging import Result
from rag.answer import Usage
from rag.costs import Price, cost_usd


def used(results: Sequence[Result]) -> list[Usage]:
    """Tokens of the answers that carry them: a failure and an extract carry none."""
    return [result.answer.usage for result in results if result.answer is not None and result.answer.usage is not None]


def totals(results: Sequence[Result], price: Price | None) -> dict[str, Any]:
    """Tokens and dollars of a whole run; the dollars are `None` where there is no price."""
    usages = used(results)
    return {"answers": len(usages), **spent(usages, price)}


def spent(usages: Sequence[Usage], price: Price | None) -> dict[str, Any]:
    """Tokens of several replies together, and dollars; these are `None` where there is no price."""
    return {
        "input_tokens": sum(usage.input_tokens for usage in usages),
        "output_tokens": sum(usage.output_tokens for usage in usages),
        "cost_usd": None if price is None else round(sum(cost_usd(usage, price) for usage in usages), 6),
    }
