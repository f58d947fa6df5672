"""What is in force on one rig, a line each, with the picture of one; and what else can be done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PyQt5.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui.calibrating.rows import WORDS, about, days_words, remedy
from gui.calibrating.wizard import verb_words
from gui.check.check_line import CheckLine
from gui.theme import quiet_label, scrolled, title_label
from gui.widgets.picture import Picture
from gui.widgets.spin import Choice
from rig.calibrations import InForce

STATE_PX = 86


class Overview(QFrame):
    """The calibrations of a rig.

    Parameters
    ----------
    begin
        Called with a verb of ``rig calibrate`` and what it is for; None for a rig as a whole.
    """

    def __init__(self, begin: Callable[[str, InForce | None], None]) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self._begin = begin
        self.lines: dict[str, CheckLine] = {}
        self._buttons: list[QPushButton] = []
        self.said = quiet_label()
        self.said.setWordWrap(True)
        self.others = Choice()
        self.others.setAccessibleName("Another kind of calibration")
        self.other = QPushButton("Begin...")
        self.other.setAccessibleName("Begin the other kind of calibration")
        self.other.setAutoDefault(True)
        self.other.clicked.connect(lambda: begin(self.others.currentData(), None))
        self._picture_of = title_label()
        self.picture = Picture("The picture of a calibration")
        self._lay_out()

    def show_rig(self, rows: Sequence[InForce], verbs: Sequence[str]) -> None:
        """Show what is in force on a rig; of all verbs those are offered apart that none has.

        And those for mice: another one may be the next.
        """
        for line in self.lines.values():
            self._inner.removeWidget(line)
            line.hide()
            line.deleteLater()
        self.lines, self._buttons = {}, [self.other]
        for number, each in enumerate(rows):
            is_second = each.device in self.lines
            name = f"{each.device}, {each.kind}" if is_second else each.device
            self.lines[name] = self._line(name, each, verbs)
            self._inner.insertWidget(number, self.lines[name])
        own = {verb for each in rows if each.named_by != "subject" for verb in each.verbs}
        self.others.clear()
        for verb in verbs:
            if verb not in own:
                self.others.addItem(verb_words(verb), verb)
        self._show_picture(next((each for each in rows if each.picture), None))

    def say(self, words: str, *, can_begin: bool) -> None:
        """Say how the rig stands, and whether anything can be calibrated there."""
        self.said.setText(words)
        for button in self._buttons:
            button.setEnabled(can_begin)
        self.other.setEnabled(can_begin and self.others.count() > 0)

    def take_focus(self) -> None:
        """Take the keys."""
        next((each for each in self._buttons[1:] if each.isEnabled()), self.others).setFocus()

    def _line(self, name: str, each: InForce, verbs: Sequence[str]) -> CheckLine:
        line = CheckLine(name)
        line.word.setMinimumWidth(STATE_PX)
        level, word = WORDS[each.state]
        beside, wrong = remedy(each)
        text = " ".join(filter(None, (about(each), beside)))
        line.show_state(level, word, text, wrong)
        line.age.setText(days_words(each.days))
        if each.picture:
            line.add_button("Picture", partial(self._show_picture, each))
        for number, verb in enumerate(each.verbs):
            if verb in verbs:
                words = f"{verb_words(verb)}..." if number else "Calibrate..."
                button = line.add_button(words, partial(self._begin, verb, each))
                button.setAutoDefault(True)  # Enter presses it
                self._buttons.append(button)
        return line

    def _show_picture(self, of: InForce | None) -> None:
        whose = dict.fromkeys((of.device, of.kind)) if of else {}  # a valve may be called so
        self._picture_of.setText(f"{', '.join(whose)}: in force" if of else "")
        self.picture.show_file(of.picture if of else "")

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.said, 1)
        page = QWidget()
        self._inner = QVBoxLayout(page)
        self._inner.setContentsMargins(0, 0, 8, 0)
        self._inner.addStretch(1)
        other = QHBoxLayout()
        other.addWidget(quiet_label("Another kind"))
        other.addWidget(self.others)
        other.addWidget(self.other)
        other.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addLayout(head)
        layout.addWidget(scrolled(page), 2)
        layout.addWidget(self._picture_of)
        layout.addWidget(self.picture, 3)
        layout.addLayout(other)
