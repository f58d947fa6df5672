"""What ``rig doctor`` finds about the computer."""

from __future__ import annotations

import time

import msgspec
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui.check.check_line import CheckLine
from gui.check.results import age_words
from gui.jobs import Done
from gui.theme import quiet_label, set_level, title_label
from gui.workplace import Workplace
from rig.doctor import Finding

_WORDS = {"good": ("good", "GOOD"), "missing": ("note", "MISSING"), "bad": ("bad", "BAD")}


class ComputerPanel(QFrame):
    """The computer: what is good in one line, all else in a line each."""

    def __init__(self, place: Workplace) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self._place = place
        self._at = 0.0
        self._busy = False
        self._good: list[str] = []
        self.lines: dict[str, CheckLine] = {}
        self.again = QPushButton("Look again")
        self.again.clicked.connect(self.look)
        self.said = quiet_label()
        self.said.setWordWrap(True)
        head = QHBoxLayout()
        head.addWidget(title_label("This computer"))
        head.addWidget(self.said, 1)
        head.addWidget(self.again)
        self._inner = QVBoxLayout()
        layout = QVBoxLayout(self)
        layout.addLayout(head)
        layout.addLayout(self._inner)

    @property
    def was_looked_at(self) -> bool:
        """Whether the computer has been looked at."""
        return bool(self._at) or self._busy

    def look(self) -> None:
        """Look at the computer."""
        if not self._busy:
            self._busy = True
            self._place.jobs.run(["doctor"], self._take)
            self.refresh()

    def refresh(self) -> None:
        """Show the age of what was found."""
        self.again.setEnabled(not self._busy)
        age = age_words(time.time() - self._at) if self._at else ""
        good = f"Good: {', '.join(self._good)}." if self._good else ""
        text = "Looking..." if self._busy else " ".join(filter(None, (good, age)))
        if self.said.text() != text:
            self.said.setText(text)

    def _take(self, done: Done) -> None:
        self._busy = False
        try:
            findings = msgspec.convert(done.value, list[Finding])
        except msgspec.ValidationError:
            self._place.tell("bad", done.error)
            self.refresh()
            return
        self._at = time.time()
        self._good = [each.what for each in findings if each.state == "good"]
        self._build([each for each in findings if each.state != "good"])
        self.refresh()

    def _build(self, findings: list[Finding]) -> None:
        for line in self.lines.values():
            _forget(self._inner, line)
        self.lines = {}
        for each in sorted(findings, key=lambda finding: finding.state != "bad"):
            line = self.lines[each.what] = CheckLine(each.what)
            level, word = _WORDS[each.state]
            line.show_state(level, word, each.detail, each.do)
            set_level(line.remedy, "warn" if each.state == "bad" else "")
            self._inner.addWidget(line)


def _forget(layout: QVBoxLayout, widget: QWidget) -> None:
    layout.removeWidget(widget)
    widget.hide()
    widget.deleteLater()
