"""The card of one box: how it stands, legible from afar, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PyQt5.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gui.boxes import Box
from gui.cards.content import Card, Progress, card_of
from gui.cards.sparkline import Sparkline
from gui.orders import name_of, pause_verb
from gui.palette import Palette
from gui.session_view import SessionView
from gui.theme import far_label, quiet_label, sentence_label, set_level, title_label
from gui.workplace import Workplace
from rig.inbox import Verb

_ARROWS = {Qt.Key_Left: (-1, 0), Qt.Key_Right: (1, 0), Qt.Key_Up: (0, -1), Qt.Key_Down: (0, 1)}


class BoxCard(QFrame):
    """Shows one box.

    Parameters
    ----------
    place
        What all screens share.
    rig
        The box.
    open_box
        Called with the rig when the operator wants to look at it.
    """

    moved = pyqtSignal(int, int)
    """The operator goes from here to the card so many columns and rows away."""

    def __init__(self, place: Workplace, rig: str, open_box: Callable[[str], None]) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.setFocusPolicy(Qt.StrongFocus)
        self.setCursor(Qt.PointingHandCursor)
        self._place = place
        self._rig = rig
        self._open_box = open_box
        self._view: SessionView | None = None
        self._progress = Progress()
        self._shown: object = None
        self._given: dict[str, Verb] = {}
        self._refusal = ""
        self._make_parts()
        self._lay_out()

    def refresh(self) -> None:
        """Show what has changed."""
        box = self._place.boxes.by_rig[self._rig]
        if box.view is not self._view:
            self._view, self._progress = box.view, Progress()
            self._line.show_shares(())
        if box.view is not None and self._progress.take(box.view.rows):
            self._line.show_shares(self._progress.shares)
        self._settle(box)
        card = card_of(box, self._progress)
        asked = {asked.verb for asked in self._place.asked.values() if asked.rig == self._rig}
        shown = (
            card,
            self._refusal,
            frozenset(asked),
            box.is_running,
            box.died,
            box.detached,
            pause_verb(box),
        )
        if shown == self._shown:
            return
        self._shown = shown
        self._show(card)
        self._show_buttons(asked)

    def write_figures(self, size: str) -> None:
        """Write the figures as ``far`` ones or as a ``title``."""
        for label in (self.counted, self.reached):
            label.setProperty("role", size)
            _polish(label)

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self._line.restyle(palette)

    def _make_parts(self) -> None:
        self.rig = quiet_label(self._rig)
        self.mouse = far_label()
        self.state = title_label()
        self.counted, self.reached = title_label(), title_label()
        self.since = quiet_label()
        for label in (self.counted, self.reached, self.since):
            label.setWordWrap(True)
        self.alert, self.hint = sentence_label(), sentence_label()
        self._line = Sparkline(self._place.palette)
        self.open_button = QPushButton("Open")
        self.open_button.clicked.connect(lambda: self._open_box(self._rig))
        self.pause_button = QPushButton("Pause")
        self.pause_button.clicked.connect(self._pause)
        self.stop_button = QPushButton("Stop after trial")
        self.stop_button.clicked.connect(lambda: self._order("stop_after_trial"))
        self.follow_button = QPushButton("Detach")
        self.follow_button.clicked.connect(self._follow)
        for button in self._buttons():
            button.setAccessibleName(f"{button.text()}: {self._rig}")

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.mouse, 1)
        head.addWidget(self.rig, 0, Qt.AlignTop)
        buttons = QGridLayout()
        buttons.setSpacing(4)
        for number, button in enumerate(self._buttons()):
            button.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed)
            buttons.addWidget(button, number // 2, number % 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(4)
        layout.addLayout(head)
        for label in (self.state, self.counted, self.reached):
            layout.addWidget(label)
        layout.addWidget(self._line, 4)
        for label in (self.since, self.alert, self.hint):
            layout.addWidget(label)
        layout.addStretch(1)
        layout.addLayout(buttons)

    def _buttons(self) -> tuple[QPushButton, ...]:
        return self.open_button, self.pause_button, self.stop_button, self.follow_button

    def _show(self, card: Card) -> None:
        self.mouse.setText(card.mouse or card.rig)
        self.rig.setText(card.rig if card.mouse else "")
        self.state.setText(card.state)
        set_level(self.state, card.level)
        self._line.setVisible(bool(card.counted))
        for label, text in (
            (self.counted, card.counted),
            (self.reached, card.reached),
            (self.since, card.since),
            (self.alert, card.alert),
            (self.hint, self._refusal or card.hint),
        ):
            label.setText(text)
            label.setVisible(bool(text))
        set_level(self.alert, card.alert_level)
        self._frame(card.alert_level == "bad")
        words = f"{card.state}. {card.counted}. {card.reached}. {card.alert}"
        self.setAccessibleName(f"{card.rig}: {card.mouse} {words}")

    def _show_buttons(self, asked: set[Verb]) -> None:
        box = self._place.boxes.by_rig[self._rig]
        running = box.is_running and not box.detached
        stop: Verb = "stop_after_trial"
        for button, verb, short in (
            (self.pause_button, pause_verb(box), ""),
            (self.stop_button, stop, "Stop"),
        ):
            words = name_of(verb).capitalize()
            button.setVisible(running)
            button.setText(f"{short or words}: asked" if verb in asked else words)
        self.follow_button.setVisible(running or box.detached)
        self.follow_button.setText("Attach" if box.detached else "Detach")
        over = box.view is not None and not running and not box.wrapped_up and not box.detached
        self.open_button.setVisible(not box.detached)
        self.open_button.setText("Open" if running else "Wrap up" if over else "Arm (F2)")

    def _frame(self, alarmed: bool) -> None:
        """Draw the frame that means: act now."""
        role = "alarm" if alarmed else "panel"
        if self.property("role") != role:
            self.setProperty("role", role)
            _polish(self)

    def _pause(self) -> None:
        self._order(pause_verb(self._place.boxes.by_rig[self._rig]))

    def _order(self, verb: Verb) -> None:
        self._refusal = ""
        self._given[self._place.order_to(self._rig, verb)] = verb
        self.refresh()

    def _settle(self, box: Box) -> None:
        """Take in what came of the orders given here."""
        for number, verb in list(self._given.items()):
            answer = box.view.answers.get(number) if box.view else None
            if answer is None and number in self._place.asked:
                continue
            del self._given[number]
            refused = self._place.refused.pop(number, None)
            told = refused.why if refused is not None else ""
            why = told if answer is None else "" if answer.accepted else answer.reply
            if why:
                self._refusal = f"Refused, {name_of(verb)}: {why}."

    def _follow(self) -> None:
        if self._place.boxes.by_rig[self._rig].detached:
            self._place.attach(self._rig)
        else:
            self._place.detach(self._rig)
        self.refresh()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Open the box, unless it is not followed."""
        if event is not None and event.button() == Qt.LeftButton:
            self._open()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Open the box with Enter; go to another card with an arrow."""
        if event is None:
            return
        if event.key() in (Qt.Key_Return, Qt.Key_Enter):
            self._open()
        elif event.key() in _ARROWS:
            self.moved.emit(*_ARROWS[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Show that the keys go here."""
        self.setProperty("chosen", "yes")
        _polish(self)

    def focusOutEvent(self, event: QFocusEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Show that the keys go elsewhere."""
        self.setProperty("chosen", "")
        _polish(self)

    def _open(self) -> None:
        if not self._place.boxes.by_rig[self._rig].detached:
            self._open_box(self._rig)


def _polish(widget: QWidget) -> None:
    """Let a property that was changed show."""
    style = widget.style()
    if style is not None:
        style.unpolish(widget)
        style.polish(widget)
