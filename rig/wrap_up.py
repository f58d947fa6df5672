"""What a person says of a session when it is over: ``wrap-up.json`` beside the journal."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

WRAP_UP = "wrap-up.json"


class WrapUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a person says of one session.

    Attributes
    ----------
    session
        Name of the session, ``SUBJECT/DATE/N``.
    at, by
        When it was said, with time zone, and who says it.
    reason
        Why the session ended.
    condition
        How the mouse is, in words.
    droppings
        How many there were in the rig; None if nobody counted.
    comment
        Anything else.
    usable
        Whether the session is to be used; one that is not stays on the disk all the same.
    earlier
        What was said of it before, the oldest first.
    """

    session: str
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    by: str
    reason: str = ""
    condition: str = ""
    droppings: Annotated[int, msgspec.Meta(ge=0, le=1000)] | None = None
    comment: str = ""
    usable: bool = True
    earlier: tuple[WrapUp, ...] = ()
