"""What is looked at before a session, and how grave what was found is: a sentence for each."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from rig.calibration_age import Age
from rig.calibration_checks import DotCheck, SpotCheck
from rig.config import LabLimits, resolved
from rig.counting import counted
from rig.errors import Problem
from rig.placement import Placement
from rig.plan import ProtocolPlan
from rig.preflight import Guard, LastSession, Level, SavingCard, StageCard
from rig.running import Beginning, Running
from rig.set_options import value_at

FIRST_YEAR = 2024
"""A computer's clock that shows an earlier one has lost the time."""
PLANNED_MOUSE = "planned mouse"
"""Name of the guard that tells of another mouse than the planned one."""
_GB_DIGITS = 2
_LONGEST_NAME = 60
MANY_FAILURES, FAILURES_DAYS = 2, 30
"""So many failed spot checks in so many days take a rig out of service."""


@dataclass(frozen=True)
class Today:
    """What a mouse did on the day of the session: when its sessions began, and what they gave."""

    began: tuple[datetime, ...]
    trials: int
    water_ml: float
    next_number: int


def stops(name: str, problems: Sequence[Problem]) -> list[Guard]:
    """Return mistakes as guards; warnings are told, errors forbid the session."""
    levels: dict[str, Level] = {"error": "stop", "warning": "note"}
    return [Guard(name, levels[each.level], _found(each), each.do) for each in problems]


def told(name: str, problems: Sequence[Problem]) -> list[Guard]:
    """Return mistakes that do not forbid the session as guards that only tell of them."""
    return [Guard(name, "note", _found(each), each.do) for each in problems]


def not_entered(subject: str, curriculum: str) -> Guard:
    """Return that a mouse is meant for a curriculum, and has not entered it."""
    text = f"{subject} is meant for {curriculum}, and has not entered it."
    return Guard("stage", "note", text, f"Enter it: rig stage {subject} --enter {curriculum}")


def no_mouse(typed: str) -> str:
    """Return the sentence that nobody is meant by what was typed or scanned."""
    name = textwrap.shorten(typed, _LONGEST_NAME, placeholder="...")
    return f"No mouse has the id or the ear tag '{name}'."


def unknown_mouse(typed: str, near: Sequence[str]) -> Guard:
    """Return that there is no such mouse, with the names that are near."""
    offer = f"Did you mean {' or '.join(near)}?" if near else "Check the id or the ear tag."
    if not typed:
        return Guard("mouse", "stop", "No mouse is named.", "Type or scan its id or ear tag.")
    return Guard("mouse", "stop", no_mouse(typed), offer)


def planned(subject: str, wanted: str, rig: str, elsewhere: str = "") -> Guard | None:
    """Return that another mouse is planned for the rig; None if it is this one, or none is.

    `elsewhere` is another rig for which this mouse is planned; empty if there is none.
    """
    if not wanted or wanted == subject:
        return None
    also = f" {subject} is planned for {elsewhere}." if elsewhere else ""
    return Guard(
        PLANNED_MOUSE,
        "stop",
        f"You scanned {subject}. {rig} is planned for {wanted}.{also}",
        f"Switch to {subject}, or scan again.",
    )


def ran_today(subject: str, today: Today) -> Guard:
    """Return whether the mouse already ran on this day."""
    if not today.began:
        return Guard("ran today", "ok", f"{subject} has not run today.")
    times = " and ".join(f"{began:%H:%M}" for began in today.began)
    return Guard(
        "ran today",
        "confirm",
        f"{subject} already ran today at {times} ({counted(today.trials, 'trial')}, "
        f"{today.water_ml:.2f} mL).",
        f"Run again as session {today.next_number}?",
        "click",
    )


def in_use(rig: str, subject: str, rig_holder: str, mouse_holder: str,
           live: Sequence[Running]) -> list[Guard]:  # fmt: skip
    """Return that the mouse or the rig is in a session now."""
    found: list[Guard] = []
    elsewhere = [each.rig for each in live if each.subject == subject]
    if elsewhere:
        text = f"{subject} is running on {elsewhere[0]}."
        found.append(Guard("mouse in use", "stop", text, "Wait until that session ends."))
    elif mouse_holder:
        text = f"{subject} is in use by {mouse_holder}."
        found.append(Guard("mouse in use", "stop", text, "Wait until that ends."))
    here = [each.subject for each in live if each.rig == rig]
    if rig_holder:
        text = f"{rig} is in use by {here[0] if here else rig_holder}."
        do = "Wait until that ends, or take another rig."
        found.append(Guard("rig in use", "stop", text, do))
    return found


