"""A window in a program of its own, drawn into memory, which tells on request what it shows.

``python -m benchmarks.window_beside LAB RIG`` answers each line on its standard input by a line of
JSON on its standard output: ``look`` asks what it shows, any other word is the beginning of what
stands on the button to be clicked.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from PyQt5 import sip
from PyQt5.QtCore import QSocketNotifier, QTimer
from PyQt5.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from gui import theme
from gui.app import make_window
from gui.boxes import Box
from gui.raster_data import RasterData
from gui.session_view import LogLine
from gui.window import Window
from rig.lab import find_lab
from rig.trials import TrialRow

PATIENCE = 60.0
"""Seconds after which what does not come is taken for broken."""


class Shown(msgspec.Struct, frozen=True):
    """What a window knows of a box, and what can be read on it.

    Attributes
    ----------
    session, state, trouble
        The session; how the box is; what happened to its engine.
    attached
        Seconds from the beginning of its listening until all of the past was there; None before.
    events, rows, licks, log
        Number of the last event, the trials that have ended, all licks around stimuli by trial
        type, and the log.
    logger
        How the logger is.
    texts
        Whatever can be read on labels and buttons.
    """

    session: str
    state: str
    trouble: str
    attached: float | None
    events: int
    rows: tuple[TrialRow, ...]
    licks: dict[str, list[float]]
    log: tuple[LogLine, ...]
    logger: str
    texts: tuple[str, ...]


class WindowBeside:
    """A window that runs beside; entering opens it, leaving ends it.

    Parameters
    ----------
    lab, rig
        The lab's folder, and the box that is asked about.
    settings
        Folder for what the window remembers.

    Attributes
    ----------
    process
        Its program.
    """

    def __init__(self, lab: Path, rig: str, settings: Path) -> None:
        arguments = [sys.executable, "-m", "benchmarks.window_beside", str(lab), rig]
        surroundings = {"QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(settings)}
        self.process = subprocess.Popen(
            arguments,
            cwd=Path(__file__).parents[1],
            env={**os.environ, **surroundings},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def kill(self) -> None:
        """Kill its program."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    def look(self) -> Shown:
        """Return what it shows."""
        return msgspec.json.decode(self._ask("look"), type=Shown)

    def press(self, words: str) -> None:
        """Click the button that begins with these words."""
        self._ask(words)

    def wait_for(self, what: str, seen: Callable[[Shown], bool]) -> Shown:
        """Return what it shows as soon as that is so."""
        end = time.monotonic() + PATIENCE
        while not seen(shown := self.look()):
            if time.monotonic() > end:
                raise TimeoutError(f"the window never showed {what}: {shown}")
            time.sleep(0.02)
        return shown

    def _ask(self, line: str) -> str:
        assert self.process.stdin is not None  # noqa: S101 (it is a pipe)
        assert self.process.stdout is not None  # noqa: S101 (it is a pipe)
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise EOFError(f"the window has ended with {self.process.wait()}")
        return answer


class _Telling:
    """Answers what is asked of a window on standard input."""

    def __init__(self, window: Window, rig: str) -> None:
        self._window = window
        self._rig = rig
        self._attached: float | None = None
        self._began = time.perf_counter()
        self._timer = QTimer(window)
        self._timer.timeout.connect(self._note)
        self._timer.start(5)
        self._input = QSocketNotifier(sip.voidptr(sys.stdin.fileno()), QSocketNotifier.Read, window)
        self._input.activated.connect(lambda *_: self._answer(sys.stdin.readline().strip()))

    @property
    def _box(self) -> Box:
        return next(box for box in self._window.boxes_watched() if box.rig == self._rig)

    def _note(self) -> None:
        """Note when all of the past has been taken in."""
        if self._attached is None and self._box.caught_up:
            self._attached = time.perf_counter() - self._began

    def _answer(self, asked: str) -> None:
        if not asked:
            self._window.leave()
            QApplication.quit()
            return
        answer = self._shown() if asked == "look" else self._press(asked)
        sys.stdout.write(f"{msgspec.json.encode(answer).decode()}\n")
        sys.stdout.flush()

    def _press(self, words: str) -> bool:
        for button in self._window.findChildren(QPushButton):
            if button.isVisible() and button.text().replace("&", "").startswith(words):
                button.click()
                return True
        raise LookupError(f"no button '{words}' among {_texts(self._window)}")

    def _shown(self) -> Shown:
        self._window.tick()
        box, view = self._box, self._box.view
        return Shown(
            box.address.session if box.address else "",
            box.state()[1],
            box.trouble(),
            self._attached,
            view.events if view else 0,
            tuple(view.rows) if view else (),
            licks_of(view.raster) if view else {},
            tuple(view.log) if view else (),
            view.beat.logger if view and view.beat else "",
            _texts(self._window),
        )


def licks_of(raster: RasterData) -> dict[str, list[float]]:
    """Return all licks around stimuli, by trial type."""
    return {name: each.lick_x.values.tolist() for name, each in raster.types.items()}


def _texts(window: QWidget) -> tuple[str, ...]:
    parts: list[QLabel | QPushButton] = [
        *window.findChildren(QLabel),
        *window.findChildren(QPushButton),
    ]
    return tuple(part.text().replace("&", "") for part in parts if part.isVisible() and part.text())


def main() -> None:
    """Open a window, and tell what it shows until nobody asks any more."""
    folder, rig = sys.argv[1:]
    lab = find_lab(Path(folder))
    app = theme.make_app([])
    window = make_window(lab)
    window.show()
    window.start()
    telling = _Telling(window, rig)
    app.exec_()
    del telling


if __name__ == "__main__":
    main()
