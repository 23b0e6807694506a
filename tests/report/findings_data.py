"""Small facts of `rnnscope errors` and `rnnscope memory`, made by the analyses themselves from made-up numbers."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from rnnscope.analyse import memory as measures
from rnnscope.analyse.dynamics import follow
from rnnscope.analyse.errors.brackets import Pairs, by_distance
from rnnscope.analyse.errors.gain import gain
from rnnscope.analyse.errors.onion import peel
from rnnscope.analyse.errors.oracles import Oracle
from rnnscope.analyse.errors.overlap import overlap
from rnnscope.analyse.errors.predictions import Predictions
from rnnscope.artifacts import sealed


def errors(text_sha256: str = "0" * 64) -> dict[str, Any]:
    """Of 100 positions one predictor errs at the first 40, its rival at every second one."""
    places = np.arange(100)
    p_KN = np.array([np.where(places < 40, 0.2, 0.8), np.where(places % 2, 0.2, 0.8)])
    given = Predictions(("lstm", "2-gram"), places, np.zeros(100, np.int32), np.log(p_KN).astype(np.float32), 10)
    onion = peel(
        given.row("lstm"), [Oracle("2-gram", "n-gram", places < 10), Oracle("0.5 boost", "boost", places < 100)], 10
    )
    openers = np.arange(0, 35, 5)
    pairs = Pairs(openers, openers + 2, np.zeros(len(openers), np.int64), 0)
    flat, sure = (np.log(np.tile([p, 1 - p], (100, 1))).astype(np.float32) for p in (0.5, 0.9))
    facts = {
        "chars": 100,
        "threshold": 0.5,
        "network": "lstm",
        "onions": {"lstm": onion.to_dict()},
        "overlap": overlap(given, 0.5).to_dict(),
        "overlap_at": [overlap(given, 0.3).to_dict()],
        "brackets": [by_distance(given, pairs, "()").to_dict()],
        "symbols": None,
        "symbol_names": [],
        "controls": None,
        "agreement": None,
        "gain": [
            row.to_dict()
            for row in gain(
                given.beside("lstm, last 1", given.row("2-gram")),
                "lstm",
                "lstm, last 1",
                "2-gram",
                {"all": places >= 0},
            )
        ],
        "dynamics": follow(
            "lstm", [(0, 0.0, flat), (9, 1.0, sure)], {"1-gram": sure}, {"n-grams": ["1-gram"]}, np.zeros(100, np.int64)
        ).to_dict(),
        "text": {"name": "text", "sha256": text_sha256},
    }
    loaded: dict[str, Any] = json.loads(sealed.canonical(facts))
    return loaded


def memory() -> dict[str, Any]:
    """A gradient that shrinks to two fifths with every symbol, and an excess of 0.1 nats that ends at 5 of context."""
    norms_LKP = np.repeat(0.4 ** np.arange(11)[None, :, None], 60, axis=2).astype(np.float32)
    whole_KS = np.full((11, 60), -1.0, np.float32)
    limited_KS = whole_KS - np.where(np.arange(11) < 5, np.float32(0.1), np.float32(0))[:, None]
    everywhere_KS = np.ones((11, 60), bool)
    facts = {
        "what": "test part",
        "steps": 5,
        "distances": 10,
        "older": "replaced",
        "gradients": [
            curve.to_dict() for curve in measures.gradient_curves({"h": norms_LKP}, {"all": np.ones(60, bool)})
        ],
        "training": [
            {
                "step": step,
                "gradients": [
                    curve.to_dict()
                    for curve in measures.gradient_curves({"h": norms_LKP**power}, {"all": np.ones(60, bool)})
                ],
            }
            for step, power in ((0, 3), (100, 2), (3200, 1))
        ],
        "context": [measures.context_curve(limited_KS, whole_KS, "replaced", "all", everywhere_KS).to_dict()],
    }
    loaded: dict[str, Any] = json.loads(sealed.canonical(facts))
    return loaded
