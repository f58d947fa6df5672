"""A session that is being prepared on one rig: what was chosen, what was found, what is missing.

No Qt here. A draft is never changed: each step makes another one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gui.boxes import Box, Boxes
from gui.form_reading import toml_value
from rig.preflight import Guard, Preflight

ON_SCREEN = ("display", "projector")
"""Kinds of devices that may open a window of their own."""
NOBODY = "Say who works here first: the field at the lower left."


@dataclass(frozen=True)
class Draft:
    """What is known before a session.

    Attributes
    ----------
    rig
        Name of the rig.
    subject
        Id of the mouse; empty as long as none is named.
    simulated
        Whether every device is replaced by its twin: it is a virtual mouse.
    protocol
        The protocol file that a person chose; empty for that of the mouse's stage.
    changes
        Parameters that were changed for this session, by dotted key.
    wrong
        What is wrong with what is typed among the parameters; empty if nothing is.
    given
        The guards that a person has confirmed, with the reason; empty where a click does.
    checked
        What the last check has found; None as long as it is not there.
    asking
        Whether a check is under way; what was found before counts no more.
    trouble
        Why there is no check, in words; empty if there is nothing to say.
    plan
        That another mouse is planned for the rig; None if none is.
    instead_of
        The mouse that was planned for the rig, if a person has switched to this one; else empty.
    """

    rig: str
    subject: str = ""
    simulated: bool = False
    protocol: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    wrong: str = ""
    given: Mapping[Guard, str] = field(default_factory=dict)
    checked: Preflight | None = None
    asking: bool = False
    trouble: str = ""
    plan: Guard | None = None
    instead_of: str = ""

    def of_mouse(self, subject: str, *, simulated: bool) -> Draft:
        """Return the draft for another mouse: nothing of the one before is kept."""
        return Draft(self.rig, subject, simulated)

    def with_given(self, guard: Guard, reason: str) -> Draft:
        """Return the draft with a guard confirmed, or with its reason."""
        return replace(self, given={**self.given, guard: reason})

    def without(self, guard: Guard) -> Draft:
        """Return the draft with a confirmation taken back."""
        return replace(self, given={each: why for each, why in self.given.items() if each != guard})

    def with_changes(
        self, changes: Mapping[str, Any], troubles: Sequence[tuple[str, str]]
    ) -> Draft:
        """Return the draft with parameters changed.

        Parameters
        ----------
        changes
            Values by dotted key; one that is None cannot be handed to a session.
        troubles
            What is wrong with what is typed: name of the field, and a sentence.
        """
        said = [f"{title}: {sentence}" for title, sentence in troubles]
        emptied = [key for key, value in changes.items() if value is None]
        said += [f"{key}: leave it empty in the protocol file, not here." for key in emptied]
        return replace(self, wrong=said[0] if said else "", changes={} if emptied else changes)

    @property
    def guards(self) -> tuple[Guard, ...]:
        """The guards that concern a person; without a mouse those of rig and saving."""
        found = self.checked.guards if self.checked is not None else ()
        found = found if self.plan is None else (self.plan, *found)
        return tuple(guard for guard in found if self.subject or guard.name != "mouse")

    @property
    def is_wrong_mouse(self) -> bool:
        """Whether another mouse is planned, and nobody has switched to this one."""
        return self.plan is not None and self.plan.level == "stop"

    @property
    def opens_screen(self) -> bool:
        """Whether a real device of the rig may open a window on a screen for the mouse."""
        devices = self.checked.rig.devices if self.checked is not None else ()
        return any(each.kind in ON_SCREEN and not each.simulated for each in devices)

    @property
    def is_stopped(self) -> bool:
        """Whether a guard forbids the session."""
        return any(guard.level == "stop" for guard in self.guards)

    @property
    def open_guards(self) -> list[Guard]:
        """The guards that wait for a click or a reason."""
        return [guard for guard in self.guards if guard.needs and not self._is_met(guard)]

    def lacks(self) -> str:
        """Return what is missing before the session can be started; empty if nothing is."""
        stops = [guard for guard in self.guards if guard.level == "stop"]
        if not self.subject:
            return "Type or scan the mouse."
        if self.is_wrong_mouse and self.plan is not None:
            return self.plan.do
        if self.wrong:
            return self.wrong
        if self.trouble:
            return self.trouble
        if self.asking or self.checked is None:
            return "Looking at mouse, rig and files..."
        if stops:
            return f"Stop: {stops[0].text}"
        missing = self.open_guards
        if missing:
            what = "Write the reason" if missing[0].needs == "reason" else "Press Confirm"
            more = f" {len(missing)} lines wait for you." if len(missing) > 1 else ""
            return f"{what} above, if you want to go on.{more}"
        return ""

    def notes(self) -> list[str]:
        """Return what the session records of a switch, of confirmations and reasons."""
        said = []
        if self.instead_of:
            planned = f"{self.rig} was planned for {self.instead_of}"
            said.append(f"switched to {self.subject}: {planned}")
        for guard, reason in self.given.items():
            if guard in self.guards and self._is_met(guard):
                why = f" Reason: {reason}" if reason else ""
                said.append(f"confirmed: {guard.text}{why}")
        return said

    def check_arguments(self, *, simulated: bool) -> list[str]:
        """Return the command that checks it."""
        return ["preflight", *self._session(simulated=simulated)]

    def run_arguments(self, operator: str) -> list[str]:
        """Return what follows ``run`` to start it; a virtual mouse's session can be made faster."""
        paced = ["--speed", "1"] if self.simulated else []
        notes = [part for note in self.notes() for part in ("--note", note)]
        return [*self._session(simulated=self.simulated), "--by", operator, *notes, *paced]

    def _session(self, *, simulated: bool) -> list[str]:
        changes = [
            part
            for key, value in self.changes.items()
            for part in ("--set", f"{key}={toml_value(value)}")
        ]
        return [
            "--rig",
            f"rigs/{self.rig}.toml",
            "--subject",
            self.subject,
            *(["--protocol", self.protocol] if self.protocol else []),
            *changes,
            *(["--simulate"] if simulated else []),
        ]

    def _is_met(self, guard: Guard) -> bool:
        if guard not in self.given:
            return False
        return guard.needs != "reason" or bool(self.given[guard].strip())


def obstacle(draft: Draft, boxes: Boxes, operator: str) -> str:
    """Return why a session cannot be started on its rig now; empty if it can.

    Parameters
    ----------
    draft
        The session.
    boxes
        All boxes: its own must be free, and the mouse in no other.
    operator
        Who works here; empty if nobody has said so.
    """
    box = boxes.by_rig.get(draft.rig) or Box(draft.rig)
    if box.starting:
        return f"{box.starting} is being started on {box.rig}."
    if box.is_running:
        return f"{box.subject} is running on {box.rig}."
    for other in boxes.by_rig.values():
        busy = other.rig != draft.rig and (other.is_running or other.starting)
        if busy and draft.subject and other.subject == draft.subject:
            return f"{draft.subject} is running on {other.rig}."
    return draft.lacks() if operator else NOBODY
