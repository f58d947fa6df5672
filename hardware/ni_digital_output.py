"""Digital outputs on NI cards: house light, vacuum, masking light, sync lines.

Tried on the emulator only (`hardware.emulators`), not on a physical card.
"""

from __future__ import annotations

import contextlib
from typing import Any

from hardware.digital_output import DigitalOutputSettings, DigitalOutputTwin
from hardware.ni.card import card_of, force, missing
from hardware.ni.errors import is_lost, told
from rig.devices import Context, DigitalOutput
from rig.errors import DeviceError, Problem


class NiDigitalOutputSettings(DigitalOutputSettings):
    """Settings of a digital output on an NI card.

    `line` is the line as NI MAX has it, such as ``Dev1/port1/line0``. `address` is ``host:port``
    of the NI gRPC device server that has the card; empty if this computer has it.
    """

    address: str = ""


class NiDigitalOutput(DigitalOutput):
    """A line that is switched by a call of the program, within about a millisecond.

    The line stays as it is if the computer hangs: what must end by itself is no work for it.
    """

    twin = DigitalOutputTwin
    Settings = NiDigitalOutputSettings

    def __init__(self, name: str, settings: NiDigitalOutputSettings, context: Context) -> None:
        self._name = name
        self._line = settings.line
        self._where = f"device '{name}', {settings.line}"
        self._card = card_of(settings.line, settings.address, context)
        self._inbox = context.inbox
        self._task: Any = None
        self._level = False

    def open(self) -> None:
        """Take hold of the line; it is low."""
        if self._task is None:
            with told(self._where):
                self._task = self._low()
            self._card.watchdog.guard(self._name, self._line, self._inbox.put)

    def off(self) -> None:
        """Set the line low; one that is not open is taken hold of for that."""
        with told(self._where):
            if self._task is None:
                self._low().close()
            else:
                self._write_low()
        self._level = False

    def force_off(self) -> None:
        """Set the line low, also if somebody else holds it."""
        force(self._card, self.off, self._where, self._let_go)

    def close(self) -> None:
        """Set the line low and let go of it; raise `DeviceError` if it could not be set."""
        if self._task is None:
            return
        try:
            self.off()
            self._card.watchdog.release(self._name)
            self.off()  # the first one counts for nothing if the watchdog has expired
        finally:
            self._let_go()

    def check(self) -> list[Problem]:
        """Return a problem if the card is not there, or has no such line."""
        return missing(self._card, "outputs", self._line, f"device '{self._name}'")

    def level(self) -> bool:
        """Return whether the line is high, as it was set."""
        return self._level

    def switch_on(self) -> None:
        """Set the line high."""
        self._set(level=True)

    def switch_off(self) -> None:
        """Set the line low."""
        self._set(level=False)

    def _set(self, *, level: bool) -> None:
        if self._task is None:
            raise DeviceError("the output is not open", f"device '{self._name}'", "Open it first.")
        with told(self._where):
            _write(self._task, level=level)
        self._level = level

    def _let_go(self) -> None:
        """Let go of the line, whatever the card answers."""
        task, self._task = self._task, None
        self._card.watchdog.release(self._name)
        if task is not None:
            with contextlib.suppress(Exception):
                task.close()

    def _write_low(self) -> None:
        """Set the line low; if the card was reset meanwhile, it is taken hold of anew for that."""
        try:
            _write(self._task, level=False)
        except Exception as error:
            if not is_lost(error):
                raise
            with contextlib.suppress(Exception):
                self._task.close()
            self._task = self._low()

    def _low(self) -> Any:
        """Return a task that holds the line, low."""
        task = self._card.task()
        try:
            task.do_channels.add_do_chan(self._line)
            _write(task, level=False)
        except BaseException:
            task.close()
            raise
        return task


def _write(task: Any, *, level: bool) -> None:
    from nidaqmx.stream_writers import DigitalSingleChannelWriter

    DigitalSingleChannelWriter(task.out_stream, auto_start=True).write_one_sample_one_line(level)
