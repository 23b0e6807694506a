"""Read all that a folder with a model holds and say whether it is what was written."""

from __future__ import annotations

from pathlib import Path

from rnnscope.artifacts import log
from rnnscope.artifacts.counts import CountFolder
from rnnscope.artifacts.folder import AnyConfig, ModelFolder
from rnnscope.artifacts.run import LOGS, RunFolder


def verify_run(path: str | Path) -> RunFolder:
    """Open a run and read every file in it that could ever be loaded.

    Files that rnnscope does not know, the lock, and log rows that nothing committed vouches for are not looked at.

    Raises:
        InputError: this is no run folder.
        DamagedArtifact: something in it is not what was written; the message names the file.
    """
    run = RunFolder.open(path)
    run.text()
    status = run.status()
    for step in {*run.checkpoint_steps(), status["best_step"], status["last_step"]} - {None}:
        run.read_checkpoint(step)
    for name in LOGS:
        run.read_log(name)
    newest = None
    for step in run.resume_steps():
        newest = run.read_resume(step)
    if newest:
        for name in LOGS:
            log.read(run.path / name, log.pin_of(newest.facts, name, run.path / "resume"))
    _verify_results(run)
    return run


def verify_counts(path: str | Path) -> CountFolder:
    """The same for the folder of an n-gram model; whether its tables fit together is for the model itself to say."""
    folder = CountFolder.open(path)
    folder.text()
    folder.read_parts()
    _verify_results(folder)
    return folder


def _verify_results(folder: ModelFolder[AnyConfig]) -> None:
    for stage, name in folder.results():
        result = folder.read_result(stage, name)
        for file in result.manifest.files:
            result.read(file)
