"""How well every feature can be read from one cell, some cells and all cells, beside the same for control labels."""

from __future__ import annotations

import numpy as np

from rnnscope.analyse.cells.columns import Columns
from rnnscope.analyse.cells.labels import Labels, part_positions
from rnnscope.analyse.cells.probes import Moments, Probe, Readout, control_values, fit, measure, targets_of
from rnnscope.api.search.material import Material, some_units
from rnnscope.api.search.states import States
from rnnscope.model.network import Network

SYMBOLS = 40_000
"""Of the first part to fit readings, and of the second to score them; whole units, spread evenly."""


def probes(network: Network, material: Material, columns: Columns, *, seed: int) -> list[Probe]:
    """Fit readings on the first part and score them on the second.

    Args:
        network: whose cells are read. material: text and features. columns: of the cells.
        seed: of the control labels.

    Returns:
        For every feature the best cell, the best 2, 4, ... and all; empty without features.
    """
    if not len(material.tracks):
        return []
    fitting, scoring = (some_units(part, SYMBOLS) for part in (material.parts.discover, material.parts.confirm))
    both = sorted([*fitting, *scoring])
    positions_N = part_positions(both)
    all_labels = material.labels(both)
    # Classes of the first symbol of a unit take the last one of the unit before for its predecessor: a control may.
    control_FN = control_values(all_labels, material.ids[positions_N], len(positions_N), seed=seed)
    labels = [material.labels(part) for part in (fitting, scoring)]
    controls = [
        Labels(all_labels.features, control_FN, all_labels.valid, part, known=positions_N)
        for part in (fitting, scoring)
    ]
    targets_NF = np.concatenate([targets_of(labels[0]), targets_of(controls[0])], axis=1)
    moments = Moments(columns, labels[0].positions, targets_NF)
    States(network, material.ids, fitting).feed(moments)
    readings = fit(*moments.result())
    readout = Readout(columns, labels[1].positions, readings)
    States(network, material.ids, scoring).feed(readout)
    return measure(readings, readout.result(), labels[1], controls[1])
