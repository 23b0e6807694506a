"""The program `rnnscope`: which verbs there are, where settings come from, and how errors end it.

A flag beats an environment variable (RNNSCOPE_ and the flag's name), which beats the file of `--config`, which beats
the default. Results go to stdout, everything else to stderr. No verb's module is imported before its verb is called.
"""

from __future__ import annotations

import io
import os
import stat
import sys
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from cyclopts import App, CycloptsError
from cyclopts.config import Dict, Env

from rnnscope.errors import InputError, MachineError, RnnscopeError

VERBS = {
    "study": "Do everything for one text: train, record, evaluate, write the report.",
    "train": "Train a network on a text.",
    "ngram": "Count the n-grams of a text, all lengths of context in one model, and score its held-out parts.",
    "eval": "Measure a model's loss on a part of its text, or on another text.",
    "sample": "Let a model write.",
    "record": "Record every state and gate of a network while it reads.",
    "errors": "Compare predictors of one text error by error, and give every error a cause.",
    "memory": "Measure how far back a network's losses reach.",
    "tasks": "Train networks on a synthetic task, and count how many solve it.",
    "cells": "Find what each cell tracks, confirm it on unseen text, and prove it by intervention.",
    "gates": "Measure how often every gate is saturated, and how long memories last.",
    "corpus": "Say what a text is made of and which analyses it is too small for.",
    "report": "Write one self-contained HTML page about a run or a study.",
    "figure": "Write one figure of the report as SVG, PDF, PNG, HTML, CSV or JSON, or list those there are.",
    "doctor": "Say what is installed, and which kernel runs and why.",
    "bench": "Measure training, sampling, recording, counting or searching on this machine, beside the fastest others.",
}

_MODULES = (
    {"study": "making", "train": "making", "ngram": "making"}
    | dict.fromkeys(("eval", "sample", "record"), "asking")
    | dict.fromkeys(("errors", "memory"), "explaining")
    | dict.fromkeys(("cells", "gates"), "finding")
    | {"tasks": "solving"}
)
"""Where the functions behind the verbs are; those that are not here are in `showing`."""

# Threads of numerical libraries that wait shall sleep instead of spinning: a core that is busy waiting is lost to
# whatever else runs on the machine, and two trainings side by side would slow each other down many times over. The
# libraries read this when they are loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

LARGEST_SETTINGS_BYTES = 1 << 20
EXIT_USAGE = 2
EXIT_MACHINE = 3
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141


def make_app(tokens: list[str]) -> App:
    """The command line, with the layers of settings that these tokens ask for."""
    app = App(
        name="rnnscope",
        help="Train recurrent networks on your text, then see what each of their cells does.",
        help_format="plaintext",
        suppress_keyboard_interrupt=False,
        version=lambda: metadata.version("rnnscope"),
        config=[Env("RNNSCOPE_", command=False, show=False), *_config_file(tokens)],
    )
    for verb, sentence in VERBS.items():
        function = "evaluate" if verb == "eval" else verb
        app.command(f"rnnscope.commands.{_MODULES.get(verb, 'showing')}:{function}", name=verb, help=sentence)
    return app


def _config_file(tokens: list[str]) -> list[Dict]:
    """The settings of `--config FILE`, its sections taken together as a run's `config.toml` has them."""
    path = os.environ.get("RNNSCOPE_CONFIG")
    for index, token in enumerate(tokens):
        name, _, value = token.partition("=")
        if name == "--config":
            path = value if "=" in token or index + 1 == len(tokens) else tokens[index + 1]
    return [Dict(_flat(path, tokens), use_commands_as_keys=False, source=path)] if path is not None else []


def _flat(path: str, tokens: list[str]) -> dict[str, Any]:
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST_SETTINGS_BYTES:
            raise ValueError("this is not a file, or too large for one with settings")  # a device may never end
        document = tomllib.loads(Path(path).read_bytes().decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            tried="read the settings",
            given=f"--config {path}" if path else "--config without a file",
            why=getattr(error, "strerror", None) or str(error),
            todo="Give a TOML file, such as the config.toml of a run.",
        ) from None
    settings: dict[str, Any] = {}
    for key, value in document.items():
        settings |= value if isinstance(value, dict) else {key: value}
    _refuse_zero(value for value in settings.values() if isinstance(value, str))
    return _without_what_is_settled(settings, tokens)


