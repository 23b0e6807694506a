"""What every verb says of itself: its page of help names all that is promised."""

from __future__ import annotations

import pytest

from rnnscope.cli import VERBS

from ..surface import done, printable

pytestmark = pytest.mark.law

COMMON = ("--json", "--quiet", "-q", "--verbose", "-v", "--seed", "--config", "--help", "-h")
OPTIONS: dict[str, tuple[str, ...]] = {
    "study": (
        "TEXT",
        "--out",
        "-o",
        "--preset",
        "--plan",
        "--jobs",
        "--engine",
        "--address",
        "--seeds",
        "--dry-run",
        "--hours",
        "--symbols",
        "--encoding",
        "--split",
        "--fold",
        "--fractions",
    ),
    "train": (
        *("TEXT", "--out", "-o", "--cell", "--layers", "--hidden", "--budget", "--epochs", "--batch", "--steps"),
        *("--optimiser", "--dropout", "--clip", "--split", "--fold", "--fractions", "--symbols", "--encoding"),
        *("--checkpoints", "--kernel", "--threads", "--resume", "--window", "--unseen", "--download", "--patience"),
    ),
    "ngram": (
        *(
            "TEXT",
            "--out",
            "-o",
            "--contexts",
            "--seams",
            "--split",
            "--fold",
            "--fractions",
            "--symbols",
            "--encoding",
        ),
        *("--unseen", "--kernel", "--threads", "--download"),
    ),
    "errors": (
        *("FOLDERS", "--network", "--threshold", "--naive", "--fold-case", "--newline-letters", "--order"),
        *("--last", "--adapt"),
    ),
    "cells": (
        "RUN",
        "TEXT",
        "--features",
        "--regex",
        "--spans",
        "--python",
        "--symbols",
        "--along",
        "--beside",
        "--checkpoint",
    ),
    "gates": ("RUN", "TEXT", "--part", "--checkpoint"),
    "memory": ("RUN", "TEXT", "--part", "--distances", "--cases", "--lanes", "--older", "--checkpoint"),
    "tasks": (
        *("TASK", "--out", "-o", "--lengths", "--cells", "--starts", "--clips", "--seeds", "--updates", "--beyond"),
        *("--hidden", "--optimiser", "--learning-rate", "--batch"),
    ),
    "eval": ("RUN", "TEXT", "--part", "--lanes", "--checkpoint", "--context"),
    "sample": ("RUN", "--length", "--temperature", "--prime", "--count", "--checkpoint", "--context"),
    "record": ("RUN", "TEXT", "--part", "--clamp", "--name", "--cell", "--beside", "--checkpoint"),
    "corpus": ("TEXT", "--symbols", "--encoding", "--fold", "--download", "--source"),
    "report": ("FOLDER", "--out", "-o"),
    "figure": ("FOLDER", "--out", "-o"),
    "doctor": (),
    "bench": (
        *("WHAT", "--cell", "--layers", "--hidden", "--vocabulary", "--batch", "--steps", "--length", "--threads"),
        *("--precision", "--kernel", "--instructions", "--repeats", "--seconds", "--matrix", "--out", "-o"),
    ),
}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str) -> None:
    """--help of every verb ends with 0 and names every option that is promised; so do -h and the program's own help."""
    page = done(verb, "--help")
    assert page == done(verb, "-h")
    assert VERBS[verb].split()[0] in page
    assert [option for option in (*OPTIONS[verb], *COMMON[:7]) if option not in page] == []
    assert verb in done("--help")
    assert printable(page)
