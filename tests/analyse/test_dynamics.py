from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import entropy

from rnnscope.analyse.dynamics import AT_ONCE, follow

RANDOM = np.random.default_rng(5)
COUNT = AT_ONCE + 300
SHORT, LONG = (RANDOM.dirichlet(np.ones(4) * 0.7, COUNT) for _ in range(2))
SHORT = 0.3 * SHORT + 0.4 * LONG + 0.075
# Symbols come as the longer memory says.
IDS = np.array([RANDOM.choice(4, p=row) for row in LONG])
FAMILIES = {"windows": ["short", "long"], "n-grams": ["uniform"]}
RIVALS = {"short": SHORT, "long": LONG, "uniform": np.full((COUNT, 4), 0.25)}


def logs(rows: np.ndarray) -> np.ndarray:
    return np.log(rows).astype(np.float32)


@pytest.mark.planted
def test_a_network_that_learns_one_rival_after_the_other_is_seen_to() -> None:
    """It begins uniform, becomes the short memory and then the long one: each is nearest in its turn, and overtaken."""
    first, middle, last = np.full((COUNT, 4), 0.25), 0.95 * SHORT + 0.05 * LONG, 0.98 * LONG + 0.02 * SHORT
    states = [(0, 0.0, logs(first)), (10, 1.0, logs(middle)), (20, 2.0, logs(last))]
    found = follow("net", states, {name: logs(rows) for name, rows in RIVALS.items()}, FAMILIES, IDS)
    assert [moment.nearest["windows"] for moment in found.moments][1:] == ["short", "long"]
    by_rival = {milestone.rival: milestone for milestone in found.milestones}
    assert (by_rival["short"].closest, by_rival["long"].closest, by_rival["uniform"].closest) == (1.0, 2.0, 0.0)
    assert by_rival["long"].nearest_from == 2.0
    assert by_rival["long"].overtaken is None
    losses = [moment.loss_nats for moment in found.moments]
    assert losses[2] == pytest.approx(-np.log(last[np.arange(COUNT), IDS]).mean(), abs=1e-5)
    assert by_rival["short"].overtaken is not None
    assert np.interp(by_rival["short"].overtaken, [0, 1, 2], losses) == pytest.approx(
        by_rival["short"].loss_nats, abs=1e-5
    )


@pytest.mark.oracle
def test_divergences_and_differences_are_scipys() -> None:
    """Both directions added, and the loss of the rival less the network's."""
    network = 0.5 * SHORT + 0.5 * LONG
    found = follow(
        "net", [(3, 0.5, logs(network))], {name: logs(rows) for name, rows in RIVALS.items()}, FAMILIES, IDS
    ).moments[0]
    rows = np.arange(COUNT)
    for name, rival in RIVALS.items():
        both = entropy(network, rival, axis=1).mean() + entropy(rival, network, axis=1).mean()
        assert found.symmetric[name] == pytest.approx(both, abs=1e-5)
        wanted = np.mean(np.log(network[rows, IDS]) - np.log(rival[rows, IDS]))
        assert found.ahead[name] == pytest.approx(wanted, abs=1e-5)
