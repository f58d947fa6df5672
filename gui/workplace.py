"""What all screens share: the lab, the boxes, and the ways to ask for something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from gui.boxes import Box, Boxes
from gui.jobs import Jobs
from gui.palette import Palette
from gui.sender import Sender
from rig.inbox import Verb
from rig.lab import Lab

NOBODY = "operator"
"""Who gives an order where nobody has said who works here: a stop must not wait for that."""
ScreenName = Literal[
    "today", "arm", "run", "boxes", "check", "calibrations", "wrap up", "water", "subject",
    "sessions", "close the day", "be the mouse",
]  # fmt: skip


class Workplace:
    """Handed to every screen.

    Attributes
    ----------
    lab
        The lab.
    boxes
        The boxes and their sessions.
    jobs
        Runs ``rig`` commands beside the window.
    operator
        Who works here, by name.
    rig
        The rig that the operator looks at.
    palette
        The colours of the window.
    asked
        Orders whose answer has not come yet, by id.
    closed
        Whether the window has been closed.
    at_start
        What screens do when the window begins to listen.
    muted
        Rigs whose alerts make no sound.
    refused
        Orders that were refused and of which no screen has told yet, by id.
    """

    def __init__(
        self, lab: Lab, boxes: Boxes, jobs: Jobs, sender: Sender, palette: Palette
    ) -> None:
        self.lab = lab
        self.boxes = boxes
        self.jobs = jobs
        self.operator = ""
        self.rig = next(iter(boxes.by_rig), "")
        self.palette = palette
        self.asked: dict[str, Asked] = {}
        self.refused: dict[str, Refused] = {}
        self.go_to: Callable[[ScreenName], None] = _nowhere
        self.tell: Callable[[str, str], None] = _untold
        self.muted: set[str] = set()
        self.closed = False
        self.at_start: list[Callable[[], None]] = []
        self.follow_all_but: Callable[[frozenset[str]], None] = _unheard
        self._sender = sender

    @property
    def box(self) -> Box:
        """The box that the operator looks at."""
        return self.boxes.by_rig.get(self.rig) or Box(self.rig)

    def detach(self, rig: str) -> None:
        """Follow a rig no more; its session goes on."""
        self.boxes.detach(rig)
        self.follow_all_but(self.boxes.detached)

    def attach(self, rig: str) -> None:
        """Follow a rig again, from the beginning of its session."""
        self.boxes.attach(rig)
        self.follow_all_but(self.boxes.detached)

    def order(self, verb: Verb, **rest: object) -> str:
        """Ask something of the session in the box; return the id of the order."""
        return self.order_to(self.rig, verb, **rest)

    def order_to(self, rig: str, verb: Verb, **rest: object) -> str:
        """Ask something of the session on a rig; return the id of the order.

        It is for the session that is shown, and for no other that may have begun since.
        """
        box = self.boxes.by_rig.get(rig) or Box(rig)
        session = box.address.session if box.address else ""
        number = self._sender.order(rig, session, verb, self.operator or NOBODY, **rest)
        self.asked[number] = Asked(rig, session, verb)
        return number


@dataclass(frozen=True)
class Asked:
    """An order that has not been answered yet.

    Attributes
    ----------
    rig, session
        To whom it was given.
    verb
        What was asked.
    accepted
        Whether the session has said that it does it; its record of that is still to come.
    """

    rig: str
    session: str
    verb: Verb
    accepted: bool = False


@dataclass(frozen=True)
class Refused:
    """An order that was refused: on which rig, what was asked, and why not."""

    rig: str
    verb: Verb
    why: str


class Screen(Protocol):
    """What the window needs of each screen, beside its being a widget."""

    def arrive(self) -> None:
        """Be shown: the operator comes here, or looks at another box."""

    def refresh(self) -> None:
        """Show what has changed; called at every tick while the screen is visible."""

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""


def _nowhere(name: ScreenName) -> None:
    """Go nowhere: there is no window yet."""


def _untold(level: str, text: str) -> None:
    """Tell nobody: there is no window yet."""


def _unheard(rigs: frozenset[str]) -> None:
    """Follow nobody: there is no window yet."""
