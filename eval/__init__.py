"""The eval suite: how good retrieval and answers are, measured on fixed questions.

from eval import compare, run

Importing this package is cheap: each name below loads its module on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eval.comparison import Comparison, compare
    from eval.dataset import Row, read_bundled_rows
    from eval.judging import Result
    from eval.recorded import RecordedRun, read_run
    from eval.runner import run

__all__ = ["Comparison", "RecordedRun", "Result", "Row", "compare", "read_bundled_rows", "read_run", "run"]

# No module of this package may be called as one of these names: importing it would put it in the function's place.
_HOMES = {
    "Comparison": "eval.comparison",
    "RecordedRun": "eval.recorded",
    "Result": "eval.judging",
    "Row": "eval.dataset",
    "compare": "eval.comparison",
    "read_bundled_rows": "eval.dataset",
    "read_run": "eval.recorded",
    "run": "eval.runner",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'eval' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
