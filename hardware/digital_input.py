"""Digital inputs: the beam at the port, the beam or the circuit at the spout."""

from __future__ import annotations

from rig.devices import Context, DeviceSettings, DigitalInput, Line
from rig.errors import Problem
from rig.inbox import Edge


class DigitalInputSettings(DeviceSettings):
    """Settings of a digital input."""

    line: Line


class DigitalInputTwin(DigitalInput):
    """A digital input that the virtual mouse touches."""

    simulated = True
    Settings = DigitalInputSettings

    def __init__(self, name: str, settings: DigitalInputSettings, context: Context) -> None:
        self._name = name
        self._inbox = context.inbox
        self._room = context.room
        self._level = False

    def open(self) -> None:
        """Begin to feel the mouse."""
        self._room.connect(self._name, self._feel)

    def off(self) -> None:
        """Do nothing: an input is harmless."""

    def close(self) -> None:
        """Feel the mouse no more."""
        self._room.disconnect(self._name)

    def check(self) -> list[Problem]:
        """Return no problems."""
        return []

    def level(self) -> bool:
        """Return whether the mouse touches the sensor."""
        return self._level

    def _feel(self, level: bool, time: float) -> None:
        if level != self._level:
            self._level = level
            self._inbox.put(Edge(self._name, level, time))
