"""The session's end of an emulated rig: starts its process, and leads the drivers to it."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

import msgspec

from rig.config import resolved
from rig.emulation import (
    Answer,
    EmulationOrder,
    Failed,
    LetMouseIn,
    Memory,
    MouseIsIn,
    MouseOrder,
    Order,
    Progress,
    Stop,
    TellMemory,
    Ways,
)
from rig.errors import CheckFailed, DeviceError, RigError
from rig.lab import Lab
from rig.loading import ask_for_stimuli
from rig.plan import MousePlan, Plan, ProtocolPlan, generators
from rig.rig_plan import RigPlan, led_to
from rig.room import Mouse, Room
from rig.signals import signals_held_back
from rig.stimuli import Stimuli

READY_WITHIN = 60.0
"""Seconds between two words of the process while it starts."""
ANSWER_WITHIN = 10.0
LONGEST_END = 15.0
"""Seconds that it may take to end before it is killed."""
WHERE = "emulated rig"
NOTHING = Stimuli({}, {}, {}, ())


class EmulationLink:
    """An emulated rig in a process of its own, from ``with`` to the end of the block.

    Meanwhile the environment variables are set that lead client libraries to it.

    Parameters
    ----------
    order
        What is to be emulated.
    tell
        Is told in words what is being started.

    Attributes
    ----------
    ways
        How it is reached; known in the block.

    Raises
    ------
    CheckFailed
        From entering, with every device that cannot be emulated.
    DeviceError
        From entering, if something does not start.
    """

    ways: Ways

    def __init__(self, order: EmulationOrder, tell: Callable[[str], object]) -> None:
        self._order = order
        self._tell = tell
        self._answers: queue.SimpleQueue[Answer | None] = queue.SimpleQueue()
        self._exits = contextlib.ExitStack()
        self._process: subprocess.Popen[bytes]

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            # -P: a folder called "rig" that the shell happens to stand in is not ours.
            command = [sys.executable, "-P", "-m", "rig.emulation_process"]
            with signals_held_back():
                self._process = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
                )
            stack.callback(self._end)
            threading.Thread(target=self._listen, daemon=True).start()
            told = self._ask(self._order)
            if not isinstance(told, Ways):
                raise _silent()
            self.ways = told
            stack.enter_context(_environment(told.environment))
            self._exits = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._exits.close()

    def let_mouse_in(self) -> None:
        """Let the virtual mouse begin its session."""
        if not isinstance(self._ask(LetMouseIn()), MouseIsIn):
            raise _silent()

    def memory(self) -> dict[str, Any]:
        """Return what the virtual mouse has learned; raise `DeviceError` if it cannot be told."""
        told = self._ask(TellMemory())
        if not isinstance(told, Memory):
            raise _silent()
        return told.memory

    def _ask(self, order: Order) -> Answer:
        """Return the answer to an order; what is told on the way is handed on."""
        within = READY_WITHIN if isinstance(order, EmulationOrder) else ANSWER_WITHIN
        try:
            if self._process.stdin is not None:
                self._process.stdin.write(msgspec.json.encode(order) + b"\n")
                self._process.stdin.flush()
            told = self._answers.get(timeout=within)
            while isinstance(told, Progress):
                self._tell(told.text)
                told = self._answers.get(timeout=within)
        except (OSError, queue.Empty) as error:
            raise _silent() from error
        if told is None:
            raise _silent()
        if isinstance(told, Failed):
            raise _failure(told)
        return told

    def _listen(self) -> None:
        """Take in what the process answers; None when it has ended."""
        decoder = msgspec.json.Decoder(Answer)
        with contextlib.suppress(OSError, ValueError, msgspec.MsgspecError):
            for line in self._process.stdout or ():
                self._answers.put(decoder.decode(line))
        self._answers.put(None)

    def _end(self) -> None:
        """Tell the process to end, which it else does some seconds after the end of its input."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.write(msgspec.json.encode(Stop()) + b"\n")
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(LONGEST_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


class MouseElsewhere(Mouse):
    """The session's stand-in for the virtual mouse that lives in the emulated rig's process."""

    lives_elsewhere = True

    def __init__(self, link: EmulationLink, memory: dict[str, Any]) -> None:
        self._link = link
        self._memory = memory

    def enter(self, room: Room) -> None:
        """Let the mouse begin its session where it lives."""
        self._link.let_mouse_in()

    def attend(self, time: float) -> None:
        """Do nothing: it hears what comes out of the speaker."""

    def hear(self, sound: str, time: float) -> None:
        """Do nothing: it hears what comes out of the speaker."""

    def see(self, grating: str, time: float) -> None:
        """Do nothing: it sees what is on the screen."""

    def feel(self, flashes: str, time: float) -> None:
        """Do nothing: it feels the light."""

    def drink(self, volume_ul: float, time: float) -> None:
        """Do nothing: it drinks what comes out of the spout."""

    def memory(self) -> dict[str, Any]:
        """Return what it has learned; what it knew before if it can tell no more."""
        try:
            self._memory = self._link.memory()
        except RigError as error:
            sys.stderr.write(f"warning: {error}\n")
        return self._memory


def order_for(
    lab: Lab, rig: RigPlan, stimuli: Stimuli, mouse: MousePlan | None, seed: int, parts: int = 0
) -> EmulationOrder:
    """Return the order to emulate a rig for a session of that seed, which goes on with `parts`."""
    animal = None
    if mouse is not None:
        settings = resolved(mouse.settings)
        animal = MouseOrder(mouse.name, settings, mouse.memory, seed, parts)
    return EmulationOrder(
        str(lab.folder),
        str(rig.path),
        dict(stimuli.sounds),
        dict(stimuli.gratings),
        dict(stimuli.flashes),
        animal,
    )


def stimuli_of(protocol: ProtocolPlan, seed: int) -> Stimuli:
    """Return what a protocol presents."""
    rng, _ = generators(seed)
    return ask_for_stimuli(protocol.make(rng), str(protocol.path))


def led_to_emulation(plan: Plan, link: EmulationLink) -> Plan:
    """Return the plan of a session whose devices and whose mouse are those of an emulated rig.

    Raises
    ------
    CheckFailed
        With all that the devices find wrong there.
    """
    rig = led_to(plan.lab, plan.rig, link.ways.settings)
    return dataclasses.replace(plan, rig=rig)


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Set environment variables, and put them back afterwards."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _failure(told: Failed) -> RigError:
    """Return the error that stands for what failed there."""
    if told.is_mistake:
        return CheckFailed(list(told.problems))
    first = told.problems[0]
    return DeviceError(first.what, first.where, first.do)


def _silent() -> DeviceError:
    return DeviceError(
        "the emulated rig does not answer", WHERE, "Read what it says above, and start it again."
    )
