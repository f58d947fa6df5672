"""What `rig calibrations` and `rig calibrate kinds` tell: also the window reads it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import msgspec

State = Literal["good", "old", "overdue", "ahead", "missing", "refused"]


class InForce(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A calibration that a rig file names, or that is of a rig or a mouse.

    Attributes
    ----------
    rig, device, kind, file
        Whose it is, what it is, and its file, relative to the lab's folder; of a mouse `device` is
        its id.
    state
        ``good``, ``old``, ``overdue``, ``ahead`` of its time, ``missing`` or ``refused``.
    simulated
        Whether the device is: then it can be tried alone.
    verbs
        What of ``rig calibrate`` is for it; the first one replaces it.
    measured_on, by, days
        When and by whom, and how many days ago; None if that cannot be read.
    due
        The day after which it is old; None if it has no age at which it is.
    id
        Of the record; empty if the file was typed by hand.
    picture
        The file of the record's picture; empty if there is none.
    words
        What is to be said of it.
    named_by
        The option of `verbs` that names `device`; empty for a rig as a whole.
    """

    rig: str
    device: str
    kind: str
    file: str
    state: State
    simulated: bool = False
    verbs: tuple[str, ...] = ()
    measured_on: date | None = None
    by: str = ""
    days: int | None = None
    due: date | None = None
    id: str = ""
    picture: str = ""
    words: str = ""
    named_by: Literal["device", "subject", ""] = "device"


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that ``rig calibrate`` does.

    Attributes
    ----------
    verb
        What follows ``rig calibrate``.
    what, help
        What it does, in a sentence, and all else that is to be known before.
    schema
        JSON schema of its options, by their names in Python.
    options
        Their names on the command line.
    """

    verb: str
    what: str
    help: str
    schema: Mapping[str, Any]
    options: Mapping[str, str]
