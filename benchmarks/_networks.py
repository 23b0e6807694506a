"""Trains the networks of a plan, results/networks.toml or another, and keeps them small beside it: `dev.py networks`.

All networks are first trained to epoch 10, then to 25, then to their end, so that a campaign that is stopped leaves
many useful networks instead of a few finished ones; the rate decays from epoch 10 on, and pauses change no bit of a
training. Stop it at any time (Ctrl-C, SIGTERM, --hours): trainings save, and what is worth keeping is kept. Start it
again and it goes on. Words behind `--` are further options of `rnnscope train` for all of them.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import _collect
from _jobs import Campaign, Job, epochs_reached

from rnnscope.errors import InputError, RnnscopeError

PLAN, RUNS = Path("results/networks.toml"), Path("runs")
PAUSES = (10, 25)
_NO_SETTINGS = ("name", "text", "paper_nats")


@dataclass(frozen=True)
class Network:
    """One network of the plan: name, text, settings by flag name, and the test loss that the paper gives, if any."""

    name: str
    text: str
    options: Mapping[str, Any]
    paper_nats: float | None = None

    def job(self, runs: Path, pause: float) -> Job:
        """Its training up to an epoch."""
        return Job(self.text, runs / self.name, self.options, pause)


def read_plan(path: Path, more: Mapping[str, Any]) -> list[Network]:
    """Networks in order; `more` beats what the file says.

    Raises:
        InputError: a name is there twice.
    """
    document = tomllib.loads(path.read_text("utf-8"))
    networks = [
        Network(
            row["name"],
            row["text"],
            {
                name: value
                for name, value in (document["shared"] | row | dict(more)).items()
                if name not in _NO_SETTINGS
            },
            row.get("paper_nats"),
        )
        for row in document["networks"]
    ]
    names = [network.name for network in networks]
    for name in names:
        if names.count(name) > 1:
            raise InputError(
                tried="read the plan", given=name, why=f"{path} has it twice", todo="Give each network its own name."
            )
    return networks


def read_room(path: Path) -> _collect.Room:
    """How much a plan lets be kept: `limit_mib` of all, and `weights_mib` of the weights of one network."""
    document = tomllib.loads(path.read_text("utf-8"))
    return _collect.Room(
        int(document.get("limit_mib", _collect.LIMIT_BYTES >> 20) * (1 << 20)),
        int(document["weights_mib"] * (1 << 20)) if "weights_mib" in document else None,
    )


def chosen(networks: Sequence[Network], patterns: Sequence[str]) -> list[Network]:
    """Networks that a pattern names, in the order of the plan; all without patterns.

    Raises:
        InputError: a pattern names none.
    """
    for pattern in patterns:
        if not any(fnmatchcase(network.name, pattern) for network in networks):
            raise InputError(
                tried="choose networks",
                given=f"--only {pattern}",
                why="no network of the plan has this name",
                todo="See --list; * and ? stand for other letters.",
            )
    return [n for n in networks if not patterns or any(fnmatchcase(n.name, pattern) for pattern in patterns)]


def rounds(networks: Sequence[Network], runs: Path, pauses: Sequence[int] = PAUSES) -> list[Job]:
    """Jobs in the order of the campaign: every network to the first pause, then every network to the next."""
    ends = [float(network.options["epochs"]) for network in networks]
    return [
        network.job(runs, stop)
        for stop in sorted({float(pause) for pause in pauses} | set(ends))
        for network, end in zip(networks, ends, strict=True)
        if stop == end or (stop < end and stop in pauses)
    ]


def listing(networks: Sequence[Network], runs: Path, kept: Path) -> str:
    """A line for each network: epochs reached here, and what is kept."""
    index = _collect.read_index(kept)
    lines = [f"{'network':<32} {'epochs':>9}  kept"]
    for network in networks:
        reached, entry = epochs_reached(runs / network.name), index.get(network.name)
        said = "-" if entry is None else f"{entry['epochs']:.1f} epochs, valid {entry['valid_loss_nats']:.4f} nats"
        lines.append(f"{network.name:<32} {reached:4.1f}/{network.options['epochs']:<4}  {said}")
    return "\n".join(lines)


def say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", flush=True)


def main(words: Sequence[str]) -> int:
    words = list(words)
    cut = words.index("--") if "--" in words else len(words)
    options = parse(words[:cut])
    more = pairs(words[cut + 1 :]) | ({} if options.epochs is None else {"epochs": options.epochs})
    try:
        everything = read_plan(options.plan, more)
        networks = chosen(everything, options.only)
        room, of_plan = read_room(options.plan), Path(options.plan.stem)
        options.runs = options.runs or RUNS / of_plan
        options.kept = options.kept or options.plan.parent / of_plan
        options.kept.mkdir(parents=True, exist_ok=True)
        if options.list:
            print(listing(networks, options.runs, options.kept))
            return 0
        planned = [
            {
                "name": network.name,
                "command": _collect.command_line(network.job(RUNS / of_plan, 0).words()),
                "paper_nats": network.paper_nats,
            }
            for network in everything
        ]

        def write_index() -> None:
            _collect.write_index(options.kept, planned, runs=options.runs, room=room)

        def keep(job: Job, code: int) -> None:
            if code:
                say(f"{job.folder.name} ended with code {code}; the end of {job.folder}.log says why")
                return
            try:
                done = _collect.collect(job.folder, options.kept / job.folder.name, room)
                say(f"{job.folder.name}: epoch {epochs_reached(job.folder):.1f}, {done}")
                write_index()
            except RnnscopeError as error:  # the others go on; the end comes back to it
                say(f"{job.folder.name}: {error}")

        jobs = [] if options.collect else rounds(networks, options.runs)
        seconds = None if options.hours is None else options.hours * 3600
        outcome = Campaign(jobs, at_once=options.jobs, seconds=seconds, ended=keep).run()
        for network in networks:
            done = _collect.collect(options.runs / network.name, options.kept / network.name, room)
            if options.collect:
                say(f"{network.name}: {done}")
        write_index()
    except RnnscopeError as error:
        print(f"networks: {error}", file=sys.stderr)
        return error.exit_code
    if outcome.timed_out:
        say("the time is up; start it again to go on")
    print(listing(networks, options.runs, options.kept))
    return outcome.exit_code()


def parse(words: Sequence[str]) -> argparse.Namespace:
    about = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="dev.py networks", description=about)
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="these alone; * and ? are allowed")
    parser.add_argument("--list", action="store_true", help="only say which networks there are and how far each is")
    parser.add_argument("--collect", action="store_true", help="only keep what the run folders hold, train nothing")
    parser.add_argument("--jobs", type=int, default=2, help="trainings at a time, of one thread each (default 2)")
    parser.add_argument("--epochs", type=int, help="another end than the plan's")
    parser.add_argument("--hours", type=float, help="stop everything after this time")
    parser.add_argument("--plan", type=Path, default=PLAN, help=f"default {PLAN}")
    parser.add_argument("--runs", type=Path, help=f"run folders (default {RUNS}/NAME OF THE PLAN)")
    parser.add_argument(
        "--kept", type=Path, help="what is kept of them (default a folder beside the plan, of its name)"
    )
    options = parser.parse_args(words)
    if options.jobs < 1:
        parser.error("--jobs must be at least 1")
    return options


def pairs(words: Sequence[str]) -> dict[str, str]:
    """Further options of `rnnscope train`, given as `--name value`."""
    if len(words) % 2 or not all(word.startswith("--") for word in words[::2]):
        raise SystemExit("networks: behind -- come pairs of --option and value")
    return {
        name.removeprefix("--").replace("-", "_"): value for name, value in zip(words[::2], words[1::2], strict=True)
    }


if __name__ == "__main__":
    # As the command line does: threads that wait sleep, and so do not take the cores that the trainings need.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main(sys.argv[1:]))
