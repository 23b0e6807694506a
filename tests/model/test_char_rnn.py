from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from rnnscope.cells.dispatch import choose
from rnnscope.cells.hold import Clamp
from rnnscope.config import RecurrentConfig
from rnnscope.errors import InputError
from rnnscope.model.build import build
from rnnscope.model.char_rnn import CharRNN
from rnnscope.model.loss import cross_entropy
from rnnscope.model.network import State, detach, first_lanes
from rnnscope.model.seeds import generator

V, B, T, H = 7, 3, 9, 6
CELLS = ("rnn", "lstm", "lstm-peephole", "lstm-coupled", "gru", "gru-torch")
IN_TORCH: dict[tuple[str, str], Any] = {
    ("rnn", "tanh"): torch.nn.RNN,
    ("rnn", "relu"): torch.nn.RNN,
    ("lstm", "tanh"): torch.nn.LSTM,
    ("gru-torch", "tanh"): torch.nn.GRU,
}


def make(cell: str = "lstm", kernel: Any = "auto", **fields: Any) -> CharRNN:
    config = RecurrentConfig(cell=cell, **({"layers": 2, "hidden": H, "init_scale": 0.7} | fields))
    return CharRNN(config, V, seed=5, kernel=choose(config, V, kernel))


def draw_ids(steps: int = T, lanes: int = B, seed: int = 0) -> Tensor:
    return torch.randint(V, (steps, lanes), generator=torch.Generator().manual_seed(seed))


def draw_state(network: CharRNN, lanes: int = B) -> State:
    stream = torch.Generator().manual_seed(8)
    zero = network.initial_state(lanes)
    return {name: torch.rand(value.shape, generator=stream, dtype=value.dtype) - 0.5 for name, value in zero.items()}


def torch_twin(network: CharRNN) -> tuple[torch.nn.Module, torch.nn.Linear]:
    """torch.nn's stack and output layer with the network's weights."""
    config = network.config
    options = {"nonlinearity": config.activation} if config.cell == "rnn" else {}
    stack = IN_TORCH[config.cell, config.activation](V, H, config.layers, **options).double()
    output = torch.nn.Linear(H, V).double()
    with torch.no_grad():
        for name, weight in network.named_parameters():
            part, *rest = name.split(".")
            twin = getattr(output, rest[0]) if part == "output" else getattr(stack, f"{rest[1]}_l{rest[0]}")
            twin.copy_(weight)
    return stack, output


@pytest.mark.oracle
@pytest.mark.parametrize("kernel", ["naive", "torch"])
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize(("cell", "activation"), IN_TORCH)
def test_equals_torch_nn_with_copied_weights(cell: str, activation: str, layers: int, kernel: str) -> None:
    """Logits, last states and every gradient equal those of torch.nn on one-hot vectors, from a state that is not 0."""
    network = make(cell, kernel, layers=layers, activation=activation).double()
    stack, output = torch_twin(network)
    ids, state = draw_ids(), draw_state(network)

    logits, after = network(ids, state)
    enter = (state["h"], state["c"]) if cell == "lstm" else state["h"]
    h_TBH, leave = stack(torch.nn.functional.one_hot(ids, V).double(), enter)
    expected = output(h_TBH)
    torch.testing.assert_close(logits, expected, rtol=0, atol=1e-12)
    last = dict(zip(("h", "c"), leave, strict=True)) if cell == "lstm" else {"h": leave}
    assert after.keys() == last.keys()
    for name, value in last.items():
        torch.testing.assert_close(after[name], value, rtol=0, atol=1e-12)

    stream = torch.Generator().manual_seed(3)
    pull = torch.randn(logits.shape, generator=stream, dtype=torch.float64)
    pulls = {name: torch.randn(value.shape, generator=stream, dtype=torch.float64) for name, value in last.items()}
    ((logits * pull).sum() + sum((after[name] * pulls[name]).sum() for name in pulls)).backward()
    ((expected * pull).sum() + sum((last[name] * pulls[name]).sum() for name in pulls)).backward()
    for name, weight in network.named_parameters():
        part, *rest = name.split(".")
        twin = getattr(output, rest[0]) if part == "output" else getattr(stack, f"{rest[1]}_l{rest[0]}")
        torch.testing.assert_close(weight.grad, twin.grad, rtol=0, atol=1e-10, msg=lambda text, name=name: name + text)


