"""The program `rnnscope`: which verbs there are, where settings come from, and how errors end it.

A flag beats an environment variable (RNNSCOPE_ and the flag's name), which beats the file of `--config`, which beats
the default. Results go to stdout, everything else to stderr. No verb's module is imported before its verb is called.
"""

from __future__ import annotations

import os
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

from cyclopts import App, CycloptsError
from cyclopts.config import Dict, Env

from rnnscope.errors import InputError, RnnscopeError

VERBS = {
    "study": "Do everything for one text: train, record, evaluate, write the report.",
    "train": "Train a network on a text.",
    "eval": "Measure a network's loss on a part of its text, or on another text.",
    "sample": "Let a network write.",
    "record": "Record every state and gate of a network while it reads.",
    "corpus": "Say what a text is made of and which analyses it is too small for.",
    "report": "Write one self-contained HTML page about a run or a study.",
    "doctor": "Say what is installed, and which kernel runs and why.",
}

# Threads of numerical libraries that wait shall sleep instead of spinning: a core that is busy waiting is lost to
# whatever else runs on the machine, and two trainings side by side would slow each other down many times over. The
# libraries read this when they are loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

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
        version=lambda: metadata.version("rnnscope"),
        config=[Env("RNNSCOPE_", command=False, show=False), *_config_file(tokens)],
    )
    for verb, sentence in VERBS.items():
        app.command(f"rnnscope.commands:{verb.replace('eval', 'evaluate')}", name=verb, help=sentence)
    return app


def _config_file(tokens: list[str]) -> list[Dict]:
    """The settings of `--config FILE`, its sections taken together as a run's `config.toml` has them."""
    for index, token in enumerate(tokens):
        name, _, value = token.partition("=")
        if name == "--config":
            path = value or (tokens[index + 1] if index + 1 < len(tokens) else "")
            return [Dict(_flat(path), use_commands_as_keys=False, source=path)]
    return []


def _flat(path: str) -> dict[str, Any]:
    try:
        document = tomllib.loads(Path(path).read_bytes().decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            tried="read the settings",
            given=f"--config {path}",
            why=str(error),
            todo="Give a TOML file, such as the config.toml of a run.",
        ) from None
    settings: dict[str, Any] = {}
    for key, value in document.items():
        settings |= value if isinstance(value, dict) else {key: value}
    settings.pop("kind", None)
    if "budget" in settings:
        settings.pop("hidden", None)
    if isinstance(settings.get("fractions"), list):
        settings["fractions"] = "/".join(str(share) for share in settings["fractions"])
    return settings


def main(tokens: list[str] | None = None) -> int:
    """Run one command line and return its exit code: see docs/cli.md for what each code means."""
    tokens = sys.argv[1:] if tokens is None else tokens
    try:
        make_app(tokens)(tokens, exit_on_error=False, print_error=False)
        return 0
    except RnnscopeError as error:
        return _fail(str(error), error.exit_code)
    except CycloptsError as error:
        return _fail(f"cannot understand the command: {error}. See rnnscope --help.", EXIT_USAGE)
    except KeyboardInterrupt:
        return _fail("interrupted", EXIT_INTERRUPTED)
    except MemoryError:
        return _fail("cannot go on: the machine's memory is full. Use a smaller text or network.", EXIT_MACHINE)
    except BrokenPipeError:
        # Whoever read our output is gone; a second failure when Python flushes at exit must not be printed either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE


def _fail(message: str, exit_code: int) -> int:
    from rnnscope.terminal import shown

    sys.stderr.write(f"rnnscope: {shown(' '.join(message.split()))}\n")
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
