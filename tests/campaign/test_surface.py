"""What takes minutes: damage to a whole trained run, a full study of a megabyte, an alphabet of 70,000 symbols."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

import rnnscope as rs
from rnnscope.artifacts.verify import verify_run
from rnnscope.errors import DamagedArtifact

from ..russian import russian
from ..surface import TEXT, TINY, done

pytestmark = [pytest.mark.law, pytest.mark.usefixtures("quick_disk")]

FLIPS_AND_CUTS = 2000


def test_no_damage_to_a_trained_run_is_loaded(tmp_path: Path) -> None:
    """2,000 flips and cuts over every file that training, eval, record and report left: each is refused by name."""
    run = tmp_path / "run"
    words = [word if word != "0" else "20" for word in TINY]
    done("train", "-", "-o", run, *words, "--checkpoints", "2,4", stdin=TEXT)
    done("record", run)
    done("record", run, "--clamp", "1:1=0")
    done("report", run, "-o", tmp_path / "report.html")
    files = sorted(path for path in run.rglob("*") if path.is_file() and path.name != ".lock")
    assert {path.relative_to(run).parts[0] for path in files} >= {"checkpoints", "resume", "eval", "record", "report"}
    verify_run(run)
    draw = random.Random(6)
    for index in range(FLIPS_AND_CUTS):
        path = files[index % len(files)]
        sound = path.read_bytes()
        data = bytearray(sound)
        if index % 4 == 3:
            del data[draw.randrange(len(data)) :]
        else:
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        path.write_bytes(bytes(data))
        with pytest.raises(DamagedArtifact) as caught:
            verify_run(run)
        assert path.name in str(caught.value), f"{path}: {caught.value}"
        path.write_bytes(sound)
    verify_run(run)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251"])
def test_a_russian_megabyte_from_study_to_report(encoding: str, tmp_path: Path) -> None:
    """1.1 million characters of Russian go through the demo study; the best network knows more than frequencies do."""
    (tmp_path / "text").write_bytes(russian(1_100_000).encode(encoding))
    out = done("study", tmp_path / "text", "-o", tmp_path / "study", "--encoding", encoding, "--json", "-q")
    table = json.loads(out)["table"]
    assert min(row["loss_nats"] for row in table) < 1.5
    written = (tmp_path / "study" / "report.html").read_text("utf-8")
    assert "«" in written
    assert "ё" in written


def test_70000_code_points(tmp_path: Path) -> None:
    """An alphabet larger than 16 bits can number trains, is scored and sampled."""
    codes = [code for code in range(0x20, 0x20 + 72_100) if not 0xD800 <= code < 0xE000]
    (tmp_path / "text").write_bytes("".join(map(chr, codes)).encode())
    done("train", tmp_path / "text", "-o", tmp_path / "run", *TINY[:4], "--batch=4", "--steps=16", "--epochs=0")
    assert json.loads(done("eval", tmp_path / "run", "--json"))["chars"] == -(-len(codes) // 10)
    assert len(done("sample", tmp_path / "run", "--length", "5")) == 6


def test_ngrams_of_70_000_symbols(tmp_path: Path) -> None:
    """An alphabet of 70,000 symbols, each seen twice: every distribution sums to 1 and a seen context decides."""
    symbols = "".join(chr(code) for code in range(0x20, 0x20 + 72_048) if not 0xD800 <= code < 0xE000)[:70_000]
    (tmp_path / "text").write_text(symbols * 2, encoding="utf-8")
    found = json.loads(done("ngram", tmp_path / "text", "-o", tmp_path / "ngram", "--contexts", "0-3,20", "--json"))
    losses = [row["loss_nats"] for row in found["contexts"]]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] > 11
    assert losses[-1] < 1e-3
    opened = rs.open(tmp_path / "ngram", context=20)
    assert opened.alphabet.size == 70_000
    sums_N = np.exp(opened.log_probs(symbols[:50]).astype(np.float64)).sum(axis=1)
    np.testing.assert_allclose(sums_N, 1, atol=1e-6)
    assert opened.sample(10, temperature=0, prime=symbols[100:130]) == symbols[130:140]
