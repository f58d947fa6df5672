"""A process that owns a device, as it sees its driver; `device_process` is the other end."""

from __future__ import annotations

import faulthandler
import os
import queue
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from hardware.processes.pipe import BEAT, Message, Trouble, framed, frames
from rig.errors import RigError

LAST_DEEDS = 1.0
"""Seconds that a process has, when nobody is there any more, to end by itself."""

Asked = TypeVar("Asked")


class DriverGone(Exception):  # noqa: N818 (it is no error: the driver has closed the device)
    """Nobody is at the other end any more: make the device harmless, and end."""


class Driver(Generic[Asked]):
    """What is at the other end of the pipes. There is one in a process, made in its main thread.

    Whatever libraries print goes to standard error from here on.

    Parameters
    ----------
    asked
        Decodes requests.
    orphaned
        Makes the device harmless, when nobody is there any more; called in a thread of this
        object's own, whatever the main thread does.
    """

    def __init__(self, asked: msgspec.msgpack.Decoder[Asked], orphaned: Callable[[], None]) -> None:
        faulthandler.enable()
        self._out = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)
        self._asked = asked
        self._orphaned = orphaned
        self._lock = threading.Lock()
        self._beat_by = 0.0
        self._requests: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def receive(self, timeout: float) -> Asked | None:
        """Return the next request, or None if none comes within so many seconds.

        The driver takes the process for hung if this is not called all the time.

        Raises
        ------
        DriverGone
            If there is nobody any more.
        """
        end = time.monotonic() + timeout
        while True:
            now = time.monotonic()
            if now >= self._beat_by:
                self._send(Message("beat"))
                self._beat_by = now + BEAT
            try:
                request = self._requests.get(timeout=max(0.0, min(end, self._beat_by) - now))
            except queue.Empty:
                if time.monotonic() >= end:
                    return None
                continue
            if request is None:
                raise DriverGone
            return self._asked.decode(request)

    def reply(self, told: msgspec.Struct) -> None:
        """Answer the request."""
        self._send(Message("reply", _raw(told)))

    def refuse(self, error: RigError) -> None:
        """Answer the request: it cannot be done."""
        self._send(Message("refused", _raw(Trouble(error.what, error.do))))

    def report(self, told: msgspec.Struct) -> None:
        """Tell what happened; any thread may."""
        self._send(Message("report", _raw(told)))

    def fail(self, what: str, do: str) -> None:
        """Tell that the device has failed: the session ends."""
        self._send(Message("failure", _raw(Trouble(what, do))))

    def _send(self, message: Message) -> None:
        data = framed(msgspec.msgpack.encode(message))
        try:
            with self._lock:
                self._out.write(data)
                self._out.flush()
        except OSError:  # nobody reads any more: `_read` notices that as well
            return

    def _read(self) -> None:
        # Python cannot end while a thread reads standard input by its usual name.
        for frame in frames(os.fdopen(os.dup(0), "rb")):
            self._requests.put(frame)
        try:
            self._orphaned()
        finally:
            self._requests.put(None)
            time.sleep(LAST_DEEDS)
            os._exit(1)


def _raw(body: msgspec.Struct) -> msgspec.Raw:
    return msgspec.Raw(msgspec.msgpack.encode(body))
