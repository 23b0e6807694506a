"""Make an n-gram model of a text: count, keep the model, score the held-out parts by every context.

Counting takes seconds, so there is nothing to resume: the folder appears whole, with its model. What is computed from
it afterwards is made again where it is missing.
"""

from __future__ import annotations

import difflib
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from rnnscope import environment
from rnnscope.api.counts import Ngram
from rnnscope.api.ngram_table import Announce, write_table
from rnnscope.artifacts.counts import CountFolder, refuse_taken
from rnnscope.config import CorpusConfig, CountConfig, NgramConfig, checked
from rnnscope.corpus import builtin, split
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.corpus.read import load
from rnnscope.corpus.split import Split
from rnnscope.corpus.text import Text
from rnnscope.errors import DamagedArtifact, InputError
from rnnscope.ngram import scoring
from rnnscope.ngram.kneser_ney import KneserNey
from rnnscope.units import bytes_text


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
    write_table(model, folder, read, say)
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
