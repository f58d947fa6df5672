"""Drives a real program on an X server of the tests' own, as a person with hands would.

Keys and clicks are those of xdotool, which go through the X server like a keyboard's and a
mouse's. Where to click is asked of `gui_probe`, which runs inside the program and only looks.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from PIL import ImageGrab

PATIENCE = 20.0
"""Seconds that something on the screen is waited for: a busy computer needs them."""
PROBE = Path(__file__).with_name("gui_probe.py")
RIG = Path(sys.executable).with_name("rig")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Display:
    """A running X server with a screen of so many pixels."""

    name: str
    width: int
    height: int

    @property
    def environment(self) -> dict[str, str]:
        """What leads programs to it."""
        return {"DISPLAY": self.name, "QT_QPA_PLATFORM": "xcb"}

    def screenshot(self, path: Path) -> None:
        """Save what the whole screen shows, as PNG."""
        ImageGrab.grab(xdisplay=self.name).save(path)

    def xdotool(self, *arguments: str) -> str:
        """Run xdotool; return what it prints, nothing if it fails."""
        done = subprocess.run(
            ["xdotool", *arguments],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return done.stdout if done.returncode == 0 else ""

    def ask_to_close(self, window: int) -> None:
        """Send a window what a window manager sends it (ICCCM 4.2.8.1, WM_DELETE_WINDOW)."""
        xlib = ctypes.CDLL("libX11.so.6")
        xlib.XOpenDisplay.restype = ctypes.c_void_p
        xlib.XInternAtom.restype = ctypes.c_ulong
        server = ctypes.c_void_p(xlib.XOpenDisplay(self.name.encode()))
        message = _ClientMessage(type=_CLIENT_MESSAGE, send_event=1, window=window, format=32)
        message.message_type = xlib.XInternAtom(server, b"WM_PROTOCOLS", 0)
        message.data[0] = xlib.XInternAtom(server, b"WM_DELETE_WINDOW", 0)
        xlib.XSendEvent(server, ctypes.c_ulong(window), 0, 0, ctypes.byref(message))
        xlib.XCloseDisplay(server)


_CLIENT_MESSAGE = 33


class _ClientMessage(ctypes.Structure):
    """An event of the X protocol, as Xlib keeps it."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("rest", ctypes.c_long * 12),
    )


