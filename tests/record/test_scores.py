from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnnscope.artifacts import commit
from rnnscope.artifacts.scores import Scores
from rnnscope.artifacts.tensors import encode
from rnnscope.corpus.lanes import Piece, reading_lanes
from rnnscope.corpus.split import Segment
from rnnscope.errors import DamagedArtifact
from rnnscope.model.read import score
from rnnscope.record.clamps import parse
from rnnscope.record.scores import score_part

from .cases import CELLS, draw_ids, log_softmax, network, oracle


@pytest.mark.oracle
@pytest.mark.parametrize("cell", CELLS)
def test_scores_are_what_an_independent_recurrence_gives(cell: str) -> None:
    """log p, arg-max and rank of every symbol of a stream equal those of NumPy float64, the first from zero state."""
    net, ids = network(cell), draw_ids(80)
    found = score_part(net, ids, [Piece(0, 80, 0)])
    _, next_NV = oracle(net, ids)
    weights = {name: weight.detach().numpy().astype(np.float64) for name, weight in net.named_parameters()}
    expected_NV = np.concatenate([log_softmax(weights["output.bias"])[None], next_NV[:-1]])
    true_N1 = expected_NV[np.arange(80), ids][:, None]
    np.testing.assert_allclose(found.log_probs, true_N1[:, 0], atol=5e-6)
    np.testing.assert_array_equal(found.best, expected_NV.argmax(1))
    np.testing.assert_array_equal(found.ranks, 1 + (expected_NV > true_N1).sum(1))
    assert found.loss_nats == pytest.approx(-true_N1.mean(), abs=1e-6)
    assert found.bits_per_char == pytest.approx(found.loss_nats / np.log(2))
    assert found.accuracy == np.mean(expected_NV.argmax(1) == ids) == np.mean(found.ranks == 1)


@pytest.mark.oracle
@pytest.mark.parametrize("warm", [0, 1, 99, 100, 101])
@pytest.mark.parametrize("steps", [1, 50, 100])
def test_scores_agree_with_the_fast_reader(warm: int, steps: int) -> None:
    """With any warm-up, also one that ends with a chunk, log p equals what evaluation measures with torch's kernel."""
    net, ids = network("lstm"), draw_ids(600)
    for segments in ([Segment(0, 120), Segment(200, 600)], [Segment(150, 270), Segment(300, 600)]):
        pieces = reading_lanes(segments, lanes=6, warm=warm)
        found = score_part(net, ids, pieces, steps=steps)
        np.testing.assert_allclose(found.log_probs, score(net, ids, pieces), atol=1e-5)


@pytest.mark.golden
def test_equal_probabilities_share_the_best_rank() -> None:
    """Of symbols that are equally likely the smallest id is the arg-max, and all have rank 1."""
    net, ids = network("rnn"), draw_ids(10)
    for weight in net.output.values():
        weight.data.zero_()
    found = score_part(net, ids, [Piece(0, 10, 0)])
    assert (found.best == 0).all()
    assert (found.ranks == 1).all()
    np.testing.assert_allclose(found.log_probs, -np.log(net.vocabulary), rtol=1e-6)


@pytest.mark.law
def test_scores_under_a_clamp_are_those_of_the_clamped_network() -> None:
    """Clamps reach the scores: equal to the fast reader under the same clamp, different from those without."""
    net, ids = network("gru"), draw_ids(200)
    pieces, clamps = reading_lanes([Segment(50, 200)], lanes=2, warm=20), parse("2:1=1", net)
    held = score_part(net, ids, pieces, clamps=clamps)
    np.testing.assert_allclose(held.log_probs, score(net, ids, pieces, clamps=clamps), atol=1e-5)
    assert abs(held.loss_nats - score_part(net, ids, pieces).loss_nats) > 1e-3


@pytest.mark.law
def test_scores_come_back_from_a_folder(tmp_path: Path) -> None:
    """Written and read, scores are the same, with what they say of themselves."""
    made = score_part(
        network(), draw_ids(50), [Piece(10, 50, 0)], facts={"part": "test"}, made_from={"checkpoint": "c" * 64}
    )
    with commit.commit(tmp_path / "s", kind="eval/test", made_from=dict(made.made_from)) as draft:
        made.write(draft)
    back = Scores.read(tmp_path / "s", commit.verify(tmp_path / "s", "eval/test"))
    for name in ("positions", "ids", "log_probs", "best", "ranks"):
        np.testing.assert_array_equal(getattr(back, name), getattr(made, name))
        assert getattr(back, name).dtype == getattr(made, name).dtype
    assert back.facts == {"part": "test"}
    assert back.made_from == {"checkpoint": "c" * 64}
    assert repr(back) == repr(made)


@pytest.mark.planted
@pytest.mark.parametrize("fault", ["missing", "further", "type", "length"])
def test_other_arrays_are_no_scores(fault: str, tmp_path: Path) -> None:
    """A sound file with other arrays in it is refused as damaged, not believed."""
    made = score_part(network(), draw_ids(20), [Piece(0, 20, 0)])
    arrays = {name: getattr(made, name) for name in ("positions", "ids", "log_probs", "best", "ranks")}
    if fault == "missing":
        del arrays["best"]
    elif fault == "further":
        arrays["more"] = arrays["ids"]
    elif fault == "type":
        arrays["ids"] = arrays["ids"].astype(np.int64)
    else:
        arrays["ids"] = arrays["ids"][:-1]
    with commit.commit(tmp_path / "s", kind="eval/test") as draft:
        draft.write("scores.safetensors", encode(arrays))
    with pytest.raises(DamagedArtifact, match="its arrays are not those of scores"):
        Scores.read(tmp_path / "s", commit.verify(tmp_path / "s", "eval/test"))
