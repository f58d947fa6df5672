"""The pages of the protocols are those that the code makes, and the figures are there."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from helpers import PROTOCOLS

from rig.lab import Lab
from rig.protocol_page import page_of

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """Return the tool that writes the pages."""
    path = ROOT / "tools/protocol_pages.py"
    spec = importlib.util.spec_from_file_location("protocol_pages", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["protocol_pages"] = module
    spec.loader.exec_module(module)
    return module


def test_every_page_is_what_the_code_makes_of_it(lab: Lab, tool: ModuleType) -> None:
    """If this fails, run `make pages`, and look at what has changed."""
    made = {name: tool.HEADER + page_of(sets) for name, sets in tool.built_in_sets(lab)}
    folder = ROOT / "docs/reference/protocols"
    assert sorted(made) == sorted(path.stem for path in folder.glob("*.md"))
    for name, text in made.items():
        assert text == (folder / f"{name}.md").read_text(encoding="utf-8"), name


def test_every_protocol_has_its_figure() -> None:
    figures = {path.stem for path in (ROOT / "docs/images/protocols").glob("*.png")}
    assert figures == set(PROTOCOLS)


def test_a_page_says_what_a_scientist_looks_for(tool: ModuleType) -> None:
    page = (ROOT / "docs/reference/protocols/set-shifting.md").read_text(encoding="utf-8")
    for text in (
        "| `priming_trials` * | `30` |",
        "| `reward_time` | `2` |",
        "| `visual_error_interval` * | `6.5` |",
        "| `break` (in some trials) | 300 s |",
        "| `miss` | 0.5 s | the mouse did not lick to go: the vacuum removes the drop | `miss` |",
        "![State graphs of set_shifting](../../images/protocols/set_shifting.png)",
    ):
        assert text in page, text
