"""The process that owns a screen: it draws pictures, flips at each refresh, and takes note of it.

Each round waits until just before the next refresh, obeying what is asked meanwhile, and only
then draws and flips: what is asked late is still shown at once. Python collects no garbage while
the screen is open, since that may last longer than a refresh.
"""

from __future__ import annotations

import contextlib
import gc
import os
import time
from dataclasses import dataclass, field

import msgspec
import numpy as np

from hardware.processes.device_child import Driver, DriverGone
from hardware.screen.door import Door
from hardware.screen.messages import (
    Done,
    Fill,
    Flip,
    Flush,
    Hide,
    Levels,
    Load,
    Open,
    Opened,
    Request,
    Show,
    Shown,
)
from hardware.screen.pace import ClockPace, ScreenPace
from hardware.screen.picture import Picture
from hardware.screen.window import ScreenWindow
from rig.errors import DeviceError, RigError

BLACK: Levels = (0, 0, 0)
WHITE: Levels = (255, 255, 255)
SPARE = 0.0015
"""Seconds before a refresh at which all should be drawn."""
TRIES = 12
"""Flips by which the true rate of a screen, and how long it takes to draw, are measured."""
REQUESTS: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)


@dataclass(eq=False)
class Showing:
    """A picture that is shown, or will be at the next flip; `began` is the refresh of its onset."""

    name: str
    picture: Picture
    number: int
    began: int | None = None
    flips: list[Flip] = field(default_factory=list)

    def frame(self, refresh: int) -> int:
        """Return the number of its frame at a refresh."""
        return 0 if self.began is None else refresh - self.began


