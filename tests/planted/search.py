"""The real search over hand-wired networks, and what it has to say of each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from rnnscope.api.search.bars import Kept
from rnnscope.api.search.hunt import Settings, hunt
from rnnscope.api.search.material import Material
from rnnscope.corpus import text
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.corpus.split import Segment

from .cases import LENGTH, Case

SEED = 1


@cache
def material(text_of: str, string: str, features: tuple[str, ...] | None) -> Material:
    """A planted text with its features, dealt out to three parts; the same for all networks that read it."""
    read = text.from_string(string, name="planted.c" if text_of == "c" else "planted.txt")
    return Material.of(read, Alphabet.of(read), [Segment(0, len(string))], names=features, seed=SEED)


def searched(
    case: Case, kept: Kept, *, features: tuple[str, ...] | None = None, symbols: int = LENGTH
) -> dict[str, Any]:
    """Search one network.

    Args:
        case: with its text.
        kept: scores of networks without knowledge, shared by all networks of the same architecture on the same text.
        features: names of hypotheses; None for all.
        symbols: of the text, at most.
    """
    asked = material(case.feature.text, case.text[:symbols], features)
    assert "".join(map(chr, asked.alphabet.codes.tolist())) == case.alphabet, "ids are those of the case"
    return hunt(case.network(), asked, Settings(seed=SEED), lambda line: None, kept).to_json()


def said(case: Case, found: Mapping[str, Any]) -> dict[tuple[int, int], dict[str, Any]]:
    """The strongest claim about each carrier of a case for its feature; none where it is not among the candidates."""
    strongest: dict[tuple[int, int], dict[str, Any]] = {}
    for claim in found["claims"]:  # the strongest come first
        place = claim["layer"] - 1, claim["cell"] - 1
        if claim["feature"] == case.feature.name and place in case.carriers:
            strongest.setdefault(place, claim)
    return strongest


def objections(case: Case, found: Mapping[str, Any]) -> list[str]:
    """What a search says that is not so, in words; nothing where all of it is true."""
    against = []
    about = said(case, found)
    for place, expected in case.carriers.items():
        claim = about.get(place)
        verdict = "not a candidate" if claim is None else claim["verdict"]
        name = f"{place[0] + 1}:{place[1] + 1}"
        if expected == "none":
            of_others = [
                one["feature"]
                for one in found["claims"]
                if (one["layer"] - 1, one["cell"] - 1) == place and one["verdict"] != "observed"
            ]
            against += [f"{name} is an echo and called a tracker of {feature}" for feature in of_others]
        elif verdict != ("causal" if expected == "causal" else "confirmed"):
            against.append(f"{name} is {verdict}, not {expected}: {_why(claim)}")
        elif expected == "redundant":
            others = {(one["layer"] - 1, one["cell"] - 1) for one in claim["redundant_with"]} if claim else set()
            missing = {other for other, same in case.carriers.items() if same == "redundant"} - {place} - others
            against += [f"{name} is not called redundant with {layer + 1}:{cell + 1}" for layer, cell in missing]
    if "causal" in case.carriers.values() and "redundant" not in case.carriers.values():
        return against  # cells that are wired to pass the carrier on may be called causal as well
    wired = {place for place, expected in case.carriers.items() if expected == "causal"}
    against += [
        f"{one['layer']}:{one['cell']} is called causal for {one['feature']}"
        for one in found["claims"]
        if one["verdict"] == "causal" and (one["layer"] - 1, one["cell"] - 1) not in wired
    ]
    return against


def _why(claim: Mapping[str, Any] | None) -> str:
    if claim is None:
        return "its score on the first part is too small"
    failed = [test for test, passed in claim["confirmation"]["passes"].items() if not passed]
    if failed:
        return f"not passed: {', '.join(failed)}"
    proof = claim["intervention"]
    return "; ".join(claim["notes"]) or "no intervention" if proof is None else proof["why_not"]
