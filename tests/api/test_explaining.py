from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from rnnscope import api
from rnnscope.analyse.errors.battery import Options
from rnnscope.api.explaining import CLASSES
from rnnscope.api.remembering import spread
from rnnscope.artifacts import sealed, tensors
from rnnscope.artifacts.scores import Scores
from rnnscope.errors import InputError
from rnnscope.report.kept import ERRORS_FILE, ERRORS_KIND

WORDS = ("one", "two", "three", "{four}", '"five"', "(six)")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tiny networks, a window and an n-gram of one text, in one folder."""
    folder = tmp_path_factory.mktemp("study")
    random = np.random.default_rng(2)
    text = folder / "text.txt"
    text.write_text("\n".join(" ".join(random.choice(WORDS, 6)) for _ in range(700)))
    shared = {"epochs": 2, "batch": 10, "steps": 20, "sample_length": 0}
    api.train(str(text), folder / "runs" / "large", hidden=12, layers=1, **shared)
    api.train(str(text), folder / "runs" / "small", hidden=3, layers=1, **shared)
    api.ngram(str(text), folder / "runs" / "ngram", contexts="1-9")
    return folder


@pytest.mark.oracle
def test_counts_are_those_of_the_scores(study: Path) -> None:
    """Errors, losses and classes of the document are what the scores in the folders say; its seal holds."""
    found = api.explain_errors(study)
    result = api.open_run(study / "runs" / "large").folder("read").read_result("eval", "test")
    scores = Scores.read(result.folder, result.manifest)
    wrong = scores.log_probs < np.float32(np.log(0.5))
    assert (found["network"], found["chars"], found["errors"]) == ("large", len(scores), int(wrong.sum()))
    assert sum(row["errors"] for row in found["onion"]) == found["errors"]
    by_name = {row["name"]: row for row in found["predictors"]}
    assert by_name["large"]["loss_nats"] == pytest.approx(scores.loss_nats, rel=1e-6)
    assert set(by_name) == {"large", "small", "large, last 20", *(f"{n}-gram" for n in range(1, 10))}
    assert list(found["overlap"]["names"]) == ["large", "9-gram"]
    assert sum(region["errors"] for region in found["overlap"]["regions"]) == found["chars"]
    assert {row["kinds"] for row in found["brackets"]} >= {"{}", "()"}
    assert len(found["agreement"]["names"]) == 11
    document = sealed.read(study / ERRORS_FILE, ERRORS_KIND)
    assert json.loads(json.dumps(found)) == document.facts
    assert set(document.made_from) == {"large", "small", "ngram"}
    classes = tensors.decode((study / CLASSES).read_bytes(), study / CLASSES)
    assert ((classes["class/large"] >= 0) == wrong[np.argsort(scores.positions)]).all()


@pytest.mark.law
def test_options_are_heeded_and_refused(study: Path) -> None:
    """Another threshold, network and order change what they should; nonsense is refused in words."""
    stricter = api.explain_errors(study, options=Options(threshold=0.9), network="small")
    assert stricter["network"] == "small"
    assert stricter["errors"] > 0
    last = api.explain_errors(
        study, options=Options(order=("memory", "rare words", "word starts", "punctuation", "boost", "n-gram"))
    )
    assert last["onion"][0]["family"] == "memory"
    assert sum(row["errors"] for row in last["onion"] if row["family"] == "n-gram") == 0  # boosts took them all
    with pytest.raises(InputError, match="the networks here are"):
        api.explain_errors(study, network="huge")
    with pytest.raises(InputError, match="no trained network"):
        api.explain_errors(study / "runs" / "ngram")
    with pytest.raises(InputError, match="families are"):
        api.explain_errors(study, options=Options(order=("memory",)))


@pytest.mark.planted
def test_adaptation_mends_the_memory_class(tmp_path: Path) -> None:
    """On paragraphs that each repeat a new word, learning while reading and a cache mend errors of that word; kept."""
    random = np.random.default_rng(5)
    letters = list("abcdefghijklmnop")
    names = ["".join(random.choice(letters, 7)) for _ in range(160)]
    text = tmp_path / "text.txt"
    text.write_text("\n".join(" ".join(f"{word} {name}" for word in random.choice(WORDS, 12)) for name in names))
    shared = {"batch": 10, "steps": 20, "sample_length": 0, "epochs": 4}
    api.train(str(text), tmp_path / "runs" / "net", hidden=24, layers=1, optimiser="adam", learning_rate=0.02, **shared)
    found = api.explain_errors(tmp_path, last=0, adapt=100)["adaptation"]
    assert found["network"] == "net"
    assert [row["name"] for row in found["adapted"]] == [
        "net, dynamic evaluation", "net and a cache", "net, dynamic evaluation and a cache",
    ]  # fmt: skip
    for row in found["adapted"]:
        memory = next(family for family in row["families"] if family["family"] == "memory")
        assert memory["enough"]
        assert memory["interval"][0] > 0
        assert row["gain_interval_nats"][0] > 0
    assert min(one["loss_nats"] for one in found["tried"]) < found["loss_nats"]
    kept = api.open_run(tmp_path / "runs" / "net").folder("read").read_result("errors", "adapted-100")
    assert kept.facts["learning_rate"] == found["learning_rate"]
    assert api.explain_errors(tmp_path, last=0, adapt=100)["adaptation"] == found
    with pytest.raises(InputError, match="stretches"):
        api.explain_errors(tmp_path, adapt=-1)


@pytest.mark.law
def test_models_of_other_texts_are_refused(study: Path, tmp_path: Path) -> None:
    """Predictors are compared on one text only."""
    (tmp_path / "other.txt").write_text("something else " * 400)
    api.ngram(str(tmp_path / "other.txt"), tmp_path / "other", contexts="1-3")
    with pytest.raises(InputError, match="not of the same text"):
        api.explain_errors([study / "runs" / "large", tmp_path / "other"])


@pytest.mark.law
def test_memory_is_measured_and_kept(study: Path) -> None:
    """Gradients and the context curve cover the distances asked for; the result stands under the run."""
    found = api.memory(study / "runs" / "large", distances=30, cases=60, lanes=80)
    events = {curve["event"] for curve in found["gradients"]}
    assert {"all", "closing brackets", "newlines"} <= events
    first = found["gradients"][0]
    assert (len(first["median"]), first["cases"]) == (30, 60)
    everything = next(curve for curve in found["context"] if curve["event"] == "all")
    assert sum(point["cases"] for point in everything["points"]) == 31 * 80
    assert everything["points"][0]["excess_nats"] > everything["points"][-1]["excess_nats"]
    kept = api.open_run(study / "runs" / "large").folder("read").read_result("memory", "test")
    assert kept.facts["distances"] == 30
    stages = {stage["step"]: stage["gradients"] for stage in found["training"]}
    assert min(stages) == 0
    chosen = [curve for curve in found["gradients"] if curve["event"] == "all"]
    for curve, same in zip(chosen, stages[api.open_run(study / "runs" / "large").weights_step], strict=True):
        assert curve["ratio"] == pytest.approx(same["ratio"], rel=1e-3)
    assert stages[0][0]["ratio"] != pytest.approx(chosen[0]["ratio"], rel=1e-3)
    with pytest.raises(InputError, match="--cases 0"):
        api.memory(study / "runs" / "large", cases=0)
    with pytest.raises(InputError, match="--older deleted"):
        api.memory(study / "runs" / "large", older="deleted")
    with pytest.raises(InputError, match="Use fewer --distances"):
        api.memory(study / "runs" / "large", distances=100_000)


@pytest.mark.law
def test_memory_begins_with_the_starting_weights(tmp_path: Path) -> None:
    """Stage 0 is the network that was saved before training; kept steps are stages; an untrained run has one."""
    (tmp_path / "text").write_bytes(bytes(range(97, 117)) * 200)
    tiny = {"layers": 1, "hidden": 6, "batch": 4, "steps": 16, "sample_length": 0}
    few = {"distances": 8, "cases": 20, "lanes": 10}
    api.train(str(tmp_path / "text"), tmp_path / "run", epochs=2, checkpoints="5,20", **tiny)
    api.train(str(tmp_path / "text"), tmp_path / "null", epochs=0, **tiny)
    trained, null = (api.memory(tmp_path / name, **few) for name in ("run", "null"))
    assert [stage["step"] for stage in null["training"]] == [0]
    steps = [stage["step"] for stage in trained["training"]]
    assert {0, 5, 20} <= set(steps)
    assert trained["training"][0] == null["training"][0]


@pytest.mark.law
def test_stages_are_spread_over_the_logarithm_of_the_step() -> None:
    """Few steps are all taken; of many, the first, the last and those nearest to equal factors between."""
    assert spread([3, 9], 4) == [3, 9]
    assert spread(list(range(1, 1001)), 4) == [1, 10, 100, 1000]
    assert spread([], 4) == []
