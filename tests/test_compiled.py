"""Compiled loops are compiled anew when anything they are made of has changed."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from models.compiled import version_of

ROOT = Path(__file__).parent.parent
OUTSIDE = [
    path
    for path in (ROOT / "analysis").rglob("*.py")
    if "@compiled" in path.read_text(encoding="utf-8")
]
"""Files with compiled loops that are not among the models."""
INNER = """
from models.compiled import compiled

@compiled
def inner(x: float) -> float:
    return x + 1.0
"""
OUTER = """
from models.compiled import compiled
from models.inner import inner

@compiled
def outer(x: float) -> float:
    return 2.0 * inner(x)
"""


def test_a_loop_that_calls_a_changed_one_is_compiled_anew(tmp_path: Path) -> None:
    package = tmp_path / "models"
    package.mkdir()
    (package / "__init__.py").touch()
    compiled = (ROOT / "models/compiled.py").read_text(encoding="utf-8")
    (package / "compiled.py").write_text(compiled, encoding="utf-8")
    (package / "outer.py").write_text(OUTER, encoding="utf-8")

    def told() -> float:
        done = subprocess.run(
            [sys.executable, "-B", "-c", "from models.outer import outer; print(outer(1.0))"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        return float(done.stdout)

    (package / "inner.py").write_text(INNER, encoding="utf-8")
    assert told() == 4.0
    (package / "inner.py").write_text(INNER.replace("1.0", "2.0"), encoding="utf-8")
    assert told() == 6.0


def test_this_version_has_a_store_of_its_own() -> None:
    assert f"loops-{version_of(ROOT / 'models')}" in numba.config.CACHE_DIR


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda path: str(path.relative_to(ROOT)))
def test_loops_outside_models_call_none_of_another_file(path: Path) -> None:
    """Their changes are noticed by their own file alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    loops = [node for node in functions if _is_compiled(node)]
    assert loops
    imported = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    called = {
        call.func.id
        for loop in loops
        for call in ast.walk(loop)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    }
    assert not called & imported


def _is_compiled(node: ast.FunctionDef) -> bool:
    names = {name.id for name in node.decorator_list if isinstance(name, ast.Name)}
    return any(name.startswith("compiled") for name in names)
