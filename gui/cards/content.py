"""What the card of a box says, in words. No Qt here."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from gui.alarms import Alarm
from gui.boxes import Box
from gui.session_view import SessionView
from rig.measures import Sensitivity
from rig.trials import TrialRow

ROLLED = 20
"""Trials over which the share of correct ones is taken."""
KEPT = 200
"""Points of that share which are kept: what a card is wide enough to show."""
_CORRECT = {"hit": True, "correct_rejection": True, "miss": False, "false_alarm": False}
_SENTENCE = re.compile(r"(?<=[.?!]) (?=[A-Z])")
_GRAVE = {"bad": ("ACT", 0), "warn": ("LOOK", 1), "note": ("NOTE", 2)}


class Progress:
    """How a mouse does, trial by trial.

    Attributes
    ----------
    shares
        Share of correct trials among the last 20, after each trial; the last 200 of them.
    taken
        How many trials it has taken in.
    """

    def __init__(self) -> None:
        self.shares: deque[float] = deque(maxlen=KEPT)
        self.taken = 0
        self._last: deque[bool] = deque(maxlen=ROLLED)
        self._sensitivity = Sensitivity()

    @property
    def d_prime(self) -> float | None:
        """The d' of the last 50 trials; None if there are too few of either type."""
        values = self._sensitivity.d_prime
        return None if len(values) == 0 or values[-1] != values[-1] else float(values[-1])

    def take(self, rows: Sequence[TrialRow]) -> bool:
        """Take in the trials that are not in yet; return whether there were any.

        The same growing list of trials is to be handed over each time.
        """
        fresh = rows[self.taken :]
        for row in fresh:
            self._sensitivity.add(row)
            correct = _CORRECT.get(row.outcome or "")
            if correct is not None and not row.aborted:
                self._last.append(correct)
                self.shares.append(sum(self._last) / len(self._last))
        self.taken += len(fresh)
        return bool(fresh)


@dataclass(frozen=True)
class Card:
    """What a card says.

    Attributes
    ----------
    rig, mouse
        The box, and who is in it.
    level, state
        How it stands, in a word.
    counted, reached
        Minutes and trials; water and d'.
    since
        How long ago the mouse licked, and a trial ended, and the speed if it is not 1.
    alert_level, alert
        The gravest thing to look at, and how many more there are; empty if there is none.
    hint
        What can be done; empty if that is plain.
    """

    rig: str
    mouse: str
    level: str
    state: str
    counted: str = ""
    reached: str = ""
    since: str = ""
    alert_level: str = ""
    alert: str = ""
    hint: str = ""


def card_of(box: Box, progress: Progress) -> Card:
    """Return what the card of a box says."""
    level, state = box.state()
    if box.detached:
        hint = "What runs here goes on; this window does not look at it."
        return Card(box.rig, box.rig, level, "not followed", hint=hint)
    view = box.view
    if view is None or box.wrapped_up or (box.starting and not box.is_running):
        hint = "" if box.starting else "F2 arms the next mouse."
        return Card(box.rig, box.subject if box.starting else "", level, state, hint=hint)
    alert_level, alert = _alert(box)
    return Card(
        box.rig,
        box.subject,
        level,
        state,
        f"{view.time / 60:.0f} min, {len(view.rows)} trials",
        f"{water_words(view)}, {d_prime_words(progress.d_prime)}",
        _since(view) if box.is_running else "",
        alert_level,
        alert,
        "" if box.is_running or box.died else f"Ended: {view.ended.reason}" if view.ended else "",
    )


def d_prime_words(value: float | None) -> str:
    """Return d' in words.

    Examples
    --------
    >>> d_prime_words(1.234), d_prime_words(None)
    ("d' 1.2", "d': n too small")
    """
    return "d': n too small" if value is None else f"d' {value:.1f}"


def water_words(view: SessionView) -> str:
    """Return the water so far, of the limit if there is one."""
    limit = view.definition.session.get("max_water_ul") if view.definition else None
    got = f"{view.water_ul / 1000:.2f}"
    return f"{got}/{limit / 1000:.2f} mL" if limit else f"{got} mL"


def ago(seconds: float) -> str:
    """Return a time that has passed, in words.

    Examples
    --------
    >>> ago(4.4), ago(250)
    ('4 s', '4 min')
    """
    return f"{max(seconds, 0):.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def _since(view: SessionView) -> str:
    lick = f"lick {ago(view.time - view.last_lick)} ago" if view.last_lick else "no lick yet"
    ended = view.last_trial_end
    trial = f"trial {ago(view.time - ended)} ago" if ended else "no trial yet"
    speed = f"  ({view.speed:g} x real time)" if view.speed != 1 else ""
    return f"{lick}, {trial}{speed}"


def _alert(box: Box) -> tuple[str, str]:
    """Return level and words of the gravest thing to look at; the list below says all of it."""
    if box.trouble():
        return "bad", f"ACT: {box.trouble()}"
    alarms: list[Alarm] = sorted(box.alarms.open, key=lambda each: _GRAVE[each.severity][1])
    if not alarms:
        return "", ""
    first, more = alarms[0], len(alarms) - 1
    rest = f" (and {more} more)" if more else ""
    said = _SENTENCE.split(first.text, maxsplit=1)[0]
    return first.severity, f"{_GRAVE[first.severity][0]}: {said}{rest}"
