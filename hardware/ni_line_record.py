"""Line records on NI cards: the raw levels of digital lines, on the clock of the voltages.

Tried on the emulator only (`hardware.emulators`), not on a physical card.
"""

from __future__ import annotations

from hardware.line_record import LineRecordSettings, LineRecordTwin, record_of
from hardware.ni.card import card_of
from hardware.ni.stream import CardStream, wrong_channels
from hardware.ni.watches import LevelWatch
from rig.devices import AnalogInput, Context
from rig.errors import Problem
from rig.streams import StreamSpec


class NiLineRecordSettings(LineRecordSettings):
    """Settings of a line record on an NI card.

    The `line` of each channel is its wire as NI MAX has it, such as ``Dev1/port0/line0``; it must
    be one that the card can sample by a clock. Digital inputs and valves may watch the same line.
    `address` is ``host:port`` of the NI gRPC device server that has the card; empty if this
    computer has it.
    """

    address: str = ""


class NiLineRecord(AnalogInput):
    """Levels that the card samples at the same moments as its voltages.

    Row k of this stream and row k of an analog input of the same card are one moment.
    """

    twin = LineRecordTwin
    Settings = NiLineRecordSettings

    def __init__(self, name: str, settings: NiLineRecordSettings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._lines = tuple(channel.line for channel in settings.channels)
        self._card = card_of(self._lines[0], settings.address, context)
        self._out = CardStream(name, self._card, context)
        watch = LevelWatch(self._lines, settings.rate_hz, self._out.take)
        self._card.sampler.watch_levels(watch)

    def stream(self) -> StreamSpec:
        """Return what is sampled; the card's clock makes the rate."""
        return record_of(self._name, self._settings, self._card.name)

    def open(self) -> None:
        """Begin to sample."""
        self._out.open()

    def off(self) -> None:
        """Sample no more; what was sampled since the last block is kept."""
        self._out.off()

    def close(self) -> None:
        """Sample no more and let go of the card."""
        self.off()

    def check(self) -> list[Problem]:
        """Return what keeps the lines from being sampled together."""
        return wrong_channels(self._name, self._settings, self._card, "sampled")
