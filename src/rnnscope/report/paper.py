"""Numbers of Karpathy, Johnson and Fei-Fei, "Visualizing and Understanding Recurrent Networks" (2015).

Figure 1, its table: test losses in nats per symbol by cell, layers and budget. The paper names budgets after the width
of a one-layer LSTM and has no RNN of budget 512.
Table 2: test losses in nats per symbol. Its n is the number of symbols of context: an n-gram of n is of the order
n + 1. The paper cut its texts in rows (the split `streams`) and counted with KenLM (`--seams joined`).
Figure 1: test losses of networks in nats, and Figure 6: shares of errors by class.
"""

from __future__ import annotations

from rnnscope.corpus.builtin import BUILTIN
from rnnscope.report.page import Paper
from rnnscope.report.page_findings import PaperErrors

CONTEXTS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 20]
_NGRAM = {
    "warpeace": [2.399, 1.928, 1.521, 1.314, 1.232, 1.203, 1.194, 1.194, 1.194, 1.195],
    "linux": [2.702, 1.954, 1.440, 1.213, 1.097, 1.027, 0.982, 0.953, 0.933, 0.889],
}
_NETWORK = {
    "warpeace": [2.399, 1.931, 1.553, 1.451, 1.339, 1.321],
    "linux": [2.707, 1.974, 1.505, 1.395, 1.256, 1.376],
}
_TEXT = {
    "warpeace": "The paper's own text, byte for byte. Its table was made with the split streams and joined seams.",
    "linux": "A different slice of the kernel than the paper's, of the same length, so the numbers are close and not "
    "equal. Its table was made with the split streams and joined seams.",
}


def table_2(text_sha256: str) -> Paper | None:
    """The table beside which results on a text may stand; None for texts that the paper did not use.

    Losses of other texts say nothing about a text, so nothing is shown there.
    """
    for name, known in BUILTIN.items():
        if name in _NGRAM and text_sha256 == known.sha256:
            network = [*_NETWORK[name], *[None] * (len(CONTEXTS) - len(_NETWORK[name]))]
            return Paper(text=_TEXT[name], contexts=CONTEXTS, ngram=_NGRAM[name], network=network)
    return None


_ONION_NETWORKS = ["LSTM-3, budget 512", "LSTM-2, budget 64"]
_ONION_SYMBOLS = 330_000
_ONION_ERRORS = [140_000, 184_000]
_ONION_PERCENT = {
    "1-gram": [1.13, 0.90],
    "2-gram": [2.86, 2.54],
    "3-gram": [2.14, 4.48],
    "4-gram": [2.42, 7.64],
    "5-gram": [2.29, 6.32],
    "6-gram": [2.13, 4.48],
    "7-gram": [2.02, 3.20],
    "8-gram": [1.73, 2.33],
    "9-gram": [1.17, 1.43],
    "100 memory": [0.68, 0.59],
    "500 memory": [1.95, 1.62],
    "1000 memory": [1.02, 0.86],
    "5000 memory": [2.44, 2.09],
    "word 0-train": [2.81, 2.19],
    "word 1-train": [1.59, 1.25],
    "word 2-train": [1.19, 0.96],
    "word 3-train": [1.12, 0.89],
    "word 4-train": [0.97, 0.76],
    "word 5-train": [0.85, 0.68],
    "after space or quote": [32.25, 24.94],
    "after newline": [4.89, 3.95],
    "punctuation": [6.13, 4.76],
    "0.1 boost": [2.17, 1.33],
    "0.2 boost": [3.15, 2.33],
    "0.3 boost": [4.35, 3.86],
    "0.4 boost": [5.97, 5.48],
    "0.5 boost": [8.59, 8.16],
}
_ONION_TEXT = (
    "The paper's own text. Its two networks were trained to the end on the split streams; shares are measured in the "
    "slices of its Figure 6. What it calls a word or punctuation it does not say, so slices are like and not the same."
)


def figure_6(text_sha256: str) -> tuple[PaperErrors, dict[str, list[float]]] | None:
    """The paper's onion, and by class the shares of errors of its two networks; None beside any other text."""
    if text_sha256 != BUILTIN["warpeace"].sha256:
        return None
    shares = {name: [percent / 100 for percent in pair] for name, pair in _ONION_PERCENT.items()}
    paper = PaperErrors(text=_ONION_TEXT, networks=_ONION_NETWORKS, errors=_ONION_ERRORS, symbols=_ONION_SYMBOLS)
    return paper, shares


_FIGURE_1: dict[str, dict[int, list[float | None]]] = {
    "warpeace": {
        64: [1.449, 1.442, 1.540, 1.446, 1.401, 1.396, 1.398, 1.373, 1.472],
        128: [1.277, 1.227, 1.279, 1.417, 1.286, 1.277, 1.230, 1.226, 1.253],
        256: [1.189, 1.137, 1.141, 1.342, 1.256, 1.239, 1.198, 1.164, 1.138],
        512: [1.161, 1.092, 1.082, None, None, None, 1.170, 1.201, 1.077],
    },
    "linux": {
        64: [1.355, 1.331, 1.366, 1.407, 1.371, 1.383, 1.335, 1.298, 1.357],
        128: [1.149, 1.128, 1.177, 1.241, 1.120, 1.220, 1.154, 1.125, 1.150],
        256: [1.026, 0.972, 0.998, 1.171, 1.116, 1.116, 1.039, 0.991, 1.026],
        512: [0.952, 0.840, 0.846, None, None, None, 0.943, 0.861, 0.829],
    },
}
_FIGURE_1_COLUMNS = [(cell, layers) for cell in ("lstm", "rnn", "gru") for layers in (1, 2, 3)]


def figure_1(text_sha256: str) -> dict[tuple[str, int, int], float]:
    """The paper's test losses in nats by (cell, layers, budget); empty for texts that the paper did not use."""
    for name, table in _FIGURE_1.items():
        if text_sha256 == BUILTIN[name].sha256:
            return {
                (*column, budget): nats
                for budget, row in table.items()
                for column, nats in zip(_FIGURE_1_COLUMNS, row, strict=True)
                if nats is not None
            }
    return {}
