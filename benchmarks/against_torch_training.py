"""Is a training here what a plain torch.nn.LSTM script would do? Same start, same data order, written independently.

    python benchmarks/against_torch_training.py warpeace --budget 128 --layers 2 --epochs 3

The peer below shares nothing with the package but the file of starting weights: it reads the bytes itself, cuts the
stream split itself, and trains `torch.nn.LSTM` + `torch.nn.Linear` with `torch.optim.RMSprop`. Two things must hold
before any speed is reported: the first 200 training losses agree to 1e-4 (relative, as means over 10 updates), and the
test losses differ by at most 0.02 nats. The two trainings run one after the other in one process.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file

from rnnscope import api
from rnnscope.corpus.read import load

ROWS, STEPS = 100, 100
WARM = 1000
LOSS_TOLERANCE_RELATIVE = 1e-4
TEST_TOLERANCE_NATS = 0.02


class Peer(torch.nn.Module):
    """One-hot bytes, a stacked torch.nn.LSTM, a linear layer."""

    def __init__(self, symbols: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.symbols = symbols
        self.lstm = torch.nn.LSTM(symbols, hidden, layers)
        self.linear = torch.nn.Linear(hidden, symbols)

    def forward(self, ids, state=None):
        hidden, state = self.lstm(torch.nn.functional.one_hot(ids, self.symbols).float(), state)
        return self.linear(hidden), state

    def take(self, weights) -> None:
        names = {"weight_ih": "weight_ih", "weight_hh": "weight_hh", "bias_ih": "bias_ih", "bias_hh": "bias_hh"}
        tensors = {name: torch.from_numpy(array) for name, array in weights.items()}
        state = {
            f"lstm.{theirs}_l{layer}": tensors[f"layers.{layer}.{ours}"]
            for ours, theirs in names.items()
            for layer in range(self.lstm.num_layers)
        }
        state |= {"linear.weight": tensors["output.weight"], "linear.bias": tensors["output.bias"]}
        self.load_state_dict(state)


def read_rows(data: bytes) -> tuple[np.ndarray, np.ndarray, int, int]:
    """Ids of the rows and of the symbol before each of them, and how many chunks train and validate."""
    ids = np.unique(np.frombuffer(data, np.uint8), return_inverse=True)[1]
    chunks = len(ids) // (ROWS * STEPS)
    kept = ids[: ROWS * STEPS * chunks]
    before = np.concatenate([kept[:1], kept[:-1]])
    return kept.reshape(ROWS, -1), before.reshape(ROWS, -1), int(chunks * 0.8), int(chunks * 0.1)


def train_peer(peer: Peer, rows: np.ndarray, before: np.ndarray, chunks: int, epochs: int):
    rule = torch.optim.RMSprop(peer.parameters(), lr=2e-3, alpha=0.95, eps=1e-8)
    losses, seconds = [], 0.0
    for epoch in range(epochs):
        for group in rule.param_groups:
            group["lr"] = 2e-3 * 0.95 ** max(0, epoch - 9)
        state = None
        for chunk in range(chunks):
            started = time.perf_counter()
            span = slice(chunk * STEPS, (chunk + 1) * STEPS)
            inputs, targets = torch.tensor(before[:, span].T), torch.tensor(rows[:, span].T.copy())
            if chunk == 0:  # the text's first symbol has nothing before it: it reads itself and is no target
                targets[0, 0] = -1
            logits, state = peer(inputs, state)
            state = tuple(part.detach() for part in state)
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-1)
            rule.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(peer.parameters(), 5.0, error_if_nonfinite=True)
            rule.step()
            losses.append(float(loss.detach()))
            seconds += time.perf_counter() - started
    return losses, ROWS * STEPS * len(losses) / seconds


def peer_test_loss(peer: Peer, rows: np.ndarray, start: int) -> float:
    total = 0.0
    with torch.no_grad():
        inputs, targets = torch.tensor(rows[:, start - WARM - 1 : -1].T), torch.tensor(rows[:, start - WARM :].T.copy())
        logits, _ = peer(inputs)
        logp = torch.log_softmax(logits, -1).gather(-1, targets[..., None])[WARM:, :, 0]
        total = -float(logp.double().mean())
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text")
    parser.add_argument("--budget", type=int, default=128)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    settings = {
        "symbols": "bytes", "split": "streams", "cell": "lstm", "budget": options.budget, "layers": options.layers,
        "threads": options.threads, "sample_length": 0,
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        api.train(options.text, Path(folder) / "start", epochs=0, **settings)
        run = api.train(options.text, Path(folder) / "run", epochs=options.epochs, **settings)
        weights = load_file(Path(folder) / "start" / "checkpoints" / "step-000000" / "weights.safetensors")
        last = api.evaluate(Path(folder) / "run", part="test", checkpoint="last")
        metrics = [row for row in run.metrics if row["step"] and row["step"] % 10 == 0]

    data = load(options.text, symbols="bytes").codes_N.astype(np.uint8).tobytes()
    rows, before, train_chunks, valid_chunks = read_rows(data)
    hidden = weights["output.weight"].shape[1]
    peer = Peer(weights["output.weight"].shape[0], hidden, options.layers)
    peer.take(weights)
    losses, peer_speed = train_peer(peer, rows, before, train_chunks, options.epochs)
    theirs = peer_test_loss(peer, rows, (train_chunks + valid_chunks) * STEPS)

    tens = np.array(losses[:200]).reshape(-1, 10).mean(1)
    ours = np.array([row["train_loss_nats"] for row in metrics[: len(tens)]])
    worst = float(np.max(np.abs(ours / tens - 1)))
    agree = worst < LOSS_TOLERANCE_RELATIVE and abs(last["loss_nats"] - theirs) < TEST_TOLERANCE_NATS
    result = {
        "text": options.text, "hidden": hidden, "layers": options.layers, "epochs": options.epochs,
        "threads": options.threads, "worst_relative_difference_of_first_200_losses": worst,
        "test_loss_nats": last["loss_nats"], "peer_test_loss_nats": theirs, "agree": agree,
    }  # fmt: skip
    if agree:  # no speed is reported for a training that is not the peer's
        speeds = [row["chars_per_second"] for row in metrics]
        result |= {"chars_per_second": float(np.median(speeds)), "peer_chars_per_second": peer_speed}
    print(json.dumps(result, indent=2))
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
