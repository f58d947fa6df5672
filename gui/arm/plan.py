"""What the plan of the day says of the mice on the Arm sheets. No Qt here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gui.arm.draft import Draft
from gui.day_jobs import DayJobs
from rig import guards
from rig.day_plan import DayMouse
from rig.guards import PLANNED_MOUSE
from rig.preflight import Guard


class Plan:
    """Compares the sheets with the day.

    Parameters
    ----------
    day
        What is known of the day.
    drafts
        What stands on the sheets, by rig; read anew whenever something is asked.
    """

    def __init__(self, day: DayJobs, drafts: Mapping[str, Draft]) -> None:
        self._day, self._drafts = day, drafts

    def armed(self) -> dict[str, str]:
        """Return the mice that stand on a sheet and have not begun, each with its rig.

        One that was scanned where another is planned does not count, unless it was switched to.
        """
        drafts = [each for each in self._drafts.values() if not each.is_wrong_mouse]
        return {each.subject: each.rig for each in drafts if each.subject}

    def next_on(self, rig: str) -> DayMouse | None:
        """Return the mouse that is to run next on a rig, unless it stands on another sheet."""
        elsewhere = {mouse for mouse, other in self.armed().items() if other != rig}
        return self._day.next_on(rig, elsewhere)

    def guard(self, draft: Draft) -> Guard | None:
        """Return that another mouse is planned for the rig of a draft; None if none is."""
        board, following = self._day.board, self.next_on(draft.rig)
        own = self._day.rig_of(draft.subject)
        return plan_guard(
            draft,
            following.subject if following else "",
            own if own != draft.rig else "",
            planned=board is not None and board.planned,
        )

    def other_sheets(self, draft: Draft) -> list[str]:
        """Return the other rigs on whose sheets the mouse of a draft stands."""
        others = (each for each in self._drafts.values() if each.rig != draft.rig)
        return [each.rig for each in others if each.subject == draft.subject]

    def switched(self, draft: Draft) -> Draft:
        """Return a draft whose mouse a person has chosen in place of the planned one."""
        following = self.next_on(draft.rig)
        protocol = draft.protocol or self._day.protocol_of(draft.subject)
        instead_of = following.subject if following else ""
        return replace(draft, instead_of=instead_of, protocol=protocol)


def plan_guard(draft: Draft, following: str, elsewhere: str, *, planned: bool) -> Guard | None:
    """Return that another mouse is the next one on a rig; None if it is this one, or none is.

    Parameters
    ----------
    draft
        Which mouse was named, where, and whether a person has switched to it.
    following
        The mouse that is to run next there; empty if none is.
    elsewhere
        Another rig on which the named mouse is to run today; empty if there is none.
    planned
        Whether a person has planned that; else it is the order of the last day.
    """
    subject, rig = draft.subject, draft.rig
    if draft.instead_of:
        text = f"{subject} runs on {rig} in place of {draft.instead_of}."
        also = f"It is planned for {elsewhere}." if elsewhere else ""
        return Guard(PLANNED_MOUSE, "note", text, also)
    if not subject or not following or subject == following:
        return None
    if not planned:
        text = f"{following} would be the next one on {rig}, as on the last day."
        return Guard(PLANNED_MOUSE, "note", text)
    return guards.planned(subject, following, rig, elsewhere)
