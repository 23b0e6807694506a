from __future__ import annotations

import json

import pytest

from rnnscope.train.journal import CLOCK_FIELDS, Journal


def _row(journal: Journal) -> dict[str, object]:
    row = journal.row(step=3, epoch=0.5, rate=0.1, valid_loss_nats=None)
    return {key: value for key, value in row.items() if key not in CLOCK_FIELDS}


@pytest.mark.golden
def test_a_row_holds_means() -> None:
    """Losses are means per symbol, whatever the sizes of the chunks; the norm is a mean per update."""
    journal = Journal()
    journal.add(loss_nats_sum=20.0, symbols=10, norm=1.0, step_seconds=0.5)
    journal.add(loss_nats_sum=1.0, symbols=20, norm=3.0, step_seconds=0.5)
    row = journal.row(step=2, epoch=0.1, rate=0.002, valid_loss_nats=1.5)
    assert row["train_loss_nats"] == pytest.approx(0.7)
    assert row["gradient_norm"] == 2.0
    assert row["chars_per_second"] == 30.0
    assert row["valid_loss_nats"] == 1.5
    assert list(row) == [
        "step", "epoch", "train_loss_nats", "valid_loss_nats", "learning_rate", "gradient_norm", "clipped_updates",
        "chars_per_second", "seconds",
    ]  # fmt: skip


@pytest.mark.law
def test_a_row_with_no_update_behind_it_has_no_loss() -> None:
    """The row of the untrained network says null, not zero."""
    row = Journal().row(step=0, epoch=0.0, rate=0.002, valid_loss_nats=4.0)
    assert row["train_loss_nats"] is None
    assert row["gradient_norm"] is None
    assert row["chars_per_second"] is None


@pytest.mark.law
def test_sums_survive_a_kill_between_two_rows() -> None:
    """Saving, forgetting and restoring in the middle of a row changes nothing but the clock, through JSON too."""
    straight, cut = Journal(), Journal()
    for number in range(5):
        straight.add(0.1 * number + 1 / 3, 7, 0.3, 0.1)
        cut.add(0.1 * number + 1 / 3, 7, 0.3, 0.1)
        cut = Journal.from_facts(json.loads(json.dumps(cut.facts())))
    assert _row(cut) == _row(straight)
    assert _row(cut) == _row(straight), "a row must start the next one from nothing"


@pytest.mark.law
def test_clipped_updates_are_counted_from_the_beginning() -> None:
    """Every row has the number since the start, through a kill; a state that never counted them gives none."""
    journal = Journal()
    journal.add(1.0, 10, norm=7.0, step_seconds=0.1, clipped=True)
    journal.add(1.0, 10, norm=3.0, step_seconds=0.1)
    assert _row(journal)["clipped_updates"] == 1
    journal = Journal.from_facts(json.loads(json.dumps(journal.facts())))
    journal.add(1.0, 10, norm=8.0, step_seconds=0.1, clipped=True)
    assert _row(journal)["clipped_updates"] == 2
    older = {key: value for key, value in journal.facts().items() if key != "clipped_updates"}
    journal = Journal.from_facts(older)
    journal.add(1.0, 10, norm=8.0, step_seconds=0.1, clipped=True)
    assert _row(journal)["clipped_updates"] is None


@pytest.mark.law
def test_the_speed_of_a_row_covers_both_sides_of_a_kill() -> None:
    """A row begun before a kill counts the time of the steps before it too, not their symbols alone."""
    journal = Journal()
    journal.add(1.0, symbols=80, norm=1.0, step_seconds=0.8)
    journal = Journal.from_facts(json.loads(json.dumps(journal.facts())))
    journal.add(1.0, symbols=20, norm=1.0, step_seconds=0.2)
    assert journal.row(step=2, epoch=0.1, rate=0.1, valid_loss_nats=None)["chars_per_second"] == 100.0
