"""The peer is the same network, and what is compared before a measurement is really compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rnnscope.bench import check
from rnnscope.bench.peers import MODULES, Peer, Reading, Sampling, Training
from rnnscope.bench.training import Step, refuse_divergence
from rnnscope.config import RecurrentConfig, TrainConfig
from rnnscope.corpus.lanes import reading_lanes
from rnnscope.corpus.split import Segment
from rnnscope.errors import Diverged, MachineError
from rnnscope.model.build import build
from rnnscope.model.char_rnn import CharRNN
from rnnscope.model.read import score
from rnnscope.native.network import BFLOAT16_PATHS, paths

from .conftest import MakeJob, readable

needs_library = pytest.mark.skipif(not paths(), reason="needs the compiled library")


def network(cell: Any, layers: int = 2) -> CharRNN:
    found = build(RecurrentConfig(cell=cell, layers=layers, hidden=6), 9, 1, "naive")
    assert isinstance(found, CharRNN)
    return found


def chunks(count: int = 3) -> list[tuple[torch.Tensor, torch.Tensor]]:
    random = torch.Generator().manual_seed(3)

    def ids() -> torch.Tensor:
        return torch.randint(9, (5, 4), generator=random)

    return [(ids(), ids()) for _ in range(count)]


@pytest.mark.oracle
@pytest.mark.parametrize("cell", MODULES)
def test_both_sides_make_the_same_training(cell: str) -> None:
    """Ten whole steps, state carried, gradients clipped: the losses of torch.nn with torch.optim are ours."""
    config = TrainConfig(clip=0.05)  # so small that every gradient is clipped
    theirs = Training(network(cell), config, chunks(), autocast=False)
    ours = Step(network(cell), config, chunks())
    for _ in range(10):
        assert theirs.step() == pytest.approx(ours(), rel=1e-5)


@pytest.mark.law
@pytest.mark.parametrize("cell", MODULES)
def test_autocast_trains(cell: str) -> None:
    """Under autocast the state is carried too, whatever its type, and the loss stays near the other's."""
    plain, cast = (Training(network(cell), TrainConfig(), chunks(), autocast=cast) for cast in (False, True))
    for _ in range(4):
        assert cast.step() == pytest.approx(plain.step(), rel=2e-2)


@pytest.mark.oracle
def test_both_sides_give_the_same_scores() -> None:
    """The reading of the peer scores every position of the lanes but the first of the text as ours does."""
    ids_N = np.random.default_rng(2).integers(0, 9, 70)
    pieces = reading_lanes([Segment(0, 70)], lanes=4, warm=13)
    theirs = Reading(network("lstm"), ids_N, pieces, steps=6).score()
    np.testing.assert_allclose(theirs[1:], score(network("lstm"), ids_N, pieces)[1:], atol=1e-5)
    assert np.isnan(theirs[0])


@pytest.mark.law
def test_the_loop_draws_in_every_lane() -> None:
    """Symbols of the alphabet, one for each lane, and the state goes on from call to call."""
    loop = Sampling(network("lstm"), lanes=3, threads=1)
    loop.draw(5)
    before = loop.state[0].clone()
    loop.draw(1)
    assert loop.ids.shape == (1, 3)
    assert bool(((loop.ids >= 0) & (loop.ids < 9)).all())
    assert not torch.equal(before, loop.state[0])


@pytest.mark.law
@pytest.mark.usefixtures("readable_networks")
def test_right_gradients_pass(job: MakeJob) -> None:
    """The readable steps of all cells are inside the limit."""
    check.refuse_wrong_gradients(job("train", "all"))


@pytest.mark.planted
@pytest.mark.parametrize("name", ["layers.0.weight_hh", "output.bias"])
def test_a_wrong_gradient_ends_the_benchmark(name: str, job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gradient that is off by a thousandth is refused by name, and no speed is reported."""

    def faulty(*arguments: Any) -> CharRNN:
        found = readable(*arguments)
        assert isinstance(found, CharRNN)
        right = found.gradients

        def wrong(*inputs: Any) -> Any:
            result = right(*inputs)
            gradient = dict(found.named_parameters())[name].grad
            assert gradient is not None
            gradient.mul_(1.001)
            return result

        monkeypatch.setattr(found, "gradients", wrong)
        return found

    monkeypatch.setattr(check, "network_of", faulty)
    with pytest.raises(MachineError, match="lstm on portable in float32: its gradients differ"):
        check.refuse_wrong_gradients(job("train"))


def drawn(count: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """A sample of the readable network by the definition of the inverse distribution function."""
    uniforms_N = np.random.default_rng(5).random(count)
    ids: list[int] = [4]
    peer = Peer(network("lstm"))
    with torch.inference_mode():
        for uniform in uniforms_N[1:]:
            logits, _ = peer(torch.tensor(ids)[:, None])
            edges = torch.softmax(logits[-1, 0].double(), -1).cumsum(-1).numpy()
            ids.append(int(np.searchsorted(edges, uniform, side="right")))
    return np.array(ids), uniforms_N


@pytest.mark.planted
def test_a_wrong_draw_ends_the_benchmark(job: MakeJob) -> None:
    """Right symbols pass; one symbol's neighbour in its place is found, and which one it was is said."""
    ids_N, uniforms_N = drawn(30)
    check.refuse_wrong_draws(network("lstm"), ids_N, uniforms_N, job("sample"))
    ids_N[17] = (ids_N[17] + 1) % 9
    with pytest.raises(MachineError, match="symbol 18 is not"):
        check.refuse_wrong_draws(network("lstm"), ids_N, uniforms_N, job("sample"))


@pytest.mark.planted
def test_wrong_scores_end_the_benchmark(job: MakeJob) -> None:
    """A difference of 0.01 nats at one position, or a score that is no number, is refused."""
    theirs = np.array([np.nan, -1.0, -2.0], np.float32)
    check.refuse_wrong_scores(np.array([-3.0, -1.0, -2.0], np.float32), theirs, job("record"))
    for wrong in ([-3.0, -1.0, -2.01], [-3.0, np.nan, -2.0], [np.nan, -1.0, -2.0]):
        with pytest.raises(MachineError, match="cannot measure speed: reading on portable"):
            check.refuse_wrong_scores(np.array(wrong, np.float32), theirs, job("record"))


@pytest.mark.planted
@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_ends_the_benchmark(loss: float) -> None:
    """The speed of arithmetic on NaN is not reported."""
    refuse_divergence(1.0, "ours")
    with pytest.raises(Diverged, match="ours"):
        refuse_divergence(loss, "ours")


@needs_library
@pytest.mark.oracle
@pytest.mark.parametrize("path", paths())
def test_compiled_gradients_pass(path: str, job: MakeJob) -> None:
    """Every path of this machine has the gradients of torch.nn, in bfloat16 too where it computes with it."""
    precisions = ("float32", "bfloat16") if path in BFLOAT16_PATHS else ("float32",)
    check.refuse_wrong_gradients(job("train", "lstm", path=path, precisions=precisions))
