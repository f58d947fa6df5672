"""What a person sees on one page before a session is started: the parts of an Arm sheet.

These are plain records: `rig.arming` fills them in, ``rig preflight --json`` prints them, and who
shows them reads them back with `decode`.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Level = Literal["ok", "note", "confirm", "override", "stop"]
"""How grave a guard is: fine; told; to be confirmed; to be overruled with a reason; no session."""
Needs = Literal["", "click", "reason"]
"""What a person has to give before the session may be started in spite of a guard."""
LEVELS: tuple[Level, ...] = ("ok", "note", "confirm", "override", "stop")
"""From the least to the most grave."""
_GREEN: tuple[Level, ...] = ("ok", "note")


class Guard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that was looked at before the session.

    Attributes
    ----------
    name
        What was looked at, in a word or two: ``mouse``, ``ran today``, ``calibration of valve``.
    level
        How grave it is.
    text
        What was found, in a sentence.
    do
        What to do about it; empty if there is nothing to be done.
    needs
        What a person has to give: a click, or a reason in words. Empty for ``ok``, ``note`` and
        ``stop``.
    """

    name: str
    level: Level
    text: str
    do: str = ""
    needs: Needs = ""


class SubjectCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The mouse, as a person tells it from others.

    Attributes
    ----------
    id
        Name of its file; what was typed if there is no such mouse.
    known
        Whether there is such a mouse, and its file is right.
    ear_tag, cage, mark
        What is written on it and on its cage, and by what mark it is told from its mates.
    simulated
        Whether it is a virtual mouse.
    sex, strain, description
        From its file.
    curriculum
        The curriculum that it is in, or that its file names; empty if it is in none.
    """

    id: str
    known: bool
    ear_tag: str = ""
    cage: str = ""
    mark: str = ""
    simulated: bool = False
    sex: str = ""
    strain: str = ""
    description: str = ""
    curriculum: str = ""


class DeviceCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A device of a rig; `ran` is the class that will run, `simulated` whether it is a twin."""

    name: str
    kind: str
    ran: str
    simulated: bool


class RigCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rig.

    Attributes
    ----------
    name, file
        Its name, and its file relative to the lab's folder.
    setup
        What kind of rig it is; empty if its file does not say.
    simulated
        Whether every device will be replaced by its twin.
    busy
        Who uses it now, in words; empty if nobody does.
    devices
        Its devices in the order of its file; empty if the file is wrong.
    """

    name: str
    file: str
    setup: str = ""
    simulated: bool = False
    busy: str = ""
    devices: tuple[DeviceCard, ...] = ()


class ProtocolCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The protocol, with its parameters as the session would have them.

    Attributes
    ----------
    file, name
        Its file relative to the lab's folder, and the name of that file without its ending.
    description
        What the docstring of its class says.
    stage
        The stage that chose it, as ``CURRICULUM/STAGE``; empty if a person did.
    schema
        JSON schema of its parameters: types, limits, units and a sentence each.
    values
        The parameters of this session: file, stage, mouse, and what ``--set`` lays over them.
    base
        The same without ``--set``.
    defaults
        What the protocol itself has; a parameter without a default is not among them.
    """

    file: str
    name: str
    description: str
    stage: str
    schema: dict[str, Any]
    values: dict[str, Any]
    base: dict[str, Any]
    defaults: dict[str, Any]


class StageCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the mouse stands in its curriculum.

    Attributes
    ----------
    curriculum, stage
        Name of the curriculum, and of the stage in it.
    position, stages
        The stage's number (1, 2, ...), and how many there are.
    since
        When the mouse came to it, as ISO 8601 text.
    verdict
        What the rules suggest: ``hold``, ``promote`` or ``set_back``.
    target
        The stage that they suggest; the present one if they hold.
    sentence
        The suggestion with its reason.
    protocol
        File of the protocol that the stage chooses, relative to the lab's folder.
    off_plan
        Whether a person chose another protocol or another stage's parameters.
    """

    curriculum: str
    stage: str
    position: int
    stages: int
    since: str
    verdict: str
    target: str
    sentence: str
    protocol: str
    off_plan: bool = False


class LastSession(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The mouse's last session; figures are None if there is nothing to compute them from."""

    session: str
    day: str
    started_at: str
    rig: str
    protocol: str
    stage: str
    trials: int
    water_ml: float
    d_prime: float | None
    ended: str
    wrapped_up: bool


class SavingCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the session will be recorded.

    Attributes
    ----------
    folder
        The data folder.
    writable
        Whether something can be written into it.
    free_gb
        What is free on its disk; None if that is not known.
    expected_gb
        What this session may need at most, by the streams of its rig and its longest duration.
    """

    folder: str
    writable: bool
    free_gb: float | None
    expected_gb: float


class Preflight(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it. `protocol`, `stage` and `last` are None if there is none, or none is known."""

    subject: SubjectCard
    rig: RigCard
    protocol: ProtocolCard | None
    stage: StageCard | None
    last: LastSession | None
    saving: SavingCard
    guards: tuple[Guard, ...]

    @property
    def green(self) -> bool:
        """Whether the session may be started as it is: no guard is above ``note``."""
        return all(guard.level in _GREEN for guard in self.guards)

    @property
    def stopped(self) -> bool:
        """Whether a guard forbids the session."""
        return any(guard.level == "stop" for guard in self.guards)


class SubjectChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mouse to choose; `problem` says in words what is wrong with it, else it is empty.

    `stage` is its stage as ``CURRICULUM/STAGE``; empty if it is in no curriculum.
    """

    id: str
    ear_tag: str = ""
    cage: str = ""
    mark: str = ""
    simulated: bool = False
    stage: str = ""
    problem: str = ""


class RigChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rig to choose.

    Attributes
    ----------
    name, file, setup
        As in `RigCard`.
    can_simulate
        Whether all its devices have twins.
    only_simulated
        Whether a device of it is simulated in any case, so that no real mouse can run.
    busy
        Who uses it now, in words; empty if nobody does.
    problem
        What is wrong with it, in words; empty if nothing is.
    """

    name: str
    file: str
    setup: str = ""
    can_simulate: bool = False
    only_simulated: bool = False
    busy: str = ""
    problem: str = ""


class ProtocolChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A protocol file to choose; `comment` is its first line of comment."""

    file: str
    name: str
    setup: str = ""
    comment: str = ""
    problem: str = ""


class Choices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that can be chosen for a session in a lab, each in the order of its names."""

    subjects: tuple[SubjectChoice, ...]
    rigs: tuple[RigChoice, ...]
    protocols: tuple[ProtocolChoice, ...]


def decode(text: bytes) -> Preflight:
    """Return what ``rig preflight --json`` printed; raise `msgspec.MsgspecError` if it is not."""
    return msgspec.json.decode(text, type=Preflight)


def decode_choices(text: bytes) -> Choices:
    """Return what ``rig preflight --choices --json`` printed; raise as `decode`."""
    return msgspec.json.decode(text, type=Choices)
