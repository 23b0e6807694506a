"""Random command lines, made of the real flags and of values that people and machines mistype."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rnnscope.flags import CorpusFlags, TrainFlags
from rnnscope.train import loop

from ..surface import TEXT, TINY, call, done, printable

LINES = 1500
VALUES = (
    *("", "0", "1", "2", "3", "-1", "-0", "+1", "1.5", "1e3", "1e400", "-1e400", "nan", "-inf", "inf", "0x10", "1_0"),
    *(
        "9" * 30,
        "true",
        "True",
        "none",
        "null",
        "auto",
        "best",
        "early",
        "1,2",
        "3,",
        "80/10/10",
        "100/0/0",
        "1/2",
        "/",
    ),
    *(
        "lstm",
        "rnn",
        "gru",
        "lstm-peephole",
        "tanh",
        "relu",
        "full",
        "uniform",
        "adam",
        "bytes",
        "characters",
        "reserve",
    ),
    *("streams", "files", "contiguous", "utf-8", "cp1251", "utf-16", "ascii", "hex", "torch", "naive", "test", "all"),
    *(
        "-",
        "--",
        "--json",
        "-q",
        "=",
        "a=b",
        "[1]",
        "{}",
        "é",
        "\u202e",
        "\x1b[2J",
        "\n",
        "\udcff",
        " ",
        "x" * 300,
        "@x",
    ),
    *("TEXT", "RUN", "OUT", "planted", ".", "..", "/dev/zero", "1:1=0", "1:1=1e400", "99:99=0", "32", "64", "128"),
)
FLAGS: dict[str, tuple[str, ...]] = {
    "train": ("resume", *TrainFlags.model_fields),
    "eval": ("part", "lanes", "checkpoint"),
    "sample": ("length", "temperature", "prime", "count", "checkpoint"),
    "record": ("part", "clamp", "name", "checkpoint"),
    "corpus": ("source", "out", *CorpusFlags.model_fields),
    "report": ("out",),
}
COMMON = ("json", "quiet", "verbose", "seed", "config", "text", "no-such-flag")
BOOLEAN = ("json", "quiet", "verbose", "resume")
# Trained-on and recorded without end otherwise.
BOUNDED = {"length": ("-1", "0", "3", "nan"), "count": ("-1", "0", "2", "x"), "lanes": ("-1", "0", "3", "1e3")}


def line(draw: random.Random, places: dict[str, str]) -> list[str]:
    """One command line: usually a sound beginning, then up to five flags, some with values and some without."""
    verb = draw.choice([*FLAGS, *FLAGS, "trian"])
    flags = FLAGS.get(verb, ())
    words = [verb]
    if draw.random() < 0.9:
        words.append("TEXT" if verb in ("train", "corpus") else "RUN")
    if verb in ("train", "report") and draw.random() < 0.9:
        words += ["-o", "OUT"]
    if verb == "train" and draw.random() < 0.7:
        words += ["--batch=4", "--steps=16", "--hidden=4", "--layers=1", "--epochs=1"]
    for _ in range(draw.randrange(6)):
        name = draw.choice((*flags, *flags, *COMMON))
        word = f"--{name.replace('_', '-')}"
        values = BOUNDED.get(name, VALUES)
        if name in BOOLEAN and draw.random() < 0.9:
            words.append(word)
        elif draw.random() < 0.1:
            words.append(draw.choice((word, draw.choice(values))))
        else:
            words += [word, draw.choice(values)] if draw.random() < 0.5 else [f"{word}={draw.choice(values)}"]
    return [places.get(word, word) for word in words]


@pytest.mark.law
def test_no_line_makes_the_program_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """1,500 random command lines: done or refused in one line with a documented code, and nothing else is left."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text").write_bytes(TEXT)
    done("train", "text", "-o", "run", "-q", *TINY)
    train: Callable[..., str] = loop.train

    def hardly(*arguments: Any, **more: Any) -> str:
        # Everything up to the first update is done; the weights are those of the start.
        return train(*arguments, **more | {"epochs": 0})

    monkeypatch.setattr(loop, "train", hardly)
    draw = random.Random(20)
    codes: dict[int, int] = {}
    for number in range(LINES):
        words = line(draw, {"TEXT": "text", "RUN": "run", "OUT": f"out{number}"})
        outcome = call(*words)
        codes[outcome.code] = codes.get(outcome.code, 0) + 1
        assert outcome.code in (0, 2, 3, 4, 6), (words, outcome)
        assert "Traceback" not in outcome.err, (words, outcome)
        assert printable(outcome.err), (words, outcome)
        if outcome.code:
            assert outcome.out == "", (words, outcome)
            assert outcome.err.splitlines()[-1].startswith("rnnscope: cannot "), (words, outcome)
            assert not (tmp_path / f"out{number}").exists(), words
    assert codes[0] > LINES // 10, codes
    assert codes[2] > LINES // 3, codes
    assert not list(tmp_path.rglob(".*.tmp-*"))
    done("eval", "run")
