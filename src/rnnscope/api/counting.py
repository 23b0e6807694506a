"""Make an n-gram model of a text: count, keep the model, score the held-out parts by every context.

Counting takes seconds, so there is nothing to resume: the folder appears whole, with its model. What is computed from
it afterwards is made again where it is missing.
"""

from __future__ import annotations

import difflib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from rnnscope import environment
from rnnscope.analyse.stats import block_bootstrap_mean, block_length
from rnnscope.api.counts import Ngram
from rnnscope.artifacts.counts import CountFolder, refuse_taken
from rnnscope.artifacts.lock import exclusive
from rnnscope.artifacts.score_table import ScoreTable
from rnnscope.config import MOST_CONTEXTS, CorpusConfig, CountConfig, NgramConfig, Part, checked
from rnnscope.corpus import builtin, split
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.corpus.read import load
from rnnscope.corpus.split import Split
from rnnscope.corpus.text import Text
from rnnscope.errors import DamagedArtifact, InputError
from rnnscope.ngram import mixtures, scoring
from rnnscope.ngram.discounts import Discounts
from rnnscope.ngram.kneser_ney import KneserNey
from rnnscope.units import bits, bytes_text

Announce = Callable[[str], None]
HELD_OUT: tuple[Part, ...] = ("valid", "test")


def ngram(
    text: str,
    out: str | Path,
    *,
    resume: bool = False,
    download: bool = False,
    stdin: BinaryIO | None = None,
    announce: Announce | None = None,
    **options: Any,
) -> Ngram:
    """Count the n-grams of a text up to the longest context, save the model, and score the held-out parts.

    Args:
        text: a file, a folder, `-` for standard input, or a built-in name: stdlib, planted, warpeace, linux.
        out: the folder to make.
        resume: take the model that is in that folder, if it is of this text and these settings.
        download: allow fetching warpeace or linux from its public address.
        stdin: where `-` reads from.
        announce: is told what happens, the size of the model among it, before it is written.
        options: settings named like the flags of `rnnscope ngram`: contexts, seams, split, symbols...

    Raises:
        InputError: the text, an option or the folder cannot be used.
        MachineError: the machine refused a step.
    """
    say = announce or (lambda line: None)
    config = _config(text, {name: value for name, value in options.items() if value is not None})
    again = resume and os.path.lexists(out)
    if not again:
        refuse_taken(Path(out))
    corpus = config.corpus
    read = load(text, symbols=corpus.symbols, encoding=corpus.encoding, stdin=stdin, download=download)
    config = config.model_copy(update={"corpus": corpus.model_copy(update={"text": read.source})})
    folder = _same(CountFolder.open(out), config, read) if again else _make(Path(out), config, read, say)
    model = load_model(folder)
    table(model, folder, read, say)
    return Ngram(model, folder)


def load_model(folder: CountFolder) -> KneserNey:
    """The model of a folder, read without counting anything again.

    Raises:
        DamagedArtifact: a table is not what was written, or they do not fit together.
    """
    parts = folder.read_parts()
    try:
        return KneserNey.from_parts(parts, folder.model_facts, kernel=folder.config.ngram.kernel)
    except DamagedArtifact as error:
        raise DamagedArtifact(
            tried=error.tried, given=f"the tables in {folder.path}", why=error.why, todo=error.todo
        ) from None


def table(model: KneserNey, folder: CountFolder, text: Text, announce: Announce) -> dict[str, Any]:
    """Score the held-out parts by all contexts and mix them, unless that is there; the table as plain values.

    Args:
        model: of the folder.
        folder: gets `eval/valid`, `eval/test` and `ngram/table`.
        text: the folder's own.
        announce: is told what is being computed.
    """
    made_from = {"text": text.sha256}
    try:
        return folder.read_result("ngram", "table", made_from).facts
    except InputError:  # absent, or a kill came before it
        pass
    alphabet = Alphabet.from_json(folder.alphabet, where=str(folder.path / "alphabet.json"))
    ids, cut = alphabet.encode(text.codes_N), split.make(len(text), folder.config.corpus, text.files)
    ngram_config, facts = folder.config.ngram, {"alphabet": folder.alphabet}
    scored: dict[str, ScoreTable] = {}
    with exclusive(folder.path):
        folder.sweep()
        for part in HELD_OUT:
            if cut.parts[part]:
                announce(f"scoring the {part} part by {len(ngram_config.lengths)} contexts")
                scored[part] = scoring.score_part(
                    model, ids, cut, part, ngram_config, facts={"part": part, **facts}, made_from=made_from
                )
                with folder.begin_result("eval", part, made_from) as draft:
                    scored[part].write(draft)
        found = _table(model, folder, scored, cut) | {"mixture": _mixture(model, folder, ids, cut, scored)}
        folder.write_result("ngram", "table", found, made_from)
    return found


def _config(text: str, given: Mapping[str, Any]) -> CountConfig:
    known = (set(CorpusConfig.model_fields) - {"text"}) | set(NgramConfig.model_fields)
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise InputError(
                tried="use the settings",
                given=f"{name} = {given[name]!r}",
                why="no setting has this name" + (f"; the nearest is {near[0]}" if near else ""),
                todo="See rnnscope ngram --help for all settings.",
            )
    corpus = {name: value for name, value in given.items() if name in CorpusConfig.model_fields}
    counting = {name: value for name, value in given.items() if name in NgramConfig.model_fields}
    return CountConfig(
        corpus=checked(CorpusConfig, builtin.usual(text) | corpus | {"text": text}),
        ngram=checked(NgramConfig, counting),
    )


