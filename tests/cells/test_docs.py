"""docs/cells.md and the README of each cell say what the code does; the lecture's form is ours, rearranged."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import pytest
import torch

from rnnscope.cells.dispatch import Choice, run_layer
from rnnscope.cells.spec import SPECS, CellSpec

from .cases import CONFIGS, case
from .numpy_cells import Array, sigmoid

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "cells.md"


def block(spec: CellSpec) -> str:
    """The equations as an indented block."""
    return "".join(f"    {line}\n" for line in spec.equations)


def count_formula(spec: CellSpec) -> str:
    """The last column of the gate table."""
    gates = len(spec.blocks)
    peepholes = " + 3 H, or + 3 H^2 with full matrices" if spec.peepholes else ""
    return f"{f'{gates} ' if gates > 1 else ''}H (D + H + 2){peepholes}"


@pytest.mark.golden
@pytest.mark.parametrize("name", SPECS)
def test_the_page_has_the_row_and_the_equations_of_every_cell(name: str) -> None:
    """The row of the gate table and the equations on the page are those of the code, letter by letter."""
    spec, page = SPECS[name], PAGE.read_text(encoding="utf-8")
    keep = "none says" if spec.keep is None else f"{'1 - ' if spec.keep.mirrored else ''}{spec.keep.gate}"
    cells = [f"`{name}`", ", ".join(spec.states), ", ".join(spec.blocks), spec.memory, keep, count_formula(spec)]
    assert f"| {' | '.join(cells)} |\n" in page
    assert f"\n\n{block(spec)}\n" in page


@pytest.mark.golden
@pytest.mark.parametrize("name", CONFIGS)
def test_each_readme_prints_the_equations_of_its_cell(name: str) -> None:
    """Every variant's equations stand in its folder's README, where the way back is derived and sources are named."""
    given = case(name)
    folder = ROOT / "src" / "rnnscope" / "cells" / given.spec.name.replace("-", "_")
    text = (folder / "README.md").read_text(encoding="utf-8")
    for line in given.spec.equations:
        for activation in ("relu", "sigmoid"):
            line = line.replace(f"h = {activation}(", "h = tanh(")
        assert f"    {line}\n" in text
    assert "\n## The way back\n" in text
    assert "\n## Sources\n" in text


@pytest.mark.golden
def test_the_example_on_the_page_runs() -> None:
    """The page's Python example gives what is printed."""
    result = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert result.attempted > 5
    assert result.failed == 0


def lecture_step(cell: str, W: dict[str, Array], b: dict[str, Array], x: Array, h: Array, C: Array) -> Array:
    """One step for one lane as lectures print it: each gate one matrix W_k acting on [h', x] or [C', h', x]."""

    def act(k: str, *joined: Array) -> Array:
        return W[k] @ np.concatenate(joined) + b[k]

    if cell == "rnn":
        return np.tanh(act("h", h, x))
    if cell == "gru":
        z, r = sigmoid(act("z", h, x)), sigmoid(act("r", h, x))
        return (1 - z) * h + z * np.tanh(act("n", r * h, x))
    peephole = cell == "lstm-peephole"
    seen = (C,) if peephole else ()
    f, candidate = sigmoid(act("f", *seen, h, x)), np.tanh(act("g", h, x))
    i = 1 - f if cell == "lstm-coupled" else sigmoid(act("i", *seen, h, x))
    C = f * C + i * candidate
    return sigmoid(act("o", *((C,) if peephole else ()), h, x)) * np.tanh(C)


@pytest.mark.oracle
@pytest.mark.parametrize("name", ["rnn-tanh", "lstm", "lstm-peephole-full", "lstm-coupled", "gru"])
def test_the_lectures_form_is_ours_rearranged(name: str) -> None:
    """[W_h, W_x] side by side, P in front, biases added: the lecture's equations then give our h."""
    given = case(name, T=1)
    p = {key: value.detach().numpy() for key, value in given.params.items()}
    W, b = {}, {}
    for k, gate in enumerate(given.spec.blocks):
        rows = slice(5 * k, 5 * (k + 1))
        seen = [p[f"peephole_{gate}"]] if f"peephole_{gate}" in p else []
        W[gate] = np.concatenate([*seen, p["weight_hh"][rows], p["weight_ih"][rows]], axis=1)
        b[gate] = p["bias_ih"][rows] + p["bias_hh"][rows]
    ours = run_layer(Choice("naive", ""), given.spec, given.x_TBD, given.state, given.params).h_TBH[0]
    for lane in range(2):
        x, h = given.x_TBD[0, lane].detach().numpy(), given.state["h"][lane].detach().numpy()
        C = given.state["c"][lane].detach().numpy() if "c" in given.state else h
        np.testing.assert_allclose(
            lecture_step(given.spec.name, W, b, x, h, C), ours[lane].detach().numpy(), atol=1e-12
        )


@pytest.mark.oracle
def test_the_stacked_form_of_the_paper_is_the_lstm_with_two_blocks_exchanged() -> None:
    """(i, f, o, g) of one W acting on [x, h'] is ours with columns [W_x, W_h] and the last two blocks exchanged."""
    given = case("lstm", T=1)
    p = given.params
    i, f, g, o = torch.cat([p["weight_ih"], p["weight_hh"]], dim=1).chunk(4)
    b_i, b_f, b_g, b_o = (p["bias_ih"] + p["bias_hh"]).chunk(4)
    stacked = torch.cat([given.x_TBD[0], given.state["h"]], dim=1) @ torch.cat([i, f, o, g]).T
    a = stacked + torch.cat([b_i, b_f, b_o, b_g])
    i, f, o = torch.sigmoid(a[:, :15]).chunk(3, dim=1)
    c = f * given.state["c"] + i * torch.tanh(a[:, 15:])
    ours = run_layer(Choice("naive", ""), given.spec, given.x_TBD, given.state, p)
    torch.testing.assert_close(ours.h_TBH[0], o * torch.tanh(c))
    torch.testing.assert_close(ours.state["c"], c)