@pytest.mark.oracle
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru-torch"])
def test_ten_training_losses_do_not_depend_on_the_kernel(cell: str) -> None:
    """Ten updates with state carried and dropout on give the same losses with the readable steps and torch's kernel."""
    losses: dict[str, list[float]] = {}
    for kernel in ("naive", "torch"):
        network = make(cell, kernel, dropout=0.2)
        optimiser = torch.optim.RMSprop(network.parameters(), lr=1e-2, alpha=0.95)
        state = network.initial_state(B)
        for step in range(10):
            logits, state = network(draw_ids(seed=step), detach(state), dropout_seed=step)
            sum_nats, count = cross_entropy(logits, draw_ids(seed=step + 100))
            optimiser.zero_grad()
            (sum_nats / count).backward()
            optimiser.step()
            losses.setdefault(kernel, []).append(float(sum_nats.detach()) / count)
    assert losses["naive"] == pytest.approx(losses["torch"], abs=1e-5)
    assert len(set(losses["naive"])) == 10


@pytest.mark.law
@pytest.mark.parametrize("cell", CELLS)
def test_traced_reading_is_the_same_reading(cell: str) -> None:
    """Traced logits and states equal the untraced ones; the trace ends in the state, its top h gives the logits."""
    network = make(cell)
    ids, state = draw_ids(), draw_state(network)
    with torch.no_grad():
        logits, after = network(ids, state)
        traced_logits, traced_after, quantities = network.forward_traced(ids, state)
    assert set(quantities) == set(network.spec.quantities)
    assert all(value.shape == (2, T, B, H) for value in quantities.values())
    torch.testing.assert_close(traced_logits, logits, rtol=0, atol=1e-5)
    for name in network.spec.states:
        torch.testing.assert_close(traced_after[name], after[name], rtol=0, atol=1e-5)
        assert torch.equal(quantities[name][:, -1], traced_after[name])
    torch.testing.assert_close(network.logits(quantities["h"][-1]), traced_logits)


@pytest.mark.law
@pytest.mark.parametrize("cell", CELLS)
def test_cutting_into_chunks_changes_nothing(cell: str) -> None:
    """Two chunks with the state passed on give what one chunk gives, and next_logits is the last row of logits."""
    network = make(cell)
    ids, state = draw_ids(), draw_state(network)
    with torch.no_grad():
        whole, after = network(ids, state)
        first, middle = network(ids[:4], state)
        second, end = network(ids[4:], middle)
    torch.testing.assert_close(torch.cat([first, second]), whole, rtol=0, atol=1e-5)
    for name, value in after.items():
        torch.testing.assert_close(end[name], value, rtol=0, atol=1e-5)
    torch.testing.assert_close(network.next_logits(end), whole[-1], rtol=0, atol=1e-5)
    torch.testing.assert_close(network.next_logits(middle), first[-1], rtol=0, atol=1e-5)


@pytest.mark.law
def test_detach_stops_gradients_at_the_chunk() -> None:
    """A detached state has the same values and no past."""
    network = make()
    _, state = network(draw_ids(), network.initial_state(B))
    cut = detach(state)
    assert all(torch.equal(cut[name], state[name]) and not cut[name].requires_grad for name in state)
    assert all(value.requires_grad for value in state.values())


@pytest.mark.law
def test_lanes_do_not_meet() -> None:
    """The first two of three lanes, read alone from their share of the state, give the same."""
    network = make()
    ids, state = draw_ids(), draw_state(network)
    whole, _ = network(ids, state)
    part, _ = network(ids[:, :2], first_lanes(state, 2))
    torch.testing.assert_close(part, whole[:, :2], rtol=0, atol=1e-5)


@pytest.mark.oracle
def test_dropout_masks_h_above_every_layer() -> None:
    """Done by hand with two one-layer stacks of torch.nn and masks of (seed, layer): the same logits and gradients."""
    network = make("lstm", "naive", dropout=0.4).double()
    stack, output = torch_twin(network)
    single = []
    for layer in (0, 1):
        one = torch.nn.LSTM(H if layer else V, H).double()
        for name, weight in one.named_parameters():
            weight.data.copy_(getattr(stack, name.replace("_l0", f"_l{layer}")))
        single.append(one)
    ids = draw_ids()
    logits, after = network(ids, network.initial_state(B), dropout_seed=77)
    x, lasts = torch.nn.functional.one_hot(ids, V).double(), []
    for layer, one in enumerate(single):
        x, (last, _) = one(x)
        lasts.append(last[0])
        kept = torch.rand(x.shape, generator=generator(77, layer), dtype=torch.float64) >= 0.4
        assert 0.4 < kept.double().mean() < 0.8
        x = torch.where(kept, x / 0.6, 0.0)
    torch.testing.assert_close(logits, output(x), rtol=0, atol=1e-12)
    torch.testing.assert_close(after["h"], torch.stack(lasts), rtol=0, atol=1e-12)


