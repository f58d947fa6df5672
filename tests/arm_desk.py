"""The Arm sheet in the hands of a test: its commands are not run, and a test answers them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from fake_jobs import FakeJobs
from gui_helpers import Bench
from pytestqt.qtbot import QtBot

from gui.day_jobs import DayJobs
from gui.ledger_jobs import LedgerJobs
from gui.screens.arm import ArmSheet
from rig.day_plan import DayBoard, DayMouse
from rig.plan import plan_protocol
from rig.preflight import (
    Choices,
    DeviceCard,
    Guard,
    Preflight,
    ProtocolCard,
    ProtocolChoice,
    RigCard,
    RigChoice,
    SavingCard,
    StageCard,
    SubjectCard,
    SubjectChoice,
)

MICE = (
    SubjectChoice("M014", ear_tag="14", cage="C-221", mark="brown dot"),
    SubjectChoice("M041", ear_tag="41", cage="C-222"),
    SubjectChoice("M114", ear_tag="41", cage="C-300"),
    SubjectChoice("SIM01", simulated=True),
)
CHOICES = Choices(
    MICE,
    (RigChoice("box1", "rigs/box1.toml"), RigChoice("box2", "rigs/box2.toml")),
    (ProtocolChoice("protocols/go_nogo.toml", "go_nogo"),),
)
OK = Guard("ran today", "ok", "M014 has not run today.")
NOTE = Guard("usual rig", "note", "M014 has not run before.")
CONFIRM = Guard("ran today", "confirm", "M014 already ran today at 08:05.", "Again?", "click")
OVERRIDE = Guard("calibration of valve", "override", "Valve: 99 days ago.", "Why?", "reason")
STOP = Guard("save folder", "stop", "The folder cannot be written.", "Check the rights.")
STAGE = Guard("stage", "confirm", "Suggested: stage s2.", "Use it, or keep s1.", "click")
PROBLEM = {"problems": [{"what": "no such line", "where": "rigs/box1.toml", "do": "Mend it."}]}


@dataclass
class Launched:
    """Programs that would have been started."""

    runs: list[list[str]] = field(default_factory=list)
    output: Path = Path()

    def __call__(self, arguments: Sequence[str], folder: Path, output: Path) -> str:
        self.runs.append(list(arguments))
        self.output = output
        return ""

    def prints(self, text: str) -> None:
        """Let the program print something, which it does when it ends."""
        self.output.write_text(text, encoding="utf-8")


class Desk:
    """The sheet with its commands in the hands of a test."""

    def __init__(self, bench: Bench, qtbot: QtBot) -> None:
        self.bench, self.qtbot, self.place = bench, qtbot, bench.place
        self.jobs, self.launched = FakeJobs(), Launched()
        self.place.jobs = self.jobs  # type: ignore[assignment]
        self.told: list[str] = []
        self.gone_to: list[str] = []
        self.place.tell = lambda level, text: self.told.append(text)
        self.place.go_to = self.gone_to.append
        self.day = DayJobs(self.place)
        self.sheet = ArmSheet(self.place, self.day, LedgerJobs(self.place), self.launched)
        qtbot.addWidget(self.sheet)
        self.sheet.resize(1100, 700)
        self.sheet.show()
        self.sheet.arrive()
        self.jobs.last("--choices").answer(CHOICES)
        plan = plan_protocol(self.place.lab, self.place.lab.files("protocols")[4])
        self.schema = plan.protocol.Params.model_json_schema()

    def type(self, text: str) -> None:
        self.sheet.head.mouse.line.setFocus()
        self.sheet.head.mouse.line.clear()
        self.qtbot.keyClicks(self.sheet.head.mouse.line, text)

    def found(self, subject: str, *guards: Guard, stage: StageCard | None = None) -> Preflight:
        mouse = next((each for each in MICE if each.id == subject), MICE[0])
        values = {"time_out": 8.0, "reward_ul": 5.0, "stage": "discrimination"}
        return Preflight(
            SubjectCard(subject, True, mouse.ear_tag, mouse.cage, mouse.mark, mouse.simulated),
            RigCard("box1", "rigs/box1.toml", devices=(
                DeviceCard("water", "valve", "Valve", False),
                DeviceCard("sound", "speaker", "Speaker", False),
            )),
            ProtocolCard("protocols/go_nogo.toml", "go_nogo", "Go/NoGo.", "", self.schema,
                         values, values, values),
            stage, None, SavingCard("/data", True, 100.0, 0.5), guards,
        )  # fmt: skip

    def answer(self, subject: str, *guards: Guard, stage: StageCard | None = None) -> None:
        """Answer the check of a mouse, as soon as it is asked for."""
        self.qtbot.waitUntil(lambda: not self.sheet._checker._timer.isActive())
        self.jobs.last("preflight", subject).answer(self.found(subject, *guards, stage=stage))

    def arm(self, subject: str, *guards: Guard, stage: StageCard | None = None) -> None:
        self.type(subject)
        self.answer(subject, *guards, stage=stage)

    def plan(self, *mice: tuple[str, str, str], planned: bool = True) -> None:
        """Let the day be read: mouse, rig and protocol file of each."""
        self.day.read()
        day = date(2026, 11, 25)
        told = [
            DayMouse(subject, "", "", "", rig, protocol, None, None, "planned")
            for subject, rig, protocol in mice
        ]
        self.jobs.last("today").answer(DayBoard(day, "the plan", planned, tuple(told)))

    @property
    def can_start(self) -> bool:
        return self.sheet.footer.start.isEnabled()

    @property
    def why(self) -> str:
        return self.sheet.footer.why.text()

    def press(self, keys: str) -> None:
        action = next(each for each in self.sheet.can_be_done() if each.keys == keys)
        if action.when():
            action.do()
