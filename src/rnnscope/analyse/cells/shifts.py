"""What chance gives: features shifted against the cells, round the end of the part, further than two blocks.

A shift keeps everything that a feature and a cell are by themselves, their spectra included, and parts them from each
other. The same shift is applied to all features at once, so that the largest of all studentised scores is compared with
what the largest is by chance: the family-wise error over all candidates is held (Westfall and Young 1993).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.cells.blocks import Array, Sums, studentised
from rnnscope.errors import InputError

SHIFTS = 199


@dataclass(frozen=True)
class Null:
    """What the shifts gave for one feature and some cells.

    Args:
        scores: without a shift, among all positions, [K]; studentised ones beside them.
        shifted: the same under S shifts, [K, S].
    """

    scores: Array
    studentised: Array
    shifted_scores: Array
    shifted_studentised: Array


def draw(n: int, blocks: NDArray[np.int64], count: int = SHIFTS, seed: int = 0) -> NDArray[np.int64]:
    """Choose shifts, each longer than the two longest blocks, forward and round the end.

    Args:
        n: positions of the part.
        blocks: lengths of the longest blocks in use.
        count: different shifts.
        seed: of the choice.

    Raises:
        InputError: the part is too short for that.
    """
    least = 2 * int(blocks.max()) + 1
    if n - 2 * least + 1 < count:
        raise InputError(
            tried="confirm cells by shifting features",
            given=f"a part of {n:,} symbols in blocks of up to {int(blocks.max()):,}",
            why="a shift longer than two blocks comes round to less than two blocks from the other side",
            todo="Give a longer text that the network was not trained on, as TEXT.",
        )
    shifts = least + np.random.default_rng(seed).choice(n - 2 * least + 1, count, replace=False)
    return np.sort(shifts).astype(np.int64)


def null_of(
    ranks: Array, feature: Array, valid: Array, starts: NDArray[np.int64], shifts: NDArray[np.int64], *, graded: bool
) -> Null:
    """Scores of some cells for one feature, as it is and shifted.

    Ranks are those among all positions, valid or not: a shifted feature is valid elsewhere. Where validity is not
    complete these scores differ a little from those that are reported; both sides of the comparison are alike.

    Args:
        ranks: centred ranks of K cells, [K, N].
        feature: 0 or 1, or centred ranks, 0 where not valid, [N].
        valid: 0 or 1, [N].
        starts: where each block starts, [B].
        shifts: how far, [S].
        graded: which score is meant.
    """
    n = ranks.shape[1]
    ranks_KN = ranks.astype(np.float32)
    moved = np.concatenate([[0], shifts])
    tracks = {"v": valid, "s": feature * valid, "ss": feature**2 * valid}
    twice = {name: np.concatenate([track, track]) for name, track in tracks.items()}
    running = {name: np.concatenate([[0.0], np.cumsum(track)]) for name, track in twice.items()}
    complete = bool(valid.all())
    stops = np.append(starts[1:], n)
    # Position p of a cell meets position p + shift of the feature.
    low_SB, high_SB = moved[:, None] + starts, moved[:, None] + stops
    sums = {name: track[high_SB] - track[low_SB] for name, track in running.items()}
    shape = (len(ranks_KN), len(moved), len(starts))
    sums |= {name: np.empty(shape) for name in ("r", "rr", "rs")}
    float32 = {name: track.astype(np.float32) for name, track in twice.items()}
    for b, (start, stop) in enumerate(zip(starts.tolist(), stops.tolist(), strict=True)):
        block_Kn = ranks_KN[:, start:stop]
        held_nS = _windows(float32["s"], start, stop, moved)
        sums["rs"][:, :, b] = block_Kn @ held_nS
        if complete:
            sums["r"][:, :, b] = block_Kn.sum(axis=1, dtype=np.float64)[:, None]
            sums["rr"][:, :, b] = (block_Kn**2).sum(axis=1, dtype=np.float64)[:, None]
        else:
            valid_nS = _windows(float32["v"], start, stop, moved)
            sums["r"][:, :, b] = block_Kn @ valid_nS
            sums["rr"][:, :, b] = block_Kn**2 @ valid_nS
    all_sums = Sums(**sums, graded=graded)
    scores_KS: Array = all_sums.total().score()
    scores_KS[np.isnan(scores_KS)] = 0.0
    studentised_KS = studentised(all_sums)
    return Null(scores_KS[:, 0], studentised_KS[:, 0], scores_KS[:, 1:], studentised_KS[:, 1:])


def _windows(track: NDArray[np.float32], start: int, stop: int, moved: NDArray[np.int64]) -> NDArray[np.float32]:
    """The shifted track at the positions of one block, [n, S]."""
    windows = np.lib.stride_tricks.sliding_window_view(track, stop - start)
    return windows[start + moved].T
