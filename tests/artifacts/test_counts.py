"""The folder of an n-gram model and its score tables: whole or absent, and never read when damaged."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rnnscope.artifacts import commit, sealed, tensors
from rnnscope.artifacts.counts import CountFolder, open_folder
from rnnscope.artifacts.lock import exclusive
from rnnscope.artifacts.run import RunFolder
from rnnscope.artifacts.score_table import ScoreTable
from rnnscope.artifacts.scores import FILE
from rnnscope.artifacts.verify import verify_counts
from rnnscope.config import CorpusConfig, CountConfig, NgramConfig
from rnnscope.errors import DamagedArtifact, InputError

from . import cases

pytestmark = [pytest.mark.law, pytest.mark.usefixtures("quick_disk")]

FLIPS_AND_CUTS = 1000


def score_table(seed: int = 1) -> ScoreTable:
    """Scores of three contexts at 50 positions."""
    random_ = np.random.default_rng(seed)
    shape = (3, 50)
    return ScoreTable(
        (0, 2, 9),
        np.arange(50, dtype=np.int64) * 2,
        random_.integers(0, 5, 50, np.int32),
        random_.integers(0, 10, 50, np.int32),
        -random_.random(shape, np.float32),
        random_.integers(0, 5, shape, np.int32),
        random_.integers(1, 6, shape, np.int32),
        {"part": "test", "seed": seed},
        {"text": "1" * 64},
    )


def create(path: Path, seed: int = 1) -> CountFolder:
    """A folder with two tables, scores and facts of a later stage; folders differ by their seed."""
    folder = CountFolder.create(
        path,
        config=CountConfig(corpus=CorpusConfig(text="text.txt"), ngram=NgramConfig(contexts=f"1,{seed + 1}")),
        alphabet={"codes": [97, 98]},
        environment={"text": {"sha256": "0" * 64}},
        parts={"a": np.arange(60, dtype=np.int32) + seed, "b_c": np.full((3, 4), seed, np.float64)},
        facts={"vocabulary": 2, "seed": seed},
        text=b"abba",
    )
    with exclusive(folder.path):
        with folder.begin_result("eval", "test", {"text": "1" * 64}) as draft:
            score_table(seed).write(draft)
        folder.write_result("ngram", "table", {"seed": seed}, {"text": "1" * 64})
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two whole folders; tests restore what they change."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        made = tmp_path_factory.mktemp("counts")
        return create(made / "one", 1).path, create(made / "two", 2).path


def all_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")


def refused(folder: Path, path: Path) -> None:
    with pytest.raises(DamagedArtifact) as caught:
        verify_counts(folder)
    assert path.name in str(caught.value), f"{path}: {caught.value}"


def with_bytes(path: Path, data: bytes, check: Callable[[], None]) -> None:
    sound = path.read_bytes()
    path.write_bytes(data)
    try:
        check()
    finally:
        path.write_bytes(sound)


def test_what_is_written_is_read(folders: tuple[Path, Path]) -> None:
    """Settings, alphabet, text, tables of any shape and facts come back; the size is that of the tables' files."""
    folder = CountFolder.open(folders[0])
    assert folder.config.ngram.lengths == (1, 2)
    assert (folder.alphabet, folder.text()) == ({"codes": [97, 98]}, b"abba")
    assert folder.model_facts == {"vocabulary": 2, "seed": 1}
    parts = folder.read_parts()
    assert list(parts) == ["a", "b_c"]
    np.testing.assert_array_equal(parts["a"], np.arange(1, 61, dtype=np.int32))
    assert (parts["b_c"].shape, parts["b_c"].dtype) == ((3, 4), np.float64)
    assert folder.bytes == sum(path.stat().st_size for path in folders[0].glob("model-*"))
    assert folder.results() == [("ngram", "table"), ("eval", "test")]


def test_folders_are_opened_as_what_they_are(folders: tuple[Path, Path], tmp_path: Path) -> None:
    """The manifest says which kind a folder is; neither kind is taken for the other, nor another folder for either."""
    run = cases.create(tmp_path / "run")
    assert isinstance(open_folder(folders[0]), CountFolder)
    assert isinstance(open_folder(run.path), RunFolder)
    with pytest.raises(DamagedArtifact, match="of the kind 'ngram', not 'run'"):
        RunFolder.open(folders[0])
    with pytest.raises(DamagedArtifact, match="of the kind 'run', not 'ngram'"):
        CountFolder.open(run.path)
    with pytest.raises(InputError, match="this is not a run folder"):
        open_folder(tmp_path)


