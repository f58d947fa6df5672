"""What a test or a virtual mouse can ask of an emulated card, beside the client library.

Times are seconds of `time.monotonic`, which client and emulator share on one computer. Lines are
named as the card names them, such as ``Dev1/port0/line0`` or ``/Dev1/PFI12``.
"""

from __future__ import annotations

import msgspec


class Addresses(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where an emulated card is reached: by the client library, and over the side channel."""

    grpc: str
    side: str


class Message(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Base of the messages."""


class SetLine(Message, frozen=True):
    """Drive an input line; `at` is 0 for "now"."""

    line: str
    level: bool
    at: float = 0.0


class PulseLine(Message, frozen=True):
    """Drive an input line high for `width` seconds; `at` is 0 for "now"."""

    line: str
    width: float
    at: float = 0.0


class SetVolts(Message, frozen=True):
    """Put a voltage on an analogue input; `at` is 0 for "now"."""

    line: str
    volts: float
    at: float = 0.0


class SetSine(Message, frozen=True):
    """Put a sine on an analogue input, from `at` on (0 for "now")."""

    line: str
    frequency_hz: float
    amplitude: float
    offset: float = 0.0
    at: float = 0.0


class Wire(Message, frozen=True):
    """Lead an output of the card to an input of it."""

    source: str
    target: str


class History(Message, frozen=True):
    """Ask for the edges of a line from `since` until now, or until `until` if it is not 0."""

    line: str
    since: float = 0.0
    until: float = 0.0


class Volts(Message, frozen=True):
    """Ask for `samples` voltages of an analogue line, from `since` on, at `rate_hz`."""

    line: str
    since: float
    rate_hz: float
    samples: int


class Unplug(Message, frozen=True):
    """Take the card away, its outputs go low; or put it back."""

    gone: bool = True


class Uninstall(Message, frozen=True):
    """Let the computer that has the card lose its NI-DAQmx driver; or put that back."""

    gone: bool = True


class Slow(Message, frozen=True):
    """Let every call of the client library take `latency` seconds longer."""

    latency: float


class Stop(Message, frozen=True):
    """End the emulator."""


class Done(Message, frozen=True):
    """It was done at `at`."""

    at: float


class Edges(Message, frozen=True):
    """The edges that were asked for: (time, level)."""

    edges: tuple[tuple[float, bool], ...]


class Voltages(Message, frozen=True):
    """The voltages that were asked for."""

    volts: tuple[float, ...]


class Refused(Message, frozen=True):
    """It could not be done."""

    why: str


Request = (
    SetLine
    | PulseLine
    | SetVolts
    | SetSine
    | Wire
    | History
    | Volts
    | Unplug
    | Uninstall
    | Slow
    | Stop
)
Reply = Done | Edges | Voltages | Refused
