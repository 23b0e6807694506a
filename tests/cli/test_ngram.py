"""N-gram models through the program: what it prints, what eval and sample make of them, and what is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from rnnscope.ngram.mixtures import TOLERANCE_NATS

from ..surface import TEXT, call, check_refusal, done, nothing_left, printable

pytestmark = pytest.mark.law

TEXTS = (TEXT + b"a dog ran to the cat, and the cat sat still.\n") * 12


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text that is long enough for intervals."""
    path = tmp_path_factory.mktemp("book") / "book"
    path.write_bytes(TEXTS * 4)
    return path


@pytest.fixture(scope="module")
def counted(book: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of it; tests leave it as it is."""
    path = tmp_path_factory.mktemp("counted") / "ngram"
    done("ngram", book, "-o", path, "--contexts", "0-4,9", "-q")
    return path


def document(*words: str | Path, stdin: bytes = b"") -> dict[str, Any]:
    found = json.loads(done(*words, "--json", stdin=stdin))
    assert isinstance(found, dict)
    return found


def test_json_of_a_model(book: Path, tmp_path: Path) -> None:
    """The document has a row for each context with losses in both units and intervals, and counts of each length."""
    found = document("ngram", book, "-o", tmp_path / "out", "--contexts", "0-4,9")
    assert found["folder"] == str(tmp_path / "out")
    assert [(row["context"], row["order"]) for row in found["contexts"]] == [(n, n + 1) for n in (0, 1, 2, 3, 4, 9)]
    for row in found["contexts"]:
        assert row["bits_per_char"] == pytest.approx(row["loss_nats"] / math.log(2))
        low, high = row["interval_nats"]
        assert low <= row["loss_nats"] <= high
        assert 0 <= row["accuracy"] <= 1
    assert found["best_context"] == min(found["contexts"], key=lambda row: row["valid_loss_nats"])["context"]
    assert [level["context"] for level in found["levels"]] == list(range(10))
    assert found["levels"][-1]["discounts"] is None
    assert found["levels"][0]["highest_discounts"] == {"values": [0.5, 1.0, 1.5], "fallback": True}
    assert (found["split"], found["seams"], found["chars"]["train"]) == ("contiguous", "true", 20_160)
    assert found["mixture"]["contexts"] == list(range(10))
    best = min(row["valid_loss_nats"] for row in found["contexts"])
    assert found["mixture"]["valid_loss_nats"] < best + TOLERANCE_NATS
    assert found["cache"]["of_context"] == found["best_context"]
    assert found["cache"]["valid_loss_nats"] < best + TOLERANCE_NATS
    (member,) = (row for row in found["contexts"] if row["context"] == found["best_context"])
    assert found["cache"]["gain_nats"] == pytest.approx(member["loss_nats"] - found["cache"]["loss_nats"], abs=1e-6)
    for mixed in (found["mixture"], found["cache"]):
        low, high = mixed["gain_interval_nats"]
        assert low <= mixed["gain_nats"] <= high
    assert found["seconds"] > 0


def test_a_person_is_told_the_size_before_it_is_written(book: Path, tmp_path: Path) -> None:
    """stderr says what was counted and what the model takes; stdout is a line for every context, the best marked."""
    outcome = call("ngram", book, "-o", tmp_path / "out", "--contexts", "1,3")
    assert outcome.code == 0
    assert "counted 20,160 symbols for all contexts up to 3" in outcome.err
    assert "the model takes" in outcome.err
    lines = outcome.out.splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["1", "3"]
    assert sum(" best " in line for line in lines) == 1
    assert "fell back to 0.5 1 1.5 at order 1" in outcome.out
    assert printable(outcome.out)


def test_eval_of_a_model(counted: Path, book: Path) -> None:
    """Without a context all are measured and the best comes first; with one, any up to the longest; other texts too."""
    found = document("eval", counted)
    assert set(found) == {"loss_nats", "bits_per_char", "chars", "chars_per_second", "what", "context", "contexts"}
    rows = {row["context"]: row["loss_nats"] for row in found["contexts"]}
    assert list(rows) == [0, 1, 2, 3, 4, 9]
    assert found["loss_nats"] == pytest.approx(rows[found["context"]])
    assert document("eval", counted, "--context", "3")["loss_nats"] == pytest.approx(rows[3])
    assert len(document("eval", counted, "--context", "7")["contexts"]) == 1
    assert document("eval", counted, "--part", "train")["loss_nats"] < found["loss_nats"] + 1
    assert document("eval", counted, "-", stdin=b"the cat")["chars"] == 7
    assert document("eval", counted, book)["chars"] == 25_200


def test_samples_of_a_model(counted: Path) -> None:
    """The same seed and context write the same text, other ones another; the longest context repeats what it knows."""
    words = ("sample", counted, "--length", "60", "--seed", "4")
    assert done(*words) == done(*words) != done("sample", counted, "--length", "60", "--seed", "5")
    drawn = document(*words, "--context", "9", "--prime", "the cat s", "--count", "2")
    assert (drawn["context"], [len(text) for text in drawn["samples"]]) == (9, [60, 60])
    assert drawn["samples"][0].split()[0] in ("at", "sat")
    assert document(*words, "--context", "0")["samples"] != document(*words, "--context", "9")["samples"]


def test_report_of_a_model(counted: Path, tmp_path: Path) -> None:
    """A model alone has a report: losses with and without scripts, and what to type to make it again."""
    done("report", counted, "-o", tmp_path / "report.html", "-q")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "All n-grams of a text were counted, with contexts of up to 9 symbols" in page
    assert "n-grams by symbols of context" in page
    assert "--contexts 0-4,9" in page


@pytest.mark.parametrize(
    ("contexts", "mention"),
    [
        ("", "such as 1-9,20"),
        ("1-", "such as 1-9,20"),
        ("a", "such as 1-9,20"),
        ("1,,2", "such as 1-9,20"),
        ("1.5", "such as 1-9,20"),
        ("3-1", "runs backwards"),
        ("1001", "at most 1,000 symbols"),
        ("1-101", "101 contexts, and at most 100"),
        ("99999", "such as 1-9,20"),
        ("\u0663", "such as 1-9,20"),
    ],
)
def test_contexts_that_make_no_sense(contexts: str, mention: str, book: Path, tmp_path: Path) -> None:
    """A list that is none, runs backwards, goes too far or is too long is refused, and nothing is left."""
    with nothing_left(tmp_path):
        words = ("ngram", book, "-o", tmp_path / "out", f"--contexts={contexts}")
        check_refusal(call(*words), 2, "--contexts", mention)


def test_other_settings_are_refused(book: Path, tmp_path: Path) -> None:
    """Seams, kernels, threads and shares that do not exist are refused before anything is made."""
    with nothing_left(tmp_path):
        for words in (("--seams", "cut"), ("--threads", "0"), ("--kernel", "fused"), ("--fractions", "0/50/50")):
            assert call("ngram", book, "-o", tmp_path / "out", *words).code == 2, words


def test_a_folder_is_made_once(counted: Path, run: Path, book: Path, tmp_path: Path) -> None:
    """The folder of a model or of a run is not overwritten, nor a file or a folder of other things; nothing changes."""
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thing").write_bytes(b"x")
    for out, mention in (
        (counted, "it holds an n-gram model already"),
        (run, "it holds a run already"),
        (tmp_path / "file", "a file or a link has this name"),
        (tmp_path / "full", "a folder that is not empty"),
    ):
        with nothing_left(counted), nothing_left(run), nothing_left(tmp_path):
            check_refusal(call("ngram", book, "-o", out, "-q"), 2, mention)
    with nothing_left(counted):
        check_refusal(call("train", book, "-o", counted, "-q"), 2, "it holds a run already")


def test_what_an_ngram_has_not(counted: Path, run: Path) -> None:
    """Cells, lanes and checkpoints belong to networks, contexts to n-grams: each is refused in words."""
    check_refusal(call("record", counted), 2, "this is an n-gram model, which has no cells")
    check_refusal(call("eval", counted, "--lanes", "3"), 2, "lanes belong to networks")
    check_refusal(call("eval", counted, "--checkpoint", "20"), 2, "it was counted, not trained")
    check_refusal(call("sample", counted, "--context", "10"), 2, "it has the contexts 0 to 9")
    check_refusal(call("sample", counted, "--context", "-1"), 2, "it has the contexts 0 to 9")
    check_refusal(call("eval", run, "--context", "3"), 2, "only n-gram models have contexts")


def test_texts_at_the_edge(tmp_path: Path) -> None:
    """One symbol, an alphabet of one, contexts longer than the text: refused in words, or a right answer."""

    def ngram(data: bytes, *words: str) -> dict[str, Any]:
        out = tmp_path / str(len(list(tmp_path.iterdir())))
        return document("ngram", "-", "-o", out, *words, stdin=data)

    with nothing_left(tmp_path):
        refused = call("ngram", "-", "-o", tmp_path / "out", stdin=b"t")
        check_refusal(refused, 2, "the train part would be empty")
    alone = ngram(b"t", "--fractions", "100/0/0")
    assert [row["loss_nats"] for row in alone["contexts"]] == [None] * 10
    assert (alone["best_context"], alone["mixture"], alone["cache"]) == (None, None, None)
    same = ngram(b"a" * 300)
    assert [row["loss_nats"] for row in same["contexts"]] == pytest.approx([0.0] * 10, abs=1e-6)
    short = ngram(b"abcabdabcabe", "--contexts", "1,500")
    assert short["levels"][-1]["ngrams"] == 0
    assert short["contexts"][1]["loss_nats"] == pytest.approx(short["contexts"][1]["loss_nats"])
    assert math.isfinite(short["contexts"][1]["loss_nats"])
    untested = ngram(TEXTS, "--fractions", "90/10/0", "--contexts", "2")
    assert untested["contexts"][0]["loss_nats"] is None
    assert untested["contexts"][0]["valid_loss_nats"] > 0


def test_a_damaged_model_is_refused_by_name(book: Path, tmp_path: Path) -> None:
    """A flipped bit in a table: whatever needs the model ends with exit code 4 and the name of the file."""
    out = tmp_path / "out"
    done("ngram", book, "-o", out, "--contexts", "3", "-q")
    table = max(out.glob("model-*"), key=lambda path: path.stat().st_size)
    data = bytearray(table.read_bytes())
    data[len(data) // 2] ^= 4
    table.write_bytes(data)
    for words in (("eval", out), ("sample", out), ("report", out, "-o", tmp_path / "report.html")):
        check_refusal(call(*words, "-q"), 4, table.name)
