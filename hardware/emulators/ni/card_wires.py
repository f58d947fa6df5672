"""The wires of an emulated card, as a test or a virtual mouse drives and reads them."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

import msgspec
import zmq

from hardware.emulators.ni.side_channel import (
    Addresses,
    Done,
    Edges,
    History,
    PulseLine,
    Refused,
    Reply,
    Request,
    SetLine,
    SetSine,
    SetVolts,
    Slow,
    Uninstall,
    Unplug,
    Voltages,
    Volts,
    Wire,
)
from rig.errors import DeviceError

LONGEST_REPLY_MS = 10_000


class CardWires:
    """The wires of an emulated card that runs, from ``with`` to the end of the block.

    All times are seconds of `time.monotonic`. Safe to use from several threads.

    Attributes
    ----------
    address
        Where the `nidaqmx` package reaches the card: host and port of its gRPC service.
    side
        Where its side channel is.
    """

    def __init__(self, addresses: Addresses) -> None:
        self.address = addresses.grpc
        self.side = addresses.side
        self._lock = threading.Lock()
        self._replies: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)

    def __enter__(self) -> Self:
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.REQ)
        self._socket.linger = 0
        self._socket.rcvtimeo = LONGEST_REPLY_MS
        self._socket.connect(self.side)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()
        self._context.term()

    def set_line(self, line: str, level: bool, at: float = 0.0) -> float:
        """Drive an input line now, or at a time; return when it was asked for."""
        return self._do(SetLine(line, level, at))

    def pulse(self, line: str, width: float, at: float = 0.0) -> float:
        """Drive an input line high for `width` seconds; return when it was asked for."""
        return self._do(PulseLine(line, width, at))

    def set_volts(self, line: str, volts: float, at: float = 0.0) -> float:
        """Put a voltage on an analogue input."""
        return self._do(SetVolts(line, volts, at))

    def set_sine(self, line: str, frequency_hz: float, amplitude: float) -> float:
        """Put a sine on an analogue input, from now on; return when it began."""
        return self._do(SetSine(line, frequency_hz, amplitude))

    def wire(self, source: str, target: str) -> None:
        """Lead an output of the card to an input of it."""
        self._do(Wire(source, target))

    def history(self, line: str, since: float = 0.0) -> list[tuple[float, bool]]:
        """Return the edges of a line until now: (time, level)."""
        reply = self._ask(History(line, since))
        return list(reply.edges) if isinstance(reply, Edges) else []

    def volts(self, line: str, since: float, rate_hz: float, samples: int) -> list[float]:
        """Return the voltages of an analogue line."""
        reply = self._ask(Volts(line, since, rate_hz, samples))
        return list(reply.volts) if isinstance(reply, Voltages) else []

    def unplug(self) -> None:
        """Take the card away: every call fails and all outputs are low."""
        self._do(Unplug())

    def plug_in(self) -> None:
        """Put the card back."""
        self._do(Unplug(gone=False))

    def uninstall(self) -> None:
        """Take the driver away: the device server of that computer has nothing to call."""
        self._do(Uninstall())

    def install(self) -> None:
        """Put the driver back."""
        self._do(Uninstall(gone=False))

    def slow(self, latency: float) -> None:
        """Let every call of the client library take `latency` seconds longer."""
        self._do(Slow(latency))

    def _do(self, request: Request) -> float:
        reply = self._ask(request)
        return reply.at if isinstance(reply, Done) else 0.0

    def _ask(self, request: Request) -> Reply:
        with self._lock:
            self._socket.send(msgspec.msgpack.encode(request))
            reply = self._replies.decode(self._socket.recv())
        if isinstance(reply, Refused):
            raise DeviceError(
                "the emulated card cannot do that",
                type(request).__name__,
                reply.why,
            )
        return reply
