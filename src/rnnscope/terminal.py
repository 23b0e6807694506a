"""How a command speaks to a person: progress on stderr, results on stdout, nothing from a text that could act.

On a terminal training shows one moving line, elsewhere a plain line every few seconds. Text of a corpus is shown with
its control, format and direction-changing characters escaped, so that no text can move the cursor or forge a line.
"""

from __future__ import annotations

import json
import math
import sys
import time
import unicodedata
from collections.abc import Iterable
from typing import Any

from rich import progress
from rich.console import Console
from rich.markup import escape

from rnnscope.train.watch import Plan, Watch
from rnnscope.units import bits, bytes_text, seconds_text

PLAIN_EVERY_SECONDS = 10.0
QUIET, NORMAL, VERBOSE = -1, 0, 1

_ESCAPED_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def shown(text: str, keep: str = "\n") -> str:
    """Text that is safe to print: characters that could act on a terminal are escaped, those of `keep` are not.

    >>> print(shown("a\\x1b[2Jb\\tc"))
    a\\x1b[2Jb\\tc
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character
        if character in keep or unicodedata.category(character) not in _ESCAPED_CATEGORIES
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def print_json(document: dict[str, Any]) -> None:
    """Print the one JSON document of a command to stdout."""
    # JSON is UTF-8; where stdout is something else, escapes say the same.
    escaped = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    sys.stdout.write(json.dumps(document, ensure_ascii=escaped, allow_nan=False) + "\n")
    sys.stdout.flush()


def print_text(text: str) -> None:
    """Print a result for a person to stdout."""
    sys.stdout.write(shown(text) + "\n")
    sys.stdout.flush()


def write_stream(pieces: Iterable[str]) -> None:
    """Print pieces of text as they come: made safe on a terminal, exactly as they are into a file or a pipe."""
    safe = sys.stdout.isatty()
    for piece in pieces:
        sys.stdout.write(shown(piece, keep="\n\t") if safe else piece)
        sys.stdout.flush()


class Progress(Watch):
    """Shows training on stderr.

    Args:
        verbosity: QUIET says nothing, NORMAL shows progress, VERBOSE adds every decision and sample.
        label: put before every line, for several trainings in a row.
    """

    def __init__(self, verbosity: int = NORMAL, label: str = "") -> None:
        self.verbosity = verbosity
        self.label = f"{label}: " if label else ""
        self.console = Console(stderr=True, highlight=False, soft_wrap=True)
        self.plan: Plan | None = None
        self._bar: progress.Progress | None = None
        self._last_plain = 0.0
        self._last_valid: float | None = None

    def say(self, line: str, *, at: int = NORMAL) -> None:
        """Print a line if the verbosity asks for it."""
        if self.verbosity >= at:
            self.console.print(escape(shown(self.label + line)))

    def tried(self, hidden: int, valid_loss_nats: float) -> None:
        found = f"valid {bits(valid_loss_nats):.2f} bits" if math.isfinite(valid_loss_nats) else "diverged"
        self.say(f"tried {hidden:,} units: {found}")

    def planned(self, plan: Plan) -> None:
        self.plan = plan
        for note in plan.notes:
            self.say(note, at=VERBOSE)
        self.say(
            f"training {plan.parameters:,} parameters for {plan.last_step:,} steps "
            f"({plan.steps_per_epoch:,} per epoch) in {plan.path}; kernel: {plan.kernel}"
        )
        kept = f"{plan.kept:,} checkpoints beside best and last" if plan.kept else "best and last"
        self.say(
            f"weights and training state take at most {bytes_text(plan.checkpoint_bytes)} ({kept})",
            at=NORMAL if plan.kept else VERBOSE,
        )
        if plan.step:
            self.say(f"continuing at step {plan.step:,}")
        if self.verbosity >= NORMAL and self.console.is_terminal:
            columns = (progress.BarColumn(bar_width=8), progress.TextColumn("{task.description}"))
            self._bar = progress.Progress(*columns, console=self.console, transient=True)
            self._bar.add_task(escape(self.label + "starting"), total=plan.last_step, completed=plan.step)
            self._bar.start()

    def row(self, row: dict[str, Any]) -> None:
        if row["valid_loss_nats"] is not None:
            self._last_valid = row["valid_loss_nats"]
        if self._bar is not None:
            self._bar.update(
                self._bar.task_ids[0], completed=row["step"], description=escape(self.label + self._line(row))
            )
        elif row["valid_loss_nats"] is not None or time.monotonic() - self._last_plain > PLAIN_EVERY_SECONDS:
            self._last_plain = time.monotonic()
            self.say(f"step {self._line(row)}")

    def sample(self, row: dict[str, Any]) -> None:
        self.say(f"sample at step {row['step']}: {row['text']!r}", at=VERBOSE)

    def ended(self, state: str, step: int) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        self.say(f"{state} at step {step:,}")

    def _line(self, row: dict[str, Any]) -> str:
        """What a row says, in a form that fits beside the bar on 80 columns; what matters least comes last."""
        assert self.plan is not None
        train, speed = row["train_loss_nats"], row["chars_per_second"]
        parts = [f"{row['step']:,}/{self.plan.last_step:,}"]
        if speed and row["step"]:
            left = (self.plan.last_step - row["step"]) * row["seconds"] / row["step"]
            parts.append(f"{seconds_text(left)} left")
        if train is not None:
            parts.append(f"train {bits(train):.2f} bits")
        if self._last_valid is not None:
            parts.append(f"valid {bits(self._last_valid):.2f} bits")
        if speed:
            parts.append(f"{speed / 1000:,.0f}k chars/s")
        return "  ".join(parts)
