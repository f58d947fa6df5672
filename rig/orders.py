"""What persons ask of a running session, and what it answers; stops are the loop's own."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rig.config import Limits
from rig.devices import Device, Valve
from rig.errors import DeviceError
from rig.event_log import EventLog
from rig.graph import Pulse
from rig.inbox import Command, Reply
from rig.protocol import Question
from rig.trial_source import TrialSource
from rig.trials import TrialTable


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
    ) -> None:
        self.paused = False
        self.question: Question | None = None
        self.answer_by = math.inf
        self._source = source
        self._devices = devices
        self._limits = limits
        self._table = table
        self._log = log

    @property
    def waiting(self) -> bool:
        """Whether no trial may be begun: the session is paused or an answer is waited for."""
        return self.paused or self.question is not None

    def ask(self, question: Question, now: float) -> None:
        """Wait for the operator's answer."""
        self.question = question
        self.answer_by = now + question.patience

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
            case "reward" | "skip_block" | "answer":
                return self._ask_the_protocol(command, now)
            case "note":
                return Reply(bool(command.text.strip()), "noted" if command.text.strip() else
                             "a note needs words")  # fmt: skip
            case _:
                return Reply(False, f"'{command.verb}' is no order for a running session")

    def _ask_the_protocol(self, command: Command, now: float) -> Reply:
        """Carry out what the protocol has a part in, without it taking the session down."""
        try:
            match command.verb:
                case "reward":
                    return self._give(command, now)
                case "skip_block":
                    return self._skip_block()
                case _:
                    return self._answer(command)
        except Exception as error:  # a protocol of the lab's own may raise anything
            return Reply(False, f"the protocol raised {type(error).__name__}: {error}")

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
        pulse = self._source.protocol.reward()
        if command.value is not None:
            if isinstance(command.value, bool) or not isinstance(command.value, int | float):
                return Reply(False, f"a volume is a number of uL, not {command.value!r}")
            pulse = Pulse(pulse.device if pulse else "valve", float(command.value))
        if pulse is None:
            return Reply(False, "the protocol has no usual drop: name a volume in uL")
        valve = self._devices.get(pulse.device)
        if not isinstance(valve, Valve):
            return Reply(False, f"the rig has no valve '{pulse.device}'")
        reason = valve.refuse(pulse)
        if reason:
            return Reply(False, f"the valve refuses: {reason}")
        if valve.is_open():
            return Reply(False, "the valve is open right now: ask again")
        total_ul = self._table.water_ul + pulse.volume_ul
        if total_ul > self._limits.max_water_ul:
            limit = self._limits.max_water_ul
            return Reply(False, f"{total_ul:g} uL would be over the session's {limit:g} uL")
        try:
            valve.act(pulse)
        except DeviceError as error:
            return Reply(False, f"the valve failed: {error.what}")
        self._log.action_done(pulse, now, command.author or "operator")
        return Reply(True, f"gives {pulse.volume_ul:g} uL")

    def _skip_block(self) -> Reply:
        coming = self._source.protocol.skip_block()
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
        self._source.protocol.answer(command.text)
        self.question = None
        self.answer_by = math.inf
        return Reply(True, f"'{command.text}' it is")
