from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from rnnscope.analyse.cells.columns import Cell
from rnnscope.analyse.cells.confirm import Figures
from rnnscope.analyse.cells.effects import ERASE, WRITE, Effects, Moments
from rnnscope.analyse.cells.findings import Claim, Findings
from rnnscope.analyse.cells.matched import matched_cells
from rnnscope.analyse.cells.verdict import holm, prove, redundancy, verdict
from rnnscope.units import NATS_PER_BIT

BLOCKS = np.repeat(np.arange(20), 10)


def effects(seed: int, own: float, elsewhere: float = 0.0, largest: float = 0.0, **changes: Any) -> Effects:
    """Noisy effects in 20 blocks: at targets, elsewhere, and of 50 matched cells, one of them `largest`."""
    random = np.random.default_rng(seed)
    matched = random.normal(0, 1, (50, 200))
    matched[17] += largest
    facts = {
        "targets": own + random.normal(0, 1, (5, 200)),
        "direction": np.arange(200) % 2,
        "blocks": BLOCKS,
        "elsewhere": elsewhere + random.normal(0, 1, (5, 200)),
        "elsewhere_blocks": BLOCKS,
        "matched": matched,
    }
    return Effects(**facts | changes)


@pytest.mark.planted
def test_a_cell_with_an_effect_is_causal() -> None:
    """An effect larger than that of every matched cell and than elsewhere is causal, and is given in bits."""
    proof = prove([effects(1, own=2.0)], resamples=999)[0]
    assert proof.causal
    assert proof.why_not == ""
    assert proof.effect_bits == pytest.approx(2 / NATS_PER_BIT, abs=0.15)
    assert proof.interval_bits[0] < proof.effect_bits < proof.interval_bits[1]
    assert len(proof.quantile_bits) == 5
    assert len(proof.matched_bits) == 50
    assert verdict(confirmed=True, proof=proof) == "causal"
    assert verdict(confirmed=False, proof=proof) == "observed"
    assert verdict(confirmed=True, proof=None) == "confirmed"


@pytest.mark.planted
@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"own": 0.0}, "both directions|exceed"),
        ({"own": 2.0, "largest": 2.0}, "largest matched"),
        ({"own": 2.0, "largest": -2.5}, "largest matched"),
        ({"own": 2.0, "elsewhere": 2.0}, "elsewhere"),
        ({"own": -2.0}, "both directions"),
        ({"own": 2.0, "direction": np.zeros(200, int)}, "0 moments in one of the directions"),
        ({"own": 2.0, "matched": np.zeros((49, 200))}, "only 49 matched cells"),
    ],
)
def test_what_is_not_causal(facts: dict[str, Any], reason: str) -> None:
    """No effect, one that others have too, one that is everywhere, the wrong sign, and too little to judge by."""
    proof = prove([effects(2, **facts)], resamples=999)[0]
    assert not proof.causal
    assert any(word in proof.why_not for word in reason.split("|"))


@pytest.mark.planted
def test_one_direction_alone_is_not_enough() -> None:
    """A cell that writes and does not erase is not causal, however large its mean effect."""
    direction = np.arange(200) % 2
    own = np.where(direction == WRITE, 6.0, -0.5) * np.ones((5, 200))
    proof = prove([effects(3, own=0.0, targets=own)], resamples=999)[0]
    assert proof.write_bits is not None
    assert proof.write_bits > 0
    assert proof.why_not == "not as predicted in both directions"


@pytest.mark.planted
def test_cells_without_effect_are_hardly_ever_causal() -> None:
    """Of 60 cells that are like their matched cells, none is called causal."""
    proofs = prove([effects(100 + k, own=0.05) for k in range(60)], resamples=999)
    assert not any(proof.causal for proof in proofs)


@pytest.mark.law
def test_more_claims_ask_for_more() -> None:
    """Holm: the smallest of m probabilities is multiplied by m, the next by m - 1, and none falls below one before."""
    assert holm([0.04, 0.01, 0.03, 0.005]) == pytest.approx([0.06, 0.03, 0.06, 0.02])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []
    alone = prove([effects(4, own=0.37)], resamples=999)[0]
    among = prove([effects(4, own=0.37)] + [effects(5 + k, own=0.0) for k in range(30)], resamples=999)[0]
    assert among.chance >= alone.chance
    assert alone.causal
    assert not among.causal


