"""What remains wrong, and who knows it: the stage `errors` over folders of models that were made from one text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse import agreement
from rnnscope.analyse.errors.battery import Battery, Marks, Options, Roles, closing_points, run
from rnnscope.analyse.errors.oracles import FAMILIES
from rnnscope.analyse.errors.predictions import Predictions
from rnnscope.api import following
from rnnscope.api.adapting import explain_adapted
from rnnscope.api.comparing import Model, kind, ngram_name, opened, predictions, windows
from rnnscope.api.counts import Ngram
from rnnscope.api.reporting import prepare
from rnnscope.api.run import Run
from rnnscope.artifacts import sealed, tensors
from rnnscope.artifacts.commit import commit_file
from rnnscope.config import RecurrentConfig
from rnnscope.corpus import split
from rnnscope.corpus.text import Text
from rnnscope.errors import InputError
from rnnscope.report.kept import ERRORS_FILE, ERRORS_KIND

Announce = Callable[[str], None]

CLASSES = "errors-classes.safetensors"
ONION_CONTEXTS = range(1, 10)

LAST = 20
"""Symbols that the network which forgets still sees."""


def explain_errors(
    folders: str | Path | Sequence[str | Path],
    *,
    network: str | None = None,
    options: Options | None = None,
    last: int = LAST,
    adapt: int = 0,
    announce: Announce | None = None,
) -> dict[str, Any]:
    """Compare predictors of one text error by error, and give every error of a network a cause.

    Args:
        folders: a study, or folders that `rnnscope train` and `rnnscope ngram` made; all of one text and split.
        network: name of the network whose errors are explained; by default the one with the lowest validation loss.
            The smallest other network of the same cell is explained beside it.
        options: choices that the paper leaves open.
        last: the network is also read with all but so many symbols replaced by other text; 0 leaves that out.
        adapt: over so many of the 100 stretches of the test part the network is also explained as it learns while it
            reads, with a cache, and with both; 0 leaves that out.
        announce: is told what is being computed, and which networks of a study are left out for want of weights.

    Returns:
        The facts of `Battery`, and "adaptation", "agreement", "dynamics", "left_out" (a sentence for each network of
        a study that never saved weights), "text", "part". For a study, or a folder of
        folders, they are also kept in it as errors.json, with the class of every position in
        errors-classes.safetensors.

    Raises:
        InputError: there is no network, or the models are not of one text and split; no validation part to adapt on.
    """
    say = announce or (lambda line: None)
    options = options or Options()
    _refuse_options(options, last, adapt)
    named = [Path(folders)] if isinstance(folders, str | Path) else [Path(folder) for folder in folders]
    models, left_out = opened(named, say)
    networks = [model for model in models if isinstance(model.opened, Run)]
    if not networks:
        raise InputError(
            tried="explain the errors of a network",
            given=", ".join(map(str, named)),
            why="there is no trained network among these folders",
            todo="Name folders that rnnscope train made, or a study.",
        )
    for model in networks:
        assert isinstance(model.opened, Run)
        prepare(model.opened, announce=say)
    test, valid = predictions(models, "test"), predictions(models, "valid")
    if test is None:
        raise InputError(
            tried="explain errors",
            given=", ".join(map(str, named)),
            why="these models were made with a test share of 0",
            todo="Make them with a test part, such as --fractions 80/10/10.",
        )
    roles = _roles(models, valid[0] if valid else test[0], network)
    first = models[0].opened
    text = first.text()
    ids = first.alphabet.encode(text.codes_N)
    cut = split.make(len(text), first.corpus("find the parts of the text"), text.files)
    explained = next(model for model in networks if model.name == roles.explained[0])
    given = test[0]
    if last:
        roles = replace(roles, limited=following.limited_name(explained.name, last))
        scores = following.limited(explained, ids, given.positions, last, say)
        given = given.beside(following.limited_name(explained.name, last), scores.log_probs)
    marks = _marks(text)
    seen = following.watched(models, roles.rivals, ids, cut, given.positions, closing_points(marks), say)
    say(f"explaining {' and '.join(roles.explained)} beside {' and '.join(roles.rivals[1:]) or 'no rival'}")
    found = run(
        given,
        valid[0] if valid else None,
        roles,
        text,
        cut.parts["train"],
        first.alphabet.size,
        replace(marks, watched=seen),
        options,
    )
    adapted = None
    if adapt:
        adapted = explain_adapted(
            explained, given, valid[0] if valid else None, roles, text, ids, cut, adapt, options, say
        )
    followed = following.dynamics(explained, models, ids, cut, say)
    facts = found.facts | {
        "left_out": left_out,
        "part": "test",
        "text": {"name": text.name, "sha256": text.sha256},
        "split": cut.name,
        "symbol_names": list(first.alphabet.names()),
        "agreement": _agreement(models, test[1]),
        "adaptation": adapted,
        "dynamics": None if followed is None else followed.to_dict(),
    }
    if len(named) == 1 and named[0] not in (model.opened.path for model in models):
        _keep(named[0], facts, found, test[0].positions, {model.name: model.identity for model in models})
    return facts


def _refuse_options(options: Options, last: int, adapt: int) -> None:
    if not 0 < options.threshold <= 1:
        given, why = f"threshold {options.threshold:g}", "a threshold is a probability above 0 and at most 1"
        todo = "Use 0.5, as the paper does, or another probability."
    elif last < 0:
        given, why = f"last {last}", "it is a number of symbols that stay as they are"
        todo = "Use 20, or 0 to leave the network that forgets out."
    elif adapt < 0:
        given, why = f"adapt {adapt}", "it is a number of stretches of the test part"
        todo = "Use 20, 100 for all of it, or 0 to leave adaptation out."
    elif options.newline_letters < 1:
        given, why = f"newline_letters {options.newline_letters}", "at least the first symbol after a newline counts"
        todo = "Use 1, or 3 as in the paper's picture."
    elif options.order is not None and sorted(options.order) != sorted(FAMILIES):
        given, why = f"order {','.join(options.order)}", f"the families are {', '.join(FAMILIES)}"
        todo = "Name each of them once."
    else:
        return
    raise InputError(tried="explain errors", given=given, why=why, todo=todo)


def _roles(models: Sequence[Model], known: Predictions, network: str | None) -> Roles:
    """Who is explained, and who are the rivals; `known` gives the losses by which that is decided."""
    losses = {
        name: float(-row_N.mean(dtype=np.float64)) for name, row_N in zip(known.names, known.log_probs, strict=True)
    }
    networks = {model.name: model.opened for model in models if isinstance(model.opened, Run)}
    recurrent = [name for name, run in networks.items() if isinstance(run.model, RecurrentConfig)]
    candidates = recurrent or list(networks)
    if network is not None and network not in networks:
        raise InputError(
            tried="choose the network whose errors are explained",
            given=network,
            why=f"the networks here are: {', '.join(networks)}",
            todo="Name one of them.",
        )
    best = network or min(candidates, key=lambda name: losses[name])
    sizes = {name: sum(weights.numel() for weights in run.network.parameters()) for name, run in networks.items()}
    others = [name for name in candidates if name != best and kind(networks[name]) == kind(networks[best])]
    smaller = [name for name in others if sizes[name] < sizes[best]]
    twins = [name for name in others if networks[name].model == networks[best].model]
    beside = min(smaller, key=lambda name: sizes[name]) if smaller else None
    others_windows = [model.name for model in windows(models).values() if model.name != best]
    ngrams = {
        context: ngram_name(context)
        for model in models
        if isinstance(model.opened, Ngram)
        for context in model.opened.contexts
    }
    return Roles(
        explained=(best,) if beside is None else (best, beside),
        rival=ngrams[max(ngrams)] if ngrams else None,
        window=others_windows[-1] if others_windows else None,
        ngrams={context: name for context, name in ngrams.items() if context in ONION_CONTEXTS},
        twin=twins[0] if twins else None,
    )


def _marks(text: Text) -> Marks:
    """What the features of the text say: where it is no code, and which spans are closed by which symbols."""
    from rnnscope.features import tracks

    measured = tracks(text, ["comment", "string", "comment-or-string", "double-quotes", "curly-quotes", "guillemets"])
    spans: dict[str, tuple[NDArray[np.bool_], str]] = {}
    for name, closers in (("double-quotes", '"'), ("curly-quotes", "\u201d"), ("guillemets", "\u00bb")):
        if name in measured.tracks and "comment" not in measured.tracks:
            spans[name] = measured[name].values_N.astype(bool), closers
    if "comment" in measured.tracks:
        spans["comments"] = measured["comment"].values_N.astype(bool), "/"
        spans["strings"] = measured["string"].values_N.astype(bool), "\"'"
    both = measured.tracks.get("comment-or-string")
    return Marks(None if both is None else both.values_N.astype(bool), spans)


def _agreement(models: Sequence[Model], best: Mapping[str, NDArray[np.int32]]) -> dict[str, Any] | None:
    """The map of the models; None where they are too few."""
    names = list(best)
    kinds = {model.name: kind(model.opened) for model in models if isinstance(model.opened, Run)}
    labels = [kinds.get(name, "n-gram") for name in names]
    networks = {model.name: model.opened.network for model in models if isinstance(model.opened, Run)}
    layers = {name: network.depth for name, network in networks.items()}
    sizes = {name: sum(weights.numel() for weights in network.parameters()) for name, network in networks.items()}
    if len(names) < agreement.LEAST_MODELS:
        return None
    matrix = agreement.agreement(np.stack([best[name] for name in names]))
    drawn = agreement.embed(1 - matrix)
    tests = [
        agreement.cluster_test(matrix, labels, label).to_dict()
        for label in dict.fromkeys(labels)
        if 2 <= labels.count(label) < len(labels)
    ]
    return {
        "names": names,
        "kinds": labels,
        "layers": [layers.get(name) for name in names],
        "parameters": [sizes.get(name) for name in names],
        "matrix": matrix.round(6).tolist(),
        "maps": drawn.points.round(3).tolist(),
        "perplexity": drawn.perplexity,
        "seeds": list(drawn.seeds),
        "divergences": list(drawn.divergences),
        "cluster_tests": tests,
    }


def _keep(
    folder: Path, facts: dict[str, Any], found: Battery, positions: NDArray[np.int64], made_from: dict[str, str]
) -> None:
    commit_file(folder / ERRORS_FILE, sealed.dump(ERRORS_KIND, made_from, facts))
    arrays = {"positions": positions} | {f"class/{name}": onion.of for name, onion in found.onions.items()}
    commit_file(folder / CLASSES, tensors.encode(arrays))
