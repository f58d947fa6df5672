"""Writes the lab of a recorded session anew, from the record alone, and plans the session in it.

What the lab's own files say today makes no difference then.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from rig.clock import VirtualClock
from rig.config import LabConfig, read_config, validated
from rig.errors import ConfigError, RecordingError
from rig.events import Definition
from rig.inbox import Inbox
from rig.lab import LAB_TOML, Lab
from rig.plan import MousePlan, Plan, StageParams, plan_mouse, plan_protocol, with_stage
from rig.plugins import load_class
from rig.rig_plan import RigPlan, new_context, plan_rig
from rig.room import Mouse
from rig.session_folder import SOUNDS
from rig.session_record import SessionRecord
from rig.sound_files import kept_name
from rig.stream_store import Drain


def write_lab(record: SessionRecord, folder: Path, within: Path) -> Lab:
    """Write the files that a session was made of into a new folder; return that lab.

    Its sessions go to ``data`` in that folder, wherever ``lab.toml`` has them.

    Parameters
    ----------
    record
        The session; copies of its sound files lie in its folder.
    folder
        The lab's new folder.
    within
        The folder that no file may leave, whatever paths the record holds.

    Raises
    ------
    ConfigError
        If a file lay outside of the lab's folder and would leave `within`.
    RecordingError
        If the copy of a sound file is missing or is another one, or nothing can be written.
    """
    was = record.definition
    texts = {
        LAB_TOML: was.lab_toml,
        f"rigs/{was.rig}.toml": was.rig_toml,
        f"protocols/{was.protocol}.toml": was.protocol_toml,
        f"subjects/{was.subject}.toml": was.subject_toml,
        **was.calibration_toml,
        **was.own_files,
    }
    files = {name: text.encode() for name, text in texts.items()}
    for name, sha256 in was.sound_files.items():
        files[name] = _kept_sound(record, name, sha256)
    for name in files:
        _check_inside(folder / name, within)
    for name, content in files.items():
        _write(folder / name, content)
    config = read_config(folder / LAB_TOML, LabConfig)
    return Lab(folder, config.model_copy(update={"data": "data"}))


def plan_recorded(record: SessionRecord, lab: Lab) -> Plan:
    """Return the plan of a recorded session in its lab, on the twins of its rig, without a mouse.

    Raises
    ------
    CheckFailed
        If today's program does not take what the session was made of.
    ConfigError
        If a file that its rig names by another place than the lab's folder has changed since.
    """
    was = record.definition
    rig = plan_rig(lab, lab.folder / "rigs" / f"{was.rig}.toml", simulate=True)
    _check_outside(was, lab, rig)
    protocol = plan_protocol(lab, lab.folder / "protocols" / f"{was.protocol}.toml")
    params = StageParams(was.stage, was.params, f"{record.folder.name}, parameters")
    return Plan(
        lab,
        rig,
        with_stage(protocol, params),
        lab.subject(was.subject),
        mouse=None,
        seed=was.seed,
        stage=was.stage,
        experimenters=was.experimenters,
        changed=was.changed,
        operator=was.operator,
    )


def recorded_mouse(record: SessionRecord, plan: Plan) -> MousePlan:
    """Return the virtual mouse of a session; for a real mouse that of its rig, a naive one."""
    was = record.definition
    if was.mouse is None:
        return plan_mouse(plan.lab, plan.rig, plan.subject)
    where = f"{record.folder.name}, settings of the mouse"
    mouse = load_class(was.mouse, Mouse, plan.lab.folder, where)
    settings = validated(mouse.Settings, was.mouse_settings, where)
    return MousePlan(was.mouse, mouse, settings, was.mouse_memory)


def _check_outside(was: Definition, lab: Lab, rig: RigPlan) -> None:
    """Raise `ConfigError` if a file that lies nowhere near the lab is not what it was."""
    devices = rig.devices(new_context(lab, VirtualClock(), Inbox(), None, Drain()))
    files = [path for device in devices.values() for path in device.files()]
    for path in files:
        outside = not path.is_relative_to(lab.folder)
        if outside and path.read_text(encoding="utf-8") != was.calibration_toml.get(path.name):
            raise ConfigError(
                "the file lies outside of the lab's folder, and has changed since the session",
                str(path),
                "Put back what the record holds: `rig journal SESSION --json`, calibration_toml.",
            )


def _kept_sound(record: SessionRecord, file: str, sha256: str) -> bytes:
    """Return the content of a sound's file, as the session's folder keeps it."""
    path = record.folder.path / SOUNDS / kept_name(file)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RecordingError(
            f"the copy of a sound's file cannot be read: {error.strerror}",
            str(path),
            "Put the session's whole folder there, not its journal alone.",
        ) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise RecordingError(
            "the copy of a sound's file is not the one that was played",
            str(path),
            "Put the session's whole folder there as it was recorded.",
        )
    return content


def _check_inside(path: Path, within: Path) -> None:
    """Raise `ConfigError` if a file would leave a folder."""
    if not path.resolve().is_relative_to(within.resolve()):
        raise ConfigError(
            "the session was made of a file outside of its lab's folder",
            str(path),
            "Put such files into the lab's folder before the session.",
        )


def _write(path: Path, content: bytes) -> None:
    """Write a file and the folders that it lies in."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise RecordingError(
            f"the lab of the session cannot be written: {error.strerror}",
            str(path),
            "Check the rights on the folder, or free some space.",
        ) from error
