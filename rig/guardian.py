"""The engine's end of the guardian: starts it, sends it beats, hears what it did."""

from __future__ import annotations

import contextlib
import math
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import msgspec

from rig.closing import is_output
from rig.errors import DeviceError
from rig.guardian_process import BEAT, GOODBYE, Alive, Charge, Failed, Output, Ready, Told, Tripped
from rig.inbox import Failure, Inbox
from rig.rig_plan import RigPlan
from rig.signals import apart, signals_held_back

READY_WITHIN = 60.0
"""Seconds: the first import of a card's library can take long."""
BEATS = 4
"""In the longest silence."""
FROZEN = 5.0
"""Seconds of beats without a sign of life after which a guardian is taken for lost."""
END_WITHIN = 5.0
"""Seconds that a guardian has to close what the engine could not, when the session ends."""
NAME = "guardian"
_STOPPED = "Look what kept the program waiting: a device, a disk, another program. "
_BY_HAND = "Cut the rig's power by hand now. "
_SEE_LOG = "guardian.log in the session's folder tells the times."
_LOST = "The session ends after this trial, since nothing would close the outputs if it failed."


class Guard(Protocol):
    """Who closes the outputs when the engine cannot.

    Attributes
    ----------
    due
        Session's seconds at which the next beat is due.
    tripped
        Why the outputs were closed, if they were: whatever else fails then follows from that.
    """

    due: float
    tripped: DeviceError | None

    def wait_until_ready(self) -> None:
        """Wait until every output could be closed; raise `DeviceError` if that cannot be."""

    def run(self, now: float) -> None:
        """Tell that the engine lives, at `now`."""

    def relieve(self) -> None:
        """Tell that all outputs are off, so that there is nothing to watch any more."""


class NoGuard:
    """The guard of a rig without outputs: there is nothing to watch."""

    due = math.inf
    tripped: DeviceError | None = None

    def wait_until_ready(self) -> None:
        """Do not wait."""

    def run(self, now: float) -> None:
        """Tell nobody."""

    def relieve(self) -> None:
        """Tell nobody."""


class Guardian:
    """A guardian in a process of its own, from ``with`` to the end of the block.

    What it does, and its own end, come into the inbox as a `Failure`.

    Parameters
    ----------
    charge
        What it watches.
    log
        The file that it tells its deeds to.
    inbox
        The session's.

    Attributes
    ----------
    due
        Session's seconds at which the next beat is due.
    tripped
        Why it has closed the outputs, if it has.
    """

    def __init__(self, charge: Charge, log: Path, inbox: Inbox) -> None:
        self.due = 0.0
        self.tripped: DeviceError | None = None
        self._charge = charge
        self._log = log
        self._inbox = inbox
        self._answered = threading.Event()
        self._why = ""
        self._unheard = 0
        self._is_ready = self._is_relieved = self._is_lost = False

    def __enter__(self) -> Self:
        # -P: a folder called "rig" that the shell happens to stand in is not ours.
        command = [sys.executable, "-P", "-m", "rig.guardian_process"]
        try:
            with self._log.open("ab") as log, signals_held_back():
                self._process = subprocess.Popen(
                    command,
                    bufsize=0,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    **apart(),
                )
        except OSError as error:
            what = f"the guardian cannot be started: {error.strerror}"
            raise DeviceError(what, NAME, "Look at the computer; `rig doctor` helps.") from error
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()
        self._send(msgspec.json.encode(self._charge) + b"\n")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the guardian; one that was not relieved closes all outputs before."""
        self._is_relieved = True
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(END_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def wait_until_ready(self) -> None:
        """Wait until every output could be closed; raise `DeviceError` if that cannot be."""
        self._answered.wait(READY_WITHIN)
        if not self._is_ready:
            why = self._why or f"no answer within {READY_WITHIN:g} s"
            raise DeviceError(
                f"the guardian, which closes the outputs if the session fails, is not ready: {why}",
                NAME,
                "Mend that; no session on real outputs starts without it.",
            )

    def run(self, now: float) -> None:
        """Tell the guardian that the engine lives, at `now`."""
        every = self._charge.longest_silence / BEATS
        if now >= self.due:
            self._unheard += 1
        self.due = now + every
        if self._is_lost:
            return
        # Beats are counted, not seconds: a computer that stood still has not heard either.
        if self._unheard * every > FROZEN:
            self._lose("it does not answer")
            return
        self._send(BEAT)

    def relieve(self) -> None:
        """Tell the guardian that all outputs are off; it ends."""
        self._is_relieved = True
        self._send(GOODBYE)

    def _send(self, message: bytes) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):  # its end is told by the thread that listens
                self._process.stdin.write(message)

    def _listen(self) -> None:
        """Take in what the guardian tells, until it ends; in a thread of its own."""
        decoder = msgspec.json.Decoder(Told)
        for line in self._process.stdout or ():
            self._unheard = 0
            match decoder.decode(line):
                case Ready():
                    self._is_ready = True
                    self._answered.set()
                case Failed(why=why):
                    self._why = why
                case Tripped() as tripped:
                    closed = _closed(tripped)
                    self.tripped = DeviceError(closed.what, NAME, closed.do)
                    self._inbox.put(closed)
                case Alive():
                    pass
        self._why = self._why or self._last_words()
        self._answered.set()
        self._lose(self._why)

    def _last_words(self) -> str:
        """Return that the process ended; one that was never ready has said why in its log."""
        with contextlib.suppress(OSError):
            lines = self._log.read_text(encoding="utf-8", errors="replace").split("\n")
            last = next((line for line in reversed(lines) if line.strip()), "")
            if last and not self._is_ready:
                return f"its process ended: {last}"
        return "its process ended"

    def _lose(self, why: str) -> None:
        """Tell once that there is no guardian any more, if it was not to end."""
        if self._is_ready and not self._is_relieved and not self._is_lost:
            self._inbox.put(Failure(NAME, f"the guardian is lost: {why}", _LOST, urgent=False))
        self._is_lost = True


def charge_of(rig: RigPlan, lab: Path) -> Charge:
    """Return what a guardian of a rig watches: every output that is not simulated."""
    outputs = [
        Output(name, rig.config.devices[name]["driver"], rig.settings[name].model_dump_json())
        for name, driver in rig.drivers.items()
        if is_output(driver) and not driver.simulated
    ]
    return Charge(str(lab), tuple(outputs), rig.config.guardian.longest_silence)


def _closed(tripped: Tripped) -> Failure:
    """Return what a session is told when the guardian has closed its outputs."""
    what = f"{tripped.cause}, and the guardian closed every output"
    if not tripped.wrong:
        return Failure(NAME, what, _STOPPED + _SEE_LOG)
    what = f"{tripped.cause}, and the guardian could not close every output: {tripped.wrong}"
    return Failure(NAME, what, _BY_HAND + _STOPPED + _SEE_LOG)
