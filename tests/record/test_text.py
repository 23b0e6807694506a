from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from rnnscope.cells.hold import Clamp
from rnnscope.config import WindowConfig
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.errors import InputError
from rnnscope.model.build import build
from rnnscope.record import text as record_module
from rnnscope.record.text import record_text

from .cases import ALPHABET, CELLS, draw_ids, network, oracle


@pytest.mark.oracle
@pytest.mark.parametrize("cell", CELLS)
def test_a_trace_is_what_an_independent_recurrence_computes(cell: str) -> None:
    """h, c, every gate and every probability equal a NumPy float64 recurrence, in every layer."""
    net, ids = network(cell), draw_ids(60)
    trace = record_text(net, ALPHABET, ids)
    quantities, next_NV = oracle(net, ids)
    assert set(trace.quantities) == set(quantities)
    for name, expected in quantities.items():
        np.testing.assert_allclose(trace.quantities[name], expected, rtol=1e-5, atol=2e-6, err_msg=name)
    np.testing.assert_allclose(trace.log_probs_N[1:], next_NV[np.arange(59), ids[1:]], atol=5e-6)
    np.testing.assert_array_equal(trace.top_next.ids[:, 0], next_NV.argmax(1))
    np.testing.assert_allclose(trace.top_next.probabilities, -np.sort(-np.exp(next_NV))[:, :5], atol=1e-6)
    np.testing.assert_allclose(
        trace.top_next.probabilities, np.exp(np.take_along_axis(next_NV, trace.top_next.ids.astype(int), 1)), atol=1e-6
    )


@pytest.mark.oracle
@pytest.mark.parametrize("layers", [1, 3])
def test_a_trace_equals_torch_lstm(layers: int) -> None:
    """h of the top layer, and the last h and c of all layers, equal torch.nn.LSTM with the same weights."""
    net, ids = network("lstm", layers=layers), draw_ids(40)
    twin = torch.nn.LSTM(ALPHABET.size, 5, layers)
    with torch.no_grad():
        for name, weight in net.named_parameters():
            if name.startswith("layers."):
                _, layer, kind = name.split(".")
                getattr(twin, f"{kind}_l{layer}").copy_(weight)
        expected_N1H, (h_L1H, c_L1H) = twin(torch.eye(ALPHABET.size)[torch.from_numpy(ids)][:, None])
    trace = record_text(net, ALPHABET, ids)
    np.testing.assert_allclose(trace.h[-1], expected_N1H[:, 0], atol=1e-6)
    np.testing.assert_allclose(trace.h[:, -1], h_L1H[:, 0], atol=1e-6)
    np.testing.assert_allclose(trace.c[:, -1], c_L1H[:, 0], atol=1e-6)


@pytest.mark.law
@pytest.mark.parametrize("steps", [1, 7, 29, 30, 1000])
def test_chunks_change_nothing(steps: int) -> None:
    """However the reading is cut, the trace is the same."""
    net, ids = network("gru"), draw_ids(30)
    whole = record_text(net, ALPHABET, ids)
    cut = record_text(net, ALPHABET, ids, steps=steps)
    for name in whole.quantities:
        np.testing.assert_allclose(cut.quantities[name], whole.quantities[name], atol=1e-6)
    np.testing.assert_allclose(cut.log_probs_N, whole.log_probs_N, atol=1e-5)
    np.testing.assert_array_equal(cut.top_next.ids, whole.top_next.ids)


@pytest.mark.law
def test_the_past_does_not_see_the_future() -> None:
    """Another continuation leaves everything before it as it was."""
    net, ids = network(), draw_ids(30)
    other = np.concatenate([ids[:20], draw_ids(10, seed=9)])
    one, two = record_text(net, ALPHABET, ids), record_text(net, ALPHABET, other)
    np.testing.assert_array_equal(one.c[:, :20], two.c[:, :20])
    np.testing.assert_array_equal(one.log_probs_N[:20], two.log_probs_N[:20])
    assert (one.c[:, -1] != two.c[:, -1]).any()


@pytest.mark.golden
def test_the_trace_says_what_was_read() -> None:
    """Symbols, ids, names, ranges, clamps and origins stand in the trace."""
    net, ids = network("lstm-coupled"), ALPHABET.encode_text("a 漢\né")
    trace = record_text(net, ALPHABET, ids, clamps=[Clamp(1, "c", 4, -0.5)], made_from={"run": "1"})
    assert trace.symbols == ["a", " ", "漢", "\n", "é"]
    np.testing.assert_array_equal(trace.ids, ids)
    assert trace.spec.gates == ("f", "g", "o")
    assert trace.spec.ranges == {
        "h": (-1.0, 1.0), "c": (-1.0, 1.0), "f": (0.0, 1.0), "g": (-1.0, 1.0), "o": (0.0, 1.0),
    }  # fmt: skip
    assert trace.spec.names[:3] == ("\\n", "space", "!")
    assert trace.clamps == ("2:5=-0.5",)
    assert trace.made_from == {"run": "1"}
    assert record_text(network("lstm"), ALPHABET, ids).spec.ranges["c"] == (None, None)


@pytest.mark.golden
def test_reserved_ids_have_no_code() -> None:
    """A symbol outside the alphabet is -1 among the codes, never some other symbol."""
    alphabet = Alphabet("characters", ALPHABET.codes[:-1], "reserve")
    trace = record_text(network(), alphabet, alphabet.encode_text("a漢b"))
    assert trace.codes.tolist() == [ord("a"), -1, ord("b")]
    assert trace.symbols == ["a", "\ufffd", "b"]


@pytest.mark.golden
def test_without_an_output_layer_nothing_is_predicted() -> None:
    """States are there, probabilities are not made up."""
    trace = record_text(network(), ALPHABET, draw_ids(9), predicts=False)
    assert np.isnan(trace.log_probs_N).all()
    assert trace.top_next.ids.shape == trace.top_next.probabilities.shape == (9, 0)
    assert np.isfinite(trace.h).all()


@pytest.mark.oracle
def test_window_networks_are_recorded_too() -> None:
    """The tanh layer of an n-NN is its h: the running sum of one weight row per recent symbol."""
    net, ids = build(WindowConfig(window=2, hidden=4), ALPHABET.size, seed=1), draw_ids(12)
    weights = {name: weight.detach().numpy().astype(np.float64) for name, weight in net.named_parameters()}
    rows = weights["window.weight"]
    expected = [
        np.tanh(weights["window.bias"] + rows[0, now] + (rows[1, ids[at - 1]] if at else 0))
        for at, now in enumerate(ids.tolist())
    ]
    np.testing.assert_allclose(record_text(net, ALPHABET, ids).h[0], expected, atol=1e-6)


@pytest.mark.golden
def test_empty_and_oversized_texts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """No symbols give no trace; what does not fit into memory is refused before it is read, with its size."""
    with pytest.raises(InputError, match="an empty text: there is nothing to read"):
        record_text(network(), ALPHABET, draw_ids(0))
    monkeypatch.setattr(record_module, "LIMIT_BYTES", 60 * 2 * 5 * 6 * 4)

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("read all the same")

    record_text(network(), ALPHABET, draw_ids(60))
    monkeypatch.setattr(record_module, "read", never)
    with pytest.raises(InputError, match=r"61 symbols, which need 14\.3 KiB: .* at most 14\.1 KiB.*rnnscope record"):
        record_text(network(), ALPHABET, draw_ids(61))
