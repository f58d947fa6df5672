"""The field for the mouse: type or scan its ear tag or id, or choose from what is offered."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt5.QtCore import QEvent, QObject, Qt
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from gui.arm.mice import described, named, offered
from gui.theme import TARGET_PX, sentence_label, set_level
from rig.preflight import SubjectChoice

SCAN = "Scan or type the ear tag or the id"


class MouseField(QWidget):
    """A field that is empty until a person names a mouse.

    Parameters
    ----------
    chosen
        Called with the mouse that is named, or None as soon as what is typed names none.
    go_on
        Called when Enter is pressed and the mouse stands there already.
    """

    def __init__(
        self, chosen: Callable[[SubjectChoice | None], None], go_on: Callable[[], None]
    ) -> None:
        super().__init__()
        self._chosen, self._go_on = chosen, go_on
        self._mice: tuple[SubjectChoice, ...] = ()
        self._mouse: SubjectChoice | None = None
        self._known = self._entered_early = False
        self.line = QLineEdit()
        self.line.setPlaceholderText(SCAN)
        self.line.setAccessibleName("Mouse: ear tag or id")
        self.line.setMinimumHeight(TARGET_PX + 8)
        self.line.textEdited.connect(self._edited)
        self.line.returnPressed.connect(self._entered)
        self.line.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName("Mice that may be meant")
        self.list.itemClicked.connect(self._picked)
        self.list.itemActivated.connect(self._picked)
        self.list.hide()
        self.trouble = sentence_label("bad")
        self.trouble.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.line, self.list, self.trouble):
            layout.addWidget(widget)

    def take_keys(self) -> None:
        """Let the keys go to the field; what is scanned takes the place of what stands there."""
        self.line.setFocus()
        self.line.selectAll()

    def show_mice(self, mice: Sequence[SubjectChoice]) -> None:
        """Take in which mice there are."""
        self._mice, self._known = tuple(mice), True
        early = self._entered_early
        if self.line.text() and self._mouse is None:
            self._edited(self.line.text())
            if early:
                self.line.selectAll()
                found = named(self._mice, self.line.text())
                self._say(found if isinstance(found, str) else "")

    def show_next(self, mouse: str) -> None:
        """Say which mouse is to come next, where nothing is typed; empty if none is known."""
        self.line.setPlaceholderText(f"Next: {mouse}. {SCAN}" if mouse else SCAN)

    def show_typed(self, mouse: str) -> None:
        """Show what stands in the field of a box; empty for none."""
        self.line.setText(mouse)
        self._mouse = next((each for each in self._mice if each.id == mouse), None)
        self._say("")
        self.list.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
        """Lead from the field into the list by the arrow key."""
        key = event.key() if isinstance(event, QKeyEvent) else None
        pressed = event.type() == QEvent.KeyPress
        if pressed and key == Qt.Key_Down and self.list.isVisible():
            self.list.setFocus()
            self.list.setCurrentRow(0)
            return True
        return super().eventFilter(watched, event)

    def _edited(self, text: str) -> None:
        """Look whom the text names; whoever stood there before does not any more."""
        found = named(self._mice, text) if text.strip() else ""
        mouse = found if isinstance(found, SubjectChoice) else None
        self._entered_early = False
        self._say("")
        self._offer([] if mouse else offered(self._mice, text))
        if mouse != self._mouse or mouse is None:
            self._mouse = mouse
            self._chosen(mouse)

    def _entered(self) -> None:
        """Take the mouse, or say why there is none; a second Enter goes on.

        The next tag that is scanned takes the place of this one.
        """
        self.line.selectAll()
        if not self._known:  # a scanner does not wait for the list of mice
            self._entered_early = True
            return
        found = named(self._mice, self.line.text()) if self.line.text().strip() else ""
        if isinstance(found, str):
            self._say(found or "Type or scan the ear tag or the id.")
            return
        self._offer([])
        if found == self._mouse:
            self._go_on()
            return
        self._mouse = found
        self._chosen(found)

    def _picked(self, item: QListWidgetItem) -> None:
        mouse = next(each for each in self._mice if each.id == item.data(Qt.UserRole))
        self.line.setText(mouse.id)
        self.take_keys()
        self._offer([])
        self._say("")
        self._mouse = mouse
        self._chosen(mouse)

    def _offer(self, mice: Sequence[SubjectChoice]) -> None:
        self.list.clear()
        for mouse in mice:
            stage = f"; stage {mouse.stage}" if mouse.stage else ""
            item = QListWidgetItem(f"{described(mouse)}{stage}")
            item.setData(Qt.UserRole, mouse.id)
            self.list.addItem(item)
        self.list.setVisible(bool(mice))
        height = self.list.sizeHintForRow(0) if mice else 0
        self.list.setFixedHeight(height * len(mice) + 6)

    def _say(self, sentence: str) -> None:
        self.trouble.setText(sentence)
        self.trouble.setVisible(bool(sentence))
        set_level(self.line, "bad" if sentence else "")