def test_a_folder_is_made_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a model is, none is made; and one whose writing fails leaves nothing, also of the folders above it."""
    create(tmp_path / "one")
    with pytest.raises(InputError, match="it holds an n-gram model already"):
        create(tmp_path / "one")
    encode = tensors.encode

    def fails(arrays: dict[str, np.ndarray]) -> bytes:
        if arrays["table"].dtype == np.float64:
            raise OSError("no more")
        return encode(arrays)

    monkeypatch.setattr(tensors, "encode", fails)
    with pytest.raises(OSError, match="no more"):
        create(tmp_path / "deep" / "two")
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_no_flipped_bit_and_no_cut_is_loaded(folders: tuple[Path, Path]) -> None:
    """1,000 random bit flips and cuts over all files of a folder: each is refused by a message that names the file."""
    folder, files, rng = folders[0], all_files(folders[0]), random.Random(5)
    assert {path.name for path in files} >= {"model-a.safetensors", "config.toml", "text.bin", FILE, "manifest.json"}
    for index in range(FLIPS_AND_CUTS):
        path = files[index % len(files)]
        data = bytearray(path.read_bytes())
        if index % 4 == 3:
            del data[rng.randrange(len(data)) :]
        else:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        with_bytes(path, bytes(data), lambda path=path: refused(folder, path))
    verify_counts(folder)


def test_no_missing_grown_linked_or_foreign_file_is_loaded(folders: tuple[Path, Path], tmp_path: Path) -> None:
    """A file that is gone, has a byte more, is a link or is its namesake from elsewhere is refused by name."""
    folder, other = folders
    for path in all_files(folder):
        with_bytes(path, path.read_bytes() + b"\0", lambda path=path: refused(folder, path))
        foreign = (other / path.relative_to(folder)).read_bytes()
        if foreign != path.read_bytes():
            with_bytes(path, foreign, lambda: refused(folder, folder))
        aside = tmp_path / "aside"
        path.rename(aside)
        refused(folder, path)
        path.symlink_to(aside)
        refused(folder, path)
        path.unlink()
        aside.rename(path)
    verify_counts(folder)


def test_made_up_facts_are_refused(folders: tuple[Path, Path]) -> None:
    """A manifest with a right seal that does not say what the tables mean is damage, not an error of ours."""
    manifest = folders[0] / commit.MANIFEST
    document = json.loads(manifest.read_bytes())["facts"]
    forged = sealed.dump("ngram", {}, document | {"about": {"model": 3}})
    with_bytes(manifest, forged, lambda: refused(folders[0], manifest))


def test_scores_of_one_context_share_the_table(folders: tuple[Path, Path]) -> None:
    """A table comes back equal, and the scores of a context are a view of its rows with everything a network's have."""
    written = score_table()
    result = CountFolder.open(folders[0]).read_result("eval", "test")
    found = ScoreTable.read(result.folder, result.manifest)
    assert (found.contexts, found.facts, len(found)) == ((0, 2, 9), {"part": "test", "seed": 1}, 50)
    for name in ("positions", "ids", "depths", "log_probs", "best", "ranks"):
        np.testing.assert_array_equal(getattr(found, name), getattr(written, name))
    scores = found.scores(2)
    assert scores.loss_nats == pytest.approx(-float(written.log_probs[1].mean(dtype=np.float64)))
    assert scores.facts["context"] == 2
    for name in ("log_probs", "best", "ranks"):
        assert np.shares_memory(getattr(scores, name), getattr(found, name))
    with pytest.raises(InputError, match="these contexts were scored: 0, 2, 9"):
        found.scores(3)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("ids", np.zeros(49, np.int32)),
        ("ids", np.zeros(50, np.int64)),
        ("ranks", np.zeros((2, 50), np.int32)),
        ("ranks", np.zeros(50, np.int32)),
        ("positions", np.zeros((50, 1), np.int64)),
        ("more", np.zeros(50, np.int32)),
    ],
)
def test_tables_of_another_form_are_refused(name: str, array: np.ndarray, tmp_path: Path) -> None:
    """Arrays of other names, shapes or types, whole and sealed, are not taken for scores."""
    table = score_table()
    arrays = {key: getattr(table, key) for key in ("positions", "ids", "depths", "log_probs", "best", "ranks")}
    for contexts, given in (
        ([0, 2, 9], arrays | {name: array}),
        ([0, 2], arrays),
        (["0", 2, 9], arrays),
        (None, arrays),
    ):
        with commit.commit(tmp_path / "eval", kind="eval/test", overwrite=True) as draft:
            draft.write(FILE, tensors.encode(given))
            draft.facts["contexts"] = contexts
        manifest = commit.verify(tmp_path / "eval", "eval/test")
        with pytest.raises(DamagedArtifact, match="its arrays are not those of scores"):
            ScoreTable.read(tmp_path / "eval", manifest)
