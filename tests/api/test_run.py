from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import rnnscope as rs
from rnnscope.api import Run
from rnnscope.errors import DamagedArtifact, InputError
from rnnscope.model.predictor import NetworkPredictor
from rnnscope.sample import sample

from .conftest import TEXT

LINE = "int f(void) {\n"


@pytest.mark.law
def test_an_opened_run_is_the_run_that_was_trained(run: Run) -> None:
    """Opening a folder gives the same network, settings and alphabet as training left."""
    again = rs.open(run.path)
    np.testing.assert_array_equal(again.score(LINE), run.score(LINE))
    assert repr(again) == repr(run)
    assert repr(run) == f"<Run in {run.path}, step {run.weights_step}: lstm, 2 x 6 cells, 22 symbols>"
    assert again.config == run.config
    assert again.model == run.config.model
    assert again.alphabet.hash() == run.alphabet.hash()
    assert again.facts() == {"run": str(run.path)} | again.folder("compare").status()


@pytest.mark.golden
def test_what_a_run_knows_of_its_training(run: Run) -> None:
    """Metrics, samples and kept checkpoints are at hand as plain rows and steps."""
    last = run.metrics[-1]
    assert last["epoch"] == 2.0
    assert {"step", "train_loss_nats", "valid_loss_nats", "chars_per_second"} <= set(last)
    assert last["step"] == max(run.checkpoints)
    assert [len(row["text"]) for row in run.training_samples] == [20, 20, 20]
    assert run.facts()["state"] == "complete"


@pytest.mark.law
def test_checkpoints_are_opened_by_name_and_by_step(run: Run) -> None:
    """`last` is the last step, a number is that step, also as typed text; others are refused with what there is."""
    last = max(run.checkpoints)
    assert rs.open(run.path, checkpoint="last").weights_step == last
    for step in run.checkpoints:
        opened = rs.open(run.path, checkpoint=step)
        assert opened.weights_step == step
        np.testing.assert_array_equal(opened.score(LINE), rs.open(run.path, checkpoint=str(step)).score(LINE))
    for wrong in (last + 1, "newest", "-1", -1):
        with pytest.raises(InputError, match=r"steps whose weights are kept are: .*\. Name best, last, or one of"):
            rs.open(run.path, checkpoint=wrong)


@pytest.mark.law
def test_a_network_reads_with_the_threads_it_was_trained_with(run: Run) -> None:
    """Opening a run settles the number of threads, so that reading does not take the whole machine."""
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(run.config.train.threads + 1)
        rs.open(run.path)
        assert torch.get_num_threads() == run.config.train.threads
    finally:
        torch.set_num_threads(before)


@pytest.mark.golden
def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    """Neither a missing folder nor one with other files in it is opened."""
    (tmp_path / "x").write_text("x")
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(InputError, match="cannot open a run"):
            rs.open(path)


@pytest.mark.law
def test_stepping_is_recording(run: Run) -> None:
    """Symbol by symbol, every state and gate is that of the trace, and so is what comes next."""
    trace, log_probs_NV, state = run.record(LINE), run.log_probs(LINE), None
    for at, symbol in enumerate(LINE):
        step = run.step(symbol, state)
        for name in trace.quantities:
            np.testing.assert_allclose(step.gate(name), trace.quantities[name][:, at], atol=1e-6)
        np.testing.assert_array_equal(step.h, step.gate("h"))
        np.testing.assert_array_equal(step.c, step.gate("c"))
        if at + 1 < len(LINE):
            np.testing.assert_allclose(step.log_probs, log_probs_NV[at + 1], atol=1e-5)
        state = step.state
    assert step.top(2)[0][0] == run.alphabet.names()[int(trace.top_next.ids[-1, 0])]
    assert step.top(2)[0][1] == pytest.approx(float(trace.top_next.probabilities[-1, 0]), abs=1e-5)
    assert repr(step).startswith("<Step that read \\n; next: ")


