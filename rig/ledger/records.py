"""What the commands of the ledger print: plain records, which need no database to be read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from rig.water_policy import NOTHING_ML, Policy

Status = Literal["restricted", "free", "retired"]
"""Gets its water from the lab alone; has water at will; is not there any more."""
Kind = Literal["enter", "weigh", "water", "look", "plan", "session", "wrap-up", "recover"]


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mouse on a day; what is not known is None, and never 0.

    Attributes
    ----------
    subject, tag, cage, status
        Who it is.
    weight_g, weighed_at
        Its last weight, implant included, and when it was weighed.
    weighed
        Whether that was on this day.
    before_g
        Its last weight before this day.
    baseline_g, implant_g
        Its weight with water at will, and that of what it carries.
    ratio
        Its last weight as a share of the baseline weight, both without the implant.
    policy, need_ml, due_ml, words, alerts
        What it is due, and why; see `rig.water_policy.Need`.
    session_ml, hand_ml, supplement_ml, since_weighing_ml
        What it got on this day, and how much of that came after it was weighed.
    last_water_at
        When it last got any.
    dry_h
        How many hours ago that was; of a mouse on restriction that never got any, for how long it
        has been on restriction.
    """

    subject: str
    tag: str
    cage: str
    status: Status
    weight_g: float | None
    weighed_at: datetime | None
    weighed: bool
    before_g: float | None
    baseline_g: float | None
    implant_g: float | None
    ratio: float | None
    policy: Policy
    need_ml: float | None
    due_ml: float | None
    session_ml: float
    hand_ml: float
    supplement_ml: float
    since_weighing_ml: float
    last_water_at: datetime | None
    dry_h: float | None
    words: str
    alerts: tuple[str, ...]

    @property
    def usual_g(self) -> float | None:
        """What it weighs with water at will, implant included; None if that is not known."""
        return None if self.baseline_g is None else self.baseline_g + (self.implant_g or 0.0)

    @property
    def is_due(self) -> bool:
        """Whether it must still get water, or nobody can tell: a mouse on restriction alone."""
        return self.status == "restricted" and (self.due_ml is None or self.due_ml >= NOTHING_ML)


class Task(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must still happen: with whom, what kind of thing, what is wrong, what to do."""

    subject: str
    kind: Kind
    text: str
    do: str


class DayList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must still happen on a day.

    Attributes
    ----------
    day
        The day.
    tasks
        What must still happen; empty if nothing is forgotten.
    notes
        What is good to know.
    board
        All mice that are not retired.
    closed
        Who has signed the day off, when, and with what left; empty if nobody has, or if something
        else is left by now.
    """

    day: date
    tasks: tuple[Task, ...]
    notes: tuple[str, ...]
    board: tuple[Row, ...]
    closed: str = ""
