"""Gives events to all that keep them: the table of trials, the journal, the logger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol, Self

from rig.errors import RecordingError
from rig.events import Definition, Event, Header
from rig.hdf5_file import build_from_journal
from rig.journal import JournalWriter, frame
from rig.logger import LoggerLink
from rig.session_folder import SessionFolder
from rig.trials import TrialTable


class Recorder(Protocol):
    """What the loop needs to keep its events."""

    @property
    def table(self) -> TrialTable:
        """The trials so far, for the protocol and the limits."""

    def keep(self, events: list[Event]) -> None:
        """Keep the events of one step, in their order."""


class MemoryRecorder:
    """Keeps the table of trials and hands the events on; for rehearsals and tests.

    Parameters
    ----------
    listen
        Called with the events of each step.
    """

    def __init__(self, listen: Callable[[list[Event]], None]) -> None:
        self.table = TrialTable()
        self._listen = listen

    def keep(self, events: list[Event]) -> None:
        """Keep the events of one step."""
        for event in events:
            self.table.add(event)
        self._listen(events)


class SessionRecorder:
    """Records a session: journal first, then the logger; in the end the file is sealed.

    In real time the logger is a process of its own, fed by ZMQ. In virtual time, where the
    next event follows at once, the same `Hdf5File` is written from the journal at the end.

    Parameters
    ----------
    folder
        The session's new folder.
    header, definition
        The first two records.
    clock
        Which clock the session runs on.
    """

    def __init__(
        self,
        folder: SessionFolder,
        header: Header,
        definition: Definition,
        clock: Literal["system", "virtual"],
    ) -> None:
        self.table = TrialTable()
        self._folder = folder
        self._journal = JournalWriter(folder.journal, header)
        self._link = LoggerLink(folder.hdf5) if clock == "system" else None
        self._first = frame(header), frame(definition)
        self.failed = False

    def __enter__(self) -> Self:
        try:
            self._journal.append(self._first[1])
            self._journal.sync()
            if self._link is not None:
                self._link.start()
                self._link.send(self._first[0], b"header")
                self._link.send(self._first[1])
        except BaseException:
            self._journal.close()
            self._close()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        try:
            if not self.failed:
                self._seal()
        finally:
            self._journal.close()
            self._close()

    def keep(self, events: list[Event]) -> None:
        """Keep the events of one step; raise `RecordingError` if the journal cannot be written."""
        frames = b"".join([frame(event) for event in events])
        try:
            self._journal.append(frames)
        except RecordingError:
            self.failed = True
            raise
        if self._link is not None:
            self._link.send(frames)
        for event in events:
            if self.table.add(event) is not None and self._link is not None:
                self._journal.sync()

    def _seal(self) -> None:
        """Have the HDF5 file sealed, by the logger or, where that fails, from the journal."""
        self._journal.sync()
        digest = self._journal.digest.hexdigest()
        if self._link is None or not self._link.seal(digest):
            build_from_journal(self._folder.journal, digest, self._folder.hdf5)

    def _close(self) -> None:
        if self._link is not None:
            self._link.close()
