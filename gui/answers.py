"""What comes of orders: an order is over when its session has recorded it, or never will.

No Qt here.
"""

from __future__ import annotations

import queue
from dataclasses import replace

from gui.boxes import Box
from gui.sender import Sent
from gui.workplace import Asked, Workplace


def take_answers(place: Workplace, answers: queue.SimpleQueue[Sent]) -> None:
    """Take in what came of orders; of what no session got an alert tells."""
    while not answers.empty():
        _take(place, answers.get())
    for number, asked in list(place.asked.items()):
        if _is_over(number, asked, place.boxes.by_rig.get(asked.rig) or Box(asked.rig)):
            del place.asked[number]


def _take(place: Workplace, sent: Sent) -> None:
    asked = place.asked.get(sent.id)
    if sent.reply is not None and sent.reply.accepted:
        if asked is not None:
            place.asked[sent.id] = replace(asked, accepted=True)
        return
    place.asked.pop(sent.id, None)
    if sent.trouble:
        place.tell("warn", f"{sent.rig} did not get the order: {sent.trouble}")
    elif sent.reply is not None:
        place.refused[sent.id] = sent.reply.text


def _is_over(number: str, asked: Asked, box: Box) -> bool:
    """Whether an order waits no more: it was recorded, or its session will not record it."""
    if box.view is None or box.address is None or box.address.session != asked.session:
        return True
    unheard = asked.accepted and bool(box.unreadable)
    return unheard or number in box.view.answers or not box.is_running
