from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rnnscope.config import RecurrentConfig
from rnnscope.corpus import text
from rnnscope.corpus.lanes import Piece, reading_lanes
from rnnscope.corpus.planted_kinds import c_code, speech
from rnnscope.corpus.split import Segment
from rnnscope.features.source import Source
from rnnscope.features.tracks import tracks
from rnnscope.model.build import build
from rnnscope.model.char_rnn import CharRNN
from rnnscope.model.wired import FULL, OPEN, SHUT, Line, Planted, Readout, both, heard, reads, trace, wire
from rnnscope.record.causal import ablated_pairs, clamped, donors, interchanged
from rnnscope.record.folds import chunks
from rnnscope.record.intervene import log_odds
from rnnscope.record.moments import replay

from .cases import CASES, DECOYS, GUILLEMETS, Case

READ = 4000
ALL = pytest.mark.parametrize("case", [*CASES, *DECOYS], ids=lambda case: case.name)


@cache
def memories(case: Case) -> NDArray[np.float32]:
    """The memory of every cell after each of the first symbols, [L, N, H], read in lanes that begin anywhere."""
    net = case.network()
    name = net.spec.memory
    memory_LNH = np.zeros((net.depth, READ, net.hidden), np.float32)
    for chunk in chunks(net, case.ids_N, reading_lanes([Segment(0, READ)], lanes=4), quantities=[name]):
        memory_LNH[:, chunk.positions] = chunk.quantities[name]
    return memory_LNH


@cache
def targets(case: Case) -> NDArray[np.int64]:
    """Declared target positions of the feature among the first symbols."""
    source = Source(_text(case))
    target = tracks(_text(case), [case.feature.name])[case.feature.name].feature.target(next(iter(source.languages)))
    assert target is not None
    assert set(case.feature.symbols) <= set(target.symbols)
    return np.flatnonzero(target.positions(source)[:READ])


def _text(case: Case) -> text.Text:
    return text.from_string(case.text[: READ + 200], name=f"planted.{'c' if case.feature.text == 'c' else 'txt'}")


def rank_score(memory_N: NDArray[np.float32], values_N: NDArray[Any]) -> float:
    """2 AUROC - 1, or Spearman's rho of numbers, by plain ranking."""
    ranks = []
    for array in (memory_N, values_N):
        _, level_N, counts = np.unique(array, return_inverse=True, return_counts=True)
        ranks.append((np.cumsum(counts) - counts / 2)[level_N])
    if values_N.dtype == bool:
        return float(2 * (ranks[0][values_N].mean() - ranks[0][~values_N].mean()) / len(values_N))
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


@pytest.mark.planted
@ALL
def test_texts_have_the_feature(case: Case) -> None:
    """The truth of the generator is what the registered feature says about the text, wherever that is known."""
    track = tracks(_text(case), [case.feature.name])[case.feature.name]
    known_N = track.valid_N[:READ]
    assert known_N.mean() > 0.9
    np.testing.assert_array_equal(track.values_N[:READ][known_N], case.values_N[:READ][known_N])


@pytest.mark.planted
@ALL
def test_carriers_follow_their_feature(case: Case) -> None:
    """Every cell that is said to carry the feature has nearly a perfect score; echoes stay below a tracker's."""
    for (layer, cell), expected in case.carriers.items():
        score = rank_score(memories(case)[layer, :, cell], case.values_N[:READ])
        if expected == "none":
            assert abs(score) < 0.5, (layer, cell, score)
        else:
            assert score > 0.97, (layer, cell, score)


@pytest.mark.planted
@ALL
def test_effects_are_as_planted(case: Case) -> None:
    """Interchange moves the predicted odds at target positions where the carrier is causal, and nowhere else."""
    net = case.network()
    positions = np.random.default_rng(1).choice(targets(case), 60, replace=False)
    moments = replay(net, case.ids_N[: READ + 2], [Piece(0, READ, 0)], positions)
    values_N = case.values_N[:READ]
    if values_N.dtype == bool:
        on_N, off_N = values_N, ~values_N
    else:
        on_N, off_N = values_N >= np.quantile(values_N, 0.8), values_N <= np.quantile(values_N, 0.2)
    symbols = [case.alphabet.index(symbol) for symbol in case.feature.symbols]
    free_P = log_odds(net, moments, None, symbols)[0, 0]
    assert np.isfinite(free_P).all()
    for (layer, cell), expected in case.carriers.items():
        put_in = donors(memories(case)[layer, :, [cell]], on_N, off_N)
        after_PDQ = interchanged(net, moments, layer, net.spec.memory, [cell], put_in, symbols)[0]
        change = (after_PDQ[:, 0] - after_PDQ[:, 1]).mean()
        if expected == "causal":
            assert change > 1, (layer, cell, change)
        elif expected != "none":
            assert abs(change) < 0.05, (layer, cell, change)


