"""``rig calibrations``: what is in force on the lab's rigs, how old it is, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import msgspec

from calibration.light_power import PowerFile, read_power
from calibration.map_file import MapFile
from calibration.projector import ProjectorCalibration, ProjectorFile
from calibration.screen import ScreenCalibration, ScreenFile
from calibration.speaker import SpeakerCalibration, SpeakerFile
from calibration.store import lacks_copy, record_file
from calibration.syringe import SyringeCalibration, SyringeFile
from calibration.valve import ValveCalibration, ValveFile
from calibration.vessels_reference import VesselsReference
from hardware.syringe_pump import SyringePumpSettings
from rig.calibration_age import foreign, record_of
from rig.calibration_checks import SPOT_CHECKS, dots_against
from rig.calibration_record import Calibration, read_calibration
from rig.calibrations import InForce, State
from rig.config import LabLimits, RigConfig, read_config
from rig.console import JsonOption, LabOption, console, print_json, print_table, the_lab
from rig.errors import Problem, RigError, problems_of
from rig.lab import Lab
from rig.placement import Placement
from rig.rig_plan import plan_device
from rig.timing import TIMING, TimingFile, timing_file

Reader = Callable[[Path, str], object]
OF_SUBJECTS: tuple[type[Calibration], ...] = (VesselsReference, Placement, MapFile)
"""What is measured of a mouse, at a rig; its file is called by mouse and kind."""


READERS: dict[type[Calibration], Reader] = {
    ValveFile: ValveCalibration,
    SyringeFile: SyringeCalibration,
    SpeakerFile: SpeakerCalibration,
    ScreenFile: ScreenCalibration,
    ProjectorFile: ProjectorCalibration,
    PowerFile: read_power,
}
"""What devices read their files by; of others nothing but the file itself can be wrong."""
FILES: dict[str, type[Calibration]] = {
    "valve": ValveFile,
    "speaker": SpeakerFile,
    "display": ScreenFile,
    "projector": ProjectorFile,
}
"""By the kind of device; a syringe pump is a valve that has another one."""
OTHERS: dict[str, type[Calibration]] = {"light": PowerFile}
"""What further keys of a device's settings name."""


VERBS: dict[type[Calibration], tuple[str, ...]] = {
    ValveFile: ("valve", "spot-check"),
    SpeakerFile: ("speaker",),
    ScreenFile: ("screen",),
    ProjectorFile: ("projector", "dots"),
    PowerFile: ("light",),
    TimingFile: ("timing",),
    VesselsReference: ("vessels",),
    Placement: ("vessels",),
    MapFile: ("map",),
}
"""What of ``rig calibrate`` is for each; a syringe is calibrated by hand."""


def calibrations(lab: LabOption = None, json: JsonOption = False) -> None:
    """List the calibrations that the lab's rigs use: their age, and whether they can be used."""
    the = the_lab(lab)
    today = date.today()
    found = [each for path in the.files("rigs") for each in of_rig(the, path, today)]
    found += of_subjects(the, today)
    if json:
        print_json(found)
        return
    if not found:
        console.print("No rig of this lab names a calibration.")
        return
    print_table(
        ("rig", "device", "kind", "state", "days", "file, and what is said of it"),
        [
            (
                each.rig,
                each.device,
                each.kind,
                each.state,
                each.days,
                " ".join(filter(None, (f"{each.file}.", each.words))),
            )
            for each in found
        ],
    )


def of_rig(lab: Lab, rig: Path, today: date) -> list[InForce]:
    """Return what is in force on a rig; devices whose settings cannot be read are left out."""
    found = []
    try:
        devices = read_config(rig, RigConfig).devices
    except RigError:
        return []
    for name, table in devices.items():
        try:
            driver, settings = plan_device(lab, rig, name, table, simulate=False)
        except RigError:
            continue
        pump = isinstance(settings, SyringePumpSettings)
        models = {"calibration": SyringeFile if pump else FILES.get(driver.kind), **OTHERS}
        for key, model in models.items():
            file = settings.model_dump().get(key)
            if model is not None and isinstance(file, str) and file:
                entry = _named(rig, name, file, model, simulated=driver.simulated)
                found.append(_looked_at(lab, entry, model, today))
    timing = timing_file(rig.resolve().stem)
    if (lab.folder / timing).exists():
        entry = _named(rig, TIMING, timing, TimingFile, simulated=False)
        whole = msgspec.structs.replace(entry, named_by="")
        found.append(_looked_at(lab, whole, TimingFile, today))
    return found


