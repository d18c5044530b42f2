"""`python -m eval retrieval`: index a file's passages, search its questions, print where the right document stands."""

# ruff: noqa: T201  # a command: its prints are its output

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast, get_args

import numpy as np

from eval.measures import bootstrap, hit_at_k, ndcg_at_k, paired_difference, recall_at_k, reciprocal_rank
from eval.passages import Judged, has_passages, judged_questions, judged_rows, read_passages, write_documents
from rag.config import Retrieval, Settings
from rag.embedding.model import EmbeddingModel
from rag.errors import ConfigError
from rag.index.build import build_index
from rag.index.opening import Index
from rag.retrieval.search import Candidate, Retriever, embeddable
from rag.terminal.progress import progress_bar

Part = Literal["all", "fit", "report"]

# Chunks that are asked for: several may be of one document, and ten documents are judged.
_N_CHUNKS = 20
_DEFAULT_KS = (1, 5, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class WayResult:
    """One way of searching over the questions: values of each measure in their order, and milliseconds of each search,
    the embedding of the question left out."""

    values: Mapping[str, tuple[float, ...]]
    ms: tuple[float, ...]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `retrieval`."""
    parser.add_argument("file", metavar="FILE", type=Path, help="passages and questions, or eval rows; JSONL")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--k", metavar="K,…", type=_ks, default=_DEFAULT_KS, help="cutoffs of Recall@k (1,5,10)")
    parser.add_argument(
        "--ways", metavar="WAY,…", type=_ways, default=get_args(Retrieval), help="hybrid,dense,lexical (all three)"
    )
    parser.add_argument(
        "--half", choices=get_args(Part), default="all", help="only the titles fitted on, or the others (all, and each)"
    )
    parser.add_argument("--limit", metavar="N", type=int, help="search only the first N questions")
    parser.add_argument("--index", metavar="DIR", type=Path, help="keep the index here, and use it again (temporary)")


def main(args: argparse.Namespace) -> int:
    """Carry out `retrieval`; always 0.

    Raises:
        RagError: If the file or the index cannot be used.
    """
    with indexed(args.file, args.index) as (index, judged):
        asked = [item for item in judged if args.half == "all" or item.half == args.half][: args.limit]
        if not asked:
            raise ConfigError(f"{str(args.file)!r} has no answerable question in the half {args.half!r}.")
        n_documents, n_chunks = index.store.n_documents, index.store.n_chunks
        results = {way: search_all(index, way, asked, args.k) for way in args.ways}
    report = {
        "file": args.file.name,
        "n_documents": n_documents,
        "n_chunks": n_chunks,
        "embedding": index.model.name,
        "halves": {part: summary(results, [i for i in range(len(asked)) if part in ("all", asked[i].half)])
                   for part in get_args(Part) if any(part in ("all", item.half) for item in asked)},
        "search_ms": {way: _latency(result.ms) for way, result in results.items()},
    }  # fmt: skip
    print(json.dumps(report, indent=2) if args.json else "\n".join(_lines(report)))
    return 0


@contextlib.contextmanager
def indexed(file: Path, index_dir: Path | None = None) -> Iterator[tuple[Index, list[Judged]]]:
    """An index of the file's passages (of the corpus, for eval rows), made as any other, and the file's questions.

    Args:
        file: Passages and questions, or eval rows.
        index_dir: Where to keep the index; default: a temporary folder.
    """
    with contextlib.ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kihon-eval-")))
        corpus_dir = Settings().corpus_dir
        if has_passages(file):
            passages, questions = read_passages(file)
            corpus_dir = work / "corpus"
            judged = judged_questions(passages, questions, write_documents(passages, corpus_dir))
        else:
            judged = judged_rows(file)
        settings = Settings(
            corpus_dir=corpus_dir, index_dir=index_dir or work / "index", data_dir=work / "data", chroma_url=None
        )
        with progress_bar(sys.stderr) as progress:
            build_index(settings, progress, wait=True)
        index = stack.enter_context(Index.open(settings))
        index.model = cast("EmbeddingModel", _Remembering(index.model))
        yield index, judged


class _Remembering:
    """An embedding model that embeds each query once, however many ways search for it."""

    def __init__(self, model: EmbeddingModel) -> None:
        self._model = model
        self.embed_query = lru_cache(maxsize=None)(model.embed_query)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


def search_all(index: Index, way: Retrieval, asked: Sequence[Judged], ks: Sequence[int]) -> WayResult:
    """Search every question one way and judge the rankings of documents."""
    retriever = Retriever(index, index.settings.model_copy(update={"retrieval": way}))
    values: dict[str, list[float]] = {}
    ms = []
    for item in asked:
        index.model.embed_query(embeddable(item.query))
        started = time.perf_counter()
        found = retriever.search(item.query, k=_N_CHUNKS)
        ms.append((time.perf_counter() - started) * 1000)
        for measure, value in judge(ranked_documents(found), item.document_ids, ks).items():
            values.setdefault(measure, []).append(value)
    return WayResult(values={measure: tuple(column) for measure, column in values.items()}, ms=tuple(ms))


def ranked_documents(found: Sequence[Candidate]) -> list[str]:
    """Documents by their best chunk, best first; one whose passage is shown from another document follows that one."""
    ids = (document_id for item in found for document_id in (item.hit.document_id, *item.duplicates))
    return list(dict.fromkeys(ids))


def judge(ranked_ids: Sequence[str], relevant_ids: frozenset[str], ks: Sequence[int]) -> dict[str, float]:
    """Every measure of one ranking."""
    return {
        "nDCG@10": ndcg_at_k(ranked_ids, relevant_ids, 10),
        "hit@1": hit_at_k(ranked_ids, relevant_ids, 1),
        "RR": reciprocal_rank(ranked_ids, relevant_ids),
        **{f"Recall@{k}": recall_at_k(ranked_ids, relevant_ids, k) for k in ks},
    }


def summary(results: Mapping[Retrieval, WayResult], rows: Sequence[int]) -> dict[str, Any]:
    """Means with intervals of some of the questions, and what hybrid has over each single way, paired."""
    part = {
        way: {measure: [column[i] for i in rows] for measure, column in result.values.items()}
        for way, result in results.items()
    }
    report: dict[str, Any] = {
        "n_questions": len(rows),
        "ways": {way: {m: asdict(bootstrap(column)) for m, column in values.items()} for way, values in part.items()},
    }
    if "hybrid" in part:
        report["differences"] = {
            f"hybrid - {way}": {m: asdict(paired_difference(part["hybrid"][m], values[m])) for m in values}
            for way, values in part.items()
            if way != "hybrid"
        }
    return report


def _latency(ms: Sequence[float]) -> dict[str, float]:
    return {"p50": round(float(np.quantile(ms, 0.5)), 1), "p95": round(float(np.quantile(ms, 0.95)), 1)}


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    yield f"{report['file']}: {report['n_documents']} documents, {report['n_chunks']} chunks, {report['embedding']}"
    for part, half in report["halves"].items():
        yield ""
        yield f"{part}: {half['n_questions']} questions"
        names = next(iter(half["ways"].values()))
        yield _row("", names)
        for way, values in half["ways"].items():
            yield _row(way, [_shown(value) for value in values.values()])
        for way, values in half.get("differences", {}).items():
            yield _row(way, [_shown(value, signed=True) for value in values.values()])
    yield ""
    for way, ms in report["search_ms"].items():
        yield f"{way}: {ms['p50']} ms a search (p95 {ms['p95']} ms), embedding left out"


def _row(name: str, cells: Iterable[str]) -> str:
    return f"{name:<17}" + "".join(f"{cell:>24}" for cell in cells)


def _shown(value: Mapping[str, float], *, signed: bool = False) -> str:
    sign = "+" if signed else ""
    return f"{value['value']:{sign}.4f} [{value['low']:{sign}.3f}, {value['high']:{sign}.3f}]"


def _ks(text: str) -> tuple[int, ...]:
    ks = tuple(int(part) for part in text.split(","))
    if not all(1 <= k <= 10 for k in ks):
        raise argparse.ArgumentTypeError("cutoffs lie between 1 and 10")
    return ks


def _ways(text: str) -> tuple[str, ...]:
    ways = tuple(text.split(","))
    if unknown := set(ways) - set(get_args(Retrieval)):
        raise argparse.ArgumentTypeError(f"{sorted(unknown)} is none of {', '.join(get_args(Retrieval))}")
    return ways
