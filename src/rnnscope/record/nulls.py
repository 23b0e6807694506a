"""Networks that cannot have learned anything: what a search finds in them, it finds by chance.

Untrained networks are the same architecture with the starting weights of other seeds. Permuted networks have the
trained weights, each matrix and vector of each gate shuffled within itself: the same sizes, signs and spread, no
structure. Both are fed through the same folds as the trained network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch

from rnnscope.model.build import build
from rnnscope.model.char_rnn import CharRNN
from rnnscope.model.network import Network
from rnnscope.model.seeds import generator


@dataclass(frozen=True)
class Null:
    """A network without knowledge.

    Attributes:
        kind: how it was made.
        seed: from what.
        network: reads like the trained one.
    """

    kind: Literal["untrained", "permuted"]
    seed: int
    network: Network


def untrained(network: Network, seeds: Sequence[int]) -> Iterator[Null]:
    """The same architecture and way of starting, one network per seed; made when it is asked for.

    Args:
        network: whose likes are made.
        seeds: of the starting weights, each in [0, 2^32); the trained network's own would give its first weights.
    """
    for seed in seeds:
        yield Null("untrained", seed, build(network.config, network.vocabulary, seed))


@torch.no_grad()
def permuted(network: CharRNN, seeds: Sequence[int]) -> Iterator[Null]:
    """The trained weights, shuffled within each gate's block of each matrix and vector; the output layer stays.

    Args:
        network: trained; it is not changed.
        seeds: of the permutations, each in [0, 2^32).
    """
    blocks = len(network.spec.blocks)
    for seed in seeds:
        null = build(network.config, network.vocabulary, 0)
        null.load_state_dict(network.state_dict())
        for number, (name, weight) in enumerate(null.named_parameters()):
            if not name.startswith("layers."):
                continue
            # Weights of a gate are a block of rows; a peephole is of one gate alone.
            parts = weight.chunk(1 if "peephole" in name else blocks)
            random = generator(seed, number)
            for part in parts:
                order = torch.randperm(part.numel(), generator=random)
                part.copy_(part.flatten()[order].view_as(part))
        yield Null("permuted", seed, null)
