"""An n-gram model with its alphabet, ready to be asked: `rs.ngram(TEXT, DIR)` and `rs.open(DIR)` give one.

All lengths of context lie in one model; an `Ngram` is one of them, and `at` gives another without loading anything.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.api.evaluation import Evaluation
from rnnscope.api.language_model import LanguageModel
from rnnscope.api.texts import chosen_text
from rnnscope.artifacts.counts import CountFolder
from rnnscope.artifacts.score_table import ScoreTable
from rnnscope.config import CountConfig, Part
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.errors import DamagedArtifact, InputError
from rnnscope.ngram import scoring
from rnnscope.ngram.discounts import Level
from rnnscope.ngram.kneser_ney import KneserNey
from rnnscope.ngram.predictor import NgramPredictor


class Ngram(LanguageModel[CountFolder]):
    """One context of an n-gram model that can be asked; made by `ngram` and `open`.

    Args:
        model: the counts.
        folder: where it is kept.
        context: symbols of context, 0 up to the longest; None for the best on the validation part, or, where there is
            none, the longest that was asked for.

    Raises:
        InputError: the model has no such context.
        DamagedArtifact: model and folder do not belong together.
    """

    def __init__(self, model: KneserNey, folder: CountFolder, context: int | None = None) -> None:
        alphabet = Alphabet.from_json(folder.alphabet, where=str(folder.path / "alphabet.json"))
        super().__init__(alphabet, {"run": folder.id}, folder)
        if (model.vocabulary, model.context) != (alphabet.size, folder.config.ngram.lengths[-1]):
            raise DamagedArtifact(
                tried="open an n-gram model",
                given=str(folder.path),
                why="its tables are not those of its alphabet and contexts",
                todo="Restore it from a copy, or make it again with rnnscope ngram.",
            )
        self.model = model
        self.context = self._best() if context is None else context
        if not 0 <= self.context <= model.context:
            raise InputError(
                tried="open an n-gram model",
                given=f"context {context} of {folder.path}",
                why=f"it has the contexts 0 to {model.context}",
                todo="Ask for one of these, or make a model with longer --contexts.",
            )

    def __repr__(self) -> str:
        return f"<Ngram in {self.path}: context {self.context} of {self.model.context}, {self.alphabet.size} symbols>"

    @property
    def config(self) -> CountConfig:
        """Everything the model was made with."""
        return self.folder("read the settings").config

    @property
    def contexts(self) -> tuple[int, ...]:
        """The lengths of context that were asked for when it was made; any up to the longest can be used."""
        return self.config.ngram.lengths

    @property
    def levels(self) -> tuple[Level, ...]:
        """For each length of context: n-grams, counts of counts, discounts, and whether they are the fallback."""
        return self.model.levels

    def at(self, context: int) -> Ngram:
        """The same model with another length of context.

        Raises:
            InputError: it is longer than the longest one.
        """
        other = Ngram(self.model, self.folder("choose a context"), context)
        other._text = self._text
        return other

    def facts(self) -> dict[str, Any]:
        """What counting and scoring found, as plain JSON values; see `ngram`."""
        return dict(self.folder("read the table").read_result("ngram", "table").facts)

    def scores(self, part: Part = "test") -> ScoreTable:
        """Log p, most likely symbol and rank for every position of a part, for all contexts that were asked for.

        Raises:
            InputError: the split has no such part.
        """
        result = self.folder("read scores").read_result("eval", part)
        return ScoreTable.read(result.folder, result.manifest)

    def predictor(self, tried: str) -> NgramPredictor:
        """This context of the model as a predictor of one stream."""
        return NgramPredictor(self.model, self.context)

    def score(self, text: str) -> NDArray[np.float32]:
        """Log p of every symbol of a text given those before it, in nats, [N]; the text is read as one stream."""
        ids = self.alphabet.encode_text(text)
        found: NDArray[np.float32] = self.model.log_probs_of_true(ids, [(0, len(ids))], [self.context])[0]
        return found

    def eval(self, part: Part | None = None, text: str | Path | None = None) -> Evaluation:
        """Measure the loss on a part of the model's own text, or on another text.

        Args:
            part: train, valid, test or all; by default test of the own text, all of another.
            text: a file, a folder or a built-in name.
        """
        return self.eval_contexts([self.context], part, text)[self.context]

    def eval_contexts(
        self, contexts: Sequence[int], part: Part | None = None, text: str | Path | None = None
    ) -> dict[int, Evaluation]:
        """The same for several contexts in one reading; the time of each is that of all.

        Args:
            contexts: lengths of context, up to the longest.
            part, text: as for `eval`.
        """
        chosen = chosen_text(self, part, text)
        ids = self.alphabet.encode(chosen.text.codes_N)
        started = time.perf_counter()
        if chosen.split is None:
            log_probs_KN = self.model.log_probs_of_true(ids, [(0, len(ids))], contexts)
        else:
            counting = self.config.ngram
            log_probs_KN = scoring.log_probs(self.model, ids, chosen.split, chosen.part, counting, contexts)
        seconds = time.perf_counter() - started
        return {
            context: Evaluation(chosen.what, float(-np.mean(log_probs_N, dtype=np.float64)), len(log_probs_N), seconds)
            for context, log_probs_N in zip(contexts, log_probs_KN, strict=True)
        }

    def _best(self) -> int:
        try:
            best = self.facts()["best_context"]
        except InputError:  # a kill came between the model and its table
            best = None
        return self.contexts[-1] if best is None else int(best)
