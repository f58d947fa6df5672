"""A process of its own for a device, as its driver sees it; `device_child` is the other end.

Requests go down the standard input of the process, whose end tells it that nobody is there any
more. It answers each request that was asked, reports what happens by itself, and tells ten times
a second that it lives.
"""

from __future__ import annotations

import contextlib
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from hardware.processes.pipe import Message, Trouble, framed, frames
from rig.errors import DeviceError
from rig.signals import apart, signals_held_back

READY_WITHIN = 30.0
"""Seconds from the start of the process to its first answer."""
ANSWERS_WITHIN = 5.0
SILENT_FOR = 2.0
"""Seconds without a sign of life after which a process is taken for hung, and killed."""
LOOK_EVERY = 0.1
ENDS_WITHIN = 3.0
RESTART = "Start the session again; if it happens again, run `rig check`."

Told = TypeVar("Told")
_messages: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)
_troubles: msgspec.msgpack.Decoder[Trouble] = msgspec.msgpack.Decoder(Trouble)


class DeviceProcess(Generic[Told]):
    """One process, from `start` to `close`; any thread may use it.

    Parameters
    ----------
    module
        The module that is run.
    where
        The device, for errors.
    told
        Decodes replies and reports.
    hear
        Is given each report, in a thread of this object's own; must not ask. What is reported
        before a reply is heard before it.
    lost
        Is told (what, do), once, if the device fails, or if the process dies or hangs while
        nobody waits for a reply; in the same thread.
    """

    def __init__(
        self,
        module: str,
        where: str,
        told: msgspec.msgpack.Decoder[Told],
        hear: Callable[[Told], None],
        lost: Callable[[str, str], None],
    ) -> None:
        self._command = [sys.executable, "-P", "-m", module]
        self._where = where
        self._told = told
        self._hear = hear
        self._lost = lost
        self._reason = ""
        self._closing = False
        self._over = threading.Event()
        self._asks, self._writes = threading.Lock(), threading.Lock()
        self._replies: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._heard = 0
        self._threads: list[threading.Thread] = []

    @property
    def over(self) -> bool:
        """Whether the process has ended."""
        return self._over.is_set()

    def start(self, first: msgspec.Struct, within: float = READY_WITHIN) -> Told:
        """Start the process and return its answer to a first request.

        Raises
        ------
        DeviceError
            If there is none within so many seconds, or the process refuses; it is ended then.
        """
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `close`)
        try:
            with signals_held_back():
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._complaints,
                    **apart(),
                )
        except OSError as error:
            self._complaints.close()
            what = f"its process cannot be started: {error.strerror}"
            raise DeviceError(what, self._where, RESTART) from error
        for run in (self._read, self._watch):
            self._threads.append(threading.Thread(target=run, daemon=True))
            self._threads[-1].start()
        try:
            return self.ask(first, within)
        except BaseException:
            self.close()
            raise

    def ask(self, request: msgspec.Struct, within: float = ANSWERS_WITHIN) -> Told:
        """Send a request and return the reply.

        Raises
        ------
        DeviceError
            If the process refuses or is gone, or does not answer in time: it is killed then.
        """
        with self._asks:
            reason = f"its process did not answer within {within:g} s"
            # A process that stands still may not even take the request.
            limit = threading.Timer(within, self._kill, [reason])
            limit.start()
            try:
                self.tell(request)
                reply = self._replies.get()
            finally:
                limit.cancel()
        if reply is None:
            raise DeviceError(self._reason, self._where, RESTART)
        if reply.kind == "refused":
            trouble = _troubles.decode(reply.body)
            raise DeviceError(trouble.what, self._where, trouble.do)
        return self._told.decode(reply.body)

    def tell(self, request: msgspec.Struct) -> None:
        """Send a request that gets no reply; raise `DeviceError` if the process is gone."""
        data = framed(msgspec.msgpack.encode(request))
        with self._writes:
            try:
                if self._process.stdin is not None:
                    self._process.stdin.write(data)
                    self._process.stdin.flush()
                return
            except (OSError, ValueError):  # broken, or closed
                pass
        self._over.wait(ENDS_WITHIN)
        raise DeviceError(self._reason or "its process is closing", self._where, RESTART)

    def close(self) -> None:
        """End the process, which makes its device harmless first; closing again does nothing."""
        if not self._threads:
            return
        self._closing = True
        with self._writes, contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        if not self._over.wait(ENDS_WITHIN):
            self._kill("its process did not end")
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()
        self._threads = []
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._complaints.close()

    def _kill(self, reason: str) -> None:
        self._reason = reason
        self._process.kill()

    def _read(self) -> None:
        """Take in what the process tells, until its end; then see who must know of that."""
        try:
            if self._process.stdout is not None:
                for frame in frames(self._process.stdout):
                    self._heard += 1
                    self._take(_messages.decode(frame))
        except Exception as error:  # whatever it is, the session must know
            self._kill(f"{type(error).__name__}: {error}")
        self._reason = self._reason or self._how_it_ended()
        if self._closing:
            self._reason = "its process is closed"
        self._process.wait()
        self._over.set()
        self._replies.put(None)
        if not self._closing and not self._asks.locked():
            self._lost(self._reason, RESTART)

    def _take(self, message: Message) -> None:
        match message.kind:
            case "reply" | "refused":
                self._replies.put(message)
            case "report":
                self._hear(self._told.decode(message.body))
            case "failure":
                trouble = _troubles.decode(message.body)
                self._lost(trouble.what, trouble.do)
            case "beat":
                pass

    def _watch(self) -> None:
        """Kill the process if it is silent for too long while nobody waits for it."""
        heard, silent = 0, 0
        # Looks are counted, not seconds: a computer that stood still has not heard either.
        while not self._over.wait(LOOK_EVERY):
            silent = silent + 1 if heard == self._heard and not self._asks.locked() else 0
            heard = self._heard
            if silent * LOOK_EVERY >= SILENT_FOR:
                self._kill(f"its process hangs: it was silent for {SILENT_FOR:g} s")
                return

    def _how_it_ended(self) -> str:
        """Return how the process ended, in words, with the last line that it complained in."""
        try:
            code = self._process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return "its process closed its output"
        if code < 0:
            return f"its process was ended: {signal.strsignal(-code)}"
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "")
        return f"its process ended with code {code}" + (f": {last}" if last else "")
