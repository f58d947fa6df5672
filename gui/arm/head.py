"""The head of the Arm sheet: the box, the field for the mouse, and who it is in large letters."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.arm.mice import described
from gui.arm.mouse_field import MouseField
from gui.theme import far_label, quiet_label, title_label
from rig.preflight import SubjectChoice


class Head(QWidget):
    """Says who goes into which box.

    Parameters
    ----------
    chosen, go_on
        As of `MouseField`.
    """

    def __init__(
        self, chosen: Callable[[SubjectChoice | None], None], go_on: Callable[[], None]
    ) -> None:
        super().__init__()
        self._box, self.who = title_label(), far_label()
        self.who.setWordWrap(True)
        self.mouse = MouseField(chosen, go_on)
        line = QHBoxLayout()
        line.addWidget(self._box)
        line.addWidget(quiet_label("Next mouse"))
        line.addWidget(self.mouse, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(line)
        layout.addWidget(self.who)

    def show_box(self, rig: str, mouse: SubjectChoice | None) -> None:
        """Show a box and the mouse that is to go into it; None if nobody is named."""
        self._box.setText(rig)
        self.who.setText(described(mouse) if mouse is not None else "No mouse")
