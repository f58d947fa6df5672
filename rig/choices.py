"""What there is to choose from in a lab: mice, rigs, protocols; a bad file says what is wrong."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

from rig.cards import within
from rig.config import RigConfig, SessionConfig, read_config
from rig.devices import Device
from rig.errors import RigError, problems_of
from rig.lab import Lab
from rig.locks import holder_of
from rig.plan import plan_protocol
from rig.preflight import Choices, ProtocolChoice, RigChoice, SubjectChoice
from rig.rig_plan import plan_device
from rig.stage_history import label_of, read_history

_SENTENCE = re.compile(r"(?<=[^.]{3}\.) (?=[A-Z])")
"""The space between two sentences; that behind "et al." is followed by a number."""


def choices(lab: Lab) -> Choices:
    """Return all that can be chosen for a session; no file makes it fail."""
    return Choices(
        subjects=tuple(_subject(lab, path) for path in lab.files("subjects")),
        rigs=tuple(_rig(lab, path) for path in lab.files("rigs")),
        protocols=tuple(_protocol(lab, path) for path in lab.files("protocols")),
    )


def _subject(lab: Lab, path: Path) -> SubjectChoice:
    try:
        found = lab.subject(path.stem)
    except RigError as error:
        return SubjectChoice(path.stem, problem=_words(error))
    stage = problem = ""
    try:
        history = read_history(lab, found.id)
        stage = label_of(history[-1]) if history else ""
        lab.named(found.ear_tag)
    except RigError as error:
        problem = _words(error)
    return SubjectChoice(
        found.id, found.ear_tag, found.cage, found.mark, found.simulated, stage, problem
    )


def _rig(lab: Lab, path: Path) -> RigChoice:
    name, file = path.resolve().stem, within(lab, path)
    busy = problem = ""
    try:
        busy = holder_of(lab.locks, "rig", name)
        config = read_config(path, RigConfig)
    except RigError as error:
        return RigChoice(name, file, busy=busy, problem=_words(error))
    drivers: list[type[Device]] = []
    for device, table in config.devices.items():
        try:
            drivers.append(plan_device(lab, path, device, table, simulate=False)[0])
        except RigError as error:
            problem = problem or _words(error)
    return RigChoice(
        name,
        file,
        config.setup,
        can_simulate=all(driver.simulated or driver.twin is not None for driver in drivers),
        only_simulated=any(driver.simulated for driver in drivers),
        busy=busy,
        problem=problem,
    )


def _protocol(lab: Lab, path: Path) -> ProtocolChoice:
    file, comment = within(lab, path), _first_comment(path)
    setup = problem = ""
    try:
        setup = read_config(path, SessionConfig).setup
        plan_protocol(lab, path)
    except RigError as error:
        problem = _words(error)
    return ProtocolChoice(file, path.stem, setup, comment, problem)


def _first_comment(path: Path) -> str:
    """Return the first sentence of the comment that a file begins with; empty if it has none."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    comment = itertools.takewhile(lambda line: line.startswith("#"), map(str.strip, lines))
    words = " ".join(line.lstrip("#").strip() for line in comment)
    return _SENTENCE.split(words, maxsplit=1)[0]


def _words(error: RigError) -> str:
    """Return the first mistake of an error, with its place and remedy."""
    return str(problems_of(error)[0])
