"""What tests of the window share: a workplace whose orders go nowhere, and sessions to show."""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from PyQt5.QtCore import QEvent, Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from gui.boxes import Box, Boxes
from gui.jobs import Done, Jobs
from gui.palette import LIGHT
from gui.reader import CaughtUp, Found, Gone, Told
from gui.sender import Sender
from gui.session_view import SessionView
from gui.window import Window
from gui.workplace import Workplace
from rig.bus import Heartbeat
from rig.desk import Address
from rig.events import (
    CommandGiven,
    Definition,
    DeviceReported,
    Event,
    Fault,
    GraphDefined,
    Header,
    InputChanged,
    QuestionAsked,
    Record,
    SessionEnded,
    StateEntered,
    TrialEnded,
    TrialStarted,
)
from rig.inbox import Command, Reply
from rig.lab import Lab

ADDRESS = Address("tcp://127.0.0.1:1", "secret", "SIM01/2026-11-25/1", "", "")
HEADER = Header(3, "SIM01/2026-11-25/1", "2026-11-25T10:00:00+01:00", "pc", "3.11", "1.0", None,
                None, "lab")  # fmt: skip
DEFINITION = Definition(
    rig="box1", subject="SIM01", protocol="go_nogo", protocol_class="protocols.go_nogo:GoNoGo",
    protocol_sha256="", lab_toml="", rig_toml="", protocol_toml="", subject_toml="",
    calibration_toml={}, own_files={}, params={"reward_ul": 5.0},
    session={"max_water_ul": 1000.0}, subject_values={}, devices=(), sounds={}, mouse=None,
    mouse_settings={}, mouse_memory={}, seed=1, clock="system",
)  # fmt: skip
_STATES = ({"name": "stimulus", "meaning": "stimulus"}, {"name": "response", "meaning": ""})


def make_place(lab: Lab, sent: queue.SimpleQueue[tuple[str, Command]]) -> tuple[Workplace, Sender]:
    """Return a workplace of a lab, and its sender: orders end in `sent`, and all are accepted."""

    def keep(file: Path, command: Command, session: str) -> Reply:
        sent.put((file.name.removeprefix("rig-").removesuffix(".address"), command))
        return Reply(True, "done")

    sender = Sender(lab.locks, keep)
    boxes = Boxes([path.stem for path in lab.files("rigs")])
    place = Workplace(lab, boxes, Jobs(lab.folder), sender, LIGHT)
    place.operator = "anna"
    return place, sender


@dataclass
class Bench:
    """A workplace, what it has asked of engines that are not there, and where it went."""

    place: Workplace
    sender: Sender
    sent: queue.SimpleQueue[tuple[str, Command]]
    went: list[str] = field(default_factory=list)

    def next_order(self) -> tuple[str, Command]:
        """Return the next order that went out, with its rig."""
        return self.sent.get(timeout=10)

    def begin(self, rig: str, records: Sequence[Record | Heartbeat] = ()) -> Box:
        """Let a session run on a rig, which has told this."""
        subject = next((r.subject for r in records if isinstance(r, Definition)), "SIM01")
        address = msgspec.structs.replace(ADDRESS, session=f"{subject}/2026-11-25/1")
        self.place.boxes.take(Found(rig, address))
        self.tell(rig, records)
        self.place.boxes.take(CaughtUp(rig))
        return self.place.boxes.by_rig[rig]

    def tell(self, rig: str, records: Sequence[Record | Heartbeat]) -> None:
        """Let the session on a rig tell more."""
        self.place.boxes.take(Told(rig, tuple(records)))

    def lose(self, rig: str) -> None:
        """Let the program of the session on a rig be gone."""
        self.place.boxes.take(Gone(rig))

    def answer(self, rig: str, command: Command, *, accepted: bool = True) -> None:
        """Let the session on a rig record what it answered to an order."""
        view = self.place.boxes.by_rig[rig].view
        now = view.time if view else 0.0
        given = CommandGiven(
            1, now, now, 1, command.verb, command.text, command.author, command.key,
            command.value, accepted, "done", command.id,
        )  # fmt: skip
        self.tell(rig, [given])

    def close(self) -> None:
        """End what runs beside."""
        self.place.closed = True
        self.sender.close()
        self.place.jobs.close()


class Asked:
    """Takes the place of `gui.jobs.Jobs`: keeps what is asked, and a test answers it."""

    def __init__(self) -> None:
        self.waiting: list[tuple[list[str], Callable[[Done], None]]] = []
        self.asked: list[list[str]] = []

    def run(
        self, arguments: Sequence[str], done: Callable[[Done], None], longest: float = 0.0
    ) -> None:
        """Keep what is asked."""
        self.asked.append([*arguments])
        self.waiting.append(([*arguments], done))

    def answer(self, value: Any = None, code: int = 0, error: str = "") -> list[str]:
        """Answer what was asked first, and return that."""
        arguments, done = self.waiting.pop(0)
        done(Done(code, value, error))
        return arguments

    def close(self) -> None:
        """Do nothing."""


