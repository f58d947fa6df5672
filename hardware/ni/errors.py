"""What goes wrong with an NI card, in words: errors of the client library as `DeviceError`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from rig.errors import DeviceError

PACKAGE = (
    "the Python package 'nidaqmx' is not installed",
    "Install it: python -m pip install 'nidaqmx[grpc]'.",
)
DRIVER = (
    "the NI-DAQmx driver is not installed on this computer",
    "Install NI-DAQmx from ni.com and restart, or set `address` to a computer that has the card. "
    "Without a card, `rig run --emulate` runs this rig file on an emulated one.",
)
SLOW = (
    "the computer was too slow: samples of the card were overwritten before they were read",
    "End other programs on this computer; if it happens again, take a faster one.",
)
TAKEN = (
    "it is in use already, by another device of the rig or another program",
    "Wire it to another line, or end the other program (NI MAX and its test panels, too).",
)
GONE = (
    "the card does not answer: it was unplugged, or has no power",
    "Plug it in, wait until NI MAX shows it, and begin again.",
)
NO_CARD = (
    "there is no card of that name",
    "Look up its name in NI MAX, and write it into the rig file.",
)
NO_LINE = (
    "the card has no such line",
    "Look up its lines in NI MAX, and write one of them into the rig file.",
)
UNCLOCKED = (
    "the card cannot sample that line by a clock",
    "Wire it to another line: port0 on most cards.",
)
LOST = (
    "the card was reset while the session used it, by the guardian or by another program",
    "Look into guardian.log in the session's folder and at the card's plug, end other programs, "
    "and begin again.",
)
LOST_CODES = (-200088, -88709, -88710)
"""Errors of the driver that mean: somebody has ended the task."""
TAKEN_CODES = (-50103, -200587, -200022)
"""Errors of the driver that mean: somebody else has it."""
BY_CODE = {
    -200220: NO_CARD,
    -200170: NO_LINE,
    **dict.fromkeys(TAKEN_CODES, TAKEN),
    **dict.fromkeys(LOST_CODES, LOST),
    -201003: GONE,
    -88708: GONE,
    -50405: GONE,
    -200279: SLOW,
    -200303: UNCLOCKED,
}
"""What the errors that people meet mean, and what to do."""


@contextlib.contextmanager
def told(where: str) -> Iterator[None]:
    """Raise what the client library raises as a `DeviceError` in words."""
    try:
        yield
    except DeviceError:
        raise
    except Exception as error:
        what, do = in_words(error)
        raise DeviceError(what, where, do) from error


def is_taken(error: DeviceError) -> bool:
    """Return whether the reason of an error is that somebody else holds the resource."""
    return _code(error.__cause__) in TAKEN_CODES


def is_lost(error: Exception) -> bool:
    """Return whether an error of the client library means that somebody has ended the task."""
    return _code(error) in LOST_CODES


def _code(error: BaseException | None) -> int:
    """Return the number of an error of the driver; 0 if it is none."""
    if error is None or isinstance(error, ImportError):
        return 0
    from nidaqmx.errors import DaqError

    return int(error.error_code) if isinstance(error, DaqError) else 0


def in_words(error: Exception) -> tuple[str, str]:
    """Return what happened and what to do about it."""
    if isinstance(error, DeviceError):
        return error.what, error.do
    if isinstance(error, ImportError):
        return PACKAGE
    import nidaqmx.errors

    match error:
        case nidaqmx.errors.DaqNotFoundError() | nidaqmx.errors.DaqNotSupportedError():
            return DRIVER
        case nidaqmx.errors.RpcError():
            return _of_server(error)
        case nidaqmx.errors.DaqError():
            first = str(error).strip().partition("\n")[0]
            other = f"NI-DAQmx says: {first} ({error.error_code})", "Look the number up on ni.com."
            return BY_CODE.get(error.error_code, other)
    return f"{type(error).__name__}: {error}", "Look at the card, and at its driver."


def _of_server(error: Exception) -> tuple[str, str]:
    """Return what a failed call of a device server means."""
    import grpc
    import nidaqmx.errors

    code = error.rpc_code if isinstance(error, nidaqmx.errors.RpcError) else None
    if code == grpc.StatusCode.UNAVAILABLE:
        return (
            "no device server answers at that address",
            "Start the NI gRPC device server there, and look at `address` and the network.",
        )
    if code == grpc.StatusCode.DEADLINE_EXCEEDED:
        return (
            "the device server did not answer in time",
            "Look at the computer that has the card, and at the network.",
        )
    if code == grpc.StatusCode.NOT_FOUND:
        return (
            "the NI-DAQmx driver is not installed on the computer that has the card",
            "Install NI-DAQmx from ni.com there, and start the device server again.",
        )
    if code == grpc.StatusCode.UNIMPLEMENTED:
        return (
            "the device server does not know a call that is needed",
            "Install the newest NI gRPC device server there.",
        )
    return f"the device server says: {error}", "Look at the device server."
