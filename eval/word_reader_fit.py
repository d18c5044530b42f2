"""Train the changes of `rag.embedding.word_reader`: that of the sentences competing for a question the one wins whose
words answer those of the question.

`python -m eval.word_reader_fit CONTESTS.jsonl --write rag/embedding/weights/word_reader.safetensors`, of what
`python -m eval.contests` wrote. Each contest is a choice among its sentences and "none of these"; only changes of low
rank to the model's layers are trained. On a GPU it takes minutes, on two cores hours.
"""

# ruff: noqa: T201  # a command: its prints are its output

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from eval.contests import N_RIVALS, Contest, read_contests
from rag.embedding.model_files import BUNDLED, find_model, hash_files
from rag.embedding.word_reader import COUNTS, COUNTS_BIAS, DOWN, UP
from rag.errors import ConfigError

_RANK = 16
_DROPOUT = 0.1
_LEARNING_RATE = 1e-3
_LEARNING_RATE_OF_COUNTS = 3e-3
_WARM_UP = 60  # steps
# Questions on one title that are read together (they share most sentences), and how many such groups make a step.
_GROUP = 16
_GROUPS = 2
# Weight of a question that nothing answers, beside one that something does.
_UNANSWERED = 0.5
_MOST_TOKENS = 112
_NEVER = -1e4


