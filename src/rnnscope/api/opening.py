"""Where models come from: a folder, a training, or a PyTorch model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from rnnscope.api.counting import load_model
from rnnscope.api.counts import Ngram
from rnnscope.api.run import Run
from rnnscope.artifacts.counts import CountFolder, open_folder
from rnnscope.artifacts.run import RunFolder
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.errors import InputError

if TYPE_CHECKING:
    from torch import nn

    from rnnscope.model.from_torch import Symbols
    from rnnscope.train.watch import Watch


def open(
    path: str | Path, checkpoint: Literal["best", "last"] | str | int = "best", *, context: int | None = None
) -> Run | Ngram:
    """Open what a folder holds, a trained network or an n-gram model; everything is verified before it is used.

    Args:
        path: the folder.
        checkpoint: which weights of a network: `best` on the validation part, `last`, or those of a training step.
        context: which context of an n-gram model; by default the best on the validation part.

    Raises:
        InputError: this is no such folder, or it has no such weights or context.
        DamagedArtifact: something in it is not what was written.
    """
    folder = open_folder(path)
    if isinstance(folder, CountFolder):
        if checkpoint not in ("best", "last"):
            raise InputError(
                tried="open an n-gram model",
                given=f"checkpoint {checkpoint!r} of {folder.path}",
                why="it was counted, not trained, so it has no checkpoints",
                todo="Leave the checkpoint out; contexts are chosen with --context.",
            )
        return Ngram(load_model(folder), folder, context)
    if context is not None:
        raise InputError(
            tried="open a network",
            given=f"context {context} of {folder.path}",
            why="only n-gram models have contexts to choose from",
            todo="Leave the context out, or name a folder that rnnscope ngram made.",
        )
    return _network(folder, checkpoint)


def open_run(path: str | Path, checkpoint: Literal["best", "last"] | str | int = "best") -> Run:
    """Open a trained network, for what needs one; arguments and errors as for `open`.

    PyTorch is told to compute with as many threads as the run was trained with, 1 unless asked otherwise: small
    networks gain nothing from more, and on a machine that has other work they lose most of their speed.
    """
    folder = open_folder(path)
    if isinstance(folder, CountFolder):
        raise InputError(
            tried="open a network",
            given=str(path),
            why="this is an n-gram model, which has no cells, states or weights",
            todo="Name a folder that rnnscope train made.",
        )
    return _network(folder, checkpoint)


def _network(folder: RunFolder, checkpoint: str | int) -> Run:
    from rnnscope.cells.dispatch import kernel_here
    from rnnscope.model import checkpoint as weights
    from rnnscope.model.build import build, use_threads

    saved = folder.read_checkpoint(_which(checkpoint, folder))
    alphabet = Alphabet.from_json(folder.alphabet, where=str(folder.path / "alphabet.json"))
    train = folder.config.train
    use_threads(train.threads)
    network = build(folder.config.model, alphabet.size, seed=train.seed, kernel=kernel_here(train.kernel))
    weights.load(network, saved.tensors, where=f"{folder.path}, step {saved.step}")
    made_from = {"run": folder.id, "checkpoint": saved.sha256}
    return Run(network, alphabet, made_from=made_from, folder=folder, step=saved.step)


def train(
    text: str,
    out: str | Path,
    *,
    resume: bool = False,
    download: bool = False,
    stdin: BinaryIO | None = None,
    watch: Watch | None = None,
    **options: Any,
) -> Run:
    """Train a network on a text, then open it.

    Args:
        text: a file, a folder, `-` for standard input, or a built-in name: stdlib, planted, warpeace, linux.
        out: the run folder to make.
        resume: continue the run in that folder.
        download: allow fetching warpeace or linux from its public address.
        stdin: where `-` reads from.
        watch: who is told what happens.
        options: settings named like the flags of `rnnscope train`: cell, layers, hidden, epochs, batch, steps, seed...

    Raises:
        InputError: the text, an option or the folder cannot be used.
        Diverged, Locked, MachineError, Stopped: training ended early; what was saved is intact.
    """
    from rnnscope.train.start import start

    folder = start(text, Path(out), options, resume=resume, watch=watch, stdin=stdin, download=download)
    return open_run(folder.path)


def from_torch(
    module: nn.Module, alphabet: Symbols, output: nn.Linear | None = None, embedding: nn.Embedding | None = None
) -> Run:
    """Take over a model made with PyTorch: same numbers, every gate visible.

    Args:
        module: an nn.RNN, nn.LSTM or nn.GRU that reads one-hot symbols or an embedding; or a module that holds one,
            with at most one nn.Linear and one nn.Embedding and no other weights.
        alphabet: the symbols in the order of the model's ids (a string will do), or a mapping from symbol to id; bytes
            as numbers; None stands for the id of unknown symbols.
        output: the nn.Linear that gives the logits of the next symbol; without one, states can be recorded but nothing
            predicted.
        embedding: the nn.Embedding in front; folded into the first layer's weights.

    Raises:
        InputError: both directions, a projection, or weights that are none of these parts.
    """
    from rnnscope.model.from_torch import convert

    network, symbols, predicts = convert(module, alphabet, output, embedding)
    return Run(network, symbols, made_from={"alphabet": symbols.hash()}, predicts=predicts)


def _which(checkpoint: str | int, folder: RunFolder) -> str | int:
    if checkpoint in ("best", "last"):
        return checkpoint
    steps = folder.checkpoint_steps()
    if not str(checkpoint).isdecimal() or int(checkpoint) not in steps:
        kept = ", ".join(map(str, steps[:20])) + (", ..." if len(steps) > 20 else "")
        raise InputError(
            tried="open a run",
            given=f"checkpoint {checkpoint!r} of {folder.path}",
            why=f"the steps whose weights are kept are: {kept or 'none yet'}",
            todo="Name best, last, or one of these steps.",
        )
    return int(checkpoint)
