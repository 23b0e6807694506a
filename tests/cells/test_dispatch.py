"""Choosing the kernel once, saying why, and getting the same layer whichever was chosen."""

from __future__ import annotations

import pytest
import torch

from rnnscope.cells import dispatch
from rnnscope.cells.dispatch import LARGE_ALPHABET, Choice, choose, kernel_here, run_layer, training_precision
from rnnscope.config import Kernel, Precision
from rnnscope.errors import InputError

from .cases import CONFIGS, Case, case

HERE = ("avx512bf16", "avx512", "avx2", "portable")

WITH_TORCH_KERNEL = {"rnn-tanh": "rnn_tanh", "rnn-relu": "rnn_relu", "lstm": "lstm", "gru-torch": "gru"}


@pytest.fixture
def nothing_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNNSCOPE_NATIVE", "0")


def with_paths(monkeypatch: pytest.MonkeyPatch, *here: str) -> None:
    monkeypatch.setattr(dispatch, "paths", lambda: here)


@pytest.mark.golden
@pytest.mark.parametrize("name", CONFIGS)
def test_auto_takes_the_fastest_compiled_path_of_every_cell(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the library is there auto is fused for all nine variants and any alphabet, never for dense vectors."""
    with_paths(monkeypatch, "avx2", "portable")
    for vocabulary in (1, 87, LARGE_ALPHABET):
        choice = choose(CONFIGS[name], vocabulary, "auto")
        assert choice == Choice("fused", "avx2, the fastest path of this processor", "avx2")
    assert choose(CONFIGS[name], 0, "auto").kernel != "fused"
    assert choose(CONFIGS[name], 87, "auto", "cuda").kernel != "fused"


@pytest.mark.golden
def test_a_path_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """fused is the fastest path, fused:PATH that one; the reason says what was asked for and the precision."""
    with_paths(monkeypatch, *HERE)
    assert choose(CONFIGS["gru"], 87, "fused").path == "avx512bf16"
    assert choose(CONFIGS["gru"], 87, "fused:avx2") == Choice("fused", "asked for; avx2", "avx2")
    choice = choose(CONFIGS["gru"], 87, "auto", precision="bfloat16")
    assert (choice.path, choice.precision) == ("avx512bf16", "bfloat16")
    assert choice.reason.endswith("trained with products in bfloat16")


@pytest.mark.law
@pytest.mark.parametrize(
    ("here", "kernel", "precision", "message"),
    [
        ((), "fused", "float32", "kernel fused: the compiled library is switched off.*--kernel auto or --kernel naive"),
        ((), "fused:avx2", "float32", "kernel fused:avx2: the compiled library is switched off"),
        (HERE[2:], "fused:avx512", "float32", "has the paths avx2, portable. Use --kernel fused:avx2"),
        (HERE, "fused:avx2", "bfloat16", "bfloat16 with kernel fused:avx2: only avx512bf16 computes with it"),
        (HERE[1:], "auto", "bfloat16", "only avx512bf16 computes with it, and this machine has the paths avx512, avx2"),
        (HERE, "naive", "bfloat16", "bfloat16 with kernel naive: only the compiled network.*--precision float32"),
        (HERE, "torch", "bfloat16", "bfloat16 with kernel torch: only the compiled network"),
        ((), "auto", "bfloat16", "only the compiled network computes with it, and it is switched off"),
    ],
)
def test_what_is_not_to_be_had_is_refused(
    here: tuple[str, ...],
    kernel: Kernel,
    precision: Precision,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    nothing_compiled: None,
) -> None:
    """No library, no such path, no such precision: the message says what this machine has and the way out."""
    with_paths(monkeypatch, *here)
    with pytest.raises(InputError, match=message):
        choose(CONFIGS["lstm"], 87, kernel, precision=precision)


@pytest.mark.law
def test_dense_vectors_and_other_devices_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiled network reads symbols on the processor, and says so when asked for something else."""
    with_paths(monkeypatch, *HERE)
    for vocabulary, device in ((0, "cpu"), (87, "cuda")):
        with pytest.raises(InputError, match="it reads symbols, on the processor"):
            choose(CONFIGS["lstm"], vocabulary, "fused", device)


@pytest.mark.golden
@pytest.mark.parametrize(
    ("here", "kernel", "expected"),
    [
        ((), "fused", "auto"),
        ((), "fused:avx2", "auto"),
        ((), "naive", "naive"),
        (HERE[2:], "fused", "fused"),
        (HERE[2:], "fused:avx2", "fused:avx2"),
        (HERE[2:], "fused:avx512", "auto"),
        (HERE[2:], "torch", "torch"),
        (HERE[2:], "auto", "auto"),
    ],
)
def test_a_network_is_read_with_its_kernel_where_that_is(
    here: tuple[str, ...], kernel: Kernel, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network trained with a path that this machine lacks is read with what it has."""
    with_paths(monkeypatch, *here)
    assert kernel_here(kernel) == expected


@pytest.mark.golden
def test_training_precision() -> None:
    """auto is float32; what is asked for is what it is."""
    assert [training_precision(asked) for asked in ("auto", "float32", "bfloat16")] == [
        "float32", "float32", "bfloat16",
    ]  # fmt: skip


@pytest.mark.golden
@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.usefixtures("nothing_compiled")
def test_auto_takes_torch_where_it_has_the_cell(name: str) -> None:
    """Without the library auto is torch's kernel for four of the nine variants, the readable steps for the rest; the
    reason says which, and why nothing is compiled."""
    choice = choose(CONFIGS[name], LARGE_ALPHABET - 1, "auto", "cpu")
    if name in WITH_TORCH_KERNEL:
        assert choice.kernel == "torch"
        assert choice.reason.startswith(f"torch.{WITH_TORCH_KERNEL[name]} on cpu")
    else:
        assert choice.kernel == "naive"
        assert choice.reason.startswith(f"torch has no kernel for {CONFIGS[name].cell}")
    assert choice.reason.endswith("; compiled library: switched off by RNNSCOPE_NATIVE=0")


@pytest.mark.golden
@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.usefixtures("nothing_compiled")
def test_auto_takes_the_readable_steps_for_a_large_alphabet(name: str) -> None:
    """Without the library, from the threshold on auto is naive for every cell; asking for torch still gives torch."""
    choice = choose(CONFIGS[name], LARGE_ALPHABET, "auto")
    assert choice.kernel == "naive"
    if name in WITH_TORCH_KERNEL:
        assert f"torch.{WITH_TORCH_KERNEL[name]} would multiply by one-hot codes of 500 symbols" in choice.reason
        assert choose(CONFIGS[name], LARGE_ALPHABET, "torch").kernel == "torch"
    else:
        assert choice == choose(CONFIGS[name], 87, "auto")


@pytest.mark.golden
def test_a_choice_says_itself_in_one_line() -> None:
    """The text of a choice is the kernel and the reason."""
    assert str(choose(CONFIGS["lstm"], 87, "naive")) == "naive (asked for; readable steps on cpu)"
    assert str(choose(CONFIGS["lstm"], 87, "torch")) == "torch (asked for; torch.lstm on cpu)"
    assert str(choose(CONFIGS["rnn-sigmoid"], 0, "auto")).startswith("naive (torch has no kernel for rnn with sigmoid;")


@pytest.mark.law
@pytest.mark.parametrize("name", [name for name in CONFIGS if name not in WITH_TORCH_KERNEL])
def test_torch_is_refused_for_a_cell_it_does_not_have(name: str) -> None:
    """Asking for torch's kernel where there is none is an input error that names the cell and the way out."""
    with pytest.raises(
        InputError, match=rf"kernel torch for {CONFIGS[name].cell}.*Use --kernel auto or --kernel naive"
    ):
        choose(CONFIGS[name], 87, "torch")


@pytest.mark.law
@pytest.mark.parametrize("name", CONFIGS)
def test_tracing_changes_no_bit(name: str) -> None:
    """h and states of a traced run equal those of an untraced one; the trace's h and last states are the same too."""
    given = case(name, T=7)
    plain, traced = (
        run_layer(Choice("naive", ""), given.spec, given.x_TBD, given.state, given.params, trace=trace)
        for trace in (False, True)
    )
    assert plain.quantities is None
    assert traced.quantities is not None
    assert tuple(traced.quantities) == given.spec.quantities
    assert all(value.shape == (7, 2, 5) for value in traced.quantities.values())
    for key in given.spec.states:
        assert torch.equal(plain.state[key], traced.state[key])
        assert torch.equal(traced.quantities[key][-1], plain.state[key])
    assert torch.equal(plain.h_TBH, traced.quantities["h"])


@pytest.mark.law
@pytest.mark.parametrize("name", WITH_TORCH_KERNEL)
def test_a_trace_of_a_network_on_torchs_kernel_is_the_readable_one(name: str) -> None:
    """Tracing with torch chosen runs the reference steps: gates there are, and h agrees with the kernel's."""
    given = case(name, T=7)
    fast = run_layer(Choice("torch", ""), given.spec, given.x_TBD, given.state, given.params)
    traced = run_layer(Choice("torch", ""), given.spec, given.x_TBD, given.state, given.params, trace=True)
    assert traced.quantities is not None
    torch.testing.assert_close(fast.h_TBH, traced.h_TBH)


def _symbols(given: Case, absent: bool) -> torch.Tensor:
    T, B, D = given.x_TBD.shape
    stream = torch.Generator().manual_seed(5)
    return torch.randint(-1 if absent else 0, D, (T, B), generator=stream)


@pytest.mark.law
@pytest.mark.parametrize("kernel", ["naive", "torch"])
@pytest.mark.parametrize("absent", [False, True])
@pytest.mark.parametrize("name", CONFIGS)
def test_symbols_are_one_hot_vectors(name: str, absent: bool, kernel: str) -> None:
    """A run on symbols equals a run on one-hot vectors, gradients included; the id -1 is a vector of zeros."""
    if kernel == "torch" and name not in WITH_TORCH_KERNEL:
        kernel = "naive"
    given = case(name, T=9, B=4, D=6)
    ids_TB = _symbols(given, absent)
    one_hot = torch.zeros(9, 4, 7, dtype=torch.float64).scatter_(2, (ids_TB % 7).unsqueeze(-1), 1.0)[:, :, :6]
    assert bool((ids_TB == -1).any()) is absent
    runs = [
        run_layer(Choice(kernel, ""), given.spec, inputs, given.state, given.params) for inputs in (ids_TB, one_hot)
    ]
    torch.testing.assert_close(runs[0].h_TBH, runs[1].h_TBH)
    weights = list(given.params.values())
    torch.testing.assert_close(*(torch.autograd.grad(given.loss(run), weights) for run in runs))


@pytest.mark.law
@pytest.mark.parametrize("bad", [-2, 3])
def test_an_id_outside_the_alphabet_does_not_pass(bad: int) -> None:
    """Ids below -1 or from D on are a programmer's mistake and stop the run, on either path."""
    given = case("lstm", D=3)
    ids_TB = torch.tensor([[0, 1], [bad, 2]])
    for kernel in ("naive", "torch"):
        with pytest.raises(AssertionError, match=f"symbol {bad}"):
            run_layer(Choice(kernel, ""), given.spec, ids_TB, given.state, given.params)


@pytest.mark.law
@pytest.mark.parametrize("kernel", ["naive", "torch"])
def test_cutting_a_chunk_changes_nothing(kernel: str) -> None:
    """Two chunks with the state carried over give the bits of one."""
    given, choice = case("lstm", T=9), Choice(kernel, "")
    whole = run_layer(choice, given.spec, given.x_TBD, given.state, given.params)
    first = run_layer(choice, given.spec, given.x_TBD[:4], given.state, given.params)
    second = run_layer(choice, given.spec, given.x_TBD[4:], first.state, given.params)
    torch.testing.assert_close(torch.cat([first.h_TBH, second.h_TBH]), whole.h_TBH)
    torch.testing.assert_close(second.state, whole.state)


@pytest.mark.law
@pytest.mark.parametrize("kernel", ["naive", "torch"])
@pytest.mark.parametrize("name", WITH_TORCH_KERNEL)
def test_without_gradients_the_values_are_the_same(name: str, kernel: str) -> None:
    """Under no_grad nothing is recorded for a backward pass and the values do not change."""
    given, choice = case(name, T=6), Choice(kernel, "")
    with torch.no_grad():
        silent = run_layer(choice, given.spec, given.x_TBD, given.state, given.params)
    assert not silent.h_TBH.requires_grad
    torch.testing.assert_close(
        silent.h_TBH, run_layer(choice, given.spec, given.x_TBD, given.state, given.params).h_TBH.detach()
    )


@pytest.mark.law
@pytest.mark.parametrize("name", CONFIGS)
def test_lanes_do_not_touch(name: str) -> None:
    """Changing one lane's input and state changes nothing in the others."""
    given = case(name, B=3)
    x, state = given.x_TBD.detach().clone(), {key: value.detach().clone() for key, value in given.state.items()}
    x[:, 1] += 1
    for value in state.values():
        value[1] -= 1
    before = run_layer(Choice("naive", ""), given.spec, given.x_TBD, given.state, given.params).h_TBH
    after = run_layer(Choice("naive", ""), given.spec, x, state, given.params).h_TBH
    torch.testing.assert_close(before[:, [0, 2]], after[:, [0, 2]], rtol=0, atol=1e-15)
    assert (before[:, 1] != after[:, 1]).any()


@pytest.mark.law
@pytest.mark.parametrize("kernel", ["naive", "torch"])
@pytest.mark.parametrize("name", WITH_TORCH_KERNEL)
def test_the_same_run_gives_the_same_bits(name: str, kernel: str) -> None:
    """Values and gradients of two runs on symbols are equal bit for bit: what exact resuming stands on."""
    given, choice = case(name, 20, 30, 9, 33, dtype=torch.float32), Choice(kernel, "")
    ids_TB, weights = _symbols(given, absent=True), list(given.params.values())
    runs = [run_layer(choice, given.spec, ids_TB, given.state, given.params) for _ in range(2)]
    one, other = (torch.autograd.grad(given.loss(run), weights) for run in runs)
    assert torch.equal(runs[0].h_TBH, runs[1].h_TBH)
    assert all(torch.equal(here, there) for here, there in zip(one, other, strict=True))
