"""A LightCrafter as its driver meets it: commands, patterns, triggers, and the light that it made.

It stands for the worst that is known of the real one: its LEDs have current from the start, the
mirrors keep what they showed when a sequence is stopped, and nothing changes when the connection
ends. The patterns follow its clock exactly.
"""

from __future__ import annotations

import threading
from bisect import insort
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from hardware.projection.protocol import (
    COLUMNS,
    HIGHEST_CURRENT,
    LONGEST_EXPOSURE_US,
    MOST_PATTERNS,
    ROWS,
    SHORTEST_EXPOSURE_US,
    Command,
    Damaged,
    Kind,
    Mode,
    Packet,
    Picture,
    Sequence,
    Trigger,
    picture_of,
    unpack_currents,
    unpack_sequence,
)

VERSION = b"emulated DM365 4.0\0"
DEFAULT_CURRENT = 274
BAD_COMMAND, BAD_VALUE, NOT_READY, BAD_LENGTH, BAD_CONTINUATION = 2, 3, 7, 10, 11
_BLACK = np.zeros((ROWS, COLUMNS), dtype=bool)


@dataclass(frozen=True)
class Shown:
    """What came out from a time on: the number of the picture, and the currents of the LEDs."""

    time: float
    picture: int
    currents: tuple[int, int, int]


