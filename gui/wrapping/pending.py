"""Sessions that wait for their wrap-up, and what a person says of one. No Qt here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.quality import SHORT
from gui.boxes import Box
from gui.cards.content import d_prime_words
from gui.session_view import SessionView
from rig.performance import performance
from rig.session_record import CUT_OFF
from rig.trials import short_outcome

CONDITIONS = (
    "fur ruffled or wet",
    "hunched posture",
    "sluggish",
    "restless",
    "wound or sore",
)
"""What can be ticked of a mouse."""
NOTHING_NOTED = "nothing noted"


@dataclass(frozen=True)
class Pending:
    """A session that is over and that nobody has wrapped up.

    Attributes
    ----------
    session, subject, rig
        Its name, its mouse, and where it ran.
    reason
        Why it ended, as its record says.
    trials
        How many there were.
    numbers
        What came out, in words, a sentence each.
    began_at
        When it began, as ISO 8601 text; empty if that is not known.
    """

    session: str
    subject: str
    rig: str
    reason: str
    trials: int
    numbers: tuple[str, ...]
    began_at: str = ""


@dataclass(frozen=True)
class Draft:
    """What a person says of a session; `droppings` is None if nobody counted."""

    reason: str
    conditions: tuple[str, ...] = ()
    droppings: int | None = None
    comment: str = ""
    usable: bool = True

    def arguments(self, session: str, by: str) -> list[str]:
        """Return the arguments of ``rig`` that write it.

        Examples
        --------
        >>> Draft("limit reached", droppings=3).arguments("M014/2026-11-25/1", "anna")[2:]
        ['--reason=limit reached', '--condition=nothing noted', '--droppings=3', '--by=anna']
        """
        made = ["wrap-up", session, f"--reason={self.reason}"]
        made.append(f"--condition={', '.join(self.conditions) or NOTHING_NOTED}")
        if self.droppings is not None:
            made.append(f"--droppings={self.droppings}")
        if self.comment:
            made.append(f"--comment={self.comment}")
        if not self.usable:
            made.append("--not-usable")
        return [*made, f"--by={by}"]


def names_waiting(boxes: Iterable[Box], rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the names of all that `waiting` returns; costs little."""
    known = list(boxes)
    in_boxes = {box.address.session for box in known if box.address is not None}
    found = {box.address.session for box in known if box.address is not None and _waits(box)}
    listed = (str(row["session"]) for row in rows if _is_open(row))
    return found | {name for name in listed if name not in in_boxes}


def of_box(box: Box) -> Pending | None:
    """Return the session of a box if it is over and waits for its wrap-up."""
    view = box.view
    if view is None or box.address is None or not _waits(box):
        return None
    reason = view.ended.reason if view.ended else CUT_OFF
    began_at = view.header.started_at if view.header else ""
    trials, numbers = len(view.rows), _numbers(view)
    name, subject = box.address.session, _subject(view)
    return Pending(name, subject, box.rig, reason, trials, numbers, began_at)


def of_row(row: Mapping[str, Any]) -> Pending | None:
    """Return a session as ``rig ls --json`` lists it, if it waits for its wrap-up.

    One in virtual time does not: nobody was there.
    """
    if not _is_open(row):
        return None
    outcomes = row.get("outcomes") or {}
    water = f"Water {row.get('water_ml') or 0:.2f} mL, drops by hand included."
    return Pending(
        str(row["session"]),
        str(row.get("subject") or ""),
        str(row.get("rig") or ""),
        str(row.get("ended") or ""),
        sum(outcomes.values()),
        (_trials(outcomes, row.get("d_prime")), water),
        str(row.get("started_at") or ""),
    )


def waiting(boxes: Iterable[Box], rows: Sequence[Mapping[str, Any]]) -> dict[str, Pending]:
    """Return all that wait, by name: those in the boxes first, then those in the list.

    What a box knows of a session is fuller than what the list says of it.
    """
    known = list(boxes)
    in_boxes = {box.address.session for box in known if box.address is not None}
    found = [of_box(box) for box in known]
    found += [each for row in rows if (each := of_row(row)) and each.session not in in_boxes]
    return {each.session: each for each in found if each is not None}


def short_words(trials: int) -> str:
    """Return what is asked of a session with few trials; empty for others.

    Examples
    --------
    >>> short_words(12)
    '12 trials only. Keep it, or mark it as not usable? Either way it stays on the disk.'
    >>> short_words(400)
    ''
    """
    if trials >= SHORT:
        return ""
    count = {0: "No trials", 1: "1 trial"}.get(trials, f"{trials} trials")
    return (
        f"{count}{' only' if trials else ''}. Keep it, or mark it as not usable? Either way it "
        "stays on the disk."
    )


def _waits(box: Box) -> bool:
    """Whether the session of a box is over, and nobody has closed it."""
    return box.view is not None and not (box.wrapped_up or box.is_running)


def _is_open(row: Mapping[str, Any]) -> bool:
    """Whether a session in the list is over, can be read, and nobody has closed it."""
    closed = row.get("wrapped_up") or row.get("running") or row.get("trials") is None
    return not closed and row.get("clock") != "virtual"


def _subject(view: SessionView) -> str:
    return view.definition.subject if view.definition else ""


def _numbers(view: SessionView) -> tuple[str, ...]:
    outcomes = Counter(row.outcome or "aborted" for row in view.rows)
    task = (view.table.water_ul - view.by_hand_ul) / 1000
    water = f"Water {task:.2f} mL by the task, {view.by_hand_ul / 1000:.2f} mL by hand."
    minutes = f"{view.time / 60:.0f} min."
    return _trials(outcomes, performance(view.rows).d_prime), water, minutes


def _trials(outcomes: Mapping[str, int], d_prime: float | None) -> str:
    each = ", ".join(
        f"{short_outcome(name).replace('_', ' ')} {count}"
        for name, count in sorted(outcomes.items())
    )
    return f"{sum(outcomes.values())} trials{f' ({each})' if each else ''}, " + (
        f"{d_prime_words(d_prime)}."
    )
