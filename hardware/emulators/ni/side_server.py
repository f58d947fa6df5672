"""Answers what comes over the side channel of an emulated card."""

from __future__ import annotations

import threading

import msgspec
import numpy as np
import zmq

from hardware.emulators.ni.faults import CardError
from hardware.emulators.ni.names import canonical, check_device
from hardware.emulators.ni.running import lose_power
from hardware.emulators.ni.side_channel import (
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
    Stop,
    Uninstall,
    Unplug,
    Voltages,
    Volts,
    Wire,
)
from hardware.emulators.ni.tasks import Card
from hardware.emulators.ni.world import constant, sine


def serve(card: Card, socket: zmq.Socket[bytes], stopped: threading.Event) -> None:
    """Answer one request after another, until one of them is `Stop`."""
    decoder = msgspec.msgpack.Decoder(Request)
    while not stopped.is_set():
        try:
            request = decoder.decode(socket.recv())
            reply = _answer(card, request)
        except (CardError, msgspec.DecodeError) as error:
            request, reply = None, Refused(str(error))
        socket.send(msgspec.msgpack.encode(reply))
        if isinstance(request, Stop):
            stopped.set()


def _answer(card: Card, request: Request) -> Reply:
    world, now = card.world, card.world.now()
    match request:
        case SetLine(line, level, at):
            world.drive(_line(card, line), level=level, at=at or now)
        case PulseLine(line, width, at):
            world.drive(_line(card, line), level=True, at=at or now)
            world.drive(_line(card, line), level=False, at=(at or now) + width)
        case SetVolts(line, volts, at):
            world.put_voltage(_line(card, line), constant(volts), at or now)
        case SetSine(line, frequency_hz, amplitude, offset, at):
            stretch = sine(frequency_hz, amplitude, offset)
            world.put_voltage(_line(card, line), stretch, at or now)
        case Wire(source, target):
            world.wire(_line(card, source), _line(card, target))
        case History(line, since, until):
            return Edges(tuple(world.edges(_line(card, line), since, until or now)))
        case Volts(line, since, rate_hz, samples):
            times = since + np.arange(samples) / rate_hz
            return Voltages(tuple(world.volts(_line(card, line), times).tolist()))
        case Unplug(gone):
            card.unplugged = gone
            if gone:
                lose_power(card)
        case Uninstall(gone):
            card.driverless = gone
        case Slow(latency):
            card.latency = latency
    return Done(now)


def _line(card: Card, name: str) -> str:
    plain = canonical(name)
    check_device(card.device, plain)
    return plain
