"""Which text a command is about: the one a run was trained on, found again and compared, or another one."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from rnnscope.artifacts.run import RunFolder
from rnnscope.config import Part
from rnnscope.corpus import split
from rnnscope.corpus.read import load
from rnnscope.corpus.split import Segment
from rnnscope.corpus.text import Text
from rnnscope.errors import InputError

if TYPE_CHECKING:
    from rnnscope.api.run import Run


@dataclass(frozen=True)
class Chosen:
    """Symbols of a text.

    Args:
        text: the text.
        segments: which of its positions.
        part: their name: train, valid, test or all.
        what: the same in words.
        own: whether it is the text the run was trained on.
    """

    text: Text
    segments: tuple[Segment, ...]
    part: Part
    what: str
    own: bool


def own_text(run: RunFolder) -> Text:
    """Read the text a run was trained on: from its folder if it keeps a copy, else from where it came.

    Raises:
        InputError: it is not there any more, or it is another text now.
    """
    corpus, expected = run.config.corpus, str(run.environment["text"]["sha256"])
    copy = run.text()
    stdin = None if copy is None else BytesIO(copy)
    try:
        text = load("-" if stdin else corpus.text, symbols=corpus.symbols, encoding=corpus.encoding, stdin=stdin)
    except InputError as error:
        raise InputError(
            tried=f"find the text that {run.path} was trained on",
            given=error.given,
            why=error.why,
            todo=f"Put the text with SHA-256 {expected} back there, or name another text.",
        ) from None
    if text.sha256 != expected:
        raise InputError(
            tried=f"find the text that {run.path} was trained on",
            given=f"{corpus.text}, which has SHA-256 {text.sha256}",
            why=f"the run was trained on a text with SHA-256 {expected}",
            todo="Put that text back, or give this one as another text (it is then read whole, not in parts).",
        )
    return text


def chosen_text(run: Run, part: Part | None, source: str | Path | None, lanes: int) -> Chosen:
    """Choose symbols: a part of the run's own text, or of another text.

    Args:
        run: the network that will read them.
        part: None means test of the own text, all of another.
        source: a file, a folder, a built-in name or `-`; None is the own text.
        lanes: how many pieces they will be cut into, to be refused here if it is none.

    Raises:
        InputError: the text cannot be found or read, or has no such part.
    """
    if lanes < 1:
        raise InputError(
            tried="read a part in lanes",
            given=f"--lanes {lanes}",
            why="a part is cut into at least one lane",
            todo="Use --lanes 100 (the default), or 1 for a single stream.",
        )
    if source is None:
        text, named = run.text(), part or "test"
    else:
        encoding = run.config.corpus.encoding if run.has_folder else "utf-8"
        text, named = load(source, symbols=run.alphabet.kind, encoding=encoding), part or "all"
    if named == "all":
        return Chosen(text, (Segment(0, len(text)),), named, f"all of {text.name}", source is None)
    segments = split.make(len(text), run.config.corpus, text.files).parts[named]
    if not segments:
        raise InputError(
            tried=f"read the {named} part",
            given=text.name,
            why=f"the run was set up with a {named} share of 0",
            todo="Name another part, or all.",
        )
    return Chosen(text, segments, named, f"the {named} part of {text.name}", source is None)
