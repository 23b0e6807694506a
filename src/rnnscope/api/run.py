"""A network with its alphabet, ready to read: `rs.open("RUN")` and `rs.from_torch(...)` both give one.

Beside what every model can be asked it shows its states and gates, and takes clamps. A run that was opened from a
folder also knows its settings and its training; one taken over from PyTorch has no folder.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.api.evaluation import Evaluation
from rnnscope.api.language_model import LanguageModel
from rnnscope.api.step import Step
from rnnscope.api.texts import chosen_text
from rnnscope.artifacts.recording import Recording
from rnnscope.artifacts.run import RunFolder
from rnnscope.artifacts.trace import Trace
from rnnscope.config import Part, RecurrentConfig, RunConfig, WindowConfig
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.corpus.lanes import LANES, reading_lanes
from rnnscope.errors import InputError

if TYPE_CHECKING:
    from rnnscope.cells.hold import Clamp
    from rnnscope.model.network import Network
    from rnnscope.model.predictor import NetworkPredictor

Clamps = str | Sequence[str]
"""`LAYER:CELL=VALUE`, or several of them; layers and cells are counted from 1."""


class Run(LanguageModel[RunFolder]):
    """A network that can be asked; made by `open`, `train` and `from_torch`.

    Args:
        network: the network, with its weights.
        alphabet: what its ids stand for.
        made_from: hashes that say which network this is.
        folder: where it was trained; None for one taken over from PyTorch.
        step: the training step of its weights.
        predicts: whether it has an output layer.
    """

    def __init__(
        self,
        network: Network,
        alphabet: Alphabet,
        *,
        made_from: Mapping[str, str],
        folder: RunFolder | None = None,
        step: int | None = None,
        predicts: bool = True,
    ) -> None:
        super().__init__(alphabet, made_from, folder)
        self.network, self.weights_step = network, step
        self._predicts = predicts

    def __repr__(self) -> str:
        model = self.model
        name = model.cell if isinstance(model, RecurrentConfig) else f"window of {model.window}"
        layers = model.layers if isinstance(model, RecurrentConfig) else 1
        where = f" in {self._folder.path}, step {self.weights_step}" if self._folder else ""
        return f"<Run{where}: {name}, {layers} x {model.hidden} cells, {self.alphabet.size} symbols>"

    @property
    def model(self) -> RecurrentConfig | WindowConfig:
        """Which network it is."""
        return self.network.config

    @property
    def config(self) -> RunConfig:
        """Everything the run was made with."""
        return self.folder("read the settings").config

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """Rows of metrics.jsonl: step, epoch, losses in nats, learning rate, gradient norm, speed."""
        return self.folder("read the metrics").read_log("metrics.jsonl")

    @property
    def training_samples(self) -> list[dict[str, Any]]:
        """Rows of samples.jsonl: what the network wrote while it was trained."""
        return self.folder("read the samples").read_log("samples.jsonl")

    @property
    def checkpoints(self) -> list[int]:
        """Training steps whose weights are kept; `open(path, checkpoint=step)` opens them."""
        return self.folder("list the checkpoints").checkpoint_steps()

    def facts(self) -> dict[str, Any]:
        """Where the run stands, as plain JSON values: run, state, step, epoch, epochs, best step and loss."""
        folder = self.folder("read the status")
        return {"run": str(folder.path)} | folder.status()

    def record(self, text: str, clamp: Clamps = ()) -> Trace:
        """Read a text from the zero state and keep every state and gate of every cell.

        Args:
            text: any text of at least one symbol.
            clamp: cells to hold at a value while reading, such as `"2:17=0"`: c of the LSTM types, h of the others.

        Raises:
            InputError: the text is empty, too long for memory or has unknown symbols, or a clamp is not possible.
        """
        from rnnscope.record.text import record_text

        ids = self.alphabet.encode_text(text)
        return record_text(
            self.network,
            self.alphabet,
            ids,
            clamps=self.clamps(clamp),
            predicts=self._predicts,
            made_from=self.made_from,
        )

    def step(self, symbol: str | int, state: Any = None, clamp: Clamps = ()) -> Step:
        """Read one symbol and see every gate.

        Args:
            symbol: one character, or for bytes a number from 0 to 255.
            state: `Step.state` of the symbol before; None at the start of a text.
            clamp: as for `record`.

        Raises:
            InputError: it is not one symbol of the alphabet.
        """
        if isinstance(symbol, str):
            ids = self.alphabet.encode_text(symbol)
        else:
            ids = self.alphabet.encode(np.array([symbol] if 0 <= symbol < 2**32 else [], np.uint32))
        if len(ids) != 1:
            raise InputError(
                tried="read one symbol",
                given=repr(symbol),
                why=f"it is {len(ids)} symbols",
                todo="Give one character (one byte, if symbols are bytes); record reads whole texts.",
            )
        done = self._predictor(clamp).step(int(ids[0]), state)
        names = tuple(self.alphabet.names())
        log_probs = done.log_probs if self._predicts else np.full(self.alphabet.size, np.nan, np.float32)
        return Step(names[int(ids[0])], done.quantities, log_probs, done.state, names)

    def predictor(self, tried: str) -> NetworkPredictor:
        """The network as a predictor of one stream."""
        self._need_output(tried)
        return self._predictor()

    def score(self, text: str, clamp: Clamps = ()) -> NDArray[np.float32]:
        """Log p of every symbol of a text given those before it, in nats, [N].

        Args:
            text: the text, read as one stream from the zero state.
            clamp: as for `record`.
        """
        from rnnscope.corpus.lanes import Piece
        from rnnscope.model.read import score

        self._need_output("score a text")
        ids = self.alphabet.encode_text(text)
        pieces = [Piece(0, len(ids), 0)] if len(ids) else []
        return score(self.network, ids, pieces, clamps=self.clamps(clamp))

    def eval(
        self, part: Part | None = None, text: str | Path | None = None, *, lanes: int = LANES, clamp: Clamps = ()
    ) -> Evaluation:
        """Measure the loss on a part of the run's own text, or on another text.

        Args:
            part: train, valid, test or all; by default test of the own text, all of another.
            text: a file, a folder or a built-in name.
            lanes: pieces the part is cut into, each read from the zero state after 1,000 symbols of context; 1 is a
                single stream.
            clamp: as for `record`.
        """
        from rnnscope.model.read import score

        self._need_output("evaluate")
        clamps = self.clamps(clamp)
        chosen = chosen_text(self, part, text, lanes)
        ids = self.alphabet.encode(chosen.text.codes_N)
        pieces = reading_lanes(chosen.segments, lanes)
        started = time.perf_counter()
        logp_N = score(self.network, ids, pieces, clamps=clamps)
        seconds = time.perf_counter() - started
        return Evaluation(chosen.what, float(-np.mean(logp_N, dtype=np.float64)), len(logp_N), seconds)

    def recording(self, name: str = "test") -> Recording:
        """Open what `rnnscope record` wrote into the run folder.

        Raises:
            InputError: there is no recording of that name.
        """
        result = self.folder("open a recording").read_result("record", name)
        return Recording(result.folder, result.manifest)

    def cells(
        self, text: str | Path | None = None, *, features: Sequence[str] | None = None, seed: int = 1
    ) -> dict[str, Any]:
        """Find what each cell tracks, confirm it on other text, and prove it by intervention.

        Args:
            text: another text than the run's own, of which the test part is searched.
            features: names of hypotheses; None for all.
            seed: of everything that is drawn.

        Returns:
            As `rnnscope.api.cells`, which takes hypotheses of your own as well.
        """
        from rnnscope.api.searching import cells

        return cells(self, text, features=features, seed=seed)

    def clamps(self, typed: Clamps) -> tuple[Clamp, ...]:
        """Clamps as the recurrence takes them; see `record.clamps`."""
        from rnnscope.record.clamps import parse

        return parse(typed, self.network)

    def _predictor(self, clamp: Clamps = ()) -> NetworkPredictor:
        from rnnscope.model.predictor import NetworkPredictor

        return NetworkPredictor(self.network, self.clamps(clamp))

    def _need_output(self, tried: str) -> None:
        if not self._predicts:
            raise InputError(
                tried=tried,
                given="a network without an output layer",
                why="nothing turns its states into probabilities",
                todo="Pass the nn.Linear above it to from_torch as output=.",
            )
