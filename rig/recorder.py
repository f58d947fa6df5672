"""Gives events to all that keep them: the table of trials, the journal, the bus."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import Protocol, Self

from rig.bus import BEAT_EVERY, Bus, Heartbeat
from rig.clock import Clock
from rig.config import RecordingConfig
from rig.errors import Problem, RecordingError
from rig.events import Definition, Event, Header, encode
from rig.frames import FrameWriter
from rig.hdf5_build import build_from_journal, remove_live
from rig.journal import frame, new_journal
from rig.logger_link import LoggerLink
from rig.session_folder import SessionFolder
from rig.stream_store import StreamStore
from rig.syncing import Syncer
from rig.trials import TrialTable

SLOW_WRITE = 0.5
"""Seconds: a person is told of a disk that takes longer for a write, for the loop waits for it."""


class Recorder(Protocol):
    """What the loop needs to keep its events."""

    @property
    def table(self) -> TrialTable:
        """The trials so far, for the protocol and the limits."""

    @property
    def attend_by(self) -> float:
        """Session's seconds when the record must be looked after again."""

    def keep(self, events: list[Event]) -> None:
        """Keep the events of one step, in their order."""

    def attend(self, now: float, trial: int) -> None:
        """Look after the record: say that the session lives, and how it stands."""

    def trouble(self) -> Problem | None:
        """Mend what can be mended; return what a person should know of it, once."""


class MemoryRecorder:
    """Keeps the table of trials and hands the events on; for rehearsals and tests.

    Parameters
    ----------
    listen
        Called with the events of each step.
    """

    attend_by = math.inf

    def __init__(self, listen: Callable[[list[Event]], None]) -> None:
        self.table = TrialTable()
        self._listen = listen

    def keep(self, events: list[Event]) -> None:
        """Keep the events of one step; what could not be recorded raises here as it would then."""
        for event in events:
            encode(event)
            self.table.add(event)
        self._listen(events)

    def attend(self, now: float, trial: int) -> None:
        """Do nothing: nobody listens."""

    def trouble(self) -> Problem | None:
        """Return None: memory does not fail."""
        return None


class SessionRecorder:
    """Records a session: journal first, then the bus; in the end the HDF5 file is sealed.

    In real time, also where that is paced, a process of its own, the logger, hears the bus and
    writes the HDF5 file, and a thread forces journal and streams to the disk. In virtual time,
    where the next event follows at once, the same `Hdf5File` is written from the journal at the
    end.

    Parameters
    ----------
    folder
        The session's new folder.
    header, definition
        The first two records.
    clock
        The session's clock, of the kind that the definition names.
    streams
        What the devices sample; the recorder begins and closes its files.
    policy
        When the record is forced to the disk.

    Attributes
    ----------
    table
        The trials so far.
    attend_by
        Session's seconds when `attend` must be called again; infinite in virtual time.
    failed
        Whether the journal could not be written; nothing more is recorded then.
    """

    def __init__(
        self,
        folder: SessionFolder,
        header: Header,
        definition: Definition,
        clock: Clock,
        streams: StreamStore,
        policy: RecordingConfig,
    ) -> None:
        self.table = TrialTable()
        self.attend_by = math.inf
        self.failed = False
        self._folder = folder
        self._streams = streams
        self._policy = policy
        self._definition = definition
        self._live: _Live | None = None
        self._clock = clock
        self._journal = new_journal(folder.journal, frame(header))

    def __enter__(self) -> Self:
        try:
            self._journal.append(frame(self._definition))
            self._journal.sync()
            self._streams.begin(self._folder.streams, self._definition.streams)
            if self._definition.clock != "virtual":
                self._live = _Live(self._folder, self._files, self._policy)
                self._live.link.start()
                self._live.syncer.start()
                self.attend_by = 0.0
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        try:
            if not self.failed:
                self._seal()
        finally:
            self._close()

    @property
    def endpoint(self) -> str:
        """Where the bus can be heard; empty in virtual time."""
        return self._live.bus.endpoint if self._live is not None else ""

    def keep(self, events: list[Event]) -> None:
        """Keep the events of one step; raise `RecordingError` if they cannot be written."""
        place = self._journal.size
        frames = self._write(events)
        live = self._live
        if live is not None:
            live.bus.publish(place, frames)
        for event in events:
            if self.table.add(event) is not None and live is not None:
                live.trial_ended()

    def attend(self, now: float, trial: int) -> None:
        """Send a heartbeat, and hear how far the logger is."""
        live = self._live
        if live is None:
            return
        speed = self._clock.speed
        self.attend_by = now + BEAT_EVERY * speed
        live.link.look()
        size, safe = self._journal.size, self._journal.synced
        link = live.link
        live.bus.beat(Heartbeat(now, trial, size, safe, link.logged, link.state, speed))

    def trouble(self) -> Problem | None:
        """Start a logger that has ended again; return, once, what a person should know."""
        live = self._live
        if live is None:
            return None
        waited, live.waited = live.waited, 0.0
        if waited < SLOW_WRITE:
            return live.link.mend()
        return Problem(
            f"the disk kept the session waiting for {waited:.1f} s",
            str(self._folder.journal),
            "Look for a program that writes much, or for a failing disk. Nothing is lost; what "
            "happened meanwhile was dealt with too late, as the record shows.",
            "warning",
        )

    def _write(self, events: list[Event]) -> bytes:
        """Append events to the journal; return their frames."""
        try:
            if self._live is not None and self._live.syncer.error is not None:
                raise self._live.syncer.error
            frames = b"".join([frame(event) for event in events])
            began = time.monotonic()
            self._journal.append(frames)
            if self._live is not None:
                self._live.waited = max(self._live.waited, time.monotonic() - began)
        except RecordingError:
            self.failed = True
            raise
        except TypeError as error:
            self.failed = True
            raise RecordingError(
                f"an event cannot be written: {error}",
                str(self._folder.journal),
                "Give plain numbers and texts to the record. What was recorded before is kept.",
            ) from error
        return frames

    def _files(self) -> Iterator[FrameWriter]:
        yield self._journal
        yield from self._streams.files()

    def _seal(self) -> None:
        """Have the HDF5 file sealed, by the logger or, where that fails, from the journal."""
        if self._live is not None and self._live.syncer.error is not None:
            raise self._live.syncer.error  # a second try to sync would not tell of it again
        for file in self._files():
            file.sync()
        digest = self._journal.digest.hexdigest()
        sealed = self._live is not None and self._live.link.seal(self._journal.size, digest)
        # A logger that hangs holds the file, and is ended before the file is replaced.
        self._close()
        if not sealed:
            folder = self._folder
            build_from_journal(folder.journal, digest, folder.hdf5, folder.streams)
            remove_live(folder)

    def _close(self) -> None:
        if self._live is not None:
            self._live.close()
        self._journal.close()
        self._streams.close()


class _Live:
    """What a session in real time has beside its journal: bus, logger and the thread that syncs."""

    def __init__(
        self,
        folder: SessionFolder,
        files: Callable[[], Iterator[FrameWriter]],
        policy: RecordingConfig,
    ) -> None:
        self.bus = Bus()
        self.link = LoggerLink(self.bus, folder)
        self.syncer = Syncer(files, policy.sync_every)
        self.waited = 0.0  # seconds that the loop has waited for a disk, at most
        self._sync_each_trial = policy.sync_each_trial

    def trial_ended(self) -> None:
        """Have the record synced, if that is the lab's policy."""
        if self._sync_each_trial:
            self.syncer.soon()

    def close(self) -> None:
        self.syncer.close()
        self.link.close()
        self.bus.close()
