"""The Ray engine on a cluster of two nodes, both on this machine."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..surface import call, check_refusal
from .cases import process, study, table

INSTALLED = importlib.util.find_spec("ray") is not None
needs_ray = pytest.mark.skipif(not INSTALLED, reason="Ray is not installed: pip install 'rnnscope[ray]'")

CLUSTER = """
import sys
from ray.cluster_utils import Cluster

node = {"num_cpus": 1, "object_store_memory": 100_000_000}
cluster = Cluster(initialize_head=True, head_node_args=node | {"include_dashboard": False})
cluster.add_node(**node)
cluster.wait_for_nodes()
print(cluster.address, flush=True)
sys.stdin.readline()
cluster.shutdown()
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """The address of two nodes of one processor each."""
    environment = os.environ | {"RAY_USAGE_STATS_ENABLED": "0"}
    with (
        (tmp_path / "cluster.log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-c", CLUSTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environment
        ) as nodes,
    ):
        assert nodes.stdin is not None
        assert nodes.stdout is not None
        yield nodes.stdout.readline().decode().split()[-1]
        nodes.stdin.close()


@needs_ray
@pytest.mark.law
def test_a_cluster_gives_the_table_of_this_machine(cluster: str, text: Path, plan: Path, tmp_path: Path) -> None:
    """A study on two nodes takes a place on each and leaves the table of the local engine, byte for byte."""
    study(text, tmp_path / "local", plan)
    driver = process(text, tmp_path / "ray", plan, "--engine", "ray", "--address", cluster)
    said = tmp_path / "ray.log"
    assert driver.wait() == 0, said.read_text()
    assert "9 tasks, 2 at a time" in said.read_text()
    assert table(tmp_path / "ray") == table(tmp_path / "local")


@pytest.mark.law
@pytest.mark.skipif(INSTALLED, reason="Ray is installed")
def test_without_ray(text: Path, plan: Path, tmp_path: Path) -> None:
    """--engine ray without the package is refused with what to install."""
    driver = process(text, tmp_path / "study", plan, "--engine", "ray")
    assert driver.wait() == 2
    assert "pip install 'rnnscope[ray]'" in (tmp_path / "study.log").read_text()


@pytest.mark.law
def test_an_address_is_of_a_cluster(text: Path, plan: Path, tmp_path: Path) -> None:
    """--address without --engine ray is refused before anything is made."""
    words = ("study", text, "-o", tmp_path / "study", "--plan", plan, "--address", "auto")
    check_refusal(call(*words), 2, "--address auto", "--engine ray")
    assert not (tmp_path / "study").exists()
