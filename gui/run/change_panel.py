"""Changes of parameters while the session runs: those that the protocol allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gui.boxes import Box
from gui.form_model import Field, fields_of, in_session
from gui.form_reading import read, shown
from gui.jobs import Done
from gui.orders import why_not
from gui.run.asking import Asking
from gui.run.header import wrapped
from gui.session_view import SessionView, flat
from gui.theme import quiet_label, set_level
from gui.workplace import Workplace

HOW = "A change acts from the next trial or block on, and is recorded with who made it."


class ChangePanel(QScrollArea):
    """A line for each parameter that may be changed.

    Parameters
    ----------
    place
        What all screens share.
    asking
        The orders of the Run screen.
    """

    def __init__(self, place: Workplace, asking: Asking) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setAccessibleName("Change a parameter")
        self.setFocusPolicy(Qt.NoFocus)  # it has the focus only until its first field is there
        self._place = place
        self._asking = asking
        self._view: SessionView | None = None
        self.lines: dict[str, ChangeLine] = {}
        self.words = wrapped(quiet_label())
        inside = QWidget()
        self._rows = QVBoxLayout()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self.words)
        layout.addLayout(self._rows)
        layout.addStretch(1)
        self.setWidget(inside)

    def show_box(self, box: Box) -> None:
        """Show the parameters of the session in a box; what can be changed is asked for once."""
        view = box.view
        if view is None or view.definition is None:
            return
        if view is not self._view:
            self._view = view
            self._ask_for(view, view.definition.protocol)
        why = why_not("set", box)
        values = flat(view.params)
        for key, line in self.lines.items():
            pending = view.pending.get(key)
            line.show_value(values.get(key), pending, why, asked=self._asking.waits("set", key))

    def take_focus(self) -> None:
        """Put the cursor into the first field, as soon as there is one."""
        first = next(iter(self.lines.values()), None)
        (self if first is None else first.field).setFocus()

    def _ask_for(self, view: SessionView, protocol: str) -> None:
        """Ask what can be changed in a session of a protocol."""
        self._show_fields(view, ())
        self.words.setText("Asking what can be changed ...")
        names = [path for path in self._place.lab.files("protocols") if path.stem == protocol]
        if not names:
            self.words.setText(f"The lab has no protocol '{protocol}' any more.")
            return

        def take(done: Done) -> None:
            if view is self._view:
                self._take(view, done)

        self._place.jobs.run(["describe", str(names[0])], take)

    def _take(self, view: SessionView, done: Done) -> None:
        """Take in the schema of the parameters."""
        if not isinstance(done.value, dict):
            self.words.setText(f"What can be changed could not be read: {done.error}")
            return
        fields = [each for each in fields_of(done.value, view.params) if in_session(each)]
        self.words.setText(HOW if fields else "This protocol has no parameter that can be changed.")
        self._show_fields(view, tuple(fields))
        if self.hasFocus():
            self.take_focus()

    def _show_fields(self, view: SessionView, fields: tuple[Field, ...]) -> None:
        if any(line.field.hasFocus() for line in self.lines.values()):
            self.setFocus()
        for line in self.lines.values():
            self._rows.removeWidget(line)
            line.deleteLater()
        values = flat(view.params)
        self.lines = {
            each.key: ChangeLine(each, values.get(each.key), self._change) for each in fields
        }
        for line in self.lines.values():
            self._rows.addWidget(line)

    def _change(self, key: str, value: Any) -> None:
        self._asking.ask(self._place.rig, "set", key=key, value=value)


class ChangeLine(QWidget):
    """A parameter: what it is now, a field for another value, and what is still to act.

    Parameters
    ----------
    parameter
        What may be typed.
    value
        What it is now.
    change
        Called with the key and the value that is wanted.
    """

    def __init__(self, parameter: Field, value: Any, change: Callable[[str, Any], None]) -> None:
        super().__init__()
        self.parameter = parameter
        self._change = change
        self._value = value
        name = f"{parameter.group}: {parameter.title}" if parameter.group else parameter.title
        self.title = wrapped(QLabel(name))
        self.field = QLineEdit(shown(parameter, value))
        self.field.setAccessibleName(f"Parameter: {name}")
        self.field.setToolTip(parameter.sentence)
        self.field.textEdited.connect(lambda _: self._look())
        self.field.returnPressed.connect(self._press)
        self.button = QPushButton("Change")
        self.button.setAccessibleName(f"Change {name}")
        self.button.clicked.connect(lambda: self._press())
        self.told = wrapped(quiet_label())
        self._why = ""
        self._asked = False
        row = QHBoxLayout()
        row.addWidget(self.field, 1)
        row.addWidget(quiet_label(parameter.unit))
        row.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 4)
        layout.setSpacing(2)
        layout.addWidget(self.title)
        layout.addLayout(row)
        layout.addWidget(self.told)
        self._look()

    def show_value(self, value: Any, pending: Any, why_not_now: str, *, asked: bool) -> None:
        """Show what it is, and what it will be (None if nothing waits)."""
        if value != self._value:
            if not self.field.hasFocus() or self._typed_is(self._value):
                self.field.setText(shown(self.parameter, value))
            self._value = value
        self._why, self._asked = why_not_now, asked
        self._look(pending)

    def _typed_is(self, value: Any) -> bool:
        return self.field.text() == shown(self.parameter, value)

    def _look(self, pending: Any = None) -> None:
        """Say what is wrong with what is typed, or what will become of it."""
        typed = read(self.parameter, self.field.text())
        now = shown(self.parameter, self._value)
        limits = self.parameter.limits.words()
        sentence = self.parameter.sentence
        sentence = f"{sentence[:1].upper()}{sentence[1:]}"
        level, words = (
            "",
            ". ".join(filter(None, (f"Now {now}", limits and f"It may be {limits}", sentence))),
        )
        if typed.trouble:
            level, words = "bad", typed.trouble
        elif pending is not None:
            after = shown(self.parameter, pending)
            level, words = "warn", f"Now {now}; {after} from the {self.parameter.changeable} on"
        self.told.setText(words)
        set_level(self.told, level)
        can = not (typed.trouble or self._why or self._asked or typed.value == self._value)
        self.button.setEnabled(can)
        self.button.setText("asked ..." if self._asked else "Change")
        self.button.setToolTip(self._why)

    def _press(self) -> None:
        typed = read(self.parameter, self.field.text())
        if self.button.isEnabled():
            self._change(self.parameter.key, typed.value)
