"""Starting weights, each drawn from a random stream of its own that depends on the seed and the parameter's name only.

So adding a layer, or drawing in another order, changes no other parameter. Three ways: `uniform` draws everything,
biases included, from [-scale, scale] (the paper's recipe); `glorot` draws every block of H rows from the uniform
distribution of Glorot and Bengio (2010) and starts biases at 0; `orthogonal` is glorot with every H x H block of
weight_hh a random orthogonal matrix (Saxe, McClelland, Ganguli, 2014).
"""

from __future__ import annotations

import hashlib
import math
from typing import Literal

import torch
from torch import Tensor

from rnnscope.cells.spec import spec as spec_of
from rnnscope.config import RecurrentConfig

Method = Literal["uniform", "glorot", "orthogonal"]


def generator(seed: int, name: str) -> torch.Generator:
    """The random stream of one parameter."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "little"))


def draw(name: str, shape: tuple[int, ...], *, seed: int, method: Method, scale: float, blocks: int = 1) -> Tensor:
    """Draw one parameter, float32.

    Args:
        name: the parameter's full name, such as "layers.0.weight_ih"; its last part says what it is.
        shape: its shape; matrices are [rows, columns] with `blocks` blocks of rows.
        seed: the network's seed.
        method: how.
        scale: half width of the uniform way; not used by the others.
        blocks: G for a cell's stacked weights; each block is drawn as a matrix of its own.
    """
    stream = generator(seed, name)
    kind = name.rpartition(".")[2]
    if method == "uniform":
        return torch.empty(shape).uniform_(-scale, scale, generator=stream)
    if kind.startswith("bias"):
        return torch.zeros(shape)
    if method == "orthogonal" and kind == "weight_hh":
        square = torch.empty(blocks, shape[0] // blocks, shape[1]).normal_(generator=stream)
        return torch.cat([_orthogonal(matrix) for matrix in square])
    # a diagonal peephole is the diagonal of an H x H matrix and gets that matrix's width
    fans = (shape[0] // blocks) + shape[-1]
    width = math.sqrt(6 / fans)
    return torch.empty(shape).uniform_(-width, width, generator=stream)


def _orthogonal(matrix: Tensor) -> Tensor:
    q, r = torch.linalg.qr(matrix)
    # without the signs of R the result is not evenly distributed over the orthogonal matrices (Mezzadri, 2007)
    signed: Tensor = q * r.diagonal().sign()
    return signed


def cell_parameters(config: RecurrentConfig, input_size: int, *, seed: int, prefix: str = "") -> dict[str, Tensor]:
    """The starting weights of one layer, by the names of `CellSpec.parameter_shapes`.

    Args:
        config: cell, hidden, init, init_scale and forget_bias are used.
        input_size: D of this layer.
        seed: the network's seed.
        prefix: put before each name to find its random stream, such as "layers.0.".
    """
    spec = spec_of(config)
    params = {}
    for name, shape in spec.parameter_shapes(input_size, config.hidden).items():
        blocks = len(spec.blocks) if name.startswith(("weight", "bias")) else 1
        params[name] = draw(prefix + name, shape, seed=seed, method=config.init, scale=config.init_scale, blocks=blocks)
    if "f" in spec.blocks:
        params["bias_ih"].view(len(spec.blocks), -1)[spec.blocks.index("f")] += config.forget_bias
    return params
