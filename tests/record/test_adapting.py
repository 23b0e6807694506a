from __future__ import annotations

import numpy as np
import pytest
import torch

from rnnscope.config import RecurrentConfig, WindowConfig
from rnnscope.corpus.lanes import Piece
from rnnscope.errors import Diverged
from rnnscope.model.char_rnn import CharRNN
from rnnscope.model.checkpoint import tensors
from rnnscope.model.network import Network
from rnnscope.model.read import score
from rnnscope.model.window_mlp import WindowMLP
from rnnscope.record.adapting import adapted_scores, choose_rate

IDS = np.random.default_rng(1).integers(0, 6, 900)
PIECES = [Piece(0, 130, 0), Piece(300, 411, 240), Piece(700, 701, 690)]


def network(cell: str = "lstm") -> CharRNN:
    return CharRNN(RecurrentConfig(cell=cell, layers=2, hidden=9, init_scale=0.8), 6, seed=2)  # type: ignore[arg-type] # a cell's name


@pytest.mark.law
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "window"])
def test_who_learns_nothing_reads_as_always(cell: str) -> None:
    """With a rate of 0 scores are those of plain reading, bit by bit, the first symbol of the text included."""
    net: Network = WindowMLP(WindowConfig(window=3, hidden=8), 6, seed=1) if cell == "window" else network(cell)
    found = adapted_scores(net, IDS, PIECES, 0.0, segment=20)
    plain = np.concatenate([score(net, IDS, [piece], steps=20) for piece in PIECES])
    assert found.log_probs.tobytes() == plain.tobytes()
    assert found.positions.tolist() == [*range(130), *range(300, 411), 700]
    assert (found.ids == IDS[found.positions]).all()
    assert ((found.ranks == 1) == (found.best == found.ids)).all()


@pytest.mark.law
def test_nobody_looks_ahead() -> None:
    """Another symbol changes its own score and later ones of its piece, no earlier one and no other piece's."""
    net, changed = network(), IDS.copy()
    changed[355] = (changed[355] + 1) % 6
    before, after = (adapted_scores(net, ids, PIECES, 0.5, segment=7) for ids in (IDS, changed))
    differs = before.positions[before.log_probs != after.log_probs]
    assert differs.min() == 355
    assert differs.max() < 411
    assert len(differs) > 40


@pytest.mark.oracle
def test_updates_are_plain_gradient_descent() -> None:
    """Autograd on the readable steps in float64, segment by segment, gives the same scores."""
    ids, rate, segment = IDS[:60], 0.3, 8
    found = adapted_scores(network(), ids, [Piece(0, 60, 0)], rate, segment=segment)
    net = CharRNN(network().config, 6, seed=2).double()
    state, wanted = net.initial_state(1), []
    wanted.append(torch.log_softmax(net.next_logits(state), -1)[0, ids[0]].item())
    for at in range(0, 59, segment):
        stop = min(at + segment, 59)
        true = torch.from_numpy(ids[at + 1 : stop + 1])
        logits, after = net(torch.from_numpy(ids[at:stop])[:, None], state)
        log_probs = torch.log_softmax(logits[:, 0], -1)[torch.arange(stop - at), true]
        wanted += log_probs.tolist()
        gradients = torch.autograd.grad(-log_probs.mean(), list(net.parameters()))
        with torch.no_grad():
            for parameter, gradient in zip(net.parameters(), gradients, strict=True):
                parameter -= rate * gradient
        state = {name: values.detach() for name, values in after.items()}
    np.testing.assert_allclose(found.log_probs, wanted, atol=2e-5)


@pytest.mark.law
def test_the_network_stays_as_it_was() -> None:
    """Weights are back and gradients gone, also after a divergence; pieces do not depend on their order."""
    net = network()
    kept = {name: values.copy() for name, values in tensors(net).items()}
    forwards, backwards = (adapted_scores(net, IDS, pieces, 0.2) for pieces in (PIECES, PIECES[::-1]))
    assert forwards.log_probs[:130].tobytes() == backwards.log_probs[-130:].tobytes()
    with pytest.raises(Diverged):
        adapted_scores(net, IDS, PIECES, 1e38)
    assert all((values == kept[name]).all() for name, values in tensors(net).items())
    assert all(parameter.grad is None for parameter in net.parameters())


@pytest.mark.planted
def test_what_repeats_is_learnt() -> None:
    """On a text that repeats a random stretch, adapting lowers the loss; a rate that destroys is not chosen."""
    net, ids = network(), np.tile(np.random.default_rng(4).integers(0, 6, 12), 60)
    pieces = [Piece(360, 720, 0)]
    chosen = choose_rate(net, ids, pieces, rates=(0.0, 0.1, 1e38))
    assert chosen.rate == 0.1
    assert chosen.losses_nats[0.1] < chosen.losses_nats[0.0] - 0.3
    assert chosen.losses_nats[1e38] == np.inf
