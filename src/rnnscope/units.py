"""Nats inside, bits at every surface, converted here and nowhere else."""

from __future__ import annotations

import math

NATS_PER_BIT = math.log(2.0)


def bits(nats: float) -> float:
    """Convert a loss in nats to bits.

    >>> round(bits(1.0), 4)
    1.4427
    """
    return nats / NATS_PER_BIT


def loss_text(nats: float) -> str:
    """Write a loss in both units, as every surface shows it.

    >>> loss_text(1.227)
    '1.2270 nats = 1.7702 bits per character'
    """
    return f"{nats:.4f} nats = {bits(nats):.4f} bits per character"


def bytes_text(count: int) -> str:
    """Write a number of bytes with a binary unit.

    >>> bytes_text(3 * 1024 * 1024)
    '3.0 MiB'
    """
    size = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"


def seconds_text(seconds: float) -> str:
    """Write a duration as a person would say it.

    >>> seconds_text(75.2)
    '1 min 15 s'
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