@dataclass
class Script:
    """Writes what a session tells, event by event.

    Attributes
    ----------
    records
        All of it so far.
    time
        Session's seconds.
    """

    subject: str = "SIM01"
    rig: str = "box1"
    records: list[Record] = field(default_factory=list)
    time: float = 0.0
    trials: int = 0

    def __post_init__(self) -> None:
        told = msgspec.structs.replace(DEFINITION, subject=self.subject, rig=self.rig)
        self.records += [HEADER, told]
        self._add(GraphDefined, graph=1, states=_STATES, first="stimulus")

    def trial(
        self, outcome: str | None = "hit", licks: int = 2, drop_ul: float | None = None,
        lasts: float = 10.0, kind: str = "",
    ) -> Script:  # fmt: skip
        """Add a whole trial."""
        self.begin(kind or ("go" if outcome in {"hit", "miss", None} else "nogo"))
        for number in range(licks):
            self.lick(0.5 + 0.1 * number)
        if drop_ul is not None:
            self.drop(drop_ul)
        return self.end(outcome, lasts)

    def end(self, outcome: str | None, lasts: float = 10.0) -> Script:
        """End the running trial."""
        self.time += lasts
        cause = "aborted" if outcome is None else "timeout"
        self._add(TrialEnded, cause=cause, outcome=outcome, aborted=outcome is None, measures={})
        return self

    def begin(self, kind: str = "go") -> Script:
        """Begin a trial."""
        self.trials += 1
        self._add(TrialStarted, graph=1, trial_type=kind, stimulus=kind, draws={},
                  stimulus_state="stimulus")  # fmt: skip
        self._add(StateEntered, state="stimulus", requested=1.0, cause="start")
        return self

    def lick(self, after: float = 0.0) -> Script:
        """Let the mouse lick once, so many seconds from here."""
        when = self.time + after
        for level in (True, False):
            self.records.append(
                InputChanged(len(self.records), when, when, self.trials, "lick", level)
            )
        return self

    def drop(self, volume_ul: float, author: str = "") -> Script:
        """Let a drop fall."""
        self._add(DeviceReported, device="water", what="opening", detail="", requested=0.03,
                  achieved=0.03, volume_ul=volume_ul, author=author)  # fmt: skip
        return self

    def obeyed(self, verb: str, author: str = "anna", reason: str = "") -> Script:
        """Let the session accept an order."""
        self._add(CommandGiven, verb=verb, reason=reason, author=author, reply="done")
        return self

    def asks(self, text: str, choices: tuple[str, ...] = ("go on", "stop")) -> Script:
        """Let the protocol ask something."""
        self._add(QuestionAsked, text=text, choices=choices, default=choices[0], patience=60.0)
        return self

    def fails(self, what: str, do: str, level: str = "error") -> Script:
        """Let something fail."""
        self._add(Fault, what=what, where="box1", do=do, level=level)
        return self

    def ends(self, reason: str = "max_trials reached", how: str = "limit") -> Script:
        """Let the session end."""
        self._add(SessionEnded, reason=reason, trials=self.trials, water_ul=0.0, mouse_memory={},
                  how=how)  # fmt: skip
        return self

    def view(self) -> SessionView:
        """Return what is known of the session."""
        made = SessionView()
        for record in self.records:
            made.take(record)
        return made

    def _add(self, kind: type[Event], **fields: object) -> None:
        common = (len(self.records), self.time, self.time, self.trials)
        self.records.append(kind(*common, **fields))  # type: ignore[arg-type]


def beat(time: float, size: int = 100, safe: int = 100, logger: str = "ready") -> Heartbeat:
    """Return a heartbeat."""
    return msgspec.convert(
        {"time": time, "trial": 1, "size": size, "safe": safe, "logged": safe, "logger": logger},
        Heartbeat,
    )


def end_window(window: Window) -> None:
    """Close a window and delete it: one that is left alive is restyled with all later ones."""
    window.leave()
    window.deleteLater()
    delete_closed()


def delete_closed() -> None:
    """Delete the widgets that a test has done with; Qt itself waits for a loop that none runs."""
    QApplication.sendPostedEvents(None, QEvent.DeferredDelete)


def click(widget: QWidget | None) -> None:
    """Click a widget with the left button."""
    assert widget is not None
    QTest.mouseClick(widget, Qt.LeftButton)


def button(parent: QWidget, words: str) -> QPushButton:
    """Return the visible button that begins with these words."""
    found = [
        each
        for each in parent.findChildren(QPushButton)
        if each.isVisible() and each.text().replace("&", "").startswith(words)
    ]
    assert found, f"no button '{words}'"
    return found[0]


def texts(parent: QWidget) -> str:
    """Return all that a person can read there, a line each."""
    return "\n".join(
        each.text() for each in parent.findChildren(QLabel) if each.isVisible() and each.text()
    )
