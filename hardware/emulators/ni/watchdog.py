"""The watchdog timer of an emulated card: it closes outputs when nobody kicks it in time."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from hardware.emulators.ni.faults import BAD_VALUE, NO_SUCH_TASK, NOT_SUPPORTED, RESERVED, CardError
from hardware.emulators.ni.names import canonical, check_device, lines_of, unfold
from hardware.emulators.ni.reads import Answer, Call
from hardware.emulators.ni.tasks import Card
from hardware.emulators.ni.world import constant

TIMEOUT, EXPIRED = 0x21A9, 0x21A8
LOW, HIGH, UNCHANGED = 10214, 10192, 10160
KICK, CLEAR_EXPIRATION = 0, 1


class Watchdog:
    """The timer of one card: states of lines, a deadline, and a thread that waits for it."""

    def __init__(self, card: Card, name: str, timeout: float) -> None:
        self.name = name
        self.timeout = timeout
        self.expired = False
        self.levels: dict[str, bool] = {}
        self.volts: dict[str, float] = {}
        self._card = card
        self._deadline: float | None = None
        self._ended = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._wait, daemon=True)
        self._thread.start()

    def kick(self) -> None:
        """Give it the time-out anew, from now on."""
        with self._changed:
            self._deadline = self._card.world.now() + self.timeout
            self._changed.notify()

    def rest(self) -> None:
        """Stop the timer."""
        with self._changed:
            self._deadline = None
            self._changed.notify()

    def clear(self) -> None:
        """Let go of the outputs after an expiration."""
        self.expired = False
        self._card.held.clear()

    def end(self) -> None:
        """Stop for good."""
        with self._changed:
            self._ended = True
            self._changed.notify()
        self._thread.join()
        self.clear()

    def _wait(self) -> None:
        with self._changed:
            while not self._ended:
                if self._deadline is None:
                    self._changed.wait()
                    continue
                left = self._deadline - self._card.world.now()
                if left > 0:
                    self._changed.wait(left)
                    continue
                self._expire(self._deadline)
                self._deadline = None

    def _expire(self, at: float) -> None:
        self.expired = True
        self._card.held.update(self.levels, self.volts)
        for line, level in self.levels.items():
            self._card.world.drive(line, level=level, at=at)
        for wire, volts in self.volts.items():
            self._card.world.put_voltage(wire, constant(volts), at)


class NiWatchdogs:
    """The emulated calls that concern the watchdog; a card has one or none."""

    def __init__(self, card: Card) -> None:
        self._card = card
        self._watchdog: Watchdog | None = None

    def calls(self) -> Mapping[str, Call]:
        """Return the emulated calls by name."""
        return {
            "CreateWatchdogTimerTaskEx": self._create,
            "CfgWatchdogDOExpirStates": self._digital_states,
            "CfgWatchdogCOExpirStates": self._digital_states,
            "CfgWatchdogAOExpirStates": self._analog_states,
            "ControlWatchdogTask": self._control,
            "GetWatchdogAttributeBool": self._expired,
            "GetWatchdogAttributeDouble": self._timeout,
            "SetWatchdogAttributeDouble": self._set_timeout,
        }

    def owns(self, name: str) -> bool:
        """Return whether the task of that name is the watchdog's."""
        return self._watchdog is not None and self._watchdog.name == name

    def start(self) -> None:
        """Start the timer."""
        self._mine().kick()

    def stop(self) -> None:
        """Stop the timer."""
        self._mine().rest()

    def end(self) -> None:
        """Forget the watchdog, if there is one."""
        if self._watchdog is not None:
            self._watchdog.end()
        self._watchdog = None

    def _mine(self) -> Watchdog:
        if self._watchdog is None:
            raise CardError(NO_SUCH_TASK)
        return self._watchdog

    def _create(self, request: Any) -> Answer:
        check_device(self._card.device, canonical(request.device_name))
        self._card.check_plugged()
        if not self._card.profile.watchdog:
            raise CardError(
                NOT_SUPPORTED, f"{self._card.profile.product_type} has no watchdog timer"
            )
        if self._watchdog is not None:
            raise CardError(RESERVED, "Resource: watchdog timer")
        name = request.session_name or "_unnamedWatchdog"
        self._watchdog = Watchdog(self._card, name, request.timeout)
        return {"task": {"name": name}, "new_session_initialized": True}

    def _digital_states(self, request: Any) -> Answer:
        names = unfold(request.channel_names)
        for name, state in zip(names, request.expir_state_array, strict=True):
            if state not in (LOW, HIGH, UNCHANGED):
                raise CardError(BAD_VALUE, f"Expiration state {state} of {name} is not emulated")
            if state == UNCHANGED:
                continue
            wire = canonical(name)
            if wire.rsplit("/", 1)[-1].startswith("ctr"):
                wire = canonical(f"{wire}InternalOutput")
            for line in lines_of(self._card.device, self._card.profile, wire):
                self._mine().levels[line] = state == HIGH
        return {}

    def _analog_states(self, request: Any) -> Answer:
        for name, volts in zip(
            unfold(request.channel_names), request.expir_state_array, strict=True
        ):
            self._mine().volts[canonical(name)] = volts
        return {}

    def _control(self, request: Any) -> Answer:
        self._card.check_plugged()
        if request.action_raw == KICK:
            self._mine().kick()
        elif request.action_raw == CLEAR_EXPIRATION:
            self._mine().clear()
        else:
            raise CardError(BAD_VALUE, f"Action: {request.action_raw}")
        return {}

    def _expired(self, request: Any) -> Answer:
        if request.attribute_raw != EXPIRED:
            raise CardError(NOT_SUPPORTED, f"Property: 0x{request.attribute_raw:04X}")
        return {"value": self._mine().expired}

    def _timeout(self, request: Any) -> Answer:
        if request.attribute_raw != TIMEOUT:
            raise CardError(NOT_SUPPORTED, f"Property: 0x{request.attribute_raw:04X}")
        return {"value": self._mine().timeout}

    def _set_timeout(self, request: Any) -> Answer:
        if request.attribute_raw != TIMEOUT:
            raise CardError(NOT_SUPPORTED, f"Property: 0x{request.attribute_raw:04X}")
        self._mine().timeout = request.value
        return {}
