"""The steps of the guided ten minutes: what to do, and how it is seen that it was done.

No Qt here: a step looks at what the window knows, and never at what was clicked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gui.boxes import Box
from gui.workplace import ScreenName

MOUSE = "SIM04"
NAIVE = "SIM01"
RIG = "box1"
YOURS = "you"
"""The box of the person who is the mouse."""
FAST = 20.0
"""Times real time: fast enough to go on."""
TRIALS_BEFORE_FAULT = 40
FAULT = "blocked spout"
DAYS = 5
TRIALS_AS_MOUSE = 3
"""Trials after which a person knows what it is like."""


@dataclass(frozen=True)
class Seen:
    """What a step may look at.

    Attributes
    ----------
    screen
        The visible screen.
    box
        The box of the demonstration.
    days
        Days for which the naive mouse has been trained.
    training
        Whether it is being trained now.
    trials_as_mouse
        Trials that the person has done as the mouse.
    """

    screen: ScreenName
    box: Box
    days: int = 0
    training: bool = False
    trials_as_mouse: int = 0


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes
    ----------
    text
        What to do, and why.
    done
        Whether it is done.
    """

    text: str
    done: Callable[[Seen], bool]


def _speed(seen: Seen) -> float:
    return seen.box.view.speed if seen.box.view else 1.0


def _trials(seen: Seen) -> int:
    return len(seen.box.view.rows) if seen.box.view else 0


def _flushed(seen: Seen) -> bool:
    view = seen.box.view
    return view is not None and any(
        answer.verb == "flush" and answer.accepted for answer in view.answers.values()
    )


def _dropped(seen: Seen) -> bool:
    view = seen.box.view
    return view is not None and any(
        answer.verb == "drop" and answer.accepted for answer in view.answers.values()
    )


def _raised(seen: Seen) -> bool:
    return any(alarm.key in {"fell silent", "no lick"} for alarm in seen.box.alarms.list)


def _ended(seen: Seen) -> bool:
    return seen.box.view is not None and seen.box.view.ended is not None


STEPS = (
    Step(
        f"Virtual mice with a past are here, and simulated boxes. Type {MOUSE} into the field Next "
        "mouse (F2 leads there), as from an ear tag, and press Enter. What was looked at stands "
        "on the page; only what is amber needs you. Then F5 starts the session.",
        lambda seen: seen.box.is_running and seen.screen == "run",
    ),
    Step(
        "The session runs in real time: state, licks, outcomes. That is slow to watch: move the "
        f"slider Speed, below the pictures, to x{FAST:.0f} or more.",
        lambda seen: _speed(seen) >= FAST,
    ),
    Step(
        "At the left a row is a trial, and a tick is a lick. This mouse is an expert: d' says how "
        "well it tells the two sounds apart. Watch; something will go wrong after trial "
        f"{TRIALS_BEFORE_FAULT}.",
        lambda seen: _trials(seen) >= TRIALS_BEFORE_FAULT,
    ),
    Step(
        "From here on the spout is blocked: drops are given, and none arrives. Soon the mouse "
        "licks less, and an alert comes up at the foot of the window.",
        _raised,
    ),
    Step(
        "An alert. Press F6: the session pauses after this trial.",
        lambda seen: seen.box.view is not None and seen.box.view.paused,
    ),
    Step(
        "Paused. Ctrl+D gives one drop to look at. In a real box you would see that none comes.",
        _dropped,
    ),
    Step(
        "Press the button Flush, at the right below the pictures: it holds the valve open for some "
        "seconds.",
        _flushed,
    ),
    Step(
        "It drips again. Ctrl+G says, under your name, that you saw the alert, and F6 goes on.",
        lambda seen: seen.box.view is not None and not seen.box.view.paused and _flushed(seen),
    ),
    Step(
        "Water comes again, and the mouse finds out. When you have seen enough, Shift+F6 stops "
        "after this trial.",
        _ended,
    ),
    Step(
        "Press Wrap up. Say how the mouse is, if there is something to say, and press Ctrl+Enter.",
        lambda seen: seen.box.wrapped_up,
    ),
    Step(
        f"{NAIVE} is new. Press Next day: a whole session in virtual time, which never waits. "
        f"Train it for {DAYS} days and watch it learn.",
        lambda seen: seen.days >= DAYS and not seen.training,
    ),
    Step(
        "It has learned to come for water; that only one sound means water takes more days, if you "
        "like. Then go to Sessions.",
        lambda seen: seen.screen == "sessions",
    ),
    Step(
        "Each session has a report, and can be exported as NWB for anybody to read: the buttons "
        "are at the right. Last: go to Be the mouse, press See, and find out what means water.",
        lambda seen: seen.trials_as_mouse >= TRIALS_AS_MOUSE,
    ),
)
AFTER = (
    "That was all. Go on as long as you like. Everything you saw is recorded in this lab's folder, "
    "which is yours to delete."
)
FAULT_STEP = 3
"""Number of the step at whose beginning the spout is blocked."""
DAY_STEP = 10
"""Number of the step with the button Next day; it and the curve stay for one step more."""


class Progress:
    """Where the person is in the guide.

    Attributes
    ----------
    step
        Number of the step (0, 1, ...); `len(STEPS)` when all are done.
    """

    def __init__(self) -> None:
        self.step = 0

    @property
    def text(self) -> str:
        """What to do now."""
        return STEPS[self.step].text if self.step < len(STEPS) else AFTER

    def look(self, seen: Seen) -> bool:
        """Go on if the step is done; return whether another one has begun."""
        if self.step >= len(STEPS) or not STEPS[self.step].done(seen):
            return False
        self.step += 1
        return True

    def skip(self) -> None:
        """Go on to the next step."""
        self.step = min(self.step + 1, len(STEPS))
