"""Long proofs of the search for cells, and the pages that say how they came out.

    python -m tests.planted.campaigns wired      40 hand-wired networks: benchmarks/results/cells_wired.md
    python -m tests.planted.campaigns trained    5 networks trained on speech: benchmarks/results/cells_trained.md
    python -m tests.planted.campaigns nothing    100 networks without knowledge: benchmarks/results/cells_nothing.md

Run from the root of the repository. tests/campaign holds the same to what is promised.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from rnnscope import api
from rnnscope.api.search.bars import Kept
from rnnscope.api.search.hunt import Settings, hunt
from rnnscope.artifacts.run import RunFolder
from rnnscope.config import RecurrentConfig
from rnnscope.corpus.planted_kinds import speech
from rnnscope.model.build import build
from rnnscope.model.char_rnn import CharRNN
from rnnscope.record import nulls

from .cases import CASES, DECOYS, TEXTS
from .search import SEED, material, objections, said, searched

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"


class Row(NamedTuple):
    """One network, and what is wrong with what the search said of it: nothing, if all is well."""

    cells: str
    wrong: str


def wired() -> Iterator[Row]:
    """Search all hand-wired networks for all features."""
    kept: Kept = {}
    for case in (*CASES, *DECOYS):
        found = searched(case, kept)
        about = said(case, found)
        words = []
        for (layer, cell), expected in case.carriers.items():
            claim = about.get((layer, cell))
            told = f"{layer + 1}:{cell + 1} is no candidate"
            if claim is not None:
                told = f"{layer + 1}:{cell + 1} {claim['verdict']}, score {claim['score']:+.2f}"
                proof = claim["intervention"]
                if proof is not None:
                    told += f", {proof['effect_bits']:+.2f} bits, {proof['elsewhere_bits']:+.2f} elsewhere"
                    told += f", largest matched {proof['matched_bits'][0]:+.2f}"
                if expected == "redundant":
                    told += f", redundant with {len(claim['redundant_with'])}"
            words.append(told)
        row = f"| {case.name} | {case.feature.name} | {'; '.join(words)} |"
        yield Row(row, "; ".join(objections(case, found)))


TRAINED_SYMBOLS, SEARCHED_SYMBOLS = 600_000, 150_000
FRESH_SEEDS = range(11, 16)
"""None of these was searched before the settings of training were chosen, with other seeds."""


def trained(folder: Path, seeds: Iterable[int] = FRESH_SEEDS) -> Iterator[Row]:
    """Train networks on speech from several seeds, and search them on other text of the same kind.

    Args:
        folder: where runs are kept, as seed-11, seed-12, ...; those that are there are not trained again.
        seeds: of the starting weights.
    """
    for name, seed, length in (("speech.txt", 21, TRAINED_SYMBOLS), ("other.txt", 22, SEARCHED_SYMBOLS)):
        (folder / name).write_text(speech(seed, length).text, encoding="utf-8")
    for seed in seeds:
        run = folder / f"seed-{seed}"
        if not run.exists():
            api.train(
                str(folder / "speech.txt"), run, cell="lstm", layers=1, hidden=96, forget_bias=1.0, batch=10, steps=200,
                epochs=30, learning_rate=0.004, decay_after=20, learning_rate_decay=0.8, seed=seed,
            )  # fmt: skip
        found = api.cells(run, folder / "other.txt", seed=SEED)
        claims = [claim for claim in found["claims"] if claim["feature"] == "double-quotes"]
        loss = api.evaluate(run)["loss_nats"]
        best = claims[0]
        proof = best["intervention"]
        told = f"{best['layer']}:{best['cell']} {best['quantity']} {best['verdict']}, score {best['score']:+.2f}"
        if proof is not None:
            told += f", {proof['effect_bits']:+.2f} bits, {proof['elsewhere_bits']:+.2f} elsewhere"
            told += f", largest matched {proof['matched_bits'][0]:+.2f}"
        wrong = "" if best["verdict"] == "causal" else f"seed {seed}: no cell is causal for double-quotes"
        # Another kernel rounds differently, and thirty epochs later it is another network.
        kernel = RunFolder.open(run).environment["kernel"]
        yield Row(f"| {seed} | {kernel['name']} ({kernel['path']}) | {loss:.4f} | {told} |", wrong)


NOTHING_SYMBOLS = 40_000
KINDS = (
    ("lstm", 1, 64), ("lstm", 2, 64), ("lstm-peephole", 1, 64), ("lstm-coupled", 1, 64), ("gru", 1, 64),
    ("gru", 2, 64), ("gru-torch", 1, 64), ("rnn", 1, 64), ("rnn", 2, 96), ("lstm", 3, 64),
)  # fmt: skip
UNTRAINED_EACH, PERMUTED_EACH = 6, 2


def nothing() -> Iterator[Row]:
    """Search networks that know nothing: 60 untrained ones of ten architectures, 40 with permuted weights."""
    kept: Kept = {}
    for what, kind, text_of, network in _without_knowledge():
        asked = material(text_of, TEXTS[text_of]().text[:NOTHING_SYMBOLS], None)
        assert asked.alphabet.size == network.vocabulary
        found = hunt(network, asked, Settings(seed=SEED), lambda line: None, kept).to_json()
        told = {
            f"{claim['layer']}:{claim['cell']} {claim['verdict']} for {claim['feature']}"
            for claim in found["claims"]
            if claim["verdict"] != "observed"
        }
        wrong = "; ".join(sorted(told))
        yield Row(f"| {what} | {kind} | {text_of} | {wrong or 'nothing'} |", wrong and f"{what}, {kind}: {wrong}")


def _without_knowledge() -> Iterator[tuple[str, str, str, CharRNN]]:
    for number, (cell, layers, hidden) in enumerate(KINDS):
        text_of = ("speech", "c")[number % 2]
        vocabulary = len(set(TEXTS[text_of]().text))
        config = RecurrentConfig.model_validate({"cell": cell, "layers": layers, "hidden": hidden})
        for seed in range(1, UNTRAINED_EACH + 1):
            yield (
                f"{cell} {layers} x {hidden}",
                f"untrained, seed {seed}",
                text_of,
                _rnn(build(config, vocabulary, seed)),
            )
    for case in CASES:
        for null in nulls.permuted(case.network(), range(1, PERMUTED_EACH + 1)):
            yield case.name, f"weights permuted, seed {null.seed}", case.feature.text, _rnn(null.network)


def _rnn(network: object) -> CharRNN:
    assert isinstance(network, CharRNN)
    return network


PAGES = {
    "wired": (
        "# Cells that were wired by hand, and what the search says of them",
        "20 networks in which a cell carries a feature and is heard where it matters, then 20 decoys: cells that\n"
        "nobody hears, echoes of symbols, threefold cells. 120,000 symbols each, all features, 19 untrained networks\n"
        "and 3 permuted ones.",
        ("network", "feature", "what is said of the planted cells"),
    ),
    "trained": (
        "# Networks trained on speech, and their quote cells",
        f"LSTM 1 x 96, 30 epochs of {TRAINED_SYMBOLS:,} generated symbols; searched on {SEARCHED_SYMBOLS:,} others.\n"
        "The strongest claim for double-quotes.",
        ("seed", "kernel", "test loss, nats", "strongest claim"),
    ),
    "nothing": (
        "# Networks that know nothing, and what the search finds in them",
        f"{len(KINDS) * UNTRAINED_EACH + len(CASES) * PERMUTED_EACH} networks, none of which served as a bar "
        f"for another; {NOTHING_SYMBOLS:,} symbols, all features.",
        ("network", "weights", "text", "confirmed or causal"),
    ),
}


def page(name: str, rows: list[Row]) -> str:
    """The page of a campaign."""
    title, what, columns = PAGES[name]
    head = f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}"
    wrong = [row.wrong for row in rows if row.wrong]
    verdict = f"{len(rows)} networks, {len(rows) - len(wrong)} without objection."
    objections = "".join(f"\n- {one}" for one in wrong)
    command = f"Made by `python -m tests.planted.campaigns {name}`."
    return (
        f"{title}\n\n{what} {command}\n\n{verdict}\n{objections}\n\n{head}\n"
        + "\n".join(row.cells for row in rows)
        + "\n"
    )


def main(name: str) -> None:
    """Run one campaign and write its page."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        found = trained(Path(folder)) if name == "trained" else {"wired": wired, "nothing": nothing}[name]()
        for row in found:
            rows.append(row)
            sys.stderr.write(f"{row.cells} {row.wrong}\n")
    (RESULTS / f"cells_{name}.md").write_text(page(name, rows), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
