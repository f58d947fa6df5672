"""What a calibration does and wants, before it begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PyQt5.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui.calibrating.options import Options
from gui.theme import scrolled, sentence_label, show_in
from rig.calibrations import Kind


class BeginPage(QWidget):
    """What will happen, the options, and the button that begins.

    Parameters
    ----------
    begin
        Called with the options, as they are typed on the command line.
    leave
        Called to go back.
    """

    def __init__(self, begin: Callable[[list[str]], None], leave: Callable[[], None]) -> None:
        super().__init__()
        self._begin = begin
        self.what, self.trouble = sentence_label(), sentence_label("warn")
        self.options: Options | None = None
        self._area = scrolled(QWidget())
        self.begin = QPushButton("&Begin (Enter)")
        self.begin.setProperty("role", "main")
        self.begin.clicked.connect(self._press)
        back = QPushButton("Bac&k (Esc)")
        back.clicked.connect(lambda: leave())
        buttons = QHBoxLayout()
        buttons.addWidget(back)
        buttons.addWidget(self.trouble, 1)
        buttons.addWidget(self.begin)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.what)
        layout.addWidget(self._area, 1)
        layout.addLayout(buttons)

    def show_kind(self, kind: Kind, given: Mapping[str, Any], hidden: frozenset[str]) -> None:
        """Show what a kind does and its options; `given` are known values, some of them hidden."""
        self.what.setText(f"{kind.what}.\n{kind.help}".strip())
        self.options = Options(kind, given, hidden)
        self.options.changed.connect(self._look)
        page = QWidget()
        inner = QVBoxLayout(page)
        inner.setContentsMargins(0, 8, 8, 8)
        inner.addWidget(self.options)
        inner.addStretch(1)
        show_in(self._area, page)
        self._look()

    def _look(self) -> None:
        trouble = self.options.trouble() if self.options is not None else ""
        self.trouble.setText(trouble)
        self.begin.setEnabled(not trouble)

    def _press(self) -> None:
        if self.options is not None and not self.options.trouble():
            self._begin(self.options.arguments())