def _without_what_is_settled(settings: dict[str, Any], tokens: list[str]) -> dict[str, Any]:
    """The settings of a file less those that follow from others, or from a flag or variable that beats them.

    A run's `config.toml` names every setting of its network, also those that its cell has no use for, and the width
    beside the budget that it came from. As flags they would contradict each other.
    """
    settings = dict(settings)
    settings.pop("kind", None)
    for name, owner in (("peephole", "lstm-peephole"), ("activation", "rnn")):
        if settings.get("cell", owner) != owner:
            settings.pop(name, None)
    if "budget" in settings or _given("budget", tokens):
        if _given("hidden", tokens):
            settings.pop("budget", None)
        settings.pop("hidden", None)
    if isinstance(settings.get("fractions"), list):
        settings["fractions"] = "/".join(str(share) for share in settings["fractions"])
    return settings


def _refuse_zero(words: Iterable[str]) -> None:
    """The character with number 0 ends every name that the system knows, so it can be part of none."""
    for word in words:
        if "\0" in word:
            raise InputError(
                tried="understand the command",
                given=repr(word),
                why="it holds the character with number 0, which no name can have",
                todo="Leave that character out.",
            )


def _given(name: str, tokens: list[str]) -> bool:
    return f"RNNSCOPE_{name.upper()}" in os.environ or any(token.partition("=")[0] == f"--{name}" for token in tokens)


def main(tokens: list[str] | None = None) -> int:
    """Run one command line and return its exit code: see docs/cli.md for what each code means."""
    tokens = sys.argv[1:] if tokens is None else tokens
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What an old terminal's encoding cannot write is shown as an escape.
            stream.reconfigure(errors="backslashreplace")
    try:
        _refuse_zero(tokens)
        make_app(tokens)(tokens, exit_on_error=False, print_error=False, result_action="return_none")
        sys.stdout.flush()
        return 0
    except RnnscopeError as error:
        return _fail(str(error), error.exit_code)
    except CycloptsError as error:
        return _fail(_usage(error), EXIT_USAGE)
    except KeyboardInterrupt:
        return _fail("interrupted", EXIT_INTERRUPTED)
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "can't allocate memory" not in str(error):
            raise
        # PyTorch says it with a RuntimeError.
        return _fail("cannot go on: the machine's memory is full. Use a smaller text or network.", EXIT_MACHINE)
    except BrokenPipeError:
        _give_up_stdout()
        return EXIT_BROKEN_PIPE
    except OSError as error:
        # Files are guarded where they are read and written; what is left is the place that results are printed to.
        if error.filename is None:
            _give_up_stdout()
        failed = MachineError(
            tried="print the result" if error.filename is None else "use a file",
            given=str(error.filename or "standard output"),
            why=error.strerror or str(error),
            todo="Check where it leads: a full disk, for instance.",
        )
        return _fail(str(failed), failed.exit_code)


def _give_up_stdout() -> None:
    """Let what is still in the buffer go nowhere: Python flushes it at exit, and would fail a second time."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _usage(error: CycloptsError) -> str:
    """What is wrong with a command line, in four parts like every other message."""
    from pydantic import ValidationError

    found = str(error).strip()
    if isinstance(error.__cause__, ValidationError):
        faults = error.__cause__.errors()
        name = "--" + str(faults[0]["loc"][0]).replace("_", "-")
        reasons = dict.fromkeys(fault["msg"] for fault in faults if fault["loc"][0] == faults[0]["loc"][0])
        found = f"{name} {faults[0]['input']!r}: {', or '.join(reasons)}"
    verb = next(iter(error.command_chain or ()), "")
    page = f"rnnscope {verb} --help" if verb else "rnnscope --help"
    return f"cannot understand the command: {found.rstrip('.')}. See {page}."


def _fail(message: str, exit_code: int) -> int:
    from rnnscope.terminal import shown

    sys.stderr.write(f"rnnscope: {shown(' '.join(message.split()))}\n")
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
