"""A trace: what every cell of a network did while it read a short text, as plain NumPy arrays in memory.

`run.record(text)` returns one. Arrays are `[layer, position, cell]` and counted from 0, as NumPy counts; wherever a
person names a layer or a cell (`show`, titles, messages), both are counted from 1. A trace refuses nothing about its
text; texts too long for memory belong into the activation store instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnscope.artifacts import commit, files, tensors
from rnnscope.artifacts.colours import Range
from rnnscope.artifacts.picture import Picture
from rnnscope.errors import InputError

KIND = "trace"
_FILE = "trace.safetensors"


class TopNext(NamedTuple):
    """The most likely next symbols after each position.

    Args:
        ids: [N, K] integers, most likely first.
        probabilities: [N, K], in [0, 1].
    """

    ids: NDArray[np.int32]
    probabilities: NDArray[np.float32]


@dataclass(frozen=True)
class TraceSpec:
    """What was recorded.

    Args:
        cell: name of the recurrence, such as "lstm".
        states: names of the states, ("h",) or ("h", "c").
        gates: names of the gates, in the order of the weights.
        ranges: quantity -> smallest and largest possible value, None = no bound.
        names: what the symbols are called, [V], in the order of their ids.
        kind: "characters" or "bytes".
    """

    cell: str
    states: tuple[str, ...]
    gates: tuple[str, ...]
    ranges: Mapping[str, Range]
    names: tuple[str, ...]
    kind: str


@dataclass(frozen=True, repr=False)
class Trace:
    """Every quantity of every cell over a text.

    Args:
        spec: which quantities there are and what they mean.
        quantities: name -> [L, N, H] float32: states and gates after each symbol was read.
        codes: the text: code points or byte values, [N]; -1 where the alphabet's reserved id stood.
        ids: the text in ids of the alphabet, [N].
        log_probs_N: log p of each symbol given those before it, in nats, [N]; NaN without an output layer.
        top_next: what the network expects after each position; K = 0 without an output layer.
        clamps: interventions under which it was recorded, as typed ("2:17=0").
        made_from: hashes of what the trace was made from.
    """

    spec: TraceSpec
    quantities: Mapping[str, NDArray[np.float32]]
    codes: NDArray[np.int64]
    ids: NDArray[np.int64]
    log_probs_N: NDArray[np.float32]
    top_next: TopNext
    clamps: tuple[str, ...] = ()
    made_from: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = self.h.shape
        assert set(self.quantities) == {*self.spec.states, *self.spec.gates}, "states and gates, nothing else"
        assert all(q.shape == shape and q.dtype == np.float32 for q in self.quantities.values()), "[L, N, H] float32"
        assert len(self.codes) == len(self.ids) == len(self.log_probs_N) == len(self.top_next.ids) == shape[1]

    @property
    def h(self) -> NDArray[np.float32]:
        """Hidden states, [L, N, H]; row i is the state after symbol i was read."""
        return self.quantities["h"]

    @property
    def c(self) -> NDArray[np.float32]:
        """Cell states of the LSTM types, [L, N, H], unbounded."""
        return self._quantity("c")

    def gate(self, name: str) -> NDArray[np.float32]:
        """Activations of one gate, [L, N, H].

        Args:
            name: one of `spec.gates`, such as "f".

        Raises:
            InputError: if the cell has no such gate.
        """
        if name not in self.spec.gates:
            raise self._unknown(name, "gates", self.spec.gates)
        return self.quantities[name]

    @property
    def symbols(self) -> list[str]:
        """The symbols read, [N]: characters, or bytes as `\\xNN` where they are not printable ASCII."""
        if self.spec.kind == "bytes":
            return [chr(code) if 32 <= code < 127 else f"\\x{code:02x}" for code in self.codes.tolist()]
        return [chr(code) if code >= 0 else "\ufffd" for code in self.codes.tolist()]

    @property
    def layers(self) -> int:
        """L, the number of layers."""
        return int(self.h.shape[0])

    @property
    def cells(self) -> int:
        """H, the number of cells in each layer."""
        return int(self.h.shape[2])

    def __len__(self) -> int:
        return int(self.h.shape[1])

    def __repr__(self) -> str:
        names = ", ".join(self.quantities) + self._clamped()
        return f"<Trace of {self.spec.cell}: {self.layers} layers x {len(self)} symbols x {self.cells} cells; {names}>"

    def show(
        self,
        layer: int = 1,
        cell: int = 1,
        quantity: str | None = None,
        *,
        start: int = 0,
        stop: int | None = None,
        width: int = 80,
    ) -> Picture:
        """Draw one cell over the text; notebooks show it, `.save("x.svg")` writes it (also .html, .csv).

        Args:
            layer: 1 for the lowest layer.
            cell: 1 for the first cell of the layer.
            quantity: a state or a gate; by default c if the cell has one, else h.
            start: first position shown, from 0.
            stop: position after the last one shown; None = to the end.
            width: symbols per line.

        Raises:
            InputError: if there is no such layer, cell, quantity or stretch of text.
        """
        name = quantity or ("c" if "c" in self.quantities else "h")
        values = self._quantity(name)
        for what, number, count in (("layer", layer, self.layers), ("cell", cell, self.cells)):
            if not 1 <= number <= count:
                raise InputError(
                    tried="show a cell",
                    given=f"{what}={number}",
                    why=f"the trace has {what}s 1 to {count}",
                    todo=f"Give a {what} in that range; both layers and cells are counted from 1.",
                )
        begin, end, _ = slice(start, stop).indices(len(self))
        if begin >= end:
            raise InputError(
                tried="show a cell",
                given=f"start={start}, stop={stop}",
                why=f"no symbol lies there; the trace has positions 0 to {len(self) - 1}",
                todo="Give a start below the stop.",
            )
        return Picture(
            title=f"{self.spec.cell}, layer {layer} of {self.layers}, cell {cell} of {self.cells}: {name}"
            + self._clamped(),
            quantity=name,
            codes=self.codes[begin:end].tolist(),
            kind=self.spec.kind,
            values=values[layer - 1, begin:end, cell - 1],
            bounds=self.spec.ranges[name],
            width=width,
            first=begin,
        )

    def save(self, path: str | Path) -> Path:
        """Write the trace as a folder of its own, all or nothing.

        Args:
            path: a folder that does not exist yet.
        """
        with commit.commit(Path(path), kind=KIND, made_from=dict(self.made_from)) as draft:
            self.write(draft)
        return Path(path)

    def write(self, draft: commit.Draft) -> None:
        """Put the trace into a folder in the making: one file, and its facts beside what the draft knows already."""
        arrays: dict[str, NDArray[Any]] = {f"quantity.{name}": value for name, value in self.quantities.items()}
        arrays |= {"codes": self.codes, "ids": self.ids, "log_probs": self.log_probs_N}
        arrays |= {"top_ids": self.top_next.ids, "top_probabilities": self.top_next.probabilities}
        draft.write(_FILE, tensors.encode(arrays))
        draft.facts.update(self._facts())

    def part(self, start: int, stop: int) -> Trace:
        """The positions [start, stop) of the trace; what was read before them still shows in their states."""
        at = slice(start, stop)
        return replace(
            self,
            quantities={name: values[:, at] for name, values in self.quantities.items()},
            codes=self.codes[at],
            ids=self.ids[at],
            log_probs_N=self.log_probs_N[at],
            top_next=TopNext(self.top_next.ids[at], self.top_next.probabilities[at]),
        )

    @classmethod
    def load(cls, path: str | Path) -> Trace:
        """Read a trace that `save` wrote, after checking every byte of it.

        Raises:
            DamagedArtifact: if it is not what was written.
        """
        folder = Path(path)
        return cls.read(folder, commit.verify(folder, KIND))

    @classmethod
    def read(cls, folder: Path, manifest: commit.Manifest) -> Trace:
        """Read a trace from a committed folder whose manifest is verified.

        Raises:
            DamagedArtifact: if its file is not what was written.
        """
        arrays = tensors.decode(commit.read(folder, manifest, _FILE), folder / _FILE)
        facts = manifest.facts
        try:
            spec = TraceSpec(
                cell=facts["cell"],
                states=tuple(facts["states"]),
                gates=tuple(facts["gates"]),
                ranges={name: (low, high) for name, (low, high) in facts["ranges"].items()},
                names=tuple(facts["names"]),
                kind=facts["kind"],
            )
            return cls(
                spec=spec,
                quantities={name: arrays[f"quantity.{name}"] for name in (*spec.states, *spec.gates)},
                codes=arrays["codes"],
                ids=arrays["ids"],
                log_probs_N=arrays["log_probs"],
                top_next=TopNext(arrays["top_ids"], arrays["top_probabilities"]),
                clamps=tuple(facts["clamps"]),
                made_from=manifest.made_from,
            )
        except (KeyError, TypeError, ValueError, AttributeError, AssertionError) as error:
            raise files.damaged(
                folder, f"its content does not fit together ({error!r:.80})", "Record it again."
            ) from None

    def _clamped(self) -> str:
        return f", clamped {', '.join(self.clamps)}" if self.clamps else ""

    def _facts(self) -> dict[str, Any]:
        return {
            "cell": self.spec.cell,
            "states": list(self.spec.states),
            "gates": list(self.spec.gates),
            "ranges": {name: list(bounds) for name, bounds in self.spec.ranges.items()},
            "names": list(self.spec.names),
            "kind": self.spec.kind,
            "clamps": list(self.clamps),
        }

    def _quantity(self, name: str) -> NDArray[np.float32]:
        if name not in self.quantities:
            raise self._unknown(name, "quantities", tuple(self.quantities))
        return self.quantities[name]

    def _unknown(self, name: str, what: str, known: tuple[str, ...]) -> InputError:
        return InputError(
            tried=f"look up {name!r} in a trace",
            given=f"a trace of the cell {self.spec.cell}",
            why=f"its {what} are {', '.join(known) or 'none'}",
            todo="Ask for one of these.",
        )
