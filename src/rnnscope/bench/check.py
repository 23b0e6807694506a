"""No speed without the right numbers: gradients, draws and scores are compared before anything is timed.

Gradients are held against `torch.nn` in float64, or against the readable steps in float64 for cells that torch does not
have. A difference ends the benchmark.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rnnscope.bench.options import Job, Precision
from rnnscope.bench.peers import MODULES, Peer
from rnnscope.config import CellName, Kernel, RecurrentConfig
from rnnscope.errors import MachineError
from rnnscope.model.build import build
from rnnscope.model.char_rnn import CharRNN
from rnnscope.model.network import Network

LAYERS, HIDDEN, VOCABULARY, STEPS, LANES = 2, 21, 13, 9, 7
"""Sizes that are no multiple of anything."""

LIMITS: dict[Precision, float] = {"float32": 1e-4, "bfloat16": 5e-2}
"""Largest difference of a gradient, relative to the largest element of its tensor."""

LOG_PROBABILITY_LIMIT = 1e-3


def network_of(cell: CellName, layers: int, hidden: int, job: Job, precision: Precision = "float32") -> CharRNN:
    """A network of ours, as a training would make it, computed by the job's path."""
    kernel: Kernel = f"fused:{job.path}"  # type: ignore[assignment]  # options.py has checked the path
    config = RecurrentConfig(cell=cell, layers=layers, hidden=hidden)
    network = build(config, job.vocabulary, job.seed, kernel, precision=precision)
    assert isinstance(network, CharRNN)
    return network


def refuse_wrong_gradients(job: Job) -> None:
    """Compare the gradients of every cell and precision of the job.

    Raises:
        MachineError: one of them is wrong.
    """
    small = job.model_copy(update={"vocabulary": VOCABULARY})
    for cell in dict.fromkeys(case.cell for case in job.cases):
        for precision in job.precisions:
            network = network_of(cell, LAYERS, HIDDEN, small, precision)
            worst = max(_differences(network).values())
            if not worst <= LIMITS[precision]:
                raise wrong(
                    f"{cell} on {job.path} in {precision}",
                    f"its gradients differ from PyTorch's by {worst:.2g} relative, {LIMITS[precision]:g} is allowed",
                )


def _differences(network: CharRNN) -> dict[str, float]:
    random = torch.Generator().manual_seed(1)
    inputs_TB, targets_TB = (torch.randint(VOCABULARY, (STEPS, LANES), generator=random) for _ in range(2))
    state = {
        name: torch.rand(values.shape, generator=random) - 0.5 for name, values in network.initial_state(LANES).items()
    }
    right = _right_gradients(network, inputs_TB, targets_TB, state)
    network.gradients(inputs_TB, targets_TB, state)
    found = {}
    for name, weight in network.named_parameters():
        assert weight.grad is not None
        difference = (weight.grad.double() - right[name]).abs().max() / right[name].abs().max()
        found[name] = float(difference)
    return found


def _right_gradients(
    network: CharRNN, inputs_TB: torch.Tensor, targets_TB: torch.Tensor, state: dict[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    doubles = {name: values.double() for name, values in state.items()}
    if network.spec.name not in MODULES:
        readable = build(network.config, network.vocabulary, 1, "naive").double()
        readable.load_state_dict(network.state_dict())
        readable.gradients(inputs_TB, targets_TB, doubles)
        return {name: weight.grad for name, weight in readable.named_parameters() if weight.grad is not None}
    peer = Peer(network).double()
    entering: Any = tuple(doubles[name] for name in network.spec.states)
    logits_TBV, _ = peer(inputs_TB, entering if len(entering) > 1 else entering[0])
    torch.autograd.backward(torch.nn.functional.cross_entropy(logits_TBV.flatten(0, 1), targets_TB.flatten()))
    theirs = dict(peer.named_parameters())
    found = {}
    for ours, name in Peer.names(network.depth).items():
        gradient = theirs[name].grad
        assert gradient is not None
        found[ours] = gradient
    return found


def refuse_wrong_draws(network: Network, ids: NDArray[np.int64], uniforms: NDArray[np.float64], job: Job) -> None:
    """Read a sample with torch and ask whether each symbol is the one that its random number stands for.

    Args:
        network: what drew it, at temperature 1 from the zero state.
        ids: what was drawn, [N].
        uniforms: the random numbers, [N].

    Raises:
        MachineError: a symbol is wrong.
    """
    with torch.inference_mode():
        logits_N1V, _ = Peer(network)(torch.from_numpy(ids[:-1])[:, None])
        edges_NV = torch.softmax(logits_N1V[:, 0].double(), -1).cumsum(-1).numpy()
    # The first symbol comes from the zero state, which torch's modules have no output for.
    at_N = np.arange(len(ids) - 1)
    above_N = edges_NV[at_N, ids[1:]]
    below_N = np.where(ids[1:] > 0, edges_NV[at_N, ids[1:] - 1], 0.0)
    off_N = np.maximum(below_N - uniforms[1:], uniforms[1:] - above_N)
    if not off_N.max() <= LOG_PROBABILITY_LIMIT:
        raise wrong(f"sampling on {job.path}", f"symbol {int(off_N.argmax()) + 2} is not what its random number means")


def refuse_wrong_scores(ours: NDArray[np.float32], theirs: NDArray[np.float32], job: Job) -> None:
    """Compare log-probabilities; where torch has none (NaN) nothing is asked.

    Raises:
        MachineError: they differ.
    """
    worst = float(np.nanmax(np.abs(ours - theirs)))
    if not worst <= LOG_PROBABILITY_LIMIT or not np.isfinite(ours).all():
        raise wrong(f"reading on {job.path}", f"its log-probabilities differ from PyTorch's by {worst:.2g} nats")


def wrong(given: str, why: str) -> MachineError:
    """Word the refusal to report the speed of a wrong result."""
    return MachineError(
        tried="measure speed",
        given=given,
        why=f"{why}, so its speed would mean nothing",
        todo="Use another --kernel, and report this with the output of rnnscope doctor.",
    )
