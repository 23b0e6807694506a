"""The tutorial runs from its first cell to its last, and shows what it says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "tutorial.ipynb"


def stored() -> Any:
    return nbformat.read(PAGE, as_version=4)


def said(cell: Any) -> str:
    """Everything a cell printed or showed."""
    data = [output.get("text", "") + str(output.get("data", "")) for output in cell.outputs]
    return "".join(data)


@pytest.mark.golden
# The kernel's own libraries warn about themselves, depending on their versions.
@pytest.mark.filterwarnings("ignore")
def test_the_tutorial_runs(tmp_path: Path) -> None:
    """Every cell runs without an error; a cell that counts is found, and pictures are shown."""
    notebook = stored()
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(tmp_path), "OMP_NUM_THREADS": "1"}
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute(env=environment)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert sum("<svg" in said(cell) for cell in code) == 3
    found = next(said(cell) for cell in code if "np.corrcoef" in cell.source)
    assert abs(float(found.rsplit(maxsplit=1)[-1])) > 0.5
    assert "stderr" not in [output.get("name") for cell in code for output in cell.outputs]
    assert list(tmp_path.glob("*/counting.svg"))


@pytest.mark.law
def test_the_tutorial_is_stored_without_outputs() -> None:
    """The file in the repository holds no outputs, so that it changes only when its words do."""
    notebook = stored()
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
