"""N-gram models in Python: made once, opened again, asked like networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import rnnscope as rs
from rnnscope import api
from rnnscope.analyse.stats import block_bootstrap_mean
from rnnscope.artifacts.counts import CountFolder
from rnnscope.artifacts.lock import exclusive
from rnnscope.corpus import split
from rnnscope.errors import DamagedArtifact, InputError
from rnnscope.ngram import mixtures, scoring

from .conftest import TEXT

pytestmark = [pytest.mark.law, pytest.mark.usefixtures("quick_disk")]

LINE = "int f(a, b) {\n"


@pytest.fixture(scope="module")
def ngram(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> rs.Ngram:
    """Contexts 0 to 3 and 8 of the small program."""
    return rs.ngram(str(corpus), tmp_path_factory.mktemp("counts") / "ngram", contexts="0-3,8")


def test_what_was_made_is_opened(ngram: rs.Ngram, monkeypatch: pytest.MonkeyPatch) -> None:
    """A saved model is loaded without counting, gives the same numbers, and is as large as was said."""

    def counts_again(*arguments: object) -> None:
        raise AssertionError("counted again")

    monkeypatch.setattr(scoring, "count", counts_again)
    again = rs.open(ngram.path)
    assert isinstance(again, rs.Ngram)
    assert (again.contexts, again.context) == ((0, 1, 2, 3, 8), ngram.context)
    assert again.context == min(again.facts()["contexts"], key=lambda row: row["valid_loss_nats"])["context"]
    np.testing.assert_array_equal(again.score(LINE), ngram.score(LINE))
    assert again.levels == ngram.levels
    assert again.facts()["bytes"] == again.model.bytes
    assert "context" in repr(again)


def test_every_context_is_one_model(ngram: rs.Ngram) -> None:
    """Distributions sum to 1, score is their row of the true symbol, and another context is another distribution."""
    for context in (0, 2, 7, 8):
        one = ngram.at(context)
        assert one.model is ngram.model
        log_probs_NV = one.log_probs(LINE)
        np.testing.assert_allclose(np.exp(log_probs_NV.astype(np.float64)).sum(axis=1), 1, atol=1e-6)
        true_N = one.alphabet.encode_text(LINE).astype(np.int64)
        np.testing.assert_allclose(one.score(LINE), log_probs_NV[np.arange(len(true_N)), true_N], atol=1e-6)
    with pytest.raises(InputError, match="it has the contexts 0 to 8"):
        ngram.at(9)
    with pytest.raises(InputError, match="it has the contexts 0 to 8"):
        rs.open(ngram.path, context=-1)


def test_losses_are_means_over_the_part(ngram: rs.Ngram) -> None:
    """The table, the saved scores and a new evaluation agree; so does reading the text by hand, symbol after symbol."""
    rows = {row["context"]: row for row in ngram.facts()["contexts"]}
    for part, key in (("test", "loss_nats"), ("valid", "valid_loss_nats")):
        table = ngram.scores(part)
        for context, found in ngram.eval_contexts(ngram.contexts, part).items():
            assert found.loss_nats == pytest.approx(rows[context][key], abs=1e-6)
            assert table.scores(context).loss_nats == pytest.approx(found.loss_nats, abs=1e-6)
    start, stop = len(TEXT) * 9 // 10, len(TEXT)
    read = ngram.at(8).score(TEXT)[start:stop]  # the whole text as one stream is the part in its place
    assert ngram.at(8).eval().loss_nats == pytest.approx(-float(read.mean(dtype=np.float64)), abs=1e-6)


def test_the_mixture_is_that_of_all_contexts(ngram: rs.Ngram) -> None:
    """What the table says of the mixture is what mixing the scores of all contexts by depth gives."""
    text, config = ngram.text(), ngram.config
    ids, cut = ngram.alphabet.encode(text.codes_N), split.make(len(text), config.corpus)
    valid, test = (
        scoring.score_part(ngram.model, ids, cut, part, config.ngram, contexts=range(9)) for part in ("valid", "test")
    )
    mixed = mixtures.by_depth(valid, test, 8)
    said = ngram.facts()["mixture"]
    assert said["contexts"] == list(range(9))
    assert said["loss_nats"] == pytest.approx(mixed.loss_nats, abs=1e-6)
    assert said["valid_loss_nats"] == pytest.approx(mixed.mixture.loss_nats, abs=1e-9)
    best = int(np.argmin([valid.scores(context).loss_nats for context in range(9)]))
    gain_N = mixed.log_probs.astype(np.float64) - test.scores(best).log_probs
    assert said["over_context"] == best
    assert said["gain_nats"] == pytest.approx(float(gain_N.mean()), abs=1e-9)
    paired = block_bootstrap_mean(gain_N, int(ngram.scores("test").facts["block"]))
    assert said["gain_interval_nats"] == pytest.approx(paired, abs=1e-9)
    assert sum(row["valid_chars"] for row in said["depths"]) == len(valid)
    assert all(sum(row["weights"]) == pytest.approx(1, abs=1e-5) for row in said["depths"])


def test_distributions_come_in_chunks(ngram: rs.Ngram) -> None:
    """Chunks of distributions put together are those of the whole text, wherever it is cut."""
    whole_NV = ngram.log_probs(TEXT[:70])
    for chunk in (1, 9, 70, 1000):
        read = list(ngram.distributions(TEXT[:70], chunk))
        assert all(len(ids_n) == len(rows_nV) <= chunk for ids_n, rows_nV in read)
        assert np.array_equal(np.concatenate([rows_nV for _, rows_nV in read]), whole_NV)
        assert np.array_equal(np.concatenate([ids_n for ids_n, _ in read]), ngram.alphabet.encode_text(TEXT[:70]))
    with pytest.raises(InputError, match="a chunk of 0"):
        ngram.distributions(TEXT, 0)
    assert list(ngram.distributions("")) == []


def test_another_text_is_read_as_one_stream(ngram: rs.Ngram, tmp_path: Path) -> None:
    """Another text is scored whole, from its beginning; symbols that are not in the alphabet are refused."""
    (tmp_path / "other").write_text(LINE)
    found = ngram.eval(text=tmp_path / "other")
    assert found.chars == len(LINE)
    assert found.loss_nats == pytest.approx(-float(ngram.score(LINE).mean(dtype=np.float64)), abs=1e-6)
    with pytest.raises(InputError, match="not among the"):
        ngram.score("漢")


def test_samples_are_drawn_from_the_context(ngram: rs.Ngram) -> None:
    """A sample is a function of seed and context; with no context it ignores the prompt, with a long one it goes on."""
    assert ngram.sample(30, seed=2) == ngram.sample(30, seed=2) != ngram.sample(30, seed=3)
    assert ngram.at(0).sample(20, prime="int") == ngram.at(0).sample(20, prime="")
    assert ngram.at(8).sample(9, temperature=0, prime="int main(") == "void) {\n\t"
    assert ngram.sample(5, count=2)[0] == ngram.sample(5)


def test_a_second_call_takes_what_is_there(ngram: rs.Ngram, corpus: Path, tmp_path: Path) -> None:
    """With resume the model is taken as it is for the same text and settings; anything else is refused."""
    before = {path: path.read_bytes() for path in ngram.path.rglob("*") if path.is_file()}
    again = rs.ngram(str(corpus), ngram.path, contexts="0-3,8", resume=True)
    assert again.folder("test").id == ngram.folder("test").id
    (tmp_path / "other.c").write_text(TEXT + "x")
    for text, options, mention in (
        (corpus, {"contexts": "0-3"}, "it was made with --contexts 0-3,8"),
        (corpus, {"contexts": "0-3,8", "seams": "joined"}, "it was made with --seams true"),
        (corpus, {"contexts": "0-3,8", "fold": 1}, "it was made with --fold 0"),
        (tmp_path / "other.c", {"contexts": "0-3,8"}, "it was made from one with SHA-256"),
    ):
        with pytest.raises(InputError, match=mention):
            rs.ngram(str(text), ngram.path, resume=True, **options)
    with pytest.raises(InputError, match="it holds an n-gram model already"):
        rs.ngram(str(corpus), ngram.path)
    with pytest.raises(InputError, match="the nearest is contexts"):
        rs.ngram(str(corpus), tmp_path / "new", context="1")
    assert {path: path.read_bytes() for path in ngram.path.rglob("*") if path.is_file()} == before


def test_scores_that_a_kill_cost_are_made_again(corpus: Path, tmp_path: Path) -> None:
    """A model whose table is missing opens with its longest context, and the next call makes the same table again."""
    made = rs.ngram(str(corpus), tmp_path / "ngram", contexts="1-4")
    facts = made.facts()
    folder = CountFolder.open(made.path)
    with exclusive(folder.path):
        for path in sorted((made.path / "ngram").rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        (made.path / "ngram").rmdir()
    opened = rs.open(made.path)
    assert isinstance(opened, rs.Ngram)
    assert opened.context == 4
    again = rs.ngram(str(corpus), made.path, contexts="1-4", resume=True)
    assert again.facts() == facts


def test_joined_seams_follow_kenlm(corpus: Path, tmp_path: Path) -> None:
    """With joined seams rows are one stream between marks, so that probabilities of the alphabet need not sum to 1."""
    options = {"contexts": "3", "split": "streams", "symbols": "bytes"}
    (tmp_path / "long").write_text(TEXT * 32)
    true, joined = (
        rs.ngram(str(tmp_path / "long"), tmp_path / how, seams=how, **options) for how in ("true", "joined")
    )
    assert (true.model.marks, joined.model.marks) == (False, True)
    assert true.levels[0].ngrams + 1 == joined.levels[0].ngrams  # the end of the text is one more symbol
    assert joined.eval().loss_nats == pytest.approx(joined.facts()["contexts"][0]["loss_nats"], abs=1e-6)
    sums_N = np.exp(joined.log_probs(LINE).astype(np.float64)).sum(axis=1)
    assert (sums_N < 1).all()


def test_tables_of_another_alphabet_are_refused(ngram: rs.Ngram, corpus: Path, tmp_path: Path) -> None:
    """Tables that do not belong to the folder's settings are damage, even where every seal is right."""
    folder = ngram.folder("test")
    made = CountFolder.create(
        tmp_path / "forged",
        config=folder.config,
        alphabet=folder.alphabet,
        environment=folder.environment,
        parts=ngram.model.parts(),
        facts=ngram.model.facts() | {"vocabulary": ngram.model.vocabulary + 1},
    )
    with pytest.raises(DamagedArtifact, match=r"its tables are not those of its alphabet|load an n-gram model"):
        rs.open(made.path)


def test_networks_are_asked_for_where_they_are_needed(ngram: rs.Ngram, tmp_path: Path) -> None:
    """What needs cells refuses an n-gram in words."""
    with pytest.raises(InputError, match="which has no cells, states or weights"):
        api.open_run(ngram.path)
    with pytest.raises(InputError, match="which has no cells, states or weights"):
        api.record(ngram.path)
