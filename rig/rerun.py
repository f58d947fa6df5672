"""Runs a recorded session again, in virtual time, as a new session in a lab of its own.

Where nothing but the program, the files and the seed decided, the same journal must come out.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from rig.errors import ConfigError, RigError
from rig.journal import digest
from rig.plan import Plan
from rig.provenance import CodeChange, code_changes
from rig.recorded_lab import plan_recorded, recorded_mouse, write_lab
from rig.resumption import resumption_of
from rig.session import Session
from rig.session_folder import SessionFolder
from rig.session_record import SessionRecord
from rig.tape import Tape

_OF_CODE = frozenset({"code_sha256", "lock_sha256"})


@dataclass(frozen=True)
class Rerun:
    """What running a session again came to.

    Attributes
    ----------
    folder
        The new session.
    recorded, again
        SHA-256 of all behind the header of the two journals.
    reasons
        Why they need not be the same, in words; nothing if they must be.
    changes
        What differs between the program that recorded the session and this one.
    error
        How the new session failed; None if it did not.
    """

    folder: SessionFolder
    recorded: str
    again: str
    reasons: list[str]
    changes: list[CodeChange]
    error: RigError | None

    @property
    def same(self) -> bool:
        """Whether the journals are the same behind their headers."""
        return self.recorded == self.again


def free_folder(session: SessionFolder, beside: Path) -> Path:
    """Return a folder that does not exist yet: ``rerun-SUBJECT-DATE-N``, or with ``-2``, ..."""
    name = f"rerun-{session.name.replace('/', '-')}"
    path, number = beside / name, 1
    while path.exists():
        number += 1
        path = beside / f"{name}-{number}"
    return path


def rerun(record: SessionRecord, folder: Path) -> Rerun:
    """Run a session again in virtual time, with its seed and its virtual mouse.

    Parameters
    ----------
    record
        The session; those that it went on with lie beside it.
    folder
        The lab to be made for it; it must be empty or not there.

    Raises
    ------
    ConfigError
        If the folder is taken, or today's program does not take what the session was made of.
    RigError
        If the new session cannot begin. One that fails in its trials does not raise.
    """
    _check_free(folder)
    resumes = resumption_of(record)
    plan = _plan(record, folder)
    error = None
    with Session(plan, "virtual", resumes=resumes) as session:
        try:
            session.run()
        except RigError as failure:
            error = failure
    changes = code_changes(record.header)
    return Rerun(
        session.folder,
        digest(record.folder.journal),
        digest(session.folder.journal),
        _reasons(record, changes),
        changes,
        error,
    )


def _plan(record: SessionRecord, folder: Path) -> Plan:
    plan = plan_recorded(record, write_lab(record, folder, folder))
    plan = dataclasses.replace(plan, mouse=recorded_mouse(record, plan))
    if record.definition.mouse_memory:
        plan.lab.remember(plan.subject.id, record.definition.mouse_memory)
    return plan


def _reasons(record: SessionRecord, changes: list[CodeChange]) -> list[str]:
    """Return why the two journals need not be the same."""
    was = record.definition
    found = {
        "it was recorded in real time": was.clock != "virtual",
        "its devices were real": not all(device.simulated for device in was.devices),
        "persons or signals gave orders": Tape(record.events).has_orders,
        "it was cut off": record.ended is None,
        "the program is another one": any(change.what in _OF_CODE for change in changes),
    }
    return [reason for reason, there in found.items() if there]


def _check_free(folder: Path) -> None:
    """Raise `ConfigError` if something lies in a folder already."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(
            "the folder for the new lab is not empty",
            str(folder),
            "Name another one with --out; nothing is ever overwritten.",
        )
