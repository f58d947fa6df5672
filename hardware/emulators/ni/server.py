"""The process of an emulated NI-DAQmx card.

It speaks the protocol of NI's gRPC device server, so that the unmodified `nidaqmx` package works
with it, and has a side channel that drives input lines and tells what output lines did. It
prints one line, the addresses of both, and runs until it is told to stop. With
``--until-input-ends`` it does not outlive who started it.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import msgspec
import zmq

from hardware.emulators.ni.faults import CardError
from hardware.emulators.ni.profiles import PROFILES
from hardware.emulators.ni.reads import Call
from hardware.emulators.ni.service import NiService
from hardware.emulators.ni.side_channel import Addresses
from hardware.emulators.ni.side_server import serve
from hardware.emulators.ni.tasks import Card
from hardware.emulators.ni.world import World

if TYPE_CHECKING:
    import grpc

SERVICE = "nidaqmx_grpc.NiDAQmx"
GRACE = 0.1
"""Seconds that calls under way may take when the server ends."""
THREADS = 32
"""Calls that can wait at the same time."""
DRIVERLESS = "The NI-DAQmx library could not be loaded. Is the driver installed?"


def start(card: Card, port: int) -> tuple[grpc.Server, int]:
    """Start to answer the client library; return the server and its port."""
    import grpc

    server = grpc.server(ThreadPoolExecutor(THREADS))
    handlers = handlers_of(card, NiService(card).calls())
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(SERVICE, handlers),),
    )
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, bound


def handlers_of(card: Card, calls: Mapping[str, Call]) -> dict[str, Any]:
    """Return what gRPC does for each emulated call; it refuses all others by itself."""
    import grpc
    from google.protobuf.message_factory import GetMessageClass
    from nidaqmx._stubs import nidaqmx_pb2

    methods = nidaqmx_pb2.DESCRIPTOR.services_by_name["NiDAQmx"].methods_by_name
    return {
        name: grpc.unary_unary_rpc_method_handler(
            _answering(card, call, GetMessageClass(methods[name].output_type)),
            request_deserializer=GetMessageClass(methods[name].input_type).FromString,
            response_serializer=GetMessageClass(methods[name].output_type).SerializeToString,
        )
        for name, call in calls.items()
    }


def response_of(answer: Mapping[str, Any], form: Any) -> Any:
    """Return an answer as the message that the client expects."""
    if "value_raw" in form.DESCRIPTOR.fields_by_name:
        answer = {"value_raw" if name == "value" else name: each for name, each in answer.items()}
    return form(**answer)


def _answering(card: Card, call: Call, form: Any) -> Callable[[Any, grpc.ServicerContext], Any]:
    import grpc

    def answered(request: Any, context: grpc.ServicerContext) -> Any:
        time.sleep(card.latency)
        if card.driverless:
            context.abort(grpc.StatusCode.NOT_FOUND, DRIVERLESS)
        try:
            return response_of(call(request), form)
        except CardError as fault:
            context.set_trailing_metadata((("ni-error", str(fault.code)),))
            context.abort(grpc.StatusCode.UNKNOWN, fault.text)

    return answered


def main() -> None:
    """Run an emulated card until it is stopped."""
    parser = argparse.ArgumentParser(description="An emulated NI-DAQmx card.")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="pci_6221")
    parser.add_argument("--device", default="Dev1")
    parser.add_argument("--drift-ppm", type=float, default=0.0, help="of the card's clock")
    parser.add_argument("--port", type=int, default=0, help="of gRPC; 0 for a free one")
    parser.add_argument("--side-port", type=int, default=0, help="of the side channel")
    parser.add_argument("--until-input-ends", action="store_true", help="end with the caller")
    options = parser.parse_args()
    profile = PROFILES[options.profile]
    card = Card(options.device, profile, World(), drift_ppm=options.drift_ppm)
    server, port = start(card, options.port)
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.linger = 500
        socket.bind(f"tcp://127.0.0.1:{options.side_port}")
        side = socket.getsockopt_string(zmq.LAST_ENDPOINT)
        addresses = Addresses(f"127.0.0.1:{port}", side)
        if options.until_input_ends:
            # Ctrl-C in a terminal reaches all that runs there; outputs must be seen to be closed.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            threading.Thread(target=_end_with_input, args=(server,), daemon=True).start()
        sys.stdout.write(msgspec.json.encode(addresses).decode() + "\n")
        sys.stdout.flush()
        serve(card, socket, threading.Event())
    server.stop(GRACE).wait()


def _end_with_input(server: grpc.Server) -> None:
    """End the process when whoever started it closes its input, or dies."""
    sys.stdin.buffer.read()
    server.stop(GRACE).wait()
    os._exit(0)


if __name__ == "__main__":
    main()
