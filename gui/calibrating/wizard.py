"""Leads through a calibration: what is wanted, each question, the result. No kind is known here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QApplication, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from gui.calibrating.begin_page import BeginPage
from gui.calibrating.end_page import EndPage
from gui.calibrating.run_page import RunPage
from gui.jobs import Done
from gui.palette import Palette
from gui.talk import Talk
from gui.theme import title_label
from gui.workplace import Workplace
from rig.calibrations import Kind
from rig.dialog import Message, OnBalance, Share, Told, Value


@dataclass(frozen=True)
class Wanted:
    """What is to be calibrated.

    Attributes
    ----------
    kind
        How.
    rig
        On which rig.
    known
        Of which device or mouse, by its option; empty if the operator is to say.
    simulated
        Whether it is simulated, or all of the rig is.
    before
        File of the picture of what is in force; empty without one.
    """

    kind: Kind
    rig: str
    known: Mapping[str, str]
    simulated: bool
    before: str = ""

    @property
    def title(self) -> str:
        """What is done, where."""
        where = ", ".join([self.rig, *self.known.values()])
        return f"{verb_words(self.kind.verb)}: {where}"


class Wizard(QWidget):
    """One calibration, from what it wants to what it came to; Enter goes on, Esc goes back.

    Parameters
    ----------
    place
        What all screens share.
    leave
        Called when the operator has done with it.
    """

    def __init__(self, place: Workplace, leave: Callable[[], None]) -> None:
        super().__init__()
        self._place, self._leave = place, leave
        self._wanted: Wanted | None = None
        self._talk: Talk | None = None
        self.title = title_label()
        self.begin_page = BeginPage(self._begin, leave)
        self.run_page = RunPage(self._answer, self._stop)
        self.end_page = EndPage(self._show_begin, leave)
        self._pages = QStackedWidget()
        for page in (self.begin_page, self.run_page, self.end_page):
            self._pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.title)
        layout.addWidget(self._pages, 1)

    @property
    def is_running(self) -> bool:
        """Whether a calibration runs."""
        return self._talk is not None

    def prepare(self, wanted: Wanted) -> None:
        """Show what a calibration wants, before it begins."""
        self._wanted = wanted
        self.title.setText(wanted.title)
        given: dict[str, Any] = {"by": self._place.operator, **wanted.known}
        if wanted.simulated:
            given["simulate"] = True
        self.begin_page.show_kind(wanted.kind, given, frozenset(wanted.known))
        self._show_begin()

    def restyle(self, palette: Palette) -> None:
        """Give the pictures other colours."""
        question = self.run_page.question
        for picture in (question.picture, question.before, self.end_page.picture):
            picture.restyle(palette)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Go on with Enter, back with Esc; a key that is held down does nothing more."""
        if event is None:
            return
        if event.key() in (Qt.Key_Return, Qt.Key_Enter):
            if not event.isAutoRepeat():
                self._go_on()
        elif event.key() == Qt.Key_Escape:
            self._go_back()
        else:
            event.ignore()

    def _go_on(self) -> None:
        focused = QApplication.focusWidget()
        if isinstance(focused, QPushButton) and self.isAncestorOf(focused):
            focused.click()
        elif self.is_running:
            self.run_page.question.go_on()
        elif self._pages.currentWidget() is self.begin_page:
            self.begin_page.begin.click()
        else:
            self._leave()

    def _go_back(self) -> None:
        if self.is_running:
            self.run_page.ask_to_stop()
        else:
            self._leave()

    def _begin(self, options: list[str]) -> None:
        wanted = self._wanted
        if wanted is None or self.is_running:
            return
        self.run_page.begin(wanted.kind.what, wanted.before)
        self._pages.setCurrentWidget(self.run_page)
        arguments = ["calibrate", wanted.kind.verb, wanted.rig, *options]
        self._talk = self._place.jobs.talk(arguments, self._take, self._end)

    def _take(self, message: Message) -> None:
        match message:
            case Told(words=words):
                self.run_page.steps.tell(words)
            case Share(done=done, of=of):
                self.run_page.steps.share(done, of)
            case OnBalance():
                pass  # no calibration watches a balance: it asks for one weight at a time
            case _:
                self.run_page.ask(message)
                self._call(f"asks: {message.words}")

    def _answer(self, question: int, value: Value) -> None:
        if self._talk is not None:
            self._talk.answer(question, value)

    def _stop(self) -> None:
        if self._talk is not None:
            self._talk.stop()

    def _end(self, done: Done) -> None:
        self._talk = None
        self.end_page.show_end(done)
        self._pages.setCurrentWidget(self.end_page)
        if self.isVisible():
            self.end_page.close_button.setFocus()
        self._call("has ended.")

    def _call(self, words: str) -> None:
        """Tell an operator who looks at another screen."""
        if not self.isVisible() and self._wanted is not None:
            self._place.tell("note", f"{self._wanted.title}: it {words} See Calibrations.")

    def _show_begin(self) -> None:
        """Show what it wants; options that were changed stay so when it begins again."""
        self._pages.setCurrentWidget(self.begin_page)
        self.begin_page.begin.setFocus()


def verb_words(verb: str) -> str:
    """Return a verb of ``rig calibrate`` in words.

    Examples
    --------
    >>> verb_words("valve"), verb_words("spot-check")
    ('Calibrate valve', 'Spot check')
    """
    words = verb.replace("-", " ")
    return words[:1].upper() + words[1:] if " " in words else f"Calibrate {words}"
