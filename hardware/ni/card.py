"""What the drivers of one NI card share: the way to it, what it has, and who samples its inputs.

A card is asked what it can do; nothing is guessed from its name. It is reached through the NI-DAQmx
driver of this computer, or through an NI gRPC device server at an address. The devices of a rig
that are wired to one card share one `NiCard` (`rig.shared`). Each task of the client library
belongs to one thread, or is guarded by a lock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hardware.ni.errors import NO_LINE, UNCLOCKED, is_taken, told
from hardware.ni.input_tasks import clock_of, sample
from hardware.ni.sampling import Sampler
from hardware.ni.watchdog import CardWatchdog
from rig.clock import Clock
from rig.devices import Context
from rig.errors import DeviceError, Problem, problems_of

NOT_CLOCKED = (-200077, -200303)
"""Errors of the driver that mean: this line can be read, but not sampled by a clock."""
ANSWER_WITHIN = 2.0
"""Seconds in which a device server answers each call; a card answers within milliseconds."""


@dataclass(frozen=True)
class CardFacts:
    """What a card says that it has.

    Attributes
    ----------
    product
        Its model.
    inputs, outputs
        Its digital lines that can be read, and that can be set.
    counters
        Its counters that can give pulses.
    analog_inputs, analog_outputs
        Its analogue inputs and outputs.
    terminals
        Its terminals, such as ``/Dev1/PFI0``.
    samples_lines
        Whether digital inputs have a sample clock of their own.
    """

    product: str
    inputs: frozenset[str]
    outputs: frozenset[str]
    counters: frozenset[str]
    analog_inputs: tuple[str, ...]
    analog_outputs: frozenset[str]
    terminals: frozenset[str]
    samples_lines: bool


class NiCard:
    """One card.

    Parameters
    ----------
    name
        The card's name, as NI MAX has it.
    address
        ``host:port`` of the device server that has the card; empty if this computer has it.
    clock
        The session's clock.

    Attributes
    ----------
    sampler
        Samples the inputs of the card.
    watchdog
        Closes the outputs if this process dies, where the card can do that.
    players
        The devices that play sounds on it.
    """

    def __init__(self, name: str, address: str, clock: Clock) -> None:
        self.name = name
        self._address = address
        self._options: Any = None
        self._facts: CardFacts | None = None
        self.sampler = Sampler(self, clock)
        self.watchdog = CardWatchdog(self)
        self.players: list[str] = []

    def way(self) -> Any:
        """Return what the client library needs to reach the card; None for this computer's."""
        if self._address and self._options is None:
            from hardware.ni.server import server_at

            self._options = server_at(self._address, ANSWER_WITHIN)
        return self._options

    def task(self) -> Any:
        """Return a new task of the client library; raise what that raises."""
        import nidaqmx

        return nidaqmx.Task(grpc_options=self.way())

    def watchdog_task(self, timeout: float) -> Any:
        """Return a new task of the card's watchdog; raise what the client library raises."""
        from nidaqmx.system.watchdog import WatchdogTask

        return WatchdogTask(self.name, timeout=timeout, grpc_options=self.way())

    def reset(self) -> None:
        """End all tasks on the card, whoever has them; outputs go to their state at power-up."""
        from nidaqmx.system import Device

        Device(self.name, grpc_options=self.way()).reset_device()

    def facts(self) -> CardFacts:
        """Return what the card has; raise what the client library raises. It is asked once."""
        if self._facts is None:
            from nidaqmx.system import Device

            device = Device(self.name, grpc_options=self.way())
            terminals = frozenset(device.terminals)
            self._facts = CardFacts(
                product=device.product_type,
                inputs=frozenset(device.di_lines.channel_names),
                outputs=frozenset(device.do_lines.channel_names),
                counters=frozenset(device.co_physical_chans.channel_names),
                analog_inputs=tuple(device.ai_physical_chans.channel_names),
                analog_outputs=frozenset(device.ao_physical_chans.channel_names),
                terminals=terminals,
                samples_lines=f"/{self.name}/di/SampleClock" in terminals,
            )
        return self._facts

    def can_sample(self, line: str) -> bool:
        """Return whether a digital line can be sampled by a clock: the driver is asked to judge."""
        from nidaqmx.constants import TaskMode
        from nidaqmx.errors import DaqError

        with self.task() as task:
            task.di_channels.add_di_chan(line)
            sample(task, self.sampler.rate_hz, clock_of(self))
            try:
                task.control(TaskMode.TASK_VERIFY)
            except DaqError as error:
                if error.error_code in NOT_CLOCKED:
                    return False
                raise
        return True


def card_of(line: str, address: str, context: Context) -> NiCard:
    """Return the card that a line such as ``Dev1/port0/line0`` belongs to."""
    return context.shared.get(NiCard, card_name(line), address, context.clock)


def card_name(line: str) -> str:
    """Return the name of the card in the name of a line.

    Examples
    --------
    >>> card_name("Dev1/port0/line0"), card_name("/Dev1/PFI12")
    ('Dev1', 'Dev1')
    """
    return line.strip("/").partition("/")[0]


def force(
    card: NiCard, off: Callable[[], None], where: str, let_go: Callable[[], None] | None = None
) -> None:
    """Turn an output off, also if somebody else holds it: then the card is reset.

    A program that hangs holds its outputs, and a device server goes on to hold those of a client
    that has died.

    Parameters
    ----------
    card
        The card.
    off
        Turns the output off.
    where
        The device and its line, for errors.
    let_go
        Lets go of the output's task: one that is of no use any more, since somebody has reset the
        card, is in the way of another one.
    """
    try:
        off()
    except DeviceError as error:
        if let_go is not None:
            let_go()
        if is_taken(error):
            with told(where):
                card.reset()
        off()


def missing(card: NiCard, what: str, line: str, where: str) -> list[Problem]:
    """Return a problem if the card cannot be reached, or lacks a line.

    Parameters
    ----------
    card
        The card.
    what
        Which lines count: ``inputs``, ``outputs``, ``counters``, ``analog inputs``,
        ``analog outputs``, ``terminals`` or ``sampled``, digital inputs that can be sampled by a
        clock.
    line, where
        The line, and the device for the report.
    """
    place = f"{where}, {line}"
    try:
        with told(place):
            facts = card.facts()
            has = {
                "inputs": facts.inputs,
                "sampled": facts.inputs,
                "outputs": facts.outputs,
                "counters": facts.counters,
                "analog inputs": frozenset(facts.analog_inputs),
                "analog outputs": facts.analog_outputs,
                "terminals": facts.terminals,
            }[what]
            if line not in has:
                return [_lacks(card, facts, has, place)]
            if what == "sampled" and not card.can_sample(line):
                return [Problem(UNCLOCKED[0], place, UNCLOCKED[1])]
    except DeviceError as error:
        return problems_of(error)
    return []


def _lacks(card: NiCard, facts: CardFacts, has: frozenset[str], where: str) -> Problem:
    """Return the problem that a card has no such line."""
    names = ", ".join(sorted(has)) or "none"
    what = f"{NO_LINE[0]}: '{card.name}' is a {facts.product}"
    return Problem(what, where, f"Name one of: {names}.")


def twice(card: NiCard, device: str, line: str) -> list[Problem]:
    """Return a problem if another device of the rig samples the line, too."""
    rival = card.sampler.rival(device, line)
    if rival is None:
        return []
    return [
        Problem(
            f"'{rival}' and '{device}' share the line '{line}'",
            f"device '{device}'",
            "Wire one of them to another line.",
        )
    ]
