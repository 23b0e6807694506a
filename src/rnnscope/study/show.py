"""Shows a study while it runs: a live table on a terminal, plain lines elsewhere. All of it on stderr."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from rnnscope.study.book import Book
from rnnscope.study.cost import epochs, shape
from rnnscope.study.tasks import Task
from rnnscope.terminal import NORMAL, VERBOSE, shown
from rnnscope.units import bits, seconds_text

PLAIN_EVERY_SECONDS = 15.0


@dataclass
class _Running:
    """A task that is being done, and what it said last."""

    task: Task
    started: float = field(default_factory=time.monotonic)
    first: tuple[int, float] | None = None
    """Step and time of the first row, from which the speed here is told."""
    row: Mapping[str, Any] = field(default_factory=dict)
    line: str = ""
    last_plain: float = 0.0

    def seconds_left(self) -> float:
        """By what it has done so far, or else by the estimate."""
        now = time.monotonic()
        if self.row and self.first and self.row["step"] > self.first[0]:
            each = (now - self.first[1]) / (self.row["step"] - self.first[0])
            return float(each * max(0, self.row["last_step"] - self.row["step"]))
        return max(0.0, self.task.seconds - (now - self.started))

    def share(self) -> str:
        return f"{self.row['step']:,}/{self.row['last_step']:,}" if self.row else ""

    def losses(self) -> str:
        parts = []
        for name, word in (("train_loss_nats", "train"), ("valid_loss_nats", "valid")):
            if self.row and self.row[name] is not None:
                parts.append(f"{word} {bits(self.row[name]):.2f}")
        return "  ".join(parts)

    def speed(self) -> str:
        rate = self.row.get("chars_per_second")
        return f"{rate / 1000:,.0f}k/s" if rate else ""


class Board:
    """What a person sees of a study.

    Args:
        verbosity: as of `terminal.Progress`.
        jobs: tasks at a time, for the time that is left.
    """

    def __init__(self, verbosity: int = NORMAL, jobs: int = 1) -> None:
        self._verbosity, self._jobs = verbosity, jobs
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._every: Mapping[str, Task] = {}
        self._running: dict[str, _Running] = {}
        self._over, self._failed = 0, 0
        self._left = 0.0
        self._estimated, self._taken = 0.0, 0.0
        self._live: Live | None = None

    def say(self, line: str, *, at: int = NORMAL) -> None:
        """Print a line if the verbosity asks for it."""
        if self._verbosity >= at:
            self._console.print(escape(shown(line)))

    def begin(self, every: Mapping[str, Task], done: set[str]) -> None:
        """Say what there is to do."""
        self._every, self._over = every, len(done)
        self._left = sum(task.seconds for name, task in every.items() if name not in done)
        already = f", {len(done)} of them done" if done else ""
        left = seconds_text(self._left / self._jobs)
        self.say(f"{len(every)} tasks{already}, {self._jobs} at a time; about {left} by estimate")
        if self._verbosity >= NORMAL and self._console.is_terminal:
            self._live = Live(self._table(), console=self._console, transient=True, refresh_per_second=4)
            self._live.start()

    def started(self, task: Task) -> None:
        """A task begins."""
        self._running[task.name] = _Running(task)
        self.say(f"{task.name}: started", at=NORMAL if self._live is None else VERBOSE)

    def heard(self, task: Task, event: Mapping[str, Any]) -> None:
        """A task tells something."""
        running = self._running.get(task.name) or _Running(task)
        match event["event"]:
            case "said":
                running.line = event["line"]
                self.say(f"{task.name}: {event['line']}", at=VERBOSE)
            case "planned":
                running.first = (event["step"], time.monotonic())
                if event["step"]:
                    self.say(f"{task.name}: continuing at step {event['step']:,}")
            case "row":
                running.row = event
                self._plain(running)
            case "done":
                self._end(task)
                self._estimated += task.seconds
                self._taken += event["seconds"]
                self.say(f"{task.name}: done in {seconds_text(event['seconds'])}")
            case "failed":
                self._end(task)
                self._failed += 1
                failure = event["failure"]
                self.say(f"{task.name}: FAILED: {failure['given']}: {failure['why']}")
            case "stopped" | "died":
                self._running.pop(task.name, None)
                self.say(f"{task.name}: {event.get('why', 'it was asked to stop')}")

    def draw(self) -> None:
        """Bring the live table up to date."""
        if self._live is not None:
            self._live.update(self._table())

    def paused(self) -> None:
        """Nothing is running any more."""
        self._running.clear()

    def close(self) -> None:
        """Take the live table away."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _end(self, task: Task) -> None:
        self._running.pop(task.name, None)
        self._over += 1
        self._left -= task.seconds

    def _plain(self, running: _Running) -> None:
        now = time.monotonic()
        if self._live is None and now - running.last_plain > PLAIN_EVERY_SECONDS:
            running.last_plain = now
            left = seconds_text(running.seconds_left())
            told = "  ".join(filter(None, (running.share(), f"{left} left", running.losses(), running.speed())))
            self.say(f"{running.task.name}: {told}")

    def _summary(self) -> str:
        failed = f", {self._failed} failed" if self._failed else ""
        # What tasks took against what was estimated corrects the estimate of the others.
        factor = self._taken / self._estimated if self._estimated > 60 else 1.0
        begun = sum(running.seconds_left() - running.task.seconds * factor for running in self._running.values())
        left = max(0.0, self._left * factor + begun) / self._jobs
        return f"{self._over} of {len(self._every)} tasks done{failed}; about {seconds_text(left)} left"

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, caption=self._summary(), caption_justify="left")
        for head in ("task", "step", "bits", "speed", "left", ""):
            table.add_column(head, no_wrap=True)
        for name, running in self._running.items():
            left = seconds_text(running.seconds_left())
            cells = (name, running.share(), running.losses(), running.speed(), left, shown(running.line)[:40])
            table.add_row(*map(escape, cells))
        return table


