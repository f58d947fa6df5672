"""The TOML files of a lab: three kinds, because three people own them.

The rig engineer owns ``rigs/*.toml``, the scientist ``protocols/*.toml`` and ``curricula/*.toml``
(`rig.curriculum`), the operator ``subjects/*.toml``; ``lab.toml`` says where the data live.
Unknown keys are refused everywhere, and every mistake of a file is reported at once.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pydantic
from pydantic_core import ErrorDetails

from rig.errors import CheckFailed, ConfigError, Problem
from rig.frozen import FrozenModel, Items
from rig.water_policy import CLOCK, WaterConfig

Model = TypeVar("Model", bound=pydantic.BaseModel)
_FILE_NAME, _PERSON, _SEX = r"^[A-Za-z0-9][A-Za-z0-9_-]*$", r"^[^,]+, [^,]+$", "^[MFUO]$"
_NUMBER = r"^\S*$"
_PATTERNS = {
    _FILE_NAME: "is no name: a name has letters, digits, _ and - only",
    _PERSON: "is no person: write 'Last, First'",
    _SEX: "is no sex: write M, F, U (unknown) or O (other)",
    CLOCK: "is no time of the day: write it as 17:00",
    _NUMBER: "is no USB number: these have no spaces",
}
"""What a text is not, if it does not match its pattern."""
FileName = Annotated[str, pydantic.Field(pattern=_FILE_NAME)]
PersonName = Annotated[str, pydantic.Field(pattern=_PERSON)]


class RecordingConfig(FrozenModel):
    """How sessions are recorded.

    In real time the record is forced to the disk every `sync_every` seconds, and at the end of
    each trial if `sync_each_trial`. When they have ended, sessions have a page written if `report`,
    and those in real time are exported to `export`, in the background.
    """

    sync_every: float = pydantic.Field(default=0.1, ge=0.01, le=60)
    sync_each_trial: bool = True
    report: bool = True
    export: Items[Literal["nwb", "csv", "alf"]] = ()


class LabLimits(FrozenModel):
    """Where a person is asked before a session.

    A calibration that is older than so many days needs a reason, and is `overdue` behind that. A
    drop of a spot check may differ by the share `spot_check_tolerance` from what was ordered. The
    dots of a daily check may lie `dots_um` from where they were. A disk with less than `free_gb`
    beside what two sessions need is told of.
    """

    AGING: ClassVar[tuple[str, ...]] = ("valve", "speaker", "screen", "projector", "light")

    valve_calibration_days: int = pydantic.Field(default=30, ge=1, le=3650)
    valve_overdue_days: int = pydantic.Field(default=90, ge=1, le=3650)
    speaker_calibration_days: int = pydantic.Field(default=30, ge=1, le=3650)
    speaker_overdue_days: int = pydantic.Field(default=90, ge=1, le=3650)
    screen_calibration_days: int = pydantic.Field(default=90, ge=1, le=3650)
    screen_overdue_days: int = pydantic.Field(default=180, ge=1, le=3650)
    projector_calibration_days: int = pydantic.Field(default=90, ge=1, le=3650)
    projector_overdue_days: int = pydantic.Field(default=180, ge=1, le=3650)
    light_calibration_days: int = pydantic.Field(default=30, ge=1, le=3650)
    light_overdue_days: int = pydantic.Field(default=90, ge=1, le=3650)
    spot_check_tolerance: float = pydantic.Field(default=0.15, ge=0.01, le=0.5)
    dots_um: float = pydantic.Field(default=20.0, ge=1, le=1000)
    free_gb: float = pydantic.Field(default=10, ge=0, le=1e6)

    @pydantic.model_validator(mode="after")
    def _check_order(self) -> Self:
        """A calibration is not overdue before it is old."""
        for kind in self.AGING:
            usual, overdue = self.days_of(kind)
            if overdue < usual:
                raise ValueError(f"{kind}_overdue_days is less than {kind}_calibration_days")
        return self

    def days_of(self, kind: str) -> tuple[int, int]:
        """Return after how many days a kind of calibration is old, and after how many overdue."""
        values = self.model_dump()
        return values[f"{kind}_calibration_days"], values[f"{kind}_overdue_days"]


class LabConfig(FrozenModel):
    """``lab.toml``: the lab.

    `experimenters` are persons as ``Last, First``: who runs a session, unless another is named.
    `ledger` is a file in the lab's folder, or the address of a PostgreSQL database. `timezone` is
    where a day begins and ends, as in ``Europe/Vienna``; empty if this computer's zone is right.
    `balance` is the USB number of the balance on which mice are weighed; empty if a person types.
    """

    name: str
    institution: str = ""
    experimenters: Items[PersonName] = ()
    data: str = "data"
    min_free_mb: float = pydantic.Field(default=500, ge=0)
    recording: RecordingConfig = RecordingConfig()
    limits: LabLimits = LabLimits()
    ledger: str = pydantic.Field(default="ledger.db", min_length=1)
    timezone: str = ""
    balance: str = pydantic.Field(default="", pattern=_NUMBER)
    water: WaterConfig = WaterConfig()

    @pydantic.field_validator("timezone")
    @classmethod
    def _check_zone(cls, zone: str) -> str:
        """The zone is known here."""
        try:
            return ZoneInfo(zone).key if zone else zone
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("no such time zone is known: write one as Europe/Vienna") from None


class Simulation(FrozenModel):
    """The virtual mouse of a rig, used when its devices are simulated or emulated.

    `emulation` is the class that stands in for its hardware, and `card` the model of NI card that
    is emulated.
    """

    mouse: str = "hardware.virtual_mouse:LearningMouse"
    emulation: str = "hardware.emulators.emulated_rig:EmulatedRig"
    card: str = "pci_6221"
    settings: dict[str, Any] = pydantic.Field(default_factory=dict)


class SyncConfig(FrozenModel):
    """Digital outputs that tell other recorders what happens; each stands for one signal.

    `onset` gives a pulse when stimuli begin, and devices with a `trigger` begin at its edge;
    `trial` and `trial_types` give one when a trial begins, or one of that type; `barcode` gives
    pulses at random intervals. Lines of `states` are on while a state lasts, those of `inputs`
    while an input is.
    """

    onset: str = ""
    trial: str = ""
    barcode: str = ""
    states: dict[str, str] = pydantic.Field(default_factory=dict)
    trial_types: dict[str, str] = pydantic.Field(default_factory=dict)
    inputs: dict[FileName, str] = pydantic.Field(default_factory=dict)


class GuardianConfig(FrozenModel):
    """The process that closes the outputs of a rig when the engine cannot.

    It does so when the engine is silent for `longest_silence` seconds. A session that is silent so
    long between two trials, for a protocol that computes or a disk that stalls, is ended, too.
    """

    longest_silence: float = pydantic.Field(default=0.5, ge=0.05, le=10)


class RigConfig(FrozenModel):
    """``rigs/NAME.toml``: the devices of one rig, and how they are wired.

    `setup` says in a word what kind of rig it is; protocols that name another do not run on it.
    `balance` is the USB number of the balance under its spouts; empty if a person reads one.
    """

    setup: str = ""
    balance: str = pydantic.Field(default="", pattern=_NUMBER)
    devices: dict[FileName, dict[str, Any]]
    sync: SyncConfig = SyncConfig()
    guardian: GuardianConfig = GuardianConfig()
    simulation: Simulation = Simulation()


class Limits(FrozenModel):
    """When a session ends by itself, whatever the protocol says.

    At `max_duration` the running trial may still take `last_trial` seconds; then it is aborted.
    """

    max_trials: int = pydantic.Field(default=1000, ge=1, le=100_000)
    max_duration: float = pydantic.Field(default=3600.0, gt=0, le=86_400)
    last_trial: float = pydantic.Field(default=60.0, ge=0, le=3600)
    max_water_ul: float = pydantic.Field(default=1500.0, gt=0, le=5000)


class SessionConfig(FrozenModel):
    """``protocols/NAME.toml``: an experiment with its parameters and limits.

    `setup` is the kind of rig that it is meant for; empty if any rig will do.
    """

    protocol: str
    setup: str = ""
    params: dict[str, Any] = pydantic.Field(default_factory=dict)
    session: Limits = Limits()


def sex_words(sex: str) -> str:
    """Return a sex as a person reads it.

    Examples
    --------
    >>> sex_words("F"), sex_words("U")
    ('F', 'unknown')
    """
    return {"U": "unknown", "O": "other"}.get(sex, sex)


class Subject(FrozenModel):
    """``subjects/NAME.toml``: one mouse, real or virtual.

    `curriculum` is the file of the curriculum that it is meant for; empty if it is in none.

    `ear_tag`, `cage` and `mark` are what persons tell it by.
    `mouse_class` is the class of a virtual mouse, as a rig file names it, and `mouse` its settings.
    If it is empty, the mouse is that of the rig, and `mouse` lies over the rig's settings.

    `params` holds the mouse's own parameters by protocol file, without its ending: they lie over
    those of the file and of a stage.
    """

    id: FileName
    ear_tag: str = ""
    cage: str = ""
    mark: str = ""
    simulated: bool = False
    species: str = "Mus musculus"
    sex: str = pydantic.Field(default="U", pattern=_SEX)
    date_of_birth: date | None = None
    strain: str = ""
    genotype: str = ""
    weight_g: float | None = pydantic.Field(default=None, gt=0, le=100)
    description: str = ""
    mouse_class: str = ""
    mouse: dict[str, Any] = pydantic.Field(default_factory=dict)
    params: dict[FileName, dict[str, Any]] = pydantic.Field(default_factory=dict)
    curriculum: str = ""


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file; raise `ConfigError` if it is missing or no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        near = difflib.get_close_matches(
            path.name, [other.name for other in path.parent.glob("*.toml")], n=1
        )
        do = f"Did you mean {near[0]}?" if near else "Check its path, or make it."
        raise ConfigError("there is no such file", str(path), do) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", str(path), "Check the file.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"is not valid TOML: {error}", str(path), "Mend that line.") from error


def read_config(path: Path, model: type[Model]) -> Model:
    """Return a validated file; raise `CheckFailed` with all its mistakes, or `ConfigError`."""
    return validated(model, read_toml(path), str(path))


def validated(model: type[Model], data: object, file: str, key: str = "") -> Model:
    """Return `data`, which stands in `file` under `key`, as a `model`.

    Raises
    ------
    CheckFailed
        With every mistake in it.
    """
    try:
        return model.model_validate(data)
    except pydantic.ValidationError as error:
        details = [each for each in error.errors() if not _follows(each, error.errors())]
        raise CheckFailed([_problem(each, model, file, key) for each in details]) from None


def laid_over(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with others laid over them, tables inside tables too.

    A table of another `form` takes the place of the whole table.

    Examples
    --------
    >>> laid_over({"go": {"x_um": 1, "diameter_um": 360}}, {"go": {"diameter_um": 720}})
    {'go': {'x_um': 1, 'diameter_um': 720}}
    """
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            form = below.get("form")
            merged[key] = laid_over(below, value) if value.get("form", form) == form else value
        else:
            merged[key] = value
    return merged