@pytest.mark.planted
@pytest.mark.parametrize(
    "case", [case for case in DECOYS if "redundant" in case.carriers.values()], ids=lambda c: c.name
)
def test_threefold_cells_stand_in_for_each_other(case: Case) -> None:
    """One of three equal cells can be silenced without effect; two cannot."""
    net = case.network()
    inside = targets(case)[case.values_N[targets(case)]][:60]
    moments = replay(net, case.ids_N[: READ + 2], [Piece(0, READ, 0)], inside)
    symbols = [case.alphabet.index(symbol) for symbol in case.feature.symbols]
    free_P = log_odds(net, moments, None, symbols)[0, 0]
    alone = clamped(net, moments, 0, net.spec.memory, [7, 8], memories(case)[0][:, [7, 8]].T, symbols)["ablated"]
    (pair_P,) = ablated_pairs(net, moments, 0, [(7, 8)], symbols)
    assert np.abs(alone - free_P).max() < 0.3
    assert (free_P - pair_P).mean() > 1


@pytest.mark.law
@pytest.mark.parametrize("cell", ["rnn", "lstm", "lstm-peephole", "lstm-coupled", "gru", "gru-torch"])
def test_only_planted_cells_change(cell: str) -> None:
    """Other cells keep the weights of what they hear from each other and from the symbols, and hear no planted cell."""
    config = RecurrentConfig.model_validate({"cell": cell, "layers": 2, "hidden": 6, "peephole": "full"})
    plain, made = (build(config, 5, seed=1) for _ in range(2))
    assert isinstance(made, CharRNN)
    gates = trace(cell, reads(3), 0.0)
    wire(made, [Planted(0, 2, gates)], [Readout(4, [1, 2], 7.0)])
    others = [0, 1, 3, 4, 5]
    for (name, new), old in zip(made.named_parameters(), plain.parameters(), strict=True):
        change = (new - old).detach().reshape(-1, *new.shape[1:])
        if name == "output.weight":
            wanted = np.zeros((5, 6))
            wanted[1:3, 4] = 7
            np.testing.assert_allclose(change.numpy(), wanted, atol=1e-6)
        elif name == "layers.1.weight_ih":
            assert not new[:, 2].any()
            assert not change[:, others].any()
        elif name.startswith("layers.0."):
            rows = [row for row in range(len(new)) if row % 6 != 2]
            assert not (
                change[rows][:, others] if name.endswith(("weight_hh", "_i", "_f", "_o")) else change[rows]
            ).any()
            if name.endswith("weight_hh"):
                assert not new[rows][:, 2].any()
        else:
            assert not change.any()


@pytest.mark.golden
def test_a_trace_fades_by_its_decay() -> None:
    """An LSTM trace of decay 1/2 holds 1, 1/2, 1/4 after its sign, and h is tanh of that."""
    net = build(RecurrentConfig(cell="lstm", layers=1, hidden=3), 2, seed=1)
    assert isinstance(net, CharRNN)
    wire(net, [Planted(0, 1, trace("lstm", reads(1), 0.5))], [])
    (chunk,) = chunks(net, np.array([0, 1, 0, 0, 1]), [Piece(0, 5, 0)])
    np.testing.assert_allclose(chunk.quantities["c"][0, :, 1], [0, 1, 0.5, 0.25, 1.125], atol=1e-6)
    np.testing.assert_allclose(chunk.quantities["h"][0, :, 1], np.tanh([0, 1, 0.5, 0.25, 1.125]), atol=1e-6)


@pytest.mark.golden
def test_lines_add_up() -> None:
    """Sums, differences and multiples of lines are those of their weights; both is 1 only where both are."""
    line = 2 * (reads(1) - heard("gru", 3)) + 0.5
    assert (line.bias, line.symbols, line.own, line.below) == (0.5, {1: 2.0}, {3: -2.0}, {})
    assert 1 - Line(0.25, {0: 1.0}) == Line(0.75, {0: -1.0})
    assert both(reads(0), reads(1)) == Line(-1.0, {0: 1.0, 1: 1.0})
    assert heard("lstm", 0).own[0] * np.tanh(1) == pytest.approx(1)
    assert (OPEN.bias, SHUT.bias) == (FULL, -FULL)
    assert (torch.sigmoid(torch.tensor([FULL, -FULL])) == torch.tensor([1.0, 0.0])).all()


@pytest.mark.law
@pytest.mark.parametrize("make", [speech, c_code, lambda seed, length: speech(seed, length, GUILLEMETS)])
def test_longer_texts_begin_with_shorter_ones(make: Any) -> None:
    """Text and tracks are functions of the seed, of exactly the length that was asked for."""
    short, long = make(5, 700), make(5, 3000)
    assert (len(short.text), long.text[:700]) == (700, short.text)
    for name, values_N in short.tracks.items():
        np.testing.assert_array_equal(values_N, long.tracks[name][:700])
    assert make(6, 700).text != short.text
