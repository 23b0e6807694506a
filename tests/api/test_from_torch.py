from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import rnnscope as rs
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.errors import InputError

SYMBOLS = "dab c\n"
"""Not in ascending order: the model's ids are its own."""

MODULES: dict[str, Any] = {
    "rnn-tanh": lambda D, H, **k: nn.RNN(D, H, **k),
    "rnn-relu": lambda D, H, **k: nn.RNN(D, H, nonlinearity="relu", **k),
    "lstm": lambda D, H, **k: nn.LSTM(D, H, **k),
    "gru": lambda D, H, **k: nn.GRU(D, H, **k),
}
TEXT = "a bad cab\nadd a c\n" * 3


class Language(nn.Module):
    """The usual shape of a character model of one's own."""

    def __init__(self, core: nn.RNNBase, embedding: nn.Embedding | None, output: nn.Linear) -> None:
        super().__init__()
        self.embedding, self.core, self.output, self.drop = embedding, core, output, nn.Dropout(0.5)

    def forward(self, ids_N: Tensor) -> tuple[Tensor, Tensor, Any]:
        """h of the top layer, log-probabilities after each symbol, last state."""
        x_ND = nn.functional.one_hot(ids_N, len(SYMBOLS)).float() if self.embedding is None else self.embedding(ids_N)
        h_NH, state = self.core(x_ND)
        return h_NH, torch.log_softmax(self.output(h_NH), -1), state


def language(kind: str, *, D: int | None = None, bias: bool = True, **options: Any) -> Language:
    V, H = len(SYMBOLS), 7
    torch.manual_seed(4)
    core = MODULES[kind](D or V, H, num_layers=2, bias=bias, **options)
    if kind != "rnn-relu":  # which has no bounds and would grow without end
        with torch.no_grad():
            for weight in core.parameters():
                weight.mul_(2)
    return Language(core, nn.Embedding(V, D) if D else None, nn.Linear(H, V, bias=bias)).eval()


def ids_of(text: str) -> Tensor:
    return torch.tensor([SYMBOLS.index(symbol) for symbol in text])


def assert_same_outputs(run: rs.Run, model: Language) -> None:
    with torch.no_grad():
        h_NH, next_NV, state = model(ids_of(TEXT))
    trace = run.record(TEXT)
    np.testing.assert_allclose(trace.h[-1], h_NH, atol=2e-6)
    h_LH, *c_LH = state if isinstance(state, tuple) else (state,)
    np.testing.assert_allclose(trace.h[:, -1], h_LH, atol=2e-6)
    if c_LH:
        np.testing.assert_allclose(trace.c[:, -1], c_LH[0], atol=5e-6)
    # our ids are in ascending order of the symbols
    order = [SYMBOLS.index(symbol) for symbol in sorted(SYMBOLS)]
    np.testing.assert_allclose(run.log_probs(TEXT)[1:], next_NV[:-1][:, order], atol=1e-5)
    true_N = next_NV[torch.arange(len(TEXT) - 1), ids_of(TEXT)[1:]]
    np.testing.assert_allclose(run.score(TEXT)[1:], true_N, atol=1e-5)
    np.testing.assert_allclose(trace.log_probs_N[1:], true_N, atol=1e-5)


@pytest.mark.oracle
@pytest.mark.parametrize("kind", MODULES)
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no-bias"])
@pytest.mark.parametrize("batch_first", [True, False])
def test_one_hot_models_give_the_same_numbers(kind: str, bias: bool, batch_first: bool) -> None:
    """States and probabilities of a model over one-hot symbols are those of the module itself."""
    model = language(kind, bias=bias, batch_first=batch_first)
    assert_same_outputs(rs.from_torch(model.core, SYMBOLS, output=model.output), model)


@pytest.mark.oracle
@pytest.mark.parametrize("kind", MODULES)
@pytest.mark.parametrize("D", [1, 3, 20])
def test_embeddings_are_folded_in(kind: str, D: int) -> None:
    """A model over an embedding of any width gives the same numbers, named part by part or found in the module."""
    model = language(kind, D=D)
    assert model.embedding is not None
    assert_same_outputs(rs.from_torch(model.core, SYMBOLS, model.output, model.embedding), model)
    assert_same_outputs(rs.from_torch(model, SYMBOLS), model)


