"""What must hold for every text, alphabet and context."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnscope.errors import InputError
from rnnscope.ngram import kneser_ney
from rnnscope.ngram.kneser_ney import Kernel, KneserNey

from .cases import KERNELS, Case, cases
from .naive import Naive

needs_library = pytest.mark.skipif(len(KERNELS) == 1, reason="no compiled library")


def contexts_of(case: Case) -> list[int]:
    return list(range(case.context + 1))


@pytest.mark.oracle
@needs_library
@settings(max_examples=150)
@given(cases(), st.integers(1, 4))
def test_kernels_agree(case: Case, threads: int) -> None:
    """The compiled kernel makes the tables of NumPy and reads the same numbers off them, with any number of threads."""
    native, reference = case.fit("native", threads), case.fit("reference")
    assert native.levels == reference.levels
    for name, expected in reference.parts().items():
        found = native.parts()[name]
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected, err_msg=name)
    found_scores = native.score(case.text, case.whole, contexts_of(case), threads=threads)
    expected_scores = reference.score(case.text, case.whole, contexts_of(case))
    for name, expected in vars(expected_scores).items():
        np.testing.assert_array_equal(getattr(found_scores, name), expected, err_msg=name)
    only_true = native.log_probs_of_true(case.text, case.whole, contexts_of(case), threads=threads)
    np.testing.assert_array_equal(only_true, expected_scores.log_probs)


@pytest.mark.oracle
@pytest.mark.parametrize("kernel", KERNELS)
@settings(max_examples=40)
@given(case=cases(most=25))
def test_probabilities_are_those_of_the_definition(kernel: Kernel, case: Case) -> None:
    """Every context gives the true symbols the probabilities that the definition gives in exact fractions."""
    model = case.fit(kernel)
    naive = Naive([stream.tolist() for stream in case.streams], case.vocabulary, case.context, case.marks)
    contexts = sorted({0, 1, case.context // 2, case.context} & {*contexts_of(case)})
    found = model.log_probs_of_true(case.text, case.whole, contexts)
    text = case.text.tolist()
    for row, context in enumerate(contexts):
        expected = [float(naive.p(symbol, tuple(text[:i]), context)) for i, symbol in enumerate(text)]
        assert np.exp(found[row].astype(float)) == pytest.approx(expected, rel=1e-6)
    for level in model.levels:
        assert level.highest.values == pytest.approx([float(d) for d in naive.discounts(level.context, 1)])
        if level.lower:
            assert level.lower.values == pytest.approx([float(d) for d in naive.discounts(level.context, 0)])


@pytest.mark.law
@pytest.mark.parametrize("kernel", KERNELS)
@settings(max_examples=40)
@given(case=cases(), chunk=st.integers(1, 70))
def test_distributions_sum_to_one(kernel: Kernel, case: Case, chunk: int) -> None:
    """Every distribution sums to 1 (with marks: over what occurs, the end and one unknown symbol), and scores agree."""
    model = case.fit(kernel)
    n = len(case.text)
    for context in {0, case.context // 2, case.context}:
        chunks = list(model.distributions(case.text, [(0, n + 1)], context, chunk))
        assert [len(positions) for positions, _ in chunks[:-1]] == [chunk] * (len(chunks) - 1)
        np.testing.assert_array_equal(np.concatenate([positions for positions, _ in chunks]), np.arange(n + 1))
        log_probs_NV = np.concatenate([log_probs for _, log_probs in chunks])
        p_NV = np.exp(log_probs_NV.astype(np.float64))
        if case.marks:
            occur = np.unique(np.concatenate(case.streams))
            assert (p_NV[:, occur].sum(axis=1) < 1 + 1e-6).all()
        else:
            assert p_NV.sum(axis=1) == pytest.approx(np.ones(n + 1), abs=1e-6)
        scored = model.score(case.text, case.whole, [context])
        rows = np.arange(n)
        np.testing.assert_array_equal(scored.log_probs[0], log_probs_NV[rows, case.text])
        np.testing.assert_array_equal(log_probs_NV[rows, scored.best[0]], log_probs_NV[:-1].max(axis=1))
        above = (log_probs_NV[:-1] > scored.log_probs[0][:, None]).sum(axis=1)
        assert (scored.ranks[0] >= 1 + above).all()  # float32 may make equal what float64 told apart


@pytest.mark.law
@pytest.mark.parametrize("kernel", KERNELS)
@settings(max_examples=40)
@given(case=cases(), seed=st.integers(0, 1000))
def test_scores_do_not_depend_on_what_else_is_asked(kernel: Kernel, case: Case, seed: int) -> None:
    """What follows a position, other positions, other contexts and their order change nothing of its scores."""
    model, rng = case.fit(kernel), np.random.default_rng(seed)
    contexts = contexts_of(case)
    whole = model.score(case.text, case.whole, contexts)
    n = len(case.text)
    start, stop = sorted(rng.integers(0, n + 1, 2).tolist())
    other = np.append(case.text[:stop], rng.integers(0, case.vocabulary, 5))
    cut = sorted({start, stop, *rng.integers(start, stop + 1, 3).tolist()})
    picked = rng.permutation(contexts)[: rng.integers(1, len(contexts) + 1)].tolist()
    part = model.score(other, itertools.pairwise(cut), picked)
    for name in ("log_probs", "best", "ranks"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[picked, start:stop])
    np.testing.assert_array_equal(part.depths, whole.depths[start:stop])


@pytest.mark.law
@pytest.mark.parametrize("kernel", KERNELS)
@settings(max_examples=40)
@given(case=cases())
def test_longer_contexts_leave_shorter_ones_alone(kernel: Kernel, case: Case) -> None:
    """A model of longer contexts contains that of shorter ones; beyond the longest known context nothing changes."""
    small, large = case.fit(kernel), Case(case.streams, case.vocabulary, 60, case.marks, case.text).fit(kernel)
    asked = case.text, case.whole, contexts_of(case)
    np.testing.assert_array_equal(small.log_probs_of_true(*asked), large.log_probs_of_true(*asked))
    scored = large.score(case.text, case.whole, [59, 60])
    same = scored.depths < 59
    np.testing.assert_array_equal(scored.log_probs[0][same], scored.log_probs[1][same])
    assert (scored.depths <= np.arange(len(case.text))).all()


@pytest.mark.planted
@pytest.mark.parametrize("kernel", KERNELS)
def test_depths_are_the_longest_known_contexts(kernel: Kernel) -> None:
    """A passage taken from training is known to its full length, and what never occurred is known to length 0."""
    rng = np.random.default_rng(3)
    training = rng.integers(0, 4, 400)
    model = KneserNey.fit([training], 5, 60, kernel=kernel)
    text = np.concatenate([[4], training[100:180], [4, 4]])
    depths = model.score(text, [(0, len(text))], [0]).depths
    np.testing.assert_array_equal(depths, [0, 0, *np.minimum(np.arange(1, 81), 60), 0])


@pytest.mark.law
@pytest.mark.parametrize("kernel", KERNELS)
def test_nothing_crosses_from_stream_to_stream(kernel: Kernel) -> None:
    """An n-gram that only the seam of two streams would make is unknown; joined, it is known."""
    apart = KneserNey.fit([np.array([0, 1, 2]), np.array([3, 4, 5])], 6, 3, kernel=kernel)
    joined = KneserNey.fit([np.arange(6)], 6, 3, kernel=kernel)
    text = np.array([2, 3])
    assert apart.score(text, [(1, 2)], [1]).depths.tolist() == [0]
    assert joined.score(text, [(1, 2)], [1]).depths.tolist() == [1]


@pytest.mark.law
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("vocabulary", [1, 70_000, 1_100_000])
def test_alphabets_of_any_size(kernel: Kernel, vocabulary: int) -> None:
    """One symbol, 70,000, all of Unicode: distributions sum to 1, and what was read is likelier than chance."""
    rng = np.random.default_rng(1)
    training = rng.integers(max(0, vocabulary - 50), vocabulary, 300)
    model = KneserNey.fit([training], vocabulary, 5, kernel=kernel)
    (_, log_probs_NV), *_ = model.distributions(training, [(0, 3)], 5)
    assert np.exp(log_probs_NV.astype(np.float64)).sum(axis=1) == pytest.approx(np.ones(3), abs=1e-6)
    scored = model.score(training[:40], [(0, 40)], [0, 5])
    assert (scored.log_probs >= np.float32(-np.log(vocabulary))).all()
    assert (scored.best >= max(0, vocabulary - 50)).all()


@pytest.mark.law
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("streams", [[], [np.array([], np.int64)]])
def test_nothing_read_is_uniform(kernel: Kernel, streams: list[np.ndarray]) -> None:
    """A model of no text gives every symbol the same probability, and every level is a fallback."""
    model = KneserNey.fit(streams, 7, 3, kernel=kernel)
    scored = model.score(np.arange(7), [(0, 7)], [0, 3])
    np.testing.assert_array_equal(scored.log_probs, np.full((2, 7), np.float32(np.log(1 / 7))))
    assert (scored.best == 0).all()
    assert (scored.ranks == 1).all()
    assert all(level.highest.fallback and level.ngrams == 0 for level in model.levels)


@pytest.mark.golden
def test_what_is_refused() -> None:
    """Ids, pieces and contexts out of range are refused with the range."""
    model = KneserNey.fit([np.array([0, 1, 0, 1])], 2, 3)
    text = np.array([0, 1])
    with pytest.raises(InputError, match="ids from 0 to 2"):
        model.score(np.array([0, 2]), [(0, 2)], [1])
    with pytest.raises(InputError, match="ids from -1 to 0"):
        KneserNey.fit([np.array([0, -1])], 2, 3)
    with pytest.raises(InputError, match="positions 0 to 3 of a text of 2"):
        model.score(text, [(0, 3)], [1])
    with pytest.raises(InputError, match="contexts from 1 to 4"):
        model.log_probs_of_true(text, [(0, 2)], [1, 4])
    with pytest.raises(InputError, match="a context of 65,536"):
        KneserNey.fit([text], 2, 65_536)


@pytest.mark.golden
def test_native_kernel_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for the compiled kernel where it is switched off is refused; auto takes NumPy."""
    monkeypatch.setenv("RNNSCOPE_NATIVE", "0")
    with pytest.raises(InputError, match="switched off"):
        KneserNey.fit([np.array([0, 1])], 2, 1, kernel="native")
    assert KneserNey.fit([np.array([0, 1])], 2, 1).kernel == "reference"


@pytest.mark.law
def test_threads_change_no_distribution(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of distributions are the same bit for bit, and in text order, however many threads share them."""
    monkeypatch.setattr(kneser_ney, "NUMBERS_AT_ONCE", 200)
    ids = np.random.default_rng(3).integers(0, 5, 400)
    model = KneserNey.fit([ids[:300]], 5, 4)
    alone, shared = (list(model.distributions(ids, [(280, 400)], 4, 7, threads=threads)) for threads in (1, 3))
    assert np.concatenate([at_n for at_n, _ in alone]).tolist() == list(range(280, 400))
    for (at_n, rows_nV), (same_n, same_nV) in zip(alone, shared, strict=True):
        assert np.array_equal(at_n, same_n)
        assert np.array_equal(rows_nV, same_nV)
