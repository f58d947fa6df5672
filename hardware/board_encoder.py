"""A treadmill's encoder on a board of our own: an analog input of raw counts.

Tried on the emulator alone (`hardware.emulators.serial.board`), never on a physical board.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pydantic

from hardware.serial.address import UsbKind, address_of
from hardware.serial.frame_protocol import Frame, unpack_count, wrapped
from hardware.serial.framed_board import FramedBoard
from rig.devices import AnalogInput, Context, DeviceSettings, Line
from rig.errors import DeviceError, Problem, RecordingError
from rig.inbox import Failure
from rig.streams import Channel, StreamSpec

BLOCK_DURATION = 0.1
"""Seconds: what a killed program can lose of the samples."""
_TWIN_SPEED = 5.0


class BoardEncoderSettings(DeviceSettings):
    """Settings of an encoder on a board; `line` is the serial number of its USB plug.

    The board sends its count `rate_hz` times a second. `counts_per_cm` comes from rolling the
    treadmill by a known way. The rest is as in `hardware.serial.address.SerialSettings`.
    """

    line: Line
    meaning: Annotated[str, pydantic.Field(min_length=1)]
    counts_per_cm: float = pydantic.Field(gt=0)
    rate_hz: float = pydantic.Field(default=100.0, ge=1, le=1000)
    usb: UsbKind = ""
    port: str = ""
    baud_rate: int = pydantic.Field(default=115_200, ge=300, le=4_000_000)
    log: str = ""


def stream_of(name: str, settings: BoardEncoderSettings) -> StreamSpec:
    """Return what is recorded: each count with the session's seconds of it."""
    return StreamSpec(
        name=name,
        device=name,
        meaning=settings.meaning,
        channels=(Channel("time", "s"), Channel("distance", "cm", 1 / settings.counts_per_cm)),
        dtype="<f8",
        rate_hz=None,
    )


class BoardEncoderTwin(AnalogInput):
    """A treadmill that runs at 5 cm/s."""

    simulated = True
    Settings = BoardEncoderSettings

    def __init__(self, name: str, settings: BoardEncoderSettings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._clock = context.clock
        self._agenda = context.room.agenda
        self._streams = context.streams
        self._began: float | None = None
        self._row = 0

    def stream(self) -> StreamSpec:
        """Return what is recorded."""
        return stream_of(self._name, self._settings)

    def open(self) -> None:
        """Begin to count."""
        if self._began is None:
            self._began, self._row = self._clock.now(), 0
            self._make_appointment(self._began)

    def off(self) -> None:
        """Count no more; what was counted since the last block is kept."""
        if self._began is not None:
            self._write(self._began, self._clock.now())
            self._began = None

    def close(self) -> None:
        """Count no more and let go of the board."""
        self.off()

    def check(self) -> list[Problem]:
        """Return no problems."""
        return []

    def _make_appointment(self, began: float) -> None:
        due = began + self._row / self._settings.rate_hz + BLOCK_DURATION
        self._agenda.at(due, lambda time: self._take_block(began, time))

    def _take_block(self, began: float, time: float) -> None:
        """Count up to that time, unless the counting that it belongs to has ended."""
        if began == self._began:
            self._write(began, time)
            self._make_appointment(began)

    def _write(self, began: float, until: float) -> None:
        rate = self._settings.rate_hz
        rows = np.arange(self._row, max(self._row, int((until - began) * rate)))
        if len(rows):
            counts = np.floor(_TWIN_SPEED * self._settings.counts_per_cm * rows / rate)
            times = began + rows / rate
            self._streams.write(self._name, np.column_stack([times, counts]), float(times[0]))
            self._row += len(rows)


class BoardEncoder(AnalogInput):
    """An encoder whose counts a board sends at a fixed rate, each with the board's own time.

    A row that gets lost on the way is missing; the next count holds the way that was run in
    between. The count is one of 32 bits on the board, and goes on where that wraps.
    """

    twin = BoardEncoderTwin
    Settings = BoardEncoderSettings

    def __init__(self, name: str, settings: BoardEncoderSettings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._clock = context.clock
        self._inbox = context.inbox
        self._streams = context.streams
        self._board = FramedBoard(
            address_of(settings, context.folder, f"device '{name}'"),
            "treadmill",
            context.clock,
            self._take,
            self._fail,
        )
        self._began: float | None = None
        self._rows: list[tuple[float, float]] = []
        self._count = 0
        self._raw: int | None = None
        self._last = 0.0

    def stream(self) -> StreamSpec:
        """Return what is recorded."""
        return stream_of(self._name, self._settings)

    def open(self) -> None:
        """Find the board and begin to record; raise `DeviceError` if it is not there."""
        if self._began is None:
            self._raw, self._rows = None, []
            self._began = self._clock.now()
            try:
                self._board.open()
            except DeviceError:
                self._began = None
                raise

    def off(self) -> None:
        """Record no more; what was counted since the last block is kept."""
        if self._began is not None:
            self._began = None
            try:
                self._board.off()
            finally:
                self._write()

    def close(self) -> None:
        """Record no more and let go of the board."""
        self.off()
        self._board.close()

    def check(self) -> list[Problem]:
        """Return what is wrong with the board's place."""
        return self._board.check()

    def faults(self) -> tuple[int, int]:
        """Return how many bytes belonged to no frame, and how many frames never came whole."""
        return self._board.skipped, self._board.lost

    def _take(self, frame: Frame) -> None:
        """Keep a count; write what there is when it is a tenth of a second."""
        began = self._began
        if frame.kind != "C" or began is None:
            return
        raw = unpack_count(frame.payload)
        time = self._board.clock.seconds(frame.time_us)
        if time < began:
            return  # it waited on the way since before the device was opened
        self._count = 0 if self._raw is None else self._count + wrapped(raw, self._raw, 32)
        self._raw = raw
        self._last = max(self._last, time)
        self._rows.append((self._last, float(self._count)))
        if self._last - self._rows[0][0] >= BLOCK_DURATION - 0.5 / self._settings.rate_hz:
            self._write()

    def _write(self) -> None:
        """Hand rows on to the streams."""
        rows, self._rows = self._rows, []
        if not rows:
            return
        try:
            self._streams.write(self._name, np.array(rows, dtype="<f8"), rows[0][0])
        except RecordingError as error:
            self._inbox.put(Failure(self._name, error.what, error.do))

    def _fail(self, error: DeviceError) -> None:
        self._inbox.put(Failure(self._name, error.what, error.do))
