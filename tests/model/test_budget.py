from __future__ import annotations

import pytest

from rnnscope.config import RecurrentConfig, WindowConfig
from rnnscope.model.budget import parameters, width, window_parameters
from rnnscope.model.build import build

CELLS = ("rnn", "lstm", "lstm-peephole", "lstm-coupled", "gru", "gru-torch")

# Rows: alphabet size and budget. Columns: lstm, rnn, gru, each with 1, 2 and 3 layers.
WIDTHS = {
    (87, 64): (64, 45, 37, 141, 96, 78, 77, 53, 44),
    (87, 128): (128, 84, 68, 273, 174, 139, 151, 98, 79),
    (87, 256): (256, 159, 126, 531, 325, 257, 300, 185, 146),
    (87, 512): (512, 308, 241, 1045, 623, 487, 596, 357, 280),
    (101, 64): (64, 46, 38, 142, 98, 81, 77, 54, 45),
    (101, 128): (128, 85, 69, 274, 178, 143, 152, 100, 81),
    (101, 256): (256, 161, 128, 534, 329, 260, 300, 187, 149),
    (101, 512): (512, 310, 243, 1048, 628, 492, 596, 359, 282),
}


@pytest.mark.golden
@pytest.mark.parametrize(("vocabulary", "budget"), WIDTHS)
def test_widths_of_the_paper(vocabulary: int, budget: int) -> None:
    """The widths that match the one-layer LSTM are the known ones for War and Peace (87) and Linux (101)."""
    found = tuple(width(budget, cell, layers, vocabulary) for cell in ("lstm", "rnn", "gru") for layers in (1, 2, 3))
    assert found == WIDTHS[vocabulary, budget]


@pytest.mark.golden
def test_budgets_of_the_paper() -> None:
    """With 101 symbols the four budgets are the paper's 50 K, 130 K, 400 K and 1.3 M parameters."""
    assert [parameters("lstm", 1, hidden, 101) for hidden in (64, 128, 256, 512)] == [49317, 131301, 393573, 1311333]


@pytest.mark.oracle
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("peephole", ["diagonal", "full"])
def test_parameters_are_those_of_the_network(cell: str, layers: int, peephole: str) -> None:
    """The formula counts exactly the weights that the network has."""
    network = build(RecurrentConfig(cell=cell, layers=layers, hidden=7, peephole=peephole), 5, seed=1)
    assert parameters(cell, layers, 7, 5, peephole=peephole) == sum(weight.numel() for weight in network.parameters())


@pytest.mark.oracle
def test_window_parameters_are_those_of_the_network() -> None:
    """The formula of the window network counts exactly its weights."""
    network = build(WindowConfig(window=3, hidden=7), 5, seed=1)
    assert window_parameters(3, 7, 5) == sum(weight.numel() for weight in network.parameters())


@pytest.mark.oracle
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 4])
def test_width_is_the_closest_of_all(cell: str, layers: int) -> None:
    """Trying every width finds no closer one, down to a budget of one cell."""
    for budget in (1, 2, 5, 33):
        target = parameters("lstm", 1, budget, 11)
        closest = min(range(1, 200), key=lambda hidden: (abs(parameters(cell, layers, hidden, 11) - target), hidden))
        assert width(budget, cell, layers, 11) == closest


@pytest.mark.law
@pytest.mark.parametrize(("layers", "budget"), [(2, 14), (3, 5)])
def test_of_two_equally_close_widths_the_smaller_is_taken(layers: int, budget: int) -> None:
    """With 4 symbols these two budgets lie exactly in the middle between two widths."""
    chosen, target = width(budget, "lstm", layers, 4), parameters("lstm", 1, budget, 4)
    assert target - parameters("lstm", layers, chosen, 4) == parameters("lstm", layers, chosen + 1, 4) - target > 0


@pytest.mark.law
def test_the_own_width_is_its_own_match() -> None:
    """A one-layer LSTM matches itself at every width."""
    assert all(width(hidden, "lstm", 1, 60) == hidden for hidden in range(1, 300))
