from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnscope.analyse.errors.onion import NO_ERROR, UNEXPLAINED, peel
from rnnscope.analyse.errors.oracles import (
    BOOST,
    Oracle,
    boost_oracles,
    memory_oracles,
    ngram_oracles,
    punctuation_oracle,
    rare_word_oracles,
    word_start_oracles,
)
from rnnscope.analyse.errors.words import code_points, words
from rnnscope.corpus.split import Segment
from rnnscope.corpus.text import from_string
from rnnscope.errors import InputError


def masks(oracle: Oracle) -> str:
    """The positions that an oracle removes, as a line under the text."""
    return "".join("x" if removed else "." for removed in oracle.removes)


@pytest.mark.golden
def test_memory_forgives_all_but_the_first_symbol_of_a_word_that_came_before() -> None:
    """'cat' is found inside 'concat', 8 symbols back; the first 'dog' is new; what is 10 back is not within 8."""
    text = from_string("concat dog cat  dog, cat")
    found = memory_oracles(words(text), np.arange(len(text)), [8, 10])
    assert [masks(oracle) for oracle in found] == [
        "............xx..........",
        "............xx...xx...xx",
    ]
    assert masks(memory_oracles(words(text), np.arange(len(text)), [7])[0]) == "........................"


@pytest.mark.golden
def test_rare_words_are_counted_whole_and_in_the_training_part_only() -> None:
    """In 'a bb a ccc|a bb dd' the training part before the bar has 'a' twice, 'bb' and 'ccc' once, 'dd' never."""
    text = from_string("a bb a ccc a bb dd")
    found = words(text)
    counts = found.counts([Segment(0, 11)])
    assert counts == {"a": 2, "bb": 1, "ccc": 1}
    positions = np.arange(11, 18)
    none, once = rare_word_oracles(found, positions, counts, [0, 1])
    assert masks(none) == ".....xx"
    assert masks(once) == "..xx.xx"


@pytest.mark.golden
def test_word_starts_stand_after_spaces_quotes_and_newlines() -> None:
    """After a newline one symbol counts, or as many as were asked for; a return is a newline too."""
    text = from_string('a "b\r\nfather «c')
    points, positions = code_points(text), np.arange(len(text))
    space, newline = word_start_oracles(points, positions)
    assert masks(space) == "..xx.........xx"[: len(text)]
    assert masks(newline) == ".....xx........"[: len(text)]
    assert masks(word_start_oracles(points, positions, 3)[1]) == ".....xxxx......"[: len(text)]


@pytest.mark.golden
def test_words_are_unicode_letters_and_apostrophes_in_characters_and_in_bytes() -> None:
    """Letters with marks, Cyrillic and apostrophes are parts of words; digits and hyphens are not."""
    string = "don't Ёж-naïve x2 1805"
    wanted = ["don't", "Ёж", "naïve", "x"]
    assert list(words(from_string(string)).forms) == wanted
    as_bytes = words(from_string(string, kind="bytes"))
    assert [form.encode("latin-1").decode() for form in as_bytes.forms] == wanted
    assert list(words(from_string("The the"), fold_case=True).forms) == ["the", "the"]


@pytest.mark.golden
def test_punctuation_is_what_unicode_says() -> None:
    """Letters, digits and blanks are none; dashes, quotes and currency signs are."""
    text = from_string("a—b, «5» €!")
    assert masks(punctuation_oracle(code_points(text), np.arange(len(text)))) == ".x.x.x.x.xx"


@pytest.mark.golden
def test_a_small_onion_by_hand() -> None:
    """Six errors: two for the 1-gram, one more for the 2-gram, one rare word, and two that only boosts remove."""
    log_probs = np.log(np.array([0.9, 0.1, 0.4, 0.3, 0.45, 0.2, 0.05], np.float32))
    right = np.log(np.float32(0.8))
    wrong = np.log(np.float32(0.1))
    ngrams = ngram_oracles(
        {
            2: np.array([wrong, right, right, right, wrong, wrong, wrong]),
            1: np.array([right, right, right, wrong, wrong, wrong, wrong]),
        }
    )
    rare = Oracle("word 0-train", "rare words", np.array([1, 1, 0, 0, 0, 1, 0], bool))
    onion = peel(log_probs, [*ngrams, rare, *boost_oracles(log_probs)], block=2)
    assert onion.of.tolist() == [NO_ERROR, 0, 0, 1, 3, 2, 7]
    assert [(layer.name, layer.errors) for layer in onion.layers if layer.errors] == [
        ("1-gram", 2), ("2-gram", 1), ("word 0-train", 1), ("0.1 boost", 1), ("0.5 boost", 1),
    ]  # fmt: skip
    by_name = {layer.name: layer for layer in onion.layers}
    assert by_name["1-gram"].nats == pytest.approx(-np.log(0.1) - np.log(0.4), rel=1e-6)
    assert by_name["word 0-train"].share_first == pytest.approx(2 / 6)
    # Boosts remove everything in the end, so what comes after them gets nothing, unless they are a residue.
    assert by_name["word 0-train"].share_last == 0
    behind = peel(log_probs, [*ngrams, rare, *boost_oracles(log_probs)], block=2, residue=BOOST)
    assert {layer.name: layer.share_last for layer in behind.layers}["word 0-train"] == pytest.approx(1 / 6)
    assert onion.family("n-gram") == (3, 0.5)


