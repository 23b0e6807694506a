"""Change cells at moments of a text, run the network on, and measure what it then expects.

The readable steps of the cells are run with a `hold` that changes many copies of a state at once: the edited quantity
gets an axis of K edits, and what was computed before it is shared by all. A change in the top layer therefore costs
little more than the output layer does, one below it a step of the layers above. It is the same path as for clamps and
recordings, and agrees with them up to the rounding of float32.

Dimension letters: K edits, P positions, R answers (the steps from the position on), V symbols, L layers, H cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnscope.cells.dispatch import reference_step
from rnnscope.cells.hold import Hold, clamping, free
from rnnscope.cells.inputs import input_term
from rnnscope.errors import InputError
from rnnscope.model.char_rnn import CharRNN
from rnnscope.model.network import Network, refuse_absent_layers, refuse_overflow
from rnnscope.record.edits import Edit
from rnnscope.record.moments import Moments

NUMBERS = 2**22
"""Numbers (of 4 bytes) of one quantity of gates, or of distributions, that are computed at once."""

Measure = Callable[[Tensor, Tensor], Tensor]
"""Log-probabilities [K, P, V] and the symbols that did come, [P] -> [K, P]."""


def log_odds(
    network: Network, moments: Moments, edits: Sequence[Edit] | None, symbols: Sequence[int]
) -> NDArray[np.float64]:
    """Natural logarithm of the odds that the next symbol is one of some symbols.

    Args:
        network: what was read with.
        moments: where the edits begin.
        edits: each is tried by itself; None changes nothing (K = 1).
        symbols: ids, at least one and not all.

    Returns:
        [K, R, P]: after edit k and answer r, at position p.

    Raises:
        InputError: an edit is of a layer, cell or quantity that the network does not have, or of a value that is not
            finite; or the network has no recurrence.
        Diverged: the changed states overflow.
    """
    chosen_V = torch.zeros(network.vocabulary, dtype=torch.bool)
    chosen_V[torch.from_numpy(np.asarray(symbols, dtype=np.int64))] = True  # bytes would be taken for a mask
    assert 0 < int(chosen_V.sum()) < network.vocabulary, "odds are of some symbols against the others"

    def measure(log_probs_KPV: Tensor, _: Tensor) -> Tensor:
        return log_probs_KPV[..., chosen_V].logsumexp(-1) - log_probs_KPV[..., ~chosen_V].logsumexp(-1)

    return _measured(network, moments, edits, measure)


def next_log_probs(network: Network, moments: Moments, edits: Sequence[Edit] | None) -> NDArray[np.float64]:
    """Natural logarithm of the probability of the symbol that did come: minus its loss.

    Args, Returns, Raises: as for `log_odds`.
    """

    def measure(log_probs_KPV: Tensor, true_P: Tensor) -> Tensor:
        return log_probs_KPV.gather(-1, true_P.expand(len(log_probs_KPV), -1)[..., None])[..., 0]

    return _measured(network, moments, edits, measure)


def outgoing_weights(network: Network) -> NDArray[np.float64]:
    """Euclidean norm of all weights through which others hear a cell's h: its own layer's, the layer's above or the
    output's, [L, H]. What a cell tells itself is not counted."""
    recurrent = _recurrent(network)
    norms = np.empty((network.depth, network.hidden))
    for layer in range(network.depth):
        own_GHH = (
            recurrent.get_parameter(f"layers.{layer}.weight_hh").detach().reshape(-1, network.hidden, network.hidden)
        )
        others_GHH = own_GHH * (1 - torch.eye(network.hidden))
        top = layer + 1 == network.depth
        above = recurrent.get_parameter("output.weight" if top else f"layers.{layer + 1}.weight_ih").detach()
        norms[layer] = np.sqrt(((others_GHH**2).sum((0, 1)) + (above**2).sum(0)).double().numpy())
    return norms


@torch.no_grad()
def _measured(
    network: Network, moments: Moments, edits: Sequence[Edit] | None, measure: Measure
) -> NDArray[np.float64]:
    recurrent = _recurrent(network)
    found_KRP = np.empty((1 if edits is None else len(edits), moments.answers, len(moments)))
    if len(moments) == 0 or len(found_KRP) == 0:
        return found_KRP
    for numbers, group in _groups(recurrent, moments, edits):
        for answer, log_probs_KPV in enumerate(_distributions(recurrent, moments, group)):
            refuse_overflow(bool(log_probs_KPV.isfinite().all()), "predict the next symbol")
            true_P = torch.from_numpy(moments.ids[moments.window + answer])
            found_KRP[numbers, answer] = measure(log_probs_KPV, true_P).double().numpy()
    return found_KRP


