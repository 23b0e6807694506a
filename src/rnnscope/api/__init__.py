"""What crosses stages: open an artifact as an object, and the functions behind commands and notebooks.

Importing this imports no torch; the functions do when they need a network.
"""

from __future__ import annotations

from rnnscope.api.counting import ngram
from rnnscope.api.counts import Ngram
from rnnscope.api.describing import describe
from rnnscope.api.doctor import doctor
from rnnscope.api.evaluation import Evaluation
from rnnscope.api.explaining import explain_errors
from rnnscope.api.figures import figure, figures
from rnnscope.api.gating import gates
from rnnscope.api.opening import from_torch, open, open_run, train
from rnnscope.api.remembering import memory
from rnnscope.api.reporting import prepare, report
from rnnscope.api.run import Run
from rnnscope.api.searching import cells
from rnnscope.api.solving import tasks
from rnnscope.api.stages import evaluate, record
from rnnscope.api.step import Step

__all__ = [
    "Evaluation",
    "Ngram",
    "Run",
    "Step",
    "cells",
    "describe",
    "doctor",
    "evaluate",
    "explain_errors",
    "figure",
    "figures",
    "from_torch",
    "gates",
    "memory",
    "ngram",
    "open",
    "open_run",
    "prepare",
    "record",
    "report",
    "tasks",
    "train",
]