def plan_facts(book: Book, every: Mapping[str, Task], done: set[str], jobs: int) -> dict[str, Any]:
    """The plan as plain values: what `--dry-run --json` prints."""
    rows = [
        {
            "task": task.name,
            "kind": task.kind,
            "models": list(task.models),
            "needs": list(task.needs),
            "stage": task.stage,
            "seconds": round(task.seconds, 1),
            "done": name in done,
        }
        for name, task in every.items()
    ]
    networks = [
        {
            "run": each.name,
            "cell": f"window-{each.options['window']}"
            if "window" in each.options
            else each.options.get("cell", "lstm"),
            "layers": 1 if "window" in each.options else each.options.get("layers", 2),
            "budget": each.options.get("budget"),
            "hidden": shape(each, book.sizes.vocabulary)[0],
            "parameters": shape(each, book.sizes.vocabulary)[1],
            "epochs": epochs(each, book.sizes),
            "seed": each.options["seed"],
            "analyses": list(each.analyses),
            "seconds": round(sum(task.seconds for task in every.values() if task.models == (each.name,)), 1),
        }
        for each in book.plan.trainings
    ]
    left = sum(task.seconds for name, task in every.items() if name not in done)
    return {
        "preset": book.plan.preset,
        "text": {"source": book.source, "sha256": book.text_sha256, **vars(book.sizes)},
        "networks": networks,
        "ngrams": [dict(each.options) | {"name": each.name} for each in book.plan.countings],
        "tasks": rows,
        "jobs": jobs,
        "seconds": round(left, 1),
        "wall_seconds": round(wall_seconds(every, done, jobs), 1),
    }


def wall_seconds(every: Mapping[str, Task], done: set[str], jobs: int) -> float:
    """Estimated time on the clock: work shared by all jobs, but no less than the longest chain."""
    work = {name: task.seconds for name, task in every.items() if name not in done}
    chain: dict[str, float] = {}
    for name, task in every.items():
        chain[name] = work.get(name, 0.0) + max((chain[each] for each in (*task.needs, *task.after)), default=0.0)
    return max(sum(work.values()) / jobs, max(chain.values(), default=0.0))


def plan_text(facts: Mapping[str, Any]) -> str:
    """The plan for a terminal."""
    wide = max(len(row["run"]) for row in facts["networks"])
    lines = [
        f"{'network':<{wide}}  {'hidden':>6} {'parameters':>10} {'epochs':>6} {'time':>12}  measured besides losses"
    ]
    for row in facts["networks"]:
        lines.append(
            f"{row['run']:<{wide}}  {row['hidden']:>6,} {row['parameters']:>10,} {row['epochs']:>6} "
            f"{seconds_text(row['seconds']):>12}  {', '.join(row['analyses']) or '-'}"
        )
    for row in facts["ngrams"]:
        lines.append(f"{row['name']}: n-grams with contexts {row.get('contexts', '1-9,20')}")
    done = sum(row["done"] for row in facts["tasks"])
    lines.append(
        f"{len(facts['tasks'])} tasks, {done} done; about {seconds_text(facts['seconds'])} of work on one core, "
        f"{seconds_text(facts['wall_seconds'])} with --jobs {facts['jobs']}; an estimate (docs/study.md)"
    )
    return "\n".join(lines)
