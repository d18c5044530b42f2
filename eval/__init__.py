"""The eval suite: how good retrieval and answers are, measured on fixed questions.

from eval import compare, run

Importing this package is cheap: each name below loads its module on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eval.comparison import compare
    from eval.runner import run

__all__ = ["compare", "run"]

# No module of this package may be called as one of these names: importing it would put it in the function's place.
_HOMES = {"compare": "eval.comparison", "run": "eval.runner"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'eval' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
