from __future__ import annotations

from dataclasses import replace

import pytest

from rnnscope.corpus.builtin import BUILTIN
from rnnscope.report import build_page
from rnnscope.report.inputs import ReportInput
from rnnscope.report.paper import figure_1

from . import cells_data, findings_data, sample_data


def said(given: ReportInput) -> dict[str, str]:
    return {finding.page: finding.text for finding in build_page(given, version="1").meta.findings}


@pytest.mark.law
def test_findings_lead_to_their_pages() -> None:
    """Networks, n-grams, errors and memories each have their sentence, and nothing has one without data."""
    given = sample_data.report_input(runs=2)
    full = replace(
        given,
        ngrams=[sample_data.ngram_input()],
        errors=findings_data.errors(),
        memories=[("lstm", findings_data.memory())],
    )
    found = said(full)
    assert set(found) == {"results", "ngrams", "errors", "memory"}
    assert "9 symbols of context predict best: 1.510 nats = 2.178 bits" in found["ngrams"]
    assert "lstm-2x128 needs 0.160 nats less" in found["ngrams"]
    assert "lstm gives the symbol that comes less than 0.5 at 40 of 100 positions (40%)" in found["errors"]
    assert "boost (75%) and n-gram (25%)" in found["errors"]
    assert "fall to half within 1 symbols" in found["memory"]
    assert "text more than 5 symbols back is worth less than 0.01 nats" in found["memory"]
    assert said(sample_data.report_input()) == {}


@pytest.mark.law
def test_of_many_networks_the_best_are_named() -> None:
    """Memory of seven networks: a sentence each for the four with the lowest test loss, one for the others."""
    given = sample_data.report_input()
    losses = {f"run-{k}": 1.3 + 0.1 * (k * 3 % 7) for k in range(7)}
    runs = [replace(given.runs[0], name=name, losses=[("test", loss, 400_000)]) for name, loss in losses.items()]
    full = replace(given, runs=runs, memories=[(name, findings_data.memory()) for name in losses])
    told = [each.text for each in build_page(full, version="1").meta.findings if each.page == "memory"]
    best = sorted(losses, key=losses.__getitem__)[:4]
    assert {text.partition(":")[0] for text in told[:-1]} == set(best)
    assert told[-1] == "The same of 3 more networks is on the page."


@pytest.mark.law
def test_no_order_is_claimed_inside_intervals() -> None:
    """Overlapping intervals are named; intervals apart give an order; without intervals there is none."""
    given = sample_data.report_input(runs=2)
    assert "below the others' intervals; the next is gru-2x150 with 1.460 nats" in said(given)["results"]
    wide = [replace(run, intervals={"test": (1.2, 1.6)}) for run in given.runs]
    assert "Intervals of gru-2x150 overlap with its" in said(replace(given, runs=wide))["results"]
    none = [replace(run, intervals={}) for run in given.runs]
    assert "nothing is claimed about the order" in said(replace(given, runs=none))["results"]


@pytest.mark.law
def test_one_seed_says_nothing_of_kinds() -> None:
    """Networks of one seed each are compared as they are; with a second seed of one kind the reservation is gone."""
    given = sample_data.report_input(runs=2)
    assert "Each was trained from one seed" in said(given)["results"]
    again = replace(given.runs[0], name="again", seed=given.runs[0].seed + 1)
    assert "one seed" not in said(replace(given, runs=[*given.runs, again]))["results"]


@pytest.mark.law
def test_cells_are_called_what_their_verdicts_allow() -> None:
    """Causal trackers are named, then confirmed ones; without either it says that no cell passed."""
    given = cells_data.cells()

    def told(verdicts: dict[str, str]) -> str:
        claims = [
            claim | {"verdict": verdicts.get(claim["verdict"], claim["verdict"])} for claim in given.facts["claims"]
        ]
        changed = replace(given, facts=given.facts | {"claims": claims})
        return said(replace(sample_data.report_input(), cells=[changed]))["cells"]

    assert "shown by intervention to act on it" in told({"confirmed": "causal", "observed": "causal"})
    assert "none shown to act on it" in told({"causal": "confirmed"})
    assert "no cell passed" in told({"causal": "observed", "confirmed": "observed"})


@pytest.mark.golden
def test_gates_are_counted_layer_by_layer() -> None:
    """The share of cells that hold for nine tenths of the time is that of the counted units."""
    facts = cells_data.gates()
    keep = facts["layers"][0]["units"]["keep"]["right"]
    share = sum(value >= 0.9 for value in keep) / len(keep)
    found = said(replace(sample_data.report_input(), gates=[("lstm-2x128", facts)]))["gates"]
    assert f"{share:.0%} in layer 1" in found
    tanh = said(replace(sample_data.report_input(), gates=[("rnn-2x128", facts | {"keep": ""})]))
    assert "gates" not in tanh  # without a gate nothing is kept


@pytest.mark.golden
def test_figure_1_stands_beside_its_own_networks() -> None:
    """The paper's losses are given to networks of its budgets on its texts, and to nothing else."""
    warpeace, linux = BUILTIN["warpeace"].sha256, BUILTIN["linux"].sha256
    assert figure_1(warpeace)["lstm", 2, 128] == 1.227
    assert figure_1(linux)["rnn", 2, 128] == 1.120
    assert ("rnn", 2, 512) not in figure_1(linux)
    assert figure_1("0" * 64) == {}
    given = sample_data.report_input()
    run = replace(given.runs[0], budget=128)
    page = build_page(replace(given, runs=[run], corpus=replace(given.corpus, sha256=warpeace)), version="1")
    assert page.runs[0].paper_nats == 1.227
