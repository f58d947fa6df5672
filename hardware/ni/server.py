"""The way to a card on another computer, through an NI gRPC device server."""

from __future__ import annotations

from typing import Any

from rig.signals import done_whole

HASTY = 0.2
"""Seconds that a server is given for a call when it did not answer the one before in time."""


def server_at(address: str, answer_within: float) -> Any:
    """Return the client library's options for a device server at ``host:port``.

    Nothing is sent yet. The connection is not encrypted: it is meant for the lab's own network.

    Parameters
    ----------
    address
        Where the server listens.
    answer_within
        Seconds that it may take for a call; a call that takes longer fails, and the next ones have
        less time, so that a rig is turned off quickly.
    """
    import grpc
    from nidaqmx import GrpcSessionOptions

    class InTime(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]
        """Gives every call a time limit: the client library itself would wait for ever."""

        within = answer_within

        def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
            limited = grpc.ClientCallDetails()
            limited.method, limited.metadata = details.method, details.metadata
            limited.timeout, limited.credentials = self.within, details.credentials
            limited.wait_for_ready, limited.compression = None, None
            with done_whole():
                call = continuation(limited, request)
                late = call.code() == grpc.StatusCode.DEADLINE_EXCEEDED
            self.within = HASTY if late else answer_within
            return call

    channel = grpc.intercept_channel(grpc.insecure_channel(address), InTime())
    return GrpcSessionOptions(channel, "")
