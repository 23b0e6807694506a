"""N-gram models on a page: rows, levels, splits, and what is said of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rnnscope.corpus.builtin import BUILTIN
from rnnscope.report.build import build_page
from rnnscope.report.ngrams import build_ngram
from rnnscope.report.write import render_html
from rnnscope.web import load_bundle

from . import sample_data

pytestmark = pytest.mark.law


def test_everything_that_was_found_is_on_the_page() -> None:
    """Losses of both splits, the own one first, counts and discounts of all lengths, and mixtures, as given."""
    given = sample_data.ngram_input()
    page = build_ngram(given, "0" * 64)
    assert [(split.name, split.own, split.symbols) for split in page.splits] == [
        ("contiguous", True, 400_000),
        ("streams", False, 400_000),
    ]
    assert [loss.context for loss in page.splits[0].losses] == [1, 2, 3, 9]
    assert page.splits[1].losses[3].loss_nats == pytest.approx(1.31)
    assert (page.best_context, page.longest, page.bytes, page.paper) == (9, 9, 5_000_000, None)
    assert [level.highest.fallback for level in page.levels] == [True] + [False] * 9
    assert page.levels[-1].lower is None
    assert [(mixed.name, mixed.interval_nats) for mixed in page.mixtures] == [
        ("all contexts together", (1.43, 1.47)),
        ("lstm and the n-gram", None),
    ]


def test_a_split_that_cannot_be_has_a_reason() -> None:
    """Where the text cannot be cut the other way, the page says why in the place of losses."""
    page = build_ngram(sample_data.ngram_input(streams=False), "0" * 64)
    assert [(split.losses == [], split.why) for split in page.splits] == [(False, None), (True, "it is too short")]


@pytest.mark.parametrize("name", ["warpeace", "linux"])
def test_the_paper_stands_beside_its_texts(name: str) -> None:
    """The paper's table is on the page of its own texts, with what makes the numbers comparable."""
    paper = build_ngram(sample_data.ngram_input(), BUILTIN[name].sha256).paper
    assert paper is not None
    assert "split streams and joined seams" in paper.text
    assert len(paper.contexts) == len(paper.ngram) == len(paper.network) == 10


def test_the_summary_compares_the_two_kinds() -> None:
    """With networks the n-gram is their rival, alone it is what the page is about."""
    both = replace(sample_data.report_input(), ngrams=[sample_data.ngram_input()])
    sentences = build_page(both, version="1").meta.summary
    assert sentences[-1] == (
        "An n-gram that sees 9 symbols needs 1.510 nats = 2.178 bits: 0.160 nats more than the network."
    )
    alone = build_page(replace(both, runs=[]), version="1").meta.summary
    assert alone[0].startswith("All n-grams of a text were counted, with contexts of up to 9 symbols (stdlib:")
    assert "the n-gram that sees 9 symbols needs 1.510 nats" in alone[1]


def test_losses_are_read_without_scripts() -> None:
    """The table of contexts stands in the page itself."""
    page = build_page(replace(sample_data.report_input(), ngrams=[sample_data.ngram_input()]), version="1")
    html = render_html(page, load_bundle()).partition("<script")[0]
    assert "<td>streams</td><td>9</td><td>1.3100 nats = 1.8899 bits per character (95 %: 1.2900 to 1.3300 nats)" in html
