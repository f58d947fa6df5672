"""The notebooks are run as a person runs them, in a kernel of their own, and nothing warns."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parent.parent / "docs" / "notebooks"
FIGURES = {"first_look": 2, "learning_curves": 4, "decode": 4}
STRICT = """
import warnings

warnings.simplefilter("error")
warnings.filterwarnings("default", module="ipykernel")
"""
"""Warnings are errors in the kernel, too; but not those of the program that is the kernel."""


# On Windows the messages of a kernel are waited for in a thread, which pyzmq warns of.
@pytest.mark.filterwarnings("ignore:Proactor event loop:RuntimeWarning")
@pytest.mark.parametrize("name", FIGURES)
def test_a_notebook_runs_from_top_to_bottom_and_leaves_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, here = tmp_path / "own", tmp_path / "here"
    own.mkdir()
    here.mkdir()
    for variable in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR"):
        monkeypatch.setenv(variable, str(own))
    for variable in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(variable, str(here))
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(STRICT))
    NotebookClient(notebook, timeout=90, resources={"metadata": {"path": str(here)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert [each["text"] for each in outputs if each.get("name") == "stderr"] == []
    drawn = [each for each in outputs if "image/png" in each.get("data", {})]
    assert len(drawn) == FIGURES[name]
    assert list(here.iterdir()) == []


def test_notebooks_are_kept_without_what_a_run_has_left() -> None:
    files = sorted(NOTEBOOKS.glob("*.ipynb"))
    assert {file.stem for file in files} == set(FIGURES)
    for file in files:
        notebook = nbformat.read(file, as_version=4)
        nbformat.validate(notebook)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert all(cell.outputs == [] and cell.execution_count is None for cell in cells), file