def usual_rig(subject: str, rig: str, last: LastSession | None, known: bool) -> Guard:
    """Return whether the mouse knows the rig.

    Parameters
    ----------
    subject, rig
        Their names.
    last
        The mouse's last session.
    known
        Whether it ran on this rig before.
    """
    if last is None:
        return Guard("usual rig", "note", f"{subject} has not run before.")
    if last.rig == rig:
        return Guard("usual rig", "ok", f"{subject} last ran on {rig}.")
    first = "" if known else f" First time on {rig}."
    return Guard(
        "usual rig", "confirm", f"{subject} last ran on {last.rig}.{first}",
        f"Go on with {rig}?", "click",
    )  # fmt: skip


def stage_moves(subject: str, card: StageCard | None) -> Guard | None:
    """Return what the rules of the stage suggest; None for a mouse that is in no curriculum."""
    if card is None:
        return None
    if card.off_plan:
        return Guard(
            "off plan",
            "override",
            f"Stage '{card.stage}' of '{card.curriculum}' runs {card.protocol} by its own "
            "parameters, and another choice was made by hand: the session is off plan.",
            "Take the stage's protocol, or say why not.",
            "reason",
        )
    if card.verdict == "hold":
        return Guard("stage", "ok", card.sentence)
    return Guard(
        "stage",
        "confirm",
        card.sentence,
        f"Use it (`rig stage {subject} --accept`), or keep stage '{card.stage}'.",
        "click",
    )


def parameters(
    plan: ProtocolPlan, unchanged: ProtocolPlan, changes: Mapping[str, Any]
) -> Guard | None:
    """Return which parameters were changed for this session; None if there is no difference."""
    before, after = resolved(unchanged.params), resolved(plan.params)
    told = [
        f"{key} {_shown(value_at(before, key))} -> {_shown(value_at(after, key))}"
        for key in changes
        if value_at(before, key) != value_at(after, key)
    ]
    if not told:
        return None
    return Guard("parameters", "note", f"Changed for this session: {', '.join(told)}.")


def calibration(age: Age, limits: LabLimits, *, simulated: bool) -> Guard:
    """Return whether a calibration is young enough; that of a simulated device is only told."""
    usual, overdue = limits.days_of(age.kind)
    name = f"calibration of {age.of}"
    text = f"{_sentence(age.of)}: {age.words}."
    if age.days is not None and 0 <= age.days <= usual:
        return Guard(name, "ok", text)
    if simulated:
        return Guard(name, "note", f"{text} It is simulated.")
    if age.days is None:
        return Guard(name, "stop", text, "Calibrate it.")
    if age.days < 0:
        do = "Look at the computer's clock and at the date in the file; or go on with a reason."
        return Guard(name, "confirm", text, do, "reason")
    text = f"{text[:-1]} (limit {usual})."
    do = "Calibrate it, or go on with a reason."
    return Guard(name, "override" if age.days > overdue else "confirm", text, do, "reason")


def spot_checks(
    device: str, checks: Sequence[SpotCheck], now: datetime, *, simulated: bool
) -> Guard | None:
    """Return what the spot checks of a valve say; None if nothing is wrong, or none was made."""
    since = now - timedelta(days=FAILURES_DAYS)
    failures = [each for each in checks if not each.passed and each.at >= since]
    if not failures or (checks[-1].passed and len(failures) < MANY_FAILURES):
        return None
    last = failures[-1]
    name = f"spot check of {device}"
    text = f"{_sentence(device)} gave {last.words} on {last.at:%Y-%m-%d}"
    if simulated:
        return Guard(name, "note", f"{text}. It is simulated.")
    if len(failures) < MANY_FAILURES:
        do = "Clean it, then repeat the spot check; or go on with a reason."
        return Guard(name, "confirm", f"{text}.", do, "reason")
    text += f", and failed {len(failures)} spot checks in {FAILURES_DAYS} days."
    do = "Take the rig out of service and mend the valve; or go on with a reason."
    return Guard(name, "override", text, do, "reason")


def dots(
    device: str, checks: Sequence[DotCheck], now: datetime, *, simulated: bool
) -> Guard | None:
    """Return what the daily checks of a projector say; None if today's is passed."""
    name = f"dots of {device}"
    last = checks[-1] if checks else None
    if last is not None and not last.passed:
        text = f"{_sentence(device)} on {last.at:%Y-%m-%d}: {last.words}."
        if simulated:
            return Guard(name, "note", f"{text} It is simulated.")
        do = "Register camera and projector again; or go on with a reason."
        return Guard(name, "confirm", text, do, "reason")
    if simulated or (last is not None and last.at.date() == now.date()):
        return None
    since = f"were last looked at on {last.at:%Y-%m-%d}" if last else "were not looked at"
    do = "See whether camera and projector still stand as they did: `rig calibrate dots`."
    return Guard(name, "note", f"The dots of {device} {since}.", do)


