"""Opens or makes the run folder of a training, so that `--resume` continues exactly what was begun, or refuses.

A run is what its text, alphabet and settings make it. Continuing under another text or other settings would be another
run: every difference is refused, with both values. Only `epochs` may change, since more of the same is the same.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from rnnscope import environment
from rnnscope.artifacts.run import RunFolder
from rnnscope.config import RunConfig, TrainConfig, checked
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.corpus.read import load
from rnnscope.corpus.text import Text
from rnnscope.errors import InputError
from rnnscope.model.build import kernel_of
from rnnscope.train import loop, widths
from rnnscope.train.prepare import AUTO, Prepared, prepare, prepare_again, refuse_unknown
from rnnscope.train.watch import Watch


def start(
    source: str,
    out: Path,
    options: Mapping[str, Any],
    *,
    resume: bool = False,
    watch: Watch | None = None,
    stdin: BinaryIO | None = None,
    download: bool = False,
) -> RunFolder:
    """Train in a new folder, or with `resume` continue in one that exists.

    Args:
        source: a file, a folder, `-` for standard input, or a built-in name.
        out: the run folder; must not exist unless `resume`.
        options: settings by flag name; None and absent mean the default, or when resuming what the run has.
        resume: continue the run in `out`; a folder that does not exist yet is begun.
        watch: who is told what happens.
        stdin: where `-` reads from.
        download: whether a built-in text may be fetched from its public address.

    Returns:
        The run folder, trained.

    Raises:
        InputError: the text, an option or the folder cannot be used; nothing is left behind.
        DamagedArtifact, Locked, Stopped, Diverged, MachineError: see `loop.train` and `widths.choose`.
    """
    given = {name: value for name, value in options.items() if value is not None}
    epochs = None
    if resume and os.path.lexists(out):
        run = RunFolder.open(out)
        refuse_unknown(given)
        epochs = _epochs(run, given)
        _refuse_other_settings(run, given)
        prepared = prepare_again(run.config, _same_text(run, source, stdin), Alphabet.from_json(run.alphabet))
    else:
        prepared = prepare(source, given, stdin=stdin, download=download)
        if given.get("hidden") == AUTO:
            prepared = widths.choose(prepared, watch)
        run = RunFolder.create(
            out,
            config=prepared.config,
            alphabet=prepared.alphabet.to_json(),
            environment=_environment(prepared),
            text=prepared.text.raw,
        )
    loop.train(run, prepared, epochs=epochs, watch=watch)
    return run


def _environment(prepared: Prepared) -> dict[str, Any]:
    config, text = prepared.config, prepared.text
    assert config.train.precision != "auto", "resolved when the run was prepared"
    choice = kernel_of(config.model, prepared.alphabet.size, config.train.kernel, config.train.precision)
    return environment.describe() | {
        "text": {
            "name": text.name,
            "source": text.source,
            "sha256": text.sha256,
            "bytes": text.byte_count,
            "symbols": len(text),
        },
        "split": {"name": config.corpus.split, "fold": config.corpus.fold, "dropped": prepared.split.dropped}
        | {part: prepared.split.size(part) for part in ("train", "valid", "test")},
        "seed": config.train.seed,
        "threads": config.train.threads,
        "kernel": {"name": choice.kernel, "path": choice.path, "precision": choice.precision, "reason": choice.reason},
        "notes": list(prepared.notes),
    }


def _epochs(run: RunFolder, given: dict[str, Any]) -> int:
    """Take `epochs` out of the options; what is not given is as before."""
    status = run.status()
    asked = given.pop("epochs", AUTO)
    if asked == AUTO:
        return int(status["epochs"])
    epochs = checked(TrainConfig, run.config.train.model_dump() | {"epochs": asked}).epochs
    if epochs < status["epoch"]:
        raise InputError(
            tried=f"resume {run.path}",
            given=f"--epochs {epochs}",
            why=f"it has seen {status['epoch']:.2f} epochs already",
            todo="Leave the option out, or give a larger number.",
        )
    return epochs


def _refuse_other_settings(run: RunFolder, given: Mapping[str, Any]) -> None:
    was = {name: value for stage in _stages(run.config) for name, value in stage.items()}
    for name, value in given.items():
        # What `auto` chose is in the settings already; a budget is compared as the budget it was.
        if value == AUTO or was.get(name) == value:
            continue
        if isinstance(value, tuple | list) and tuple(value) == tuple(was.get(name) or ()):
            continue
        flag = "--" + name.replace("_", "-")
        raise InputError(
            tried=f"resume {run.path}",
            given=f"{flag} {value}",
            why=f"the run was begun with {flag} {was.get(name)}",
            todo="Leave the option out to continue the run, or train into another folder.",
        )


def _stages(config: RunConfig) -> list[dict[str, Any]]:
    return [config.corpus.model_dump(), config.model.model_dump(), config.train.model_dump()]


def _same_text(run: RunFolder, source: str, stdin: BinaryIO | None) -> Text:
    corpus = run.config.corpus
    text = load(source, symbols=corpus.symbols, encoding=corpus.encoding, stdin=stdin)
    expected = run.environment["text"]["sha256"]
    if text.sha256 != expected:
        raise InputError(
            tried=f"resume {run.path}",
            given=f"{source!r} with SHA-256 {text.sha256[:16]}...",
            why=f"the run was begun on a text with SHA-256 {expected[:16]}... ({run.environment['text']['source']})",
            todo="Give the text the run was begun with, or train into another folder.",
        )
    return text
