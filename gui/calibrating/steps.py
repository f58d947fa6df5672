"""What a calibration does: the steps that it has told, and how much of the last one is done."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLabel, QProgressBar, QVBoxLayout, QWidget

from gui.theme import title_label

SHOWN = 6
"""Steps before the last one that are still shown."""


class Steps(QWidget):
    """Shows the steps, the last one large."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self._earlier = QLabel()
        self._earlier.setTextFormat(Qt.PlainText)
        self._earlier.setProperty("role", "quiet")
        self._earlier.setWordWrap(True)
        self._earlier.setAccessibleName("Steps before")
        self.now = title_label()
        self.now.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setAccessibleName("How much of this step is done")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self._earlier, self.now, self.bar):
            layout.addWidget(widget)

    def begin(self, words: str) -> None:
        """Forget what was told, and show this."""
        self.told = []
        self.tell(words)

    def tell(self, words: str) -> None:
        """Show a step."""
        self.told.append(words)
        earlier = self.told[:-1][-SHOWN:]
        self._earlier.setText("\n".join(earlier))
        self._earlier.setVisible(bool(earlier))
        self.now.setText(words[:1].upper() + words[1:])
        self.bar.hide()

    def share(self, done: int, of: int) -> None:
        """Show how much of the last step is done."""
        self.bar.setMaximum(of)
        self.bar.setValue(done)
        self.bar.setFormat(f"{done} of {of}")
        self.bar.show()
