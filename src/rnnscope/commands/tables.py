"""Tables of results for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rnnscope.units import bits


def ngram_lines(facts: Mapping[str, Any]) -> list[str]:
    """What counting and scoring found, a line for every context, its order in brackets.

    Args:
        facts: as `Ngram.facts` gives them.
    """
    lines = [
        f"{'context (order)':<15}  {'valid nats':>10}  {'test nats':>9}  {'bits':>6}  95 % interval of the test loss"
    ]
    lines += [_context_line(row, row["context"] == facts["best_context"]) for row in facts["contexts"]]
    mixed = facts["mixture"]
    if mixed is not None:
        lines.append(_line(f"{mixed['contexts'][0]}-{mixed['contexts'][-1]} mixed", mixed))
        lines.append(_line(f"{facts['cache']['of_context']} and a cache", facts["cache"]))
        lines.append(_gain_line("mixing all", mixed, mixed["over_context"]))
        lines.append(_gain_line("the cache", facts["cache"], facts["cache"]["of_context"]))
    fallback = [level["order"] for level in facts["levels"] if _fell_back(level)]
    if fallback:
        lines.append(f"discounts fell back to 0.5 1 1.5 at order {_ranges(fallback)}: too few counts for the formula")
    return lines


def _ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers as a person writes them.

    >>> _ranges([1, 2, 3, 7])
    '1-3, 7'
    """
    stretches: list[list[int]] = []
    for number in numbers:
        if stretches and stretches[-1][-1] == number - 1:
            stretches[-1].append(number)
        else:
            stretches.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in stretches)


def _context_line(row: Mapping[str, Any], best: bool) -> str:
    return _line(f"{row['context']} ({row['order']})" + (" best" if best else ""), row)


def _line(name: str, row: Mapping[str, Any]) -> str:
    valid, test, interval = row["valid_loss_nats"], row["loss_nats"], row["interval_nats"]
    valid_text = f"{'-':>10}" if valid is None else f"{valid:10.4f}"
    test_text = f"{'-':>9}  {'-':>6}" if test is None else f"{test:9.4f}  {bits(test):6.3f}"
    between = "too short to say" if interval is None else f"{interval[0]:.4f} to {interval[1]:.4f}"
    return f"{name:<15}  {valid_text}  {test_text}  {'' if test is None else between}".rstrip()


def _gain_line(name: str, row: Mapping[str, Any], context: int) -> str:
    interval = row["gain_interval_nats"]
    between = "" if interval is None else f" ({interval[0]:.4f} to {interval[1]:.4f} in the same blocks)"
    return f"{name} gains {row['gain_nats']:.4f} nats on the test part over context {context} alone{between}"


def _fell_back(level: Mapping[str, Any]) -> bool:
    return any(found is not None and found["fallback"] for found in (level["discounts"], level["highest_discounts"]))
