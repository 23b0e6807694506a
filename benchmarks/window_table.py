"""Write the losses of the window networks into docs/results.md, beside the paper's and those of n-grams.

    python3 dev.py bench window_table

Networks and the paper's losses come from results/windows/index.json. The n-grams are counted for it, a second for each
text: `streams` and `joined`, as the paper's were. Both texts have to be on this machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rnnscope.config import CorpusConfig, NgramConfig
from rnnscope.corpus import builtin, split
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.corpus.read import load
from rnnscope.ngram import scoring

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "results.md"
INDEX = ROOT / "results" / "windows" / "index.json"
END = "It leaves the paper's recipe in four places"
"""What follows the tables on the page."""

INTRODUCED = {
    "warpeace": "Test loss in nats on War and Peace; the n-grams are read as the paper's were, across the rows of the "
    "split:",
    "linux": "On the Linux source, which is not the paper's to the byte (its losses stand beside ours all the same):",
}
HEAD = (
    "| symbols | n-NN here | its width | epochs | the paper's n-NN | n-gram (Kneser-Ney) |\n|--:|--:|--:|--:|--:|--:|\n"
)

Entry = Mapping[str, Any]


def tables(entries: Iterable[Entry], ngrams: Mapping[str, Sequence[float]]) -> str:
    """Both tables as Markdown; windows that are not kept have no row.

    Args:
        entries: of the index.
        ngrams: for each text the test losses of n-grams with 1, 2, ... symbols of context, in nats.
    """
    kept = list(entries)
    blocks = []
    for text, introduction in INTRODUCED.items():
        windows = {int(entry["cell"].removeprefix("window-")): entry for entry in kept if entry["text"] == text}
        rows = [_row(window, entry, ngrams[text][window - 1]) for window, entry in sorted(windows.items())]
        if rows:
            blocks.append(f"{introduction}\n\n{HEAD}{''.join(rows)}\n")
    return "".join(blocks)


def _row(window: int, entry: Entry, ngram_nats: float) -> str:
    paper = "–" if entry["paper_nats"] is None else f"{entry['paper_nats']:.3f}"
    ours = f"{entry['test_loss_nats']:.4f} | {entry['hidden']:,} | {entry['epochs']:.1f}"
    return f"| {window} | {ours} | {paper} | {ngram_nats:.3f} |\n"


def with_tables(page: str, found: str) -> str:
    """The page with other tables in the place of its own."""
    start, end = page.index(INTRODUCED["warpeace"]), page.index(END)
    return page[:start] + found + page[end:]


def counted(name: str, longest: int) -> list[float]:
    """Test losses of n-grams with 1 to `longest` symbols of context, in nats."""
    text = load(name)
    corpus = CorpusConfig.model_validate(builtin.usual(name) | {"text": name, "split": "streams"})
    alphabet = Alphabet.of(text, unseen="refuse")
    ids, cut = alphabet.encode(text.codes_N), split.make(len(text), corpus, text.files)
    config = NgramConfig(contexts=f"1-{longest}", seams="joined")
    model = scoring.count(ids, cut, alphabet.size, config)
    log_probs_KN = scoring.log_probs(model, ids, cut, "test", config, config.lengths)
    return [float(-row_N.mean(dtype="float64")) for row_N in log_probs_KN]


def main() -> None:
    entries = json.loads(INDEX.read_text("utf-8"))["networks"]
    longest = max(int(entry["cell"].removeprefix("window-")) for entry in entries)
    found = tables(entries, {text: counted(text, longest) for text in INTRODUCED})
    PAGE.write_text(with_tables(PAGE.read_text("utf-8"), found), "utf-8")
    print(found, end="")


if __name__ == "__main__":
    main()
