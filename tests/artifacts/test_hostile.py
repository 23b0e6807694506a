"""Files made to be believed: their hashes and seals are right, their content is not."""

from __future__ import annotations

import copy
import hashlib
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rnnscope.artifacts import sealed, tensors
from rnnscope.artifacts.verify import verify_run
from rnnscope.errors import DamagedArtifact

from .cases import complete, snapshot

WHERE = Path("weights.safetensors")
WEIRD: list[Any] = [
    *(None, True, -1, 0, 2**63, 10**30, 1e308, "", "x", "../../etc/passwd", "0" * 64, "\ud800", [], {}, [[]]),
    *([[1, "a"]], {"run": []}, {"a": {"b": {}}}, [[-1, "0" * 64]], [[1e300, "0" * 64]], {"bytes": 10**18}),
]


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of all values within a JSON document."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(place for key, child in children for place in places(child, (*path, key)))]


def changed(document: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """The document with one value replaced, removed or doubled."""
    document = copy.deepcopy(document)
    *path, last = rng.choice(places(document)[1:])
    parent: Any = document
    for key in path:
        parent = parent[key]
    if rng.random() < 0.2:
        del parent[last]
    else:
        parent[last] = rng.choice(WEIRD)
    return document


@pytest.mark.law
def test_sealed_nonsense_is_refused_or_harmless(tmp_path: Path) -> None:
    """1,000 documents of a run, changed in one value and sealed anew: read in full or refused, never a crash."""
    run, rng = complete(tmp_path / "run").path, random.Random(2)
    documents = sorted(path for path in run.rglob("*.json") if path.name not in ("alphabet.json", "environment.json"))
    refused = 0
    for index in range(1000):
        path = documents[index % len(documents)]
        sound = path.read_bytes()
        document = changed({k: v for k, v in json.loads(sound).items() if k != "sha256"}, rng)
        seal = hashlib.sha256(sealed.canonical(document)).hexdigest()
        path.write_bytes(sealed.canonical({**document, "sha256": seal}) + b"\n")
        try:
            snapshot(run)
        except DamagedArtifact:
            refused += 1
        path.write_bytes(sound)
    assert 500 < refused < 1000
    verify_run(run)


@pytest.mark.law
@pytest.mark.parametrize("content", [b"\xff", b"a = ", b"[corpus]\ntext = 1\n", b"x = 1\n", b"a = " + b"[" * 10**5])
def test_settings_that_are_none_are_refused(tmp_path: Path, content: bytes) -> None:
    """A settings file that fits its manifest but not this version is damage, not a crash."""
    run = complete(tmp_path / "run").path
    document = json.loads((run / "manifest.json").read_bytes())
    document["facts"]["files"]["config.toml"] = [[len(content), hashlib.sha256(content).hexdigest()]]
    (run / "manifest.json").write_bytes(sealed.dump("run", {}, document["facts"]))
    (run / "config.toml").write_bytes(content)
    with pytest.raises(DamagedArtifact, match=r"config\.toml: these are not settings"):
        verify_run(run)


@pytest.mark.law
@given(
    arrays=st.dictionaries(
        st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=5),
        hnp.arrays(
            st.sampled_from([np.float32, np.float64, np.int64, np.uint8, np.bool_]), hnp.array_shapes(min_dims=0)
        ),
        max_size=4,
    )
)
def test_arrays_come_back_equal(arrays: dict[str, Any]) -> None:
    """Any numbers of any shape, transposed ones included, come back bit for bit; equal arrays are equal bytes."""
    arrays = {name: array.T for name, array in arrays.items()}
    data = tensors.encode(arrays)
    found = tensors.decode(data, WHERE)
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        assert found[name].tobytes() == array.tobytes()
    assert tensors.encode({name: found[name] for name in reversed(found)}) == data


def with_header(header: str | bytes, content: bytes = b"") -> bytes:
    raw = header.encode() if isinstance(header, str) else header
    return len(raw).to_bytes(8, "little") + raw + content


@pytest.mark.law
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x01",
        (2**63).to_bytes(8, "little"),
        with_header('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}' + " " * 2**20, b"1234"),
        with_header("[]"),
        with_header("{" * 5000),
        with_header(b"\xff\xfe"),
        with_header('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', b"1234"),
        with_header('{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}', b"1234"),
        with_header('{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', b"12345678"),
        with_header('{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}', b"1234"),
        with_header('{"a":{"dtype":"PICKLE","shape":[1],"data_offsets":[0,4]}}', b"1234"),
        with_header('{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}', b"1234"),
        with_header('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', b"12345"),
    ],
    ids=range(14),
)
def test_bytes_that_are_no_arrays_are_refused(data: bytes) -> None:
    """Headers that are cut, oversized, overlapping, overflowing or of unknown types are damage, not crashes."""
    with pytest.raises(DamagedArtifact, match=r"weights\.safetensors"):
        tensors.decode(data, WHERE)