def _make(out: Path, config: CountConfig, text: Text, say: Announce) -> CountFolder:
    alphabet = Alphabet.of(text, unseen=config.corpus.unseen)
    cut = split.make(len(text), config.corpus, text.files)
    ids = alphabet.encode(text.codes_N)
    for note in (*text.notes, *cut.notes):
        say(note)
    started = time.perf_counter()
    model = scoring.count(ids, cut, alphabet.size, config.ngram)
    seconds = time.perf_counter() - started
    say(
        f"counted {cut.size('train'):,} symbols for all contexts up to {model.context} in {seconds:.2f} s; "
        f"the model takes {bytes_text(model.bytes)} in {out}"
    )
    return CountFolder.create(
        out,
        config=config,
        alphabet=alphabet.to_json(),
        environment=_environment(config, text, cut, model),
        parts=model.parts(),
        facts=model.facts(),
        text=text.raw,
    )


def _environment(config: CountConfig, text: Text, cut: Split, model: KneserNey) -> dict[str, Any]:
    return environment.describe() | {
        "text": {
            "name": text.name,
            "source": text.source,
            "sha256": text.sha256,
            "bytes": text.byte_count,
            "symbols": len(text),
        },
        "split": {"name": config.corpus.split, "fold": config.corpus.fold, "dropped": cut.dropped}
        | {part: cut.size(part) for part in split.PARTS},
        "threads": config.ngram.threads,
        "kernel": model.kernel,
        "notes": [*text.notes, *cut.notes],
    }


def _same(folder: CountFolder, config: CountConfig, text: Text) -> CountFolder:
    """The folder, if it holds what these settings and this text would make."""
    was, now = folder.config.model_dump(), config.model_dump()
    for stage in was:
        for name, value in was[stage].items():
            if name not in ("kernel", "threads", "text") and now[stage][name] != value:
                raise _other(folder, f"--{name} {now[stage][name]}", f"it was made with --{name} {value}")
    expected = str(folder.environment["text"]["sha256"])
    if text.sha256 != expected:
        raise _other(folder, f"a text with SHA-256 {text.sha256}", f"it was made from one with SHA-256 {expected}")
    return folder


def _other(folder: CountFolder, given: str, why: str) -> InputError:
    return InputError(
        tried=f"take the n-gram model in {folder.path}",
        given=given,
        why=why,
        todo="Leave that out, or choose another folder.",
    )


def _table(model: KneserNey, folder: CountFolder, scored: Mapping[str, ScoreTable], cut: Split) -> dict[str, Any]:
    rows = []
    for context in folder.config.ngram.lengths:
        row: dict[str, Any] = {"context": context, "order": context + 1}
        for part, prefix in (("test", ""), ("valid", "valid_")):
            found = scored[part].scores(context) if part in scored else None
            loss = None if found is None else found.loss_nats
            row |= {
                f"{prefix}loss_nats": loss,
                f"{prefix}bits_per_char": None if loss is None else bits(loss),
                f"{prefix}interval_nats": None if found is None else interval(-found.log_probs, cut, part),
                f"{prefix}accuracy": None if found is None else found.accuracy,
            }
        rows.append(row)
    known = [row for row in rows if row["valid_loss_nats"] is not None]
    best = min(known, key=lambda row: row["valid_loss_nats"])["context"] if known else None
    return {
        "contexts": rows,
        "best_context": best,
        "levels": [
            {
                "context": level.context,
                "order": level.context + 1,
                "ngrams": level.ngrams,
                "discounts": _discounts(level.lower),
                "highest_discounts": _discounts(level.highest),
            }
            for level in model.levels
        ],
        "chars": {part: cut.size(part) for part in split.PARTS},
        "split": cut.name,
        "seams": folder.config.ngram.seams,
        "bytes": model.bytes,
    }


def _discounts(found: Discounts | None) -> dict[str, Any] | None:
    return None if found is None else {"values": list(found.values), "fallback": found.fallback}


@dataclass(frozen=True)
class _Scored:
    """What mixing by depth asks for: log p by all contexts, [K, N], and the longest context seen, [N]."""

    log_probs: NDArray[np.float32]
    depths: NDArray[np.int32]


def _mixture(
    model: KneserNey, folder: CountFolder, ids: scoring.Ids, cut: Split, scored: Mapping[str, ScoreTable]
) -> dict[str, Any] | None:
    """All contexts from 0 on mixed by the longest one that was seen; weights from the validation part."""
    if len(scored) < len(HELD_OUT):
        return None
    ngram_config = folder.config.ngram
    # Beyond that many, those that were asked for must do: all of them at once would not fit into memory.
    contexts = tuple(range(model.context + 1)) if model.context < MOST_CONTEXTS else ngram_config.lengths
    valid, test = (
        _Scored(scoring.log_probs(model, ids, cut, part, ngram_config, contexts), scored[part].depths)
        for part in HELD_OUT
    )
    mixed = mixtures.by_depth(valid, test, model.context)
    weights = mixed.mixture
    return {
        "contexts": list(contexts),
        "loss_nats": mixed.loss_nats,
        "bits_per_char": bits(mixed.loss_nats),
        "interval_nats": interval(-mixed.log_probs, cut, "test"),
        "valid_loss_nats": weights.loss_nats,
        "depths": [
            {"depth": depth, "valid_chars": int(count), "weights": weights.weights[depth].round(6).tolist()}
            for depth, count in enumerate(weights.positions)
            if count
        ],
    }


def interval(losses_N: NDArray[np.float32], cut: Split, part: str) -> tuple[float, float] | None:
    """The 95 % interval of a mean over a part by block bootstrap; None where the part is too short to say."""
    first = cut.parts[part][0]
    row = first.stop - first.start if cut.name == "streams" else None
    return block_bootstrap_mean(losses_N, block_length(len(losses_N), row))
