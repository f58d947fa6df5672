"""Digital outputs: house light, masking light, sync lines."""

from __future__ import annotations

from rig.devices import Context, DeviceSettings, DigitalOutput, Line
from rig.errors import DeviceError, Problem


class DigitalOutputSettings(DeviceSettings):
    """Settings of a digital output."""

    line: Line


class DigitalOutputTwin(DigitalOutput):
    """A digital output without a wire."""

    simulated = True
    Settings = DigitalOutputSettings

    def __init__(self, name: str, settings: DigitalOutputSettings, context: Context) -> None:
        self._name = name
        self._open = False
        self._level = False

    def open(self) -> None:
        """Take hold of the line; it is low."""
        self._open = True

    def off(self) -> None:
        """Set the line low."""
        self._level = False

    def close(self) -> None:
        """Set the line low and let go of it."""
        self.off()
        self._open = False

    def check(self) -> list[Problem]:
        """Return no problems."""
        return []

    def level(self) -> bool:
        """Return whether the line is high."""
        return self._level

    def switch_on(self) -> None:
        """Set the line high."""
        if not self._open:
            raise DeviceError("the output is not open", f"device '{self._name}'", "Open it first.")
        self._level = True

    def switch_off(self) -> None:
        """Set the line low."""
        self._level = False
