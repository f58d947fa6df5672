"""The plan of a day, as a lab writes it, and what came of it so far: plain records.

`rig.day_board` fills them in, ``rig today --json`` prints them, and the window reads them back.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from rig.config import FileName, read_config
from rig.frozen import FrozenModel, Items
from rig.lab import Lab
from rig.preflight import LastSession, StageCard

DAY_PLAN = "day-plan.toml"
"""Name of the file in the lab's folder."""
State = Literal["planned", "running", "wrap-up", "done", "skipped"]
"""Waits for its session; is in it; was in it, and nobody has wrapped it up; all done; left out."""


class Planned(FrozenModel):
    """A table ``[[mice]]``: a mouse, and where and in which protocol it is to run.

    `rig` is the name of a rig, and `protocol` a file; empty for that of the last session, and for
    that which the mouse's stage chooses.
    """

    subject: FileName
    rig: str = ""
    protocol: str = ""


class DayPlan(FrozenModel):
    """``day-plan.toml``: the mice that run every day, in their order."""

    mice: Items[Planned] = ()


class DayMouse(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mouse of the day.

    Attributes
    ----------
    subject, ear_tag, cage, mark
        Who it is.
    rig, protocol
        Where and in which protocol file it is to run, or ran; empty if nobody has said so, or if
        its stage chooses.
    stage
        Where it stands in its curriculum, and what is suggested; None if it is in none.
    last
        Its last session; None without one.
    state, why
        How far it is, and why it was skipped.
    problem
        What cannot be read of it, in words; empty if all can.
    """

    subject: str
    ear_tag: str
    cage: str
    mark: str
    rig: str
    protocol: str
    stage: StageCard | None
    last: LastSession | None
    state: State
    why: str = ""
    problem: str = ""


class DayBoard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The mice of a day in their order.

    Attributes
    ----------
    day
        The day.
    order
        Where the order comes from, in words.
    planned
        Whether a person has planned it; else it is that of the last day with sessions.
    mice
        The planned ones, and then those that ran without being planned.
    problem
        Why it is not known who was left out, in words; empty if it is.
    """

    day: date
    order: str
    planned: bool
    mice: tuple[DayMouse, ...]
    problem: str = ""


def read_day_plan(lab: Lab) -> DayPlan | None:
    """Return the plan of a lab; None if it has none.

    Raises
    ------
    RigError
        If there is something wrong with the file.
    """
    path = lab.folder / DAY_PLAN
    return read_config(path, DayPlan) if path.exists() else None