@contextmanager
def virtual_display(width: int, height: int) -> Iterator[Display]:
    """Start an X server with a screen of that many pixels in memory, and stop it afterwards."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{width}x{height}x24"]
    command += ["-nolisten", "tcp", "-noreset", "-dpi", "96"]
    with subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.PIPE) as server:
        os.close(writing)
        with os.fdopen(reading) as numbers:
            number = numbers.readline().strip()
        try:
            assert number, f"no X server: {server.stderr.read() if server.stderr else b''!r}"
            yield Display(f":{number}", width, height)
        finally:
            server.terminate()


@dataclass(frozen=True)
class Seen:
    """A widget, a tab or a row that can be seen; `rectangle` is left, top, width and height."""

    names: list[str]
    kind: str
    text: str
    enabled: bool
    focused: bool
    rectangle: list[int]

    @property
    def centre(self) -> tuple[int, int]:
        """Pixels from the left and from the top of the screen."""
        left, top, width, height = self.rectangle
        return left + width // 2, top + height // 2


class Program:
    """A running program with a window.

    Attributes
    ----------
    process
        The program itself: `process.pid` for signals.
    display
        Where it shows its windows.
    """

    def __init__(self, process: subprocess.Popen[bytes], display: Display, folder: Path) -> None:
        self.process = process
        self.display = display
        self._folder = folder

    def said(self) -> str:
        """Return what the program has printed so far."""
        return (self._folder / "printed").read_text(encoding="utf-8", errors="replace")

    def wait_for(self, what: str, look: Callable[[], Found | None]) -> Found:
        """Return what `look` finds, as soon as it finds something that is true."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = look()
            if found:
                return found
            ended = self.process.poll()
            if ended is not None or time.monotonic() > deadline:
                self.display.screenshot(self._folder / "screen.png")
                pictured = self._folder / "screen.png"
                raise AssertionError(f"no {what}; ended: {ended}; {pictured}; {self.said()}")
            time.sleep(0.03)

    def window(self, title: str) -> str:
        """Wait for a window with that text in its title, give it the keyboard; return its id."""
        ids = self.wait_for(
            f"window '{title}'",
            lambda: self.display.xdotool("search", "--onlyvisible", "--name", title).split(),
        )
        self.display.xdotool("windowfocus", "--sync", ids[0])
        return ids[0]

    def seen(self, name: str) -> list[Seen]:
        """Return all that is visible under a name: its text, its accessible or object name.

        A name that ends with … stands for all that begin so.
        """
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(PATIENCE)
                probe.connect(str(self._folder / "probe"))
                with probe.makefile("rw", encoding="utf-8") as lines:
                    lines.write(name + "\n")
                    lines.flush()
                    answer = lines.readline()
        except (FileNotFoundError, ConnectionError):
            return []
        return [Seen(**entry) for entry in json.loads(answer or "[]")]

    def see(self, name: str) -> Seen:
        """Wait until something of that name is visible; return it."""
        return self.wait_for(f"'{name}' to be seen", lambda: self.seen(name))[0]

    def see_enabled(self, name: str) -> None:
        """Wait until something of that name is visible and can be used."""
        self.wait_for(
            f"'{name}' to be enabled", lambda: any(each.enabled for each in self.seen(name))
        )

    def see_no(self, name: str) -> None:
        """Wait until nothing of that name is visible."""
        self.wait_for(f"end of '{name}'", lambda: not self.seen(name))

    def click(self, name: str, kind: str = "") -> None:
        """Click at the centre of what has that name, once it is there, enabled, and stands still.

        `kind` is the class of the widget, where several bear the name.
        """

        def ready() -> Seen | None:
            fit = (each for each in self.seen(name) if each.enabled and kind in ("", each.kind))
            return next(fit, None)

        def at_rest() -> Seen | None:
            before = ready()
            self.drawn()
            after = ready()
            same = before and after and before.rectangle == after.rectangle
            return after if same else None

        left, top = self.wait_for(f"'{name}' to click", at_rest).centre
        self.display.xdotool("mousemove", str(left), str(top), "click", "1")

    def fill(self, name: str, kind: str, text: str) -> None:
        """Click a field until it has the keyboard, and type a text in place of what stands there.

        A field that is being laid out may move away from under the pointer.
        """

        def has_keyboard() -> bool:
            self.click(name, kind)
            self.drawn()
            return any(each.focused for each in self.seen(name) if each.kind == kind)

        self.wait_for(f"the keyboard in '{name}'", has_keyboard)
        self.press("ctrl+a")
        self.type(text)

    def drawn(self) -> None:
        """Wait until what has happened is drawn: after two turns of the program's loop."""
        for _ in range(2):
            self.seen("")

    def close(self, title: str) -> None:
        """Ask a window to close, as the cross in its corner does."""
        self.display.ask_to_close(int(self.window(title)))

    def press(self, *keys: str) -> None:
        """Press keys one after the other, as xdotool names them: ``ctrl+d``, ``F5``, ``Tab``."""
        self.display.xdotool("key", "--clearmodifiers", *keys)

    def type(self, text: str) -> None:
        """Type a text where the keyboard is."""
        self.display.xdotool("type", "--clearmodifiers", "--delay", "4", text)


@contextmanager
def running(
    display: Display, folder: Path, script: Path, *arguments: str, **environment: str
) -> Iterator[Program]:
    """Run a Python script that shows windows, with what it prints in `folder`; end it afterwards.

    The real program: ``running(display, tmp_path, RIG, "gui", "--lab", str(lab.folder))``.
    """
    command = [sys.executable, str(PROBE), str(folder / "probe"), str(script), *arguments]
    surroundings = {**os.environ, "PYTHONFAULTHANDLER": "1", **display.environment, **environment}
    with (
        (folder / "printed").open("wb") as printed,
        subprocess.Popen(command, env=surroundings, stdout=printed, stderr=printed) as process,
    ):
        try:
            yield Program(process, display, folder)
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
