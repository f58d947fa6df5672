"""An emulated card inside this process, on a clock of one's own: hours pass in minutes.

The `nidaqmx` package runs unmodified, and takes a `LocalChannel` where it would take the channel
to a device server. Nothing waits here: who uses it asks only for what is there.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from hardware.emulators.ni.faults import CardError
from hardware.emulators.ni.server import response_of
from hardware.emulators.ni.service import NiService
from hardware.emulators.ni.tasks import Card


class LocalChannel:
    """Stands in the place of a gRPC channel, and calls an emulated card.

    Parameters
    ----------
    card
        The card.
    """

    def __init__(self, card: Card) -> None:
        self._calls = NiService(card).calls()

    def unary_unary(self, path: str, **given: Any) -> Callable[..., Any]:
        """Return the call of that path; one that is not emulated is refused when it is made."""
        name = path.rsplit("/", 1)[-1]
        answer = self._calls.get(name)

        def call(request: Any, metadata: object = None) -> Any:
            import grpc

            if answer is None:
                raise _failure(grpc.StatusCode.UNIMPLEMENTED, f"{name} is not emulated", ())
            try:
                return response_of(answer(request), _form(name))
            except CardError as fault:
                code = SimpleNamespace(key="ni-error", value=str(fault.code))
                raise _failure(grpc.StatusCode.UNKNOWN, fault.text, (code,)) from fault

        return call

    def unary_stream(self, path: str, **given: Any) -> Callable[..., Any]:
        """Return a call that is refused: no events are emulated."""
        return self.unary_unary(path)


def _form(name: str) -> Any:
    """Return the class of the responses of a call."""
    from google.protobuf.message_factory import GetMessageClass
    from nidaqmx._stubs import nidaqmx_pb2

    methods = nidaqmx_pb2.DESCRIPTOR.services_by_name["NiDAQmx"].methods_by_name
    return GetMessageClass(methods[name].output_type)


def _failure(code: Any, words: str, metadata: tuple[SimpleNamespace, ...]) -> Exception:
    """Return what gRPC raises for a call that failed."""
    import grpc

    class LocalError(grpc.RpcError):  # type: ignore[misc]
        """A call that failed."""

        def code(self) -> Any:
            return code

        def details(self) -> str:
            return words

        def trailing_metadata(self) -> tuple[SimpleNamespace, ...]:
            return metadata

    return LocalError(words)
