"""The foot of the Arm sheet: the one button that starts, and why it does not."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtWidgets import QHBoxLayout, QPushButton, QWidget

from gui.arm.draft import Draft
from gui.theme import sentence_label, set_level


class Footer(QWidget):
    """Says whether all is green.

    Parameters
    ----------
    begin
        Called when the operator starts the session.
    """

    def __init__(self, begin: Callable[[], None]) -> None:
        super().__init__()
        self.start = QPushButton("Start (F5)")
        self.start.setProperty("role", "main")
        self.start.clicked.connect(begin)
        self.why = sentence_label()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.start)
        layout.addWidget(self.why, 1)

    def show_draft(self, draft: Draft, lacks: str) -> None:
        """Show a session, and why it cannot be started; `lacks` is empty if it can."""
        self.start.setText(f"Start {draft.subject or 'mouse'} on {draft.rig} (F5)")
        self.start.setEnabled(not lacks)
        simulated = "Simulated: no animal. " if draft.simulated else ""
        self.why.setText(lacks or f"{simulated}All green: press F5 or Enter.")
        set_level(self.why, ("bad" if draft.is_stopped else "warn") if lacks else "good")
