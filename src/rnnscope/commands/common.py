"""What verbs share: flags that every one has, and the kinds of arguments that several have."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from cyclopts import Parameter

from rnnscope import terminal

STDIN = "-"


def _whole_number(kind: Any, tokens: Sequence[Any]) -> int:
    # By itself the command line would round 1.5 to 2.
    try:
        return int(tokens[0].value, 10)
    except ValueError:
        raise ValueError(f"{tokens[0].value!r} is not a whole number") from None


_whole = Parameter(converter=_whole_number)
Whole = Annotated[int, _whole]


@Parameter(name="*")
@dataclass(frozen=True)
class Common:
    """Flags that every verb has."""

    json: Annotated[bool, Parameter(negative="")] = False
    """Print one JSON document on stdout, and nothing else there."""
    quiet: Annotated[bool, Parameter(name=["--quiet", "-q"], negative="")] = False
    """Say nothing on stderr but errors."""
    verbose: Annotated[bool, Parameter(name=["--verbose", "-v"], negative="")] = False
    """Say every decision and show samples on stderr."""
    seed: Annotated[int | None, _whole] = None
    """Random seed of whatever is random here. Default: 1."""
    config: Path | None = None
    """TOML file with settings; flags and environment variables beat it."""

    @property
    def verbosity(self) -> int:
        """How much is said on stderr."""
        return terminal.QUIET if self.quiet else terminal.VERBOSE if self.verbose else terminal.NORMAL

    def progress(self, label: str = "") -> terminal.Progress:
        """Who says it."""
        return terminal.Progress(self.verbosity, label)

    def result(self, document: dict[str, Any], text: str) -> None:
        """Print what a verb found: as JSON if asked for, else for a person."""
        if self.json:
            terminal.print_json(document)
        else:
            terminal.print_text(text)


COMMON = Common()


def stdin_of(text: str) -> BinaryIO | None:
    """Where `-` reads from; None too if the process was started without standard input, which reading then says."""
    return getattr(sys.stdin, "buffer", None) if text == STDIN else None


def _refuse_option(kind: Any, text: str | None) -> None:
    """`-` is a text, standard input, so hyphens must be let through; what looks like an option is a misspelt one."""
    if text is not None and text.startswith("-") and text != STDIN:
        raise ValueError(f"No option has this name. A file of this name is given as ./{text}")


_text = Parameter(allow_leading_hyphen=True, validator=_refuse_option)
TextName = Annotated[str, _text]
OtherTextName = Annotated[str | None, _text]
Out = Annotated[Path, Parameter(name=["--out", "-o"])]
Checkpoint = Annotated[str, Parameter(name="--checkpoint")]
Switch = Annotated[bool, Parameter(negative="")]
