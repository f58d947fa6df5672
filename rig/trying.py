"""Tries the devices of a rig one after the other, without a session."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec

from rig.bench import Bench, Look, Wanted, look_at, opened
from rig.calibration_age import LIGHT, ages
from rig.clock import SystemClock
from rig.config import LabLimits, RigConfig, read_config
from rig.devices import Device, DigitalOutput, Speaker
from rig.errors import ConfigError, Problem, RigError, problems_of
from rig.lab import Lab
from rig.locks import hold
from rig.rig_plan import plan_device
from rig.session_folder import check_data_folder, nearest_folder

DISK = "disk"
"""What the disk is called among the devices."""


class Tried(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What came of trying one device; the disk stands among them, as the device ``disk``.

    Attributes
    ----------
    device, kind
        Its name in the rig file, and what kind of device it is.
    ran
        Name of the class that ran: the driver itself or its twin.
    simulated
        Whether that was a twin.
    state
        ``good``; ``warn`` if a session can be run, but somebody should look; ``bad`` if not.
    words
        What was found, in a sentence.
    value
        What was read, as text: ``off``, ``1.18 to 10.95 uL``, ``30 frames``.
    do
        What to do about it; empty if nothing is to be done.
    seconds
        How long it took.
    fix
        ``calibrate`` if a calibration mends it; else empty.
    """

    device: str
    kind: str
    ran: str
    simulated: bool
    state: Literal["good", "warn", "bad"]
    words: str
    value: str = ""
    do: str = ""
    seconds: float = 0.0
    fix: Literal["", "calibrate"] = ""


def decode(text: bytes) -> list[Tried]:
    """Return what ``rig try --json`` printed; raise `msgspec.MsgspecError` if it is not."""
    return msgspec.json.decode(text, type=list[Tried])


def try_rig(
    lab: Lab, path: Path, wanted: Wanted, *, simulate: bool, only: str | None = None
) -> list[Tried]:
    """Try the devices of a rig and the disk; each is off and closed when this returns.

    A device that cannot be tried does not keep the others from it.

    Parameters
    ----------
    lab, path
        The lab and the rig file.
    wanted
        What is asked of the devices beside opening them.
    simulate
        Whether every device is replaced by its twin.
    only
        The one device to try, or ``disk``; None tries all.

    Raises
    ------
    ConfigError
        If the rig file cannot be read, or there is no such device.
    BusyError
        If a session runs on the rig.
    """
    config = read_config(path, RigConfig)
    names = [*config.devices, DISK]
    if only is not None and only not in names:
        raise ConfigError(
            f"there is no device '{only}'", str(path), f"Name one of: {', '.join(names)}."
        )
    chosen = [name for name in names if only in (None, name)]
    rig = path.resolve().stem
    with hold(lab.locks, "rig", rig, f"a check of '{rig}'"):
        return [
            _try_disk(lab)
            if name == DISK and name not in config.devices
            else _try_device(lab, path, name, config, wanted, simulate=simulate)
            for name in chosen
        ]


def _try_device(
    lab: Lab, path: Path, name: str, config: RigConfig, wanted: Wanted, *, simulate: bool
) -> Tried:
    bench = Bench(SystemClock())
    tried = Tried(name, "", "", False, "bad", "")
    calibration = ""
    try:
        table = config.devices[name]
        driver, settings = plan_device(lab, path, name, table, simulate=simulate)
        tried = Tried(name, driver.kind, driver.__qualname__, driver.simulated, "bad", "")
        calibration = str(settings.model_dump().get("calibration") or "")
        context = bench.context(lab.folder)
        device = driver(name, settings, context)
        with contextlib.ExitStack() as stack:
            onset = config.sync.onset
            if isinstance(device, Speaker) and wanted.tone and onset in config.devices:
                table = config.devices[onset]
                driver, settings = plan_device(lab, path, onset, table, simulate=simulate)
                stack.enter_context(_at_hand(driver(onset, settings, context), bench))
            look = _look(device, bench, wanted, lambda problem: _found(problem, lab, name))
        look, is_old = _with_age(look, name, device, lab.config.limits)
        tried = msgspec.structs.replace(tried, fix="calibrate" if is_old else "")
    except RigError as error:
        first = problems_of(error)[0]
        look = Look("bad", _found(first, lab, name), "", first.do)
        if calibration and first.where.startswith(str(lab.folder / calibration)):
            tried = msgspec.structs.replace(tried, fix="calibrate")
    except Exception as error:  # a driver of the lab's own may raise anything
        words = f"It raised {type(error).__name__}: {error}"
        look = Look("bad", words, "", "Look at the device, and at its driver.")
    return _told(tried, look, bench.clock.now())


def _look(device: Device, bench: Bench, wanted: Wanted, in_words: Callable[[Problem], str]) -> Look:
    """Open a device, look at it, and make it harmless."""
    problems = device.check()
    errors = [each for each in problems if each.level == "error"]
    for each in errors[:1]:
        return Look("bad", in_words(each), "", each.do)
    with tempfile.TemporaryDirectory() as folder, opened(device, Path(folder)):
        look = look_at(device, bench, wanted)
    if problems and look.state == "good":
        return replace(look, state="warn", words=in_words(problems[0]), do=problems[0].do)
    return look


@contextlib.contextmanager
def _at_hand(onset: Device, bench: Bench) -> Iterator[None]:
    """Open the output that starts the devices of a rig which have a trigger."""
    with opened(onset, Path()):
        bench.onset = onset if isinstance(onset, DigitalOutput) else None
        yield


def _found(problem: Problem, lab: Lab, device: str) -> str:
    """Return a mistake as a sentence, with its place if that is not the device itself."""
    what = f"{problem.what[:1].upper()}{problem.what[1:]}"
    place = problem.where.removeprefix(f"{lab.folder}{os.sep}")
    return f"{what}." if place == f"device '{device}'" else f"{what} ({place})."


def _with_age(look: Look, name: str, device: Device, limits: LabLimits) -> tuple[Look, bool]:
    """Return what was found with the age of the calibration, and whether that is too old."""
    is_old = False
    for age in ages({name: device}, date.today()):
        usual, _ = limits.days_of(age.kind)
        told = f"light {age.words}" if age.kind == LIGHT else age.words
        look = replace(look, words=f"{look.words} {told[:1].upper()}{told[1:]}.")
        old = not device.simulated and (age.days is None or not 0 <= age.days <= usual)
        is_old = is_old or old
        if old and look.state == "good":
            look = replace(look, state="warn", do=f"Calibrate it (limit {usual} days).")
    return look, is_old


def _try_disk(lab: Lab) -> Tried:
    bench = Bench(SystemClock())
    tried = Tried(DISK, DISK, "", False, "bad", "")
    try:
        check_data_folder(lab.data, lab.config.min_free_mb)
        free_gb = shutil.disk_usage(nearest_folder(lab.data)).free / 1e9
        look = Look("good", f"{lab.data} can be written.", f"{free_gb:.0f} GB free")
    except RigError as error:
        look = Look("bad", f"{error.what[:1].upper()}{error.what[1:]}.", "", error.do)
    except OSError as error:
        look = Look("bad", str(error), "", "Check the rights on the folder.")
    return _told(tried, look, bench.clock.now())


def _told(tried: Tried, look: Look, seconds: float) -> Tried:
    return msgspec.structs.replace(
        tried,
        state=look.state,
        words=look.words,
        value=look.value,
        do=look.do,
        seconds=round(seconds, 3),
    )
