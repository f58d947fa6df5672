"""An oscilloscope for an emulated rig: sees what comes out of it, in a process of its own.

It knows nothing of the session. All times are seconds of `time.perf_counter`, which on Linux is
the clock of the emulated card, too.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from types import TracebackType
from typing import Self

import msgspec
import numpy as np

from hardware.emulators.ni.card_wires import CardWires
from hardware.emulators.ni.side_channel import Addresses
from hardware.emulators.rig.ears import PATROL_HZ
from hardware.emulators.rig.hearing import SILENT, first_loud
from hardware.emulators.screen_grab import Box, Change, ScreenWatch
from rig.errors import DeviceError
from rig.signals import ignore_stop_signals, signals_held_back

LOOK_EVERY = 0.5
GAP = 0.02
"""Seconds of silence that part two sounds."""
ENDS_WITHIN = 20.0


class Probes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is looked at.

    Attributes
    ----------
    card
        The side channel of a card.
    lines
        Its digital lines.
    speaker, speaker_hz
        Its analogue output, and the samples a second there.
    display, screen
        A virtual screen, as in DISPLAY; empty for none.
    patch
        Where its photodiode is: left, top, width, height in pixels.
    """

    card: str
    lines: tuple[str, ...]
    speaker: str
    speaker_hz: float
    display: str = ""
    screen: int = 0
    patch: tuple[int, int, int, int] = (0, 0, 1, 1)


class Seen(msgspec.Struct, frozen=True):
    """The patch changed between `after` and `before`; the orientation of what it showed then."""

    after: float
    before: float
    orientation_deg: float | None


class Traces(msgspec.Struct, frozen=True):
    """What was seen: the edges of each line, begin and end of each sound, changes of the patch."""

    lines: dict[str, list[tuple[float, bool]]]
    sounds: list[tuple[float, float]]
    screen: list[Seen]


class Oscilloscope:
    """Looks at the outputs of an emulated rig, from ``with`` to the end of the block."""

    def __init__(self, probes: Probes) -> None:
        self._probes = probes

    def __enter__(self) -> Self:
        command = [sys.executable, "-P", "-m", "hardware.emulators.oscilloscope"]
        with signals_held_back():
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            self._say(msgspec.json.encode(self._probes))
            self._heard()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def traces(self) -> Traces:
        """Return what was seen up to now."""
        self._say(b"")
        return msgspec.json.decode(self._heard(), type=Traces)

    def _end(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            self._process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _say(self, line: bytes) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(line + b"\n")
            self._process.stdin.flush()

    def _heard(self) -> bytes:
        line = self._process.stdout.readline() if self._process.stdout is not None else b""
        if not line:
            raise DeviceError("it ended", "oscilloscope", "Read what it says above.")
        return line


class SoundTrace:
    """Notes begin and end of each sound on an analogue output; sees a few seconds back."""

    def __init__(self, wires: CardWires, line: str, rate_hz: float, since: float) -> None:
        self._wires = wires
        self._line = line
        self._rate_hz = rate_hz
        self._since = since
        self.sounds: list[tuple[float, float]] = []

    def look(self, now: float) -> None:
        """Look at what came since the last look, but for the last moments."""
        count = int((now - GAP - self._since) * PATROL_HZ)
        volts = np.array(self._wires.volts(self._line, self._since, PATROL_HZ, max(count, 0)))
        for at in self._since + np.flatnonzero(np.abs(volts) > SILENT) / PATROL_HZ:
            if self.sounds and at - self.sounds[-1][1] < GAP:
                self.sounds[-1] = self.sounds[-1][0], float(at)
            else:
                self.sounds.append((self._first(float(at)), float(at)))
        self._since += max(count, 0) / PATROL_HZ

    def _first(self, about: float) -> float:
        """Return when the output was loud first, which was seen a little later."""
        start = about - 2 / PATROL_HZ
        count = round(3 / PATROL_HZ * self._rate_hz)
        volts = np.array(self._wires.volts(self._line, start, self._rate_hz, count))
        return start + (first_loud(volts) or 0) / self._rate_hz


class Eyes:
    """Looks at all that the probes name, from ``with`` to the end of the block."""

    def __init__(self, probes: Probes) -> None:
        self._probes = probes
        self._began = time.monotonic()
        self._ends = threading.Event()
        self._lock = threading.Lock()
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        probes = self._probes
        self._wires = self._stack.enter_context(CardWires(Addresses("", probes.card)))
        self._sound = SoundTrace(self._wires, probes.speaker, probes.speaker_hz, self._began)
        self._watch = None
        if probes.display:
            watch = ScreenWatch(probes.display, probes.screen, Box(*probes.patch))
            self._watch = self._stack.enter_context(watch)
        listener = threading.Thread(target=self._listen, daemon=True)
        listener.start()
        self._stack.callback(listener.join)
        self._stack.callback(self._ends.set)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def traces(self) -> Traces:
        """Return what was seen up to now."""
        with self._lock:
            self._sound.look(time.monotonic())
            lines = {line: self._wires.history(line, self._began) for line in self._probes.lines}
        changes = self._watch.changes() if self._watch is not None else []
        return Traces(lines, list(self._sound.sounds), [_seen(each) for each in changes])

    def _listen(self) -> None:
        """Listen again and again: the voltages of long ago are forgotten."""
        while not self._ends.wait(LOOK_EVERY):
            with self._lock:
                self._sound.look(time.monotonic())


def main() -> None:
    """Look at the outputs, and tell what was seen at each line of input, until it ends."""
    ignore_stop_signals()
    probes = msgspec.json.decode(sys.stdin.buffer.readline(), type=Probes)
    with Eyes(probes) as eyes:
        _tell(b"{}")
        for _ in sys.stdin.buffer:
            _tell(msgspec.json.encode(eyes.traces()))


def _seen(change: Change) -> Seen:
    stripes = change.stripes
    return Seen(change.after, change.before, stripes.orientation_deg if stripes else None)


def _tell(line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
