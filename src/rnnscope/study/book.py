"""What a study is about, kept in its folder so that all its processes work on the same: text and plan."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnscope.artifacts import sealed
from rnnscope.artifacts.commit import commit_file
from rnnscope.errors import InputError
from rnnscope.study import tasks
from rnnscope.study.cost import USUAL_RATE, Sizes
from rnnscope.study.plan import Plan
from rnnscope.study.tasks import Task

FILE, KIND = "study.json", "study"
TEXT = "text.bin"
"""What came from standard input, which can be read once, and there are several models to make of it."""
_MAY_DIFFER = ("threads", "kernel")


@dataclass(frozen=True)
class Book:
    """The content of `study.json`.

    Args:
        source: of the text: an absolute path, `-` for the study's own copy, or a built-in name.
        text_sha256: of the text.
        sizes: of the text.
        plan: what is wanted.
    """

    source: str
    text_sha256: str
    sizes: Sizes
    plan: Plan

    def tasks(self, rate: float = USUAL_RATE) -> dict[str, Task]:
        """The tasks of the plan by name."""
        return tasks.cut(self.plan, self.text_sha256, self.sizes, rate)

    def write(self, study: Path) -> None:
        """Keep it, in the place of an older one."""
        facts = {"source": self.source, "sizes": vars(self.sizes), "plan": self.plan.to_json()}
        commit_file(study / FILE, sealed.dump(KIND, {"text": self.text_sha256}, facts))


def read(study: Path) -> Book | None:
    """Read what a study is about; None where there is none yet.

    Raises:
        DamagedArtifact: the file is not what was written.
    """
    if not os.path.lexists(study / FILE):
        return None
    kept = sealed.read(study / FILE, KIND)
    facts = kept.facts
    return Book(facts["source"], kept.made_from["text"], Sizes(**facts["sizes"]), Plan.from_json(facts["plan"]))


def refuse_other(study: Path, was: Book, now: Book) -> None:
    """Refuse to go on with a study as if it were another one. More networks, and more epochs, are the same.

    Raises:
        InputError: the text or a setting of a model differs, or a model is no longer wanted.
    """
    if was.text_sha256 != now.text_sha256:
        given, why = (
            f"a text with SHA-256 {now.text_sha256[:16]}...",
            f"SHA-256 {was.text_sha256[:16]}... ({was.source})",
        )
        raise _other(study, given, f"the study was begun on a text with {why}")
    models = _options(now.plan)
    for name, options in _options(was.plan).items():
        if name not in models:
            raise _other(study, f"a plan without {name}", "the study has that model already")
        _refuse_other_options(study, name, options, models[name])


def _options(plan: Plan) -> dict[str, Mapping[str, Any]]:
    found = {training.name: training.options for training in plan.trainings}
    return found | {counting.name: counting.options for counting in plan.countings}


def _refuse_other_options(study: Path, name: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    for key in {**was, **now}:
        before, after = _plain(was.get(key)), _plain(now.get(key))
        if key in _MAY_DIFFER or before == after:
            continue
        if key == "epochs" and type(before) is type(after) is int and after > before:
            continue
        flag = "--" + key.replace("_", "-")
        raise _other(study, f"{flag} {after} for {name}", f"it was begun with {flag} {before}")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _other(study: Path, given: str, why: str) -> InputError:
    return InputError(
        tried=f"go on with the study in {study}",
        given=given,
        why=why,
        todo="Ask for what it was begun with, or choose another folder.",
    )
