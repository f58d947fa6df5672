"""One parameter in a form: its editor, what differs, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLabel, QLineEdit, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from gui.form_model import Field as Parameter
from gui.form_reading import read, shown
from gui.form_sheet import Sheet
from gui.theme import set_level
from gui.widgets.field import Field
from gui.widgets.spin import Choice

EDITOR_PX = 180
WIDTHS_PX = {"text": EDITOR_PX, "list": EDITOR_PX, "file": 2 * EDITOR_PX}
LINES = 5
_ACTS = "in a session it can be changed from the {when} on"


class Row(QWidget):
    """A parameter.

    Parameters
    ----------
    parameter
        What it is.
    sheet
        What it is set to.
    set_value, restore
        Called with the parameter (and its value) when a person changes it or takes that back.
    trouble_came
        Called when what is typed is wrong, and when it is right again.
    """

    def __init__(
        self,
        parameter: Parameter,
        sheet: Sheet,
        set_value: Callable[[Parameter, Any], None],
        restore: Callable[[Parameter], None],
        trouble_came: Callable[[], None],
    ) -> None:
        super().__init__()
        self.parameter = parameter
        self._set_value, self._trouble_came = set_value, trouble_came
        self.editor = self._make_editor()
        when = parameter.changeable
        sentence = "; ".join(filter(None, (parameter.sentence, when and _ACTS.format(when=when))))
        self._field = Field(parameter.title, self.editor, parameter.hint, sentence)
        self.mark = QLabel()
        self.mark.setTextFormat(Qt.PlainText)
        self.reset = QPushButton("↺")
        self.reset.setAccessibleName(f"Take back the change of {parameter.title}")
        self.reset.clicked.connect(lambda: restore(parameter))
        self._field.above.insertWidget(1, self.mark)
        self._field.beside.addWidget(self.reset)
        self._field.beside.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._field)
        self.show_sheet(sheet)
        self._fill(sheet)

    @property
    def trouble(self) -> str:
        """What is wrong with what is typed; empty if nothing is."""
        return self._field.trouble

    def show_sheet(self, sheet: Sheet) -> None:
        """Mark what differs; what is being typed is left as it is."""
        parameter = self.parameter
        changed = sheet.is_changed(parameter)
        if changed:
            self.mark.setText(f"● changed, was {_short(parameter, sheet.base_value(parameter))}")
            set_level(self.mark, "warn")
        elif sheet.is_own(parameter) and parameter.kind != "structure":
            self.mark.setText(f"○ default {_short(parameter, parameter.default)}")
            set_level(self.mark, "note")
        else:
            self.mark.setText("")
        self.reset.setVisible(changed or bool(self.trouble))
        self.reset.setToolTip(f"Back to {_short(parameter, sheet.base_value(parameter))}")

    def restore(self, sheet: Sheet) -> None:
        """Show what the sheet has, whatever was typed."""
        self._field.show_trouble("")
        self._fill(sheet)
        self.show_sheet(sheet)

    def _make_editor(self) -> QWidget:
        parameter = self.parameter
        if parameter.choices or parameter.kind == "yes or no":
            choice = Choice()
            for value, said in parameter.choices or ((True, "yes"), (False, "no")):
                choice.addItem(said, value)
            choice.activated.connect(lambda _: self._set_value(parameter, choice.currentData()))
            choice.setMinimumWidth(EDITOR_PX)
            return choice
        if parameter.kind == "structure":
            text = QPlainTextEdit()
            text.setReadOnly(True)
            text.setTabChangesFocus(True)
            return text
        line = QLineEdit()
        line.setMinimumWidth(WIDTHS_PX.get(parameter.kind, EDITOR_PX // 2))
        line.textEdited.connect(self._typed)
        return line

    def _fill(self, sheet: Sheet) -> None:
        """Put the value of the sheet into the editor."""
        value = sheet.value(self.parameter)
        text = shown(self.parameter, value)
        match self.editor:
            case QLineEdit():
                self.editor.setText(text)
            case Choice():
                self.editor.setCurrentIndex(self.editor.findData(value))
            case QPlainTextEdit():
                self.editor.setPlainText(f"{text}\nEdit it in the protocol file.")
                lines = min(text.count("\n") + 2, LINES)
                self.editor.setMaximumHeight(self.editor.fontMetrics().lineSpacing() * lines + 16)

    def _typed(self, text: str) -> None:
        typed = read(self.parameter, text)
        self._field.show_trouble(typed.trouble)
        if not typed.trouble:
            self._set_value(self.parameter, typed.value)
        self.reset.setVisible(bool(typed.trouble) or self.reset.isVisible())
        self._trouble_came()


def _short(parameter: Parameter, value: Any) -> str:
    text = shown(parameter, value) or "empty"
    return f"{text} {parameter.unit}".strip() if parameter.kind != "structure" else "as in the file"
