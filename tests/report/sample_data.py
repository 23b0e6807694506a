"""Inputs of a report that look like real ones, and a text that tries everything a text can try against a page."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from rnnscope.report.inputs import CorpusInput, NgramInput, PassageInput, ReportInput, RunInput, SampleInput

CODE = '''def read(path, *, strict=True):
    """Return the "first" line of a file."""
    with open(path, encoding="utf-8") as file:
        line = file.readline()
        if strict and (not line or line[0] == "#"):
            raise ValueError(f"{path!r} has no header (see 'formats')")
\treturn [field.strip() for field in line.split(",")]


class Table(dict):
    # Rows by key; keys are (name, version) pairs.
    def add(self, row):
        self[(row["name"], row["version"])] = row   # the last one wins
        return self

'''
HOSTILE = (
    "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>\n"
    "<!-- --> ]]> &lt;b&gt; &amp; \"quoted\" 'single' `back` ${x} {{y}} {% z %}\n"
    "\u202eright to left\u202c \u2066isolated\u2069 \u061c\n"
    "nul \x00 bell \x07 escape \x1b[31m delete \x7f c1 \x85 lines \u2028 \u2029\n"
    "tab\t, no-break\u00a0, zero\u200bwidth\u200djoiner, bom \ufeff, soft\u00adhyphen, ideographic\u3000space\n"
    "e\u0301 combining, \u0939\u093f\u0902\u0926\u0940, \u05e9\u05dc\u05d5\u05dd, \u4e2d\u6587, "
    "\U0001f469\u200d\U0001f680, \ue000 private, \ufdd0 none\n"
    "javascript:alert(1) </style><style>*{display:none}</style></noscript></textarea></title>\r\n"
)
RUSSIAN = "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему.\n"
LSTM_RANGES: dict[str, tuple[float | None, float | None]] = {
    "h": (-1.0, 1.0),
    "c": (None, None),
    "i": (0.0, 1.0),
    "f": (0.0, 1.0),
    "g": (-1.0, 1.0),
    "o": (0.0, 1.0),
}


def passage(
    text: str,
    *,
    unit: Literal["characters", "bytes"] = "characters",
    name: str = "test, beginning",
    length: int = 600,
    layers: int = 2,
    cells: int = 24,
    seed: int = 1,
) -> PassageInput:
    """A recorded passage whose first cells mean something: quotes, line position, brackets, indentation, then noise.

    Cell 1 of layer 1 (both from 1) holds c = 0, +1, -1, 0.5 at the first four positions, for tests of colours.
    """
    random = np.random.default_rng(seed)
    repeated = (text * (1 + length // len(text)))[:length]
    symbols = list(repeated.encode("utf-8")[:length]) if unit == "bytes" else [ord(symbol) for symbol in repeated]
    codes = sorted(set(symbols))
    ids = np.array([codes.index(symbol) for symbol in symbols])
    size = len(ids)
    c = np.stack([_slow_noise(random, size, cells) for _ in range(layers)])
    for layer in range(layers):
        for cell, track in enumerate(_tracks("".join(map(chr, symbols)))[: cells - 1]):
            c[layer, :, cell + 1] = track + 0.06 * random.standard_normal(size)
    c[0, :4, 0] = [0.0, 1.0, -1.0, 0.5][: min(4, size)]
    gates = {gate: 1 / (1 + np.exp(-2 * _noise(random, c.shape))) for gate in "ifo"}
    quantities = {
        "h": np.tanh(c) * gates["o"],
        "c": c,
        "i": gates["i"],
        "f": gates["f"],
        "g": np.tanh(_noise(random, c.shape)),
        "o": gates["o"],
    }
    next_probs = -np.sort(-random.dirichlet(np.full(8, 0.25), size), axis=1)[:, :5]
    next_ids = random.integers(0, len(codes), (size, 5))
    next_ids[:-1, 0] = np.where(random.random(size - 1) < 0.6, ids[1:], next_ids[:-1, 0])
    return PassageInput(
        name=name,
        where=f"The first {size} {unit} of the test part, read from the beginning of that part.",
        unit=unit,
        codes=codes,
        ids=ids,
        log_probs=np.log(random.uniform(0.02, 1.0, size)),
        next_ids=next_ids,
        next_probs=next_probs,
        quantities=quantities,
        ranges=LSTM_RANGES,
    )


def report_input(
    text: str = CODE,
    *,
    runs: int = 1,
    unit: Literal["characters", "bytes"] = "characters",
    length: int = 600,
    cells: int = 24,
    layers: int = 2,
) -> ReportInput:
    """A whole report: learning curves, samples, one passage per run, notes and provenance."""
    names = ["lstm-2x128", "gru-2x150", "rnn-2x280"][:runs]
    return ReportInput(
        title="stdlib: what an LSTM makes of it",
        corpus=CorpusInput(
            name="stdlib",
            sha256="5f" * 32,
            unit=unit,
            symbols=4_000_000,
            distinct=101,
            parts=[("training", 3_200_000), ("validation", 400_000), ("test", 400_000)],
        ),
        runs=[
            _run(name, text, index, unit=unit, length=length, cells=cells, layers=layers)
            for index, name in enumerate(names)
        ],
        references=[
            ("uniform guess", float(np.log(101)), "every symbol equally likely"),
            ("symbol frequencies", 3.21, "how often each symbol occurs in the training part, whatever came before"),
        ],
        notes=[
            ("Learning curves", True, "400,000 validation symbols put the sampling error of the loss near 0.003 nats."),
            ("Cells that count brackets", False, "Only 41 pairs span more than 50 symbols; at least 500 are needed."),
            ("Rare symbols", False, "23 of 101 symbols occur fewer than 50 times in the test part."),
        ],
        warnings=[],
        provenance=[
            ("text", "stdlib"),
            ("SHA-256 of the text", "5f" * 32),
            ("split", "contiguous, fold 0, 80/10/10"),
            ("seed", "1"),
            ("kernel", "torch (torch.nn.LSTM computes this cell)"),
            ("threads", "2"),
            ("versions", "rnnscope 0.1.0, Python 3.11.2, torch 2.13.0, numpy 2.4.6"),
        ],
        made_from=[("run lstm-2x128", "a1" * 32), ("checkpoint step-003200", "b2" * 32)],
        commands=["rnnscope study stdlib -o out --preset demo --seed 1"],
        method=[
            "The text was cut into a training, a validation and a test part that follow each other; a symbol belongs to"
            " the part that holds it as a target.",
            "A loss is the mean of -ln p over all symbols of a part, each scored once, with at least the 1,000 symbols"
            " before it as context.",
        ],
    )


def _run(
    name: str, text: str, index: int, *, unit: Literal["characters", "bytes"], length: int, cells: int, layers: int
) -> RunInput:
    final = 1.31 + 0.11 * index
    metrics: list[dict[str, Any]] = []
    random = np.random.default_rng(index)
    for step in range(10, 3210, 10):
        loss = final + 3.2 * np.exp(-step / 180) + 0.5 * np.exp(-step / 1500)
        row = {
            "step": step,
            "epoch": step / 320,
            "train_loss_nats": loss - 0.05 + 0.03 * random.standard_normal(),
            "valid_loss_nats": loss + 0.02 if step % 320 == 0 else None,
            "learning_rate": 0.002,
            "gradient_norm": 1.0 + random.random(),
            "chars_per_second": 90_000.0,
            "seconds": step * 0.1,
        }
        metrics.append(row)
    wild = ["e e t  a e\no  et ", "def the self the ret:\n    self.sel", CODE[:220], CODE]
    return RunInput(
        name=name,
        cell=name.split("-")[0],
        layers=layers,
        hidden=cells,
        parameters=251_749 + index,
        state="complete",
        epochs=10,
        epochs_reached=10.0,
        best_step=3200,
        metrics=metrics,
        losses=[("validation", final + 0.03, 400_000), ("test", final + 0.04, 400_000)],
        intervals={"test": (final + 0.03, final + 0.052)},
        samples=[
            SampleInput(step, sample, epoch=step / 320) for step, sample in zip([10, 100, 800, 3200], wild, strict=True)
        ],
        temperatures=[
            SampleInput(3200, sample, temperature=temperature, prime="def ")
            for temperature, sample in [(0.5, CODE), (1.0, CODE[200:]), (1.5, text)]
        ],
        passages=[passage(text, unit=unit, length=length, cells=cells, layers=layers, seed=index)],
    )


def ngram_input(name: str = "ngram", *, seams: str = "true", streams: bool = True) -> NgramInput:
    """An n-gram model of the contexts 1 to 3 and 9, its losses on both splits and two mixtures."""
    contexts = (1, 2, 3, 9)
    fallback = {"values": [0.5, 1.0, 1.5], "fallback": True}
    found = {"values": [0.61, 1.12, 1.58], "fallback": False}

    def split(name: str, shift: float) -> dict[str, Any]:
        rows = [
            {
                "context": context,
                "valid_loss_nats": 2.4 - 0.1 * context - shift,
                "valid_interval_nats": None,
                "loss_nats": 2.41 - 0.1 * context - shift,
                "interval_nats": [2.39 - 0.1 * context - shift, 2.43 - 0.1 * context - shift],
            }
            for context in contexts
        ]
        sizes = {"train": 3_200_000, "valid": 400_000, "test": 400_000}
        return {"split": name, "seams": seams, "contexts": rows, "best_context": 9, "chars": sizes}

    levels = [
        {
            "context": context,
            "ngrams": 90 * 4**context,
            "discounts": None if context == 9 else found if context else fallback,
            "highest_discounts": found if context else fallback,
        }
        for context in range(10)
    ]
    table = split("contiguous", 0.0) | {"levels": levels, "bytes": 5_000_000}
    short = {"split": "streams", "contexts": [], "why": "it is too short", "chars": dict.fromkeys(("valid", "test"), 0)}
    return NgramInput(
        name,
        table,
        [split("streams", 0.2) if streams else short],
        [
            ("all contexts together", "weighted by what was seen", 1.45, (1.43, 1.47)),
            ("lstm and the n-gram", "half", 1.3, None),
        ],
        f"rnnscope ngram stdlib -o {name}",
    )


def _tracks(text: str) -> list[npt.NDArray[np.float64]]:
    """What hand-made cells follow: inside quotes, position in the line, bracket depth, indentation."""
    quoted, depth, column, indent = False, 0, 0, True
    rows = []
    for symbol in text:
        quoted = quoted != (symbol == '"')
        depth = max(0, depth + (symbol in "([{") - (symbol in ")]}"))
        column = 0 if symbol == "\n" else column + 1
        indent = symbol == "\n" or (indent and symbol in " \t")
        rows.append((1.6 if quoted else -1.4, 1.5 - column / 25, depth * 0.8 - 0.4, 1.2 if indent else -0.8))
    return list(np.array(rows).T)


def _noise(random: np.random.Generator, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    return random.standard_normal(shape)


def _slow_noise(random: np.random.Generator, size: int, cells: int) -> npt.NDArray[np.float64]:
    """Noise that remembers itself for 1 to 60 positions, as cells do."""
    keep = np.exp(-1 / random.uniform(1, 60, cells))
    rows = np.zeros((size, cells))
    for position in range(1, size):
        rows[position] = keep * rows[position - 1] + np.sqrt(1 - keep**2) * random.standard_normal(cells)
    return rows
