"""What the ledger says before a session, and how grave it is: weight and water of the mouse."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rig.errors import Problem, RigError, problems_of
from rig.lab import Lab
from rig.ledger.place import has_ledger
from rig.preflight import Guard
from rig.water_policy import WaterConfig

if TYPE_CHECKING:
    from rig.ledger.welfare import Welfare


def welfare_guards(lab: Lab, subject: str, now: datetime) -> list[Guard]:
    """Return what the ledger says of a mouse; nothing in a lab that has no ledger.

    A ledger that cannot be read forbids no session.
    """
    if not has_ledger(lab):
        return []
    from rig.ledger.welfare import left_ul, welfare

    try:
        found = welfare(lab, subject, now)
    except RigError as error:
        return [_unread(problem) for problem in problems_of(error)]
    if found is None:
        text = f"{subject} is not in the lab's ledger: nobody is told of its weight and water."
        return [Guard("ledger", "note", text, f"Enter it (`rig subject add {subject}`).")]
    config = lab.config.water
    guards = [_retired(subject)] if found.row.status == "retired" else []
    guards += [*weight(found), *threshold(found, config), dry(found, config)]
    return guards + ceiling(subject, left_ul(lab, found.row), config)


def weight(found: Welfare) -> list[Guard]:
    """Return whether a mouse on restriction was weighed today, and whether its weight can be."""
    row = found.row
    if row.status == "restricted" and not row.weighed:
        text = f"{row.subject} is not weighed today."
        do = f"Weigh it (`rig weigh {row.subject} GRAMS`), or go on without."
        return [Guard("weight", "confirm", text, do, "click")]
    if row.weight_g is None:
        return []
    if found.doubt and row.weighed:
        text = f"Weight of {row.subject}: {found.doubt}."
        return [Guard("weight", "confirm", text, f"Weigh {row.subject} again.", "click")]
    return [Guard("weight", "ok", f"{row.subject} weighs {row.weight_g:.1f} g.")]


def threshold(found: Welfare, config: WaterConfig) -> list[Guard]:
    """Return whether a mouse is too light for a session, by its baseline weight."""
    row, name = found.row, "weight threshold"
    if row.ratio is None:
        if row.status != "restricted":
            return []
        do = f"Enter it (`rig subject edit {row.subject} --baseline GRAMS`), or weigh it."
        text = f"{row.subject} has no baseline weight, or was never weighed."
        return [Guard(name, "note", text, do)]
    text = f"{row.subject} has {100 * row.ratio:.1f} % of its baseline weight"
    if row.ratio >= config.warn_ratio:
        return [Guard(name, "ok", f"{text}.")]
    if row.ratio >= config.stop_ratio:
        text = f"{text} (limit {100 * config.warn_ratio:.0f} %)."
        return [Guard(name, "confirm", text, "Go on?", "click")]
    text = f"{text} (limit {100 * config.stop_ratio:.0f} %)."
    if found.consent:
        return [Guard(name, "confirm", f"{text} Consent of {found.consent}.", "Go on?", "click")]
    typed = f'rig subject note {row.subject} "..." --person NAME --consent'
    do = f"It needs the consent of a named person (`{typed}`)."
    return [Guard(name, "stop", text, do)]


def dry(found: Welfare, config: WaterConfig) -> Guard:
    """Return whether a mouse on restriction was without water for too long."""
    row = found.row
    if row.status != "restricted" or row.dry_h is None or row.dry_h < config.longest_dry_h:
        return Guard("water before", "ok", f"{row.subject} is not without water for too long.")
    text = f"{row.subject} has had no water for {row.dry_h:.0f} h (limit {config.longest_dry_h:g})."
    return Guard("water before", "confirm", text, "Give it some, or run it now.", "click")


def ceiling(subject: str, left: float | None, config: WaterConfig) -> list[Guard]:
    """Return how much a session may still give; nothing if the lab has no ceiling."""
    if left is None or config.ceiling_ml is None:
        return []
    text = f"{subject} may get {left / 1000:.2f} mL more today (ceiling {config.ceiling_ml:g} mL)."
    if left > 0:
        return [Guard("water ceiling", "note", text)]
    return [Guard("water ceiling", "stop", text, "Run it tomorrow.")]


def _retired(subject: str) -> Guard:
    text = f"{subject} is retired in the lab's ledger: nobody is told of its weight and water."
    return Guard(
        "ledger", "note", text, f"If it is there: `rig subject edit {subject} --status restricted`."
    )


def _unread(problem: Problem) -> Guard:
    return Guard("ledger", "note", f"{_sentence(problem.what)} ({problem.where}).", problem.do)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
