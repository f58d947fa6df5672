"""The bench on which drivers of screens are tried: a virtual screen, and eyes that look at it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pytest

from hardware.emulators.screen_grab import Box, Change, ScreenGrab, ScreenWatch
from hardware.emulators.x_display import XDisplay, x_display
from hardware.psychopy_display import PsychopyDisplay
from hardware.screen.messages import Shown
from hardware.screen.process import ScreenProcess
from hardware.video_projector import VideoProjector
from rig.clock import SystemClock
from rig.devices import Context
from rig.inbox import Inbox, Message, Notice
from rig.room import Room
from rig.shared import Shared
from rig.stream_store import Drain, StreamSink

SCREENS = ((640, 480), (320, 240), (320, 240), (320, 240))
"""For the display, for the projector, and two for processes that are killed."""
SCREEN: dict[str, object] = {
    "line": "HDMI-1",
    "refresh_hz": 60,
    "width_cm": 40,
    "width_px": 640,
    "distance_cm": 30,
    "calibration": "calibration/box1-screen.toml",
    "pace": "clock",
}
VIDEO: dict[str, object] = {
    "line": "HDMI-2",
    "frame_hz": 40,
    "field_width_um": 4000,
    "field_height_um": 3000,
    "pace": "clock",
}
PATCH = Box(0, 420, 60, 60)
DISK = Box(158, 118, 4, 4)
"""The middle of the projector's field."""
GAMMAS = {"red": (40.0, 2.2), "green": (120.0, 2.1), "blue": (15.0, 2.4)}
LONG = 0.74
"""Seconds that the flashes `long` last at least, from the first change to the last."""
BLACK_CD_M2 = 0.1
STALL = 0.4
"""Seconds that a busy computer may stand still."""


def luminance(gun: str, level: float) -> float:
    """Return what a gun of the tests' screen gives at a level, in cd/m2."""
    full, gamma = GAMMAS[gun]
    return float(BLACK_CD_M2 + full * (level / 255) ** gamma)


def measured(levels: list[int] | None = None) -> str:
    """Return the calibration file of the tests' screen."""
    lines = ['measured_on = 2026-11-02\nmeasured_by = "test"\nphotometer = "computed"\n']
    lines += [
        f'[[points]]\ngun = "{gun}"\nlevel = {level}\n'
        f"luminance_cd_m2 = {luminance(gun, level):.4f}\n"
        for gun in GAMMAS
        for level in levels or np.linspace(0, 255, 9).round().astype(int)
    ]
    return "\n".join(lines)


class Screens:
    """Virtual screens and the processes that draw on them, which start once for all tests."""

    def __init__(self, display: XDisplay, stack: ExitStack) -> None:
        self.display = display
        self.shared = Shared()
        self._stack = stack
        self._held: set[int] = set()

    def keep(self, screen: ScreenProcess) -> None:
        """Keep a screen's process running until all tests are over."""
        if id(screen) not in self._held:
            screen.open(self)
            self._held.add(id(screen))
            self._stack.callback(screen.close, self)

    def hear(self, shown: Shown) -> None: ...

    def lost(self, what: str, do: str) -> None: ...


@contextmanager
def screens() -> Iterator[Screens]:
    with x_display(*SCREENS) as display, ExitStack() as stack:
        yield Screens(display, stack)


class ScreenBench:
    """A driver of a screen in real time, and an eye that looks at the screen from outside."""

    ul_per_second = 0.0
    tolerance = 0.15
    """Seconds by which a device's times may differ from those of the bench, on a busy computer."""
    late = STALL

    def __init__(
        self,
        driver: type[PsychopyDisplay] | type[VideoProjector],
        settings: dict[str, object],
        folder: Path,
        request: pytest.FixtureRequest,
        streams: StreamSink | None = None,
    ) -> None:
        desk: Screens = request.getfixturevalue("virtual_screens")
        patch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
        patch.setenv("DISPLAY", desk.display.name)
        path = folder / "calibration/box1-screen.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(measured(), encoding="utf-8")
        self._clock, self._inbox = SystemClock(), Inbox()
        self.notices: list[Notice] = []
        context = Context(self._clock, self._inbox, Room(), folder, streams or Drain(), desk.shared)
        self.device = driver("box", driver.Settings.model_validate(settings), context)
        desk.keep(self.device._playback._screen)
        self.ahead = self._clock.now() - time.perf_counter()
        screen = self.device._settings.screen
        place = PATCH if driver is PsychopyDisplay else DISK
        self._watch = ScreenWatch(desk.display.name, screen, place)
        self.eye = ScreenGrab(desk.display.name, screen)

    def now(self) -> float:
        """Return the session's time."""
        return self._clock.now()

    def pass_time(self, seconds: float) -> None:
        """Let time pass; what must have ended by then does so, even if the computer stood still."""
        time.sleep(seconds)
        end = time.monotonic() + 20.0
        while seconds >= 0.6 and self.device._playback._under_way and time.monotonic() < end:
            time.sleep(0.01)

    def close(self) -> None:
        """Close the device, and both eyes."""
        with self.eye, self._watch:
            self.device.close()

    def changes(self) -> list[Change]:
        """Return the changes of the patch, or of the middle of the projector's field."""
        return self._watch.changes()

    def sensed(self) -> list[tuple[str, float]]:
        """Return the stimuli that were seen, with their onsets.

        A grating of 45 deg is `short`, another one `long`; so are flashes by how long they last.
        """
        changes = self.changes()
        if isinstance(self.device, VideoProjector):
            if not changes:
                return []
            lasted = changes[-1].time - changes[0].time
            return [("short" if lasted < LONG else "long", changes[0].time + self.ahead)]
        return [
            ("short" if abs(c.stripes.orientation_deg - 45) < 5 else "long", c.time + self.ahead)
            for c in changes
            if c.stripes is not None
        ]

    def wait_for(self, count: int) -> list[Message]:
        """Return so many messages of the device, as soon as they are there."""
        found: list[Message] = []
        end = time.monotonic() + 20.0
        while len(found) < count:
            assert time.monotonic() < end, f"there are only {found}"
            message = self._inbox.wait(0.1)
            if isinstance(message, Notice):
                self.notices.append(message)
            elif message is not None:
                found.append(message)
        return found

    def messages(self) -> list[Message]:
        """Take all messages of the device; notices of a busy computer are kept apart."""
        found = []
        while (message := self._inbox.take()) is not None:
            if isinstance(message, Notice):
                self.notices.append(message)
            else:
                found.append(message)
        return found
