"""Small untrained networks over a known alphabet, and what a layer-by-layer NumPy recurrence makes of a text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.artifacts import commit
from rnnscope.artifacts.recording import Recording
from rnnscope.config import RecurrentConfig
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.corpus.lanes import Piece
from rnnscope.model.build import build
from rnnscope.model.checkpoint import tensors
from rnnscope.model.network import Network
from rnnscope.record.part import record_part

from ..cells import numpy_cells

SYMBOLS = "\n !abcdé漢"
ALPHABET = Alphabet("characters", np.array([ord(symbol) for symbol in SYMBOLS], np.uint32))
CELLS = ("rnn", "lstm", "lstm-peephole", "lstm-coupled", "gru", "gru-torch")


def network(cell: str = "lstm", **fields: Any) -> Network:
    """Untrained, with weights large enough to drive gates over their whole range."""
    settings = {"cell": cell, "layers": 2, "hidden": 5, "init_scale": 0.9} | fields
    return build(RecurrentConfig.model_validate(settings), ALPHABET.size, seed=3)


def draw_ids(count: int, seed: int = 0) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(ALPHABET.size, size=count)


def oracle(net: Network, ids: NDArray[np.int64]) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.float64]]:
    """Every quantity [L, N, H] and the log-probabilities of what comes after each position [N, V], in float64."""
    assert isinstance(net.config, RecurrentConfig)
    weights = {name: array.astype(np.float64) for name, array in tensors(net).items()}
    below_T1D = np.eye(net.vocabulary)[ids][:, None]
    layers = []
    for layer in range(net.depth):
        prefix = f"layers.{layer}."
        own = {name.removeprefix(prefix): array for name, array in weights.items() if name.startswith(prefix)}
        start = {name: np.zeros((1, net.hidden)) for name in net.spec.states}
        layers.append(numpy_cells.forward(net.config.cell, net.spec.variant, below_T1D, start, own))
        below_T1D = layers[-1]["h"]
    logits_NV = below_T1D[:, 0] @ weights["output.weight"].T + weights["output.bias"]
    quantities = {name: np.stack([layer[name][:, 0] for layer in layers]) for name in layers[0]}
    return quantities, log_softmax(logits_NV)


def log_softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted = logits - logits.max(-1, keepdims=True)
    result: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return result


def record(folder: Path, net: Network, ids: NDArray[np.int64], pieces: Sequence[Piece], **more: Any) -> Recording:
    """Record pieces into a folder and open it."""
    with commit.commit(folder, kind="record/test") as draft:
        record_part(draft, net, ids, pieces, **more)
    return Recording(folder, commit.verify(folder, "record/test"))
