"""What the window asks when it is closed while sessions run: in itself, not in another window."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton


class ClosingBar(QFrame):
    """Offers to leave the sessions running, to stop them, or to stay.

    Parameters
    ----------
    leave
        Closes the window.
    stop
        Stops the sessions on these rigs after their trials.
    """

    def __init__(self, leave: Callable[[], None], stop: Callable[[list[str]], None]) -> None:
        super().__init__()
        self.setProperty("role", "alarm")
        self._rigs: list[str] = []
        self._stop = stop
        self._text = QLabel()
        self._text.setWordWrap(True)
        self.leave_button = QPushButton("&Leave it running")
        self.stop_button = QPushButton("&Stop after this trial")
        self.cancel_button = QPushButton("&Cancel")
        self.leave_button.clicked.connect(leave)
        self.stop_button.clicked.connect(self._stop_all)
        self.cancel_button.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.addWidget(self._text, 1)
        for button in (self.leave_button, self.stop_button, self.cancel_button):
            layout.addWidget(button)
        self.hide()

    def ask(self, running: list[tuple[str, str]]) -> None:
        """Ask about these sessions, each as (rig, mouse)."""
        self._rigs = [rig for rig, _ in running]
        said = " and ".join(f"{subject} is running on {rig}" for rig, subject in running)
        self._text.setText(
            f"{said}. Without this window the session goes on and is recorded; open the window "
            "again to see it."
        )
        self.show()
        self.leave_button.setFocus()

    def _stop_all(self) -> None:
        self._stop(self._rigs)
        self.hide()
