from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnscope.artifacts.trace import TopNext, Trace, TraceSpec
from rnnscope.errors import DamagedArtifact, InputError

TEXT = "a<b\tc\n"
LSTM = TraceSpec(
    cell="lstm",
    states=("h", "c"),
    gates=("i", "f", "g", "o"),
    ranges={
        "h": (-1.0, 1.0), "c": (None, None),
        "i": (0.0, 1.0), "f": (0.0, 1.0), "g": (-1.0, 1.0), "o": (0.0, 1.0),
    },
    names=("\\t", "\\n", "<", "a", "b", "c"),
    kind="characters",
)  # fmt: skip
GRU = TraceSpec("gru", ("h",), ("r", "z", "n"), {"h": (-1.0, 1.0)}, ("a",), "characters")


def trace(spec: TraceSpec = LSTM, text: str = TEXT, layers: int = 2, cells: int = 3, **more: Any) -> Trace:
    """A trace of made-up numbers, all different."""
    random = np.random.default_rng(0)
    shape = (layers, len(text), cells)
    fields: dict[str, Any] = {
        "quantities": {name: random.random(shape, np.float32) for name in (*spec.states, *spec.gates)},
        "codes": np.array([ord(character) for character in text]),
        "ids": np.arange(len(text)),
        "log_probs_N": -random.random(len(text), np.float32),
        "top_next": TopNext(np.zeros((len(text), 2), np.int32), np.full((len(text), 2), 0.5, np.float32)),
    }
    return Trace(spec, **(fields | more))


def assert_same(one: Trace, other: Trace) -> None:
    assert one.spec == other.spec
    assert one.clamps == other.clamps
    assert dict(one.made_from) == dict(other.made_from)
    for name in one.quantities:
        np.testing.assert_array_equal(one.quantities[name], other.quantities[name])
    for name in ("codes", "ids", "log_probs_N"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    for left, right in zip(one.top_next, other.top_next, strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.golden
def test_arrays_are_reached_by_name() -> None:
    """h, c and every gate are [layer, position, cell]; symbols are the text; sizes and summary agree with them."""
    made = trace(clamps=("2:1=0",))
    assert made.h is made.quantities["h"]
    assert made.c is made.quantities["c"]
    assert made.gate("f") is made.quantities["f"]
    assert (made.layers, len(made), made.cells) == (2, 6, 3)
    assert "".join(made.symbols) == TEXT
    assert repr(made) == "<Trace of lstm: 2 layers x 6 symbols x 3 cells; h, c, i, f, g, o, clamped 2:1=0>"


@pytest.mark.golden
def test_symbols_of_bytes_and_of_the_reserved_id() -> None:
    """Bytes outside printable ASCII are escapes; the reserved id is the replacement character."""
    spec = TraceSpec("gru", ("h",), ("r", "z", "n"), {}, (), "bytes")
    assert trace(spec, "aÿ\n").symbols == ["a", "\\xff", "\\x0a"]
    assert trace(codes=np.array([97, -1, 98, 9, 99, 10])).symbols == ["a", "\ufffd", "b", "\t", "c", "\n"]


@pytest.mark.golden
def test_show_counts_layers_and_cells_from_one() -> None:
    """Layer 2, cell 3 is array index [1, :, 2], under its full name, on the scale of its quantity."""
    made = trace()
    shown = made.show(layer=2, cell=3, quantity="f")
    np.testing.assert_array_equal(shown.values, made.gate("f")[1, :, 2])
    assert shown.title == "lstm, layer 2 of 2, cell 3 of 3: f"
    assert shown.bounds == (0.0, 1.0)
    assert shown.svg() in shown._repr_html_()


@pytest.mark.golden
def test_show_takes_the_memory_by_default() -> None:
    """Without a quantity the picture shows c where there is one, else h."""
    assert trace().show().quantity == "c"
    assert trace(GRU).show().quantity == "h"
    assert trace(clamps=("1:1=0.5",)).show().title.endswith(": c, clamped 1:1=0.5")


@pytest.mark.law
def test_show_can_be_cut() -> None:
    """start and stop choose positions, which keep their numbers in the text."""
    made = trace()
    part = made.show(1, 2, "h", start=2, stop=5)
    np.testing.assert_array_equal(part.values, made.h[0, 2:5, 1])
    assert list(part.codes) == [ord(character) for character in TEXT[2:5]]
    assert part.first == 2


@pytest.mark.golden
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layer": 0}, r"layer=0: the trace has layers 1 to 2\."),
        ({"layer": 3}, r"layer=3: the trace has layers 1 to 2\."),
        ({"cell": 0}, r"cell=0: the trace has cells 1 to 3\."),
        ({"cell": 4}, r"cell=4: .* counted from 1"),
        ({"quantity": "z"}, r"look up 'z' in a trace: a trace of the cell lstm: its quantities are h, c, i, f, g, o"),
        ({"start": 6}, r"no symbol lies there; the trace has positions 0 to 5"),
    ],
)
def test_what_is_not_there_is_refused(arguments: dict[str, Any], message: str) -> None:
    """Asking for a layer, cell, quantity or stretch that does not exist names what there is."""
    with pytest.raises(InputError, match=message):
        trace().show(**arguments)


@pytest.mark.golden
def test_quantities_of_other_cells_are_refused() -> None:
    """A GRU has no c, and a state is not a gate; both messages say what there is."""
    with pytest.raises(InputError, match=r"its quantities are h, r, z, n"):
        _ = trace(GRU).c
    with pytest.raises(InputError, match=r"its gates are r, z, n"):
        trace(GRU).gate("h")


@pytest.mark.law
@pytest.mark.parametrize("spec", [LSTM, GRU], ids=["lstm", "gru"])
def test_saved_traces_come_back(spec: TraceSpec, tmp_path: Path) -> None:
    """What save writes, load gives back: arrays bit for bit, facts, clamps and origins."""
    made = trace(spec, clamps=("2:3=-0.5",), made_from={"network": "ab" * 32})
    assert made.save(tmp_path / "mine") == tmp_path / "mine"
    assert_same(Trace.load(tmp_path / "mine"), made)


@pytest.mark.law
def test_save_refuses_a_taken_name(tmp_path: Path) -> None:
    """A trace never replaces something else."""
    trace().save(tmp_path / "mine")
    with pytest.raises(InputError, match="mine"):
        trace().save(tmp_path / "mine")
    assert_same(Trace.load(tmp_path / "mine"), trace())


@pytest.mark.law
def test_no_flipped_bit_is_loaded(tmp_path: Path) -> None:
    """Whichever byte of a saved trace changes, it is refused as damaged."""
    trace().save(tmp_path / "mine")
    random = np.random.default_rng(3)
    for path in sorted((tmp_path / "mine").iterdir()):
        sound = path.read_bytes()
        for at in random.integers(len(sound), size=40):
            path.write_bytes(sound[:at] + bytes([sound[at] ^ 1 << int(at) % 8]) + sound[at + 1 :])
            with pytest.raises(DamagedArtifact):
                Trace.load(tmp_path / "mine")
        path.write_bytes(sound)
    Trace.load(tmp_path / "mine")
