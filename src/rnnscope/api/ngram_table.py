"""What counting and scoring found about a text: losses of every context, counts, discounts, all contexts mixed.

The table of an n-gram's folder, as the command prints it and the report shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rnnscope.analyse.stats import block_bootstrap_mean, block_length
from rnnscope.api.mixing import mixed_table
from rnnscope.artifacts.counts import CountFolder
from rnnscope.artifacts.lock import exclusive
from rnnscope.artifacts.score_table import ScoreTable
from rnnscope.artifacts.scores import Scores
from rnnscope.config import NgramConfig, Part
from rnnscope.corpus import split
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.corpus.split import Split
from rnnscope.corpus.text import Text
from rnnscope.errors import InputError
from rnnscope.ngram import scoring
from rnnscope.ngram.discounts import Discounts
from rnnscope.ngram.kneser_ney import KneserNey
from rnnscope.units import bits

Announce = Callable[[str], None]
HELD_OUT: tuple[Part, ...] = ("valid", "test")


def write_table(model: KneserNey, folder: CountFolder, text: Text, announce: Announce) -> dict[str, Any]:
    """Score the held-out parts by all contexts and mix them, unless that is there; the table as plain values.

    Args:
        model: of the folder.
        folder: gets `eval/valid`, `eval/test` and `ngram/table`.
        text: the folder's own.
        announce: is told what is being computed.
    """
    made_from = {"text": text.sha256}
    try:
        facts = folder.read_result("ngram", "table", made_from).facts
        if facts["mixture"] is None or "gain_nats" in facts["mixture"]:  # older tables do not say what mixtures gain
            return facts
    except InputError:  # absent, or a kill came before it
        pass
    alphabet = Alphabet.from_json(folder.alphabet, where=str(folder.path / "alphabet.json"))
    ids, cut = alphabet.encode(text.codes_N), split.make(len(text), folder.config.corpus, text.files)
    counting = folder.config.ngram
    announce(f"scoring the held-out parts by {len(counting.lengths)} contexts")
    scored = score_held_out(model, ids, cut, counting, made_from=made_from)
    with exclusive(folder.path):
        folder.sweep()
        for part, scores in scored.items():
            with folder.begin_result("eval", part, made_from) as draft:
                scores.write(draft)
        found = (
            losses_table(counting, scored, cut) | levels_table(model) | mixed_table(model, ids, cut, counting, scored)
        )
        folder.write_result("ngram", "table", found, made_from)
    return found


def score_held_out(
    model: KneserNey,
    ids: scoring.Ids,
    cut: Split,
    config: NgramConfig,
    *,
    made_from: Mapping[str, str] | None = None,
) -> dict[str, ScoreTable]:
    """Score the validation and the test part, where the split has them, by all contexts; see `scoring.score_part`."""
    tables: dict[str, ScoreTable] = {}
    for part in HELD_OUT:
        if cut.parts[part]:
            first = cut.parts[part][0]
            block = block_length(cut.size(part), first.stop - first.start if cut.name == "streams" else None)
            facts = {"part": part, "block": block}
            tables[part] = scoring.score_part(model, ids, cut, part, config, facts=facts, made_from=made_from)
    return tables


def losses_table(config: NgramConfig, scored: Mapping[str, ScoreTable], cut: Split) -> dict[str, Any]:
    """What every context costs on the held-out parts, with intervals, as plain values.

    Args:
        config: which contexts and seams.
        scored: `valid` and `test`, where the split has them.
        cut: the split.
    """
    rows = []
    for context in config.lengths:
        row: dict[str, Any] = {"context": context, "order": context + 1}
        for part, prefix in (("test", ""), ("valid", "valid_")):
            found = scored[part].scores(context) if part in scored else None
            loss = None if found is None else found.loss_nats
            row |= {
                f"{prefix}loss_nats": loss,
                f"{prefix}bits_per_char": None if loss is None else bits(loss),
                f"{prefix}interval_nats": None if found is None else _interval(found),
                f"{prefix}accuracy": None if found is None else found.accuracy,
            }
        rows.append(row)
    known = [row for row in rows if row["valid_loss_nats"] is not None]
    return {
        "contexts": rows,
        "best_context": min(known, key=lambda row: row["valid_loss_nats"])["context"] if known else None,
        "chars": {part: cut.size(part) for part in split.PARTS},
        "split": cut.name,
        "seams": config.seams,
    }


def levels_table(model: KneserNey) -> dict[str, Any]:
    """How many n-grams a model has of each length, the discounts and whether they fell back, and its size."""
    levels = [
        {
            "context": level.context,
            "order": level.context + 1,
            "ngrams": level.ngrams,
            "discounts": _discounts(level.lower),
            "highest_discounts": _discounts(level.highest),
        }
        for level in model.levels
    ]
    return {"levels": levels, "bytes": model.bytes}


def _discounts(found: Discounts | None) -> dict[str, Any] | None:
    return None if found is None else {"values": list(found.values), "fallback": found.fallback}


def _interval(scores: Scores) -> tuple[float, float] | None:
    return block_bootstrap_mean(-scores.log_probs, int(scores.facts["block"]))
