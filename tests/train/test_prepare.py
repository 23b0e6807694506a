from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnscope.config import RecurrentConfig, WindowConfig
from rnnscope.corpus.planted import planted
from rnnscope.errors import InputError
from rnnscope.train.prepare import prepare


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("prepare") / "text"
    path.write_text(planted(seed=4, length=30_000).text, encoding="utf-8")
    return str(path)


@pytest.mark.law
def test_defaults_are_the_papers_recipe(text: str) -> None:
    """Without options: batch 100, 100 steps, 50 epochs, RMSProp 0.002 with decay 0.95, a contiguous 80/10/10 split."""
    prepared = prepare(text, {"cell": None})
    train = prepared.config.train
    assert (train.batch, train.steps, train.epochs) == (100, 100, 50)
    assert (train.optimiser, train.learning_rate, train.rmsprop_decay) == ("rmsprop", 0.002, 0.95)
    assert (train.kernel, train.precision) == ("auto", "float32")  # the precision is never left open
    assert prepared.config.corpus.split == "contiguous"
    assert [prepared.split.size(part) for part in ("train", "valid", "test")] == [24_000, 3_000, 3_000]


@pytest.mark.law
def test_ids_and_alphabet_give_the_text_back(text: str) -> None:
    """What is trained on decodes to the very characters of the file."""
    prepared = prepare(text, {})
    assert prepared.alphabet.text(prepared.ids_N) == Path(text).read_text(encoding="utf-8")


@pytest.mark.law
def test_auto_decides_what_was_left_open_only(text: str) -> None:
    """`auto` chooses by the size of the text and says why; what is given stays as it is, in the choice too."""
    prepared = prepare(text, {"batch": "auto", "steps": 37, "epochs": "auto"})
    assert prepared.config.train.steps == 37
    assert prepared.config.train.batch * 37 < 24_000
    assert any("--batch" in note for note in prepared.notes)
    assert any("--epochs" in note for note in prepared.notes)
    assert not any("--steps" in note for note in prepared.notes)


@pytest.mark.law
def test_a_budget_becomes_a_width(text: str) -> None:
    """The width that matches the parameters of the one-layer LSTM; both are kept in the settings."""
    prepared = prepare(text, {"budget": 64, "layers": 2, "cell": "gru"})
    model = prepared.config.model
    assert isinstance(model, RecurrentConfig)
    assert model.budget == 64
    assert 40 < model.hidden < 64


@pytest.mark.law
def test_a_window_network(text: str) -> None:
    """--window trains the n-NN."""
    assert prepare(text, {"window": 3, "hidden": 10}).config.model == WindowConfig(window=3, hidden=10)


@pytest.mark.law
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hiden": 3}, "hiden = 3.*no setting has this name; the nearest is hidden"),
        ({"hidden": 0}, "--hidden = 0.*greater than or equal to 1"),
        ({"hidden": 3, "budget": 64}, "--hidden 3 --budget 64.*Give one of the two"),
        ({"budget": 64, "layers": 0}, "--layers = 0"),
        ({"window": 3, "cell": "lstm", "layers": 2}, "--cell, --layers.*--window.*Leave them out"),
        ({"peephole": "full"}, "--peephole full.*only lstm-peephole has this choice"),
        ({"activation": "relu", "cell": "gru"}, "--activation relu.*only rnn"),
        ({"learning_rate": float("nan")}, "--learning-rate = nan.*finite"),
        ({"learning_rate": float("inf")}, "--learning-rate = inf"),
        ({"seed": -1}, "--seed = -1"),
        ({"fractions": (50.0, 10.0, 10.0)}, "sum to 100"),
        ({"fold": 3, "split": "streams"}, "fold belongs to the contiguous split"),
        ({"checkpoints": "often"}, "--checkpoints = 'often'"),
        ({"batch": 1000, "steps": 100}, "training part of 24,000 symbols.*largest settings that fit"),
        ({"epochs": True}, "epochs = true means nothing"),
        ({"kernel": "fast"}, "--kernel = 'fast'"),
        ({"kernel": "torch", "cell": "gru"}, "torch has no kernel"),
        ({"kernel": "fused:avx3"}, "--kernel = 'fused:avx3'.*'fused:avx2'"),
        ({"precision": "float16"}, "--precision = 'float16'.*'bfloat16'"),
        ({"precision": "bfloat16", "kernel": "naive"}, "bfloat16 with kernel naive.*--precision float32"),
        ({"hidden": "auto"}, "--hidden auto: only widths of window networks.*--window"),
        ({"hidden": "auto", "window": 2, "epochs": 0}, "choose the width.*--epochs 0"),
        ({"hidden": "auto", "window": 2, "fractions": (90, 0, 10)}, "--hidden auto, 0 symbols of validation"),
        ({"precision": "bfloat16", "window": 3, "kernel": "torch"}, "bfloat16 with kernel torch.*--precision float32"),
    ],
)
def test_what_is_refused(text: str, options: dict[str, Any], message: str, tmp_path: Path) -> None:
    """Every bad setting is refused in one message that names it, before anything is written."""
    from rnnscope.train.start import start

    with pytest.raises(InputError, match=message) as refused:
        start(text, tmp_path / "run", options)
    assert refused.value.exit_code == 2
    assert "\n" not in str(refused.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.golden
def test_built_in_texts_come_with_their_customs() -> None:
    """The planted text is characters; an option beats the custom."""
    assert prepare("planted", {}).config.corpus.symbols == "characters"
    prepared = prepare("planted", {"symbols": "bytes", "fractions": (90.0, 5.0, 5.0)})
    assert prepared.config.corpus.symbols == "bytes"
    assert prepared.config.corpus.fractions == (90.0, 5.0, 5.0)
    assert prepared.ids_N.dtype == np.uint8
