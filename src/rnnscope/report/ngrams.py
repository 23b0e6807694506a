"""An n-gram model on the page: losses on two splits, counts, mixtures, and the paper's table beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnscope.report.inputs import NgramInput
from rnnscope.report.page import ContextLoss, Discounts, Mixed, Ngram, NgramLevel, NgramSplit
from rnnscope.report.paper import table_2


def build_ngram(ngram: NgramInput, text_sha256: str) -> Ngram:
    """Build the page data of one model.

    Args:
        ngram: what is known of it.
        text_sha256: of its text.
    """
    table = ngram.table
    return Ngram(
        name=ngram.name,
        seams=table["seams"],
        best_context=table["best_context"],
        longest=table["levels"][-1]["context"],
        bytes=table["bytes"],
        splits=[_split(table, own=True), *(_split(other, own=False) for other in ngram.other_splits)],
        levels=[
            NgramLevel(
                context=level["context"],
                ngrams=level["ngrams"],
                lower=None if level["discounts"] is None else Discounts(**level["discounts"]),
                highest=Discounts(**level["highest_discounts"]),
            )
            for level in table["levels"]
        ],
        mixtures=[
            Mixed(name=name, meaning=meaning, loss_nats=loss, interval_nats=interval)
            for name, meaning, loss, interval in ngram.mixtures
        ],
        paper=table_2(text_sha256),
    )


def _split(table: Mapping[str, Any], *, own: bool) -> NgramSplit:
    return NgramSplit(
        name=table["split"],
        own=own,
        valid_symbols=table["chars"]["valid"],
        symbols=table["chars"]["test"],
        losses=[
            ContextLoss(
                context=row["context"],
                valid_loss_nats=row["valid_loss_nats"],
                valid_interval_nats=row["valid_interval_nats"],
                loss_nats=row["loss_nats"],
                interval_nats=row["interval_nats"],
            )
            for row in table["contexts"]
        ],
        why=table.get("why"),
    )
