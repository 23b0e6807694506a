"""What networks without knowledge score: the bars that candidates have to exceed.

Every such network reads the whole second part, and its cells are scored at some of its positions (`sampled`). A score
depends on nothing but the network, the text and the features, so it is kept for the next search that asks for it:
another network of the same architecture, trained from another seed or for longer, has the same untrained peers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.cells import sampled
from rnnscope.analyse.cells.columns import Keep
from rnnscope.analyse.cells.discover import best_of
from rnnscope.analyse.cells.labels import Labels
from rnnscope.api.search.material import Material
from rnnscope.api.search.scan import columns_of
from rnnscope.api.search.states import pieces_of
from rnnscope.artifacts.sealed import canonical
from rnnscope.model.char_rnn import CharRNN
from rnnscope.record import folds, nulls

METHOD = 1
"""Changes whenever the same network, text and features would be given other scores."""

Kept = MutableMapping[str, list[float | None]]
"""Best scores for every feature (None: too few of either label), by what they were made from."""


class Bars(NamedTuple):
    """What candidates have to exceed.

    Args:
        untrained: largest |score| of each untrained network for each feature, [M, F]. permuted: of permuted weights.
        positions: of the second part at which cells were scored. kept: how many networks did not have to read.
    """

    untrained: NDArray[np.float64]
    permuted: NDArray[np.float64]
    positions: int
    kept: int


def bars(
    network: CharRNN,
    material: Material,
    *,
    untrained: Sequence[int],
    permuted: Sequence[int],
    seed: int,
    kept: Kept,
    announce: Callable[[str], None],
) -> Bars:
    """Score networks that cannot have learned anything on the second part.

    Args:
        network: whose likes are made. material: what they read.
        untrained, permuted: seeds of the networks of either kind.
        seed: of the sample of positions.
        kept: scores of earlier searches; new ones are added.
        announce: is told how far it is.
    """
    labels = material.labels(material.parts.confirm)
    sample = sampled.draw(labels, seed=seed)
    same = _facts(network, material, labels, seed)
    weights = hashlib.sha256(b"".join(p.detach().numpy().tobytes() for p in network.parameters())).hexdigest()
    found: dict[str, list[NDArray[np.float64]]] = {"untrained": [], "permuted": []}
    wanted = [("untrained", one) for one in untrained] + [("permuted", one) for one in permuted]
    read = 0
    for number, (kind, one) in enumerate(wanted, 1):
        facts = same | {"kind": kind, "seed": one} | ({"weights": weights} if kind == "permuted" else {})
        key = hashlib.sha256(canonical(facts)).hexdigest()
        best = kept.get(key)
        if best is None or len(best) != len(labels):
            announce(f"network without knowledge {number} of {len(wanted)} ({kind}) reads the second part")
            made = nulls.untrained(network, [one]) if kind == "untrained" else nulls.permuted(network, [one])
            scored_F = _best(next(iter(made)).network, material, labels, sample)
            kept[key] = best = [None if np.isnan(score) else float(score) for score in scored_F]
            read += 1
        found[kind].append(np.array([np.nan if score is None else score for score in best]))
    rows = {kind: np.array(scores).reshape(-1, len(labels)) for kind, scores in found.items()}
    return Bars(rows["untrained"], rows["permuted"], len(sample.at), len(wanted) - read)


def _best(network: Any, material: Material, labels: Labels, sample: sampled.Sample) -> NDArray[np.float64]:
    columns = columns_of(network)
    keep = Keep(columns, range(len(columns)), labels.positions[sample.at])
    pieces = pieces_of(material.parts.confirm)
    folds.feed(network, material.ids, pieces, [keep], quantities=columns.quantities)  # read once, so nothing is held
    return best_of(sampled.scores(keep.result(), labels, sample))


def _facts(network: CharRNN, material: Material, labels: Labels, seed: int) -> dict[str, Any]:
    """Everything that the best scores of an untrained network are made from, but for its own seed."""
    features = hashlib.sha256()
    for feature, values_N, valid_N in zip(labels.features, labels.values, labels.valid, strict=True):
        features.update(b"graded" if feature.graded else b"binary")
        features.update(values_N.tobytes() + np.packbits(valid_N).tobytes())
    return {
        "method": METHOD,
        "network": network.config.model_dump(mode="json"),
        "vocabulary": network.vocabulary,
        "text": hashlib.sha256(material.ids.astype(np.uint32).tobytes()).hexdigest(),
        "part": [[int(start), int(stop)] for start, stop in material.parts.confirm],
        "features": features.hexdigest(),
        "sample": [sampled.EACH_LABEL, seed],
    }
