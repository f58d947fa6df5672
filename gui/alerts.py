"""All that an operator should look at: what the window tells by itself, and what the boxes tell.

No Qt here.
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.report_facts import ALARM
from gui.boxes import Box
from gui.workplace import NOBODY, Workplace

MOST_TOLD = 100
"""Alerts of the window itself that are kept: the last ones."""
ENGINE = "engine"
"""Key of the alert that tells what happened to an engine."""


@dataclass(frozen=True)
class Alert:
    """One thing to look at.

    Attributes
    ----------
    where
        The rig, or another place.
    key
        What it is about; together with `where` there is one of it.
    severity
        ``note``, ``warn`` or ``bad``.
    text
        What happened, and what to do.
    acknowledged
        Who has seen it; empty if nobody has.
    over
        Whether its cause has gone.
    """

    where: str
    key: str
    severity: str
    text: str
    acknowledged: str = ""
    over: bool = False


class Alerts:
    """The alerts of the window and of all boxes.

    Parameters
    ----------
    place
        What all screens share.
    """

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._told: list[Alert] = []

    def tell(self, level: str, text: str) -> None:
        """Add what no rule has found; what stands there already is not added again."""
        if not any(alert.text == text for alert in self._told):
            self._told = [*self._told, Alert("window", f"told {text}", level, text)][-MOST_TOLD:]

    def look(self) -> None:
        """Let the rules look at every box of which all is known."""
        for box in self._boxes():
            if box.view is not None and box.caught_up:
                box.alarms.look(box.view)

    def all(self) -> list[Alert]:
        """Return all alerts: the window's own first, then those of each box."""
        found = list(self._told)
        for box in self._boxes():
            found += [
                Alert(box.rig, a.key, a.severity, a.text, a.acknowledged, a.over)
                for a in box.alarms.list
                if not (box.wrapped_up and a.over)
            ]
            if trouble := box.trouble():
                found.append(Alert(box.rig, ENGINE, "bad", trouble, box.trouble_seen))
        return found

    def acknowledge(self, alert: Alert) -> None:
        """Take in that an alert was seen; the session records by whom."""
        if alert in self._told:
            self._told.remove(alert)
            return
        by = self._place.operator or NOBODY
        box = self._place.boxes.by_rig.get(alert.where) or Box(alert.where)
        if alert.key == ENGINE:
            box.trouble_seen = by
        elif box.alarms.acknowledge(alert.key, by) is not None and box.is_running:
            self._place.order_to(box.rig, "note", text=f"{ALARM} {alert.text}")

    def _boxes(self) -> list[Box]:
        return list(self._place.boxes.by_rig.values())
