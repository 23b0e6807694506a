"""Write docs/cli.md from the commands, and the tables of docs/features.md from the registry; --check only compares.

Exit codes come from the error classes, so that this page cannot promise others than the program gives.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rnnscope import errors
from rnnscope.cli import make_app
from rnnscope.features import FEATURES, Feature

PAGE = Path(__file__).with_name("cli.md")
FEATURES_PAGE = Path(__file__).with_name("features.md")
TABLES = "<!-- Written by `python3 dev.py docs` from here to the end; edit the definitions, not these tables. -->\n"

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


def features_page() -> str:
    """The page of features: what is written by hand, and a table of each family."""
    by_hand = FEATURES_PAGE.read_text("utf-8").partition(TABLES)[0]
    titles = {"any": "Any text", "prose": "Prose", "code": "Code"}
    tables = []
    for family, title in titles.items():
        rows = [_row(feature) for feature in FEATURES.values() if feature.family == family]
        head = "| name | value after a symbol has been read | values | known | memory | predicts |\n"
        head += "|---|---|---|---|---|---|\n"
        tables.append(f"\n## {title}: {len(rows)} features\n\n{head}{''.join(rows)}")
    return by_hand + TABLES + "".join(tables)


def _row(feature: Feature) -> str:
    languages = sorted(feature.languages or ()) if feature.family == "code" else []
    only = f" ({'C' if languages == ['c'] else 'Python'} only)" if len(languages) == 1 else ""
    aims = [
        f"{ {'c': 'C: ', 'python': 'Python: '}.get(language, '') }{_signs(aim.symbols)} {aim.sign:+d} {aim.words}"
        for language, aim in feature.targets.items()
    ]
    cells = (
        f"`{feature.name}`",
        feature.words + only,
        feature.range,
        "yes" if feature.causal else "no",
        "yes" if feature.memory else "no",
        "; ".join(aims) or "nothing",
    )
    return (
        "| " + " | ".join(cell.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*") for cell in cells) + " |\n"
    )


def _signs(symbols: str) -> str:
    names = {"\n": "LF", "\r": "CR", " ": "space", "\t": "tab"}
    return " or ".join(names.get(symbol, f"`{symbol}`") for symbol in symbols)


def main(arguments: list[str]) -> int:
    """Write the pages, or compare them."""
    for path, made in ((PAGE, page()), (FEATURES_PAGE, features_page())):
        if arguments != ["--check"]:
            path.write_text(made, "utf-8")
        elif not path.is_file() or path.read_text("utf-8") != made:
            sys.stderr.write(f"docs/{path.name} is out of date: run python3 dev.py docs\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