@pytest.mark.law
def test_stepping_under_a_clamp_is_recording_under_it(run: Run) -> None:
    """A clamp does the same in a step as in a recording, and nothing without it."""
    trace = run.record("in", clamp="1:2=4")
    first = run.step("i", clamp="1:2=4")
    second = run.step("n", first.state, clamp=["1:2=4"])
    assert first.c[0, 1] == second.c[0, 1] == 4
    np.testing.assert_allclose(second.h, trace.h[:, 1], atol=1e-6)
    assert (run.step("n", first.state).c[0, 1]) != 4
    assert trace.clamps == ("1:2=4",)


@pytest.mark.golden
def test_a_step_reads_one_symbol(run: Run) -> None:
    """None or several symbols, unknown ones, and quantities the cell does not have, are refused."""
    np.testing.assert_array_equal(run.step("a").h, run.step(ord("a")).h)
    for symbols, count in (("", 0), ("ab", 2), (-1, 0), (2**40, 0)):
        with pytest.raises(InputError, match=f"it is {count} symbols"):
            run.step(symbols)
    with pytest.raises(InputError, match=r"U\+0058"):
        run.step("X")
    with pytest.raises(InputError, match="a step of a cell with h, c, i, f, g, o"):
        run.step("a").gate("z")


@pytest.mark.law
def test_probabilities_are_probabilities(run: Run) -> None:
    """Every row sums to 1, the score of a text is read from them, and the trace says the same."""
    log_probs_NV = run.log_probs(TEXT[:200])
    np.testing.assert_allclose(np.exp(log_probs_NV).sum(1), 1, atol=1e-5)
    own = log_probs_NV[np.arange(200), run.alphabet.encode_text(TEXT[:200])]
    np.testing.assert_allclose(run.score(TEXT[:200]), own, atol=1e-5)
    np.testing.assert_allclose(run.record(TEXT[:200]).log_probs_N, own, atol=1e-5)
    assert run.log_probs("").shape == (0, run.alphabet.size)
    assert run.score("").shape == (0,)


@pytest.mark.law
def test_samples_are_a_function_of_their_seed(run: Run) -> None:
    """The same seed writes the same text, streamed or whole; other seeds, indices and primes write other texts."""
    text = run.sample(60, seed=5)
    assert len(text) == 60
    assert text == run.sample(60, seed=5) == "".join(run.sample_stream(60, seed=5))
    assert text.startswith(run.sample(30, seed=5))
    both = run.sample(60, seed=5, count=2)
    assert both == [text, "".join(run.sample_stream(60, seed=5, index=1))]
    assert run.sample(60, seed=5, count=0) == []
    assert len({*both, run.sample(60, seed=6), run.sample(60, seed=5, prime="int main")}) == 4
    assert set(text) <= set(TEXT)


@pytest.mark.oracle
def test_temperature_zero_takes_the_most_likely_symbol(run: Run) -> None:
    """Without chance the sample is the chain of arg-maxes after the prime."""
    prime, expected = TEXT[:1500], ""
    for _ in range(8):
        best = run.record(prime + expected).top_next.ids[-1, 0]
        expected += chr(run.alphabet.codes[best])
    assert run.sample(8, temperature=0, prime=prime) == expected


@pytest.mark.golden
def test_senseless_samples_are_refused_at_once(run: Run) -> None:
    """Temperatures, lengths and primes that make no sense are refused before anything is drawn."""
    arguments: list[dict[str, Any]] = [{"temperature": -1.0}, {"temperature": float("nan")}, {"length": -1}]
    for wrong in [*arguments, {"prime": "X"}]:
        with pytest.raises(InputError):
            run.sample_stream(**wrong)