@pytest.mark.oracle
def test_embeddings_that_are_shortened_at_look_up() -> None:
    """max_norm acts when a row is looked up, and the module that was handed over is left as it was."""
    model = language("gru", D=4)
    model.embedding = nn.Embedding(len(SYMBOLS), 4, max_norm=0.5)
    before = model.embedding.weight.detach().clone()
    run = rs.from_torch(model, SYMBOLS)
    assert torch.equal(model.embedding.weight, before)
    assert_same_outputs(run, model)


@pytest.mark.oracle
def test_other_precisions_are_taken() -> None:
    """A float64 model is taken over to the precision of float32; its own weights stay what they are."""
    model = language("lstm")
    run = rs.from_torch(model.double(), SYMBOLS)
    assert model.core.weight_ih_l0.dtype == torch.float64
    assert_same_outputs(run, model.float())


@pytest.mark.law
def test_all_ways_to_name_the_symbols_mean_the_same() -> None:
    """A string, a list, a mapping to ids and bytes in order of ids give the same network."""
    model = language("lstm")
    expected = rs.from_torch(model, SYMBOLS).score(TEXT)
    mapping = {symbol: index for index, symbol in reversed(list(enumerate(SYMBOLS)))}
    for symbols in (list(SYMBOLS), tuple(SYMBOLS), mapping, SYMBOLS.encode(), list(SYMBOLS.encode())):
        run = rs.from_torch(model, symbols)
        np.testing.assert_array_equal(run.score(TEXT), expected)
        assert run.alphabet.kind == ("bytes" if isinstance(next(iter(symbols)), int) else "characters")
    ascending = Alphabet("characters", np.array(sorted(map(ord, SYMBOLS)), np.uint32))
    assert rs.from_torch(model, SYMBOLS).alphabet.hash() == ascending.hash()
    assert (rs.from_torch(model, ascending).score(TEXT) != expected).any(), "here the ids are those of the alphabet"


@pytest.mark.law
def test_an_id_for_unknown_symbols() -> None:
    """None among the symbols takes what the alphabet does not know; without it such text is refused."""
    model = language("gru")
    symbols = ["d", None, "b", " ", "c", "\n"]
    run = rs.from_torch(model, symbols)
    assert run.alphabet.unseen == "reserve"
    assert run.record("bXb").codes.tolist() == [ord("b"), -1, ord("b")]
    with torch.no_grad():
        expected_NH, _, _ = model(torch.tensor([2, 1, 2, 1]))
    np.testing.assert_allclose(run.record("bXbY").h[-1], expected_NH, atol=2e-6)
    with pytest.raises(InputError, match=r"U\+0058 \(X\) at offset 1"):
        rs.from_torch(model, SYMBOLS).record("bXb")


@pytest.mark.golden
def test_a_model_without_an_output_layer() -> None:
    """States can be recorded and stepped; everything that predicts is refused, not made up."""
    run = rs.from_torch(language("lstm").core, SYMBOLS)
    assert np.isnan(run.record("abc").log_probs_N).all()
    assert np.isnan(run.step("a").log_probs).all()
    for ask in (lambda: run.log_probs("a"), lambda: run.score("a"), lambda: run.sample(3), lambda: run.eval("all")):
        with pytest.raises(InputError, match="a network without an output layer"):
            ask()


@pytest.mark.golden
def test_what_needs_a_folder_is_refused() -> None:
    """A model taken over has no folder, settings, text or log, and says so."""
    run = rs.from_torch(language("gru"), SYMBOLS)
    assert repr(run) == "<Run: gru-torch, 2 x 7 cells, 6 symbols>"
    asks = (run.text, run.facts, run.recording, lambda: run.metrics, lambda: run.config, lambda: run.path, run.eval)
    for ask in asks:
        with pytest.raises(InputError, match="a network taken over from PyTorch"):
            ask()


@pytest.mark.oracle
def test_other_texts_can_be_evaluated_without_a_folder(tmp_path: Any) -> None:
    """The loss on a file is minus the mean of the scores of its text, read as one stream."""
    run = rs.from_torch(language("gru"), SYMBOLS)
    (tmp_path / "x.txt").write_text(TEXT)
    found = run.eval(text=tmp_path / "x.txt", lanes=1)
    assert found.loss_nats == pytest.approx(-run.score(TEXT).mean(), abs=1e-6)
    assert (found.chars, found.what) == (len(TEXT), "all of x.txt")