@pytest.mark.law
def test_dropout_is_a_function_of_its_seed() -> None:
    """Equal seeds give equal bits whatever was drawn in between, others differ, and no seed means no dropout."""
    network, plain = make(dropout=0.5), make(dropout=0.0)
    ids, state = draw_ids(), network.initial_state(B)
    first, _ = network(ids, state, dropout_seed=1)
    other, _ = network(ids, state, dropout_seed=2)
    again, _ = network(ids, state, dropout_seed=1)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(network(ids, state)[0], plain(ids, state, dropout_seed=1)[0])


@pytest.mark.law
def test_dropout_keeps_the_mean_and_stays_out_of_the_recurrence() -> None:
    """Over many masks of one layer the mean logits are those without dropout, and the state is untouched."""
    network = make(layers=1, dropout=0.3)
    ids, state = draw_ids(), network.initial_state(B)
    with torch.no_grad():
        plain, plain_after = network(ids, state)
        runs = [network(ids, state, dropout_seed=seed) for seed in range(2000)]
    assert all(torch.equal(after["h"], plain_after["h"]) for _, after in runs)
    torch.testing.assert_close(torch.stack([logits for logits, _ in runs]).mean(0), plain, rtol=0, atol=0.05)


@pytest.mark.law
def test_clamps_hold_in_their_layer_only() -> None:
    """A clamped cell shows its value at every step of its layer; the layer below is untouched, the logits change."""
    network = make()
    ids, state = draw_ids(), network.initial_state(B)
    with torch.no_grad():
        free_logits, _, free = network.forward_traced(ids, state)
        logits, after, held = network.forward_traced(ids, state, [Clamp(1, "c", 2, 3.0)])
    assert bool((held["c"][1, :, :, 2] == 3.0).all())
    assert bool((after["c"][1, :, 2] == 3.0).all())
    assert all(torch.allclose(held[name][0], free[name][0], atol=1e-6) for name in free)
    assert not torch.allclose(logits, free_logits, atol=1e-3)


@pytest.mark.law
@pytest.mark.parametrize("layer", [-1, 2])
def test_a_clamp_on_a_layer_that_is_not_there_is_refused(layer: int) -> None:
    """The message names the layers that there are."""
    network = make()
    with pytest.raises(InputError, match=rf"layer index {layer}.*2 layers.*from 0 to 1"):
        network.forward_traced(draw_ids(), network.initial_state(B), [Clamp(layer, "h", 0, 0.0)])


@pytest.mark.oracle
def test_dense_input_and_plain_output() -> None:
    """For synthetic tasks vectors of any size enter and numbers of any count leave, as in torch.nn."""
    config = RecurrentConfig(cell="lstm", layers=2, hidden=H)
    network = CharRNN(config, V, seed=1, input_size=4, output_size=2).double()
    stack = torch.nn.LSTM(4, H, 2).double()
    for name, weight in network.named_parameters():
        if name.startswith("layers."):
            _, layer, own = name.split(".")
            getattr(stack, f"{own}_l{layer}").data.copy_(weight.data)
    inputs = torch.randn(T, B, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    outputs, _ = network(inputs, network.initial_state(B))
    assert outputs.shape == (T, B, 2)
    torch.testing.assert_close(outputs, network.logits(stack(inputs)[0]), rtol=0, atol=1e-12)


@pytest.mark.golden
def test_names_and_shapes_of_the_weights() -> None:
    """Files of weights depend on these names."""
    shapes = {name: tuple(weight.shape) for name, weight in make("lstm-peephole", layers=2).named_parameters()}
    layer = {"weight_hh": (24, 6), "bias_ih": (24,), "bias_hh": (24,)}
    layer |= {f"peephole_{gate}": (6,) for gate in "ifo"}
    expected = {f"layers.{number}.{name}": shape for number in (0, 1) for name, shape in layer.items()}
    expected |= {"layers.0.weight_ih": (24, 7), "layers.1.weight_ih": (24, 6)}
    assert shapes == expected | {"output.weight": (7, 6), "output.bias": (7,)}


@pytest.mark.law
def test_starting_weights_depend_on_the_seed_and_not_on_the_kernel() -> None:
    """The same seed gives the same weights, inside the asked range; another seed gives others."""
    config = RecurrentConfig(cell="lstm", hidden=32, init_scale=0.05)
    naive, fast, other = (build(config, V, *how) for how in ((1, "naive"), (1, "torch"), (2, "torch")))
    assert (naive.kernel.kernel, fast.kernel.kernel) == ("naive", "torch")
    for name, weight in naive.named_parameters():
        assert torch.equal(weight, fast.get_parameter(name))
        assert not torch.equal(weight, other.get_parameter(name))
        assert 0.03 < float(weight.detach().abs().max()) <= 0.05


@pytest.mark.law
def test_no_kernel_no_network() -> None:
    """A kernel that does not know the cell is refused by name."""
    with pytest.raises(InputError, match="gru"):
        build(RecurrentConfig(cell="gru"), V, 1, "torch")
