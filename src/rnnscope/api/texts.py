"""Which text a command is about: the one a run was trained on, found again and compared, or another one."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnscope.artifacts.folder import ModelFolder
from rnnscope.config import Part
from rnnscope.corpus import split
from rnnscope.corpus.lanes import LANES
from rnnscope.corpus.read import load
from rnnscope.corpus.split import Segment, Split
from rnnscope.corpus.text import Text
from rnnscope.errors import InputError

if TYPE_CHECKING:
    from rnnscope.api.language_model import AnyFolder, LanguageModel


@dataclass(frozen=True)
class Chosen:
    """Symbols of a text.

    Args:
        text: the text.
        segments: which of its positions.
        part: their name: train, valid, test or all.
        what: the same in words.
        own: whether it is the text the model was made from.
        split: all parts of the text; None where the whole of it was chosen.
    """

    text: Text
    segments: tuple[Segment, ...]
    part: Part
    what: str
    own: bool
    split: Split | None = None


def own_text(folder: ModelFolder[Any]) -> Text:
    """Read the text a model was made from: from its folder if it keeps a copy, else from where it came.

    Raises:
        InputError: it is not there any more, or it is another text now.
    """
    corpus, expected = folder.config.corpus, str(folder.environment["text"]["sha256"])
    copy = folder.text()
    stdin = None if copy is None else BytesIO(copy)
    try:
        text = load("-" if stdin else corpus.text, symbols=corpus.symbols, encoding=corpus.encoding, stdin=stdin)
    except InputError as error:
        raise InputError(
            tried=f"find the text that {folder.path} was made from",
            given=error.given,
            why=error.why,
            todo=f"Put the text with SHA-256 {expected} back there, or name another text.",
        ) from None
    if text.sha256 != expected:
        raise InputError(
            tried=f"find the text that {folder.path} was made from",
            given=f"{corpus.text}, which has SHA-256 {text.sha256}",
            why=f"it was made from a text with SHA-256 {expected}",
            todo="Put that text back, or give this one as another text (it is then read whole, not in parts).",
        )
    return text


def chosen_text(
    model: LanguageModel[AnyFolder], part: Part | None, source: str | Path | None, lanes: int = LANES
) -> Chosen:
    """Choose symbols: a part of the model's own text, or of another text.

    Args:
        model: what will read them.
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
        text, named = model.text(), part or "test"
    else:
        encoding = model.corpus("read a text").encoding if model.has_folder else "utf-8"
        text, named = load(source, symbols=model.alphabet.kind, encoding=encoding), part or "all"
    if named == "all":
        return Chosen(text, (Segment(0, len(text)),), named, f"all of {text.name}", source is None)
    parts = split.make(len(text), model.corpus("read the settings"), text.files)
    segments = parts.parts[named]
    if not segments:
        raise InputError(
            tried=f"read the {named} part",
            given=text.name,
            why=f"it was set up with a {named} share of 0",
            todo="Name another part, or all.",
        )
    return Chosen(text, segments, named, f"the {named} part of {text.name}", source is None, parts)