@pytest.mark.planted
def test_the_control_of_the_memory_oracle_looks_elsewhere() -> None:
    """Where words come back within their paragraph only, windows from other paragraphs hold far fewer of them."""
    random = np.random.default_rng(0)
    paragraphs = []
    for _ in range(60):
        own = ["".join(chr(97 + letter) for letter in random.integers(0, 26, 6)) for _ in range(5)]
        paragraphs.append(" ".join(own[k] for k in random.integers(0, 5, 40)))
    text = from_string("\n".join(paragraphs))
    found = words(text)
    positions = np.arange(len(text))
    shifts = random.integers(2000, len(text) - 2000, len(found.starts))
    here = memory_oracles(found, positions, [200])[0].removes.mean()
    elsewhere = memory_oracles(found, positions, [200], shifts)[0].removes.mean()
    assert here > 0.6
    assert elsewhere < 0.05


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60), st.integers(0, 6), st.integers(0, 2**32 - 1), st.floats(0.1, 0.9))
def _shares(count: int, kinds: int, seed: int, threshold: float) -> None:
    random = np.random.default_rng(seed)
    log_probs = np.log(random.random(count).astype(np.float32) + np.float32(1e-9))
    families = ["one", "two", "three"]
    oracles = [Oracle(str(k), families[k % 3], random.random(count) < 0.3) for k in range(kinds)]
    onion = peel(log_probs, oracles, block=5, threshold=threshold)
    wrong = log_probs < np.float32(np.log(threshold))
    assert sum(layer.errors for layer in onion.layers) == onion.errors == wrong.sum()
    assert ((onion.of != NO_ERROR) == wrong).all()
    assert sum(layer.nats for layer in onion.layers) == pytest.approx(onion.nats, abs=1e-9)
    for index, layer in enumerate(onion.layers):
        assert layer.errors == (onion.of == index).sum()
        if layer.name != UNEXPLAINED:
            assert layer.share_first >= layer.share_last >= 0
    for family in {oracle.family for oracle in oracles}:
        rest = [one for one in dict.fromkeys(oracle.family for oracle in oracles) if one != family]
        first = peel(log_probs, oracles, 5, threshold=threshold, order=[family, *rest])
        last = peel(log_probs, oracles, 5, threshold=threshold, order=[*rest, family])
        for layer in onion.layers:
            if layer.family == family:
                same = [other for other in first.layers + last.layers if other.name == layer.name]
                assert same[0].share == pytest.approx(layer.share_first)
                assert same[1].share == pytest.approx(layer.share_last)


@pytest.mark.law
def test_every_error_has_one_class_and_first_and_last_are_what_other_orders_give() -> None:
    """Counts of classes sum to the errors, nats to theirs; a family put first or last takes what was foretold."""
    _shares()


@pytest.mark.law
def test_an_order_that_is_none_is_refused() -> None:
    """A family left out, or one that is not there, is an error that names the families."""
    oracles = [Oracle("a", "one", np.ones(2, bool)), Oracle("b", "two", np.ones(2, bool))]
    with pytest.raises(InputError, match="one, two"):
        peel(np.zeros(2, np.float32), oracles, 1, order=["one"])


@pytest.mark.law
@settings(max_examples=40, deadline=None)
@given(st.binary(min_size=1, max_size=80))
def test_any_bytes_have_code_points_and_words(data: bytes) -> None:
    """One code point a byte, whatever they are; valid UTF-8 gives the characters, each as often as it has bytes."""
    text = from_string("x", kind="bytes")
    text = type(text)("t", "t", "bytes", "", np.frombuffer(data, np.uint8), "", len(data))
    points = code_points(text)
    assert len(points) == len(data)
    found = words(text)
    assert found.of.max(initial=-1) == len(found.forms) - 1
    try:
        string = data.decode()
    except UnicodeDecodeError:
        return
    assert points.tolist() == [ord(symbol) for symbol in string for _ in symbol.encode()]