@pytest.mark.golden
def test_effects_are_positive_as_predicted() -> None:
    """Where the feature holds, values from where it does not are put in; signs follow what was written down."""
    before = np.array([1.0, 2.0])
    after = np.array([[[[3.0], [9.0]], [[9.0], [0.5]]]])
    moments = Moments(before, after, np.array([False, True]), np.array([0, 1]))
    # Write: 3 - 1, rises as predicted. Erase: 0.5 - 2 = -1.5, falls as predicted.
    assert moments.effects(1)[0, :, 0].tolist() == [2.0, 1.5]
    assert moments.effects(-1)[0, :, 0].tolist() == [-2.0, -1.5]
    both = Effects.of(moments._replace(after=np.concatenate([after, after + 1])), moments, 1)
    assert both.direction.tolist() == [WRITE, ERASE]
    assert both.targets.tolist() == [[2.0, 1.5]]
    assert both.matched.tolist() == [[3.0, 0.5]]
    assert both.elsewhere.tolist() == [[2.0, 1.5]]


@pytest.mark.planted
def test_duplicates_and_backups_are_redundant() -> None:
    """Two cells that share the job, or stand in for each other, are; one that does it alone is not."""
    random = np.random.default_rng(6)
    noise = random.normal(0, 0.1, 200)
    shared = redundancy(np.ones(200) + noise, np.ones(200) + noise, 2 * np.ones(200) + noise, BLOCKS, resamples=999)
    assert shared.redundant
    assert not shared.backup
    standing_in = redundancy(noise, -noise, 2 * np.ones(200), BLOCKS, resamples=999)
    assert standing_in.redundant
    assert standing_in.backup
    alone = redundancy(np.ones(200) + noise, 0 * noise, np.ones(200) + noise, BLOCKS, resamples=999)
    assert not alone.redundant


@pytest.mark.law
def test_matched_cells_are_alike() -> None:
    """The nearest in variance and outgoing weight come first; the cell itself and those excluded never do."""
    random = np.random.default_rng(7)
    variance, outgoing = random.lognormal(size=(2, 80))
    variance[5], outgoing[5] = variance[40] * 1.001, outgoing[40]
    chosen = matched_cells(variance, outgoing, 40, excluded=[3, 4])
    assert chosen[0] == 5
    assert len(chosen) == len(set(chosen)) == 50
    assert not {3, 4, 40} & set(chosen)
    assert len(matched_cells(variance[:20], outgoing[:20], 0)) == 19
    assert matched_cells(np.ones(5), np.ones(5), 2) == [0, 1, 3, 4]


@pytest.mark.golden
def test_findings_are_json_with_the_fixed_keys() -> None:
    """Claims are ordered by strength of verdict; layers and cells count from 1; what could not be measured is null."""
    figures = Figures(3, 0, 0.8, score=-0.7, interval=(-0.8, -0.6), untrained=0.2, shifted=0.3, passes={"size": True})
    proof = prove([effects(1, own=2.0)], resamples=99)[0]
    strong = Claim(Cell("c", 1, 17), "inside-quotes", figures, proof=proof)
    weak = Claim(Cell("h", 0, 2), "digits", Figures(5, 1, 0.4, score=float("nan")), notes=["too rare"])
    pair = redundancy(np.ones(200), np.ones(200), 2 * np.ones(200), BLOCKS, resamples=99)
    strong.pairs.append((Cell("c", 1, 18), pair))
    found = Findings([weak, strong], cells=1024, features=41, inapplicable={"docstring": "no Python"})
    document = json.loads(json.dumps(found.to_json(), allow_nan=False))
    first, second = document["claims"]
    assert [first[key] for key in ("layer", "cell", "quantity", "feature", "verdict")] == [
        2, 18, "c", "inside-quotes", "causal"
    ]  # fmt: skip
    assert (first["score"], first["interval"], first["null"]) == (-0.7, [-0.8, -0.6], 0.3)
    assert first["effect_bits"] == pytest.approx(proof.effect_bits)
    assert first["confirmation"]["bound"] == 0.6
    assert first["confirmation"]["beyond_shifts"]
    assert first["redundant_with"] == [{"layer": 2, "cell": 19, "quantity": "c"}]
    assert (second["verdict"], second["score"], second["effect_bits"], second["null"]) == ("observed", None, None, None)
    assert document["searched"] == {"cells": 1024, "features": 41, "inapplicable": {"docstring": "no Python"}}
    assert [claim.feature for claim in found.trackers()] == ["inside-quotes"]