def vessels(
    placement: Placement | None, registrations: Collection[str], today: date, *, simulated: bool
) -> Guard | None:
    """Return whether it is known where the cortex lies today.

    Parameters
    ----------
    placement
        That in force of the mouse on the rig; None if there is none.
    registrations
        The ids of the records of the rig's projectors.
    today
        The day of the session.
    simulated
        Whether the projector is.
    """
    again = "Register the vessels by `rig calibrate vessels`"
    if placement is None:
        text = "The blood vessels were not registered here: disks are where the protocol has them."
        return None if simulated else Guard("vessels", "note", text, f"{again}.")
    text = f"Disks are {placement.words}, by the blood vessels of {placement.measured_on}."
    is_of_camera = placement.registration in registrations
    if is_of_camera and placement.measured_on == today:
        return Guard("vessels", "ok", text)
    if simulated:
        return Guard("vessels", "note", f"{text} It is simulated.")
    if not is_of_camera:
        text += " Camera and projector were registered anew since."
    return Guard("vessels", "confirm", text, f"{again}; or go on with a reason.", "reason")


def disk(card: SavingCard, min_free_gb: float, spare_gb: float, *, simulated: bool) -> list[Guard]:
    """Return whether the session can be written, and whether there is room for it.

    Parameters
    ----------
    card
        Where it will be recorded.
    min_free_gb
        With less the session does not begin at all.
    spare_gb
        What should be free beside the room for two sessions.
    simulated
        Whether no animal waits: a disk that is getting full is told then, and not asked about.
    """
    if not card.writable:
        do = "Check the rights on the folder, and that its drive is connected."
        return [Guard("save folder", "stop", f"{card.folder} cannot be written.", do)]
    writable = Guard("save folder", "ok", f"{card.folder} can be written.")
    if card.free_gb is None:
        return [writable]
    free, expected = card.free_gb, card.expected_gb
    sizes = f"{_gb(free)} GB free, this session may need {_gb(expected)} GB"
    if free < expected or free < min_free_gb:
        do = f"Free some space: at least {_gb(max(expected, min_free_gb))} GB are needed."
        return [writable, Guard("disk", "stop", f"There is no room for this session: {sizes}.", do)]
    more = int(free / expected)
    text = f"Room for {more} more session{'s' if more > 1 else ''}: {sizes}."
    if free >= 2 * expected + spare_gb:
        return [writable, Guard("disk", "ok", text)]
    do = "Free space before tomorrow."
    if simulated:
        return [writable, Guard("disk", "note", text, do)]
    return [writable, Guard("disk", "confirm", text, do, "click")]


def clock(now: datetime, last: LastSession | None, *, simulated: bool) -> Guard:
    """Return whether the computer's clock can be right."""
    shown = f"The computer's clock shows {now:%Y-%m-%d %H:%M}"
    do = "Set the clock, or go on if it is right."
    if now.year < FIRST_YEAR:
        return Guard("clock", "confirm", f"{shown}.", do, "click")
    if last is not None and datetime.fromisoformat(last.started_at) > now:
        text = f"{shown}, and the last session began at {last.started_at[:16].replace('T', ' ')}."
        if simulated:
            return Guard("clock", "note", text)
        return Guard("clock", "confirm", text, do, "click")
    return Guard("clock", "ok", f"{shown}.")


def wrap_ups(waiting: Sequence[Beginning]) -> list[Guard]:
    """Return the sessions before that nobody has wrapped up."""
    return [
        Guard(
            "wrap-up",
            "confirm",
            f"{each.words} has no wrap-up.",
            f"Wrap it up (`rig wrap-up {each.folder.name}`), or go on without.",
            "click",
        )
        for each in waiting
    ]


def simulation() -> Guard:
    """Return that no animal is in the rig."""
    return Guard("simulated", "note", "SIMULATED: no animal, and no device is real.")


def emulation() -> Guard:
    """Return that no animal is in the rig, and that emulators stand behind the drivers."""
    return Guard("emulated", "note", "EMULATED: no animal, and emulators are behind the drivers.")


def _found(problem: Problem) -> str:
    return f"{_sentence(problem.what)} ({problem.where})."


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _gb(size: float) -> str:
    return f"{size:.{_GB_DIGITS}f}" if size < 1 else f"{size:.0f}"
