"""A microcontroller of our own at a serial port: its hello, its signs of life, its clock.

The firmware is `hardware/firmware/lickometer/lickometer.ino`; its frames are those of
`hardware.serial.frame_protocol`. The computer asks the board for its clock twenty times a second.
The board takes that for a sign of life, too: 0.5 s after the last byte it switches its outputs off
by itself.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from struct import error as StructError  # noqa: N812 (a class with the name of a function)

from hardware.serial.address import Address, problems
from hardware.serial.board_clock import BoardClock
from hardware.serial.frame_protocol import Frame, FrameParser, pack
from hardware.serial.link import SerialLink
from hardware.serial.port import PortLost, SerialPort
from rig.clock import Clock
from rig.errors import DeviceError, Problem

BEAT = 0.05
"""Seconds between two questions."""
HELLO_PATIENCE = 3.0
"""Seconds within which a board says who it is: opening its port may have restarted it."""
_ASK_AGAIN = 0.25
SILENCE = 1.0
"""Seconds without a frame after which the board is taken for dead."""
RESTART = 1.0
"""Seconds by which a clock that has begun anew is off at least."""
_PATIENCE = 1.0


class FramedBoard:
    """A board that does one task, and tells of it in frames.

    Parameters
    ----------
    address
        How it is found.
    task
        What it must say that it does, in its hello: ``lickometer``.
    clock
        The session's clock.
    take
        Is given each frame that belongs to the task, by the thread that owns the port.
    failed
        Is told why the board cannot be used any more, by the same thread.
    """

    def __init__(
        self,
        address: Address,
        task: str,
        clock: Clock,
        take: Callable[[Frame], None],
        failed: Callable[[DeviceError], None],
    ) -> None:
        self.clock = BoardClock()
        self._address = address
        self._task = task
        self._session = clock
        self._take = take
        self._failed = failed
        self._parser = FrameParser()
        self._link = SerialLink(address, self._greet, self._round, failed)
        self._sequence = 0
        self._asked: dict[int, float] = {}
        self._beats = True
        self._next_beat = 0.0
        self._last_frame = 0.0

    @property
    def skipped(self) -> int:
        """Bytes that belonged to no sound frame."""
        return self._parser.skipped

    @property
    def lost(self) -> int:
        """Frames that never came whole."""
        return self._parser.lost

    @property
    def is_open(self) -> bool:
        """Whether the board was opened and not closed."""
        return self._link.is_open

    def open(self) -> None:
        """Find the board, wait for its hello and read its clock; raise `DeviceError` if not."""
        self._beats = True
        self._link.open()

    def off(self) -> None:
        """Let the board switch its outputs off, and give it no sign of life any more."""
        self._beats = False
        if self._link.is_open:
            with contextlib.suppress(PortLost):  # it was told, and the outputs go off unasked
                self._link.ask(lambda port: self._send(port, "z"), _PATIENCE)

    def close(self) -> None:
        """Let go of the board; its outputs are off then."""
        try:
            self.off()
        finally:
            self._link.close()

    def check(self) -> list[Problem]:
        """Return what is wrong with the board's place."""
        return problems(self._address)

    def _greet(self, port: SerialPort) -> None:
        """Wait until the board has said who it is, and its clock is known."""
        self._parser = FrameParser()
        self.clock.forget()
        self._asked.clear()
        end, ask_at, hello = time.monotonic() + HELLO_PATIENCE, 0.0, ""
        while not hello or not self.clock.is_known:
            now = time.monotonic()
            if now > end:
                raise self._no_hello(hello)
            if now >= ask_at:
                ask_at = now + _ASK_AGAIN
                self._send(port, "h")
                self._ask_for_clock(port)
            for frame in self._frames(port):
                if frame.kind == "H":
                    hello = frame.payload.decode("ascii", "replace")
                    self._check_task(hello)
        self._last_frame = time.monotonic()

    def _round(self, port: SerialPort) -> float:
        """Give a sign of life when it is due, and deal with what has come."""
        now = time.monotonic()
        if self._beats and now >= self._next_beat:
            self._next_beat = now + BEAT
            self._ask_for_clock(port)
        for frame in self._frames(port):
            self._last_frame = now
            if frame.kind == "H":
                self._check_age(frame)
            try:
                self._take(frame)
            except StructError:
                self._parser.skipped += len(frame.payload)
        if self._beats and now - self._last_frame > SILENCE:
            raise PortLost(
                f"the board has been silent for {SILENCE:g} s",
                self._address.where,
                "Look at its cable and its power; press its reset button.",
            )
        return 0.0

    def _frames(self, port: SerialPort) -> list[Frame]:
        """Return the frames that have come; answers about its clock are taken in."""
        frames = self._parser.feed(port.read())
        answered = self._session.now()
        for frame in frames:
            if frame.kind == "P" and frame.payload:
                asked = self._asked.pop(frame.payload[0], None)
                if asked is not None:
                    self.clock.read(frame.time_us, asked, answered)
        return frames

    def _ask_for_clock(self, port: SerialPort) -> None:
        number = self._sequence % 256
        self._asked[number] = self._session.now()
        self._send(port, "p", bytes([number]))

    def _send(self, port: SerialPort, kind: str, payload: bytes = b"") -> None:
        frame = pack(kind, self._sequence, payload=payload)
        self._sequence = (self._sequence + 1) % 256
        port.write(frame)

    def _check_task(self, hello: str) -> None:
        if hello.split(" ")[0] != self._task:
            raise DeviceError(
                f"the board says that it is '{hello}', not '{self._task}'",
                self._address.where,
                f"Write the number of the right board into `line`, or load the firmware with "
                f"the task '{self._task}' into this one.",
            )

    def _check_age(self, frame: Frame) -> None:
        """Raise `PortLost` if a hello comes of a board that has started again."""
        if abs(self._session.now() - self.clock.seconds(frame.time_us)) > RESTART:
            raise PortLost(
                "the board has started again by itself",
                self._address.where,
                "Look at its power: its cable, its hub, and what it drives.",
            )

    def _no_hello(self, hello: str) -> DeviceError:
        if hello:
            what = f"the board said '{hello}', and does not tell its time"
        elif self._parser.skipped:
            what = f"what answers is no board of ours: {self._parser.skipped} strange bytes"
        else:
            what = f"the board said nothing within {HELLO_PATIENCE:g} s"
        return DeviceError(
            what,
            self._address.where,
            "See whether `line` names the right device, load the firmware of "
            "hardware/firmware/lickometer, and compare `baud_rate`.",
        )
