"""The part of the page-data contract that shows why gradients explode, in one unit x_t = w s(x_(t-1)) + b."""

from __future__ import annotations

from rnnscope.report.page_base import PageModel


class Bifurcation(PageModel):
    """Where the unit comes to rest, for many biases and one weight (Figure 3 of Pascanu, Mikolov and Bengio 2013)."""

    weight: float
    biases: list[float]
    """b of each fixed point; along the list the fixed points are one curve."""
    points: list[float]
    """x of each fixed point."""
    stable: list[bool]
    """Whether the unit returns to it after a small push."""
    turns: list[float]
    """Biases at which two fixed points meet and vanish."""


class Descent(PageModel):
    """A walk down the surface by gradient descent."""

    clip: float
    """Largest norm of the gradient; 0 = no clipping."""
    weights: list[float]
    biases: list[float]
    norms: list[float]
    """Of the gradient at each place, before any clipping."""


class Surface(PageModel):
    """The loss at the end of a run, over weight and bias (their Figure 6)."""

    weights: list[float]
    biases: list[float]
    loss: list[list[float]]
    """[weight][bias] (s(x_T) - target)^2."""
    steps: int
    """T."""
    start: float
    """x_0."""
    target: float
    rate: float
    """Step size of the descents."""
    largest_norm: float
    """Largest gradient norm on the grid."""
    median_norm: float
    descents: list[Descent]


class Cliff(PageModel):
    """Why gradients explode."""

    bifurcation: Bifurcation
    surface: Surface
