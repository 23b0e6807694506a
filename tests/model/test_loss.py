from __future__ import annotations

import math

import pytest
import torch

from rnnscope.model.loss import cross_entropy, squared_error


@pytest.mark.oracle
def test_cross_entropy_of_known_probabilities() -> None:
    """Logits that are logarithms of probabilities give the sum of -log p of the targets, in nats."""
    logits = torch.tensor([[[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]]).log()
    sum_nats, count = cross_entropy(logits, torch.tensor([[1, 2]]))
    assert count == 2
    assert float(sum_nats) == pytest.approx(math.log(4) - math.log(0.8))


@pytest.mark.law
def test_ignored_targets_count_nothing_and_move_nothing() -> None:
    """A target of -1 adds nothing to sum and count, and its logits get a gradient of exactly 0."""
    logits = torch.randn(3, 2, 5, generator=torch.Generator().manual_seed(1), requires_grad=True)
    targets = torch.tensor([[0, -1], [4, 2], [-1, -1]])
    sum_nats, count = cross_entropy(logits, targets)
    sum_nats.backward()
    assert count == 3
    assert float(sum_nats.detach()) == pytest.approx(
        sum(float(cross_entropy(logits.detach()[at], targets[at])[0]) for at in range(3)), rel=1e-6
    )
    assert logits.grad is not None
    assert bool((logits.grad[targets == -1] == 0).all())
    assert bool((logits.grad[targets >= 0] != 0).all())


@pytest.mark.law
def test_nothing_asked_is_zero_not_nan() -> None:
    """A chunk without targets has loss 0, count 0 and gradient 0."""
    logits = torch.randn(2, 2, 5, requires_grad=True)
    sum_nats, count = cross_entropy(logits, torch.full((2, 2), -1))
    sum_nats.backward()
    assert (float(sum_nats.detach()), count) == (0.0, 0)
    assert logits.grad is not None
    assert not logits.grad.any()


@pytest.mark.oracle
def test_squared_error_reads_masked_steps_only() -> None:
    """Only the masked steps enter, whatever stands elsewhere, and the count is steps times numbers."""
    outputs = torch.tensor([[[1.0, 2.0]], [[3.0, 4.0]]], requires_grad=True)
    targets = torch.tensor([[[float("nan"), 0.0]], [[3.5, 2.0]]])
    total, count = squared_error(outputs, targets, torch.tensor([[False], [True]]))
    total.backward()
    assert (float(total.detach()), count) == (4.25, 2)
    assert outputs.grad is not None
    assert outputs.grad.tolist() == [[[0.0, 0.0]], [[-1.0, 4.0]]]
