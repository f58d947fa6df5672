"""The sheet that is filled in when a session is over."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QFormLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from gui.theme import far_label, quiet_label, set_level
from gui.widgets.spin import Spin
from gui.wrapping.pending import CONDITIONS, Draft, Pending, short_words
from rig.wrap_up import MOST_DROPPINGS

NOT_COUNTED = -1
_COMMENT_LINES = 3


class WrapUpSheet(QFrame):
    """Shows what is known of a session, and takes what a person says of it.

    Parameters
    ----------
    water
        What stands below the numbers: the mouse's water.
    """

    def __init__(self, water: QWidget) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.mouse, self.session = far_label(), quiet_label()
        self.numbers = QLabel()
        self.numbers.setWordWrap(True)
        self.reason = QLineEdit()
        self.droppings = Spin()
        self.droppings.setRange(NOT_COUNTED, MOST_DROPPINGS)
        self.droppings.setSpecialValueText("not counted")
        self.conditions = [QCheckBox(words) for words in CONDITIONS]
        self.noted = quiet_label()
        for tick in self.conditions:
            tick.toggled.connect(self._note)
        self.comment = QPlainTextEdit()
        self.comment.setTabChangesFocus(True)
        self.comment.setPlaceholderText("Anything that the next person should know")
        self.comment.setFixedHeight(_COMMENT_LINES * self.fontMetrics().lineSpacing() + 20)
        self.short = QLabel()
        self.short.setWordWrap(True)
        self.keep, self.not_usable = QRadioButton("Keep"), QRadioButton("Mark as not usable")
        self._use = QButtonGroup(self)
        for choice in (self.keep, self.not_usable):
            self._use.addButton(choice)
        self._lay_out(water)

    def show_session(self, pending: Pending, draft: Draft) -> None:
        """Show a session, and what was said of it so far."""
        self.mouse.setText(pending.subject or pending.session)
        self.session.setText(f"{pending.session}   {pending.rig}")
        self.numbers.setText(" ".join(pending.numbers))
        self.short.setText(short_words(pending.trials))
        set_level(self.short, "warn")
        self.short.setVisible(bool(self.short.text()))
        self.reason.setText(draft.reason)
        self.droppings.setValue(NOT_COUNTED if draft.droppings is None else draft.droppings)
        for tick in self.conditions:
            tick.setChecked(tick.text() in draft.conditions)
        self.comment.setPlainText(draft.comment)
        (self.keep if draft.usable else self.not_usable).setChecked(True)
        self._note()

    def draft(self) -> Draft:
        """Return what is said in the sheet."""
        counted = self.droppings.value()
        return Draft(
            self.reason.text().strip(),
            tuple(tick.text() for tick in self.conditions if tick.isChecked()),
            None if counted == NOT_COUNTED else counted,
            self.comment.toPlainText().strip(),
            usable=not self.not_usable.isChecked(),
        )

    def _note(self) -> None:
        ticked = any(tick.isChecked() for tick in self.conditions)
        self.noted.setText("" if ticked else "None ticked: nothing noted.")

    def _lay_out(self, water: QWidget) -> None:
        head = QHBoxLayout()
        head.addWidget(self.mouse)
        head.addWidget(self.session, 1, Qt.AlignRight | Qt.AlignTop)
        ticks = QGridLayout()
        ticks.setContentsMargins(0, 0, 0, 0)
        for number, tick in enumerate(self.conditions):
            ticks.addWidget(tick, number // 3, number % 3)
        ticks.addWidget(self.noted, len(self.conditions) // 3, len(self.conditions) % 3)
        condition = QWidget()
        condition.setLayout(ticks)
        use = QHBoxLayout()
        use.setContentsMargins(0, 0, 0, 0)
        use.addWidget(self.keep)
        use.addWidget(self.not_usable)
        use.addStretch(1)
        used = QWidget()
        used.setLayout(use)
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignLeft | Qt.AlignVCenter)
        form.setFieldGrowthPolicy(QFormLayout.AllNonFixedFieldsGrow)
        for words, field in (
            ("&Why it ended", self.reason),
            ("&Droppings", self.droppings),
            ("Condition", condition),
            ("Co&mment", self.comment),
            ("The session", used),
        ):
            form.addRow(words, field)
            field.setAccessibleName(words.replace("&", ""))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 8, 14, 8)
        layout.addLayout(head)
        layout.addWidget(self.numbers)
        layout.addWidget(water)
        layout.addWidget(self.short)
        layout.addLayout(form)
        layout.addStretch(1)
