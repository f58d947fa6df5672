"""What a person says of a session when it is over: ``wrap-up.json`` beside the journal."""

from __future__ import annotations

import contextlib
import os
from datetime import datetime
from typing import Annotated, Any

import msgspec

from rig.errors import ConfigError, RecordingError
from rig.session_folder import SessionFolder, is_running

WRAP_UP = "wrap-up.json"
MOST_DROPPINGS = 1000


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
    droppings: Annotated[int, msgspec.Meta(ge=0, le=MOST_DROPPINGS)] | None = None
    comment: str = ""
    usable: bool = True
    earlier: tuple[WrapUp, ...] = ()


def is_wrapped_up(folder: SessionFolder) -> bool:
    """Whether a person has said something of the session; not so where one may not look."""
    try:
        return (folder.path / WRAP_UP).is_file()
    except PermissionError:
        return False


def read_wrap_up(folder: SessionFolder) -> WrapUp | None:
    """Return what a person said of a session last; None if nobody did.

    Raises
    ------
    RecordingError
        If the file cannot be read.
    """
    path = folder.path / WRAP_UP
    try:
        return msgspec.json.decode(path.read_bytes(), type=WrapUp)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RecordingError(
            f"the wrap-up cannot be read: {error}",
            str(path),
            "Move the file away, and wrap the session up again.",
        ) from error


def told_of(folder: SessionFolder) -> dict[str, Any] | None:
    """Return the wrap-up as plain values; a file that cannot be read has only `problem`."""
    try:
        found = read_wrap_up(folder)
    except RecordingError as error:
        return {"problem": error.what}
    if found is None:
        return None
    told: dict[str, Any] = msgspec.to_builtins(found)
    return told


def wrap_up(folder: SessionFolder, said: WrapUp) -> WrapUp:
    """Write what a person says of a session, and return it; what was said before is kept in it.

    Raises
    ------
    ConfigError
        If the session still runs, or the words are not fit to be kept.
    RecordingError
        If an earlier wrap-up cannot be read, or nothing can be written.
    """
    if is_running(folder):
        raise ConfigError(
            "the session still runs", folder.name, "Stop it first, or wait until it ends."
        )
    _check(said, folder)
    before = read_wrap_up(folder)
    if before is not None:
        last = msgspec.structs.replace(before, earlier=())
        said = msgspec.structs.replace(said, earlier=(*before.earlier, last))
    _write(folder, said)
    return said


def _check(said: WrapUp, folder: SessionFolder) -> None:
    """Raise `ConfigError` if nobody says it, or a number is no number of droppings."""
    if not said.by.strip():
        raise ConfigError("nobody says it", folder.name, "Say who: --by NAME.")
    try:
        msgspec.json.decode(msgspec.json.encode(said), type=WrapUp)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise ConfigError(
            f"this cannot be kept: {error}",
            folder.name,
            f"Write plain text; droppings are 0 to {MOST_DROPPINGS}.",
        ) from None


def _write(folder: SessionFolder, said: WrapUp) -> None:
    """Write the file so that it is the old one or the new one, whatever happens."""
    path = folder.path / WRAP_UP
    partial = path.with_suffix(".partial")
    try:
        with partial.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(said), indent=1))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise RecordingError(
            f"the wrap-up cannot be written: {error.strerror}",
            str(path),
            "Check the rights on the folder and the space on the disk.",
        ) from error
