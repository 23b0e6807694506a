"""What a text is made of, and the building of a text from kernel sources."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

from rnnscope.config import CorpusConfig, checked
from rnnscope.corpus import builtin
from rnnscope.corpus.describe import Description
from rnnscope.corpus.describe import describe as describe_text
from rnnscope.corpus.kernel import linux_source as build_linux
from rnnscope.corpus.read import load
from rnnscope.errors import InputError


def describe(
    source: str,
    *,
    stdin: BinaryIO | None = None,
    download: bool = False,
    linux_source: Path | None = None,
    out: Path | None = None,
    **options: Any,
) -> Description:
    """Say what a text is made of and which analyses it is too small for.

    Args:
        source: a file, a folder, `-` for standard input, or a built-in name.
        stdin: where `-` reads from.
        download: allow fetching warpeace or linux.
        linux_source: with the source `linux`, build the text from this kernel tree or tarball.
        out: where to write the built text; a manifest is written beside it.
        options: settings of the corpus by flag name: symbols, encoding, split, fold, fractions.

    Raises:
        InputError: the text cannot be read, or the options do not go together.
    """
    if (linux_source is None) != (out is None) or (linux_source is not None and source != "linux"):
        raise InputError(
            tried="build a text from kernel sources",
            given=f"TEXT {source}, --source {linux_source}, --out {out}",
            why="it takes the name linux, the sources and the file to write",
            todo="Use: rnnscope corpus linux --source TREE_OR_TARBALL -o linux.txt.",
        )
    usual = builtin.usual(source)
    if linux_source is not None and out is not None:
        build_linux(linux_source, out)
        source = str(out)
    config = checked(CorpusConfig, usual | options | {"text": source})
    text = load(source, symbols=config.symbols, encoding=config.encoding, stdin=stdin, download=download)
    return describe_text(text, config)
