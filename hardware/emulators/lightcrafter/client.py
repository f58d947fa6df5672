"""Starts an emulated LightCrafter in a process of its own, and sees its light."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from types import TracebackType

import msgspec
import numpy as np
import zmq

from hardware.emulators.emulator_process import emulator_process
from hardware.emulators.lightcrafter.channel import (
    AskPicture,
    Flashed,
    LightChange,
    LightChanges,
    Mirrors,
    No,
    Ok,
    Places,
    Plague,
    PullPlug,
    Reply,
    Request,
    Rise,
    Trouble,
)
from hardware.projection.protocol import COLUMNS, ROWS, Picture
from rig.errors import DeviceError

LONGEST_REPLY_MS = 10_000


class SideChannel:
    """What can be asked of an emulated projector beside its TCP port, from making to `close`.

    All times are seconds of `time.perf_counter` times its pace. Safe to use from several threads.

    Parameters
    ----------
    address
        Of the side channel, as `Places.side` tells it.
    """

    def __init__(self, address: str) -> None:
        self._lock = threading.Lock()
        self._replies: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.REQ)
        self._socket.linger, self._socket.rcvtimeo = 0, LONGEST_REPLY_MS
        self._socket.connect(address)

    def close(self) -> None:
        """Let go of the connection."""
        self._socket.close()
        self._context.term()

    def light(self, since: float = 0.0) -> tuple[LightChange, ...]:
        """Return what came out since a time, change by change; the first may be older."""
        reply = self.ask(Flashed(since))
        return reply.changes if isinstance(reply, LightChanges) else ()

    def picture(self, number: int) -> Picture:
        """Return which mirrors throw light in a picture."""
        reply = self.ask(AskPicture(number))
        packed = reply.packed if isinstance(reply, Mirrors) else b""
        bits = np.unpackbits(np.frombuffer(packed, np.uint8)).reshape(ROWS, COLUMNS)
        return bits.astype(bool)

    def ask(self, request: Request) -> Ok | LightChanges | Mirrors:
        """Return the answer to a request; raise `DeviceError` if it cannot be done."""
        with self._lock:
            self._socket.send(msgspec.msgpack.encode(request))
            reply = self._replies.decode(self._socket.recv())
        if isinstance(reply, No):
            raise DeviceError(reply.why, "emulated LightCrafter", "Ask for another one.")
        return reply


class EmulatedLightCrafter:
    """An emulated projector in a process of its own, from ``with`` to the end of the block.

    All times are seconds of `time.perf_counter` times `pace`. Safe to use from several threads.

    Parameters
    ----------
    pace
        Seconds of the projector's clock in a second.
    options
        More options of `hardware.emulators.lightcrafter.server`.

    Attributes
    ----------
    address
        Where the driver finds it, for its setting of that name.
    side
        Where its side channel is, for others that look at it.
    """

    def __init__(self, pace: float = 1.0, options: tuple[str, ...] = ()) -> None:
        self.address = ""
        self.side = ""
        self._arguments = ("--pace", str(pace), *options)
        self._stack = ExitStack()

    def __enter__(self) -> EmulatedLightCrafter:
        with ExitStack() as stack:
            process = emulator_process("hardware.emulators.lightcrafter.server", self._arguments)
            places = msgspec.json.decode(stack.enter_context(process), type=Places)
            self._channel = SideChannel(places.side)
            stack.callback(self._channel.close)
            self.side = places.side
            self.address = places.address
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def rise(self, at: float = 0.0) -> None:
        """Let the line at its trigger input rise, now or at a time, which may just have passed."""
        self._channel.ask(Rise(at))

    def light(self, since: float = 0.0) -> tuple[LightChange, ...]:
        """Return what came out since a time, change by change; the first may be older."""
        return self._channel.light(since)

    def is_bright(self) -> bool:
        """Whether light comes out now."""
        return self.light()[-1].is_bright

    def picture(self, number: int) -> Picture:
        """Return which mirrors throw light in a picture."""
        return self._channel.picture(number)

    def plague(self, trouble: Trouble, count: int = 1, code: int = 1) -> None:
        """Let it answer the next commands with trouble; see `Plague`."""
        self._channel.ask(Plague(trouble, count, code))

    def unplug(self) -> None:
        """Pull its network plug: what it shows, it goes on showing."""
        self._channel.ask(PullPlug())

    def plug_in(self) -> None:
        """Put the plug back."""
        self._channel.ask(PullPlug(gone=False))
