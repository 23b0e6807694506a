"""Trains a network in a run folder; a run that was killed at any moment continues to the same bits.

Truncated back-propagation through time: the training part is read in B lanes, T symbols at a time, the state carried
from chunk to chunk without its gradient and set to zero when an epoch begins. Which chunk comes at a step, its dropout
and its learning rate are functions of (settings, step), so weights, optimiser, carried state and the sums of the
journal are all that a training state has to hold.
"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import torch

from rnnscope.artifacts.lock import exclusive
from rnnscope.artifacts.run import Resume, RunFolder
from rnnscope.corpus.lanes import TrainingLanes
from rnnscope.errors import Diverged
from rnnscope.model import checkpoint
from rnnscope.model.build import build, use_threads
from rnnscope.model.network import State
from rnnscope.model.predictor import NetworkPredictor
from rnnscope.model.seeds import derive
from rnnscope.sample import sample
from rnnscope.train.evaluate import mean_loss_nats
from rnnscope.train.journal import ROW_EVERY, Journal
from rnnscope.train.optimiser import Optimiser
from rnnscope.train.prepare import Prepared
from rnnscope.train.schedule import kept_steps, learning_rate
from rnnscope.train.signals import StopFlag
from rnnscope.train.watch import Plan, Watch

DROPOUT_STREAM, SAMPLE_STREAM = 1, 2


def train(run: RunFolder, prepared: Prepared, *, epochs: int | None = None, watch: Watch | None = None) -> str:
    """Train, or continue to train, until the end, a signal, or a loss that is not finite.

    Args:
        run: the folder, new or with earlier training in it.
        prepared: the text and the settings that the folder was made with.
        epochs: another end than the settings name, for a run that shall go on longer.
        watch: who is told what happens.

    Returns:
        How it ended: `complete` or `early-stopped`.

    Raises:
        Locked: another process trains this run.
        Stopped: a signal came; everything is saved.
        Diverged: the loss or the gradient is not finite; the last good training state is kept.
    """
    with exclusive(run.path), StopFlag() as stop:
        run.sweep()
        session = _Session(run, prepared, epochs, watch or Watch())
        return session.run_to_the_end(stop)


class _Session:
    """One process's share of a run: the live objects between two saved states."""

    def __init__(self, run: RunFolder, prepared: Prepared, epochs: int | None, watch: Watch) -> None:
        config = prepared.config.train
        use_threads(config.threads)
        self.run, self.prepared, self.config, self.watch = run, prepared, config, watch
        assert config.precision != "auto", "resolved when the run was prepared"
        self.network = build(
            prepared.config.model,
            prepared.alphabet.size,
            seed=config.seed,
            kernel=config.kernel,
            precision=config.precision,
        )
        self.optimiser = Optimiser(list(self.network.named_parameters()), config, self.network.kernel.path)
        self.lanes = TrainingLanes(prepared.ids_N, prepared.split.parts["train"], config.batch, config.steps)
        self.epochs = config.epochs if epochs is None else epochs
        self.last_step = self.epochs * self.lanes.chunks
        self.validate_every = config.validate_every or self.lanes.chunks
        self.kept = kept_steps(config.checkpoints, self.lanes.chunks, self.epochs)

        self.step = 0
        self.state: State = self.network.initial_state(config.batch)
        self.journal = Journal()
        self.best_step, self.best_valid_loss_nats = 0, math.inf
        self.best_at: dict[int, int] = {}  # for each training state on the disk, the best step by then
        resume = run.newest_resume()
        self.resumed = resume is not None
        if resume is None:
            run.truncate_logs({})
        else:
            self._take_over(resume)

    def _take_over(self, resume: Resume) -> None:
        self.run.truncate_logs(resume.facts["logs"])
        for step in self.run.checkpoint_steps():
            if step > resume.step:
                self.run.drop_checkpoint(step)
        checkpoint.load(self.network, self.run.read_checkpoint(resume.step).tensors, where=str(self.run.path))
        carried = {name: tensor for name, tensor in resume.tensors.items() if name.startswith("carried/")}
        self.optimiser.restore({name: array for name, array in resume.tensors.items() if name not in carried})
        self.state = {name.removeprefix("carried/"): torch.from_numpy(array.copy()) for name, array in carried.items()}
        self.step = resume.step
        self.journal = Journal.from_facts(resume.facts["journal"])
        self.best_at = {step: self.run.read_resume(step).facts["best_step"] for step in self.run.resume_steps()}
        self.best_step = resume.facts["best_step"]
        self.best_valid_loss_nats = _from_json(resume.facts["best_valid_loss_nats"])

    def run_to_the_end(self, stop: StopFlag) -> str:
        self.watch.planned(self._plan())
        if not self.resumed:
            self._report(self._validate())
            if self._ended() is None:
                self._save("running")
        elif self._is_over():
            self._drop_what_nobody_needs()  # a kill may have come between the last status and this
            return str(self._ended())
        while (ended := self._ended()) is None:
            self._update()
            validating = self.step % self.validate_every == 0 or self.step == self.last_step
            if validating or self.step % ROW_EVERY == 0 or self.step % self.lanes.chunks == 0:
                self._report(self._validate() if validating else None)
            if stop.received is not None:
                self._save("interrupted")
                self.watch.ended("interrupted", self.step)
                raise stop.stopped(self.step, str(self.run.path))
            if self._ended() is None:
                if validating or self.step % self.config.save_every == 0:
                    self._save("running")
                elif self.step in self.kept:
                    self._save_weights()
        self._save(ended)
        self.watch.ended(ended, self.step)
        return ended

    def _is_over(self) -> bool:
        """Whether an earlier session came to this very end, so that there is nothing to train and to save."""
        status = self.run.status()
        return bool(status["state"] == self._ended() and status["epochs"] == self.epochs)

    def _ended(self) -> str | None:
        if self.step >= self.last_step:
            return "complete"
        # Only a validation can say that nothing got better; between two of them nobody knows.
        validated = self.step % self.validate_every == 0
        epochs_since_best = (self.step - self.best_step) / self.lanes.chunks
        if self.config.patience and validated and epochs_since_best >= self.config.patience:
            return "early-stopped"
        return None

    @property
    def epoch(self) -> float:
        return self.step / self.lanes.chunks

    def _update(self) -> None:
        """One chunk forward, backward, and into the weights; nothing is changed if anything is not finite."""
        started = time.perf_counter()
        chunk = self.step % self.lanes.chunks
        if chunk == 0:
            self.state = self.network.initial_state(self.config.batch)
        inputs_TB, targets_TB = (torch.from_numpy(array) for array in self.lanes.chunk(chunk))
        dropout_seed = derive(self.config.seed, DROPOUT_STREAM, self.step)
        loss_nats_sum, count, state = self.network.gradients(
            inputs_TB, targets_TB, self.state, dropout_seed=dropout_seed
        )
        norm = self.optimiser.gradient_norm()
        if not (math.isfinite(loss_nats_sum) and math.isfinite(norm)):
            raise self._diverged(
                f"make update {self.step + 1}",
                f"loss {loss_nats_sum / max(1, count)} nats, gradient norm {norm}",
                "both must be finite; the update was not made",
            )
        self.optimiser.step(learning_rate(self.config, self.step // self.lanes.chunks), norm)
        self.state = state
        self.step += 1
        clipped = 0 < self.config.clip < norm
        self.journal.add(loss_nats_sum, count, norm, time.perf_counter() - started, clipped)

    def _validate(self) -> float | None:
        """Loss on the validation part, and a sample; None where no text was set aside for validation."""
        segments = self.prepared.split.parts["valid"]
        try:
            self._sample()
            valid_loss_nats = mean_loss_nats(self.network, self.prepared.ids_N, segments) if segments else None
        except Diverged as error:
            raise self._diverged(f"look at the network after {self.step} updates", error.given, error.why) from None
        if valid_loss_nats is None:
            self.best_step = self.step
            return None
        if valid_loss_nats < self.best_valid_loss_nats:
            self.best_step, self.best_valid_loss_nats = self.step, valid_loss_nats
        return valid_loss_nats

    def _sample(self) -> None:
        if not self.config.sample_length:
            return
        ids = sample(
            NetworkPredictor(self.network),
            len(self.prepared.alphabet.codes),
            np.empty(0, np.int64),
            self.config.sample_length,
            seed=derive(self.config.seed, SAMPLE_STREAM, self.step),
        )
        text = self.prepared.alphabet.text(np.fromiter(ids, np.int64))
        row = {"step": self.step, "epoch": self.epoch, "temperature": 1.0, "text": text}
        self.run.append_log("samples.jsonl", [row])
        self.watch.sample(row)

    def _report(self, valid_loss_nats: float | None) -> None:
        # The rate of the update just made, not of the one to come.
        rate = learning_rate(self.config, max(0, self.step - 1) // self.lanes.chunks)
        row = self.journal.row(step=self.step, epoch=self.epoch, rate=rate, valid_loss_nats=valid_loss_nats)
        self.run.append_log("metrics.jsonl", [row])
        self.watch.row(row)

    def _save_weights(self) -> dict[str, Any]:
        logs = self.run.log_prefix()
        facts = {"epoch": self.epoch, "logs": logs}
        self.run.write_checkpoint(self.step, checkpoint.tensors(self.network), facts)
        return logs

    def _save(self, state: str) -> None:
        """Save weights, then the training state that needs them, then the status that names both."""
        logs = self._save_weights()
        carried = {f"carried/{name}": tensor.numpy() for name, tensor in self.state.items()}
        facts = {
            "logs": logs,
            "journal": self.journal.facts(),
            "best_step": self.best_step,
            "best_valid_loss_nats": _to_json(self.best_valid_loss_nats),
        }
        self.run.write_resume(self.step, carried | self.optimiser.arrays(), facts)
        self.best_at[self.step] = self.best_step
        self._set_status(state)
        self._drop_what_nobody_needs()

    def _set_status(self, state: str) -> None:
        self.run.set_status(
            state=state,
            step=self.step,
            epoch=self.epoch,
            epochs=self.epochs,
            best_step=self.best_step,
            best_valid_loss_nats=_to_json(self.best_valid_loss_nats),
            last_step=self.step,
        )

    def _drop_what_nobody_needs(self) -> None:
        # A training state that somebody goes back to needs its own weights, and what was best when it was saved.
        states = self.run.resume_steps()
        needed = self.kept | {self.step, *states} | {self.best_at[state] for state in states}
        for step in self.run.checkpoint_steps():
            if step not in needed:
                self.run.drop_checkpoint(step)

    def _diverged(self, tried: str, given: str, why: str) -> Diverged:
        status = self.run.status()
        self.run.set_status(**(dict(status) | {"state": "diverged"}))
        self.watch.ended("diverged", self.step)
        kept = "nothing was saved yet"
        if status["last_step"] is not None:
            kept = f"the last good training state (step {status['last_step']}) is kept in {self.run.path}"
        return Diverged(
            tried=tried,
            given=given,
            why=f"{why}; {kept}",
            todo="Train anew with a lower --learning-rate, a tighter --clip or a smaller --init-scale.",
        )

    def _plan(self) -> Plan:
        parameters = sum(parameter.numel() for parameter in self.network.parameters())
        return Plan(
            path=str(self.run.path),
            step=self.step,
            last_step=self.last_step,
            steps_per_epoch=self.lanes.chunks,
            parameters=parameters,
            kernel=str(self.network.kernel),
            notes=self.prepared.notes,
            kept=len(self.kept),
            # Beside the kept steps: last, the one before, and what was best at each; optimiser state is twice the
            # weights at most, and there are two.
            checkpoint_bytes=4 * parameters * (len(self.kept) + 4 + 4),
        )


def _to_json(loss_nats: float) -> float | None:
    return loss_nats if math.isfinite(loss_nats) else None


def _from_json(loss_nats: float | None) -> float:
    return math.inf if loss_nats is None else loss_nats
