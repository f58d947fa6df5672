"""Start triggers: a sound or an opening that begins at an edge which the card itself sees."""

from __future__ import annotations

from hardware.ni.card import NiCard, missing
from rig.errors import Problem

TRIGGER_WITHIN = 2.0
"""Seconds after an order within which its trigger comes."""


def no_trigger(trigger: str) -> tuple[str, str]:
    """Return in words that a trigger did not come, and what to do."""
    return (
        f"no edge came at '{trigger}' within {TRIGGER_WITHIN:g} s of the order",
        "Look at the wire from the onset line to that terminal, and at [sync] in the rig file.",
    )


def wrong_trigger(card: NiCard, trigger: str, where: str) -> list[Problem]:
    """Return a problem if a trigger is named that the card does not have."""
    return missing(card, "terminals", trigger, where) if trigger else []
