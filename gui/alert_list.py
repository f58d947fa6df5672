"""The one list of alerts, at the foot of the window: what happened in which box, how grave it is.

It never opens a window and never takes the focus: the operator comes to it, by mouse or by key.
"""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui.alerts import Alert
from gui.theme import TARGET_PX, quiet_label, set_level
from gui.widgets.elided import Elided

MARGIN_PX = 6
_WORDS = {"note": "NOTE", "warn": "LOOK", "bad": "ACT"}
_ORDER = ("bad", "warn", "note")


class AlertList(QFrame):
    """Shows the two gravest alerts, and how many more there are.

    The first one is written out on two lines, the second has one line, with its words as a hint.
    The list is always as high, so that no alert moves a button away from under a finger.

    Parameters
    ----------
    acknowledge
        Called with an alert that the operator has seen.
    """

    def __init__(self, acknowledge: Callable[[Alert], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAccessibleName("Alerts")
        self._acknowledge = acknowledge
        self._shown: list[Alert] | None = None
        first, second = QLabel(), Elided()
        first.setWordWrap(True)
        first.setTextFormat(Qt.PlainText)
        first.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self._lines = [
            _Line(self._seen, first, first.setText),
            _Line(self._seen, second, second.say),
        ]
        self._none, self._more = quiet_label("No alert."), quiet_label()
        below = QHBoxLayout()
        below.addWidget(self._lines[1], 1)
        below.addWidget(self._more)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 4, 10, 4)
        layout.setSpacing(2)
        layout.addWidget(self._none)
        layout.addWidget(self._lines[0], 1)
        layout.addLayout(below)
        layout.addStretch(0)
        self.show_alerts([])

    @property
    def shown(self) -> list[Alert]:
        """The alerts in the list, the gravest first."""
        return self._shown or []

    def show_alerts(self, alerts: list[Alert]) -> None:
        """Show these alerts: those that nobody has seen and that last, the gravest above."""
        self.setFixedHeight(self._height())
        ordered = sorted(alerts, key=_place)
        self._none.setVisible(not ordered)
        if ordered == self._shown:
            return
        self._shown = ordered
        for number, line in enumerate(self._lines):
            line.show_alert(ordered[number] if number < len(ordered) else None)
        more = len(ordered) - len(self._lines)
        self._more.setText(f"and {more} more")
        self._more.setVisible(more > 0)

    def _height(self) -> int:
        """Return the height of two alerts, whatever is shown."""
        first = max(2 * self.fontMetrics().lineSpacing(), TARGET_PX)
        return first + TARGET_PX + 2 * MARGIN_PX

    def acknowledge_first(self) -> None:
        """Acknowledge the gravest alert that nobody has seen."""
        for alert in self.shown:
            if not alert.acknowledged:
                self._acknowledge(alert)
                return

    def _seen(self, alert: Alert) -> None:
        self._acknowledge(alert)


def _place(alert: Alert) -> tuple[bool, bool, int]:
    """Return what an alert is sorted by."""
    return bool(alert.acknowledged), alert.over, _ORDER.index(alert.severity)


class _Line(QWidget):
    """One alert with its button.

    Parameters
    ----------
    seen
        Called with the alert when the button is pressed.
    words, say
        What its words stand in, and what puts them there.
    """

    def __init__(
        self, seen: Callable[[Alert], None], words: QWidget, say: Callable[[str], None]
    ) -> None:
        super().__init__()
        self._alert: Alert | None = None
        self._seen = seen
        self._say = say
        self._word = QLabel()
        self._word.setMinimumWidth(56)
        self._button = QPushButton("Seen")
        self._button.clicked.connect(self._press)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._word)
        layout.addWidget(words, 1)
        layout.addWidget(self._button)

    def show_alert(self, alert: Alert | None) -> None:
        """Show an alert, or nothing."""
        self._alert = alert
        self.setVisible(alert is not None)
        if alert is None:
            return
        over = " (not so any more)" if alert.over else ""
        seen = f" Seen by {alert.acknowledged}." if alert.acknowledged else ""
        self._word.setText(_WORDS[alert.severity])
        set_level(self._word, "" if alert.over else alert.severity)
        self._say(f"{alert.where}: {alert.text}{over}{seen}")
        self._button.setVisible(not alert.acknowledged)
        self._button.setAccessibleName(f"Seen: {alert.text}")

    def _press(self) -> None:
        if self._alert is not None:
            self._seen(self._alert)
