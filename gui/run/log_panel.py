"""The last lines of a session's log."""

from __future__ import annotations

from PyQt5.QtWidgets import QPlainTextEdit

from gui.run.words import clock
from gui.session_view import LOG_LINES, LogLine, SessionView

LINES_SHOWN = 4
_MARKS = {"note": "", "warn": "LOOK  ", "bad": "ACT  "}


class LogPanel(QPlainTextEdit):
    """Shows the log; lines are added in batches, and the oldest ones leave it."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setMaximumBlockCount(LOG_LINES)
        self.setAccessibleName("Log of the session")
        self.setTabChangesFocus(True)
        self.setFixedHeight(self.fontMetrics().lineSpacing() * LINES_SHOWN + 12)
        self._view: SessionView | None = None
        self._shown = 0

    def show_log(self, view: SessionView) -> None:
        """Show what has been added to the log since the last call."""
        if view is not self._view:
            self._view, self._shown = view, 0
            self.clear()
        fresh = min(view.logged - self._shown, len(view.log))
        if fresh <= 0:
            return
        self._shown = view.logged
        lines = [view.log[number] for number in range(len(view.log) - fresh, len(view.log))]
        self.appendPlainText("\n".join(map(_in_words, lines)))


def _in_words(line: LogLine) -> str:
    return f"{clock(line.time)}  {_MARKS[line.level]}{line.text}"
