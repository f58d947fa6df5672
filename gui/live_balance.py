"""The lab's balance in the window: read while a field for a weight is visible, and fills it."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QObject, QTimer, pyqtSignal
from PyQt5.QtWidgets import QWidget

from gui.jobs import Done
from gui.talk import Talk
from gui.theme import sentence_label, set_level
from gui.widgets.number_field import NumberField
from gui.workplace import Workplace
from rig.dialog import Message, OnBalance, Told

LEAST_MOUSE_G = 5.0
"""What weighs less is no mouse: the pan is empty, or holds the box alone."""
SAME_G = 0.2
"""Within this it may be the same mouse that is weighed a second time."""
AGAIN_MS = 10_000
"""After how long a command that has ended by itself is begun again."""


class LiveBalance(QObject):
    """Reads the balance by a command beside the window, which lets go of it when nobody looks.

    A weight that was entered is offered no more, until the mouse was taken off: else it would
    be the weight of the next mouse, too.

    Parameters
    ----------
    place
        What all screens share.

    Attributes
    ----------
    changed
        Emitted when it shows something else.
    shown
        What it shows; None as long as that is not known.
    trouble
        Why it cannot be read, in words; empty if it can.
    """

    changed = pyqtSignal()

    def __init__(self, place: Workplace) -> None:
        super().__init__()
        self._place = place
        self._watchers: set[QWidget] = set()
        self._talk: Talk | None = None
        self._used_g: float | None = None
        self.shown: OnBalance | None = None
        self.trouble = ""
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self._match)

    @property
    def is_there(self) -> bool:
        """Whether the lab has a balance."""
        return bool(self._place.lab.config.balance)

    @property
    def offered_g(self) -> float | None:
        """The weight of the mouse that lies on it quietly, if it was not entered already."""
        shown = self.shown
        if shown is None or not shown.is_stable or not _is_mouse(shown):
            return None
        return shown.grams if self._used_g is None else None

    @property
    def words(self) -> tuple[str, str]:
        """The level and the words for what it shows."""
        shown = self.shown
        if self.trouble:
            return "warn", f"Balance: {self.trouble}"
        if shown is None:
            return "", "Balance: asked ..."
        if not _is_mouse(shown):
            return "", f"Balance: {shown.grams:.2f} g, no mouse."
        if self._used_g is not None:
            return "", f"Balance: {shown.grams:.2f} g, entered. Take the mouse off."
        if not shown.is_stable:
            return "note", f"Balance: {shown.grams:.2f} g, not quiet yet."
        return "good", f"Balance: {shown.grams:.2f} g. Enter in the field enters it."

    def watch(self, watcher: QWidget) -> None:
        """Read it as long as somebody watches."""
        self._watchers.add(watcher)
        self._match()

    def leave(self, watcher: QWidget) -> None:
        """Let go of it if nobody else watches: other programs need its port."""
        self._watchers.discard(watcher)
        self._match()

    def use(self, grams: float) -> None:
        """Offer the mouse that lies on it no more: its weight was entered."""
        if self.shown is not None and _is_mouse(self.shown):
            self._used_g = grams
            self.changed.emit()

    def _match(self) -> None:
        """Read it if somebody watches, else let go of it."""
        wanted = self.is_there and bool(self._watchers)
        if wanted and self._talk is None:
            self._again.stop()
            self._talk = self._place.jobs.talk(["balance"], self._hear, self._end)
        elif not wanted and self._talk is not None:
            self._talk.stop()
            self._take(None, "")

    def _hear(self, message: Message) -> None:
        match message:
            case _ if not self._watchers:
                pass  # said before it heard that nobody watches any more
            case OnBalance():
                self._forget_used(message)
                self._take(message, "")
            case Told(words=words):
                self._take(None, words)

    def _forget_used(self, shown: OnBalance) -> None:
        """Offer weights again once the mouse was taken off, maybe while nobody watched."""
        used_g = self._used_g
        other = used_g is not None and shown.is_stable and abs(shown.grams - used_g) > SAME_G
        if other or not _is_mouse(shown):
            self._used_g = None

    def _end(self, done: Done) -> None:
        self._talk = None
        if self._watchers:
            self._take(None, done.error if done.code else "")
            self._again.start(AGAIN_MS if done.code else 0)

    def _take(self, shown: OnBalance | None, trouble: str) -> None:
        self.shown, self.trouble = shown, trouble
        self.changed.emit()


class WeightFiller(QObject):
    """Fills a field with the weight on the balance, as long as nobody types into it.

    Parameters
    ----------
    field
        The field for a weight in g.
    balance
        The lab's balance.

    Attributes
    ----------
    label
        What the balance shows, in words; hidden as the field is, and in a lab without one.
    """

    def __init__(self, field: NumberField, balance: LiveBalance) -> None:
        super().__init__(field)
        self._field, self._balance = field, balance
        self.label = sentence_label()
        self.label.hide()
        field.installEventFilter(self)
        field.edited.connect(self._fill)
        field.entered.connect(balance.use)
        balance.changed.connect(self._fill)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Watch the balance while the field is visible."""
        if event is not None and event.type() == QEvent.Show:
            self._balance.watch(self._field)
            self.label.setVisible(self._balance.is_there)
            self._fill()
        elif event is not None and event.type() == QEvent.Hide:
            self._balance.leave(self._field)
            self.label.hide()
        return False

    def _fill(self) -> None:
        """Show what the balance shows; put it into the field if it may be entered."""
        if not self._field.isVisible():
            return
        level, words = self._balance.words
        self.label.setText(words)
        set_level(self.label, level)
        self._field.offer(self._balance.offered_g)


def _is_mouse(shown: OnBalance) -> bool:
    return shown.grams >= LEAST_MOUSE_G
