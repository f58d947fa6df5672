"""The process of an emulated rig: obeys one line after another until it is told to stop.

It is started by `rig.emulation_link`. A parent that goes without that word, because it was killed,
is outlived by some seconds, in which its guardian closes the emulated outputs. Whatever anybody
prints in it goes to standard error: standard output is for the answers alone.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

import msgspec

from rig.config import validated
from rig.emulation import (
    Answer,
    Emulation,
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
)
from rig.errors import ConfigError, RigError, problems_of
from rig.lab import Lab, find_lab
from rig.plan import MousePlan, generators
from rig.plugins import load_class
from rig.rig_plan import plan_emulated_rig
from rig.room import Mouse
from rig.signals import ignore_stop_signals

OUTLIVES = 3.0
"""Seconds by which it outlives a parent that has not told it to stop."""


def main() -> None:
    """Emulate a rig until it is told to stop, or until some seconds after its parent's end."""
    ignore_stop_signals()  # the session ends first, and its outputs are seen to go off
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        run(sys.stdin.buffer, out)


def run(orders: Iterable[bytes], out: BinaryIO) -> None:
    """Obey orders, one a line, and answer each; stop all that was started when they end."""

    def answer(told: Answer) -> None:
        out.write(msgspec.json.encode(told) + b"\n")
        out.flush()

    decoder = msgspec.json.Decoder(Order)
    emulation: Emulation | None = None
    try:
        with contextlib.suppress(BrokenPipeError):  # the parent is gone
            for line in orders:
                order = decoder.decode(line)
                if isinstance(order, Stop):
                    return
                try:
                    if isinstance(order, EmulationOrder):
                        emulation = _made(order)
                        answer(emulation.start(lambda text: answer(Progress(text))))
                    elif emulation is not None:
                        _obey(emulation, order, answer)
                except RigError as error:
                    is_mistake = isinstance(error, ConfigError)
                    answer(Failed(tuple(problems_of(error)), is_mistake))
        if emulation is not None:
            time.sleep(OUTLIVES)
    finally:
        if emulation is not None:
            emulation.stop()


def _obey(
    emulation: Emulation, order: LetMouseIn | TellMemory, answer: Callable[[Answer], None]
) -> None:
    match order:
        case LetMouseIn():
            emulation.let_mouse_in()
            answer(MouseIsIn())
        case TellMemory():
            answer(Memory(emulation.memory()))


def _made(order: EmulationOrder) -> Emulation:
    """Return the emulation that a rig file names, not started yet."""
    lab = find_lab(Path(order.lab))
    rig = plan_emulated_rig(lab, Path(order.rig))
    where = f"{order.rig}, simulation.emulation"
    emulation = load_class(rig.config.simulation.emulation, Emulation, lab.folder, where)
    mouse = None if order.mouse is None else _mouse(lab, order.mouse, order.rig)
    return emulation(lab, rig, order.stimuli(), mouse)


def _mouse(lab: Lab, order: MouseOrder, where: str) -> Mouse:
    """Return the virtual mouse, as its last session left it."""
    mouse = load_class(order.name, Mouse, lab.folder, where)
    settings = validated(mouse.Settings, order.settings, where)
    _, rng = generators(order.seed, order.parts)
    return MousePlan(order.name, mouse, settings, order.memory).make(rng)


if __name__ == "__main__":
    main()
