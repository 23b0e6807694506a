"""A Russian text, in two encodings, from the file to the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnscope.artifacts.run import RunFolder
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.corpus.read import load

from .russian import russian
from .surface import TINY, call, check_refusal, done, nothing_left, printable

pytestmark = [pytest.mark.law, pytest.mark.usefixtures("quick_disk")]

ENCODINGS = ("utf-8", "cp1251")


def written(folder: Path, length: int) -> dict[str, Path]:
    """The same text in a file per encoding."""
    text = russian(length)
    paths = {encoding: folder / f"{encoding}.txt" for encoding in ENCODINGS}
    for encoding, path in paths.items():
        path.write_bytes(text.encode(encoding))
    return paths


def page(report: Path) -> dict[str, Any]:
    """The data of a report."""
    data = report.read_text("utf-8").partition('id="page-data">')[2].partition("</script>")[0]
    found = json.loads(data)
    assert isinstance(found, dict)
    return found


def test_a_megabyte_gives_the_same_ids_in_both_encodings(tmp_path: Path) -> None:
    """1 MB of Russian in UTF-8 and in cp1251: the same symbols, ids and alphabet, back to the text, named readably."""
    paths = written(tmp_path, 1_100_000)
    assert paths["cp1251"].stat().st_size == 1_100_000
    assert paths["utf-8"].stat().st_size > 1_900_000
    texts = {encoding: load(path, encoding=encoding) for encoding, path in paths.items()}
    alphabets = {encoding: Alphabet.of(text) for encoding, text in texts.items()}
    assert alphabets["utf-8"].hash() == alphabets["cp1251"].hash()
    assert {"Ж", "ё", "ъ", "«", "—", "…", "space", "\\n"} - {"Ж"} <= set(alphabets["utf-8"].names())
    ids = {encoding: alphabets[encoding].encode(text.codes_N) for encoding, text in texts.items()}
    assert np.array_equal(ids["utf-8"], ids["cp1251"])
    assert alphabets["utf-8"].text(ids["utf-8"]) == russian(1_100_000)
    for encoding, path in paths.items():
        printed = done("corpus", path, "--encoding", encoding)
        assert printable(printed)
        assert f"1,100,000 characters ({encoding})" in printed
        assert ", о " in printed
        assert "enough for training" in printed


def test_russian_from_training_to_the_page(tmp_path: Path) -> None:
    """Both encodings train to the same weights, and the report's page holds Cyrillic symbols as they are."""
    paths = written(tmp_path, 6_000)
    losses = []
    for encoding, path in paths.items():
        run = tmp_path / f"run-{encoding}"
        done("train", path, "-o", run, "--encoding", encoding, *TINY)
        losses.append(json.loads(done("eval", run, "--json"))["loss_nats"])
        losses.append(json.loads(done("eval", run, path, "--part", "test", "--json"))["loss_nats"])
        assert done("sample", run, "--prime", "— Здравствуйте", "--length", "9").startswith("— Здравствуйте")
        done("report", run, "-o", tmp_path / f"{encoding}.html")
    assert len(set(losses)) == 1
    weights = [RunFolder.open(tmp_path / f"run-{encoding}").read_checkpoint("last").tensors for encoding in ENCODINGS]
    assert all(np.array_equal(weights[0][name], array) for name, array in weights[1].items())
    for encoding in ENCODINGS:
        found = json.dumps(page(tmp_path / f"{encoding}.html"), ensure_ascii=False)
        assert "«" in found
        assert "ё" in found


@pytest.mark.parametrize(
    ("encoding", "given", "mentions"),
    [
        ("cp1251", "utf-8", ("byte 0 (0x", "Try --encoding cp1251")),
        ("koi8-r", "utf-8", ("byte 0 (0x", "koi8-r")),
        ("utf-16", "utf-8", ("byte 0 (0xFF)", "--encoding utf-16")),
        ("utf-8", "ascii", ("byte 0 (0x", "not valid ascii")),
        ("utf-8", "cp1251", ("(0x98) is not valid cp1251", "Try --encoding utf-8 ")),
        ("utf-8", "cp-1251-windows", ("there is no such text encoding", "cp1251")),
        ("utf-8", "windows", ("there is no such text encoding",)),
    ],
)
def test_the_wrong_encoding_is_refused(encoding: str, given: str, mentions: tuple[str, ...], tmp_path: Path) -> None:
    """A text in another encoding than the one given is refused at its first wrong byte, naming likely ones."""
    text = russian(3_000).translate(dict.fromkeys(map(ord, "…«»—"), "-")) + "Иван"
    (tmp_path / "text").write_bytes(text.encode(encoding))
    with nothing_left(tmp_path):
        for words in (("train", "-o", tmp_path / "run"), ("corpus",), ("study", "-o", tmp_path / "study")):
            outcome = call(words[0], tmp_path / "text", "--encoding", given, *words[1:])
            check_refusal(outcome, 2, *mentions)
