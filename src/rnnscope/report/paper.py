"""Table 2 of Karpathy, Johnson and Fei-Fei, "Visualizing and Understanding Recurrent Networks" (2015).

Test losses in nats per symbol. Its n is the number of symbols of context: an n-gram of n is of the order n + 1. The
paper cut its texts in rows (the split `streams`) and counted with KenLM (`--seams joined`).
"""

from __future__ import annotations

from rnnscope.corpus.builtin import BUILTIN
from rnnscope.report.page import Paper

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
