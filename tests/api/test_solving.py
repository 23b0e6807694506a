from __future__ import annotations

from pathlib import Path

import pytest

from rnnscope import api
from rnnscope.analyse.trials import clipping, summarise
from rnnscope.artifacts import sealed
from rnnscope.errors import InputError
from rnnscope.report.tasks import markdown

QUICK = {"hidden": 4, "updates": 3}


def trial(length: int, clip: float, seed: int, solved: bool, **others: object) -> dict[str, object]:
    """What one training found, made up."""
    settings = {"cell": "rnn", "start": "smart-tanh", "length": length, "clip": clip, "seed": seed}
    found = {
        "solved": solved, "ended": "solved" if solved else "budget", "updates": 1000 * seed, "clipped": 100,
        "error": 0.0 if solved else 0.75, "beyond": {"120": {"error": 0.5}, "80": {"error": 0.0 if seed == 1 else 0.5}},
    }  # fmt: skip
    return {"settings": settings, **found, **others}


TRIALS = [
    *(trial(50, 1.0, seed, True) for seed in range(1, 6)),
    *(trial(50, 0.0, seed, seed == 1) for seed in range(1, 6)),
    *(trial(100, 1.0, seed, seed < 4) for seed in range(1, 6)),
    *(trial(100, 0.0, seed, False, ended="not finite" if seed == 5 else "budget") for seed in range(1, 6)),
]


@pytest.mark.golden
def test_trials_are_summed_up() -> None:
    """Counts, medians and shares by hand; the comparison is that of 5 and 3 against 1 and 0 of five each."""
    groups = summarise(TRIALS)
    assert [(group["length"], group["clip"], group["solved"], group["trials"]) for group in groups] == [
        (50, 1.0, 5, 5), (50, 0.0, 1, 5), (100, 1.0, 3, 5), (100, 0.0, 0, 5),
    ]  # fmt: skip
    assert [group["median_updates"] for group in groups] == [3000, 1000, 2000, None]
    assert [group["not_finite"] for group in groups] == [0, 0, 0, 1]
    assert groups[0]["clipped_share"] == pytest.approx(500 / 15_000)
    assert list(groups[0]["beyond"].items()) == [("80", 1), ("120", 0)]
    (found,) = clipping(groups)
    assert (found["clipped"]["solved"], found["unclipped"]["solved"]) == (8, 1)
    assert found["p_first_better"] == pytest.approx(5 / 210 * 10 / 120)
    assert clipping([group for group in groups if group["clip"]]) == []


@pytest.mark.law
def test_the_page_holds_every_number(tmp_path: Path) -> None:
    """The table has a row for every combination, the comparison its p-values, the budget is stated."""
    groups = summarise(TRIALS)
    settings = {
        "task": "temporal-order", "hidden": 50, "optimiser": "sgd", "learning_rate": 0.1, "batch": 20,
        "updates": 60_000, "beyond": [80, 120],
    }  # fmt: skip
    facts = {"task": "temporal-order", "settings": settings, "seeds": [1, 2, 3, 4, 5], "groups": groups}
    page = markdown(facts | {"clipping": clipping(groups)})
    assert "at most 60,000 updates" in page
    assert "| rnn | smart-tanh | 100 | none | 0 of 5 (1 not finite) | 0.00 to 0.52 |  |  |" in page
    assert "**8 of 10** (0.44 to 0.97) | **1 of 10** (0.00 to 0.45)" in page
    assert "p = 0.004 two-sided, 0.002 that clipping does better" in page
    assert "| rnn | smart-tanh | 50 | 1 | 5 | 1 | 0 |" in page
    assert (
        "--lengths 50,100 --cells rnn --starts smart-tanh --clips 1,0 --seeds 5 --updates 60000 --beyond 80,120" in page
    )


@pytest.mark.law
def test_a_sweep_leaves_its_result_and_page(tmp_path: Path) -> None:
    """What is returned is what is kept, and a second call changes nothing."""
    facts = api.tasks("anbn", tmp_path / "sweep", lengths=(4,), cells=("rnn", "gru"), seeds=(1, 2), **QUICK)
    assert len(facts["groups"]) == 4
    assert all(group["trials"] == 2 for group in facts["groups"])
    kept = sealed.read(tmp_path / "sweep" / "tasks.json", "tasks").facts
    assert kept["groups"][0]["solved"] == facts["groups"][0]["solved"]
    before = {path: path.read_bytes() for path in (tmp_path / "sweep").rglob("*") if path.is_file()}
    again = api.tasks("anbn", tmp_path / "sweep", lengths=(4,), cells=("rnn", "gru"), seeds=(1, 2), **QUICK)
    assert again == facts
    assert {path: path.read_bytes() for path in (tmp_path / "sweep").rglob("*") if path.is_file()} == before


@pytest.mark.law
def test_empty_lists_are_refused(tmp_path: Path) -> None:
    """A sweep without a seed is none."""
    with pytest.raises(InputError, match="no seeds"):
        api.tasks("anbn", tmp_path / "sweep", lengths=(4,), seeds=())
    assert not (tmp_path / "sweep").exists()
