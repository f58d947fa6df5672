"""A session in processes of its own, which is watched and then killed."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from pathlib import Path
from typing import Self

import zmq

from benchmarks.kill_checks import Acknowledged
from benchmarks.kill_engine import run_engine
from rig.bus import Heartbeat, listen, parse
from rig.desk import address_file, read_address
from rig.errors import ConfigError, RecordingError
from rig.following import Follower
from rig.lab import Lab
from rig.session_folder import SessionFolder

PATIENCE = 60.0
"""Seconds after which a session that does not get on is taken for broken."""
_STEP = 0.005


class Victim:
    """A flooded session; entering starts it, leaving ends what is left of it.

    Attributes
    ----------
    told
        What it has acknowledged.
    beat
        Its last heartbeat.
    wrong
        What went wrong with the listening, in words.
    """

    def __init__(self, lab: Lab) -> None:
        self.told = Acknowledged()
        self.beat: Heartbeat | None = None
        self.wrong: list[str] = []
        self._lab = lab
        self._address = address_file(lab.locks, "flood")
        self._follower: Follower | None = None
        self._stack = contextlib.ExitStack()
        context = multiprocessing.get_context("forkserver")
        self.process = context.Process(target=run_engine, args=(str(lab.folder),))

    def __enter__(self) -> Self:
        self._address.unlink(missing_ok=True)  # that of a session which was killed
        self.process.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()
        if self.process.is_alive():
            self.process.kill()
        self.process.join()

    @property
    def folder(self) -> SessionFolder | None:
        """Its folder; None as long as it has none."""
        found = list(self._lab.data.glob("*/*/*"))
        return SessionFolder(found[0]) if found else None

    def logger(self) -> int | None:
        """Return the process id of its logger; None if it has none now."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        with contextlib.suppress(OSError):
            for child in children.read_text().split():
                if b"rig.logger" in Path(f"/proc/{child}/cmdline").read_bytes():
                    return int(child)
        return None

    def listen_for(self, seconds: float) -> None:
        """Take in what the session tells, for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self._follower is None:
                self._connect()
                time.sleep(min(left, _STEP))
            else:
                self._hear(min(left, _STEP))

    def wait_until_it_runs(self) -> bool:
        """Listen until the session tells something; return False if it has ended before."""
        end = time.monotonic() + PATIENCE
        while not self.told.pieces and time.monotonic() < end:
            if not self.process.is_alive():
                return False
            self.listen_for(_STEP)
        return bool(self.told.pieces)

    def wait_for_logger(self, other_than: int | None) -> int | None:
        """Listen until there is another logger; return its process id, None if none comes."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.is_alive():
            logger = self.logger()
            if logger not in (None, other_than):
                return logger
            self.listen_for(_STEP)
        return None

    def wait_until_caught_up(self) -> bool:
        """Listen until the logger has got all that there is; return False if it never does."""
        self.beat = None
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.is_alive():
            self.listen_for(_STEP)
            if self._is_level():
                return True
        return False

    def _is_level(self) -> bool:
        """Whether the last heartbeat says that the logger has got everything."""
        return self.beat is not None and (self.beat.logger, self.beat.backlog) == ("ready", 0)

    def stop(self) -> None:
        """Ask the session to end, as Ctrl-C does."""
        self._signal(self.process.pid, signal.SIGINT)

    def kill_engine(self) -> bool:
        """Kill the engine; return whether it still lived."""
        alive = self.process.is_alive()
        self._signal(self.process.pid, signal.SIGKILL)
        return alive

    def kill_logger(self) -> int | None:
        """Kill the logger; return which one it was, None if there was none."""
        logger = self.logger()
        self._signal(logger, signal.SIGKILL)
        return logger

    def wait_for_end(self) -> int | None:
        """Listen until the engine has ended and is silent; return its exit code."""
        end = time.monotonic() + PATIENCE
        while self.process.is_alive() and time.monotonic() < end:
            self.listen_for(_STEP)
        self.listen_for(0.03)  # what was sent before it died may still be on its way
        self.process.join(timeout=1)
        return self.process.exitcode

    def _connect(self) -> None:
        """Begin to listen, if the session has told where."""
        try:
            address = read_address(self._address)
        except ConfigError:
            return
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._stack.callback(context.destroy, linger=0)
        self._events = listen(context, address.events)
        self._follower = self._stack.enter_context(Follower(address))
        for record in self._follower.so_far():
            self.told.hear(record)

    def _hear(self, wait: float) -> None:
        """Take in what has come to the follower, and to the bare socket beside it."""
        if self._follower is None:
            return
        try:
            for told in self._follower.hear(wait):
                self.told.hear(told)
                if isinstance(told, Heartbeat):
                    self.beat = told
        except (RecordingError, OSError) as error:
            self.wrong.append(f"follower: {error}")
        with contextlib.suppress(zmq.Again):
            while True:
                message = parse(self._events.recv(flags=zmq.NOBLOCK))
                if not isinstance(message, Heartbeat):
                    self.told.pieces.append(message)

    def _signal(self, process: int | None, number: signal.Signals) -> None:
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)