@pytest.mark.law
def test_bytes_become_text_as_they_come(tmp_path: Path) -> None:
    """In byte mode a sample is decoded character by character; bytes that spell none are shown as escapes."""
    (tmp_path / "ru.txt").write_text("Привет, мир — это «проба».\n" * 40, encoding="utf-8")
    run = rs.train(
        str(tmp_path / "ru.txt"), tmp_path / "run", symbols="bytes", hidden=8, layers=1, epochs=0, batch=2, steps=10
    )
    pieces = list(run.sample_stream(300, seed=2))
    ids = run.alphabet.encode_text("Привет")
    assert len(ids) == 12
    assert all(len(piece) >= 1 for piece in pieces)
    raw = bytes(int(run.alphabet.codes[symbol]) for symbol in _drawn(run, 300, 2))
    assert "".join(pieces) == raw.decode("utf-8", "backslashreplace")
    assert "\\x" in "".join(pieces)
    np.testing.assert_array_equal(run.step("\n").h, run.step(10).h)
    assert run.step(0xD0).symbol == "0xD0"
    with pytest.raises(InputError, match="it is 2 symbols"):
        run.step("П")


def _drawn(run: Run, length: int, seed: int) -> list[int]:
    nothing = np.empty(0, np.int64)
    return list(sample(NetworkPredictor(run.network), len(run.alphabet.codes), nothing, length, 1.0, seed, 0))


@pytest.mark.law
def test_unknown_symbols_follow_the_policy(corpus: Path, tmp_path: Path) -> None:
    """A run with a reserved id reads any text and never draws that id; one without refuses what it does not know."""
    run = rs.train(str(corpus), tmp_path / "run", unseen="reserve", hidden=4, layers=1, epochs=0, batch=2, steps=10)
    trace = run.record("a漢b")
    assert trace.codes.tolist() == [ord("a"), -1, ord("b")]
    assert trace.spec.names[-1] == "(unseen)"
    assert "\ufffd" not in run.sample(400)
    with pytest.raises(InputError, match=r"U\+6F22.*at offset 1"):
        rs.open(_sibling(corpus, tmp_path)).record("a漢b")


def _sibling(corpus: Path, tmp_path: Path) -> Path:
    return rs.train(str(corpus), tmp_path / "strict", hidden=4, layers=1, epochs=0, batch=2, steps=10).path


@pytest.mark.law
def test_the_text_of_a_run_is_found_again(run: Run, corpus: Path) -> None:
    """A run knows its text, symbol for symbol."""
    assert run.text().slice(0, len(TEXT)) == TEXT
    assert run.text() is run.text()
    assert run.text().source == str(corpus)


@pytest.mark.golden
def test_another_text_in_its_place_is_refused(tmp_path: Path) -> None:
    """A text that changed or is gone is not taken for the run's own; the message names both hashes."""
    path = tmp_path / "a.txt"
    path.write_text(TEXT)
    run = rs.train(str(path), tmp_path / "run", hidden=4, layers=1, epochs=0, batch=2, steps=10)
    before = run.text().sha256
    path.write_text(TEXT[:-1])
    with pytest.raises(InputError) as refusal:
        rs.open(run.path).text()
    message = str(refusal.value)
    assert f"it was made from a text with SHA-256 {before}" in message
    assert "which has SHA-256 " in message
    with pytest.raises(InputError, match="made from a text with SHA-256"):
        rs.open(run.path).eval()
    path.unlink()
    with pytest.raises(InputError, match=f"Put the text with SHA-256 {before} back there"):
        rs.open(run.path).text()


@pytest.mark.law
def test_a_text_that_cannot_be_read_again_is_kept(tmp_path: Path) -> None:
    """A run trained on standard input finds its text in its own folder."""
    run = rs.train("-", tmp_path / "run", stdin=BytesIO(TEXT.encode()), hidden=4, layers=1, epochs=0, batch=2, steps=10)
    again = rs.open(run.path)
    assert again.text().slice(0, len(TEXT)) == TEXT
    assert again.eval("all").chars == len(TEXT)


@pytest.mark.law
def test_damage_is_met_at_the_door(tmp_path: Path, corpus: Path) -> None:
    """Weights with one flipped bit are not opened."""
    run = rs.train(str(corpus), tmp_path / "run", hidden=4, layers=1, epochs=0, batch=2, steps=10)
    (weights,) = run.path.glob("checkpoints/*/weights.safetensors")
    data = bytearray(weights.read_bytes())
    data[-5] ^= 1
    weights.write_bytes(data)
    with pytest.raises(DamagedArtifact, match="weights"):
        rs.open(run.path)
