"""Record a short text: every state and gate of every cell while a network reads it, in memory.

The text is one stream from the zero state. What a trace would need of memory is known beforehand; one that is too large
is refused, because parts of any length can be recorded into a folder instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.artifacts.trace import TopNext, Trace, TraceSpec
from rnnscope.cells.hold import Clamp
from rnnscope.cells.spec import CellSpec
from rnnscope.corpus.alphabet import UNSEEN, Alphabet
from rnnscope.corpus.lanes import Piece
from rnnscope.errors import InputError
from rnnscope.model.network import Network
from rnnscope.model.read import read
from rnnscope.record.clamps import written
from rnnscope.units import bytes_text

LIMIT_BYTES = 2 << 30
TOP = 5
"""How many of the most likely next symbols a trace keeps for each position."""


def record_text(
    network: Network,
    alphabet: Alphabet,
    ids: NDArray[np.integer[Any]],
    *,
    clamps: Sequence[Clamp] = (),
    predicts: bool = True,
    steps: int = 100,
    made_from: Mapping[str, str] | None = None,
) -> Trace:
    """Read a text from the zero state and keep everything.

    Args:
        network: what reads.
        alphabet: what its ids stand for.
        ids: the text, [N], N at least 1.
        clamps: values forced inside the recurrence at every step.
        predicts: whether the network has an output layer; without one the trace says nothing about next symbols.
        steps: symbols per chunk; no result depends on it.
        made_from: hashes of network and text.

    Raises:
        InputError: the text is empty, or the trace would not fit into `LIMIT_BYTES`.
    """
    count = len(ids)
    _refuse_size(network, count)
    shape = (network.depth, count, network.hidden)
    quantities = {name: np.empty(shape, np.float32) for name in network.spec.quantities}
    log_probs_N = np.full(count, np.nan, np.float32)
    kept = min(TOP, alphabet.size) if predicts else 0
    top = TopNext(np.zeros((count, kept), np.int32), np.zeros((count, kept), np.float32))
    for block in read(
        network,
        ids,
        [Piece(0, count, 0)],
        steps=steps,
        quantities=network.spec.quantities,
        next_log_probs=predicts,
        clamps=clamps,
    ):
        at = slice(int(block.positions[0, 0]), int(block.positions[-1, 0]) + 1)
        for name, values_LTBH in block.quantities.items():
            quantities[name][:, at] = values_LTBH[:, :, 0]
        if predicts:
            log_probs_N[at] = block.log_probs[:, 0]
            next_TV = block.next_log_probs[:, 0]
            # stable, so that of equals the smallest id comes first
            top.ids[at] = np.argsort(-next_TV, axis=1, kind="stable")[:, :kept]
            top.probabilities[at] = np.exp(np.take_along_axis(next_TV, top.ids[at].astype(np.int64), axis=1))
    codes_N = alphabet.decode(ids).astype(np.int64)
    return Trace(
        spec=trace_spec(network.spec, alphabet),
        quantities=quantities,
        codes=np.where(codes_N == UNSEEN, -1, codes_N),
        ids=np.asarray(ids).astype(np.int64),
        log_probs_N=log_probs_N,
        top_next=top,
        clamps=written(clamps),
        made_from=dict(made_from or {}),
    )


def trace_spec(spec: CellSpec, alphabet: Alphabet) -> TraceSpec:
    """What a trace says of the cell and of the alphabet."""
    facts = spec.facts()
    return TraceSpec(
        cell=spec.name,
        states=spec.states,
        gates=spec.gates,
        ranges={name: (low, high) for name, (low, high) in facts["ranges"].items()},
        names=tuple(alphabet.names()),
        kind=alphabet.kind,
    )


def _refuse_size(network: Network, count: int) -> None:
    if count == 0:
        raise InputError(
            tried="record a text",
            given="an empty text",
            why="there is nothing to read",
            todo="Give at least one symbol.",
        )
    size = 4 * len(network.spec.quantities) * network.depth * network.hidden * count
    if size > LIMIT_BYTES:
        raise InputError(
            tried="record a text in memory",
            given=f"{count:,} symbols, which need {bytes_text(size)}",
            why=f"a trace in memory has at most {bytes_text(LIMIT_BYTES)}",
            todo="Record it into the run's folder instead (rnnscope record), or record a shorter text.",
        )
