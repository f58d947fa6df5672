"""House rules that a machine can check."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import rig.devices
from hardware.audible_speaker import AudibleSpeaker
from hardware.emulators.emulated_rig import MAKERS
from rig import events
from rig.devices import Device, DeviceSettings
from rig.lab import Lab
from rig.plan import plan_protocol
from rig.rehearsal import rehearse
from rig.rig_plan import plan_rig

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("rig", "protocols", "hardware", "analysis", "models", "calibration", "gui")
KINDS = [
    kind
    for kind in vars(rig.devices).values()
    if isinstance(kind, type) and issubclass(kind, Device) and "kind" in vars(kind)
]


def own_files() -> list[Path]:
    """Return the project's own text files: those outside folders that tools make."""
    made = (".venv", ".git", "site", "build", "dist", "demo-lab")
    return [
        path
        for path in ROOT.rglob("*")
        if path.suffix in {".py", ".md", ".toml"}
        and not path.relative_to(ROOT).parts[0].startswith(made)
    ]


def modules(package: str) -> Iterator[str]:
    found = importlib.import_module(package)
    yield package
    for info in pkgutil.walk_packages(found.__path__, f"{package}."):
        yield info.name


def drivers() -> list[type[Device]]:
    found: dict[str, type[Device]] = {}
    for name in modules("hardware"):
        for cls in vars(importlib.import_module(name)).values():
            concrete = isinstance(cls, type) and issubclass(cls, Device)
            if concrete and not inspect.isabstract(cls):
                found[f"{cls.__module__}:{cls.__name__}"] = cls
    return list(found.values())


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_is_loaded_from_this_checkout(package: str) -> None:
    file = importlib.import_module(package).__file__
    assert file is not None
    assert Path(file).resolve().is_relative_to(ROOT / package)


def test_every_top_level_package_is_shipped() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    shipped = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert sorted(shipped) == sorted(PACKAGES)
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert found == {*PACKAGES, "benchmarks"}


def test_no_file_has_more_than_400_lines() -> None:
    python = [path for path in own_files() if path.suffix == ".py"]
    long = {p.name: n for p in python if (n := len(p.read_text().splitlines())) > 400}
    assert long == {}
    assert len(python) > 60


def test_there_are_twins_of_every_kind() -> None:
    assert KINDS
    for kind in KINDS:
        assert any(issubclass(driver, kind) and driver.simulated for driver in drivers()), kind


@pytest.mark.parametrize("driver", drivers(), ids=lambda driver: driver.__name__)
def test_every_driver_has_a_kind_settings_and_a_twin(driver: type[Device]) -> None:
    assert sum(issubclass(driver, kind) for kind in KINDS) == 1
    assert issubclass(driver.Settings, DeviceSettings)
    assert driver.Settings.model_config["frozen"]
    assert driver.Settings.model_config["extra"] == "forbid"
    if driver.simulated:
        assert driver.twin is None
        assert driver.__name__.endswith("Twin") or driver is AudibleSpeaker
    else:
        assert driver.twin is not None
        assert driver.twin.simulated
        assert issubclass(driver.Settings, driver.twin.Settings), "the twin takes its settings"


def test_every_driver_of_a_real_device_has_an_emulator() -> None:
    assert {driver for driver in drivers() if not driver.simulated} == set(MAKERS)


def test_hardware_imports_without_any_vendor_library() -> None:
    names = ", ".join(modules("hardware"))
    code = f"import sys, {names}; print([m for m in {VENDORS} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"


VENDORS = ("nidaqmx", "grpc", "serial", "sounddevice", "psychopy", "pyglet", "cv2", "PyQt5")


@pytest.mark.parametrize("name", ["pretraining", "go_nogo", "go_nogo_head_fixed"])
def test_every_state_of_every_protocol_has_a_meaning(lab: Lab, name: str) -> None:
    rig = plan_rig(lab, lab.folder / "rigs/box1.toml", simulate=True)
    protocol = plan_protocol(lab, lab.folder / "protocols" / f"{name}.toml")
    graphs = rehearse(lab, rig, protocol, trials=20).graphs
    assert graphs
    for graph in graphs:
        for state in graph.states:
            assert len(state.meaning.split()) >= 3, state.name


def test_every_parameter_of_every_protocol_has_a_description(lab: Lab) -> None:
    for path in lab.files("protocols"):
        schema = plan_protocol(lab, path).protocol.Params.model_json_schema()
        for model in (schema, *schema["$defs"].values()):
            for name, field in model["properties"].items():
                described = "description" in field or "$ref" in field or "oneOf" in field
                assert described or name == "form", name


def test_every_event_stands_in_the_reference() -> None:
    page = (ROOT / "docs/reference/events.md").read_text(encoding="utf-8")
    for cls in vars(events).values():
        if isinstance(cls, type) and issubclass(
            cls, events.Happened | events.Header | events.Definition
        ):
            tag = cls.__struct_config__.tag
            assert tag is None or f"`{tag}`" in page, tag
            for field in cls.__struct_fields__:
                assert f"`{field}`" in page, f"{tag}.{field}"


def test_every_exit_code_stands_in_the_reference() -> None:
    from rig.errors import ExitCode

    page = (ROOT / "docs/reference/exit-codes.md").read_text(encoding="utf-8")
    for code in ExitCode:
        assert re.search(rf"\|\s*{code.value}\s*\|", page), code


def test_links_between_pages_lead_somewhere() -> None:
    pages = [path for path in own_files() if path.suffix == ".md"]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []
    assert len(pages) > 10


def test_the_lock_has_pins_and_hashes_and_no_addresses() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    requirements = [line for line in lock.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(requirements) > 30
    assert all("==" in line and line.endswith("\\") for line in requirements)
    assert lock.count("--hash=sha256:") >= len(requirements)
    assert "://" not in lock
