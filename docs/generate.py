"""Write docs/cli.md from the commands themselves; with --check, only say whether it is up to date.

Exit codes come from the error classes, so that this page cannot promise others than the program gives.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rnnscope import errors
from rnnscope.cli import make_app

PAGE = Path(__file__).with_name("cli.md")

HEAD = """\
<!-- Written by `python3 dev.py docs`; edit the commands, not this page. -->
# Commands

A flag beats an environment variable, which beats the file of `--config`, which beats the default. The variable of a
flag is `RNNSCOPE_` and its name in capitals: `RNNSCOPE_LEARNING_RATE` for `--learning-rate`. Results go to stdout,
progress and messages to stderr.

| exit code | meaning |
|---|---|
| 0 | done |
"""

TAIL = """\
| 128 + n | stopped by signal n, with everything done so far saved: 130 for Ctrl-C, 143 for SIGTERM |

"""


def page() -> str:
    """The whole page as text."""
    kinds = [errors.InputError, errors.MachineError, errors.DamagedArtifact, errors.Diverged, errors.Locked]
    rows = [f"| {kind.exit_code} | {_sentence(kind)} |\n" for kind in sorted(kinds, key=lambda kind: kind.exit_code)]
    commands = make_app([]).generate_docs()
    # The title and the table of contents repeat what the page's reader already has.
    body = commands[commands.index("\n## rnnscope") + 1 :]
    return HEAD + "".join(rows) + TAIL + "\n".join(line.rstrip() for line in body.splitlines()) + "\n"


def _sentence(kind: type) -> str:
    return (kind.__doc__ or "").strip().splitlines()[0].rstrip(".")


def main(arguments: list[str]) -> int:
    """Write the page, or compare it."""
    if arguments == ["--check"]:
        if PAGE.is_file() and PAGE.read_text("utf-8") == page():
            return 0
        sys.stderr.write("docs/cli.md is out of date: run python3 dev.py docs\n")
        return 1
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
