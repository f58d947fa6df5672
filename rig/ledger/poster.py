"""Enters the water of one session into the ledger while it runs, in a process of its own.

The session does not know of it: the process reads the journal, as anybody may, and waits for the
database as long as it takes. Where it fails, or is killed, `rig ledger reconcile` does the same.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from rig.errors import RigError
from rig.lab import Lab, find_lab
from rig.ledger.place import has_ledger
from rig.program import be_nice, start_apart
from rig.session_folder import SessionFolder, is_running

LOG = "ledger.log"
"""What the process has to say, in the session's folder; there only if it has something."""
POLL = 2.0
"""Seconds between two looks at the journal."""
PATIENCE = 900.0
"""Seconds behind the end of a session after which a database that is away is given up."""


def begin_posting(lab: Lab, folder: SessionFolder) -> None:
    """Begin to enter a session's water, if the lab has a ledger; return at once.

    A session is never spoiled by that: if it cannot be begun, a warning says so.
    """
    if not has_ledger(lab):
        return
    command = [sys.executable, "-P", "-m", "rig.ledger.poster", str(lab.folder), str(folder.path)]
    try:
        with _open_log(folder) as log:
            start_apart(command, log)
    except OSError as error:
        sys.stderr.write(f"warning: the water is not entered into the ledger yet: {error}\n")


def post_now(lab: Lab, folder: SessionFolder) -> None:
    """Enter a session that has ended, if the lab has a ledger; warn if that fails."""
    if not has_ledger(lab):
        return
    from rig.ledger.posting import post
    from rig.ledger.store import open_ledger

    try:
        with open_ledger(lab) as ledger:
            post(ledger, folder)
    except RigError as error:
        do = "Enter it later: `rig ledger reconcile`."
        sys.stderr.write(f"warning: the water is not entered into the ledger yet: {error} {do}\n")


def follow(
    lab: Lab,
    folder: SessionFolder,
    tell: Callable[[str], object],
    wait: Callable[[float], object] = time.sleep,
) -> bool:
    """Enter the water of a session until it has ended and all of it is in.

    Parameters
    ----------
    lab, folder
        The lab, and the session.
    tell
        Is told what goes wrong, in words, once for each new trouble.
    wait
        Waits so many seconds.

    Returns
    -------
    bool
        False if the ledger was away for too long, or the journal is damaged.
    """
    from rig.ledger.posting import TailPosting, post
    from rig.ledger.store import reach_ledger

    posting, waited, trouble = TailPosting(folder), 0.0, ""
    while waited < PATIENCE:
        ended = not is_running(folder)
        try:
            with reach_ledger(lab) as ledger:
                if ended:
                    posted = post(ledger, folder)
                    tell(posted.problem or "all is entered")
                    return posted.complete
                posting.enter_new(ledger, datetime.now(UTC))
        except RigError as error:
            if str(error) != trouble:
                trouble = str(error)
                tell(trouble)
        wait(POLL)
        waited += POLL if ended else 0.0
    tell("given up; `rig ledger reconcile` enters it")
    return False


def _open_log(folder: SessionFolder) -> TextIO:
    return (folder.path / LOG).open("a", encoding="utf-8")


def _main(lab: str, folder: str) -> None:
    """Run as a process of its own."""
    be_nice()

    def tell(text: str) -> None:
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        with contextlib.suppress(OSError):
            sys.stdout.write(f"{now} {text}\n")
            sys.stdout.flush()

    follow(find_lab(Path(lab)), SessionFolder(Path(folder)), tell)


if __name__ == "__main__":
    _main(*sys.argv[1:])