class Refused(Exception):  # noqa: N818 (it is an answer of the unit)
    """A command that the unit does not carry out, with the code of its error packet."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class LightCrafterUnit:
    """The state of a unit and the history of its light; safe to use from several threads.

    Parameters
    ----------
    clock
        Returns seconds; patterns follow it.
    edge_per_pattern
        Whether each edge at the trigger input shows one pattern; else it starts the sequence.

    Attributes
    ----------
    pictures
        Every picture that was shown, by its number; 0 is black.
    """

    def __init__(self, clock: Callable[[], float], *, edge_per_pattern: bool = False) -> None:
        self.pictures: list[Picture] = [_BLACK]
        self._clock = clock
        self._edge_per_pattern = edge_per_pattern
        self._lock = threading.Lock()
        self._mode = Mode.STATIC
        self._currents = (DEFAULT_CURRENT,) * 3
        self._patterns: dict[int, int] = {}
        self._sequence: Sequence | None = None
        self._long = b""
        self._armed = False
        self._began: float | None = None
        self._step = 0
        self._edges: list[float] = []
        self._shown = [Shown(0.0, 0, self._currents)]
        self._writers: Mapping[int, Callable[[bytes], None]] = {
            Command.MODE: self._set_mode,
            Command.CURRENT: self._set_currents,
            Command.COLOUR: self._set_colour,
            Command.SEQUENCE: self._set_sequence,
            Command.PATTERN: self._define,
            Command.RUN: self._run,
        }

    def answer(self, packet: Packet) -> Packet:
        """Return what the unit answers to a packet, as soon as it has done what it says."""
        with self._lock:
            self._settle(self._clock())
            try:
                return self._obey(packet)
            except Refused as refused:
                return Packet(Kind.ERROR, packet.command, bytes([refused.code]))
            except Damaged:
                return Packet(Kind.ERROR, packet.command, bytes([BAD_LENGTH]))

    def edge(self, at: float) -> None:
        """Let the trigger line rise at a time, or now if that is 0.

        A time that is over counts as it was, unless something else has come out since.
        """
        with self._lock:
            now = self._clock()
            self._settle(now)
            insort(self._edges, max(at or now, self._shown[-1].time))
            self._settle(now)

    def history(self, since: float) -> list[Shown]:
        """Return what came out from a time until now; the first may have begun before."""
        with self._lock:
            self._settle(self._clock())
            before = [each for each in self._shown if each.time <= since][-1:]
            return before + [each for each in self._shown if each.time > since]

    def _obey(self, packet: Packet) -> Packet:
        if packet.kind == Kind.READ:
            return Packet(Kind.ANSWER, packet.command, self._read(packet.command))
        if packet.kind != Kind.WRITE or packet.command not in self._writers:
            raise Refused(BAD_COMMAND)
        if packet.flags not in (0, 1) and not self._long:
            raise Refused(BAD_CONTINUATION)
        payload = packet.payload if packet.flags in (0, 1) else self._long + packet.payload
        self._long = payload if packet.flags in (1, 2) else b""
        if packet.flags in (0, 3):
            self._writers[packet.command](payload)
        return Packet(Kind.WRITTEN, packet.command)

    def _read(self, command: int) -> bytes:
        match command:
            case Command.VERSION:
                return VERSION
            case Command.MODE:
                return bytes([self._mode])
            case Command.CURRENT:
                return np.array(self._currents, "<u2").tobytes()
            case Command.SEQUENCE if self._sequence is not None:
                return self._setting
            case Command.SEQUENCE:
                raise Refused(NOT_READY)
            case _:
                raise Refused(BAD_COMMAND)

    def _set_mode(self, payload: bytes) -> None:
        if len(payload) != 1:
            raise Refused(BAD_LENGTH)
        if payload[0] not in list(Mode):
            raise Refused(BAD_VALUE)
        self._halt()
        self._mode = Mode(payload[0])

    def _set_currents(self, payload: bytes) -> None:
        currents = unpack_currents(payload)
        if max(currents) > HIGHEST_CURRENT:
            raise Refused(BAD_VALUE)
        self._currents = currents
        self._show(self._clock(), self._shown[-1].picture)

    def _set_colour(self, payload: bytes) -> None:
        if self._mode is not Mode.STATIC:
            raise Refused(NOT_READY)
        if len(payload) != 4:
            raise Refused(BAD_LENGTH)
        lit = np.ones_like(_BLACK) if any(payload) else _BLACK
        self._show(self._clock(), self._number(lit))

    def _set_sequence(self, payload: bytes) -> None:
        sequence = unpack_sequence(payload)
        if self._mode is not Mode.SEQUENCE:
            raise Refused(NOT_READY)
        fits = 1 <= sequence.patterns <= MOST_PATTERNS
        shown = SHORTEST_EXPOSURE_US <= sequence.exposure_us <= LONGEST_EXPOSURE_US
        if not (fits and shown and sequence.led in range(3)):
            raise Refused(BAD_VALUE)
        self._halt()
        self._sequence, self._setting = sequence, payload

    def _define(self, payload: bytes) -> None:
        if self._sequence is None or self._mode is not Mode.SEQUENCE:
            raise Refused(NOT_READY)
        if not payload or payload[0] >= self._sequence.patterns:
            raise Refused(BAD_VALUE)
        self._halt()
        self._patterns[payload[0]] = self._number(picture_of(payload[1:]))

    def _run(self, payload: bytes) -> None:
        if payload not in (b"\0", b"\1"):
            raise Refused(BAD_VALUE)
        sequence = self._sequence
        if sequence is None or self._mode is not Mode.SEQUENCE:
            raise Refused(NOT_READY)
        if any(index not in self._patterns for index in range(sequence.patterns)):
            raise Refused(NOT_READY)
        self._halt()
        if payload == b"\1":
            self._armed, self._step = True, 0
            if sequence.trigger is Trigger.AUTO:
                self._began = self._clock()
                self._settle(self._began)

    def _halt(self) -> None:
        """End the sequence; the mirrors keep what they show."""
        self._armed, self._began = False, None
        self._edges.clear()

    def _settle(self, until: float) -> None:
        """Let everything come out that is due until a time."""
        while self._edges and self._edges[0] <= until:
            self._take_edge(self._edges.pop(0))
        sequence = self._sequence
        if self._began is None or sequence is None:
            return
        period = sequence.exposure_us / 1e6
        while (due := self._began + self._step * period) <= until:
            if self._step >= sequence.patterns and not sequence.repeats:
                self._show(due, 0)
                self._halt()
                return
            self._show(due, self._patterns[self._step % sequence.patterns])
            self._step += 1

    def _take_edge(self, time: float) -> None:
        sequence = self._sequence
        if not self._armed or sequence is None or sequence.trigger is not Trigger.EXTERNAL:
            return
        if self._edge_per_pattern:
            self._show(time, self._patterns[self._step % sequence.patterns])
            self._step += 1
        elif self._began is None:
            self._began = time

    def _show(self, time: float, picture: int) -> None:
        """Note what comes out from a time on, if it is something else than before."""
        last = self._shown[-1]
        if (picture, self._currents) != (last.picture, last.currents):
            self._shown.append(Shown(time, picture, self._currents))

    def _number(self, picture: Picture) -> int:
        for number, known in enumerate(self.pictures):
            if np.array_equal(known, picture):
                return number
        self.pictures.append(picture)
        return len(self.pictures) - 1