class Attic(nn.Module):
    """Two recurrent modules and more: nothing that can be taken over."""

    def __init__(self, *parts: nn.Module) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)


V = len(SYMBOLS)
REFUSED: dict[str, tuple[Any, Any, dict[str, Any], str]] = {
    "bidirectional": (lambda: nn.GRU(V, 4, bidirectional=True), SYMBOLS, {}, "with bidirectional=True"),
    "projection": (lambda: nn.LSTM(V, 4, proj_size=2), SYMBOLS, {}, "with proj_size=2"),
    "two cores": (lambda: Attic(nn.GRU(V, 4), nn.GRU(4, 4)), SYMBOLS, {}, "holds 2 recurrent modules, not one"),
    "no core": (lambda: nn.Linear(V, 4), SYMBOLS, {}, "holds 0 recurrent modules, not one"),
    "single cell": (lambda: nn.LSTMCell(V, 4), SYMBOLS, {}, "holds 0 recurrent modules, not one"),
    "two outputs": (
        lambda: Attic(nn.GRU(V, 4), nn.Linear(4, V), nn.Linear(4, V)), SYMBOLS, {}, "holds 2 nn.Linear",
    ),
    "more weights": (
        lambda: Attic(nn.GRU(V, 4), nn.LayerNorm(4)), SYMBOLS, {}, r"its weight 'parts\.1\.weight' belongs neither",
    ),
    "something in between": (
        lambda: Attic(nn.GRU(V, 4), nn.ReLU(), nn.Linear(4, V)), SYMBOLS, {}, "its ReLU computes something",
    ),
    "input size": (lambda: nn.GRU(V + 1, 4), SYMBOLS, {}, "it reads vectors of 7 numbers, and the alphabet has 6"),
    "embedding": (
        lambda: nn.GRU(3, 4), SYMBOLS, {"embedding": nn.Embedding(V, 2)}, r"need Embedding\(6, 3\)",
    ),
    "output": (lambda: nn.GRU(V, 4), SYMBOLS, {"output": nn.Linear(4, V + 1)}, r"need Linear\(4, 6\)"),
    "twice": (lambda: nn.GRU(V, 4), "abcdea", {}, "'a' stands in it more than once"),
    "word": (lambda: nn.GRU(V, 4), ["the", "a", "b", "c", "d", "e"], {}, "with the symbol 'the'"),
    "mixed": (lambda: nn.GRU(V, 4), [1, "a", "b", "c", "d", "e"], {}, "with the symbol 1"),
    "large byte": (lambda: nn.GRU(V, 4), [1, 2, 3, 4, 5, 256], {}, "with the symbol 256"),
    "nothing": (lambda: nn.GRU(V, 4), "", {}, "it names no symbol"),
    "gap": (lambda: nn.GRU(V, 4), {"a": 0, "b": 2}, {}, "its ids are not 0, 1, 2"),
}  # fmt: skip


@pytest.mark.golden
@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_taken_over_is_refused(case: str) -> None:
    """Each model that would have to be guessed at is refused, and the message names the part."""
    make, symbols, more, message = REFUSED[case]
    with pytest.raises(InputError, match=message) as refusal:
        rs.from_torch(make(), symbols, **more)
    assert refusal.value.tried == "take over a PyTorch model"
    assert refusal.value.todo.endswith(".")


@pytest.mark.golden
def test_weights_that_are_no_numbers_are_refused() -> None:
    """A model that has diverged is refused as what it is."""
    model = language("gru")
    model.core.bias_hh_l1.data[3] = float("nan")
    with pytest.raises(InputError, match=r"bias_hh_l1.* not finite"):
        rs.from_torch(model, SYMBOLS)


@pytest.mark.law
def test_later_changes_of_the_module_are_not_seen() -> None:
    """Weights are copied: training the module on does not change what was taken over."""
    model = language("lstm")
    run = rs.from_torch(model, SYMBOLS)
    before = run.score(TEXT)
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
    np.testing.assert_array_equal(run.score(TEXT), before)
