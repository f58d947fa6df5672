"""The process of an emulated LightCrafter: its TCP port, and a side channel.

It prints one line, the addresses of both, and runs until it is told to end. With
``--until-input-ends`` it does not outlive who started it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import sys
import threading
import time

import msgspec
import numpy as np
import zmq

from hardware.emulators.lightcrafter.channel import (
    AskPicture,
    End,
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
)
from hardware.emulators.lightcrafter.unit import LightCrafterUnit
from hardware.projection.protocol import Damaged, Kind, Packet, pack, unpack

_WRONG_CHECKSUM = 9


class TcpPort:
    """The unit's TCP port, which may be unplugged and plague whoever talks to it.

    Parameters
    ----------
    unit
        What stands behind it.
    port
        Its number; 0 for a free one.
    """

    def __init__(self, unit: LightCrafterUnit, port: int) -> None:
        self._unit = unit
        self._lock = threading.Lock()
        self._plagues: list[Plague] = []
        self._connections: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self._port = port
        self.plug_in()

    @property
    def address(self) -> str:
        """Where the driver finds it."""
        return f"127.0.0.1:{self._port}"

    def plug_in(self) -> None:
        """Take connections."""
        with self._lock:
            if self._listener is None:
                self._listener = socket.create_server(("127.0.0.1", self._port))
                self._port = self._listener.getsockname()[1]
                threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def unplug(self) -> None:
        """Break all connections, and take no more."""
        with self._lock:
            listener, self._listener = self._listener, None
            connections, self._connections = self._connections, []
        for each in [*connections, *([listener] if listener else [])]:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def plague(self, plague: Plague) -> None:
        """Answer the next commands with trouble, and those behind them as they should be."""
        with self._lock:
            self._plagues = [plague] * plague.count

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    self._connections.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        received = b""
        with contextlib.suppress(OSError), connection:
            while data := connection.recv(65_536):
                received += data
                while True:
                    try:
                        packet, received = unpack(received)
                    except Damaged:
                        packet, received = None, b""
                        connection.sendall(pack(Packet(Kind.ERROR, 0, bytes([_WRONG_CHECKSUM]))))
                    if packet is None:
                        break
                    connection.sendall(self._answer(packet))

    def _answer(self, packet: Packet) -> bytes:
        with self._lock:
            plague = self._plagues.pop(0) if self._plagues else None
        match plague.trouble if plague else "":
            case "busy":
                return pack(Packet(Kind.BUSY, packet.command))
            case "error" if plague is not None:
                return pack(Packet(Kind.ERROR, packet.command, bytes([plague.code])))
            case "silent":
                return b""
            case "damaged":
                answer = pack(self._unit.answer(packet))
                return answer[:-1] + bytes([answer[-1] ^ 0xFF])
            case _:
                return pack(self._unit.answer(packet))


def answer(unit: LightCrafterUnit, port: TcpPort, request: Request, now: float) -> Reply:
    """Return what the side channel answers to a request."""
    match request:
        case Rise(at):
            unit.edge(at)
        case Flashed(since):
            lit = [int(picture.sum()) for picture in unit.pictures]
            return LightChanges(
                tuple(
                    LightChange(each.time, each.picture, lit[each.picture], each.currents)
                    for each in unit.history(since)
                    if each.picture < len(lit)
                )
            )
        case AskPicture(number) if number < len(unit.pictures):
            return Mirrors(np.packbits(unit.pictures[number], axis=1).tobytes())
        case AskPicture(number):
            return No(f"there is no picture {number}")
        case Plague():
            port.plague(request)
        case PullPlug(gone):
            if gone:
                port.unplug()
            else:
                port.plug_in()
    return Ok(now)


def main() -> None:
    """Run an emulated LightCrafter until it is ended."""
    parser = argparse.ArgumentParser(description="An emulated TI LightCrafter.")
    parser.add_argument("--port", type=int, default=0, help="of the projector; 0 for a free one")
    parser.add_argument("--side-port", type=int, default=0, help="of the side channel")
    parser.add_argument("--pace", type=float, default=1.0, help="seconds of its clock in one")
    parser.add_argument("--edge-per-pattern", action="store_true", help="of the trigger input")
    parser.add_argument("--until-input-ends", action="store_true", help="end with the caller")
    options = parser.parse_args()
    pace = options.pace

    def clock() -> float:
        return float(time.perf_counter() * pace)

    unit = LightCrafterUnit(clock, edge_per_pattern=options.edge_per_pattern)
    port = TcpPort(unit, options.port)
    decoder = msgspec.msgpack.Decoder(Request)
    with zmq.Context() as context, context.socket(zmq.REP) as side:
        side.linger = 500
        side.bind(f"tcp://127.0.0.1:{options.side_port}")
        places = Places(port.address, side.getsockopt_string(zmq.LAST_ENDPOINT))
        if options.until_input_ends:
            # Ctrl-C in a terminal reaches all that runs there; the light must be seen to end.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            threading.Thread(target=_end_with_input, daemon=True).start()
        sys.stdout.write(msgspec.json.encode(places).decode() + "\n")
        sys.stdout.flush()
        request: Request | None = None
        while not isinstance(request, End):
            request = decoder.decode(side.recv())
            side.send(msgspec.msgpack.encode(answer(unit, port, request, clock())))
    port.unplug()


def _end_with_input() -> None:
    """End the process when whoever started it closes its input, or dies."""
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
