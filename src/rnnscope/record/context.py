"""What older text is worth: the same network, with everything older than k symbols put out of its sight.

Three ways to do that. *replaced*: it has read another place of the text instead, as long as its usual warm-up. *reset*:
it has read nothing, which no network was trained for. *shuffled*: it has read the same older symbols in a random order,
so that their frequencies are there and their order is not. The network's better smoothing stays; its memory goes.

A lane that begins at s and reads on gives, at symbol s + k, a prediction from exactly k symbols. So the whole curve
costs one reading of its longest context, and each k is measured at positions of its own: compare with what the network
gives these positions with its whole memory. Dimension letters: S lanes, K contexts, W symbols of other text, V symbols.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from rnnscope.corpus.lanes import WARM
from rnnscope.errors import InputError
from rnnscope.model.network import LANE_AXIS, Network, State, refuse_overflow
from rnnscope.native.network import TargetScores

Older = Literal["replaced", "reset", "shuffled"]
"""What stands in the place of older text."""

LANES = 100
"""Lanes read side by side."""

POOL = 500
"""Other places from which a network enters where every position of a part has to enter from one."""

SIDE_BY_SIDE = 1000
"""Positions that are read side by side from there."""


def context_curve(
    network: Network,
    ids: NDArray[np.integer[Any]],
    starts: NDArray[np.int64],
    longest: int,
    *,
    older: Older = "replaced",
    seed: int = 0,
    warm: int = WARM,
) -> NDArray[np.float32]:
    """Log p of the symbols after a start, each from as many symbols as lie between.

    Args:
        network: what reads.
        ids: the whole text, [N], in [0, V).
        starts: where lanes begin to read the text as it is, [S]; at most N - longest - 1.
        longest: K - 1, the longest context, at least 0.
        older: what each lane has read before.
        seed: of the places that replace older text and of the order in which it is shuffled.
        warm: W, symbols of other or shuffled text.

    Returns:
        Natural logarithms, [K, S]: [k, s] belongs to the symbol at starts[s] + k and used ids[starts[s]:starts[s] + k].

    Raises:
        InputError: a start lies too near to an end of the text.
        Diverged: the network's states overflow.
    """
    assert longest >= 0, longest
    _refuse_starts(ids, starts, longest + 1, warm if older == "shuffled" else 0)
    random = np.random.default_rng(seed)
    found_KS = np.empty((longest + 1, len(starts)), np.float32)
    for first in range(0, len(starts), LANES):
        starts_B = starts[first : first + LANES]
        state = _entering(network, ids, starts_B, older, random, warm)
        read_TB = ids[starts_B + np.arange(longest + 1)[:, None]].astype(np.int64)
        found_KS[:, first : first + LANES] = _log_probs(network, read_TB, state)
    refuse_overflow(bool(np.isfinite(found_KS).all()), "read a text")
    return found_KS


def limited_scores(
    network: Network,
    ids: NDArray[np.integer[Any]],
    positions: NDArray[np.int64],
    context: int,
    *,
    older: Literal["replaced", "reset"] = "replaced",
    seed: int = 0,
    warm: int = WARM,
) -> TargetScores:
    """Scores of symbols, each from exactly the k symbols before it.

    A predictor like any other for the analyses of errors: what it lacks beside the network itself is memory alone.
    Every position enters from the state after one of `POOL` other places of the text, drawn for it among those that
    lie at least a warm-up away.

    Args:
        network, ids, seed, warm: as for `context_curve`.
        positions: of the symbols, [N], at least one.
        context: k, at least 1.
        older: whether the network has read another place before, or nothing.

    Returns:
        Log p, rank and most likely symbol, [N] each. Near the beginning of the text its end stands for what is missing.

    Raises:
        Diverged: the network's states overflow.
    """
    assert context >= 1, context
    random = np.random.default_rng(seed)
    length = min(warm, len(ids) // 3)
    places_P = random.integers(0, len(ids), POOL)
    pool = _after(network, ids[(places_P[:, None] + np.arange(-length, 0)) % len(ids)]) if older == "replaced" else None
    drawn_N = _far_places(positions, places_P, length, len(ids), random)
    found = []
    for first in range(0, len(positions), SIDE_BY_SIDE):
        positions_B = positions[first : first + SIDE_BY_SIDE]
        chosen_B = torch.from_numpy(drawn_N[first : first + SIDE_BY_SIDE])
        state = (
            network.initial_state(len(positions_B))
            if pool is None
            else {name: values.index_select(LANE_AXIS, chosen_B) for name, values in pool.items()}
        )
        read_KB = ids[(positions_B + np.arange(-context, 0)[:, None]) % len(ids)].astype(np.int64)
        targets_KB = np.full_like(read_KB, -1)
        targets_KB[-1] = ids[positions_B]
        reading = network.read(torch.from_numpy(read_KB), state, log_probs=False, targets=torch.from_numpy(targets_KB))
        assert reading.scores is not None
        found.append(reading.scores[-1:])
    scores = TargetScores.joined(found, axis=1).each(lambda column: column[0])
    refuse_overflow(bool(np.isfinite(scores.log_probs).all()), "read a text")
    return scores


def _far_places(
    positions: NDArray[np.int64], places_P: NDArray[np.int64], least: int, count: int, random: np.random.Generator
) -> NDArray[np.int64]:
    """For each position one of the places, drawn among those that are not near it on the text as a circle, [N]."""
    drawn_N = random.integers(0, len(places_P), len(positions))
    while True:
        away_N = (positions - places_P[drawn_N]) % count
        near_N = (away_N < least) | (away_N >= count - least)
        if not near_N.any():
            return drawn_N
        drawn_N[near_N] = random.integers(0, len(places_P), int(near_N.sum()))


@torch.no_grad()
def _entering(
    network: Network,
    ids: NDArray[np.integer[Any]],
    starts_B: NDArray[np.int64],
    older: Older,
    random: np.random.Generator,
    warm: int,
) -> State:
    state = network.initial_state(len(starts_B))
    if older == "reset" or not warm:
        return state
    if older == "shuffled":
        before_BW = ids[starts_B[:, None] + np.arange(-warm, 0)]
        read_BW = random.permuted(before_BW, axis=1)
    else:
        # Another place, at least a warm-up away on either side, of the text seen as a circle.
        length = min(warm, len(ids) // 3)
        away_B = random.integers(length, len(ids) - length, len(starts_B))
        read_BW = ids[(starts_B[:, None] + away_B[:, None] + np.arange(-length, 0)) % len(ids)]
    return _after(network, read_BW)


def _after(network: Network, read_BW: NDArray[np.integer[Any]]) -> State:
    """The state of lanes that have read W symbols each."""
    state = network.initial_state(len(read_BW))
    for at in range(0, read_BW.shape[1], 100):
        inputs_TB = torch.from_numpy(np.ascontiguousarray(read_BW[:, at : at + 100].T).astype(np.int64))
        state = network.read(inputs_TB, state, log_probs=False).state
    return state


@torch.no_grad()
def _log_probs(network: Network, read_TB: NDArray[np.int64], state: State) -> NDArray[np.float32]:
    """Log p of every symbol of the lanes, [T, B]."""
    before_1BV = torch.log_softmax(network.next_logits(state), -1)[None]
    rows = []
    for at in range(0, len(read_TB), 100):
        inputs_TB = torch.from_numpy(read_TB[at : at + 100])
        reading = network.read(inputs_TB, state)
        next_TBV = torch.cat([before_1BV, reading.log_probs[:-1]])
        rows.append(next_TBV.gather(-1, inputs_TB[..., None])[..., 0].numpy())
        before_1BV, state = reading.log_probs[-1:].clone(), reading.state
    return np.concatenate(rows)


def _refuse_starts(ids: NDArray[np.integer[Any]], starts: NDArray[np.int64], ahead: int, behind: int) -> None:
    outside = len(starts) > 0 and (starts.min() < behind or starts.max() + ahead > len(ids))
    if len(ids) < 3 or outside:
        raise InputError(
            tried="read with a limited context",
            given=f"a text of {len(ids):,} symbols",
            why=f"every lane needs {behind:,} symbols before its start and {ahead:,} from there on",
            todo="Use a shorter context, or a longer text.",
        )


def sample_starts(
    segments: Sequence[tuple[int, int]], longest: int, count: int, seed: int = 0, behind: int = 0
) -> NDArray[np.int64]:
    """Starts of lanes that are measured inside a part, drawn without return.

    Args:
        segments: [start, stop) of the part.
        longest: the longest context: every symbol of a lane lies in the segment.
        count: how many at most.
        seed: of the draw.
        behind: symbols that must lie before a start in the text.

    Returns:
        Sorted starts; fewer where the part is small, none where no segment is long enough.
    """
    possible = np.concatenate(
        [
            np.arange(max(start, behind), max(stop - longest, max(start, behind)), dtype=np.int64)
            for start, stop in segments
        ]
        or [np.empty(0, np.int64)]
    )
    chosen = np.random.default_rng(seed).choice(possible, min(count, len(possible)), replace=False)
    return np.sort(chosen)
