"""The question that a wrong ear tag asks: switch to the mouse that was scanned, or scan again."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtWidgets import QFrame, QHBoxLayout, QPushButton

from gui.actions import Action
from gui.arm.draft import Draft
from gui.theme import sentence_label


class WrongMouse(QFrame):
    """Says that another mouse is planned, with two ways on; hidden as long as none is.

    Parameters
    ----------
    switch
        Called when the mouse that was scanned is to be the mouse of the rig.
    again
        Called when another tag is to be scanned.
    """

    def __init__(self, switch: Callable[[], None], again: Callable[[], None]) -> None:
        super().__init__()
        self.setProperty("role", "alarm")
        self.said = sentence_label("bad")
        self.switch, self.again = QPushButton("S&witch"), QPushButton("Scan &again")
        self.switch.clicked.connect(switch)
        self.again.clicked.connect(again)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 12, 6)
        layout.addWidget(self.said, 1)
        layout.addWidget(self.switch)
        layout.addWidget(self.again)
        self.hide()

    def can_be_done(self) -> tuple[Action, ...]:
        """Return what can be done here from the list of commands."""
        return (
            Action("Arm: switch to the mouse that was scanned", "", self.switch.click, self._asks),
            Action("Arm: scan another mouse", "", self.again.click, self._asks),
        )

    def show_draft(self, draft: Draft) -> None:
        """Show whether the mouse of a draft is the wrong one."""
        if draft.is_wrong_mouse and draft.plan is not None:
            self.said.setText(f"STOP  {draft.plan.text}")
            self.switch.setText(f"S&witch to {draft.subject}")
        self.setVisible(draft.is_wrong_mouse)

    def _asks(self) -> bool:
        return self.isVisible()
