"""Gets an n-gram model ready for a report: its table, the same text cut the other way, mixtures with networks.

How a text is cut decides more than how counts are smoothed: with `streams` every test passage continues one that was
trained on. So the report shows both cuts side by side; the other one is counted for it, which takes a second or two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from rnnscope.api import mixing
from rnnscope.api.command_line import command_line
from rnnscope.api.counting import load_model
from rnnscope.api.ngram_table import Announce, losses_table, score_held_out, write_table
from rnnscope.api.texts import own_text
from rnnscope.artifacts.counts import CountFolder
from rnnscope.artifacts.lock import exclusive
from rnnscope.artifacts.run import RunFolder
from rnnscope.artifacts.score_table import ScoreTable
from rnnscope.artifacts.scores import Scores
from rnnscope.config import CorpusConfig, RecurrentConfig, SplitName, checked
from rnnscope.corpus import split
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.corpus.text import Text
from rnnscope.errors import InputError
from rnnscope.ngram import scoring, seams
from rnnscope.report.inputs import NgramInput

OTHER = "other-split"
MixtureRow = tuple[str, str, float, tuple[float, float] | None]


def prepare_counts(folder: CountFolder, *, announce: Announce | None = None) -> None:
    """Compute what the report needs beyond the model, unless it is there and fresh.

    Args:
        folder: of the model.
        announce: is told what is being computed.

    Raises:
        InputError: the model's text cannot be found again.
        DamagedArtifact: something in the folder is not what was written.
        Locked: another process writes to it.
    """
    say = announce or (lambda line: None)
    text = own_text(folder)
    write_table(load_model(folder), folder, text, say)
    made_from = {"text": text.sha256}
    try:
        folder.read_result("ngram", OTHER, made_from)
    except InputError:
        say(f"counting the n-grams of {text.name} with the other split")
        facts = _other_split(folder, text)
        with exclusive(folder.path):
            folder.sweep()
            folder.write_result("ngram", OTHER, facts, made_from)


def collect_counts(folder: CountFolder, runs: Iterable[RunFolder]) -> NgramInput:
    """What a page shows of an n-gram model, and of its mixtures with networks that scored the same positions.

    Args:
        folder: made ready by `prepare_counts`.
        runs: networks that are on the same page, made ready.
    """
    facts = folder.read_result("ngram", "table").facts
    mixed, cached, best = facts["mixture"], facts["cache"], facts["best_context"]
    rows: list[MixtureRow] = []
    if mixed is not None:
        contexts = f"contexts {mixed['contexts'][0]} to {mixed['contexts'][-1]}"
        meaning = f"{contexts}, weighted by the longest one that training has seen"
        rows.append(_row("all contexts together", meaning, mixed, f"context {mixed['over_context']}"))
        rows.append(_row(f"context {best} and a cache", _cache_meaning(cached), cached, f"context {best}"))
        text = own_text(folder)
        recurrent = (run for run in runs if isinstance(run.config.model, RecurrentConfig))
        rows += [row for run in recurrent for row in _with_network(folder, run, best, text)]
    other = folder.read_result("ngram", OTHER).facts
    config = folder.config
    settings = config.corpus.model_dump(exclude={"text"}) | config.ngram.model_dump()
    command = command_line("ngram", folder, settings, (config.corpus, config.ngram))
    return NgramInput(folder.path.resolve().name, facts, [other], rows, command)


def _other_split(folder: CountFolder, text: Text) -> dict[str, Any]:
    """Losses of the same contexts with the text cut the other way; where that cannot be, why."""
    corpus, ngram_config = folder.config.corpus, folder.config.ngram
    name: SplitName = "contiguous" if corpus.split == "streams" else "streams"
    cut_like = checked(CorpusConfig, corpus.model_dump() | {"split": name, "fold": 0})
    try:
        cut = split.make(len(text), cut_like, text.files)
    except InputError as error:
        sizes = dict.fromkeys(split.PARTS, 0)
        return {"split": name, "contexts": [], "why": error.why, "chars": sizes, "seams": ngram_config.seams}
    alphabet = Alphabet.from_json(folder.alphabet, where=str(folder.path / "alphabet.json"))
    ids = alphabet.encode(text.codes_N)
    model = scoring.count(ids, cut, alphabet.size, ngram_config)
    return losses_table(ngram_config, score_held_out(model, ids, cut, ngram_config), cut)


def _with_network(folder: CountFolder, run: RunFolder, context: int, text: Text) -> list[MixtureRow]:
    """A network with one context, and with a cache: what each knows that the other does not."""
    if (folder.environment["text"]["sha256"], folder.alphabet) != (run.environment["text"]["sha256"], run.alphabet):
        return []
    by_network, by_ngram = {}, {}
    for part in ("valid", "test"):
        try:
            network, ngram = run.read_result("eval", part), folder.read_result("eval", part)
        except InputError:  # the split has no such part
            return []
        scores, table = Scores.read(network.folder, network.manifest), ScoreTable.read(ngram.folder, ngram.manifest)
        if not np.array_equal(scores.positions, table.positions):
            return []  # another split
        by_network[part], by_ngram[part] = scores.log_probs, table.scores(context).log_probs
    block, name = int(network.facts["block"]), run.path.resolve().name
    valid, test = ([by_network[part], by_ngram[part]] for part in ("valid", "test"))
    pair, shares = mixing.side_by_side(valid, test, block)
    alphabet = Alphabet.from_json(run.alphabet, where=str(run.path / "alphabet.json"))
    ids, cut = alphabet.encode(text.codes_N), split.make(len(text), run.config.corpus, text.files)
    read = {part: seams.reading(ids, cut, part, "true") for part in ("valid", "test")}
    cached = mixing.with_cache(by_network, read, alphabet.size, block)
    return [
        _row(
            f"{name} and the n-gram",
            f"{shares[0]:.0%} the network, {shares[1]:.0%} the n-gram of context {context}",
            pair,
            ("the network", "the n-gram")[pair["best_member"]],
        ),
        _row(f"{name} and a cache", _cache_meaning(cached), cached, "the network"),
    ]


def _cache_meaning(found: Mapping[str, Any]) -> str:
    return (
        f"with counts of the {found['window']:,} symbols just read, weighted by how long a context of theirs matches, "
        f"up to {found['context']}"
    )


def _row(name: str, meaning: str, found: Mapping[str, Any], member: str) -> MixtureRow:
    """A line of the page.

    Args:
        name, meaning: what is mixed, and how.
        found: its losses, and what it gains.
        member: the best of what is mixed, by the validation part.
    """
    between, gained = found["interval_nats"], found["gain_interval_nats"]
    gain = f"gains {found['gain_nats']:.4f} nats over {member} alone"
    if gained is not None:
        gain += f" (paired 95 % interval {gained[0]:.4f} to {gained[1]:.4f})"
    return name, f"{meaning}; {gain}", found["loss_nats"], None if between is None else (between[0], between[1])
