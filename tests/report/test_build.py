"""The sentences and curves of a page."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from rnnscope.report.build import build_page, describe_network, thin_curve

from . import sample_data


@pytest.mark.golden
@pytest.mark.parametrize(
    ("network", "words"),
    [
        (("lstm", 2, 128), "a two-layer LSTM of 128 cells per layer"),
        (("gru-torch", 1, 1), "a one-layer GRU (reset-after form) of 1 cell per layer"),
        (("rnn", 8, 64), "an eight-layer recurrent network of 64 cells per layer"),
        (("lstm", 11, 64), "an 11-layer LSTM of 64 cells per layer"),
        (("window", 1, 512, 1), "a window network of 512 units over the last 1 symbol"),
    ],
)
def test_networks_are_named(network: tuple[Any, ...], words: str) -> None:
    """A network is described in words."""
    assert describe_network(*network) == words


@pytest.mark.golden
def test_summary_says_what_was_trained_on_what() -> None:
    """The first sentences hold the text, its size, the network, the loss in both units and what that means."""
    summary = " ".join(build_page(sample_data.report_input(), version="1").meta.summary)
    for part in [
        "two-layer LSTM",
        "stdlib: 4,000,000 characters, 101",
        "10 times",
        "1.350 nats = 1.948 bits",
        "3.9 symbols",
    ]:
        assert part in summary


@pytest.mark.golden
def test_summary_of_several_names_the_best() -> None:
    """With several networks the best on the test part is named."""
    assert "the best, lstm-2x128," in build_page(sample_data.report_input(runs=3), version="1").meta.summary[1]


@pytest.mark.golden
@pytest.mark.parametrize(
    ("epochs", "reached", "words"),
    [(0, 0.0, "untrained"), (1, 1.0, "reading it once."), (10, 3.25, "stopped (interrupted) after 3.25 of 10")],
)
def test_summary_says_how_far_it_came(epochs: int, reached: float, words: str) -> None:
    """Untrained, finished and stopped networks are told apart."""
    given = sample_data.report_input()
    run = replace(given.runs[0], epochs=epochs, epochs_reached=reached, state="interrupted")
    assert words in build_page(replace(given, runs=[run]), version="1").meta.summary[0]


@pytest.mark.law
@pytest.mark.parametrize("rows", [0, 1, 7, 800, 801, 5000])
def test_curves_keep_their_mean_and_every_validation(rows: int) -> None:
    """Thinning bounds the number of training rows, keeps their mean, order and last step, and all validations."""
    metrics = [
        {"step": step, "epoch": step / 9, "train_loss_nats": math.sin(step) + 2, "valid_loss_nats": None}
        for step in range(rows)
    ]
    metrics += [
        {"step": step, "epoch": step / 9, "train_loss_nats": None, "valid_loss_nats": 1.0}
        for step in range(0, rows, 50)
    ]
    curve = thin_curve(sorted(metrics, key=lambda row: row["step"] or 0), 800)
    training = [row for row in curve if row.valid_loss_nats is None]
    assert len(training) <= min(rows, 800)
    assert sum(row.valid_loss_nats is not None for row in curve) == len(range(0, rows, 50))
    assert [row.step for row in curve] == sorted(row.step for row in curve)
    if rows in (1, 7, 800, 5000):
        means = [row.train_loss_nats for row in training if row.train_loss_nats is not None]
        wanted = sum(math.sin(step) + 2 for step in range(rows)) / rows
        assert sum(means) / len(means) == pytest.approx(wanted, abs=2e-3)
        assert training[-1].step == rows - 1


@pytest.mark.law
def test_outside_texts_are_made_visible() -> None:
    """No text that came from outside brings a control or direction character onto the page."""
    given = sample_data.report_input(sample_data.HOSTILE)
    hostile = replace(
        given,
        title="\u202etitle\x1b",
        warnings=["\x00"],
        notes=[("\u2066n", False, "\u200bwhy")],
        provenance=[("\x07", "\u2028")],
        runs=[replace(given.runs[0], name="run\u202e")],
    )
    text = build_page(hostile, version="1").model_dump_json()
    for code in (0x202E, 0x1B, 0x00, 0x2066, 0x200B, 0x07, 0x2028):
        assert chr(code) not in text
        assert f"\\u{code:04x}" not in text.lower()
