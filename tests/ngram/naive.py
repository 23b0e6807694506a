"""Modified Kneser-Ney straight from its definition, in exact fractions: dictionaries, recursion, nothing shared."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from fractions import Fraction

Gram = tuple[int, ...]
START, END = -1, -2


class Naive:
    """Counts every n-gram of every stream; `p` is the definition read aloud."""

    def __init__(self, streams: Sequence[Sequence[int]], vocabulary: int, context: int, marks: bool) -> None:
        self.raw: Counter[Gram] = Counter()
        neighbours: defaultdict[Gram, set[int | None]] = defaultdict(set)
        for stream in streams:
            symbols = [START, *stream, END] if marks else list(stream)
            for last in range(int(marks), len(symbols)):
                for first in range(last, max(-1, last - context - 1), -1):
                    gram = tuple(symbols[first : last + 1])
                    self.raw[gram] += 1
                    neighbours[gram].add(symbols[first - 1] if first else None)
        self.adjusted = Counter({gram: len(before) for gram, before in neighbours.items()})
        seen = {symbol for stream in streams for symbol in stream}
        self.uniform = Fraction(1, len(seen) + 2 if marks else vocabulary)
        self.children: dict[int, defaultdict[Gram, list[tuple[int, int]]]] = {}
        for kind, counts in enumerate((self.adjusted, self.raw)):
            self.children[kind] = defaultdict(list)
            for gram, count in counts.items():
                self.children[kind][gram[:-1]].append((gram[-1], count))

    def discounts(self, length: int, kind: int) -> tuple[Fraction, ...]:
        """D1, D2, D3+ of the adjusted (0) or raw (1) counts of n-grams with a context of this length."""
        counts = Counter(count for gram, count in (self.adjusted, self.raw)[kind].items() if len(gram) == length + 1)
        if counts[1] and counts[2] and counts[3]:
            y = Fraction(counts[1], counts[1] + 2 * counts[2])
            found = tuple(j - (j + 1) * y * Fraction(counts[j + 1], counts[j]) for j in (1, 2, 3))
            if all(0 < value <= j for j, value in enumerate(found, 1)):
                return found
        return Fraction(1, 2), Fraction(1), Fraction(3, 2)

    def p(self, symbol: int, history: Gram, context: int) -> Fraction:
        """Probability of a symbol after a history in the model of one context."""
        return self._p(symbol, history[len(history) - context :] if context < len(history) else history, context)

    def _p(self, symbol: int, history: Gram, context: int) -> Fraction:
        below = self._p(symbol, history[1:], context) if history else self.uniform
        kind = int(len(history) == context)
        followers = self.children[kind].get(history)
        if not followers:
            return below
        d = self.discounts(len(history), kind)
        total = sum(count for _, count in followers)
        own = next((count for other, count in followers if other == symbol), 0)
        kept = (own - d[min(own, 3) - 1]) / total if own else Fraction(0)
        return kept + sum(d[min(count, 3) - 1] for _, count in followers) / total * below
