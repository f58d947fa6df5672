"""What was looked at before the session: what is fine in one line, all else in a line each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from gui.arm.stage_panel import STAGE_GUARD
from gui.arm.weight_line import THRESHOLD_GUARD
from gui.theme import set_level
from rig.preflight import Guard

_WORDS = {"ok": "OK", "note": "NOTE", "confirm": "LOOK", "override": "REASON", "stop": "STOP"}
_COLOURS = {"ok": "good", "note": "note", "confirm": "warn", "override": "warn", "stop": "bad"}
_ORDER = ("stop", "override", "confirm", "note", "ok")
WORD_PX = 76
_TYPED = re.compile(r" \(`rig [^`]*`\)")
"""A command in brackets: for who works at a terminal."""
_IN_THE_WINDOW = {
    STAGE_GUARD: "Let it enter its curriculum, or choose a protocol, in the line above.",
    "weight": "Type its weight in the line above, or go on without.",
    THRESHOLD_GUARD: "It needs the consent of a named person, in the line of the weight.",
}
"""What is done in the window where a guard names a command, by the guard's name."""


class GuardList(QWidget):
    """Shows guards, the gravest first.

    Parameters
    ----------
    give
        Called with a guard and the reason (empty for a click) when a person confirms it.
    take_back
        Called with a guard when a person takes that back.
    go_on
        Called when Enter is pressed after a reason.
    """

    def __init__(
        self,
        give: Callable[[Guard, str], None],
        take_back: Callable[[Guard], None],
        go_on: Callable[[], None],
    ) -> None:
        super().__init__()
        self._give, self._take_back, self._go_on = give, take_back, go_on
        self._shown: tuple[Guard, ...] = ()
        self.lines: dict[Guard, GuardLine] = {}
        self.green = QPushButton("No check is green")
        self.green.setCheckable(True)
        self.green.toggled.connect(self._show_green)
        set_level(self.green, "good")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        self._layout.addWidget(self.green, 0, Qt.AlignLeft)
        self.green.hide()

    def show_guards(self, guards: tuple[Guard, ...], given: Mapping[Guard, str]) -> None:
        """Show guards; `given` holds those that a person has confirmed, with the reason."""
        if guards != self._shown:
            self._build(guards, given)
        for guard, line in self.lines.items():
            line.show_given(given=guard in given)

    def _build(self, guards: tuple[Guard, ...], given: Mapping[Guard, str]) -> None:
        self._shown = guards
        kept = {guard: line for guard, line in self.lines.items() if guard in guards}
        for guard, line in self.lines.items():
            if guard not in kept:
                self._layout.removeWidget(line)
                line.hide()
                line.deleteLater()
        self.lines = {}
        for guard in sorted(guards, key=lambda each: _ORDER.index(each.level)):
            line = kept.get(guard) or self._line(guard)
            line.show_reason(given.get(guard, ""))
            self.lines[guard] = line
            self._layout.insertWidget(len(self.lines) - 1, line)
        count = sum(guard.level == "ok" for guard in guards)
        self._layout.removeWidget(self.green)
        graver = len(self.lines) - count
        self._layout.insertWidget(graver, self.green, 0, Qt.AlignLeft)
        self.green.setVisible(count > 0)
        before: QWidget = self.green
        for line in self.lines.values():  # the tab key leads through them in their order
            for widget in (line.button, line.reason):
                QWidget.setTabOrder(before, widget)
                before = widget
        self._show_green(self.green.isChecked())

    def _line(self, guard: Guard) -> GuardLine:
        line = GuardLine(guard, self._give, self._take_back)
        line.reason.returnPressed.connect(self._go_on)
        return line

    def _show_green(self, opened: bool) -> None:
        count = sum(guard.level == "ok" for guard in self._shown)
        checks = "1 check is" if count == 1 else f"{count} checks are"
        self.green.setText(f"{'▾' if opened else '▸'} {checks} green")
        for guard, line in self.lines.items():
            line.setVisible(opened or guard.level != "ok")


def remedy(guard: Guard) -> str:
    """Return what to do about a guard in the window, where nothing is typed at a terminal.

    Examples
    --------
    >>> remedy(Guard("wrap-up", "confirm", "", "Wrap it up (`rig wrap-up M1`), or go on.", "click"))
    'Wrap it up, or go on.'
    """
    if "rig " in guard.do and guard.name in _IN_THE_WINDOW:
        return _IN_THE_WINDOW[guard.name]
    return _TYPED.sub("", guard.do)


class GuardLine(QWidget):
    """One guard, with its button or the field for its reason."""

    def __init__(
        self,
        guard: Guard,
        give: Callable[[Guard, str], None],
        take_back: Callable[[Guard], None],
    ) -> None:
        super().__init__()
        self._guard, self._give, self._take_back = guard, give, take_back
        self._word = QLabel(_WORDS[guard.level])
        self._word.setMinimumWidth(WORD_PX)
        text = QLabel(f"{guard.text} {remedy(guard)}".strip())
        text.setTextFormat(Qt.PlainText)
        text.setWordWrap(True)
        text.setProperty("role", "quiet" if guard.level in {"ok", "note"} else "")
        set_level(self._word, _COLOURS[guard.level])
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._word, 0, Qt.AlignVCenter)
        layout.addWidget(text, 1)
        self.button = QPushButton("Confirm")
        self.button.setCheckable(True)
        self.button.setAccessibleName(f"Confirm: {guard.text}")
        self.button.clicked.connect(self._clicked)
        self.reason = QLineEdit()
        self.reason.setPlaceholderText("Reason")
        self.reason.setMinimumWidth(260)
        self.reason.setAccessibleName(f"Reason: {guard.text}")
        self.reason.textEdited.connect(lambda typed: give(guard, typed.strip()))
        layout.addWidget(self.button)
        layout.addWidget(self.reason)
        self.button.setVisible(guard.needs == "click")
        self.reason.setVisible(guard.needs == "reason")

    def show_reason(self, reason: str) -> None:
        """Show the reason that was given."""
        if reason != self.reason.text().strip():
            self.reason.setText(reason)

    def show_given(self, *, given: bool) -> None:
        """Show whether a person has confirmed it."""
        if self._guard.needs == "click":
            self.button.setChecked(given)
            self.button.setText("✓ Confirmed" if given else "Confirm")

    def _clicked(self, pressed: bool) -> None:
        if pressed:
            self._give(self._guard, "")
        else:
            self._take_back(self._guard)
