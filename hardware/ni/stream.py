"""What analog inputs and line records on NI cards share: the way of samples to a stream.

The streams of one card begin with the same sample, the first one of the run, though their devices
are opened one after the other: row k of one and row k of the other are of the same moment.
"""

from __future__ import annotations

import threading

from hardware.analog_input import AnalogInputSettings, same_channels
from hardware.line_record import LineRecordSettings
from hardware.ni.card import NiCard, card_name, missing
from hardware.sampling.gathered import Rows
from rig.devices import Context
from rig.errors import Problem, RecordingError
from rig.inbox import Failure

KEPT = 10.0
"""Seconds of samples that are kept for a device that is not open yet."""


class CardStream:
    """Writes the samples of a device to its stream, from `open` to `off`.

    Parameters
    ----------
    name
        The device, and its stream.
    card
        The card that samples.
    context
        Takes the samples, and is told if they cannot be written.
    """

    def __init__(self, name: str, card: NiCard, context: Context) -> None:
        self._name = name
        self._card = card
        self._inbox = context.inbox
        self._streams = context.streams
        self._lock = threading.Lock()
        self._wanted = False
        self._keeps = False
        self._early: list[tuple[Rows, float]] = []

    def open(self) -> None:
        """Record from now on, and what the card has sampled for other devices just before."""
        self._card.sampler.open(self._name, self._inbox.put)
        with self._lock:
            self._wanted, self._keeps = True, False
            early, self._early = self._early, []
            for rows, time in early:
                self._write(rows, time)

    def off(self) -> None:
        """Record no more; what was sampled since the last block is kept."""
        if self._wanted:
            self._card.sampler.hand_on()
            with self._lock:
                self._wanted = False
        self._card.sampler.close(self._name)

    def take(self, rows: Rows, first: int, time: float) -> None:
        """Take in a block, ``(rows, channels)``, whose first row is sample `first` of the run."""
        with self._lock:
            if first == 0:
                self._keeps, self._early = not self._wanted, []
            if self._wanted:
                self._write(rows, time)
            elif self._keeps:
                self._early.append((rows, time))
                if time - self._early[0][1] > KEPT:
                    self._keeps, self._early = False, []

    def _write(self, rows: Rows, time: float) -> None:
        try:
            self._streams.write(self._name, rows, time)
        except RecordingError as error:
            self._wanted = False
            self._inbox.put(Failure(self._name, error.what, error.do))


def wrong_channels(
    name: str, settings: AnalogInputSettings | LineRecordSettings, card: NiCard, what: str
) -> list[Problem]:
    """Return what keeps the channels of a device from being sampled together.

    Parameters
    ----------
    name, settings
        The device.
    card
        The card that samples it.
    what
        Which lines count, as for `hardware.ni.card.missing`.
    """
    lines = tuple(each.line for each in settings.channels)
    problems = [
        *same_channels(name, settings.channels),
        *_same_card(name, lines, card),
        *_same_rate(name, settings.rate_hz, card),
    ]
    if problems:
        return problems
    lacking = [missing(card, what, line, f"device '{name}'") for line in lines]
    return next(filter(None, lacking), [])


def _same_card(name: str, lines: tuple[str, ...], card: NiCard) -> list[Problem]:
    """Return a problem if a line is not on the card that samples the device."""
    strange = [line for line in lines if card_name(line) != card.name]
    if not strange:
        return []
    what = f"'{strange[0]}' is not on the card '{card.name}'"
    return [Problem(what, f"device '{name}', channels", "Make a device for each card.")]


def _same_rate(name: str, rate_hz: float, card: NiCard) -> list[Problem]:
    """Return a problem if another device has the card sample at another rate."""
    if card.sampler.rate_hz == rate_hz:
        return []
    what = f"another device has the card sample at {card.sampler.rate_hz:g} Hz"
    do = "Give all analog inputs and line records of one card the same rate."
    return [Problem(what, f"device '{name}', rate_hz", do)]
