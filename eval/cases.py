"""`cases.jsonl` of the data folder -> the rows of it that a run can ask beside the fixed questions."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from eval.dataset import DatasetError, Row, read_sound_rows
from rag.config import Settings
from rag.feedback.cases_file import CASES_NAME
from rag.terminal.lines import one_line

logger = logging.getLogger(__name__)


def read_cases(settings: Settings, beside: Sequence[Row] = ()) -> list[Row]:
    """The cases whose answer stands in the corpus, or nowhere; others are passed over with a warning.

    A run indexes the corpus alone: what only an upload answers cannot be asked there. A line that is no case, because
    it was edited wrongly or damaged, is named in a warning of its own and takes no other case with it.

    Args:
        settings: Name the data folder.
        beside: Rows that are asked in the same run.

    Raises:
        DatasetError: If there are no cases, no line is one, or one has the id of a row beside it.
    """
    path = settings.data_dir / CASES_NAME
    if not path.exists():
        raise DatasetError("there is no case yet. `python -m eval add` makes one.", path=path)
    cases, damaged = read_sound_rows(path)
    if not cases:
        raise damaged[0] if damaged else DatasetError("holds no case.", path=path)
    for problem in damaged:
        logger.warning("This case is not asked: %s", one_line(str(problem)))
    twice = sorted({case.id for case in cases} & {row.id for row in beside})
    if twice:
        raise DatasetError(f"these ids are taken by other questions of this run: {', '.join(twice)}.", path=path)
    asked = [case for case in cases if not case.documents or any(map(_is_of_corpus, case.documents))]
    if len(asked) < len(cases):
        logger.warning(
            "%d of %d cases are not asked: a run reads the corpus, and they are answered by uploads or fetched texts.",
            len(cases) - len(asked),
            len(cases),
        )
    return asked


def _is_of_corpus(document_id: str) -> bool:
    return document_id.startswith("corpus/")
