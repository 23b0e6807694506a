"""Symbols to ids and back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnscope.corpus.alphabet import UNSEEN, Alphabet, count
from rnnscope.corpus.text import from_string
from rnnscope.errors import DamagedArtifact, InputError

ANY_STRING = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)


@pytest.mark.law
@settings(max_examples=300)
@given(ANY_STRING)
def test_characters_round_trip(string: str) -> None:
    """Text -> ids -> text is the identity for any string, and ids count the distinct characters in order."""
    text = from_string(string)
    alphabet = Alphabet.of(text)
    ids = alphabet.encode(text.codes_N)
    assert alphabet.text(ids) == string
    assert [chr(code) for code in alphabet.codes] == sorted(set(string))
    assert np.array_equal(alphabet.encode_text(string), ids)


@pytest.mark.law
@settings(max_examples=300)
@given(st.binary(min_size=1, max_size=200))
def test_bytes_round_trip(data: bytes) -> None:
    """Bytes -> ids -> bytes is the identity for any bytes."""
    alphabet = Alphabet("bytes", count(np.frombuffer(data, np.uint8), "bytes")[0])
    ids = alphabet.encode(np.frombuffer(data, np.uint8))
    assert alphabet.decode(ids).astype(np.uint8).tobytes() == data


@pytest.mark.law
def test_every_scalar_value_once() -> None:
    """All 1,112,064 Unicode scalar values in one text keep their places; ids need 32 bits there."""
    codes = np.concatenate([np.arange(0xD800), np.arange(0xE000, 0x110000)]).astype(np.uint32)
    alphabet = Alphabet("characters", count(codes, "characters")[0])
    ids = alphabet.encode(codes[::-1])
    assert alphabet.size == len(codes) == 1_112_064
    assert ids.dtype == np.uint32
    assert np.array_equal(ids, np.arange(len(codes))[::-1])
    assert np.array_equal(alphabet.decode(ids), codes[::-1])


@pytest.mark.oracle
@settings(max_examples=200)
@given(st.lists(st.integers(0, 255), min_size=1, max_size=500))
def test_counts_equal_numpy_unique(values: list[int]) -> None:
    """Counting through a table gives what sorting gives."""
    codes, counts = count(np.array(values, np.uint8), "bytes")
    expected, expected_counts = np.unique(values, return_counts=True)
    assert np.array_equal(codes, expected)
    assert np.array_equal(counts, expected_counts)


@pytest.mark.law
@pytest.mark.parametrize(("size", "dtype"), [(1, np.uint8), (256, np.uint8), (257, np.uint16), (65_537, np.uint32)])
def test_ids_use_the_smallest_type(size: int, dtype: type) -> None:
    """The largest id just fits the type of the ids."""
    alphabet = Alphabet("characters", np.arange(size, dtype=np.uint32))
    ids = alphabet.encode(np.array([size - 1], np.uint32))
    assert ids.dtype == dtype
    assert ids[0] == size - 1


@pytest.mark.law
def test_reserved_id_counts_for_the_type() -> None:
    """256 symbols and a reserved id need two bytes: the reserved id is no alias of another."""
    alphabet = Alphabet("characters", np.arange(256, dtype=np.uint32), "reserve")
    assert alphabet.encode(np.array([0, 999], np.uint32)).tolist() == [0, 256]
    assert alphabet.encode(np.array([0], np.uint32)).dtype == np.uint16


@pytest.mark.law
@settings(max_examples=300)
@given(ANY_STRING, ANY_STRING)
def test_unseen_symbols_are_refused_or_reserved(known: str, other: str) -> None:
    """A symbol outside the alphabet is named with its offset, or gets the one id that decodes to no real symbol."""
    refusing = Alphabet.of(from_string(known))
    reserving = Alphabet.of(from_string(known), "reserve")
    strange = [at for at, character in enumerate(other) if character not in known]
    ids = reserving.encode_text(other)
    assert reserving.size == refusing.size + 1
    assert np.flatnonzero(ids == refusing.size).tolist() == strange
    assert np.flatnonzero(reserving.decode(ids) == UNSEEN).tolist() == strange
    assert reserving.text(ids) == "".join(character if character in known else "\ufffd" for character in other)
    if strange:
        with pytest.raises(InputError) as error:
            refusing.encode_text(other)
        assert f"U+{ord(other[strange[0]]):04X} " in error.value.given
        assert error.value.given.endswith(f"at offset {strange[0]}")
    else:
        assert np.array_equal(refusing.encode_text(other), ids)


@pytest.mark.golden
def test_unseen_symbol_far_into_a_long_text() -> None:
    """The offset counts from the beginning of the text, also beyond the first block of the look-up."""
    alphabet = Alphabet.of(from_string("ab"))
    with pytest.raises(InputError, match=r"U\+0063 \(c\) at offset 2500000"):
        alphabet.encode(np.frombuffer(b"a" * 2_500_000 + b"c", np.uint8))


@pytest.mark.golden
def test_unseen_byte_is_named() -> None:
    """In a byte alphabet the message names the byte; reserved bytes show as U+FFFD between readable ones."""
    text = from_string("Привет", kind="bytes")
    with pytest.raises(InputError, match=r"byte 0x21 at offset 2"):
        Alphabet.of(text).encode_text("П!")
    reserving = Alphabet.of(text, "reserve")
    assert reserving.text(reserving.encode_text("При!в")) == "При\ufffdв"


@pytest.mark.golden
def test_lone_surrogate_is_unseen_not_a_crash() -> None:
    """A prompt with a lone surrogate is refused like any unknown symbol."""
    with pytest.raises(InputError, match=r"U\+D800"):
        Alphabet.of(from_string("ab")).encode_text("a\ud800")


@pytest.mark.law
@settings(max_examples=200)
@given(ANY_STRING, st.sampled_from(["refuse", "reserve"]))
def test_json_round_trip(string: str, unseen: Any) -> None:
    """An alphabet comes back from its JSON text with the same ids, policy and hash."""
    alphabet = Alphabet.of(from_string(string), unseen)
    again = Alphabet.from_json(json.loads(json.dumps(alphabet.to_json())))
    assert np.array_equal(again.codes, alphabet.codes)
    assert (again.kind, again.unseen, again.hash()) == (alphabet.kind, alphabet.unseen, alphabet.hash())


@pytest.mark.law
def test_hash_tells_alphabets_apart() -> None:
    """Symbols, kind and policy all enter the hash."""
    codes = np.array([65, 66], np.uint32)
    alphabets = [
        Alphabet("characters", codes),
        Alphabet("bytes", codes),
        Alphabet("characters", codes, "reserve"),
        Alphabet("characters", np.array([65, 67], np.uint32)),
    ]
    assert len({alphabet.hash() for alphabet in alphabets}) == 4


@pytest.mark.golden
@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"kind": "characters", "codes": [65, 66]},
        {"kind": "runes", "codes": [65], "unseen": "refuse"},
        {"kind": "bytes", "codes": [256], "unseen": "refuse"},
        {"kind": "bytes", "codes": [-1], "unseen": "refuse"},
        {"kind": "bytes", "codes": [], "unseen": "refuse"},
        {"kind": "bytes", "codes": [66, 65], "unseen": "refuse"},
        {"kind": "bytes", "codes": [65, 65], "unseen": "refuse"},
        {"kind": "bytes", "codes": [True], "unseen": "refuse"},
        {"kind": "bytes", "codes": [65.0], "unseen": "refuse"},
        {"kind": "bytes", "codes": "AB", "unseen": "refuse"},
        {"kind": "bytes", "codes": [65], "unseen": "guess"},
        {"kind": ["bytes"], "codes": [65], "unseen": "refuse"},
        {"kind": "bytes", "codes": [65], "unseen": "refuse", "more": 1},
        {"kind": "characters", "codes": [0xD800], "unseen": "refuse"},
        {"kind": "characters", "codes": [0x110000], "unseen": "refuse"},
    ],
)
def test_wrong_json_is_damage(facts: dict[str, Any]) -> None:
    """Anything but ascending symbols of a known kind with a known policy is refused, naming the file."""
    with pytest.raises(DamagedArtifact, match=r"run/alphabet\.json"):
        Alphabet.from_json(facts, where="run/alphabet.json")


@pytest.mark.golden
def test_names_of_ids() -> None:
    """Every id has a name; the reserved one stands in brackets."""
    alphabet = Alphabet.of(from_string("a \n"), "reserve")
    assert alphabet.names() == ["\\n", "space", "a", "(unseen)"]
