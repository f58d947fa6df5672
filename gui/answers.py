"""What comes of orders: an order is over when its session has recorded it, or never will.

No Qt here.
"""

from __future__ import annotations

import queue
from dataclasses import replace

from gui.boxes import Box
from gui.orders import name_of
from gui.sender import Sent
from gui.workplace import Asked, Refused, Workplace


def take_answers(place: Workplace, answers: queue.SimpleQueue[Sent]) -> None:
    """Take in what came of orders; of what no session got an alert tells.

    So does one of each refusal of which no screen has told since the last look: the order came
    from none, or its screen is not visible.
    """
    for refused in place.refused.values():
        place.tell(
            "warn", f"{refused.rig} refused '{name_of(refused.verb)}': {refused.why.rstrip('.')}."
        )
    place.refused.clear()
    while not answers.empty():
        _take(place, answers.get())
    for number, asked in list(place.asked.items()):
        box = place.boxes.by_rig.get(asked.rig) or Box(asked.rig)
        if _is_over(number, asked, box):
            del place.asked[number]
            _look_for_refusal(place, number, asked, box)


def _take(place: Workplace, sent: Sent) -> None:
    asked = place.asked.get(sent.id)
    if sent.reply is not None and sent.reply.accepted:
        if asked is not None:
            place.asked[sent.id] = replace(asked, accepted=True)
        return
    place.asked.pop(sent.id, None)
    if sent.trouble:
        place.tell("warn", f"{sent.rig} did not get the order: {sent.trouble}")
    elif sent.reply is not None and asked is not None:
        place.refused[sent.id] = Refused(asked.rig, asked.verb, sent.reply.text)


def _look_for_refusal(place: Workplace, number: str, asked: Asked, box: Box) -> None:
    """Take in that the session has recorded an order as refused."""
    answer = box.view.answers.get(number) if box.view is not None else None
    if answer is not None and not answer.accepted:
        place.refused[number] = Refused(asked.rig, asked.verb, answer.reply)


def _is_over(number: str, asked: Asked, box: Box) -> bool:
    """Whether an order waits no more: it was recorded, or its session will not record it."""
    if box.view is None or box.address is None or box.address.session != asked.session:
        return True
    unheard = asked.accepted and bool(box.unreadable)
    return unheard or number in box.view.answers or not box.is_running
