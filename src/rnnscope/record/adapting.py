"""A network that goes on learning while it reads: dynamic evaluation (Mikolov et al. 2010; Krause et al. 2018).

The text is read in segments. Each is scored first and learnt from afterwards, by one step of plain stochastic gradient
descent on its mean loss: theta <- theta - rate * gradient (Krause et al. 2018, section 3, with the gradient clipped as
in training). So what is said of a symbol depends on the symbols before it alone, and with a rate of 0 it is what the
network says anyway, bit by bit. Every piece begins with the weights that training left, at its warm start: pieces know
nothing of each other, and all of a piece, its warm-up included, is learnt from.

Dimension letters: T steps of a segment, B = 1 lane, N positions, V symbols.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from rnnscope.artifacts.scores import Scores
from rnnscope.config import TrainConfig
from rnnscope.corpus.lanes import Piece
from rnnscope.errors import Diverged
from rnnscope.model.network import Network, refuse_overflow, scores_of
from rnnscope.native.network import TargetScores
from rnnscope.train.optimiser import Optimiser

SEGMENT = 20
"""Symbols that are scored before the weights follow: what Krause et al. used for characters."""

RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
"""Learning rates that `choose_rate` tries."""


class Chosen(NamedTuple):
    """The learning rate with the lowest loss.

    Attributes:
        rate: one of those tried.
        scores: with that rate.
        losses_nats: by rate, mean of -log p; infinite where the network diverged.
    """

    rate: float
    scores: Scores
    losses_nats: Mapping[float, float]


def adapted_scores(
    network: Network,
    ids: NDArray[np.integer[Any]],
    pieces: Sequence[Piece],
    rate: float,
    *,
    segment: int = SEGMENT,
) -> Scores:
    """Score pieces of a text with weights that follow what was read.

    Args:
        network: what reads; it has the same weights afterwards as before, and no gradients.
        ids: the whole text, [N].
        pieces: which positions are scored, and where reading and learning begin; each by itself.
        rate: learning rate, at least 0.
        segment: symbols between two updates, at least 1.

    Raises:
        Diverged: weights or predictions are not finite any more.
    """
    assert rate >= 0, rate
    assert segment >= 1, segment
    read: list[TargetScores] = []
    with _borrowed(network) as start:
        for piece in pieces:
            start()
            read.append(TargetScores.joined(list(_read(network, ids, piece, rate, segment))))
    positions = [np.arange(piece.start, piece.stop, dtype=np.int64) for piece in pieces]
    positions_N = np.concatenate([np.empty(0, np.int64), *positions])
    own = [_tail(found, piece.stop - piece.start) for found, piece in zip(read, pieces, strict=True)]
    log_probs_N, ranks_N, best_N = (np.concatenate(columns) for columns in zip(*own, strict=True))
    return Scores(positions_N, ids[positions_N].astype(np.int32), log_probs_N, best_N, ranks_N, {}, {})


def choose_rate(
    network: Network,
    ids: NDArray[np.integer[Any]],
    pieces: Sequence[Piece],
    *,
    rates: Sequence[float] = RATES,
    segment: int = SEGMENT,
) -> Chosen:
    """Find the learning rate with the lowest loss on some pieces, which should be of the validation part.

    Args:
        network, ids, pieces, segment: as for `adapted_scores`.
        rates: what is tried, of which the first must not be too large for the network; of equals the first is chosen.

    Raises:
        Diverged: with the first rate already.
    """
    best = (rates[0], adapted_scores(network, ids, pieces, rates[0], segment=segment))
    losses = {rates[0]: best[1].loss_nats}
    for rate in rates[1:]:
        try:
            scores = adapted_scores(network, ids, pieces, rate, segment=segment)
        except Diverged:
            losses[rate] = math.inf
            continue
        losses[rate] = scores.loss_nats
        if scores.loss_nats < best[1].loss_nats:
            best = rate, scores
    return Chosen(*best, losses)


def _read(
    network: Network, ids: NDArray[np.integer[Any]], piece: Piece, rate: float, segment: int
) -> Iterator[TargetScores]:
    """Scores of every symbol from the warm start on, segment by segment; each is [T, 1]."""
    optimiser = Optimiser(list(network.named_parameters()), TrainConfig(optimiser="sgd"))
    state = network.initial_state(1)
    with torch.no_grad():
        nothing_read_1V = torch.log_softmax(network.next_logits(state), -1)
    first_11 = torch.tensor([[int(ids[piece.warm_start])]])
    yield scores_of(nothing_read_1V[None], first_11)
    for at in range(piece.warm_start, piece.stop, segment):
        stop = min(at + segment, piece.stop)
        inputs_T1 = torch.from_numpy(ids[at:stop].astype(np.int64))[:, None]
        # What comes after the piece is not asked for.
        targets = [*ids[at + 1 : min(stop + 1, piece.stop)].tolist(), *[-1] * (stop == piece.stop)]
        targets_T1 = torch.tensor(targets, dtype=torch.int64)[:, None]
        reading = network.read(inputs_T1, state, log_probs=False, targets=targets_T1)
        assert reading.scores is not None
        refuse_overflow(bool(np.isfinite(reading.scores.log_probs[targets_T1.numpy() >= 0]).all()), "read a text")
        yield reading.scores
        if stop < piece.stop:
            network.gradients(inputs_T1, targets_T1, state)
            norm = optimiser.gradient_norm()
            refuse_overflow(math.isfinite(norm), "learn while reading a text")
            optimiser.step(rate, norm)
        state = reading.state


def _tail(found: TargetScores, count: int) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.int32]]:
    """What was said of the last `count` symbols of a piece; the very last row asks for nothing."""
    rows = slice(len(found.log_probs) - 1 - count, len(found.log_probs) - 1)
    return found.log_probs[rows, 0], found.ranks[rows, 0], found.best[rows, 0]


@contextmanager
def _borrowed(network: Network) -> Iterator[Any]:
    """Gives what puts the weights back as they were; they are so in the end, whatever happens."""
    parameters: list[torch.Tensor] = list(network.parameters())
    kept = [parameter.detach().clone() for parameter in parameters]

    @torch.no_grad()
    def start() -> None:
        torch._foreach_copy_(parameters, kept)

    try:
        yield start
    finally:
        start()
        network.zero_grad(set_to_none=True)
