"""All boxes at a glance."""

from __future__ import annotations

from PyQt5.QtWidgets import QVBoxLayout, QWidget

from gui.palette import Palette
from gui.theme import far_label
from gui.workplace import Workplace


class AllBoxes(QWidget):
    """A card for each box."""

    def __init__(self, place: Workplace) -> None:
        super().__init__()
        self._place = place
        self._labels = {rig: far_label() for rig in place.boxes.by_rig}
        layout = QVBoxLayout(self)
        for label in self._labels.values():
            layout.addWidget(label)
        layout.addStretch(1)

    def arrive(self) -> None:
        """Show the boxes."""
        self.refresh()

    def refresh(self) -> None:
        """Show what has changed."""
        for rig, label in self._labels.items():
            box = self._place.boxes.by_rig[rig]
            trials = len(box.view.rows) if box.view else 0
            label.setText(f"{rig}: {box.state()[1]}, {box.subject or 'no mouse'}, {trials} trials")

    def restyle(self, palette: Palette) -> None:
        """Do nothing: Qt restyles what is here."""
