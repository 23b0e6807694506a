"""Settings of training from the size of a text, and the refusal of settings that a text is too small for.

What a small recurrent network has learned after a while depends first on how many updates it has made, then on how
much text it has read. So small texts get short chunks and few lanes, which make many updates of each pass, and
passes are added until there were enough updates, the text is known by heart, or the reading would take too long.
The figures below were found with two layers of 128 LSTM cells on 2.5 KB to 4 MB of Python source.
"""

from __future__ import annotations

from dataclasses import dataclass

from rnnscope.corpus.split import Split
from rnnscope.errors import InputError

UPDATES = 3_000
"""Updates after which RMSProp with a rate of 2e-3 gains little on a small text."""

READ = 6_500_000
"""Symbols read in training after which `epochs` adds no further pass: somewhat over a minute on one core."""

# Beyond this the loss on unseen text only rises: the network learns by heart.
_MOST_EPOCHS = 30
_UPDATES_A_PASS = 100
_STEPS = ((500_000, 64), (50_000, 50), (0, 25))
_LANES = (64, 50, 32, 16, 8, 4, 2)


@dataclass(frozen=True)
class Settings:
    """What `choose` chose.

    Args:
        batch: B, lanes.
        steps: T, symbols per chunk.
        epochs: passes over the training part.
        reasons: one sentence for each setting that was chosen here, to be shown to the user.
    """

    batch: int
    steps: int
    epochs: int
    reasons: tuple[str, ...]


def choose(
    train_symbols: int,
    valid_symbols: int,
    *,
    batch: int | None = None,
    steps: int | None = None,
    epochs: int | None = None,
    read: int = READ,
) -> Settings:
    """Choose the settings that were not asked for.

    Args:
        train_symbols: size of the training part.
        valid_symbols: size of the validation part; without one, fewer passes are made.
        batch: B as asked for, or None to choose.
        steps: T as asked for, or None to choose.
        epochs: passes as asked for, or None to choose.
        read: symbols to read in training at most, if one pass is not longer.
    """
    reasons = []
    chosen_steps = _chunk(train_symbols, batch or 1) if steps is None else steps
    if steps is None:
        reasons.append(f"--steps {chosen_steps}: chunks for a training part of {train_symbols:,} symbols.")
    chosen_batch = _lanes(train_symbols, chosen_steps, read) if batch is None else batch
    per_update = chosen_batch * chosen_steps
    updates = max(1, -(-train_symbols // per_update))
    if batch is None:
        reasons.append(f"--batch {chosen_batch}: one pass makes {updates:,} updates of {per_update:,} symbols.")
    # Without a validation part nothing tells when a network begins to learn by heart.
    most = _MOST_EPOCHS if valid_symbols else _MOST_EPOCHS // 4
    enough, affordable = -(-UPDATES // updates), max(1, read // max(1, train_symbols))
    chosen_epochs = min(enough, affordable, most) if epochs is None else epochs
    if epochs is None:
        total = f"{chosen_epochs * updates:,} updates, {chosen_epochs * train_symbols:,} symbols read"
        reasons.append(f"--epochs {chosen_epochs}: {total}.")
    return Settings(chosen_batch, chosen_steps, chosen_epochs, tuple(reasons))


def _chunk(train_symbols: int, batch: int) -> int:
    usual = next(size for least, size in _STEPS if train_symbols >= least)
    return max(1, min(usual, train_symbols // batch))


def _lanes(train_symbols: int, steps: int, read: int) -> int:
    most = min(train_symbols // (steps * _UPDATES_A_PASS), read // (UPDATES * steps))
    least = 2 if train_symbols >= 2 * steps else 1
    return next((lanes for lanes in _LANES if lanes <= most), least)


def check(split: Split, batch: int, steps: int) -> None:
    """Refuse a training part that does not fill one chunk of every lane.

    Args:
        split: the parts.
        batch: B, lanes.
        steps: T, symbols per chunk.

    Raises:
        InputError: fewer training symbols than batch x steps; names the largest settings that fit.
    """
    symbols = split.size("train")
    if symbols >= max(batch * steps, 2):
        return
    options = []
    if symbols // batch:
        options.append(f"--batch {batch} --steps {symbols // batch}")
    if symbols // steps:
        options.append(f"--batch {symbols // steps} --steps {steps}")
    fits = " or ".join(options) or f"--batch 1 --steps {symbols}"
    raise InputError(
        tried="train",
        given=f"a training part of {symbols:,} symbols, --batch {batch} --steps {steps}",
        why=f"one chunk of every lane takes {batch:,} x {steps:,} = {batch * steps:,} symbols",
        todo=(
            f"The largest settings that fit: {fits}; or --batch auto --steps auto."
            if symbols >= 2
            else "Give a longer text: nothing can be learned from fewer than 2 symbols."
        ),
    )