def resolved(model: pydantic.BaseModel) -> dict[str, Any]:
    """Return a model's values, defaults included, as plain data."""
    return model.model_dump(mode="json")


def _problem(
    detail: ErrorDetails, model: type[pydantic.BaseModel], file: str, prefix: str
) -> Problem:
    """Return one of pydantic's findings as one of ours."""
    schema = model.model_json_schema()
    names = set(_field_names(schema))
    forms = set(_forms(schema)) - names
    path = [str(part) for part in detail["loc"] if part not in forms]
    at = ", ".join(filter(None, (file, ".".join(filter(None, (prefix, *path))))))
    key = path[-1] if path else ""
    if detail["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key, sorted(names - {key}), n=1)
        do = f"Did you mean '{near[0]}'?" if near else f"Known keys: {', '.join(sorted(names))}."
        return Problem(f"unknown key '{key}'", at, do)
    if detail["type"] == "missing":
        return Problem(f"key '{key}' is missing", at, "Add it.")
    if detail["type"] == "union_tag_not_found":
        where = f"{at}.form"
        return Problem(
            "key 'form' is missing", where, f"Add it: one of {', '.join(sorted(forms))}."
        )
    if detail["type"] == "string_pattern_mismatch":
        return Problem(
            f"'{detail['input']}' {_PATTERNS[detail['ctx']['pattern']]}", at, "Change it."
        )
    message = detail["msg"].removeprefix("Value error, ").replace("valid tuple", "valid list")
    message = message[0].lower() + message[1:]
    if not isinstance(detail["input"], dict | list):
        message += f", not {detail['input']!r}"
    return Problem(message, at, "Change the value.")


def _follows(detail: ErrorDetails, others: list[ErrorDetails]) -> bool:
    """Whether a list is called too short only because items in it are wrong."""
    place = detail["loc"]
    inside = [each for each in others if len(each["loc"]) > len(place)]
    return detail["type"] == "too_short" and any(
        each["loc"][: len(place)] == place for each in inside
    )


def _forms(schema: dict[str, Any]) -> Iterator[str]:
    """Return the forms that tables of a model may have."""
    for part in schema.get("$defs", {}).values():
        form = part.get("properties", {}).get("form", {}).get("const")
        if form is not None:
            yield form


def _field_names(schema: dict[str, Any]) -> Iterator[str]:
    """Return the names of all keys that a model and the models inside it know."""
    for part in (schema, *schema.get("$defs", {}).values()):
        yield from part.get("properties", {})
