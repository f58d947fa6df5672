"""The devices of one rig: try all or one again, drops, a tone; or what a session tells of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import msgspec
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from gui.boxes import Box
from gui.check.check_line import CheckLine
from gui.check.results import Result, Results, age_words
from gui.jobs import Done
from gui.theme import quiet_label, set_level, title_label
from gui.workplace import Workplace
from rig.trying import Tried

DROPS = 10
LONGEST = 120.0
_NOT_TRIED = "Not tried yet."


class RigPanel(QFrame):
    """A rig.

    Parameters
    ----------
    place
        What all screens share.
    rig
        Its name.
    fix
        Called with rig and device to calibrate a device.
    """

    def __init__(self, place: Workplace, rig: str, fix: Callable[[str, str], None]) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.setAccessibleName(f"Devices of {rig}")
        self._place, self._rig = place, rig
        self._fix = fix
        self.results = Results(place.lab.locks / f"tried-{rig}.json")
        self.lines: dict[str, CheckLine] = {}
        self._answers: dict[str, list[QPushButton]] = {}
        self._fixes: dict[str, QPushButton] = {}
        self._tries: list[QPushButton] = []
        self.busy = ""
        self._told: dict[str, CheckLine] = {}
        self.all = QPushButton("Try all")
        self.all.setAccessibleName(f"Try all devices of {rig}")
        self.all.clicked.connect(self.try_all)
        self.said = quiet_label()
        self.said.setWordWrap(True)
        head = QHBoxLayout()
        head.addWidget(title_label(rig))
        head.addWidget(self.said, 1)
        head.addWidget(self.all)
        self._layout = QVBoxLayout(self)
        self._layout.addLayout(head)
        self._build()

    @property
    def _box(self) -> Box:
        return self._place.boxes.by_rig[self._rig]

    @property
    def is_free(self) -> bool:
        """Whether no session uses the rig."""
        return not (self._box.is_running or self._box.starting)

    def try_all(self) -> None:
        """Try every device."""
        self._run("all devices", [], self._take_all)

    def refresh(self) -> None:
        """Show ages; and in a session what it tells in place of what was found before."""
        can = self.is_free and not self.busy
        for button in (self.all, *self._tries):
            button.setEnabled(can)
        free = self.is_free
        for device, line in self.lines.items():
            line.setVisible(free)
            result = self.results.by_device.get(device)
            line.age.setText(age_words(time.time() - result.at) if result else "")
        if not free:
            self._show_session()
        for line in self._told.values():
            line.setVisible(not free)
        self._say(*self._state())

    def _state(self) -> tuple[str, str]:
        """Return the level and the words of how the rig stands."""
        if not self.is_free:
            return "note", f"{self._box.subject} is in it: what its session tells of the devices."
        if self.busy:
            return "", self.busy
        if not self.results.by_device:
            return "", _NOT_TRIED
        wrong = [name for name, each in self.results.by_device.items() if each.level != "good"]
        if wrong:
            return "warn", f"Look at: {', '.join(wrong)}."
        return "good", "All devices are good."

    def _show_session(self) -> None:
        """Show when each device was last heard of in the session."""
        view = self._box.view
        if view is None:
            return
        for device, (when, told) in view.lit.items():
            if device not in self._told:
                self._told[device] = CheckLine(device)
                self._layout.addWidget(self._told[device])
            line = self._told[device]
            line.show_state("note", "", told)
            line.age.setText(age_words(view.time - when))

    def _build(self) -> None:
        """Make a line for each device that was tried."""
        for line in (*self.lines.values(), *self._told.values()):
            self._layout.removeWidget(line)
            line.hide()
            line.deleteLater()
        self.lines, self._told, self._answers, self._tries = {}, {}, {}, []
        for device, result in self.results.by_device.items():
            line = self.lines[device] = CheckLine(device)
            self._add_buttons(line, device, result)
            self._layout.addWidget(line)
        for device in self.lines:
            self._show(device)

    def _add_buttons(self, line: CheckLine, device: str, result: Result) -> None:
        kind, one = result.tried.kind, ["--device", device]
        yes = line.add_button("Yes, heard", partial(self._answer, device, heard=True))
        no = line.add_button("No", partial(self._answer, device, heard=False))
        self._answers[device] = [yes, no]
        self._fixes[device] = line.add_button("Fix...", partial(self._fix, self._rig, device))
        if kind == "valve":
            drops = partial(self._again, device, [*one, "--drops", str(DROPS)])
            self._tries.append(line.add_button(f"{DROPS} drops", drops))
        if kind == "speaker":
            self._tries.append(line.add_button("Tone", partial(self._tone, device)))
        self._tries.append(line.add_button("Again", partial(self._again, device, one)))

    def _show(self, device: str) -> None:
        """Show what is known of a device."""
        result = self.results.by_device[device]
        asked = result.heard == "asked"
        text = f"{result.text} Did you hear it?" if asked else result.text
        self.lines[device].show_state(result.level, result.word, text, result.remedy)
        for button in self._answers[device]:
            button.setVisible(asked)
        self._fixes[device].setVisible(result.tried.fix == "calibrate")

    def _again(self, device: str, options: list[str]) -> None:
        self._run(device, options, partial(self._take_one, tone=False))

    def _tone(self, device: str) -> None:
        self._run(device, ["--device", device, "--tone"], partial(self._take_one, tone=True))

    def _answer(self, device: str, *, heard: bool) -> None:
        self.results.answer(device, "heard" if heard else "not heard")
        self._show(device)
        self.refresh()

    def _run(self, what: str, options: list[str], take: Callable[[list[Tried]], None]) -> None:
        if self.busy or not self.is_free:
            return
        self.busy = f"Trying {what}..."
        self.refresh()

        def answered(done: Done) -> None:
            self.busy = ""
            try:
                take(msgspec.convert(done.value, list[Tried]))
            except msgspec.ValidationError:
                self._failed(done.error)
            self.refresh()

        self._place.jobs.run(["try", self._rig, *options], answered, LONGEST)

    def _failed(self, why: str) -> None:
        self._place.tell("bad", f"The devices of {self._rig} could not be tried. {why}")

    def _take_all(self, tried: list[Tried]) -> None:
        self.results.take_all(tried, time.time())
        self._build()

    def _take_one(self, tried: list[Tried], *, tone: bool) -> None:
        self.results.take(tried, time.time(), tone=tone)
        for each in tried:
            if each.device in self.lines:
                self._show(each.device)

    def _say(self, level: str, text: str) -> None:
        if self.said.text() != text:
            self.said.setText(text)
        set_level(self.said, level)
