"""A balance that speaks MT-SICS, as its driver meets it."""

from __future__ import annotations

import threading

_END = b"\r\n"


class BalanceEmulator:
    """Weighs what is put on it.

    Attributes
    ----------
    weight_g
        What lies on it.
    is_stable
        Whether it lies still; an order for a stable weight waits until it does.
    unit
        The unit that it shows; the number is that of the unit.
    most_g
        What it can bear; the pan is missing below 0.
    """

    def __init__(self, number: str = "B021002593") -> None:
        self.weight_g = 0.0
        self.is_stable = True
        self.unit = "g"
        self.most_g = 220.0
        self._number = number
        self._zero_g = 0.0
        self._lock = threading.Lock()
        self._waiting = b""
        self._order = ""

    def receive(self, data: bytes) -> list[bytes]:
        """Return the answers to what has come."""
        answers = []
        with self._lock:
            self._waiting += data
            while _END in self._waiting:
                line, _, self._waiting = self._waiting.partition(_END)
                answers += self._obey(line.decode("ascii", "replace"))
        return answers

    def tick(self) -> list[bytes]:
        """Return the answer to the order that waits for a stable weight, when that is there."""
        with self._lock:
            if not self._order or not self.is_stable:
                return []
            order, self._order = self._order, ""
            if order == "Z":
                self._zero_g = self.weight_g
                return [b"Z A" + _END]
            return [self._shown("S S")]

    def _obey(self, command: str) -> list[bytes]:
        match command:
            case "@":
                self._order = ""
                return [f'I4 A "{self._number}"'.encode("ascii") + _END]
            case "S" | "Z" if self._order:
                return [command.encode("ascii") + b" I" + _END]
            case "S" | "SI" if self.weight_g > self.most_g:
                return [b"S +" + _END]
            case "S" | "SI" if self.weight_g < 0:
                return [b"S -" + _END]
            case "S" | "Z":
                self._order = command
                return []
            case "SI":
                return [self._shown("S S" if self.is_stable else "S D")]
            case _:
                return [b"ES" + _END]

    def _shown(self, status: str) -> bytes:
        value = f"{self.weight_g - self._zero_g:.3f}"
        return f"{status} {value:>10} {self.unit}".encode("ascii") + _END
