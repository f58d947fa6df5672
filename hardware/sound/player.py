"""Mixes sounds into an output, block by block: what runs in the thread of the output.

All places are frames of the output, counted from 0. Nothing waits for a lock there: one thread
gives orders, the other one fills, and what they share is set in one step.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

RAMP = 0.005
"""Seconds in which a sound that is cut falls to 0."""
NEVER = 2**62


class Track:
    """A sound on its way through the output.

    Parameters
    ----------
    samples
        Shape (frames,), full scale at 1.
    onset
        Where it is to begin; later, if that has gone to the output already.

    Attributes
    ----------
    cut
        Where it is to begin to fall to 0, before its own end; set by who gives the orders.
    began, falls
        Where it began, and where its fall began; negative while there was no such thing.
    """

    def __init__(self, samples: NDArray[np.float32], onset: int) -> None:
        self.samples = samples
        self.onset = onset
        self.cut = NEVER
        self.began = -1
        self.falls = -1

    @property
    def frames(self) -> int:
        """How many frames of it are at full strength."""
        whole = len(self.samples)
        return whole if self.falls < 0 else min(self.falls - self.began, whole)


class Player:
    """Plays tracks into one channel, and a pulse at the beginning of each into another.

    Parameters
    ----------
    rate_hz
        Frames a second.
    channel, trigger
        Columns of the output, from 0; None for no trigger.
    peak
        What no sample exceeds; the pulse has this height too.
    pulse
        Seconds of the pulse.

    Attributes
    ----------
    frames
        How many frames were filled.
    """

    def __init__(
        self, rate_hz: float, channel: int, trigger: int | None, peak: float, pulse: float
    ) -> None:
        self.frames = 0
        self._channel = channel
        self._trigger = trigger
        self._peak = peak
        self._pulse = round(pulse * rate_hz)
        self._fall = np.linspace(1, 0, math.ceil(RAMP * rate_hz) + 1, dtype=np.float32)[1:]
        self._scratch = np.zeros_like(self._fall)
        self._ordered: deque[Track] = deque()
        self._tracks: list[Track] = []

    def play(self, track: Track) -> None:
        """Let a track begin at its onset, or as soon as it can."""
        self._ordered.append(track)

    def end_of(self, track: Track) -> int | None:
        """Return the frame from which a track is silent; None if it is not known."""
        if track.began < 0:
            return track.cut if self.frames >= track.cut else None  # it never begins
        whole = track.began + len(track.samples)
        return whole if track.falls < 0 else min(whole, track.falls + len(self._fall))

    def fill(self, out: NDArray[np.float32]) -> None:
        """Fill the next frames, shape (frames, channels)."""
        first, last = self.frames, self.frames + len(out)
        out.fill(0)
        while self._ordered:
            self._tracks.append(self._ordered.popleft())
        sound = out[:, self._channel]
        for track in self._tracks:
            self._move(track, first, last)
            self._mix(track, sound, first, last)
            if self._trigger is not None and track.began >= 0:
                begin, end = _within(track.began, track.began + self._pulse, first, last)
                out[begin:end, self._trigger] = self._peak
        np.clip(sound, -self._peak, self._peak, out=sound)
        self.frames = last
        if self._tracks:
            self._tracks = [track for track in self._tracks if not self._is_over(track)]

    def _is_over(self, track: Track) -> bool:
        end = self.end_of(track)
        return end is not None and max(end, track.began + self._pulse) <= self.frames

    def _move(self, track: Track, first: int, last: int) -> None:
        """Let a track begin, and begin to fall, in these frames, if it is due."""
        if track.began < 0 and track.onset < last and track.cut > max(track.onset, first):
            track.began = max(track.onset, first)
        if track.began >= 0 and track.falls < 0 and track.cut < last:
            track.falls = max(track.cut, first)

    def _mix(self, track: Track, sound: NDArray[np.float32], first: int, last: int) -> None:
        """Add what a track has in these frames."""
        if track.began < 0:
            return
        start = track.began
        begin, end = _within(start, start + track.frames, first, last)
        shift = first - start
        sound[begin:end] += track.samples[begin + shift : end + shift]
        if track.falls < 0:
            return
        stop = min(track.falls + len(self._fall), start + len(track.samples))
        begin, end = _within(track.falls, stop, first, last)
        into = first - track.falls
        part = self._scratch[: end - begin]
        np.multiply(
            track.samples[begin + shift : end + shift], self._fall[begin + into : end + into], part
        )
        sound[begin:end] += part


def _within(begin: int, end: int, first: int, last: int) -> tuple[int, int]:
    """Return what lies in the frames from `first` to before `last`, counted from `first`."""
    begin = min(max(begin, first), last)
    return begin - first, max(begin, min(end, last)) - first