class _LowRank(nn.Module):
    """A linear layer with a change of low rank, which starts as none."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.layer = layer
        self.down = nn.Parameter(torch.randn(_RANK, layer.in_features) / math.sqrt(layer.in_features))
        self.up = nn.Parameter(torch.zeros(layer.out_features, _RANK))
        self.dropout = nn.Dropout(_DROPOUT)

    def forward(self, x: Tensor) -> Tensor:
        changed: Tensor = self.layer(x) + self.dropout(x) @ self.down.T @ self.up.T
        return changed


class Chooser(nn.Module):
    """Scores of a contest's sentences: that without the alignment of words, and that alignment, each with its weight.

    Args:
        transformer: The bundled model's transformer; its layers are changed in place.
        tokenizer: Its tokenizer.
    """

    def __init__(self, transformer: Any, tokenizer: Any) -> None:
        super().__init__()
        for parameter in transformer.parameters():
            parameter.requires_grad = False
        self.changed: dict[str, _LowRank] = {}
        for name, layer in list(transformer.encoder.named_modules()):
            if isinstance(layer, nn.Linear):
                at, _, own = name.rpartition(".")
                self.changed[f"encoder.{name}"] = changed = _LowRank(layer)
                setattr(transformer.encoder.get_submodule(at), own, changed)
        self.transformer = transformer
        self._tokenizer = tokenizer
        self._ids: dict[str, list[int]] = {}
        self.counts = nn.Linear(transformer.config.hidden_size, 1)
        nn.init.zeros_(self.counts.weight)
        nn.init.zeros_(self.counts.bias)
        # As the weights in use have it, about, when training starts.
        self.of_score = nn.Parameter(torch.tensor(0.65))
        self.of_alignment = nn.Parameter(torch.tensor([5.0, 8.0]))
        self.none = nn.Parameter(torch.tensor(9.0))

    def forward(self, contests: Sequence[Contest]) -> Tensor:
        """Logits of the sentences and, last, of none of them: `(len(contests), N_RIVALS + 1)`."""
        texts: dict[str, int] = {}
        places = np.zeros((3, len(contests), N_RIVALS), dtype=np.int64)
        scores = np.full((len(contests), N_RIVALS), -np.inf, dtype=np.float32)
        for i, contest in enumerate(contests):
            best = max(rival.score for rival in contest.rivals)
            for j, rival in enumerate(contest.rivals):
                for k, text in enumerate((rival.text, rival.lead or rival.text, rival.headings)):
                    places[k, i, j] = texts.setdefault(text, len(texts))
                scores[i, j] = rival.score - best
        asked, asked_states, is_asked = self._read([contest.question for contest in contests])
        read, _, is_read = self._read(list(texts))
        nearest = [_nearest(asked, read, is_read, self._on_device(at)) for at in places]
        around = torch.maximum(nearest[0], torch.maximum(nearest[1], nearest[2]))
        counts = self.counts(asked_states).squeeze(-1).masked_fill(~is_asked, _NEVER).softmax(-1).unsqueeze(1)
        known = self._on_device(scores)
        logits = (
            self.of_score * known.clamp(min=_NEVER)
            + self.of_alignment[0] * (counts * nearest[0]).sum(-1)
            + self.of_alignment[1] * (counts * around).sum(-1)
        ).masked_fill(known.isinf(), _NEVER)
        return torch.cat([logits, self.none.expand(len(contests), 1)], dim=1)

    def loss(self, contests: Sequence[Contest]) -> Tensor:
        """Mean negative log-likelihood of the right choices; sentences that might answer too take no part."""
        right = np.zeros((len(contests), N_RIVALS + 1), dtype=bool)
        out = np.zeros_like(right)
        for i, contest in enumerate(contests):
            right[i, -1] = not contest.answerable
            for j, rival in enumerate(contest.rivals):
                right[i, j], out[i, j] = rival.answers, rival.might
        logits = self(contests).masked_fill(self._on_device(out), _NEVER)
        chosen = logits.log_softmax(1).masked_fill(~self._on_device(right), -np.inf).logsumexp(1)
        weights = self._on_device(np.array([1.0 if c.answerable else _UNANSWERED for c in contests], dtype=np.float32))
        loss: Tensor = -(chosen * weights).mean()
        return loss

    def changes(self) -> dict[str, Tensor]:
        """What `rag.embedding.word_reader` reads."""
        found = {COUNTS: self.counts.weight, COUNTS_BIAS: self.counts.bias}
        for name, layer in self.changed.items():
            found |= {name + DOWN: layer.down, name + UP: layer.up}
        return {name: tensor.detach().half().cpu().contiguous() for name, tensor in found.items()}

    def _read(self, texts: Sequence[str]) -> tuple[Tensor, Tensor, Tensor]:
        """Unit vectors of the tokens, `(n, longest, dimension)`, their states, and which are tokens of the text."""
        rows = [self._tokens(text) for text in texts]
        ids = np.zeros((len(rows), max(map(len, rows))), dtype=np.int64)
        mask = np.zeros_like(ids)
        own = np.zeros(ids.shape, dtype=bool)
        for i, row in enumerate(rows):
            ids[i, : len(row)], mask[i, : len(row)], own[i, 1 : len(row) - 1] = row, 1, True
        states = self.transformer(
            input_ids=self._on_device(ids), attention_mask=self._on_device(mask)
        ).last_hidden_state.float()
        return functional.normalize(states, dim=-1), states, self._on_device(own)

    def _tokens(self, text: str) -> list[int]:
        if text not in self._ids:
            ids = self._tokenizer.encode(text).ids
            self._ids[text] = ids if len(ids) <= _MOST_TOKENS else [*ids[: _MOST_TOKENS - 1], ids[-1]]
        return self._ids[text]

    def _on_device(self, values: NDArray[Any]) -> Tensor:
        return torch.from_numpy(values).to(self.none.device)


def _nearest(asked: Tensor, read: Tensor, is_read: Tensor, at: Tensor) -> Tensor:
    """Cosine of each asked token with the nearest token of each text: `(n, texts, tokens)`."""
    cosines = torch.einsum("iqd,iktd->ikqt", asked, read[at])
    return cosines.masked_fill(~is_read[at].unsqueeze(2), -1).amax(-1)


def train(chooser: Chooser, contests: Sequence[Contest], *, epochs: int, seed: int = 1) -> None:
    """Train the changes on contests in which something is right, printing the mean loss of each epoch.

    Raises:
        ConfigError: If there are none.
    """
    usable = [c for c in contests if c.rivals and (not c.answerable or any(rival.answers for rival in c.rivals))]
    if not usable:
        raise ConfigError("No contest has a right choice: nothing can be learned.")
    torch.manual_seed(seed)
    order = random.Random(seed)  # noqa: S311  # no secret
    low_rank = [p for layer in chooser.changed.values() for p in (layer.down, layer.up)]
    others = [*chooser.counts.parameters(), chooser.of_score, chooser.of_alignment, chooser.none]
    optimiser = torch.optim.AdamW(
        [
            {"params": low_rank, "lr": _LEARNING_RATE},
            {"params": others, "lr": _LEARNING_RATE_OF_COUNTS, "weight_decay": 0.0},
        ],
        weight_decay=0.01,
    )
    steps = epochs * math.ceil(sum(1 for _ in _groups(usable, order)) / _GROUPS)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, (step + 1) / _WARM_UP) * max(0.0, 1 - step / steps)
    )
    device = chooser.none.device.type
    chooser.train()
    for epoch in range(epochs):
        groups = list(_groups(usable, order))
        order.shuffle(groups)
        total = 0.0
        for start in range(0, len(groups), _GROUPS):
            batch = [contest for group in groups[start : start + _GROUPS] for contest in group]
            with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
                loss = chooser.loss(batch)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(low_rank, 1.0)
            optimiser.step()
            schedule.step()
            total += float(loss.detach()) * len(batch)
        print(f"epoch {epoch + 1} of {epochs}: loss {total / len(usable):.4f}", flush=True)
    chooser.eval()


def _groups(contests: Sequence[Contest], order: random.Random) -> Iterator[list[Contest]]:
    """Questions on one title, in a new order each time, in groups that are read together."""
    by_title: dict[str, list[Contest]] = {}
    for contest in contests:
        by_title.setdefault(contest.title, []).append(contest)
    for own in by_title.values():
        order.shuffle(own)
        for start in range(0, len(own), _GROUP):
            yield own[start : start + _GROUP]


def load_chooser() -> tuple[Chooser, str]:
    """A chooser over the bundled model, untrained, and the SHA-256 (hex) of that model's weights.

    Raises:
        ModelUnavailableError: If the bundled model is not there.
    """
    from sentence_transformers import SentenceTransformer

    files = find_model(BUNDLED)
    transformer = SentenceTransformer(str(files.folder), device="cpu", local_files_only=True)[0].auto_model
    tokenizer = Tokenizer.from_file(str(files.transformer / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return Chooser(transformer, tokenizer), hash_files(files)["model.safetensors"]


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out the command; always 0.

    Raises:
        RagError: If the contests or the bundled model cannot be used.
    """
    parser = argparse.ArgumentParser(prog="python -m eval.word_reader_fit", description=__doc__.splitlines()[0])
    parser.add_argument("files", type=Path, nargs="+", help="contests, as `python -m eval.contests` writes them")
    parser.add_argument("--epochs", type=int, default=6, metavar="N", help="times that all of them are read")
    parser.add_argument("--write", type=Path, required=True, metavar="FILE", help="file of the changes to write")
    args = parser.parse_args(argv)
    contests = [contest for file in args.files for contest in read_contests(file)]
    chooser, made_for = load_chooser()
    train(chooser.to("cuda" if torch.cuda.is_available() else "cpu"), contests, epochs=args.epochs)
    save_file(chooser.changes(), args.write, metadata={"made_for": made_for})
    print(f"Written to {args.write}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