def _groups(
    network: CharRNN, moments: Moments, edits: Sequence[Edit] | None
) -> Iterator[tuple[list[int], Sequence[Edit]]]:
    """Edits that are tried together, with their numbers: of one quantity of one layer, as many as memory allows."""
    if edits is None:
        yield [0], ()
        return
    together: dict[tuple[int, str, int | None], list[int]] = {}
    for number, edit in enumerate(edits):
        refuse_absent_layers(edit.clamps(), network.depth)
        clamping(network.spec, network.hidden, edit.clamps(), network.output["bias"])  # refuses what cannot be
        together.setdefault((edit.layer, edit.quantity, edit.steps), []).append(number)
    lane = max(len(network.spec.blocks) * network.hidden, network.vocabulary)
    most = max(1, NUMBERS // (len(moments) * lane))
    for numbers in together.values():
        for first in range(0, len(numbers), most):
            chosen = numbers[first : first + most]
            yield chosen, [edits[number] for number in chosen]


def _distributions(network: CharRNN, moments: Moments, group: Sequence[Edit]) -> Iterator[Tensor]:
    """Log-probabilities after the position and after each later step, [K, P, V]."""
    step = reference_step(network.spec)
    layers = [dict(weights.items()) for weights in network.layers if isinstance(weights, torch.nn.ParameterDict)]
    entering = {name: torch.from_numpy(moments.entering[name]) for name in network.spec.states}
    states = [{name: values_LPH[layer] for name, values_LPH in entering.items()} for layer in range(network.depth)]
    for number, ids_P in enumerate(moments.ids[:-1]):
        below = torch.from_numpy(ids_P)
        for layer, params in enumerate(layers):
            # An axis of edits appears where the edited quantity is computed; whatever does not depend on it has none.
            x = input_term(below, params["weight_ih"], params["bias_ih"])
            states[layer], _ = step(x, states[layer], params, _holding(group, layer, number))
            below = states[layer]["h"]
        if number + 1 >= moments.window:
            yield torch.log_softmax(network.logits(below), -1).expand(max(1, len(group)), -1, -1)


def _holding(group: Sequence[Edit], layer: int, number: int) -> Hold:
    """The hold that makes every edit of a group in a copy of its own."""
    if not group or layer != group[0].layer:
        return free
    lasting = group[0].steps
    if lasting is not None and number >= lasting:
        return free

    def hold(name: str, value: Tensor) -> Tensor:
        if name != group[0].quantity:
            return value
        copies_KPH = value.expand(len(group), *value.shape[-2:]).clone()
        rows = [(k, cell) for k, edit in enumerate(group) if edit.direction is None for cell in edit.cells]
        if rows:
            k_E, cells_E = torch.tensor(rows).T
            given = [_values(edit, number, value.shape[-2]) for edit in group if edit.direction is None]
            copies_KPH[k_E, :, cells_E] = torch.from_numpy(np.concatenate(given))
        for copy_PH, edit in zip(copies_KPH, group, strict=True):
            if edit.direction is not None:
                direction_C, cells = torch.from_numpy(edit.direction), list(edit.cells)
                wanted_P = torch.from_numpy(_values(edit, number, value.shape[-2])[0])
                missing_P = wanted_P - copy_PH[:, cells] @ direction_C
                copy_PH[:, cells] += missing_P[:, None] * direction_C / direction_C.square().sum()
        return copies_KPH

    return hold


def _values(edit: Edit, number: int, positions: int) -> NDArray[np.float32]:
    """What an edit puts in at a step: [C, P], or [1, P] with a direction."""
    values_CSP = edit.values
    values_CP = values_CSP[:, min(number, values_CSP.shape[1] - 1)]
    rows = 1 if edit.direction is not None else len(edit.cells)
    return np.array(np.broadcast_to(values_CP, (rows, positions)))


def _recurrent(network: Network) -> CharRNN:
    if isinstance(network, CharRNN):
        return network
    raise InputError(
        tried="intervene on cells",
        given="a window network",
        why="it keeps nothing from step to step",
        todo="Take a recurrent network: --cell lstm, for example.",
    )
