from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnscope.artifacts import sealed
from rnnscope.errors import DamagedArtifact

WHERE = Path("folder") / "file.json"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.law
@given(facts=st.dictionaries(st.text(), JSON, max_size=4), kind=st.text(min_size=1, max_size=8))
def test_any_facts_come_back_equal(facts: dict[str, Any], kind: str) -> None:
    """Whatever JSON can hold, lone surrogates and huge numbers included, is read back equal."""
    data = sealed.dump(kind, {"run": "abc"}, facts)
    found = sealed.load(data, kind, WHERE)
    assert (found.kind, found.made_from, found.facts) == (kind, {"run": "abc"}, facts)
    assert sealed.dump(kind, {"run": "abc"}, found.facts) == data


@pytest.mark.golden
def test_the_form_to_the_byte() -> None:
    """The bytes of a small document, sealed here by hand."""
    body = b'{"facts":{"a":[0.1,1e+22,"\\u00e9"],"step":3},"format":1,"kind":"x","made_from":{}}'
    seal = hashlib.sha256(body).hexdigest()
    expected = body[:-1] + f',"sha256":"{seal}"'.encode() + b"}\n"
    assert sealed.dump("x", {}, {"step": 3, "a": [0.1, 1e22, "é"]}) == expected
    assert sealed.load(expected, "x", WHERE).sha256 == seal
    assert sealed.dump("x", {}, {10: 1, 9: 2}) == sealed.dump("x", {}, {"9": 2, "10": 1})


@pytest.mark.law
def test_every_single_bit_is_covered() -> None:
    """All flips of all bits, and all cuts, of a document are refused with its name."""
    data = sealed.dump("x", {"run": "0" * 64}, {"a": [1, 2.5, "text"], "b": None})
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DamagedArtifact, match=r"file\.json"):
            sealed.load(bytes(flipped), "x", WHERE)
    for cut in range(len(data)):
        with pytest.raises(DamagedArtifact):
            sealed.load(data[:cut], "x", WHERE)


def resealed(text: str) -> bytes:
    """Seal whatever body is given, as somebody who wants to be believed would."""
    seal = hashlib.sha256(text.encode()).hexdigest()
    return f'{text[:-1]},"sha256":"{seal}"}}\n'.encode()


@pytest.mark.law
@pytest.mark.parametrize(
    "body",
    [
        '{"facts":{"a":1,"a":2},"format":1,"kind":"x","made_from":{}}',
        '{"facts":{"a":NaN},"format":1,"kind":"x","made_from":{}}',
        '{"facts":{"a":1e999},"format":1,"kind":"x","made_from":{}}',
        '{"facts":{"a":1.50},"format":1,"kind":"x","made_from":{}}',
        '{"facts":{"a":%s},"format":1,"kind":"x","made_from":{}}' % ("9" * 5000),
        '{"facts":{"a":%s},"format":1,"kind":"x","made_from":{}}' % ("[" * 100_000 + "]" * 100_000),
        '{"facts":{ },"format":1,"kind":"x","made_from":{}}',
        '{"facts":[],"format":1,"kind":"x","made_from":{}}',
        '{"facts":{},"format":1,"kind":"x","made_from":[]}',
        '{"facts":{},"format":1,"kind":"x","made_from":{"run":1}}',
        '{"facts":{},"format":1,"kind":"y","made_from":{}}',
        '{"facts":{},"format":1,"kind":["x"],"made_from":{}}',
        '{"facts":{},"format":"1","kind":"x","made_from":{}}',
        '{"extra":1,"facts":{},"format":1,"kind":"x","made_from":{}}',
        '{"facts":{},"kind":"x","made_from":{}}',
    ],
)
def test_other_forms_are_refused_though_their_seal_is_right(body: str) -> None:
    """Doubled keys, infinities, other spellings, other shapes and other kinds do not pass with a matching seal."""
    with pytest.raises(DamagedArtifact, match=r"cannot use a saved file: .*file\.json: "):
        sealed.load(resealed(body), "x", WHERE)


@pytest.mark.law
def test_a_document_that_is_too_long_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is checked before a byte is read; one byte less is read."""
    data = sealed.dump("x", {}, {})
    path = tmp_path / "file.json"
    path.write_bytes(data)
    monkeypatch.setattr(sealed, "LIMIT_BYTES", len(data))
    assert sealed.read(path, "x").facts == {}
    monkeypatch.setattr(sealed, "LIMIT_BYTES", len(data) - 1)
    with pytest.raises(DamagedArtifact, match="more than any such file"):
        sealed.read(path, "x")


@pytest.mark.law
def test_numbers_that_are_not_finite_cannot_be_written() -> None:
    """What could not be read back is not written."""
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="not JSON compliant"):
            sealed.dump("x", {}, {"a": value})


@pytest.mark.law
def test_a_seal_is_plain_json() -> None:
    """Any JSON reader gets the same facts."""
    assert json.loads(sealed.dump("x", {}, {"a": "ж"}))["facts"] == {"a": "ж"}
