"""A lickometer or a beam on a board of our own: a digital input with the board's own times.

Tried on the emulator alone (`hardware.emulators.serial.board`), never on a physical board.
"""

from __future__ import annotations

import pydantic

from hardware.digital_input import DigitalInputSettings, DigitalInputTwin
from hardware.serial.address import UsbKind, address_of
from hardware.serial.frame_protocol import Frame, unpack_level
from hardware.serial.framed_board import FramedBoard
from rig.devices import Context, DigitalInput
from rig.errors import DeviceError, Problem
from rig.inbox import Edge, Failure


class BoardInputSettings(DigitalInputSettings):
    """Settings of a digital input on a board; `line` is the serial number of its USB plug.

    The rest is as in `hardware.serial.address.SerialSettings`.
    """

    usb: UsbKind = ""
    port: str = ""
    baud_rate: int = pydantic.Field(default=115_200, ge=300, le=4_000_000)
    log: str = ""


class BoardDigitalInputTwin(DigitalInputTwin):
    """A lickometer that the virtual mouse touches."""

    Settings = BoardInputSettings


class BoardDigitalInput(DigitalInput):
    """A lickometer: the board times each change, and its clock is read against the session's."""

    twin = BoardDigitalInputTwin
    Settings = BoardInputSettings

    def __init__(self, name: str, settings: BoardInputSettings, context: Context) -> None:
        self._name = name
        self._clock = context.clock
        self._inbox = context.inbox
        self._board = FramedBoard(
            address_of(settings, context.folder, f"device '{name}'"),
            "lickometer",
            context.clock,
            self._take,
            self._fail,
        )
        self._level = False
        self._changes: int | None = None
        self._last = 0.0

    def open(self) -> None:
        """Find the board and begin to report changes; raise `DeviceError` if it is not there."""
        if not self._board.is_open:
            self._changes = None
        self._board.open()

    def off(self) -> None:
        """Let the board switch its outputs off; it goes on to report changes."""
        self._board.off()

    def close(self) -> None:
        """Let go of the board."""
        self._board.close()

    def check(self) -> list[Problem]:
        """Return what is wrong with the board's place."""
        return self._board.check()

    def level(self) -> bool:
        """Return whether the line is on, by what the board told last."""
        return self._level

    def faults(self) -> tuple[int, int]:
        """Return how many bytes belonged to no frame, and how many frames never came whole."""
        return self._board.skipped, self._board.lost

    def _take(self, frame: Frame) -> None:
        """Report the changes that a frame tells of and that were not reported yet."""
        if frame.kind != "L":
            return
        report = unpack_level(frame.payload)
        known, self._changes = self._changes, report.changes
        if known is None:
            if report.level != self._level:
                self._report(report.level, frame.time_us)
            return
        missed = (report.changes - known) % (1 << 16)
        if missed > 2:
            self._inbox.put(
                Failure(
                    self._name,
                    f"{missed - 2} changes of the line were lost on the way",
                    "Look at the USB cable and at the load of the computer.",
                )
            )
        if missed >= 2:
            self._report(not report.level, report.before_us)
        if missed:
            self._report(report.level, report.changed_us)

    def _report(self, level: bool, time_us: int) -> None:
        """Report a change; its time is never ahead of the session's, and never goes backwards."""
        if level != self._level:
            time = self._board.clock.seconds(time_us)
            self._last = max(self._last, min(time, self._clock.now()))
            self._level = level
            self._inbox.put(Edge(self._name, level, self._last))

    def _fail(self, error: DeviceError) -> None:
        """Tell that the board cannot be used; what it counts after that is not known before."""
        self._changes = None
        self._inbox.put(Failure(self._name, error.what, error.do))
