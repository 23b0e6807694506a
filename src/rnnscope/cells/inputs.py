"""What enters a layer at each step, for all steps of a chunk at once: W_x x_t + b_ih.

A one-hot vector times a matrix is a column of that matrix, so symbols are looked up and never spelled out as vectors of
zeros and a one; only torch's own kernel, which multiplies by itself, needs `dense`.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

NO_SYMBOL = -1
"""The id of the symbol before a text's first one: nothing, a vector of zeros."""


def input_term(inputs: Tensor, weight_ih: Tensor, bias_ih: Tensor) -> Tensor:
    """The input's share of all gates, x_TBR with R = G H.

    Args:
        inputs: dense input x_TBD, or symbols ids_TB: integers in [0, D), or NO_SYMBOL.
        weight_ih: [R, D].
        bias_ih: [R].
    """
    if inputs.is_floating_point():
        return functional.linear(inputs, weight_ih, bias_ih)
    rows_VR = weight_ih.T
    if _has_absent(inputs, len(rows_VR)):
        inputs = inputs.masked_fill(inputs == NO_SYMBOL, len(rows_VR))
        rows_VR = torch.cat([rows_VR, rows_VR.new_zeros(1, rows_VR.shape[1])])
    return functional.embedding(inputs, rows_VR) + bias_ih


def dense(inputs: Tensor, weight_ih: Tensor) -> Tensor:
    """Inputs as x_TBD: what is dense already passes, symbols become one-hot vectors, NO_SYMBOL zeros."""
    if inputs.is_floating_point():
        return inputs
    vocabulary = weight_ih.shape[1]
    _has_absent(inputs, vocabulary)
    return (inputs.unsqueeze(-1) == torch.arange(vocabulary, device=inputs.device)).to(weight_ih.dtype)


def _has_absent(ids: Tensor, vocabulary: int) -> bool:
    low, high = (int(end) for end in ids.aminmax())
    assert low >= NO_SYMBOL, f"symbol {low} is below {NO_SYMBOL}"
    assert high < vocabulary, f"symbol {high} in a vocabulary of {vocabulary}"
    return low == NO_SYMBOL
