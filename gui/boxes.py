"""The boxes of the lab as the window knows them: one for each rig, with its session if it has one.

No Qt here. What a box is like is said in words that an operator reads.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from gui.alarms import Alarms
from gui.reader import CaughtUp, Found, Gone, Message, Silent, Told, Unreadable
from gui.session_view import SessionView
from rig.bus import Heartbeat
from rig.desk import Address
from rig.events import Record


@dataclass
class Box:
    """One rig and its session.

    Attributes
    ----------
    rig
        Name of the rig.
    address
        Where its session takes orders; None without one.
    view
        What the session has told; None without one.
    caught_up
        Whether all that was before this window came has been taken in.
    silent
        Whether the engine gives no sign of life, though its program runs.
    gone
        Whether the engine's program is not there any more.
    unreadable
        Why the record cannot be followed; empty if it can.
    detached
        Whether a person wants the box not to be followed.
    trouble_seen
        Who has seen what happened to the engine; empty if nobody has.
    starting
        The mouse whose session was asked for and has not begun yet; empty if none was.
    heard
        When something was heard last, by `time.monotonic`.
    wrapped_up
        Whether a person has closed the session.
    alarms
        What a person should look at.
    """

    rig: str
    address: Address | None = None
    view: SessionView | None = None
    caught_up: bool = False
    silent: bool = False
    gone: bool = False
    unreadable: str = ""
    detached: bool = False
    trouble_seen: str = ""
    starting: str = ""
    heard: float = 0.0
    wrapped_up: bool = False
    alarms: Alarms = field(default_factory=Alarms)

    @property
    def subject(self) -> str:
        """The mouse in the box; empty if there is none."""
        if self.wrapped_up or (self.starting and not self.is_running):
            return self.starting
        if self.view is not None and self.view.definition is not None:
            return self.view.definition.subject
        return self.starting

    @property
    def is_running(self) -> bool:
        """Whether a session runs, as far as anybody knows."""
        return self.view is not None and self.view.ended is None and not self.gone

    @property
    def died(self) -> bool:
        """Whether the engine ended without an end of the session."""
        return self.gone and self.view is not None and self.view.ended is None

    @property
    def now(self) -> float:
        """Session's seconds by this computer's clock; 0 without a session."""
        if self.view is None:
            return 0.0
        if not self.is_running or self.silent or not self.caught_up:
            return self.view.time
        return self.view.time + (time.monotonic() - self.heard) * self.view.speed

    def state(self) -> tuple[str, str]:
        """Return the level and the word for what the box is like."""
        view = self.view
        if self.starting and not self.is_running:
            return "note", "starting"
        if self.detached:
            return "note", "not followed"
        if view is None or self.wrapped_up:
            return "", "free"
        if self.died:
            return "bad", "engine died"
        if view.ended is not None:
            level = "bad" if view.ended.how == "failed" else "note"
            return level, "failed: wrap up" if level == "bad" else "ended: wrap up"
        if self.unreadable:
            return "bad", "cannot be followed"
        if self.silent:
            return "bad", "not answering"
        if view.question is not None:
            return "warn", "asks a question"
        if view.stopping:
            return "warn", "stops after this trial"
        if view.paused:
            return "warn", "paused" if view.trial is None else "pauses after this trial"
        return "good", "running"

    def trouble(self) -> str:
        """Return what happened to the engine, what is safe, what to do; empty if all is well."""
        view = self.view
        if view is None or self.wrapped_up or not (self.died or self.silent or self.unreadable):
            return ""
        trial = view.rows[-1].trial if view.rows else 0
        safe = f"Data up to trial {trial} is safe"
        if self.unreadable and not self.gone:
            return (
                f"{self.subject or 'The session'} cannot be followed: {self.unreadable}. It may "
                "well go on. Look at the rig; it can still be stopped from here."
            )
        if self.silent:
            return (
                f"The program of {self.subject}'s session does not answer. {safe}. Look at the "
                "rig: a valve closes by itself after its drop. Stop now, or end the program."
            )
        return (
            f"The program of {self.subject}'s session ended in trial {trial + 1}. {safe}. Each "
            "drop ended by itself, and the valve is closed. Look at the rig, then go on as part 2 "
            "or wrap up."
        )


class Boxes:
    """All boxes of a lab, fed with what the reader hears.

    Attributes
    ----------
    by_rig
        The boxes, in the order of their rigs' names.
    """

    def __init__(self, rigs: list[str]) -> None:
        self.by_rig: dict[str, Box] = {rig: Box(rig) for rig in sorted(rigs)}

    def take(self, message: Message) -> None:
        """Take in what the reader has heard."""
        box = self.by_rig.setdefault(message.rig, Box(message.rig))
        if box.detached:
            return
        match message:
            case Found(address=address):
                self.by_rig[message.rig] = Box(
                    message.rig, address, SessionView(), starting=box.starting
                )
            case Told(records=records):
                self._tell(box, records)
            case CaughtUp():
                box.caught_up = True
                box.starting = ""
            case Silent():
                box.silent = True
            case Unreadable(why=why):
                box.unreadable, box.silent, box.caught_up = why, False, True
            case Gone():
                box.gone, box.silent = True, False

    def detach(self, rig: str) -> None:
        """Forget the session on a rig, and take in nothing of it; it goes on."""
        self.by_rig[rig] = Box(rig, detached=True)

    def attach(self, rig: str) -> None:
        """Take in again what a rig tells."""
        self.by_rig[rig] = Box(rig)

    @property
    def detached(self) -> frozenset[str]:
        """The rigs that a person wants not to be followed."""
        return frozenset(rig for rig, box in self.by_rig.items() if box.detached)

    def _tell(self, box: Box, records: tuple[Record | Heartbeat, ...]) -> None:
        view = box.view
        if view is None:
            return
        box.heard, box.silent, box.trouble_seen = time.monotonic(), False, ""
        try:
            for record in records:
                if isinstance(record, Heartbeat):
                    view.take_beat(record)
                else:
                    view.take(record)
        except Exception as error:  # whatever a session tells, the window goes on
            box.unreadable = f"{type(error).__name__}: {error}"
