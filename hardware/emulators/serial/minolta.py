"""A photometer of Konica Minolta, as its driver meets it."""

from __future__ import annotations

from collections.abc import Callable

_END = b"\r\n"


class PhotometerEmulator:
    """Reads the light before it.

    Parameters
    ----------
    luminance_cd_m2
        Returns the luminance of what it is aimed at.

    Attributes
    ----------
    trouble
        What it answers in place of a value: ``ER30``; empty if it is well.
    most_cd_m2
        The brightest that it can show.
    """

    def __init__(self, luminance_cd_m2: Callable[[], float]) -> None:
        self.trouble = ""
        self.most_cd_m2 = 299_900.0
        self._luminance_cd_m2 = luminance_cd_m2
        self._waiting = b""

    def receive(self, data: bytes) -> list[bytes]:
        """Return the answers to what has come."""
        answers = []
        self._waiting += data
        while _END in self._waiting:
            line, _, self._waiting = self._waiting.partition(_END)
            answers.append(self._obey(line.decode("ascii", "replace")).encode("ascii") + _END)
        return answers

    def tick(self) -> list[bytes]:
        """Send nothing: it answers alone."""
        return []

    def _obey(self, command: str) -> str:
        if self.trouble:
            return self.trouble
        match command:
            case "MDS,04":
                return "OK00"
            case "MES":
                return self._measured()
            case _:
                return "ER00"

    def _measured(self) -> str:
        found = self._luminance_cd_m2()
        return f"OK00,{found:10.3f}" if found <= self.most_cd_m2 else "OK12"
