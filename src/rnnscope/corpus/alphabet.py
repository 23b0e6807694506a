"""Symbols to ids and back. The alphabet is the sorted distinct symbols of a text, and unseen symbols have a policy.

`refuse` stops at a symbol outside the alphabet and names it; `reserve` gives all of them one further id that stands
for no real symbol. No symbol is ever replaced by another.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from rnnscope.corpus import names
from rnnscope.corpus.text import Kind, Text, display
from rnnscope.errors import DamagedArtifact, InputError

Unseen = Literal["refuse", "reserve"]

UNSEEN = 0xFFFFFFFF
"""What `decode` gives for the reserved id: no code point and no byte."""

# Symbols per pass: tables are looked up in pieces, so that 64-bit temporaries stay at a few MiB for any text.
_BLOCK = 1 << 20
_CODE_SPACE = {"characters": 0x110000, "bytes": 0x100}


def count(codes: NDArray[np.unsignedinteger[Any]], kind: Kind) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Count symbols: the distinct codes in ascending order, and how often each occurs."""
    assert len(codes) == 0 or int(codes.max()) < _CODE_SPACE[kind]
    totals = np.zeros(0, np.int64)
    for start in range(0, len(codes), _BLOCK):
        found = np.bincount(codes[start : start + _BLOCK], minlength=len(totals))
        found[: len(totals)] += totals
        totals = found
    present = np.flatnonzero(totals)
    return present.astype(np.uint32), totals[present]


@dataclass(frozen=True, eq=False)
class Alphabet:
    """The symbols a model knows, in ascending order; an id is an index into them.

    Args:
        kind: code points or bytes.
        codes: the symbols, uint32, strictly ascending.
        unseen: refuse other symbols, or reserve one more id for them.
    """

    kind: Kind
    codes: NDArray[np.uint32]
    unseen: Unseen = "refuse"

    @classmethod
    def of(cls, text: Text, unseen: Unseen = "refuse") -> Alphabet:
        """Collect the distinct symbols of a whole text."""
        return cls(text.kind, count(text.codes_N, text.kind)[0], unseen)

    @property
    def size(self) -> int:
        """V, the number of ids, the reserved one included."""
        return len(self.codes) + (self.unseen == "reserve")

    def encode(self, codes: NDArray[np.unsignedinteger[Any]]) -> NDArray[np.unsignedinteger[Any]]:
        """Turn codes [N] into ids [N] in the smallest unsigned type that holds V.

        Raises:
            InputError: a symbol is not in the alphabet and the policy is `refuse`.
        """
        # The last entry stands for every code above the largest known one.
        beyond = int(self.codes[-1]) + 1
        table = np.full(beyond + 1, len(self.codes), np.int32)
        table[self.codes] = np.arange(len(self.codes), dtype=np.int32)
        ids = np.empty(len(codes), np.min_scalar_type(max(self.size - 1, 0)))
        for start in range(0, len(codes), _BLOCK):
            block = table[np.minimum(codes[start : start + _BLOCK], np.uint32(beyond))]
            if self.unseen == "refuse" and len(block) and int(block.max()) == len(self.codes):
                at = start + int(np.argmax(block == len(self.codes)))
                raise self._unknown(int(codes[at]), at)
            ids[start : start + len(block)] = block
        return ids

    def encode_text(self, string: str) -> NDArray[np.unsignedinteger[Any]]:
        """Turn a string into ids [N]; for a byte alphabet, the ids of its UTF-8 bytes."""
        if self.kind == "bytes":
            return self.encode(np.frombuffer(string.encode("utf-8", "surrogatepass"), np.uint8))
        return self.encode(np.frombuffer(string.encode("utf-32-le", "surrogatepass"), "<u4"))

    def decode(self, ids: NDArray[np.integer[Any]]) -> NDArray[np.uint32]:
        """Turn ids [N] into codes [N]; the reserved id becomes `UNSEEN`."""
        reserved = [UNSEEN] if self.unseen == "reserve" else []
        known = np.append(self.codes, np.array(reserved, np.uint32))
        assert len(ids) == 0 or 0 <= int(ids.min()) <= int(ids.max()) < self.size, "ids outside the alphabet"
        found: NDArray[np.uint32] = known[ids]
        return found

    def text(self, ids: NDArray[np.integer[Any]]) -> str:
        """Write ids [N] as a string to look at; the reserved id shows as U+FFFD."""
        codes = self.decode(ids)
        if self.kind == "characters":
            return display(np.where(codes == UNSEEN, 0xFFFD, codes).astype(np.uint32), "characters")
        cuts = np.flatnonzero(codes == UNSEEN)
        return "\ufffd".join(display(part[part != UNSEEN], "bytes") for part in np.split(codes, cuts))

    def names(self) -> list[str]:
        """Printable names of all ids for tables, [V]; see `names.name`."""
        known = [names.name(int(code), self.kind) for code in self.codes]
        return [*known, "(unseen)"] if self.unseen == "reserve" else known

    def to_json(self) -> dict[str, Any]:
        """Give plain data that `from_json` reads back."""
        return {"kind": self.kind, "codes": self.codes.tolist(), "unseen": self.unseen}

    @classmethod
    def from_json(cls, facts: dict[str, Any], where: str = "alphabet.json") -> Alphabet:
        """Read plain data back, trusting none of it.

        Args:
            facts: what `to_json` gave.
            where: the file it came from, for the message.

        Raises:
            DamagedArtifact: a key is missing or too many, or codes are not ascending numbers within the kind's range.
        """
        kind, codes, unseen = facts.get("kind"), facts.get("codes"), facts.get("unseen")
        sound = (
            set(facts) == {"kind", "codes", "unseen"}
            and kind in ("characters", "bytes")
            and unseen in ("refuse", "reserve")
            and isinstance(codes, list)
            and len(codes) > 0
            and all(type(code) is int for code in codes)
            and all(0 <= code < _CODE_SPACE[kind] and not 0xD800 <= code < 0xE000 for code in codes)
            and all(low < high for low, high in pairwise(codes))
        )
        if not sound:
            raise DamagedArtifact(
                tried="read the alphabet",
                given=where,
                why="it is not a list of ascending symbols with a kind and a policy for unseen ones",
                todo="Restore the file from a copy, or train the network again.",
            )
        return cls(cast(Kind, kind), np.array(codes, np.uint32), cast(Unseen, unseen))

    def hash(self) -> str:
        """Give the SHA-256 of the alphabet in hexadecimal: equal exactly when ids mean the same."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()

    def _unknown(self, code: int, at: int) -> InputError:
        point = f"byte 0x{code:02X}" if self.kind == "bytes" else f"U+{code:04X} ({names.name(code, self.kind)})"
        return InputError(
            tried="turn the text into ids",
            given=f"{point} at offset {at}",
            why=f"it is not among the {len(self.codes)} symbols that the network was made for",
            todo="Remove it from the text, or train with --unseen reserve, which keeps one id for unknown symbols.",
        )