def of_subjects(lab: Lab, today: date) -> list[InForce]:
    """Return what is in force of mice: pictures of their blood vessels, and maps of tones."""
    return [
        _looked_at(lab, _of_subject(lab, mouse.stem, file, model), model, today)
        for mouse in lab.files("subjects")
        for model in OF_SUBJECTS
        if (lab.folder / (file := f"calibration/{mouse.stem}-{model.kind}.toml")).exists()
    ]


def _of_subject(lab: Lab, subject: str, file: str, model: type[Calibration]) -> InForce:
    """Return what a file of a mouse says: at which rig it was measured."""
    rig = str(record_of(lab.folder / file).get("rig", ""))
    verbs = VERBS[model]
    return InForce(rig, subject, model.kind, file, "refused", verbs=verbs, named_by="subject")


def _named(
    rig: Path, device: str, file: str, model: type[Calibration], *, simulated: bool
) -> InForce:
    """Return what a rig file says of a calibration."""
    name = rig.resolve().stem
    return InForce(name, device, model.kind, file, "refused", simulated, VERBS.get(model, ()))


def _looked_at(lab: Lab, entry: InForce, model: type[Calibration], today: date) -> InForce:
    """Return what is found in the file that a rig file names."""
    file, path = entry.file, lab.folder / entry.file
    if not path.exists():
        return msgspec.structs.replace(entry, state="missing", words="Calibrate it.")
    try:
        read = read_calibration(lab.folder, file, model)
        if model in READERS:
            READERS[model](lab.folder, file)
    except RigError as error:
        first = problems_of(error)[0]
        return msgspec.structs.replace(entry, words=_sentences(first))
    days = (today - read.measured_on).days
    known = msgspec.structs.replace(
        entry,
        measured_on=read.measured_on,
        by=read.measured_by,
        days=days,
        due=_due(model, read.measured_on, lab.config.limits),
        id=read.record.id if read.record else "",
        picture=_picture(lab, read),
    )
    strange = foreign(path, entry.rig, entry.device)
    if strange:
        return msgspec.structs.replace(known, words=_sentences(strange))
    typed = "" if read.record else "Typed by hand."
    last = _last_check(lab, entry.rig, entry.device, model, read)
    lack = lacks_copy(lab.folder, file, read)
    words = " ".join(filter(None, (typed, last, _sentences(lack) if lack else "")))
    return msgspec.structs.replace(known, state=_state(model, days, lab.config.limits), words=words)


def _sentences(problem: Problem) -> str:
    return f"{problem.what[:1].upper()}{problem.what[1:]}. {problem.do}"


def _days(model: type[Calibration], limits: LabLimits) -> tuple[int, int] | None:
    """Return after how many days a calibration is old, and overdue; None if it never is."""
    return limits.days_of(model.kind) if model.kind in limits.AGING else None


def _state(model: type[Calibration], days: int, limits: LabLimits) -> State:
    """Return whether a calibration is too old; the others have no age at which."""
    usual, overdue = _days(model, limits) or (days, days)
    if days < 0:
        return "ahead"
    return "good" if days <= usual else "old" if days <= overdue else "overdue"


def _due(model: type[Calibration], measured_on: date, limits: LabLimits) -> date | None:
    days = _days(model, limits)
    return measured_on + timedelta(days=days[0]) if days else None


def _picture(lab: Lab, record: Calibration) -> str:
    """Return the file of a record's picture; empty if there is none."""
    if record.record is None:
        return ""
    picture = record_file(lab.folder, record).with_suffix(".png")
    return str(picture) if picture.is_file() else ""


def _last_check(
    lab: Lab, rig: str, device: str, model: type[Calibration], read: Calibration
) -> str:
    """Return what the last spot check of a valve, or the last daily one of a projector, came to."""
    try:
        if model is ValveFile:
            checks = SPOT_CHECKS.of(lab, rig, device)
            return f"Spot check {checks[-1].at:%Y-%m-%d}: {checks[-1].words}." if checks else ""
        if model is ProjectorFile and read.record:
            dots = dots_against(lab, rig, device, read.record.id)
            return f"On {dots[-1].at:%Y-%m-%d} {dots[-1].words}." if dots else ""
    except RigError as error:
        return f"{error.what}."
    return ""
