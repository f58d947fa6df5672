"""The rail on the left: the boxes with their states, the screens, who works here, the colours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui import remembered
from gui.palette import PALETTES
from gui.theme import quiet_label, scrolled, set_level
from gui.widgets.spin import Choice
from gui.workplace import ScreenName, Workplace

WIDTH_PX = 190
WITH_KEYS = 8
"""Boxes that have a shortcut."""
ASIDE_PX = 30
"""What a button has beside its words."""
IN_ONE_COLUMN = 3
"""With more boxes the screens stand in two columns, so that eight boxes fit without scrolling."""
BETWEEN_PX, AROUND_PX = 2, 8


class Rail(QFrame):
    """Leads from screen to screen and from box to box.

    Parameters
    ----------
    place
        What all screens share.
    screens
        Name, words and shortcut of each screen.
    go_to, look_at, choose_palette
        Called with the screen, the rig or the palette that is chosen.
    """

    def __init__(
        self,
        place: Workplace,
        screens: Sequence[tuple[ScreenName, str, str]],
        go_to: Callable[[ScreenName], None],
        look_at: Callable[[str], None],
        choose_palette: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._place = place
        whole = QVBoxLayout(self)
        whole.setContentsMargins(AROUND_PX, AROUND_PX, AROUND_PX, AROUND_PX)
        whole.setSpacing(4)
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(BETWEEN_PX)
        area = self._area = scrolled(inside)  # many boxes need more room than a screen may have
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        whole.addWidget(area, 1)
        layout.addWidget(quiet_label("Box"))
        self._look_at = look_at
        self._boxes = QVBoxLayout()
        self._boxes.setSpacing(BETWEEN_PX)
        layout.addLayout(self._boxes)
        self.boxes: dict[str, QPushButton] = {}
        layout.addSpacing(10)
        layout.addWidget(quiet_label("Screen"))
        self.screens: dict[ScreenName, QPushButton] = {}
        self._columns = QGridLayout()
        self._columns.setSpacing(BETWEEN_PX)
        layout.addLayout(self._columns)
        columns = 1 if len(place.boxes.by_rig) <= IN_ONE_COLUMN else 2
        for index, (name, words, keys) in enumerate(screens):
            button = self._button(words, keys, partial(go_to, name))
            button.setCheckable(True)
            button.setProperty("role", "narrow")
            self.screens[name] = button
            self._columns.addWidget(button, index // columns, index % columns)
        layout.addStretch(1)
        whole.addWidget(quiet_label("Who works here"))
        self.operator = self._make_operator()
        whole.addWidget(self.operator)
        self.palettes = Choice()
        self.palettes.addItems(list(PALETTES))
        self.palettes.setCurrentText(place.palette.name)
        self.palettes.setAccessibleName("Colours")
        self.palettes.activated.connect(lambda _: choose_palette(self.palettes.currentText()))
        colours = QHBoxLayout()
        colours.addWidget(quiet_label("Colours"))
        colours.addWidget(self.palettes, 1)
        whole.addLayout(colours)
        self.refresh()

    def show_current(self, name: ScreenName) -> None:
        """Mark the screen that is visible."""
        for other, button in self.screens.items():
            button.setChecked(other == name)
        self._area.ensureWidgetVisible(self.screens[name])
        sideways = self._area.horizontalScrollBar()
        if sideways is not None:
            sideways.setValue(0)

    def refresh(self) -> None:
        """Show the states of the boxes, of those that came later too, and which is looked at.

        It is as wide as the words of its screens need, which depends on the size of the letters.
        """
        needed = self._columns.minimumSize().width() + 2 * AROUND_PX
        self.setFixedWidth(max(WIDTH_PX, needed))
        for rig, box in self._place.boxes.by_rig.items():
            button = self.boxes.get(rig) or self._add_box(rig)
            level, words = box.state()
            mark = "▸ " if rig == self._place.rig else ""
            head = f"{mark}{rig}  {box.subject}"
            if button.fontMetrics().horizontalAdvance(head) > button.width() - ASIDE_PX:
                head = f"{mark}{rig}\n{box.subject}"
            muted = " (muted)" if rig in self._place.muted else ""
            button.setText(f"{head}\n{words}{muted}".strip())
            set_level(button, level)
            button.setMinimumHeight(button.sizeHint().height())  # or its second line is cut off
        self.palettes.setCurrentText(self._place.palette.name)

    def _add_box(self, rig: str) -> QPushButton:
        number = len(self.boxes) + 1
        self.boxes[rig] = self._button(rig, box_keys(number), partial(self._look_at, rig))
        self._boxes.addWidget(self.boxes[rig])
        return self.boxes[rig]

    def _make_operator(self) -> QComboBox:
        """Return the field for the operator's name."""
        field = Choice()
        field.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        field.setEditable(True)
        field.setAccessibleName("Who works here")
        field.addItems(list(self._place.lab.config.experimenters))
        field.setCurrentText(self._place.operator)
        field.currentTextChanged.connect(self._name_operator)
        return field

    def _name_operator(self, name: str) -> None:
        self._place.operator = name.strip()
        remembered.remember_operator(self._place.operator)

    def _button(self, words: str, keys: str, press: Callable[[], object]) -> QPushButton:
        button = QPushButton(words)
        button.setToolTip(f"{words} ({keys})" if keys else words)
        button.setFocusPolicy(Qt.TabFocus)
        button.clicked.connect(lambda: press())
        return button


def box_keys(number: int) -> str:
    """Return the shortcut of a box by its place on the rail (1, 2, ...); empty if it has none.

    Examples
    --------
    >>> box_keys(8), box_keys(9)
    ('Ctrl+8', '')
    """
    return f"Ctrl+{number}" if number <= WITH_KEYS else ""
