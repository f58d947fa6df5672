"""Where a session comes from: code version, git state, computer, the files it was made of."""

from __future__ import annotations

import functools
import hashlib
import inspect
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import distributions, version
from pathlib import Path

import msgspec

from rig.config import resolved
from rig.devices import Device
from rig.errors import ConfigError
from rig.events import SCHEMA_VERSION, ClockKind, Definition, DeviceRecord, Header
from rig.lab import LAB_TOML
from rig.placement import placement_file, placement_of
from rig.plan import Plan
from rig.plugins import source, source_sha256
from rig.session_folder import SessionFolder
from rig.stimuli import Stimuli
from rig.streams import StreamSpec
from rig.timing import timing_file

_REPOSITORY = Path(__file__).resolve().parent.parent
_PACKAGES = ("analysis", "calibration", "hardware", "models", "protocols", "rig")


class CodeChange(msgspec.Struct, frozen=True):
    """A version that is another one here than when a session was recorded; None if unknown."""

    what: str
    recorded: str | None
    here: str | None


def make_header(plan: Plan, folder: SessionFolder, started_at: datetime) -> Header:
    """Return the record that holds the wall-clock facts."""
    commit, dirty = _git_state()
    return Header(
        schema_version=SCHEMA_VERSION,
        session=folder.name,
        started_at=started_at.isoformat(timespec="milliseconds"),
        computer=f"{platform.node()}, {platform.platform()}",
        python=platform.python_version(),
        mouserig_version=version("mouserig"),
        git_commit=commit,
        git_dirty=dirty,
        lab_folder=str(plan.lab.folder),
        packages=_packages(),
        lock_sha256=_lock_sha256(),
        code_sha256=_code_sha256(),
    )


def code_changes(header: Header) -> list[CodeChange]:
    """Return what differs between the program that recorded a session and this one."""
    here = {
        "mouserig_version": (header.mouserig_version, version("mouserig")),
        "git_commit": (header.git_commit, _git_state()[0]),
        "code_sha256": (header.code_sha256, _code_sha256()),
        "lock_sha256": (header.lock_sha256, _lock_sha256()),
        "python": (header.python, platform.python_version()),
    }
    if header.packages:
        installed = _packages()
        for name in sorted(header.packages.keys() | installed.keys()):
            here[f"package {name}"] = header.packages.get(name), installed.get(name)
    return [
        CodeChange(what, then or None, now or None)
        for what, (then, now) in here.items()
        if (then or None) != (now or None)
    ]


def make_definition(
    plan: Plan,
    devices: Mapping[str, Device],
    stimuli: Stimuli,
    sound_files: Mapping[str, str],
    clock: ClockKind,
    resumes: str,
    before_ul: float,
    streams: Sequence[StreamSpec],
    speed: float,
) -> Definition:
    """Return the record of all that the session is made of."""
    mouse = plan.mouse
    return Definition(
        rig=plan.rig.name,
        subject=plan.subject.id,
        protocol=plan.protocol.path.stem,
        protocol_class=plan.protocol.config.protocol,
        protocol_sha256=source_sha256(plan.protocol.protocol),
        lab_toml=_text(plan.lab.folder / LAB_TOML),
        rig_toml=_text(plan.rig.path),
        protocol_toml=_text(plan.protocol.path),
        subject_toml=_text(plan.lab.subject_file(plan.subject.id)),
        calibration_toml={
            _relative(path, plan.lab.folder): _text(path)
            for path in [
                *(path for device in devices.values() for path in device.files()),
                *_timing(plan, devices),
                *_placement(plan, stimuli),
            ]
        },
        own_files=_own_files(plan),
        params=resolved(plan.protocol.params),
        session=resolved(plan.protocol.config.session),
        subject_values=resolved(plan.subject),
        devices=tuple(
            DeviceRecord(
                name=name,
                kind=device.kind,
                driver=plan.rig.config.devices[name]["driver"],
                ran=type(device).__qualname__,
                simulated=device.simulated,
                settings=resolved(plan.rig.settings[name]),
            )
            for name, device in devices.items()
        ),
        sounds=msgspec.to_builtins(stimuli.sounds),
        gratings=msgspec.to_builtins(stimuli.gratings),
        flashes=msgspec.to_builtins(stimuli.flashes),
        mouse=mouse.name if mouse else None,
        mouse_settings=resolved(mouse.settings) if mouse else {},
        mouse_memory=mouse.memory if mouse else {},
        seed=plan.seed,
        clock=clock,
        resumes=resumes,
        sound_files=dict(sound_files),
        stage=plan.stage,
        streams=tuple(streams),
        protocol_source=source(plan.protocol.protocol),
        description=inspect.cleandoc(plan.protocol.protocol.__doc__ or ""),
        experimenters=plan.experimenters,
        changed=dict(plan.changed),
        operator=plan.operator,
        speed=speed,
        before_ul=before_ul,
        emulated=plan.rig.emulated,
    )


def _own_files(plan: Plan) -> dict[str, str]:
    """Return the lab's own Python files: those that classes were named by, as text."""
    names = [plan.protocol.config.protocol, plan.rig.config.simulation.mouse]
    names += [plan.mouse.name] if plan.mouse else []
    names += [plan.rig.config.simulation.emulation] if plan.rig.emulated else []
    names += [table["driver"] for table in plan.rig.config.devices.values()]
    paths = {name.rpartition(":")[0] for name in names}
    own = sorted(path for path in paths if path.endswith(".py"))
    return {path: _text(plan.lab.folder / path) for path in own}


@functools.cache
def _packages() -> dict[str, str]:
    """Return the versions of all installed packages, by name."""
    found = {each.metadata["Name"]: each.version for each in distributions()}
    return {name: found[name] for name in sorted(found)}


@functools.cache
def _lock_sha256() -> str:
    """Return the SHA-256 of the file that pins all packages; empty outside a checkout."""
    lock = _REPOSITORY / "requirements.lock"
    return hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else ""


@functools.cache
def _code_sha256() -> str:
    """Return the SHA-256 of our own code: of all its files, in the order of their names."""
    sha = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted((_REPOSITORY / package).rglob("*.py")):
            sha.update(f"{path.relative_to(_REPOSITORY).as_posix()}\n".encode())
            sha.update(path.read_bytes())
    return sha.hexdigest()


@functools.cache
def _git_state() -> tuple[str | None, bool | None]:
    """Return the commit of this checkout and whether it is changed; None if it is none."""
    try:
        if Path(_git("rev-parse", "--show-toplevel")).resolve() != _REPOSITORY:
            return None, None
        commit = _git("rev-parse", "HEAD")
        return commit, bool(_git("status", "--porcelain"))
    except (OSError, subprocess.SubprocessError):
        return None, None


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(_REPOSITORY), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=5)
    return done.stdout.strip()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot be read: {error}", str(path), "Check the file.") from error


def _timing(plan: Plan, devices: Mapping[str, Device]) -> list[Path]:
    """Return the record of the rig's timing; nothing if there is none, or all is simulated."""
    path = plan.lab.folder / timing_file(plan.rig.name)
    is_real = any(not device.simulated for device in devices.values())
    return [path] if is_real and path.is_file() else []


def _placement(plan: Plan, stimuli: Stimuli) -> list[Path]:
    """Return the record by which disks were carried; nothing if none were."""
    if not stimuli.flashes or placement_of(plan.lab, plan.subject.id, plan.rig.name) is None:
        return []
    return [plan.lab.folder / placement_file(plan.subject.id)]


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name
