"""What persons ask of a running session, and what it answers; stops are the loop's own."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rig.config import Limits
from rig.devices import Device, Valve
from rig.errors import DeviceError
from rig.event_log import EventLog
from rig.graph import Action, Pulse
from rig.inbox import Command, Reply
from rig.protocol import Question
from rig.trial_source import TrialSource
from rig.trials import TrialTable

VALVE_IS_OPEN = Reply(False, "the valve is open right now: ask again")
VALVE_FAILED = "the valve failed: "
"""What a refusal begins with in which the valve itself failed."""


class Orders:
    """Carries out commands: pause, drop, change of a parameter, skipped block, answer, note.

    Parameters
    ----------
    source
        The protocol's trials.
    devices
        All devices of the rig, by name.
    limits
        How much water a session may give.
    table
        The trials and the water so far.
    log
        Where drops that a person gives are recorded.
    before_ul
        Water of the sessions that this one goes on with.

    Attributes
    ----------
    paused
        Whether no trial is to be begun.
    question
        What the protocol asks; None if it asks nothing.
    answer_by
        Seconds: when the default answer is taken; infinite without a question.
    """

    def __init__(
        self,
        source: TrialSource,
        devices: Mapping[str, Device],
        limits: Limits,
        table: TrialTable,
        log: EventLog,
        before_ul: float,
    ) -> None:
        self.paused = False
        self.question: Question | None = None
        self.answer_by = math.inf
        self._source = source
        self._devices = devices
        self._limits = limits
        self._table = table
        self._log = log
        self._before_ul = before_ul
        self._busy: set[str] = set()
        self._postponed: list[Pulse] = []

    @property
    def waiting(self) -> bool:
        """Whether no trial may be begun: the session is paused or an answer is waited for."""
        return self.paused or self.question is not None

    def ask(self, question: Question, now: float) -> None:
        """Wait for the operator's answer."""
        self.question = question
        self.answer_by = now + question.patience

    def postpones(self, action: Action) -> bool:
        """Whether a drop of the protocol must wait: the valve is open for one that a person gave.

        It is kept until `reported` returns it.
        """
        if action.device not in self._busy or not isinstance(action, Pulse):
            return False
        self._postponed.append(action)
        return True

    def reported(self, device: str) -> Pulse | None:
        """Take in that a valve has closed; return the drop that has waited for that."""
        self._busy.discard(device)
        for pulse in self._postponed:
            if pulse.device == device:
                self._postponed.remove(pulse)
                return pulse
        return None

    def obey(self, command: Command, trial: int, now: float) -> Reply:
        """Carry out a command, if that can be done; return what to answer.

        Parameters
        ----------
        command
            The command; its verb is none that stops the session.
        trial
            Number of the running trial, or of the last one.
        now
            Seconds of session time.
        """
        match command.verb:
            case "pause_after_trial":
                return self._pause(trial)
            case "resume":
                return self._resume(trial)
            case "set":
                return self._source.change(command, trial + 1)
            case "reward":
                return self._give(command, now)
            case "skip_block":
                return self._skip_block()
            case "answer":
                return self._answer(command)
            case "note":
                words = command.text.strip()
                return Reply(bool(words), "noted" if words else "a note needs words")
            case _:
                return Reply(False, f"'{command.verb}' is no order for a running session")

    def _pause(self, trial: int) -> Reply:
        if self.paused:
            return Reply(False, "the session is paused already")
        self.paused = True
        return Reply(True, f"pauses after trial {trial}" if trial else "pauses before trial 1")

    def _resume(self, trial: int) -> Reply:
        if not self.paused:
            return Reply(False, "the session is not paused")
        self.paused = False
        return Reply(True, f"goes on with trial {trial + 1}")

    def _give(self, command: Command, now: float) -> Reply:
        """Give a drop now, of the usual volume or of the one that is named."""
        pulse = self._drop(command.value)
        if isinstance(pulse, Reply):
            return pulse
        valve = self._devices.get(pulse.device)
        if not isinstance(valve, Valve):
            return Reply(False, f"the rig has no valve '{pulse.device}'")
        reason = valve.refuse(pulse)
        if reason:
            return Reply(False, f"the valve refuses: {reason}")
        if valve.is_open():
            return VALVE_IS_OPEN
        total_ul = self._before_ul + self._table.water_ul + pulse.volume_ul
        if total_ul > self._limits.max_water_ul:
            limit = self._limits.max_water_ul
            return Reply(False, f"{total_ul:g} uL would be over the session's {limit:g} uL")
        try:
            valve.act(pulse)
        except DeviceError as error:
            return Reply(False, VALVE_FAILED + error.what)
        self._busy.add(pulse.device)
        self._log.action_done(pulse, now, command.author or "operator")
        return Reply(True, f"gives {pulse.volume_ul:g} uL")

    def _drop(self, volume_ul: object) -> Pulse | Reply:
        """Return the drop of that volume, or the protocol's usual one; a reply if there is none."""
        if volume_ul is not None:
            if isinstance(volume_ul, bool) or not isinstance(volume_ul, int | float):
                return Reply(False, f"a volume is a number of uL, not {volume_ul!r}")
            return Pulse(self._valve(), float(volume_ul))
        try:
            usual = self._source.protocol.reward()
        except Exception as error:  # a protocol of the lab's own may raise anything
            return _raised(error)
        if usual is None:
            return Reply(False, "the protocol has no usual drop: name a volume in uL")
        return usual

    def _valve(self) -> str:
        """Return the valve of drops whose volume is named: the rig's first one."""
        valves = [name for name, device in self._devices.items() if isinstance(device, Valve)]
        return valves[0] if valves else "valve"

    def _skip_block(self) -> Reply:
        if self.question is not None:
            return Reply(False, "the protocol waits for an answer: give it first")
        try:
            coming = self._source.protocol.skip_block()
        except Exception as error:  # a protocol of the lab's own may raise anything
            return _raised(error)
        if coming is None:
            return Reply(False, "the protocol has no blocks to skip")
        return Reply(True, coming)

    def _answer(self, command: Command) -> Reply:
        """Hand an answer to the protocol, which goes on with it."""
        question = self.question
        if question is None:
            return Reply(False, "nothing is asked")
        if command.text not in question.choices:
            return Reply(False, f"the answers are: {', '.join(question.choices)}")
        try:
            self._source.protocol.answer(command.text)
        except Exception as error:  # a protocol of the lab's own may raise anything
            return _raised(error)
        self.question = None
        self.answer_by = math.inf
        return Reply(True, f"'{command.text}' it is")


def _raised(error: Exception) -> Reply:
    """Return the refusal of an order in which the protocol failed."""
    return Reply(False, f"the protocol raised {type(error).__name__}: {error}")
