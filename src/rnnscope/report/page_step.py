"""The part of the page-data contract that shows one step of a network: its equations, its weights, its gradients.

With the weights a page can compute what the network computed, from the recorded states, for any symbol and any cell.
"""

from __future__ import annotations

from rnnscope.report.page_base import Packed, PageModel, Text


class Peephole(PageModel):
    """How a gate sees the memory."""

    gate: str
    weight: Packed
    """[cell] where each cell sees only itself, [cell, cell] where each sees all."""


class Weights(PageModel):
    """The parameters of one layer; the rows of a block stand together, in the order of `blocks`."""

    input: Packed
    """[block * cell, input]: inputs are the passage's table of symbols in the lowest layer, else the cells below."""
    recurrent: Packed
    """[block * cell, cell]"""
    bias_input: Packed
    """[block * cell]"""
    bias_recurrent: Packed
    """[block * cell]"""
    peepholes: list[Peephole]


class StateGradient(PageModel):
    """How much the loss of the next symbol would feel a change of one state, by how long ago the state was."""

    state: str
    log10_norm: Packed
    """[layer, distance, position] decimal logarithm of the norm of d loss / d state; distance 0 is the state at the
    position, and the loss is that of the symbol after it."""


class Anatomy(PageModel):
    """What one step of a network is made of."""

    states: list[str]
    blocks: list[str]
    """What each block of rows of the weights computes."""
    equations: list[str]
    """In the order of computation: `@` is the matrix product, `*` element by element, a prime marks what enters."""
    keep: str | None
    """Which share of the old memory stays, as an expression; null where no gate decides that."""
    weights: list[Weights]
    """By layer; empty where the network has too many."""
    why: Text | None
    """Why there are no weights."""
    gradients: list[StateGradient]
