"""Fields that the wheel of the mouse does not change in passing."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QObject, Qt
from PyQt5.QtWidgets import QComboBox, QDoubleSpinBox, QSpinBox, QWidget


class Spin(QSpinBox):
    """A whole number; the wheel changes it only where the field has the focus."""

    def __init__(self) -> None:
        super().__init__()
        _keep_from_wheel(self)


class DoubleSpin(QDoubleSpinBox):
    """A number; the wheel changes it only where the field has the focus."""

    def __init__(self) -> None:
        super().__init__()
        _keep_from_wheel(self)


class Choice(QComboBox):
    """One of several; the wheel changes it only where the field has the focus."""

    def __init__(self) -> None:
        super().__init__()
        _keep_from_wheel(self)
        self.setSizeAdjustPolicy(QComboBox.AdjustToContents)


class _Wheel(QObject):
    """Lets the page scroll when the wheel turns over a field that has not the focus."""

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Take the wheel away from the field, if it is only passing."""
        passing = isinstance(watched, QWidget) and not watched.hasFocus()
        if event is not None and event.type() == QEvent.Wheel and passing:
            event.ignore()
            return True
        return False


def _keep_from_wheel(field: QWidget) -> None:
    field.setFocusPolicy(Qt.StrongFocus)
    field.installEventFilter(_Wheel(field))
