"""A syringe pump NE-1000, as its driver meets it: basic and safe mode, phases, alarms."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from hardware.serial.pump_protocol import CR, ETX, STX, number, pack, unpack

_SET = ("DIA", "RAT", "PHN", "FUN", "DIR", "CLD", "VOL")


@dataclass(frozen=True)
class Infusion:
    """What came out in one run, and when it ended."""

    volume_ul: float
    time: float


class PumpEmulator:
    """Pumps in the time of its clock; the silence of the computer is one of real time.

    Parameters
    ----------
    clock
        Returns seconds.
    version
        What it says that it is.

    Attributes
    ----------
    infusions
        The runs that have ended.
    asked
        How many sound commands have come.
    """

    def __init__(
        self, clock: Callable[[], float] = time.perf_counter, version: str = "NE1000V3.928"
    ) -> None:
        self.infusions: list[Infusion] = []
        self.asked = 0
        self.diameter_mm = 26.59
        self._clock = clock
        self._version = version
        self._lock = threading.Lock()
        self._waiting = b""
        self._timeout = 0
        self._heard: float | None = None
        self._alarm = ""
        self._auto: list[bytes] = []
        self._state = "S"
        self._rate = 0.0
        self._volume_ul = 0.0
        self._before_ul = 0.0
        self._infused_ul = 0.0
        self._began = 0.0

    def stall(self) -> None:
        """Let the motor stall."""
        with self._lock:
            self._raise_alarm("S")

    def press_stop(self) -> None:
        """Press the key that stops the pump: a run is paused."""
        with self._lock:
            if self._state == "I":
                self._halt("P")

    def is_pumping(self) -> bool:
        """Whether it pumps."""
        with self._lock:
            self._pass_time()
            return self._state == "I"

    def receive(self, data: bytes) -> list[bytes]:
        """Return the replies to what has come."""
        with self._lock:
            self._waiting += data
            return self._safe() if self._timeout else self._basic()

    def tick(self) -> list[bytes]:
        """Return the alarms that it tells of by itself."""
        with self._lock:
            self._pass_time()
            alarms, self._auto = self._auto, []
            return alarms

    def _safe(self) -> list[bytes]:
        replies = []
        while self._timeout:
            text, self._waiting = unpack(self._waiting)
            if text is None:
                break
            replies.append(pack(self._reply(text)))
        return replies

    def _basic(self) -> list[bytes]:
        replies = []
        while CR in self._waiting and not self._timeout:
            line, _, self._waiting = self._waiting.partition(CR)
            text = "".join(chr(byte) for byte in line if 32 < byte < 127).upper()
            reply = self._reply(text)
            replies.append(pack(reply) if self._timeout else STX + reply.encode("ascii") + ETX)
        return replies

    def _reply(self, text: str) -> str:
        self.asked += 1
        self._heard = time.perf_counter()
        self._pass_time()
        if self._alarm:
            alarm, self._alarm = self._alarm, ""
            return f"00A?{alarm}"
        data = self._obey(text)
        return f"00{self._state}{data}"

    def _obey(self, text: str) -> str:
        """Carry a command out; return the data of its reply."""
        name, value = text[:3], text[3:]
        match name:
            case "":
                return ""
            case "VER":
                return self._version
            case "SAF":
                self._timeout = int(value)
                return ""
            case "DIS":
                return f"I{number(self._dispensed())}W0.000UL"
            case "RUN" if self._state in "SP":
                self._start()
                return ""
            case "STP" if self._state != "S":
                self._halt("P" if self._state == "I" else "S")
                return ""
            case "RUN" | "STP":
                return "?NA"
            case "DIA" if not value:
                return number(self.diameter_mm)
            case _ if name in _SET:
                return self._set(name, value)
            case _:
                return "?"

    def _set(self, name: str, value: str) -> str:
        if self._state == "I":
            return "?NA"
        match name:
            case "DIA":
                self.diameter_mm = float(value)
                self._infused_ul = 0.0
            case "RAT" if value.endswith("MM"):
                rate = float(value[:-2]) * 1000 / 60
                if rate > self._fastest():
                    return "?OOR"
                self._rate = rate
            case "VOL" if value != "UL":
                self._volume_ul = float(value)
            case "CLD":
                self._infused_ul = 0.0
            case "PHN" | "FUN" | "DIR" | "VOL":
                if value not in ("1", "RAT", "INF", "UL"):
                    raise NotImplementedError(f"'{name}{value}' is not emulated")
            case _:
                raise NotImplementedError(f"'{name}{value}' is not emulated")
        return ""

    def _fastest(self) -> float:
        """Return the highest rate, uL/s: its plate moves by 5.1 cm a minute at most."""
        return 3.1416 / 4 * self.diameter_mm**2 * 51.005 / 60

    def _start(self) -> None:
        if self._state == "S":
            self._before_ul = 0.0
        self._state, self._began = "I", self._clock()

    def _left_ul(self) -> float:
        return self._volume_ul - self._before_ul

    def _moved(self) -> float:
        """Return what came since the pump began, uL."""
        if self._state != "I":
            return 0.0
        return min(self._left_ul(), (self._clock() - self._began) * self._rate)

    def _dispensed(self) -> float:
        return self._infused_ul + self._moved()

    def _halt(self, state: str) -> None:
        moved = self._moved()
        self._infused_ul += moved
        self._before_ul += moved
        ended = self._began + moved / self._rate if self._state == "I" else 0.0
        if self._state == "I":
            self.infusions.append(Infusion(round(moved, 3), ended))
        self._state = state

    def _pass_time(self) -> None:
        """Do what is due: the end of the volume, or the silence of the computer."""
        now = self._clock()
        if self._state == "I" and (now - self._began) * self._rate >= self._left_ul() - 1e-9:
            self._halt("S")
        silent = self._heard is not None and time.perf_counter() - self._heard > self._timeout
        if self._timeout and silent:
            self._heard = None
            self._raise_alarm("T")

    def _raise_alarm(self, alarm: str) -> None:
        if self._state == "I":
            self._halt("P")
        self._state = "S"
        self._alarm = alarm
        if self._timeout:
            self._auto.append(pack(f"00A?{alarm}"))
