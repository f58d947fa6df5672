"""What a sound card's driver and the process that has the card tell each other.

Times are seconds of `time.perf_counter`, which both share.
"""

from __future__ import annotations

import msgspec

from rig.errors import Problem


class SoundMessage(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Base of the messages."""


class Output(SoundMessage, frozen=True):
    """Which output is meant, and how it is used; see `hardware.sound_card.SoundCardSettings`."""

    line: str
    host_api: str
    rate_hz: float
    latency: float
    exclusive: bool
    channel: int
    trigger_channel: int
    trigger: float
    peak: float


class Check(SoundMessage, frozen=True):
    """Say what is wrong with an output; take no hold of it."""

    output: Output


class Open(SoundMessage, frozen=True):
    """Take hold of an output, and play silence."""

    output: Output


class Load(SoundMessage, frozen=True):
    """Make these the sounds: name → samples as float32."""

    sounds: dict[str, bytes]


class Start(SoundMessage, frozen=True):
    """Let a sound begin at a time, and any that still sounds end there; no reply."""

    sound: str
    at: float


class Stop(SoundMessage, frozen=True):
    """Let what sounds end at a time; the reply comes when it is silent."""

    at: float


Request = Check | Open | Load | Start | Stop


class Found(SoundMessage, frozen=True):
    """What is wrong with an output."""

    problems: list[Problem]


class Opened(SoundMessage, frozen=True):
    """An output plays silence, so many seconds after it is handed out."""

    latency: float


class Done(SoundMessage, frozen=True):
    """It was done."""


class Ended(SoundMessage, frozen=True):
    """A sound is over.

    It began at frame `frame` of the stream, which was heard at `onset` to within `uncertainty`;
    `achieved` is how long it lasted, without the fall of a sound that was cut. `gaps` tells how
    often the output ran dry meanwhile. A sound that was replaced before it began has frame -1.
    """

    sound: str
    frame: int
    onset: float
    uncertainty: float
    achieved: float
    gaps: int


Answer = Found | Opened | Done | Ended
