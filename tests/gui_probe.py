"""Runs a program with a window, and says beside it where its widgets stand on the screen.

``python gui_probe.py SOCKET SCRIPT ARGUMENTS ...`` runs the script as Python would. Whoever
connects to the socket sends a name on a line and gets a line of JSON: every visible widget, tab
and row with that name or text; one that ends with … stands for all that begin so. The probe only
looks; hands are those of `gui_driver`.
"""

from __future__ import annotations

import json
import queue
import runpy
import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any

from PyQt5.QtCore import QObject, QPoint, QRect, Qt, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QListView,
    QTabBar,
    QWidget,
)

TEXTS = ("text", "plainText", "title", "currentText")
"""Properties of Qt's widgets that hold what they say."""


class Looker(QObject):
    """Looks at widgets in their own thread, when another thread asks."""

    asked = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.answers: queue.Queue[list[dict[str, Any]]] = queue.Queue()
        self.asked.connect(self._look, Qt.QueuedConnection)

    @pyqtSlot(str)  # without it Qt would run this in the thread that asks
    def _look(self, name: str) -> None:
        parts = [part for widget in QApplication.allWidgets() for part in found(name, widget)]
        self.answers.put([part for part in parts if part is not None])


def is_called(name: str, names: list[str]) -> bool:
    """Whether a name is among some, or one of them begins as it says."""
    begins = name.removesuffix("…")
    return name in names or (begins != name and any(each.startswith(begins) for each in names))


def found(name: str, widget: QWidget) -> Iterator[dict[str, Any] | None]:
    """Return those of a widget, its tabs and rows that have a name; none if it is hidden.

    Where one is takes long to find out, and is asked of no other.
    """
    if not widget.isVisible():
        return
    text = next((str(widget.property(key)) for key in TEXTS if widget.property(key)), "")
    names = told(text, widget.objectName(), widget.accessibleName())
    if is_called(name, names):
        yield entry(widget, names, text, widget.rect(), enabled=widget.isEnabled())
    if isinstance(widget, QTabBar):
        for tab in range(widget.count()):
            names = told(text := widget.tabText(tab))
            if is_called(name, names):
                enabled = widget.isTabEnabled(tab)
                yield entry(widget, names, text, widget.tabRect(tab), enabled=enabled)
    holds_rows = isinstance(widget, QAbstractItemView) and not isinstance(widget, QHeaderView)
    if holds_rows and widget.model():
        model, port = widget.model(), widget.viewport()
        for row in range(model.rowCount()):
            for column in range(1 if isinstance(widget, QListView) else model.columnCount()):
                index = model.index(row, column)
                names = told(text := str(index.data() or ""))
                if is_called(name, names):
                    yield entry(port, names, text, widget.visualRect(index), enabled=True)


def told(*names: str) -> list[str]:
    """Return names as they are read: without the marks of keys, and without empty ones."""
    return [name.replace("&", "") for name in names if name]


def entry(
    widget: QWidget, names: list[str], text: str, rect: QRect, *, enabled: bool
) -> dict[str, Any] | None:
    """Return what can be seen of a part of a widget, in pixels of the screen; None if nothing."""
    seen = rect.intersected(widget.visibleRegion().boundingRect())
    if seen.isEmpty():
        return None
    corner, scale = widget.mapToGlobal(QPoint(seen.x(), seen.y())), widget.devicePixelRatioF()
    return {
        "names": names,
        "kind": type(widget).__name__,
        "text": text.replace("&", ""),
        "enabled": enabled,
        "focused": widget.hasFocus(),
        "rectangle": [
            round(scale * each) for each in (corner.x(), corner.y(), seen.width(), seen.height())
        ],
    }


def serve(path: str) -> None:
    """Answer questions, one after the other; before there are widgets there is nothing to see."""
    looker = None
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        while True:
            connection, _ = server.accept()
            with connection, connection.makefile("rw", encoding="utf-8") as lines:
                name = lines.readline().rstrip("\n")
                app = QApplication.instance()
                answer: list[dict[str, Any]] = []
                if app is not None:
                    if looker is None:
                        looker = Looker()
                        looker.moveToThread(app.thread())
                    looker.asked.emit(name)
                    answer = looker.answers.get()
                lines.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    threading.Thread(target=serve, args=[sys.argv[1]], daemon=True).start()
    sys.argv = sys.argv[2:]
    runpy.run_path(sys.argv[0], run_name="__main__")