class Screen:
    """An open screen."""

    def __init__(self, driver: Driver[Request], wanted: Open) -> None:
        self._driver = driver
        self._wanted = wanted
        self._background = wanted.background
        self._door = Door(wanted.screen)
        self.window = ScreenWindow(wanted.screen)
        self._pictures: dict[str, Picture] = {}
        self._showing: Showing | None = None
        self._ending: list[Showing] = []
        self._hiding = False
        self._patch = False
        self._refresh = 0
        period = 1 / wanted.refresh_hz
        self._margin = min(self._time_to_draw() + SPARE, 0.8 * period)
        self.refresh_hz = self._measured_hz()
        self._pace = ScreenPace(period) if wanted.pace == "screen" else ClockPace(period)

    def obey_until_late(self) -> None:
        """Do what is asked, until it is time to draw for the next refresh.

        Raises
        ------
        DriverGone
            If nobody is there any more, or somebody has knocked.
        """
        if self._door.knocked.is_set():
            raise DriverGone
        due = self._pace.next() - self._margin
        while True:
            request = self._driver.receive(max(0.0, due - time.perf_counter()))
            if request is None:
                return
            self.obey(request)

    def obey(self, request: Request) -> None:
        """Do what is asked; what is to be seen is shown by the next flip."""
        match request:
            case Show(name=name, number=number):
                self._end()
                self._showing = Showing(name, self._pictures[name], number)
            case Hide():
                self._change(self._wanted.background)
            case Fill(levels=levels):
                self._change(levels)
            case Load():
                self._load(request)
                self._driver.reply(Done())
            case Flush():
                self._end()
                self.window.forget()
                self._driver.reply(Done())
            case Open():
                self._driver.reply(self.opened())

    def opened(self) -> Opened:
        """Return what the screen is like."""
        return Opened(self.window.width_px, self.window.height_px, self.refresh_hz)

    def show_frame(self) -> None:
        """Draw what the next refresh is to show, flip, and tell what has ended."""
        refresh = self._refresh + 1
        now = self._showing
        if now is not None and now.frame(refresh) >= now.picture.frames:
            self._end()
            now = None
        starts = now is not None and now.began is None
        if starts or any(each.began is not None for each in self._ending):
            self._patch = not self._patch
        frame = now.frame(refresh) if now is not None else 0
        self._draw(now, frame)
        self._pace.hold()
        at, passed = self._pace.flipped(*self.window.flip())
        self._refresh += passed
        self._tell_of_ends(at, passed - 1)
        if now is not None:
            if now.began is None:
                now.began, passed = self._refresh, 1
            now.flips.append(Flip(at, self._refresh, frame, passed - 1))
        if self._hiding:
            self._hiding = False
            self._driver.reply(Done())

    def rest(self) -> None:
        """Show the background, and black where the patch was."""
        self._patch = False
        self._background = self._wanted.background
        self._draw(None, 0)
        self.window.flip()
        self._door.tell_dark()

    def _change(self, background: Levels) -> None:
        """Let the next flip show a background alone, and tell when it has."""
        self._end()
        self._background = background
        self._hiding = True

    def _end(self) -> None:
        """Let the next flip end what is shown."""
        if self._showing is not None:
            self._ending.append(self._showing)
            self._showing = None

    def _draw(self, showing: Showing | None, frame: int) -> None:
        wanted = self._wanted
        if showing is not None and showing.picture.is_lit(frame):
            self.window.draw(showing.name, showing.picture.shift(frame))
        else:
            self.window.fill(self._background)
        if wanted.patch_px:
            levels = WHITE if self._patch else BLACK
            self.window.patch(wanted.patch_px, wanted.patch_corner, levels)
        self.window.finish()

    def _tell_of_ends(self, at: float, missed: int) -> None:
        """Tell of what ended with the flip at that time, after so many refreshes were missed."""
        for ended in self._ending:
            if ended.began is None:  # another one was asked for before the screen took it
                ended.began = self._refresh
            ended.flips.append(Flip(at, self._refresh, ended.frame(self._refresh), missed))
            self._driver.report(Shown(ended.number, ended.flips))
        self._ending = []

    def _load(self, request: Load) -> None:
        shape = self.window.height_px, self.window.width_px
        phases = np.frombuffer(request.phases, np.float32).reshape(shape)
        table = np.frombuffer(request.table, np.uint8).reshape(-1, 3)
        picture = Picture(
            phases, table, request.frames, request.cycles_per_frame, request.period, request.lit
        )
        self.window.load(request.name, picture)
        self._pictures[request.name] = picture

    def _time_to_draw(self) -> float:
        """Return the seconds that the graphics card takes for a picture, by the median of some."""
        shape = self.window.height_px, self.window.width_px
        table = np.array([self._wanted.background], np.uint8)
        self.window.load("", Picture(np.zeros(shape, np.float32), table, 1))
        lasted = []
        for _ in range(TRIES):
            began = time.perf_counter()
            self.window.draw("", 0.0)
            self.window.finish()
            lasted.append(time.perf_counter() - began)
        self.window.forget()
        return sorted(lasted)[TRIES // 2]

    def _measured_hz(self) -> float:
        """Return at which rate flips come that wait for nothing but the screen."""
        times = []
        for _ in range(TRIES):
            self._draw(None, 0)
            times.append(self.window.flip()[1])
        steps = sorted(np.diff(times))
        return float(1 / steps[len(steps) // 2])


def main() -> None:
    """Own a screen until the driver is gone."""
    driver = Driver(REQUESTS, lambda: None)
    screen: Screen | None = None
    try:
        while screen is None:
            request = driver.receive(1.0)
            screen = _opened(driver, request) if isinstance(request, Open) else None
        gc.collect()
        gc.freeze()
        gc.disable()
        while True:
            screen.obey_until_late()
            screen.show_frame()
    except DriverGone:
        if screen is not None:
            screen.rest()
            with contextlib.suppress(Exception):  # whatever a library finds to complain of
                screen.window.close()
        # What libraries do at the end of a program takes longer than the dark may wait for.
        os._exit(0)


def _opened(driver: Driver[Request], request: Open) -> Screen | None:
    """Open the screen, or tell why that cannot be."""
    try:
        screen = Screen(driver, request)
        driver.reply(screen.opened())
        return screen
    except RigError as error:
        driver.refuse(error)
    except Exception as error:  # of the graphics driver
        what = f"the graphics card cannot draw: {type(error).__name__}: {error}"
        driver.refuse(DeviceError(what, "", "Renew its driver; it must know OpenGL 2.1."))
    return None


if __name__ == "__main__":
    main()
