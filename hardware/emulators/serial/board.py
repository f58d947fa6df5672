"""A board with our own firmware: a lickometer or a treadmill, as its driver meets it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from hardware.serial.frame_protocol import (
    Frame,
    FrameParser,
    LevelReport,
    pack,
    pack_count,
    pack_level,
)

REPEAT_US = 20_000
SILENCE_US = 500_000
"""Microseconds without a byte from the computer after which the outputs are off."""


@dataclass(frozen=True)
class Hello:
    """What the board says of itself, and when its clock showed 0, in seconds of `clock`."""

    task: str = "lickometer"
    firmware: str = "1"
    born: float = -100.0


class BoardEmulator:
    """Answers as the firmware does.

    Parameters
    ----------
    hello
        What it is.
    clock
        Returns seconds; the board's microseconds are made of them.
    rate_hz
        Counts a second, of a treadmill.
    """

    def __init__(
        self,
        hello: Hello = Hello(),
        clock: Callable[[], float] = time.perf_counter,
        rate_hz: float = 100.0,
    ) -> None:
        self.says_hello = True
        self.asked = 0
        self._hello = hello
        self._clock = clock
        self._rate_hz = rate_hz
        self._parser = FrameParser()
        self._sequence = 0
        self._lock = threading.Lock()
        self._level = LevelReport(level=False, changes=0, changed_us=0, before_us=0)
        self._waiting: list[tuple[str, int, bytes]] = []
        self._repeated_us = 0
        self._counted = 0
        self._counts_from = 0
        self._speed = 0.0
        self._last_byte_us = -SILENCE_US

    def touch(self, level: bool) -> None:
        """Let the line change, if it does."""
        with self._lock:
            was, now = self._level, self._now_us()
            if level != was.level:
                self._level = LevelReport(level, was.changes + 1, now, was.changed_us)
                self._waiting.append(("L", now, pack_level(self._level)))

    def restart(self) -> None:
        """Let its power fail for a moment: its clock and its count of changes begin anew."""
        with self._lock:
            self._hello = replace(self._hello, born=self._clock())
            self._level = LevelReport(self._level.level, changes=0, changed_us=0, before_us=0)
            self._repeated_us = self._counted = 0
            text = f"{self._hello.task} {self._hello.firmware}"
            self._waiting.append(("H", 0, text.encode("ascii")))

    def run(self, counts_per_second: float, start: int = 0) -> None:
        """Let the treadmill run, from a count on."""
        with self._lock:
            self._speed, self._counts_from = counts_per_second, start

    def outputs_on(self) -> bool:
        """Whether the enable line is on: bytes come from the computer."""
        with self._lock:
            return self._now_us() - self._last_byte_us < SILENCE_US

    def receive(self, data: bytes) -> list[bytes]:
        """Return the answers to what has come."""
        with self._lock:
            self._last_byte_us = self._now_us()
            answers = [self._answer(frame) for frame in self._parser.feed(data)]
        return [answer for answer in answers if answer]

    def tick(self) -> list[bytes]:
        """Return what the board sends by itself."""
        with self._lock:
            packets = [self._pack(*each) for each in self._waiting]
            self._waiting.clear()
            now = self._now_us()
            if self._hello.task == "treadmill":
                return packets + self._counts(now)
            if now - self._repeated_us >= REPEAT_US:
                self._repeated_us = now
                packets.append(self._level_frame(now))
            return packets

    def _answer(self, frame: Frame) -> bytes:
        match frame.kind:
            case "h" if self.says_hello:
                text = f"{self._hello.task} {self._hello.firmware}"
                return self._pack("H", self._now_us(), text.encode("ascii"))
            case "p":
                self.asked += 1
                return self._pack("P", self._now_us(), frame.payload) if self.says_hello else b""
            case "z":
                self._last_byte_us = self._now_us() - SILENCE_US
                return b""
            case "h":
                return b""
            case _:
                raise NotImplementedError(f"a frame of kind '{frame.kind}' is not emulated")

    def _level_frame(self, now_us: int) -> bytes:
        return self._pack("L", now_us, pack_level(self._level))

    def _counts(self, now_us: int) -> list[bytes]:
        """Return the counts that are due, each with the time at which it was."""
        step = round(1e6 / self._rate_hz)
        due = now_us // step
        self._counted = max(self._counted, due - 200)  # what nobody could have read is gone
        packets = []
        while self._counted < due:
            self._counted += 1
            moved = int(self._counted * step * self._speed / 1e6)
            payload = pack_count(self._counts_from + moved)
            packets.append(self._pack("C", self._counted * step, payload))
        return packets

    def _pack(self, kind: str, time_us: int, payload: bytes) -> bytes:
        self._sequence += 1
        return pack(kind, self._sequence, time_us, payload)

    def _now_us(self) -> int:
        return round((self._clock() - self._hello.born) * 1e6)
