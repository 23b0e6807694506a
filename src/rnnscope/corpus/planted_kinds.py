"""Generated texts of one kind each, in which a single cell can know what there is to know: for hand-wired networks.

    speech   paragraphs of words wrapped at changing widths, with speech in quotation marks that may run over lines
    c_code   functions in C: assignments with nested calls, products, and comments between /* and */

Both are functions of their seed; a longer text begins with the shorter one. `planted.planted` mixes kinds and hides
signs where they mean nothing; here a sign always means what it says.
"""

from __future__ import annotations

import numpy as np

from rnnscope.corpus.planted import NAMES, WORDS, Planted, Writer

_PLAIN, _INSIDE = 0, 1


def speech(seed: int, length: int, marks: str = '""') -> Planted:
    """Prose in paragraphs, each begun by a tab; a reader who came in the middle of speech knows then that it is over.

    Args:
        seed: any integer.
        length: N, symbols; at least 1.
        marks: the opening and the closing quotation mark, alike or not.

    Returns:
        The text with the tracks `quote` (bool, from the opening mark to before the closing one) and `column` (int16,
        symbols since the last newline).
    """
    writer = Writer(seed)
    speech_left, kind, width = 0, _PLAIN, 40
    while writer.length < length:
        if not speech_left and writer.random() < 0.06:
            speech_left, kind = 3 + writer.below(25), _INSIDE
            writer.put(marks[0], kind)
        writer.put(writer.pick(WORDS), kind)
        speech_left -= speech_left > 0
        if kind == _INSIDE and not speech_left:
            writer.put(writer.pick(",.?"), kind)
            writer.put(marks[1])
            kind = _PLAIN
        elif writer.random() < 0.15:
            writer.put(writer.pick(",."), kind)
        if kind == _PLAIN and writer.random() < 0.04:
            writer.put("\n\n\t")
        elif writer.column > width:
            writer.put("\n", kind)
            width = 25 + writer.below(35)
        else:
            writer.put(" ", kind)
    text, inside_N = _cut(writer, length)
    newline_N = np.array([symbol == "\n" for symbol in text])
    here_N = np.arange(length)
    column_N = here_N - np.maximum.accumulate(np.where(newline_N, here_N, -1))
    return Planted(text, {"quote": inside_N, "column": column_N.astype(np.int16)})


def c_code(seed: int, length: int) -> Planted:
    """Functions in C that a parser accepts, but for the one that the end cuts.

    Args:
        seed: any integer.
        length: N, symbols; at least 1.

    Returns:
        The text with the tracks `comment` (bool, from the second sign of the opening to before the last sign of the
        closing) and `depth` (int16, open parentheses).
    """
    writer = Writer(seed)
    while writer.length < length:
        writer.put(f"int {writer.pick(NAMES)}(int {writer.pick(NAMES)})\n{{\n")
        for _ in range(2 + writer.below(8)):
            writer.put("    ")
            if writer.random() < 0.35:
                _comment(writer)
            else:
                writer.put(f"{writer.pick(NAMES)} = ")
                _expression(writer, 0)
                writer.put(";")
            writer.put("\n")
        writer.put("}\n")
    text, comment_N = _cut(writer, length)
    signs_N = np.array([(symbol == "(") - (symbol == ")") for symbol in text], np.int16)
    return Planted(text, {"comment": comment_N, "depth": np.cumsum(signs_N, dtype=np.int16)})


def _comment(writer: Writer) -> None:
    writer.put("/")
    writer.put("*", _INSIDE)
    for _ in range(2 + writer.below(14)):
        writer.put(" " + ("*" if writer.random() < 0.15 else writer.pick(WORDS)), _INSIDE)
    writer.put(" *", _INSIDE)
    writer.put("/")


def _expression(writer: Writer, depth: int) -> None:
    draw = writer.random() if depth < 4 else 1.0
    if draw < 0.4:
        writer.put(f"{writer.pick(NAMES)}(")
        for number in range(1 + writer.below(3)):
            writer.put(", " * (number > 0))
            _expression(writer, depth + 1)
        writer.put(")")
    else:
        # Sums are long, so that the last symbols do not tell how deep they stand.
        for number in range(1 + writer.below(9)):
            writer.put(" + " * (number > 0))
            writer.put(writer.pick(NAMES) if writer.random() < 0.7 else str(writer.below(100)))
    if writer.random() < 0.2:
        writer.put(" * ")
        _expression(writer, depth + 1)


def _cut(writer: Writer, length: int) -> tuple[str, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    kinds_N = np.repeat(np.array(writer.kinds, np.uint8), [len(piece) for piece in writer.pieces])
    return "".join(writer.pieces)[:length], kinds_N[:length] == _INSIDE
