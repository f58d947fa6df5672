"""Gives events to all that keep them: the table of trials, the journal, the logger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol, Self

from rig.errors import Problem, RecordingError
from rig.events import Definition, Event, Header, encode
from rig.hdf5_file import build_from_journal
from rig.journal import frame, new_journal
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

    def trouble(self) -> Problem | None:
        """Return what a person should know of the recording, once; None if all is well."""


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
        """Keep the events of one step; what could not be recorded raises here as it would then."""
        for event in events:
            encode(event)
            self.table.add(event)
        self._listen(events)

    def trouble(self) -> Problem | None:
        """Return None: memory does not fail."""
        return None


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

    Attributes
    ----------
    table
        The trials so far.
    failed
        Whether the journal could not be written; nothing more is recorded then.
    """

    def __init__(
        self,
        folder: SessionFolder,
        header: Header,
        definition: Definition,
        clock: Literal["system", "virtual"],
    ) -> None:
        self.table = TrialTable()
        self.failed = False
        self._folder = folder
        self._header, self._definition = frame(header), frame(definition)
        self._link = LoggerLink(folder.hdf5) if clock == "system" else None
        self._journal = new_journal(folder.journal, self._header)

    def __enter__(self) -> Self:
        try:
            self._journal.append(self._definition)
            self._journal.sync()
            if self._link is not None:
                self._link.start()
                self._link.send(self._header, b"header")
                self._link.send(self._definition)
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

    def keep(self, events: list[Event]) -> None:
        """Keep the events of one step; raise `RecordingError` if they cannot be written."""
        try:
            frames = b"".join([frame(event) for event in events])
            self._journal.append(frames)
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
        if self._link is not None:
            self._link.send(frames)
        for event in events:
            if self.table.add(event) is not None and self._link is not None:
                self._journal.sync()

    def trouble(self) -> Problem | None:
        """Return, once, that the logger is gone; the journal goes on without it."""
        return self._link.trouble() if self._link is not None else None

    def _seal(self) -> None:
        """Have the HDF5 file sealed, by the logger or, where that fails, from the journal."""
        self._journal.sync()
        digest = self._journal.digest.hexdigest()
        sealed = self._link is not None and self._link.seal(digest)
        # A logger that hangs holds the file, and is ended before the file is replaced.
        self._close()
        if not sealed:
            build_from_journal(self._folder.journal, digest, self._folder.hdf5)

    def _close(self) -> None:
        self._journal.close()
        if self._link is not None:
            self._link.close()
