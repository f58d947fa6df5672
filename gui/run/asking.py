"""The orders that this screen has given and that are not answered yet. No Qt here."""

from __future__ import annotations

import time
from dataclasses import dataclass

from gui.orders import name_of
from gui.workplace import Workplace
from rig.inbox import Verb

SHOWN_FOR = 10.0
"""Seconds for which a refusal stands beside the controls."""


@dataclass(frozen=True)
class Refusal:
    """Why an order was refused, and when that was heard."""

    text: str
    heard: float


class Asking:
    """Gives orders, and knows of each whether it is still on its way.

    An order is on its way from the moment it is asked for until the session's own record of it
    has come back, or it is known that it will not.

    Parameters
    ----------
    place
        Where orders are given.
    """

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._asked: dict[tuple[str, Verb, str], str] = {}
        self._refusals: dict[str, Refusal] = {}

    def ask(self, rig: str, verb: Verb, **rest: object) -> None:
        """Give an order to a box; `rest` are further fields of `rig.inbox.Command`."""
        key = str(rest.get("key", ""))
        self._asked[rig, verb, key] = self._place.order_to(rig, verb, **rest)

    def waits(self, verb: Verb, key: str = "") -> bool:
        """Whether such an order is on its way, in the box that is looked at."""
        return (self._place.rig, verb, key) in self._asked

    def settle(self) -> None:
        """Take in what has been answered."""
        for (rig, verb, key), number in list(self._asked.items()):
            box = self._place.boxes.by_rig.get(rig)
            view = box.view if box else None
            answer = view.answers.get(number) if view else None
            if answer is None and number in self._place.asked:
                continue
            del self._asked[rig, verb, key]
            refused = self._place.refused.pop(number, None)
            told = refused.why if refused is not None else ""
            reply = told if answer is None else "" if answer.accepted else answer.reply
            if reply:
                self._refuse(rig, f"{name_of(verb)} {key}".rstrip() + f" was refused: {reply}")

    def refusal(self) -> str:
        """Return what was refused lately in the box that is looked at; empty if nothing was."""
        found = self._refusals.get(self._place.rig)
        fresh = found is not None and time.monotonic() - found.heard < SHOWN_FOR
        return found.text if found and fresh else ""

    def say(self, text: str) -> None:
        """Say why something is not even asked for."""
        self._refuse(self._place.rig, text)

    def _refuse(self, rig: str, text: str) -> None:
        text = text.rstrip(".")
        self._refusals[rig] = Refusal(f"{text[:1].upper()}{text[1:]}.", time.monotonic())
