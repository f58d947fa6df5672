"""The guardian: a process of its own that closes every output when the engine cannot.

It is started by `rig.guardian`. Its standard input begins with a `Charge`, a line of JSON; then
each byte is a beat, and `GOODBYE` says that the engine has turned its outputs off. The first beat
arms it. When no beat comes for the longest silence, it calls `force_off` of every output, and it
does so when the input ends without a goodbye. It tells what it does as lines of JSON on its
standard output, one `Told` each, and in words on its standard error, which is the session's
``guardian.log``.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

import msgspec

from rig.clock import SystemClock
from rig.closing import NOT_CLOSED, Closed, close_all, failed
from rig.devices import Context, Device
from rig.errors import RigError, errors_among
from rig.inbox import Inbox
from rig.plugins import load_class
from rig.room import Room
from rig.signals import ignore_stop_signals

BEAT = b"."
GOODBYE = b"q"
ALIVE_EVERY = 1.0
"""Seconds between two signs of life to the engine."""
_SLICES = 10
"""Of the longest silence: what is waited for at a time."""


class Output(msgspec.Struct, frozen=True):
    """An output of the rig: its driver, as the rig file names it, and its settings as JSON."""

    name: str
    driver: str
    settings: str


class Charge(msgspec.Struct, frozen=True):
    """What a guardian is to watch: the outputs of a lab, and for how long a silence."""

    lab: str
    outputs: tuple[Output, ...]
    longest_silence: float


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """It has all outputs and can close them."""


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """It cannot watch the outputs."""

    why: str


class Alive(msgspec.Struct, frozen=True, tag="alive"):
    """It is awake."""


class Tripped(msgspec.Struct, frozen=True, tag="tripped"):
    """It has closed the outputs for a cause, in `seconds`; `wrong` tells of those that are not."""

    cause: str
    seconds: float
    wrong: str


Told = Ready | Failed | Alive | Tripped


def run_guardian() -> None:
    """Be the guardian process, until the engine says goodbye or is gone."""
    ignore_stop_signals()
    pipe = os.dup(1)
    os.dup2(2, 1)  # what drivers print is not for the engine
    try:
        charge = msgspec.json.decode(_first_line(), type=Charge)
        outputs = _outputs(charge)
    except Exception as error:  # whatever it is, the engine must hear of it
        _tell(pipe, Failed(str(error) or type(error).__name__))
        os._exit(1)
    _take_precedence()
    _note(f"watches {', '.join(outputs)}; longest silence {charge.longest_silence:g} s")
    _tell(pipe, Ready())
    _watch(pipe, outputs, charge.longest_silence)
    with contextlib.suppress(OSError):
        os.fsync(2)
    os._exit(0)  # threads of a driver that hangs do not hold it up


def _first_line() -> bytes:
    """Return the line that standard input begins with; nothing else comes before `Ready`."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(0, 65536)
        if not piece:
            os._exit(1)
        line += piece
    return line


def _outputs(charge: Charge) -> dict[str, Device]:
    """Return the outputs, unopened, with their libraries loaded and their hardware found.

    Raises
    ------
    RigError
        If one cannot be made, or finds itself unable to work.
    """
    folder = Path(charge.lab)
    context = Context(SystemClock(), Inbox(), Room(), folder)
    made = {}
    for output in charge.outputs:
        driver = load_class(output.driver, Device, folder, output.name)
        settings = driver.Settings.model_validate_json(output.settings)
        made[output.name] = driver(output.name, settings, context)
    for device in made.values():
        for problem in errors_among(device.check()):
            raise RigError(problem.what, problem.where, problem.do)
    return made


def _take_precedence() -> None:
    """Run before ordinary programs, where the system allows that; nearly always it sleeps.

    Only from here on: loading the libraries must not delay the session on another rig.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


def _watch(pipe: int, outputs: dict[str, Device], longest_silence: float) -> None:
    """Close the outputs whenever the engine falls silent, and when it is gone."""
    beats: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_hear, args=(beats,), daemon=True).start()
    is_armed = is_begun = False
    silent, last = 0.0, time.perf_counter()
    told = last
    while True:
        began = time.perf_counter()
        if began - told > ALIVE_EVERY:
            _tell(pipe, Alive())
            told = began
        heard = _next(beats, longest_silence / _SLICES)
        now = time.perf_counter()
        if heard == BEAT:
            if not is_armed:
                _note("armed by a beat of the engine")
            is_armed = is_begun = True
            silent, last = 0.0, now
            continue
        if heard == GOODBYE:
            _note("the engine has turned its outputs off")
            return
        if heard is not None:
            # Also after a silence: what the engine took hold of since then would stay held.
            if is_begun:
                _trip(pipe, outputs, "the engine is gone")
            else:
                _note("the engine is gone; it had not begun")
            return
        # Time in which this process did not run either tells nothing of the engine.
        silent += min(now - began, 2 * longest_silence / _SLICES)
        if is_armed and silent >= longest_silence:
            is_armed = False
            _trip(pipe, outputs, f"the engine was silent for {now - last:.3f} s")


def _hear(beats: queue.SimpleQueue[bytes]) -> None:
    """Hand over each byte that comes, and an empty one at the end; in a thread of its own."""
    while piece := os.read(0, 4096):
        for byte in piece:
            beats.put(bytes((byte,)))
    beats.put(b"")


def _next(beats: queue.SimpleQueue[bytes], seconds: float) -> bytes | None:
    """Return the next byte, or None if none comes for so long."""
    try:
        return beats.get(timeout=seconds)
    except queue.Empty:
        return None


def _trip(pipe: int, outputs: dict[str, Device], cause: str) -> None:
    """Close all outputs; then, when that is done, tell it."""
    noticed, began = datetime.now(), time.perf_counter()
    closed = close_all(outputs)
    seconds = time.perf_counter() - began
    _tell(pipe, Tripped(cause, seconds, failed(closed)))
    _note(f"{cause}: closes every output", noticed)
    for each in closed:
        _note(_in_words(each))
    _note(f"done within {seconds * 1e3:.1f} ms" + ("; NOT ALL CLOSED" if failed(closed) else ""))


def _in_words(closed: Closed) -> str:
    took = f"after {closed.seconds * 1e3:.1f} ms"
    if closed.wrong:
        return f"{closed.device}: {NOT_CLOSED}, {took}: {closed.wrong}"
    return f"{closed.device}: closed {took}" + (f", reads {closed.reads}" if closed.reads else "")


def _tell(pipe: int, told: Told) -> None:
    """Tell the engine, if there still is one."""
    with contextlib.suppress(OSError):
        os.write(pipe, msgspec.json.encode(told) + b"\n")


def _note(words: str, at: datetime | None = None) -> None:
    """Write a line into the log, with the time; a disk that is full keeps nothing from closing."""
    time = (at or datetime.now()).astimezone().isoformat(timespec="milliseconds")
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"{time} {words}\n")
        sys.stderr.flush()


if __name__ == "__main__":
    run_guardian()
