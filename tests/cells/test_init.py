"""Starting weights: a function of seed and name, distributed as said."""

from __future__ import annotations

import math

import pytest
import torch

from rnnscope.cells.init import cell_parameters, draw
from rnnscope.cells.spec import spec
from rnnscope.config import RecurrentConfig

from .cases import CONFIGS

GOLDEN = [-0.026318883523344994, -0.011417035944759846, -0.012399435043334961, 0.03965400531888008]
"""The first four weights of seed 1."""


@pytest.mark.law
@pytest.mark.parametrize("method", ["uniform", "glorot", "orthogonal"])
@pytest.mark.parametrize("name", CONFIGS)
def test_every_parameter_of_the_table_is_drawn(name: str, method: str) -> None:
    """Names, order and shapes are the gate table's; float32; finite in poisoned memory; the same at every call."""
    config = CONFIGS[name].model_copy(update={"hidden": 6, "init": method})
    first, second = (cell_parameters(config, 4, seed=9, prefix="layers.1.") for _ in range(2))
    shapes = spec(config).parameter_shapes(4, 6)
    assert list(first) == list(shapes)
    for key, value in first.items():
        assert (tuple(value.shape), value.dtype) == (shapes[key], torch.float32)
        assert torch.isfinite(value).all()
        assert torch.equal(value, second[key])


@pytest.mark.law
def test_a_parameter_depends_on_its_seed_and_its_name_alone() -> None:
    """Another draw before it changes nothing; another seed, layer or name changes everything."""
    config = RecurrentConfig(hidden=8)
    layer = cell_parameters(config, 5, seed=1, prefix="layers.0.")
    torch.rand(17)
    cell_parameters(config, 8, seed=1, prefix="layers.1.")
    alone = draw("layers.0.weight_hh", (32, 8), seed=1, method="uniform", scale=0.08)
    assert torch.equal(layer["weight_hh"], alone)
    for other in (
        cell_parameters(config, 5, seed=2, prefix="layers.0.")["weight_hh"],
        cell_parameters(config, 5, seed=1, prefix="layers.1.")["weight_hh"],
        draw("layers.0.weight_ih", (32, 8), seed=1, method="uniform", scale=0.08),
    ):
        assert (other != alone).float().mean() > 0.99


@pytest.mark.golden
def test_the_global_random_state_is_left_alone() -> None:
    """Drawing weights neither reads nor moves torch's global stream."""
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    cell_parameters(RecurrentConfig(hidden=8), 5, seed=1)
    assert torch.equal(torch.rand(4), expected)


@pytest.mark.golden
def test_the_stream_of_a_seed_is_the_one_it_always_was() -> None:
    """Stored values: the first weights of seed 1, so that old seeds keep meaning the same network."""
    drawn = draw("layers.0.weight_hh", (4, 1), seed=1, method="uniform", scale=0.08).flatten()
    torch.testing.assert_close(drawn, torch.tensor(GOLDEN), rtol=0, atol=1e-9)


@pytest.mark.planted
@pytest.mark.parametrize("name", ["lstm", "lstm-peephole-full", "gru"])
def test_uniform_fills_the_interval_evenly(name: str) -> None:
    """All parameters, biases too, lie in [-s, s] with mean 0 and the deviation s / sqrt(3)."""
    config = CONFIGS[name].model_copy(update={"hidden": 60, "init_scale": 0.2})
    values = torch.cat([value.flatten() for value in cell_parameters(config, 50, seed=4).values()])
    assert values.abs().max() <= 0.2
    assert values.abs().max() > 0.1999
    assert abs(float(values.mean())) < 4 * 0.2 / math.sqrt(3 * len(values))
    assert abs(float(values.std()) / (0.2 / math.sqrt(3)) - 1) < 0.02


@pytest.mark.planted
def test_glorot_counts_the_fans_of_one_gate() -> None:
    """Each gate's block has width sqrt(6 / (D + H)) of its own; biases are 0; a peephole vector has sqrt(6 / 2H)."""
    params = cell_parameters(RecurrentConfig(cell="lstm-peephole", hidden=40, init="glorot"), 20, seed=4)
    for key, width in (("weight_ih", 60), ("weight_hh", 80), ("peephole_i", 80)):
        largest = float(params[key].abs().max())
        assert 0.85 * math.sqrt(6 / width) < largest <= math.sqrt(6 / width), key
    assert (params["bias_ih"] == 0).all()
    assert (params["bias_hh"] == 0).all()


@pytest.mark.law
def test_orthogonal_makes_every_recurrent_block_a_rotation() -> None:
    """Each H x H block of weight_hh is orthogonal, no two are equal, and not all have the same determinant's sign."""
    config = RecurrentConfig(hidden=12, init="orthogonal")
    blocks = cell_parameters(config, 5, seed=4)["weight_hh"].view(4, 12, 12)
    torch.testing.assert_close(blocks @ blocks.mT, torch.eye(12).expand(4, 12, 12), rtol=0, atol=1e-5)
    assert (blocks[0] - blocks[1]).abs().max() > 0.1
    assert (cell_parameters(config, 5, seed=4)["weight_ih"].abs() <= math.sqrt(6 / 17)).all()


@pytest.mark.planted
@pytest.mark.parametrize("name", CONFIGS)
def test_the_forget_bias_is_added_to_f_of_b_ih_and_to_nothing_else(name: str) -> None:
    """A forget bias moves the block of f in b_ih by its value; cells without f do not change."""
    base = CONFIGS[name].model_copy(update={"hidden": 6})
    plain = cell_parameters(base, 4, seed=9)
    moved = cell_parameters(base.model_copy(update={"forget_bias": 1.5}), 4, seed=9)
    where = {"lstm": 1, "lstm-peephole-diagonal": 1, "lstm-peephole-full": 1, "lstm-coupled": 0}.get(name)
    for key, value in plain.items():
        expected = value.clone()
        if key == "bias_ih" and where is not None:
            expected[6 * where : 6 * (where + 1)] += 1.5
        torch.testing.assert_close(moved[key], expected)


@pytest.mark.planted
def test_orthogonal_blocks_lean_to_no_side() -> None:
    """A bare QR decomposition makes one corner negative in every block; ours has both signs about equally often."""
    corners = [draw("weight_hh", (5, 5), seed=k, method="orthogonal", scale=1.0)[0, 0] > 0 for k in range(100)]
    assert 30 < sum(map(int, corners)) < 70
